-- alembic_zdt: create index "ix_users_email"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_compare(
  table_name => 'users',
  object => 'ix_users_email',
  statement => 'CREATE INDEX ix_users_email ON pg_temp.zdt_probe (email)');

SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_class
  WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND relkind OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'I'])) AS zdt_is_ordinary \gset
\if :zdt_is_ordinary

-- drop the INVALID index "ix_users_email" of an interrupted build
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- skipped when there is no INVALID index "ix_users_email"
SELECT 'DROP INDEX CONCURRENTLY ix_users_email'
WHERE NOT (NOT EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'ix_users_email' AND NOT i.indisvalid AND c.relkind OPERATOR(pg_catalog.=) 'i'))
\gexec

-- build index "ix_users_email"
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- scan: users
-- skipped when index "ix_users_email" is there, valid, and has this definition
CALL pg_temp.zdt_refuse(
  purpose => 'build index "ix_users_email"',
  done => $sql$EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'ix_users_email' AND i.indisvalid AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x'])))$sql$,
  wrong => $sql$SELECT c.relkind::pg_catalog.text, i.indrelid::pg_catalog.regclass::pg_catalog.text,
  pg_catalog.concat(pg_catalog.pg_get_indexdef(i.indexrelid),
  ' TABLESPACE ' OPERATOR(pg_catalog.||) (SELECT s.spcname FROM pg_catalog.pg_tablespace s
    WHERE s.oid OPERATOR(pg_catalog.=) c.reltablespace), (SELECT pg_catalog.format(
    ', of constraint %I %s', o.conname, pg_catalog.pg_get_constraintdef(o.oid))
    FROM pg_catalog.pg_constraint o
    WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))), i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users')
FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid
WHERE c.relname OPERATOR(pg_catalog.=) 'ix_users_email' AND c.relnamespace OPERATOR(pg_catalog.=)
  (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users'))$sql$,
  wanted => 'CREATE INDEX CONCURRENTLY ix_users_email ON users (email);');
SELECT 'CREATE INDEX CONCURRENTLY ix_users_email ON users (email)'
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'ix_users_email' AND i.indisvalid AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x'])))
\gexec

-- The same on a partitioned table, with its current partitions.
\else

