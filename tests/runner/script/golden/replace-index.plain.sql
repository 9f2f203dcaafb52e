-- alembic_zdt: replace index "ix_users_name"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'replace index "ix_users_name"',
  done => 'false',
  wrong => $sql$SELECT c.relkind::pg_catalog.text, i.indrelid::pg_catalog.regclass::pg_catalog.text,
  pg_catalog.concat(pg_catalog.pg_get_indexdef(i.indexrelid),
  ' TABLESPACE ' OPERATOR(pg_catalog.||) (SELECT s.spcname FROM pg_catalog.pg_tablespace s
    WHERE s.oid OPERATOR(pg_catalog.=) c.reltablespace), (SELECT pg_catalog.format(
    ', of constraint %I %s', o.conname, pg_catalog.pg_get_constraintdef(o.oid))
    FROM pg_catalog.pg_constraint o
    WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))), i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users')
FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid
WHERE c.relname OPERATOR(pg_catalog.=) 'ix_users_name' AND c.relnamespace OPERATOR(pg_catalog.=)
  (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users')) AND NOT coalesce(i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users'), false)$sql$,
  wanted => 'replace index "ix_users_name"');

CALL pg_temp.zdt_refuse(
  purpose => 'replace index "ix_users_name"',
  done => 'false',
  wrong => $sql$SELECT r.relname::pg_catalog.text, n.nspname::pg_catalog.text, k.conname::pg_catalog.text, ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum), ARRAY(SELECT pg_catalog.concat_ws(' ', CASE WHEN y.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum' END, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) k.conrelid JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_partition_root(t.oid), t.oid) JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace WHERE k.contype OPERATOR(pg_catalog.=) 'c' AND pg_catalog.starts_with(k.conname::pg_catalog.text, 'zdt_sync_') AND (EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) r.oid AND p.proname OPERATOR(pg_catalog.=) k.conname) OR pg_catalog.starts_with(k.conname::pg_catalog.text, pg_catalog.substr('zdt_sync_' OPERATOR(pg_catalog.||) r.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_', 1, 25))) AND EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) i.indexrelid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid OPERATOR(pg_catalog.=) i.indrelid AND d.refobjsubid OPERATOR(pg_catalog.=) ANY (k.conkey) WHERE i.indexrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_name') AND i.indrelid OPERATOR(pg_catalog.=) k.conrelid AND pg_catalog.starts_with(c.relname::pg_catalog.text, 'zdt_copy_')) ORDER BY 2, 1, 3$sql$,
  wanted => 'replace index "ix_users_name"');

CALL pg_temp.zdt_refuse(
  purpose => 'replace index "ix_users_name"',
  done => 'false',
  wrong => $sql$SELECT * FROM (SELECT pg_catalog.format('constraint %I of %s', k.conname, k.conrelid::pg_catalog.regclass) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid AND i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'ix_users_name' JOIN pg_catalog.pg_constraint k ON k.conindid OPERATOR(pg_catalog.=) c.oid AND k.conparentid OPERATOR(pg_catalog.=) 0 UNION ALL SELECT pg_catalog.format('index %s', h.inhparent::pg_catalog.regclass) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid AND i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'ix_users_name' JOIN pg_catalog.pg_inherits h ON h.inhrelid OPERATOR(pg_catalog.=) c.oid) wrong WHERE NOT coalesce(pg_catalog.current_setting('zdt.same_definition', true) OPERATOR(pg_catalog.=) 'true', false)$sql$,
  wanted => 'replace index "ix_users_name"');

CALL pg_temp.zdt_refuse(
  purpose => 'replace index "ix_users_name"',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid AND i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'ix_users_name' AND i.indisreplident)$sql$,
  wanted => 'replace index "ix_users_name"');

CALL pg_temp.zdt_refuse(
  purpose => 'replace index "ix_users_name"',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid AND i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'ix_users_name' AND c.reltablespace OPERATOR(pg_catalog.<>) 0)$sql$,
  wanted => 'replace index "ix_users_name"');

CALL pg_temp.zdt_compare(
  table_name => 'users',
  object => 'ix_users_name',
  statement => 'CREATE INDEX ix_users_name ON pg_temp.zdt_probe (name, id)',
  may_differ => true);

