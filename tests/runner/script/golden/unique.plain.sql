-- alembic_zdt: create unique constraint "uq_users_email" on "users"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'create unique constraint "uq_users_email" on "users"',
  done => 'false',
  wrong => $sql$SELECT * FROM (SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_users_email') wrong WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_users_email' AND k.contype OPERATOR(pg_catalog.=) 'u' AND (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.n) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(attnum, n) JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) u.attnum) OPERATOR(pg_catalog.=) ARRAY['email'] AND k.condeferrable OPERATOR(pg_catalog.=) true AND k.condeferred OPERATOR(pg_catalog.=) true)$sql$,
  wanted => 'create unique constraint "uq_users_email" on "users"');

CALL pg_temp.zdt_compare(
  table_name => 'users',
  object => 'uq_users_email',
  statement => 'CREATE UNIQUE INDEX uq_users_email ON pg_temp.zdt_probe (email)');

DO $zdt$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_class
  WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND relkind OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'I'])) THEN
    RAISE EXCEPTION USING
      MESSAGE = 'cannot create unique constraint "uq_users_email" on "users": the table is partitioned',
      DETAIL = 'PostgreSQL has no ADD CONSTRAINT ... USING INDEX for partitioned tables, and without it the build would block reads and writes.',
      HINT = $sql$A unique index does the same for everything but foreign keys: op.create_index_concurrently('uq_users_email', 'users', ['email'], unique=True).$sql$;
  END IF;
END
$zdt$;

-- drop the INVALID index "uq_users_email" of an interrupted build
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- skipped when there is no INVALID index "uq_users_email"
DO $zdt$
BEGIN
  IF NOT (NOT EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'uq_users_email' AND NOT i.indisvalid AND c.relkind OPERATOR(pg_catalog.=) 'i')) THEN
    RAISE EXCEPTION USING
      MESSAGE = 'could not drop the INVALID index "uq_users_email" of an interrupted build in a plain script',
      HINT = 'Run this by itself, then this script again: DROP INDEX CONCURRENTLY uq_users_email;';
  END IF;
END
$zdt$;

-- build index "uq_users_email"
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- scan: users
-- skipped when index "uq_users_email" is there, valid, and has this definition
CALL pg_temp.zdt_refuse(
  purpose => 'build index "uq_users_email"',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'uq_users_email' AND i.indisvalid AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))) OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_users_email' AND k.contype OPERATOR(pg_catalog.=) 'u' AND (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.n) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(attnum, n) JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) u.attnum) OPERATOR(pg_catalog.=) ARRAY['email'] AND k.condeferrable OPERATOR(pg_catalog.=) true AND k.condeferred OPERATOR(pg_catalog.=) true))$sql$,
  wrong => $sql$SELECT c.relkind::pg_catalog.text, i.indrelid::pg_catalog.regclass::pg_catalog.text,
  pg_catalog.concat(pg_catalog.pg_get_indexdef(i.indexrelid),
  ' TABLESPACE ' OPERATOR(pg_catalog.||) (SELECT s.spcname FROM pg_catalog.pg_tablespace s
    WHERE s.oid OPERATOR(pg_catalog.=) c.reltablespace), (SELECT pg_catalog.format(
    ', of constraint %I %s', o.conname, pg_catalog.pg_get_constraintdef(o.oid))
    FROM pg_catalog.pg_constraint o
    WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))), i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users')
FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid
WHERE c.relname OPERATOR(pg_catalog.=) 'uq_users_email' AND c.relnamespace OPERATOR(pg_catalog.=)
  (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users'))$sql$,
  wanted => 'CREATE UNIQUE INDEX CONCURRENTLY uq_users_email ON users (email);');
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS uq_users_email ON users (email);
DO $zdt$
BEGIN
  IF NOT (EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'uq_users_email' AND i.indisvalid AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))) OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_users_email' AND k.contype OPERATOR(pg_catalog.=) 'u' AND (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.n) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(attnum, n) JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) u.attnum) OPERATOR(pg_catalog.=) ARRAY['email'] AND k.condeferrable OPERATOR(pg_catalog.=) true AND k.condeferred OPERATOR(pg_catalog.=) true)) THEN
    RAISE EXCEPTION USING
      MESSAGE = 'could not build index "uq_users_email" in a plain script',
      HINT = 'Run this by itself, then this script again: CREATE UNIQUE INDEX CONCURRENTLY uq_users_email ON users (email);';
  END IF;
END
$zdt$;

-- make index "uq_users_email" the unique constraint of the table
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when constraint "uq_users_email" is there
CALL pg_temp.zdt_step(
  purpose => 'make index "uq_users_email" the unique constraint of the table',
  done => $sql$EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_users_email' AND k.contype OPERATOR(pg_catalog.=) 'u' AND (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.n) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(attnum, n) JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) u.attnum) OPERATOR(pg_catalog.=) ARRAY['email'] AND k.condeferrable OPERATOR(pg_catalog.=) true AND k.condeferred OPERATOR(pg_catalog.=) true)$sql$,
  statement => 'ALTER TABLE users ADD CONSTRAINT uq_users_email UNIQUE USING INDEX uq_users_email DEFERRABLE INITIALLY DEFERRED',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_users_email'$sql$]);

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: drop constraint "uq_users_email" of "users"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'drop constraint "uq_users_email" of "users"',
  done => 'false',
  wrong => $sql$SELECT r.relname::pg_catalog.text, n.nspname::pg_catalog.text, k.conname::pg_catalog.text, ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum), ARRAY(SELECT pg_catalog.concat_ws(' ', CASE WHEN y.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum' END, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) k.conrelid JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_partition_root(t.oid), t.oid) JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace WHERE k.contype OPERATOR(pg_catalog.=) 'c' AND pg_catalog.starts_with(k.conname::pg_catalog.text, 'zdt_sync_') AND (EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) r.oid AND p.proname OPERATOR(pg_catalog.=) k.conname) OR pg_catalog.starts_with(k.conname::pg_catalog.text, pg_catalog.substr('zdt_sync_' OPERATOR(pg_catalog.||) r.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_', 1, 25))) AND EXISTS (SELECT FROM pg_catalog.pg_constraint c WHERE c.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.conname OPERATOR(pg_catalog.=) 'uq_users_email' AND (c.oid OPERATOR(pg_catalog.=) k.oid OR (pg_catalog.starts_with(c.conname::pg_catalog.text, 'zdt_copy_') AND (c.conrelid OPERATOR(pg_catalog.=) k.conrelid AND c.conkey OPERATOR(pg_catalog.&&) k.conkey OR c.confrelid OPERATOR(pg_catalog.=) k.conrelid AND c.confkey OPERATOR(pg_catalog.&&) k.conkey)))) ORDER BY 2, 1, 3$sql$,
  wanted => 'drop constraint "uq_users_email" of "users"');

-- drop constraint "uq_users_email" of "users"
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when there is no constraint "uq_users_email"
CALL pg_temp.zdt_step(
  purpose => 'drop constraint "uq_users_email" of "users"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_users_email'))$sql$,
  statement => 'ALTER TABLE users DROP CONSTRAINT uq_users_email',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_users_email' AND k.contype OPERATOR(pg_catalog.<>) 'u'$sql$]);

CALL pg_temp.zdt_end();