-- create index "ix_users_email" of the partitioned table, without partitions
-- lock: SHARE on users, blocks writes
-- skipped when index "ix_users_email" is there, and has this definition
CALL pg_temp.zdt_step(
  purpose => 'create index "ix_users_email" of the partitioned table, without partitions',
  done => $sql$EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.relname OPERATOR(pg_catalog.=) 'ix_users_email' AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x'])))$sql$,
  statement => 'CREATE INDEX ix_users_email ON ONLY users (email)',
  tables => ARRAY['ONLY users'],
  modes => ARRAY['SHARE'],
  wrong => ARRAY[$sql$SELECT c.relkind::pg_catalog.text, i.indrelid::pg_catalog.regclass::pg_catalog.text,
  pg_catalog.concat(pg_catalog.pg_get_indexdef(i.indexrelid),
  ' TABLESPACE ' OPERATOR(pg_catalog.||) (SELECT s.spcname FROM pg_catalog.pg_tablespace s
    WHERE s.oid OPERATOR(pg_catalog.=) c.reltablespace), (SELECT pg_catalog.format(
    ', of constraint %I %s', o.conname, pg_catalog.pg_get_constraintdef(o.oid))
    FROM pg_catalog.pg_constraint o
    WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))), i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users')
FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid
WHERE c.relname OPERATOR(pg_catalog.=) 'ix_users_email' AND c.relnamespace OPERATOR(pg_catalog.=)
  (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users'))$sql$]);

-- create index "ix_users_email_<each partitioned partition>" of the partitioned table, without partitions
-- lock: SHARE on "<each partitioned partition>", blocks writes
-- skipped when index "ix_users_email_<each partitioned partition>" is there, and has this definition
SELECT pg_catalog.format('CALL pg_temp.zdt_step(purpose => %L, done => %L, statement => %L, tables => %L, modes => %L, wrong => %L)',
  'create index "ix_users_email_<each partitioned partition>" of the partitioned table, without partitions',
  pg_catalog.format($sql$(EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%1$L) AND c.relname OPERATOR(pg_catalog.=) %3$L AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))) OR EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  JOIN pg_catalog.pg_inherits h ON h.inhparent OPERATOR(pg_catalog.=) i.indexrelid
  JOIN pg_catalog.pg_index part ON part.indexrelid OPERATOR(pg_catalog.=) h.inhrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%2$L) AND c.relname OPERATOR(pg_catalog.=) %4$L AND part.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%1$L)))$sql$, partition.relid, partition.parentrelid, pg_temp.zdt_name('ix_users_email', partition.name), CASE WHEN partition.level OPERATOR(pg_catalog.=) 1 THEN 'ix_users_email' ELSE pg_temp.zdt_name('ix_users_email', partition.parent_name) END),
  pg_catalog.format('CREATE INDEX %2$I ON ONLY %1$s (email)', partition.relid, pg_temp.zdt_name('ix_users_email', partition.name)),
  ARRAY[pg_catalog.format('ONLY %1$s', partition.relid)],
  ARRAY['SHARE'],
  ARRAY[pg_catalog.format($sql$SELECT c.relkind::pg_catalog.text, i.indrelid::pg_catalog.regclass::pg_catalog.text,
  pg_catalog.concat(pg_catalog.pg_get_indexdef(i.indexrelid),
  ' TABLESPACE ' OPERATOR(pg_catalog.||) (SELECT s.spcname FROM pg_catalog.pg_tablespace s
    WHERE s.oid OPERATOR(pg_catalog.=) c.reltablespace), (SELECT pg_catalog.format(
    ', of constraint %%I %%s', o.conname, pg_catalog.pg_get_constraintdef(o.oid))
    FROM pg_catalog.pg_constraint o
    WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))), i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%1$L)
FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid
WHERE c.relname OPERATOR(pg_catalog.=) %2$L AND c.relnamespace OPERATOR(pg_catalog.=)
  (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%1$L))$sql$, partition.relid, pg_temp.zdt_name('ix_users_email', partition.name))])
FROM pg_temp.zdt_partitions('users') AS partition
WHERE NOT isleaf
\gexec

-- drop the INVALID index "ix_users_email_<each partition>" of an interrupted build
-- lock: SHARE UPDATE EXCLUSIVE on "<each partition>", blocks other schema changes
-- skipped when there is no INVALID index "ix_users_email_<each partition>"
SELECT pg_catalog.format('DROP INDEX CONCURRENTLY %2$s.%1$I', pg_temp.zdt_name('ix_users_email', partition.name), partition.schema)
FROM pg_temp.zdt_partitions('users') AS partition
WHERE isleaf
  AND NOT (NOT EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(partition.relid::pg_catalog.text) AND c.relname OPERATOR(pg_catalog.=) pg_temp.zdt_name('ix_users_email', partition.name)::pg_catalog.text AND NOT i.indisvalid AND c.relkind OPERATOR(pg_catalog.=) 'i'))
\gexec

-- build index "ix_users_email_<each partition>"
-- lock: SHARE UPDATE EXCLUSIVE on "<each partition>", blocks other schema changes
-- scan: "<each partition>"
-- skipped when index "ix_users_email_<each partition>" is there, valid, and has this definition
SELECT pg_catalog.format('CREATE INDEX CONCURRENTLY %2$I ON %1$s (email)', partition.relid, pg_temp.zdt_name('ix_users_email', partition.name))
FROM pg_temp.zdt_partitions('users') AS partition
WHERE isleaf
  AND NOT (EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(partition.relid::pg_catalog.text) AND c.relname OPERATOR(pg_catalog.=) pg_temp.zdt_name('ix_users_email', partition.name)::pg_catalog.text AND i.indisvalid AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))) OR EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  JOIN pg_catalog.pg_inherits h ON h.inhparent OPERATOR(pg_catalog.=) i.indexrelid
  JOIN pg_catalog.pg_index part ON part.indexrelid OPERATOR(pg_catalog.=) h.inhrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(partition.parentrelid::pg_catalog.text) AND c.relname OPERATOR(pg_catalog.=) CASE WHEN partition.level OPERATOR(pg_catalog.=) 1 THEN 'ix_users_email' ELSE pg_temp.zdt_name('ix_users_email', partition.parent_name) END::pg_catalog.text AND part.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(partition.relid::pg_catalog.text)))