CALL pg_temp.zdt_compare(
  table_name => 'users',
  object => 'zdt_new_ix_users_name',
  statement => 'CREATE INDEX zdt_new_ix_users_name ON pg_temp.zdt_probe (name, id)');

DO $zdt$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_class
  WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND relkind OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'I'])) THEN
    RAISE EXCEPTION USING
      MESSAGE = 'cannot replace index "ix_users_name": the table is partitioned',
      DETAIL = 'The index of a partitioned table cannot be dropped concurrently.',
      HINT = $sql$Build it under another name, such as op.create_index_concurrently('ix_users_name_new', 'users', ['name', 'id']), then drop the old one with op.drop_index_concurrently('ix_users_name', 'users').$sql$;
  END IF;
END
$zdt$;

-- drop the INVALID index "zdt_new_ix_users_name" of an interrupted build
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- skipped when there is no INVALID index "zdt_new_ix_users_name"
DO $zdt$
BEGIN
  IF NOT (NOT EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'zdt_new_ix_users_name' AND NOT i.indisvalid AND c.relkind OPERATOR(pg_catalog.=) 'i')) THEN
    RAISE EXCEPTION USING
      MESSAGE = 'could not drop the INVALID index "zdt_new_ix_users_name" of an interrupted build in a plain script',
      HINT = 'Run this by itself, then this script again: DROP INDEX CONCURRENTLY zdt_new_ix_users_name;';
  END IF;
END
$zdt$;

-- build index "zdt_new_ix_users_name"
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- scan: users
-- skipped when index "zdt_new_ix_users_name" is there, valid, and has this definition
CALL pg_temp.zdt_refuse(
  purpose => 'build index "zdt_new_ix_users_name"',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'zdt_new_ix_users_name' AND i.indisvalid AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))) OR pg_catalog.current_setting('zdt.same_definition', true) OPERATOR(pg_catalog.=) 'true')$sql$,
  wrong => $sql$SELECT c.relkind::pg_catalog.text, i.indrelid::pg_catalog.regclass::pg_catalog.text,
  pg_catalog.concat(pg_catalog.pg_get_indexdef(i.indexrelid),
  ' TABLESPACE ' OPERATOR(pg_catalog.||) (SELECT s.spcname FROM pg_catalog.pg_tablespace s
    WHERE s.oid OPERATOR(pg_catalog.=) c.reltablespace), (SELECT pg_catalog.format(
    ', of constraint %I %s', o.conname, pg_catalog.pg_get_constraintdef(o.oid))
    FROM pg_catalog.pg_constraint o
    WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))), i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users')
FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid
WHERE c.relname OPERATOR(pg_catalog.=) 'zdt_new_ix_users_name' AND c.relnamespace OPERATOR(pg_catalog.=)
  (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users'))$sql$,
  wanted => 'CREATE INDEX CONCURRENTLY zdt_new_ix_users_name ON users (name, id);');
CREATE INDEX CONCURRENTLY IF NOT EXISTS zdt_new_ix_users_name ON users (name, id);
DO $zdt$
BEGIN
  IF NOT (EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'zdt_new_ix_users_name' AND i.indisvalid AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))) OR pg_catalog.current_setting('zdt.same_definition', true) OPERATOR(pg_catalog.=) 'true') THEN
    RAISE EXCEPTION USING
      MESSAGE = 'could not build index "zdt_new_ix_users_name" in a plain script',
      HINT = 'Run this by itself, then this script again: CREATE INDEX CONCURRENTLY zdt_new_ix_users_name ON users (name, id);';
  END IF;
END
$zdt$;

