-- alembic_zdt: set NOT NULL on "users.email"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'set NOT NULL on "users.email"',
  done => 'false',
  wrong => $sql$SELECT k.conname::pg_catalog.text, pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND k.conkey OPERATOR(pg_catalog.=) ARRAY[a.attnum] WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.contype OPERATOR(pg_catalog.=) 'n' AND k.connoinherit AND a.attname OPERATOR(pg_catalog.=) 'email'$sql$,
  wanted => 'set NOT NULL on "users.email"');

-- set NOT NULL on "users.email" as NOT VALID
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when there is a NOT NULL constraint on it
CALL pg_temp.zdt_step(
  purpose => 'set NOT NULL on "users.email" as NOT VALID',
  done => $sql$EXISTS (SELECT FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND k.conkey OPERATOR(pg_catalog.=) ARRAY[a.attnum] WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.contype OPERATOR(pg_catalog.=) 'n' AND a.attname OPERATOR(pg_catalog.=) 'email')$sql$,
  statement => 'ALTER TABLE users ADD CONSTRAINT users_email_not_null NOT NULL email NOT VALID',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE']);

-- validate constraint "users_email_not_null" on "users"
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- scan: users
-- skipped when constraint "users_email_not_null" is validated there
DO $zdt$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'users_email_not_null' AND k.convalidated) THEN
    ALTER TABLE users VALIDATE CONSTRAINT users_email_not_null;
  END IF;
END
$zdt$;

CALL pg_temp.zdt_end();
