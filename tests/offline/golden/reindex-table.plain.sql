-- alembic_zdt: reindex table "users"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

-- reindex table "users"
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- scan: users
REINDEX TABLE CONCURRENTLY users;

CALL pg_temp.zdt_end();

-- DOWN