-- copy the other properties of "ix_users_name" to the new index
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- skipped when the new index has all of them
CALL pg_temp.zdt_step(
  purpose => 'copy the other properties of "ix_users_name" to the new index',
  done => $sql$(NOT EXISTS (WITH o AS (SELECT c.oid, i.indisclustered FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid AND i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'ix_users_name'), n AS (SELECT c.oid, c.relname, i.indisclustered FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid AND i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'zdt_new_ix_users_name') SELECT pg_catalog.format('COMMENT ON INDEX %s IS %L', n.oid::pg_catalog.regclass, pg_catalog.obj_description(o.oid, 'pg_class')) FROM o, n WHERE coalesce(pg_catalog.obj_description(o.oid, 'pg_class'), '') OPERATOR(pg_catalog.<>) coalesce(pg_catalog.obj_description(n.oid, 'pg_class'), '') UNION ALL SELECT pg_catalog.format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', n.oid::pg_catalog.regclass, b.attnum, a.attstattarget) FROM o, n JOIN pg_catalog.pg_attribute b ON b.attrelid OPERATOR(pg_catalog.=) n.oid JOIN pg_catalog.pg_attribute a ON a.attstattarget OPERATOR(pg_catalog.>=) 0 AND pg_catalog.pg_get_indexdef(a.attrelid, a.attnum, true) OPERATOR(pg_catalog.=) pg_catalog.pg_get_indexdef(b.attrelid, b.attnum, true) WHERE a.attrelid OPERATOR(pg_catalog.=) o.oid AND coalesce(b.attstattarget, -1) OPERATOR(pg_catalog.<>) a.attstattarget UNION ALL SELECT pg_catalog.format('ALTER TABLE users CLUSTER ON %I', n.relname) FROM o, n WHERE o.indisclustered AND NOT n.indisclustered))$sql$,
  statement => $sql$DO $zdt$
DECLARE
  zdt_found pg_catalog.text;
BEGIN
  FOR zdt_found IN WITH o AS (SELECT c.oid, i.indisclustered FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid AND i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'ix_users_name'), n AS (SELECT c.oid, c.relname, i.indisclustered FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid AND i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'zdt_new_ix_users_name') SELECT pg_catalog.format('COMMENT ON INDEX %s IS %L', n.oid::pg_catalog.regclass, pg_catalog.obj_description(o.oid, 'pg_class')) FROM o, n WHERE coalesce(pg_catalog.obj_description(o.oid, 'pg_class'), '') OPERATOR(pg_catalog.<>) coalesce(pg_catalog.obj_description(n.oid, 'pg_class'), '') UNION ALL SELECT pg_catalog.format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', n.oid::pg_catalog.regclass, b.attnum, a.attstattarget) FROM o, n JOIN pg_catalog.pg_attribute b ON b.attrelid OPERATOR(pg_catalog.=) n.oid JOIN pg_catalog.pg_attribute a ON a.attstattarget OPERATOR(pg_catalog.>=) 0 AND pg_catalog.pg_get_indexdef(a.attrelid, a.attnum, true) OPERATOR(pg_catalog.=) pg_catalog.pg_get_indexdef(b.attrelid, b.attnum, true) WHERE a.attrelid OPERATOR(pg_catalog.=) o.oid AND coalesce(b.attstattarget, -1) OPERATOR(pg_catalog.<>) a.attstattarget UNION ALL SELECT pg_catalog.format('ALTER TABLE users CLUSTER ON %I', n.relname) FROM o, n WHERE o.indisclustered AND NOT n.indisclustered LOOP
    EXECUTE zdt_found;
  END LOOP;
END
$zdt$$sql$,
  tables => ARRAY['users'],
  modes => ARRAY['SHARE UPDATE EXCLUSIVE']);

-- drop the old index "ix_users_name"
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- skipped when the old index is gone
DROP INDEX CONCURRENTLY IF EXISTS ix_users_name;
DO $zdt$
BEGIN
  IF NOT ((NOT EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'zdt_new_ix_users_name')) OR NOT EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'ix_users_name')) THEN
    RAISE EXCEPTION USING
      MESSAGE = 'could not drop the old index "ix_users_name" in a plain script',
      HINT = 'Run this by itself, then this script again: DROP INDEX CONCURRENTLY ix_users_name;';
  END IF;
END
$zdt$;

