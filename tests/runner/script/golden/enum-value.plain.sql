-- alembic_zdt: add value "fine" to enum "mood"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

-- add value "fine" to enum "mood"
-- skipped when the enum has it already
CALL pg_temp.zdt_refuse(
  purpose => 'add value "fine" to enum "mood"',
  done => $sql$coalesce((SELECT pg_catalog.array_agg(e.enumlabel::pg_catalog.text ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('mood') AND e.enumlabel OPERATOR(pg_catalog.=) ANY (ARRAY['sad', 'fine'])) OPERATOR(pg_catalog.=) ARRAY['sad', 'fine']::pg_catalog.text[], false)$sql$,
  wrong => $sql$SELECT pg_catalog.concat_ws(': ', CASE WHEN t.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum type' WHEN t.typtype OPERATOR(pg_catalog.=) 'd' THEN 'domain' ELSE 'type' END OPERATOR(pg_catalog.||) pg_catalog.format(' %s', t.oid::pg_catalog.regtype), (SELECT pg_catalog.string_agg(e.enumlabel::pg_catalog.text, ', ' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid OPERATOR(pg_catalog.=) t.oid)) FROM pg_catalog.pg_type t WHERE t.oid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('mood') AND EXISTS (SELECT FROM pg_catalog.pg_enum e WHERE e.enumtypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('mood') AND e.enumlabel OPERATOR(pg_catalog.=) 'fine')$sql$,
  wanted => $sql$ALTER TYPE mood ADD VALUE IF NOT EXISTS 'fine' AFTER 'sad';$sql$);
CALL pg_temp.zdt_refuse(
  purpose => 'add value "fine" to enum "mood"',
  done => $sql$coalesce((SELECT pg_catalog.array_agg(e.enumlabel::pg_catalog.text ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('mood') AND e.enumlabel OPERATOR(pg_catalog.=) ANY (ARRAY['sad', 'fine'])) OPERATOR(pg_catalog.=) ARRAY['sad', 'fine']::pg_catalog.text[], false)$sql$,
  wrong => $sql$SELECT r.relname::pg_catalog.text, n.nspname::pg_catalog.text, k.conname::pg_catalog.text, ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum), ARRAY(SELECT pg_catalog.concat_ws(' ', CASE WHEN y.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum' END, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) k.conrelid JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_partition_root(t.oid), t.oid) JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace WHERE k.contype OPERATOR(pg_catalog.=) 'c' AND pg_catalog.starts_with(k.conname::pg_catalog.text, 'zdt_sync_') AND (EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) r.oid AND p.proname OPERATOR(pg_catalog.=) k.conname) OR pg_catalog.starts_with(k.conname::pg_catalog.text, pg_catalog.substr('zdt_sync_' OPERATOR(pg_catalog.||) r.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_', 1, 25))) AND NOT t.relispartition AND (SELECT pg_catalog.count(DISTINCT e.oid) OPERATOR(pg_catalog.=) 2 AND pg_catalog.bool_or(e.oid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('mood')) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid JOIN pg_catalog.pg_type e ON e.oid OPERATOR(pg_catalog.=) CASE WHEN t.typelem OPERATOR(pg_catalog.<>) 0 THEN t.typelem ELSE t.oid END AND e.typtype OPERATOR(pg_catalog.=) 'e' WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey)) ORDER BY 2, 1, 3$sql$,
  wanted => $sql$ALTER TYPE mood ADD VALUE IF NOT EXISTS 'fine' AFTER 'sad';$sql$);
DO $zdt$
BEGIN
  IF NOT coalesce((SELECT pg_catalog.array_agg(e.enumlabel::pg_catalog.text ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('mood') AND e.enumlabel OPERATOR(pg_catalog.=) ANY (ARRAY['sad', 'fine'])) OPERATOR(pg_catalog.=) ARRAY['sad', 'fine']::pg_catalog.text[], false) THEN
    ALTER TYPE mood ADD VALUE IF NOT EXISTS 'fine' AFTER 'sad';
  END IF;
END
$zdt$;

CALL pg_temp.zdt_end();

-- DOWN


