-- alembic_zdt: reindex table "users"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'reindex table "users"',
  done => 'false',
  wrong => $sql$SELECT cn.nspname::pg_catalog.text, c.relname::pg_catalog.text
FROM (SELECT relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass('users'))
    UNION SELECT pg_catalog.to_regclass('users')) x
  JOIN pg_catalog.pg_class o ON o.oid OPERATOR(pg_catalog.=) x.relid
  CROSS JOIN pg_catalog.pg_class c
  JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid AND i.indrelid OPERATOR(pg_catalog.=) ANY (ARRAY[o.oid, o.reltoastrelid])
  JOIN pg_catalog.pg_namespace cn ON cn.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE NOT i.indisvalid AND c.relkind OPERATOR(pg_catalog.=) 'i' AND c.relname OPERATOR(pg_catalog.~) '_cc(new|old)[0-9]*$'
  AND pg_catalog.has_schema_privilege(cn.oid, 'USAGE')
ORDER BY 1, 2$sql$,
  wanted => 'no INVALID index of an interrupted REINDEX');

-- reindex table "users"
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- scan: users
REINDEX TABLE CONCURRENTLY users;

CALL pg_temp.zdt_end();

-- DOWN