-- give the new index its name "ix_users_name"
-- lock: SHARE UPDATE EXCLUSIVE on zdt_new_ix_users_name, blocks other schema changes
-- skipped when the new index has its name
CALL pg_temp.zdt_step(
  purpose => 'give the new index its name "ix_users_name"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'zdt_new_ix_users_name'))$sql$,
  statement => 'ALTER INDEX zdt_new_ix_users_name RENAME TO ix_users_name');

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: replace index "ix_users_name"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'replace index "ix_users_name"',
  done => 'false',
  wrong => $sql$SELECT c.relkind::pg_catalog.text, i.indrelid::pg_catalog.regclass::pg_catalog.text,
  pg_catalog.concat(pg_catalog.pg_get_indexdef(i.indexrelid),
  ' TABLESPACE ' OPERATOR(pg_catalog.||) (SELECT s.spcname FROM pg_catalog.pg_tablespace s
    WHERE s.oid OPERATOR(pg_catalog.=) c.reltablespace), (SELECT pg_catalog.format(
    ', of constraint %I %s', o.conname, pg_catalog.pg_get_constraintdef(o.oid))
    FROM pg_catalog.pg_constraint o
    WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))), i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users')
FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid
WHERE c.relname OPERATOR(pg_catalog.=) 'ix_users_name' AND c.relnamespace OPERATOR(pg_catalog.=)
  (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users')) AND NOT coalesce(i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users'), false)$sql$,
  wanted => 'replace index "ix_users_name"');

CALL pg_temp.zdt_refuse(
  purpose => 'replace index "ix_users_name"',
  done => 'false',
  wrong => $sql$SELECT r.relname::pg_catalog.text, n.nspname::pg_catalog.text, k.conname::pg_catalog.text, ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum), ARRAY(SELECT pg_catalog.concat_ws(' ', CASE WHEN y.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum' END, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) k.conrelid JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_partition_root(t.oid), t.oid) JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace WHERE k.contype OPERATOR(pg_catalog.=) 'c' AND pg_catalog.starts_with(k.conname::pg_catalog.text, 'zdt_sync_') AND (EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) r.oid AND p.proname OPERATOR(pg_catalog.=) k.conname) OR pg_catalog.starts_with(k.conname::pg_catalog.text, pg_catalog.substr('zdt_sync_' OPERATOR(pg_catalog.||) r.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_', 1, 25))) AND EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) i.indexrelid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid OPERATOR(pg_catalog.=) i.indrelid AND d.refobjsubid OPERATOR(pg_catalog.=) ANY (k.conkey) WHERE i.indexrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_name') AND i.indrelid OPERATOR(pg_catalog.=) k.conrelid AND pg_catalog.starts_with(c.relname::pg_catalog.text, 'zdt_copy_')) ORDER BY 2, 1, 3$sql$,
  wanted => 'replace index "ix_users_name"');

CALL pg_temp.zdt_refuse(
  purpose => 'replace index "ix_users_name"',
  done => 'false',
  wrong => $sql$SELECT * FROM (SELECT pg_catalog.format('constraint %I of %s', k.conname, k.conrelid::pg_catalog.regclass) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid AND i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'ix_users_name' JOIN pg_catalog.pg_constraint k ON k.conindid OPERATOR(pg_catalog.=) c.oid AND k.conparentid OPERATOR(pg_catalog.=) 0 UNION ALL SELECT pg_catalog.format('index %s', h.inhparent::pg_catalog.regclass) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid AND i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'ix_users_name' JOIN pg_catalog.pg_inherits h ON h.inhrelid OPERATOR(pg_catalog.=) c.oid) wrong WHERE NOT coalesce(pg_catalog.current_setting('zdt.same_definition', true) OPERATOR(pg_catalog.=) 'true', false)$sql$,
  wanted => 'replace index "ix_users_name"');

CALL pg_temp.zdt_refuse(
  purpose => 'replace index "ix_users_name"',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid AND i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'ix_users_name' AND i.indisreplident)$sql$,
  wanted => 'replace index "ix_users_name"');

CALL pg_temp.zdt_refuse(
  purpose => 'replace index "ix_users_name"',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid AND i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'ix_users_name' AND c.reltablespace OPERATOR(pg_catalog.<>) 0)$sql$,
  wanted => 'replace index "ix_users_name"');

CALL pg_temp.zdt_compare(
  table_name => 'users',
  object => 'ix_users_name',
  statement => 'CREATE INDEX ix_users_name ON pg_temp.zdt_probe (name)',
  may_differ => true);

