-- alembic_zdt: reindex index "users_pkey"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

-- reindex index "users_pkey"
-- lock: SHARE UPDATE EXCLUSIVE on users_pkey, blocks other schema changes
-- scan: users_pkey
REINDEX INDEX CONCURRENTLY users_pkey;

CALL pg_temp.zdt_end();

-- DOWN


