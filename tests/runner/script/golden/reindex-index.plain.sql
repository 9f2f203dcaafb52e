-- alembic_zdt: reindex index "users_pkey"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'reindex index "users_pkey"',
  done => 'false',
  wrong => $sql$SELECT cn.nspname::pg_catalog.text, c.relname::pg_catalog.text
FROM (SELECT relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass('users_pkey'))
    UNION SELECT pg_catalog.to_regclass('users_pkey')) x
  JOIN pg_catalog.pg_class o ON o.oid OPERATOR(pg_catalog.=) x.relid
  CROSS JOIN pg_catalog.pg_class c
  JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid AND i.indrelid OPERATOR(pg_catalog.=) (SELECT indrelid FROM pg_catalog.pg_index WHERE indexrelid OPERATOR(pg_catalog.=) o.oid) AND pg_catalog.starts_with(o.relname::pg_catalog.text, pg_catalog.regexp_replace(c.relname::pg_catalog.text, '_cc(new|old)[0-9]*$', ''))
  JOIN pg_catalog.pg_namespace cn ON cn.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE NOT i.indisvalid AND c.relkind OPERATOR(pg_catalog.=) 'i' AND c.relname OPERATOR(pg_catalog.~) '_cc(new|old)[0-9]*$'
  AND pg_catalog.has_schema_privilege(cn.oid, 'USAGE')
ORDER BY 1, 2$sql$,
  wanted => 'no INVALID index of an interrupted REINDEX');

-- reindex index "users_pkey"
-- lock: SHARE UPDATE EXCLUSIVE on users_pkey, blocks other schema changes
-- scan: users_pkey
REINDEX INDEX CONCURRENTLY users_pkey;

CALL pg_temp.zdt_end();

-- DOWN