CALL pg_temp.zdt_compare(
  table_name => 'users',
  object => 'zdt_new_ix_users_name',
  statement => 'CREATE INDEX zdt_new_ix_users_name ON pg_temp.zdt_probe (name)');

DO $zdt$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_class
  WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND relkind OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'I'])) THEN
    RAISE EXCEPTION USING
      MESSAGE = 'cannot replace index "ix_users_name": the table is partitioned',
      DETAIL = 'The index of a partitioned table cannot be dropped concurrently.',
      HINT = $sql$Build it under another name, such as op.create_index_concurrently('ix_users_name_new', 'users', ['name']), then drop the old one with op.drop_index_concurrently('ix_users_name', 'users').$sql$;
  END IF;
END
$zdt$;

-- drop the INVALID index "zdt_new_ix_users_name" of an interrupted build
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- skipped when there is no INVALID index "zdt_new_ix_users_name"
DO $zdt$
BEGIN
  IF NOT (NOT EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'zdt_new_ix_users_name' AND NOT i.indisvalid AND c.relkind OPERATOR(pg_catalog.=) 'i')) THEN
    RAISE EXCEPTION USING
      MESSAGE = 'could not drop the INVALID index "zdt_new_ix_users_name" of an interrupted build in a plain script',
      HINT = 'Run this by itself, then this script again: DROP INDEX CONCURRENTLY zdt_new_ix_users_name;';
  END IF;
END
$zdt$;

-- build index "zdt_new_ix_users_name"
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- scan: users
-- skipped when index "zdt_new_ix_users_name" is there, valid, and has this definition
CALL pg_temp.zdt_refuse(
  purpose => 'build index "zdt_new_ix_users_name"',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'zdt_new_ix_users_name' AND i.indisvalid AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))) OR pg_catalog.current_setting('zdt.same_definition', true) OPERATOR(pg_catalog.=) 'true')$sql$,
  wrong => $sql$SELECT c.relkind::pg_catalog.text, i.indrelid::pg_catalog.regclass::pg_catalog.text,
  pg_catalog.concat(pg_catalog.pg_get_indexdef(i.indexrelid),
  ' TABLESPACE ' OPERATOR(pg_catalog.||) (SELECT s.spcname FROM pg_catalog.pg_tablespace s
    WHERE s.oid OPERATOR(pg_catalog.=) c.reltablespace), (SELECT pg_catalog.format(
    ', of constraint %I %s', o.conname, pg_catalog.pg_get_constraintdef(o.oid))
    FROM pg_catalog.pg_constraint o
    WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))), i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users')
FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid
WHERE c.relname OPERATOR(pg_catalog.=) 'zdt_new_ix_users_name' AND c.relnamespace OPERATOR(pg_catalog.=)
  (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users'))$sql$,
  wanted => 'CREATE INDEX CONCURRENTLY zdt_new_ix_users_name ON users (name);');
CREATE INDEX CONCURRENTLY IF NOT EXISTS zdt_new_ix_users_name ON users (name);
DO $zdt$
BEGIN
  IF NOT (EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'zdt_new_ix_users_name' AND i.indisvalid AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))) OR pg_catalog.current_setting('zdt.same_definition', true) OPERATOR(pg_catalog.=) 'true') THEN
    RAISE EXCEPTION USING
      MESSAGE = 'could not build index "zdt_new_ix_users_name" in a plain script',
      HINT = 'Run this by itself, then this script again: CREATE INDEX CONCURRENTLY zdt_new_ix_users_name ON users (name);';
  END IF;
END
$zdt$;

