-- alembic_zdt: add value "fine" to enum "mood"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

-- add value "fine" to enum "mood"
-- skipped when the enum has it already
CALL pg_temp.zdt_refuse(
  purpose => 'add value "fine" to enum "mood"',
  done => $sql$coalesce((SELECT pg_catalog.array_agg(e.enumlabel::pg_catalog.text ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('mood') AND e.enumlabel OPERATOR(pg_catalog.=) ANY (ARRAY['sad', 'fine'])) OPERATOR(pg_catalog.=) ARRAY['sad', 'fine']::pg_catalog.text[], false)$sql$,
  wrong => $sql$SELECT pg_catalog.concat_ws(': ', CASE WHEN t.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum type' WHEN t.typtype OPERATOR(pg_catalog.=) 'd' THEN 'domain' ELSE 'type' END OPERATOR(pg_catalog.||) pg_catalog.format(' %s', t.oid::pg_catalog.regtype), (SELECT pg_catalog.string_agg(e.enumlabel::pg_catalog.text, ', ' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid OPERATOR(pg_catalog.=) t.oid)) FROM pg_catalog.pg_type t WHERE t.oid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('mood') AND EXISTS (SELECT FROM pg_catalog.pg_enum e WHERE e.enumtypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('mood') AND e.enumlabel OPERATOR(pg_catalog.=) 'fine')$sql$,
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


