-- alembic_zdt: change the default of "users.name"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

-- change the default of "users.name"
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
CALL pg_temp.zdt_step(
  purpose => 'change the default of "users.name"',
  done => 'false',
  statement => $sql$ALTER TABLE users ALTER COLUMN name SET DEFAULT 'nobody'$sql$,
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE']);

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: drop the default of "users.name"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

-- drop the default of "users.name"
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
CALL pg_temp.zdt_step(
  purpose => 'drop the default of "users.name"',
  done => 'false',
  statement => 'ALTER TABLE users ALTER COLUMN name DROP DEFAULT',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE']);

CALL pg_temp.zdt_end();