-- copy the other properties of "ix_users_name" to the new index
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- skipped when the new index has all of them
CALL pg_temp.zdt_step(
  purpose => 'copy the other properties of "ix_users_name" to the new index',
  done => $sql$(NOT EXISTS (WITH o AS (SELECT c.oid, i.indisclustered FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid AND i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'ix_users_name'), n AS (SELECT c.oid, c.relname, i.indisclustered FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid AND i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'zdt_new_ix_users_name') SELECT pg_catalog.format('COMMENT ON INDEX %s IS %L', n.oid::pg_catalog.regclass, pg_catalog.obj_description(o.oid, 'pg_class')) FROM o, n WHERE coalesce(pg_catalog.obj_description(o.oid, 'pg_class'), '') OPERATOR(pg_catalog.<>) coalesce(pg_catalog.obj_description(n.oid, 'pg_class'), '') UNION ALL SELECT pg_catalog.format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', n.oid::pg_catalog.regclass, b.attnum, a.attstattarget) FROM o, n JOIN pg_catalog.pg_attribute b ON b.attrelid OPERATOR(pg_catalog.=) n.oid JOIN pg_catalog.pg_attribute a ON a.attstattarget OPERATOR(pg_catalog.>=) 0 AND pg_catalog.pg_get_indexdef(a.attrelid, a.attnum, true) OPERATOR(pg_catalog.=) pg_catalog.pg_get_indexdef(b.attrelid, b.attnum, true) WHERE a.attrelid OPERATOR(pg_catalog.=) o.oid AND coalesce(b.attstattarget, -1) OPERATOR(pg_catalog.<>) a.attstattarget UNION ALL SELECT pg_catalog.format('ALTER TABLE users CLUSTER ON %I', n.relname) FROM o, n WHERE o.indisclustered AND NOT n.indisclustered))$sql$,
  statement => $sql$DO $zdt$
DECLARE
  zdt_found pg_catalog.text;
BEGIN
  FOR zdt_found IN WITH o AS (SELECT c.oid, i.indisclustered FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid AND i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'ix_users_name'), n AS (SELECT c.oid, c.relname, i.indisclustered FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid AND i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'zdt_new_ix_users_name') SELECT pg_catalog.format('COMMENT ON INDEX %s IS %L', n.oid::pg_catalog.regclass, pg_catalog.obj_description(o.oid, 'pg_class')) FROM o, n WHERE coalesce(pg_catalog.obj_description(o.oid, 'pg_class'), '') OPERATOR(pg_catalog.<>) coalesce(pg_catalog.obj_description(n.oid, 'pg_class'), '') UNION ALL SELECT pg_catalog.format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', n.oid::pg_catalog.regclass, b.attnum, a.attstattarget) FROM o, n JOIN pg_catalog.pg_attribute b ON b.attrelid OPERATOR(pg_catalog.=) n.oid JOIN pg_catalog.pg_attribute a ON a.attstattarget OPERATOR(pg_catalog.>=) 0 AND pg_catalog.pg_get_indexdef(a.attrelid, a.attnum, true) OPERATOR(pg_catalog.=) pg_catalog.pg_get_indexdef(b.attrelid, b.attnum, true) WHERE a.attrelid OPERATOR(pg_catalog.=) o.oid AND coalesce(b.attstattarget, -1) OPERATOR(pg_catalog.<>) a.attstattarget UNION ALL SELECT pg_catalog.format('ALTER TABLE users CLUSTER ON %I', n.relname) FROM o, n WHERE o.indisclustered AND NOT n.indisclustered LOOP
    EXECUTE zdt_found;
  END LOOP;
END
$zdt$$sql$,
  tables => ARRAY['users'],
  modes => ARRAY['SHARE UPDATE EXCLUSIVE']);

-- drop the old index "ix_users_name"
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- skipped when the old index is gone
DROP INDEX CONCURRENTLY IF EXISTS ix_users_name;
DO $zdt$
BEGIN
  IF NOT ((NOT EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'zdt_new_ix_users_name')) OR NOT EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'ix_users_name')) THEN
    RAISE EXCEPTION USING
      MESSAGE = 'could not drop the old index "ix_users_name" in a plain script',
      HINT = 'Run this by itself, then this script again: DROP INDEX CONCURRENTLY ix_users_name;';
  END IF;
END
$zdt$;

-- give the new index its name "ix_users_name"
-- lock: SHARE UPDATE EXCLUSIVE on zdt_new_ix_users_name, blocks other schema changes
-- skipped when the new index has its name
CALL pg_temp.zdt_step(
  purpose => 'give the new index its name "ix_users_name"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'zdt_new_ix_users_name'))$sql$,
  statement => 'ALTER INDEX zdt_new_ix_users_name RENAME TO ix_users_name');

CALL pg_temp.zdt_end();
