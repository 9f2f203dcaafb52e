-- alembic_zdt: set NOT NULL on "users.email"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'set NOT NULL on "users.email"',
  done => 'false',
  wrong => $sql$SELECT k.conname::pg_catalog.text, pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND k.conkey OPERATOR(pg_catalog.=) ARRAY[a.attnum] WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.contype OPERATOR(pg_catalog.=) 'n' AND k.connoinherit AND a.attname OPERATOR(pg_catalog.=) 'email'$sql$,
  wanted => 'set NOT NULL on "users.email"');

CALL pg_temp.zdt_compare(
  table_name => 'users',
  object => 'ck_users_email_not_null',
  statement => 'ALTER TABLE pg_temp.zdt_probe ADD CONSTRAINT ck_users_email_not_null CHECK (email IS NOT NULL)');

-- add check constraint "ck_users_email_not_null" as NOT VALID
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when constraint "ck_users_email_not_null" is there
CALL pg_temp.zdt_step(
  purpose => 'add check constraint "ck_users_email_not_null" as NOT VALID',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'ck_users_email_not_null' AND k.contype OPERATOR(pg_catalog.=) 'c') OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'email' AND a.attnotnull AND NOT a.attisdropped))$sql$,
  statement => 'ALTER TABLE users ADD CONSTRAINT ck_users_email_not_null CHECK (email IS NOT NULL) NOT VALID',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'ck_users_email_not_null'$sql$]);

-- validate constraint "ck_users_email_not_null" on "users"
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- scan: users
-- skipped when constraint "ck_users_email_not_null" is validated there
SELECT 'ALTER TABLE users VALIDATE CONSTRAINT ck_users_email_not_null'
WHERE NOT (EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'ck_users_email_not_null' AND k.convalidated) OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'email' AND a.attnotnull AND NOT a.attisdropped))
\gexec

-- set NOT NULL on "users.email", which the valid CHECK proves
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when it is NOT NULL, and the CHECK is gone
CALL pg_temp.zdt_step(
  purpose => 'set NOT NULL on "users.email", which the valid CHECK proves',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'email' AND a.attnotnull AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'ck_users_email_not_null'))$sql$,
  statement => 'ALTER TABLE users ALTER COLUMN email SET NOT NULL; ALTER TABLE users DROP CONSTRAINT IF EXISTS ck_users_email_not_null',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE']);

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: drop NOT NULL of "users.email"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

-- drop NOT NULL of "users.email"
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when it takes NULL already
CALL pg_temp.zdt_step(
  purpose => 'drop NOT NULL of "users.email"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'email' AND a.attnotnull AND NOT a.attisdropped))$sql$,
  statement => 'ALTER TABLE users ALTER COLUMN email DROP NOT NULL',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE']);

CALL pg_temp.zdt_end();