\gexec

-- attach index "ix_users_email_<each partition>" to "ix_users_email_<its parent>"
-- lock: SHARE UPDATE EXCLUSIVE on "<each partition>", blocks other schema changes
-- lock: SHARE UPDATE EXCLUSIVE on "ix_users_email_<its parent>", blocks other schema changes
-- lock: ACCESS EXCLUSIVE on "ix_users_email_<each partition>", blocks reads and writes
-- skipped when an index of "<each partition>" is attached to "ix_users_email_<its parent>"
SELECT pg_catalog.format('CALL pg_temp.zdt_step(purpose => %L, done => %L, statement => %L, tables => %L, modes => %L)',
  'attach index "ix_users_email_<each partition>" to "ix_users_email_<its parent>"',
  pg_catalog.format('EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  JOIN pg_catalog.pg_inherits h ON h.inhparent OPERATOR(pg_catalog.=) i.indexrelid
  JOIN pg_catalog.pg_index part ON part.indexrelid OPERATOR(pg_catalog.=) h.inhrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%2$L) AND c.relname OPERATOR(pg_catalog.=) %3$L AND part.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%1$L))', partition.relid, partition.parentrelid, CASE WHEN partition.level OPERATOR(pg_catalog.=) 1 THEN 'ix_users_email' ELSE pg_temp.zdt_name('ix_users_email', partition.parent_name) END),
  pg_catalog.format('ALTER INDEX %4$s.%1$I ATTACH PARTITION %3$s.%2$I', CASE WHEN partition.level OPERATOR(pg_catalog.=) 1 THEN 'ix_users_email' ELSE pg_temp.zdt_name('ix_users_email', partition.parent_name) END, pg_temp.zdt_name('ix_users_email', partition.name), partition.schema, partition.parent_schema),
  ARRAY[pg_catalog.format('ONLY %1$s', partition.relid)],
  ARRAY['SHARE UPDATE EXCLUSIVE'])
FROM pg_temp.zdt_partitions('users') AS partition
WHERE isleaf
\gexec

-- attach index "ix_users_email_<each partitioned partition>" to "ix_users_email_<its parent>"
-- lock: SHARE UPDATE EXCLUSIVE on "<each partitioned partition>", blocks other schema changes
-- lock: SHARE UPDATE EXCLUSIVE on "ix_users_email_<its parent>", blocks other schema changes
-- lock: ACCESS EXCLUSIVE on "ix_users_email_<each partitioned partition>", blocks reads and writes
-- skipped when an index of "<each partitioned partition>" is attached to "ix_users_email_<its parent>"
SELECT pg_catalog.format('CALL pg_temp.zdt_step(purpose => %L, done => %L, statement => %L, tables => %L, modes => %L)',
  'attach index "ix_users_email_<each partitioned partition>" to "ix_users_email_<its parent>"',
  pg_catalog.format('EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  JOIN pg_catalog.pg_inherits h ON h.inhparent OPERATOR(pg_catalog.=) i.indexrelid
  JOIN pg_catalog.pg_index part ON part.indexrelid OPERATOR(pg_catalog.=) h.inhrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%2$L) AND c.relname OPERATOR(pg_catalog.=) %3$L AND part.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%1$L))', partition.relid, partition.parentrelid, CASE WHEN partition.level OPERATOR(pg_catalog.=) 1 THEN 'ix_users_email' ELSE pg_temp.zdt_name('ix_users_email', partition.parent_name) END),
  pg_catalog.format('ALTER INDEX %4$s.%1$I ATTACH PARTITION %3$s.%2$I', CASE WHEN partition.level OPERATOR(pg_catalog.=) 1 THEN 'ix_users_email' ELSE pg_temp.zdt_name('ix_users_email', partition.parent_name) END, pg_temp.zdt_name('ix_users_email', partition.name), partition.schema, partition.parent_schema),
  ARRAY[pg_catalog.format('ONLY %1$s', partition.relid)],
  ARRAY['SHARE UPDATE EXCLUSIVE'])
