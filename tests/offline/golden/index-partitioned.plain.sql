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

-- drop the INVALID leftover of index "ix_events_body"
-- lock: SHARE UPDATE EXCLUSIVE on events, blocks other schema changes
-- skipped when there is no INVALID index "ix_events_body"
DO $zdt$
BEGIN
  IF NOT (NOT EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND c.relname OPERATOR(pg_catalog.=) 'ix_events_body' AND NOT i.indisvalid AND c.relkind OPERATOR(pg_catalog.=) 'i')) THEN
    RAISE EXCEPTION USING
      MESSAGE = 'could not drop the INVALID leftover of index "ix_events_body" in a plain script',
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
