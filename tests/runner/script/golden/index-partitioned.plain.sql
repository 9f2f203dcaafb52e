-- alembic_zdt: create index "ix_events_body"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_compare(
  table_name => 'events',
  object => 'ix_events_body',
  statement => 'CREATE INDEX ix_events_body ON pg_temp.zdt_probe (body)');

DO $zdt$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_class
  WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND relkind OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'I'])) THEN
    RAISE EXCEPTION USING
      MESSAGE = 'cannot create index "ix_events_body" with a plain script: the table is partitioned',
      DETAIL = 'Its partitions are known only to the database.',
      HINT = 'Write the script for psql (-x zdt.sql_flavor=psql) or run this revision online.';
  END IF;
END
$zdt$;

-- drop the INVALID index "ix_events_body" of an interrupted build
-- lock: SHARE UPDATE EXCLUSIVE on events, blocks other schema changes
-- skipped when there is no INVALID index "ix_events_body"
DO $zdt$
BEGIN
  IF NOT (NOT EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND c.relname OPERATOR(pg_catalog.=) 'ix_events_body' AND NOT i.indisvalid AND c.relkind OPERATOR(pg_catalog.=) 'i')) THEN
    RAISE EXCEPTION USING
      MESSAGE = 'could not drop the INVALID index "ix_events_body" of an interrupted build in a plain script',
      HINT = 'Run this by itself, then this script again: DROP INDEX CONCURRENTLY ix_events_body;';
  END IF;
END
$zdt$;

-- build index "ix_events_body"
-- lock: SHARE UPDATE EXCLUSIVE on events, blocks other schema changes
-- scan: events
-- skipped when index "ix_events_body" is there, valid, and has this definition
CALL pg_temp.zdt_refuse(
  purpose => 'build index "ix_events_body"',
  done => $sql$EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND c.relname OPERATOR(pg_catalog.=) 'ix_events_body' AND i.indisvalid AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x'])))$sql$,
  wrong => $sql$SELECT c.relkind::pg_catalog.text, i.indrelid::pg_catalog.regclass::pg_catalog.text,
  pg_catalog.concat(pg_catalog.pg_get_indexdef(i.indexrelid),
  ' TABLESPACE ' OPERATOR(pg_catalog.||) (SELECT s.spcname FROM pg_catalog.pg_tablespace s
    WHERE s.oid OPERATOR(pg_catalog.=) c.reltablespace), (SELECT pg_catalog.format(
    ', of constraint %I %s', o.conname, pg_catalog.pg_get_constraintdef(o.oid))
    FROM pg_catalog.pg_constraint o
    WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))), i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events')
FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid
WHERE c.relname OPERATOR(pg_catalog.=) 'ix_events_body' AND c.relnamespace OPERATOR(pg_catalog.=)
  (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events'))$sql$,
  wanted => 'CREATE INDEX CONCURRENTLY ix_events_body ON events (body);');
CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_events_body ON events (body);
DO $zdt$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND c.relname OPERATOR(pg_catalog.=) 'ix_events_body' AND i.indisvalid AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))) THEN
    RAISE EXCEPTION USING
      MESSAGE = 'could not build index "ix_events_body" in a plain script',
      HINT = 'Run this by itself, then this script again: CREATE INDEX CONCURRENTLY ix_events_body ON events (body);';
  END IF;
END
$zdt$;

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: drop index "ix_events_body"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'drop index "ix_events_body"',
  done => 'false',
  wrong => $sql$SELECT r.relname::pg_catalog.text, n.nspname::pg_catalog.text, k.conname::pg_catalog.text, ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum), ARRAY(SELECT pg_catalog.concat_ws(' ', CASE WHEN y.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum' END, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) k.conrelid JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_partition_root(t.oid), t.oid) JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace WHERE k.contype OPERATOR(pg_catalog.=) 'c' AND pg_catalog.starts_with(k.conname::pg_catalog.text, 'zdt_sync_') AND (EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) r.oid AND p.proname OPERATOR(pg_catalog.=) k.conname) OR pg_catalog.starts_with(k.conname::pg_catalog.text, pg_catalog.substr('zdt_sync_' OPERATOR(pg_catalog.||) r.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_', 1, 25))) AND EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) i.indexrelid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid OPERATOR(pg_catalog.=) i.indrelid AND d.refobjsubid OPERATOR(pg_catalog.=) ANY (k.conkey) WHERE i.indexrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_events_body') AND i.indrelid OPERATOR(pg_catalog.=) k.conrelid AND pg_catalog.starts_with(c.relname::pg_catalog.text, 'zdt_copy_')) ORDER BY 2, 1, 3$sql$,
  wanted => 'drop index "ix_events_body"');

DO $zdt$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_class
  WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_events_body') AND relkind OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'I'])) THEN
    RAISE EXCEPTION USING
      MESSAGE = 'cannot drop index "ix_events_body" with a plain script: the table is partitioned',
      DETAIL = 'Its partitions are known only to the database.',
      HINT = 'Write the script for psql (-x zdt.sql_flavor=psql) or run this revision online.';
  END IF;
END
$zdt$;

-- drop index "ix_events_body"
-- lock: SHARE UPDATE EXCLUSIVE on events, blocks other schema changes
-- skipped when there is no index "ix_events_body"
CALL pg_temp.zdt_refuse(
  purpose => 'drop index "ix_events_body"',
  done => $sql$(pg_catalog.to_regclass('ix_events_body') IS NULL)$sql$,
  wrong => $sql$SELECT coalesce(pg_catalog.pg_get_indexdef(i.indexrelid), pg_catalog.format('%s, which is no index', c.oid::pg_catalog.regclass)) FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_events_body') AND (i.indexrelid IS NULL OR i.indrelid OPERATOR(pg_catalog.<>) pg_catalog.to_regclass('events'))$sql$,
  wanted => 'DROP INDEX CONCURRENTLY ix_events_body;');
DROP INDEX CONCURRENTLY IF EXISTS ix_events_body;
DO $zdt$
BEGIN
  IF NOT (pg_catalog.to_regclass('ix_events_body') IS NULL) THEN
    RAISE EXCEPTION USING
      MESSAGE = 'could not drop index "ix_events_body" in a plain script',
      HINT = 'Run this by itself, then this script again: DROP INDEX CONCURRENTLY ix_events_body;';
  END IF;
END
$zdt$;

CALL pg_temp.zdt_end();