FROM pg_temp.zdt_partitions('users') AS partition
WHERE NOT isleaf
\gexec

\endif

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: drop index "ix_users_email"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'drop index "ix_users_email"',
  done => 'false',
  wrong => $sql$SELECT r.relname::pg_catalog.text, n.nspname::pg_catalog.text, k.conname::pg_catalog.text, ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum), ARRAY(SELECT pg_catalog.concat_ws(' ', CASE WHEN y.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum' END, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) k.conrelid JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_partition_root(t.oid), t.oid) JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace WHERE k.contype OPERATOR(pg_catalog.=) 'c' AND pg_catalog.starts_with(k.conname::pg_catalog.text, 'zdt_sync_') AND (EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) r.oid AND p.proname OPERATOR(pg_catalog.=) k.conname) OR pg_catalog.starts_with(k.conname::pg_catalog.text, pg_catalog.substr('zdt_sync_' OPERATOR(pg_catalog.||) r.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_', 1, 25))) AND EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) i.indexrelid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid OPERATOR(pg_catalog.=) i.indrelid AND d.refobjsubid OPERATOR(pg_catalog.=) ANY (k.conkey) WHERE i.indexrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_email') AND i.indrelid OPERATOR(pg_catalog.=) k.conrelid AND pg_catalog.starts_with(c.relname::pg_catalog.text, 'zdt_copy_')) ORDER BY 2, 1, 3$sql$,
  wanted => 'drop index "ix_users_email"');

SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_class
  WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_email') AND relkind OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'I'])) AS zdt_is_ordinary \gset
\if :zdt_is_ordinary

-- drop index "ix_users_email"
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- skipped when there is no index "ix_users_email"
CALL pg_temp.zdt_refuse(
  purpose => 'drop index "ix_users_email"',
  done => $sql$(pg_catalog.to_regclass('ix_users_email') IS NULL)$sql$,
  wrong => $sql$SELECT coalesce(pg_catalog.pg_get_indexdef(i.indexrelid), pg_catalog.format('%s, which is no index', c.oid::pg_catalog.regclass)) FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_email') AND (i.indexrelid IS NULL OR i.indrelid OPERATOR(pg_catalog.<>) pg_catalog.to_regclass('users'))$sql$,
  wanted => 'DROP INDEX CONCURRENTLY ix_users_email;');
SELECT 'DROP INDEX CONCURRENTLY ix_users_email'
WHERE NOT (pg_catalog.to_regclass('ix_users_email') IS NULL)
\gexec

-- The same on a partitioned table, with its current partitions.
\else

-- drop index "ix_users_email" of the partitioned table and its partitions
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when there is no index "ix_users_email"
CALL pg_temp.zdt_step(
  purpose => 'drop index "ix_users_email" of the partitioned table and its partitions',
  done => $sql$(pg_catalog.to_regclass('ix_users_email') IS NULL)$sql$,
  statement => 'DROP INDEX ix_users_email',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT coalesce(pg_catalog.pg_get_indexdef(i.indexrelid), pg_catalog.format('%s, which is no index', c.oid::pg_catalog.regclass)) FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_email') AND (i.indexrelid IS NULL OR i.indrelid OPERATOR(pg_catalog.<>) pg_catalog.to_regclass('users'))$sql$]);

\endif

CALL pg_temp.zdt_end();
