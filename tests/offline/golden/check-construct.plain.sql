-- alembic_zdt: create check constraint "ck_users_email" on "users"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_compare(
  table_name => 'users',
  object => 'ck_users_email',
  statement => $sql$ALTER TABLE pg_temp.zdt_probe ADD CONSTRAINT ck_users_email CHECK (email LIKE '%@%')$sql$);

-- add check constraint "ck_users_email" as NOT VALID
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when constraint "ck_users_email" is there
CALL pg_temp.zdt_step(
  purpose => 'add check constraint "ck_users_email" as NOT VALID',
  done => $sql$EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'ck_users_email' AND k.contype OPERATOR(pg_catalog.=) 'c')$sql$,
  statement => $sql$ALTER TABLE users ADD CONSTRAINT ck_users_email CHECK (email LIKE '%@%') NOT VALID$sql$,
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'ck_users_email'$sql$]);

-- validate constraint "ck_users_email" on "users"
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- scan: users
-- skipped when constraint "ck_users_email" is validated there
DO $zdt$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'ck_users_email' AND k.convalidated) THEN
    ALTER TABLE users VALIDATE CONSTRAINT ck_users_email;
  END IF;
END
$zdt$;

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: drop constraint "ck_users_email" of "users"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

-- drop constraint "ck_users_email" of "users"
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when there is no constraint "ck_users_email"
CALL pg_temp.zdt_step(
  purpose => 'drop constraint "ck_users_email" of "users"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'ck_users_email'))$sql$,
  statement => 'ALTER TABLE users DROP CONSTRAINT ck_users_email',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE']);

CALL pg_temp.zdt_end();
