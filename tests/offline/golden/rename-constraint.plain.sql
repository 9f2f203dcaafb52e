-- alembic_zdt: rename constraint "uq_mail" of "users" to "uq_email"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'rename constraint "uq_mail" of "users" to "uq_email"',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE NOT (EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_mail') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_email'))$sql$,
  wanted => 'rename constraint "uq_mail" of "users" to "uq_email"');

-- rename constraint "uq_mail" of "users" to "uq_email"
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when the constraint is called "uq_email"
CALL pg_temp.zdt_step(
  purpose => 'rename constraint "uq_mail" of "users" to "uq_email"',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_email') AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_mail'))$sql$,
  statement => 'ALTER TABLE users RENAME CONSTRAINT uq_mail TO uq_email',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 1 WHERE EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_email')$sql$]);

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: rename constraint "uq_email" of "users" to "uq_mail"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'rename constraint "uq_email" of "users" to "uq_mail"',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE NOT (EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_email') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_mail'))$sql$,
  wanted => 'rename constraint "uq_email" of "users" to "uq_mail"');

-- rename constraint "uq_email" of "users" to "uq_mail"
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when the constraint is called "uq_mail"
CALL pg_temp.zdt_step(
  purpose => 'rename constraint "uq_email" of "users" to "uq_mail"',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_mail') AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_email'))$sql$,
  statement => 'ALTER TABLE users RENAME CONSTRAINT uq_email TO uq_mail',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 1 WHERE EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_mail')$sql$]);

CALL pg_temp.zdt_end();
