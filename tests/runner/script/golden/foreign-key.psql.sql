-- alembic_zdt: create foreign key "fk_orders_user_id" on "orders"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_class
  WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('orders') AND relkind OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'I'])) AS zdt_is_ordinary \gset
\if :zdt_is_ordinary

-- add foreign key "fk_orders_user_id" to "orders" as NOT VALID
-- lock: SHARE ROW EXCLUSIVE on users, blocks writes
-- lock: SHARE ROW EXCLUSIVE on orders, blocks writes
-- skipped when "orders" has foreign key "fk_orders_user_id"
CALL pg_temp.zdt_step(
  purpose => 'add foreign key "fk_orders_user_id" to "orders" as NOT VALID',
  done => $sql$EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('orders') AND k.conname OPERATOR(pg_catalog.=) 'fk_orders_user_id' AND k.contype OPERATOR(pg_catalog.=) 'f' AND k.confrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.n) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(attnum, n) JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) u.attnum) OPERATOR(pg_catalog.=) ARRAY['user_id'] AND (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.n) FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY u(attnum, n) JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.confrelid AND a.attnum OPERATOR(pg_catalog.=) u.attnum) OPERATOR(pg_catalog.=) ARRAY['id'] AND k.confupdtype OPERATOR(pg_catalog.=) 'c' AND k.confdeltype OPERATOR(pg_catalog.=) 'n' AND k.confmatchtype OPERATOR(pg_catalog.=) 's' AND k.condeferrable OPERATOR(pg_catalog.=) true AND k.condeferred OPERATOR(pg_catalog.=) true AND coalesce(pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->) 'confdelsetcols', 'null'::pg_catalog.jsonb) OPERATOR(pg_catalog.=) 'null'::pg_catalog.jsonb AND coalesce(pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->>) 'conperiod', 'false') OPERATOR(pg_catalog.=) 'false' AND coalesce(pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->>) 'conenforced', 'true') OPERATOR(pg_catalog.=) 'true')$sql$,
  statement => 'ALTER TABLE orders ADD CONSTRAINT fk_orders_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED NOT VALID',
  tables => ARRAY['users', 'orders'],
  modes => ARRAY['SHARE ROW EXCLUSIVE', 'SHARE ROW EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('orders') AND k.conname OPERATOR(pg_catalog.=) 'fk_orders_user_id'$sql$]);

-- validate constraint "fk_orders_user_id" on "orders"
-- lock: SHARE UPDATE EXCLUSIVE on orders, blocks other schema changes
-- lock: ROW SHARE on users, blocks nothing
-- scan: orders, users
-- skipped when constraint "fk_orders_user_id" is validated there
SELECT 'ALTER TABLE orders VALIDATE CONSTRAINT fk_orders_user_id'
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('orders') AND k.conname OPERATOR(pg_catalog.=) 'fk_orders_user_id' AND k.convalidated)
\gexec

-- The same on a partitioned table, with its current partitions.
\else

-- add foreign key "fk_orders_user_id" to "<each partition>" as NOT VALID
-- lock: SHARE ROW EXCLUSIVE on users, blocks writes
-- lock: SHARE ROW EXCLUSIVE on "<each partition>", blocks writes
-- skipped when "<each partition>" has foreign key "fk_orders_user_id"
SELECT pg_catalog.format('CALL pg_temp.zdt_step(purpose => %L, done => %L, statement => %L, tables => %L, modes => %L, wrong => %L)',
  'add foreign key "fk_orders_user_id" to "<each partition>" as NOT VALID',
  pg_catalog.format($sql$EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%1$L) AND k.conname OPERATOR(pg_catalog.=) 'fk_orders_user_id' AND k.contype OPERATOR(pg_catalog.=) 'f' AND k.confrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.n) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(attnum, n) JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) u.attnum) OPERATOR(pg_catalog.=) ARRAY['user_id'] AND (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.n) FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY u(attnum, n) JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.confrelid AND a.attnum OPERATOR(pg_catalog.=) u.attnum) OPERATOR(pg_catalog.=) ARRAY['id'] AND k.confupdtype OPERATOR(pg_catalog.=) 'c' AND k.confdeltype OPERATOR(pg_catalog.=) 'n' AND k.confmatchtype OPERATOR(pg_catalog.=) 's' AND k.condeferrable OPERATOR(pg_catalog.=) true AND k.condeferred OPERATOR(pg_catalog.=) true AND coalesce(pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->) 'confdelsetcols', 'null'::pg_catalog.jsonb) OPERATOR(pg_catalog.=) 'null'::pg_catalog.jsonb AND coalesce(pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->>) 'conperiod', 'false') OPERATOR(pg_catalog.=) 'false' AND coalesce(pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->>) 'conenforced', 'true') OPERATOR(pg_catalog.=) 'true')$sql$, partition.relid),
  pg_catalog.format('ALTER TABLE %1$s ADD CONSTRAINT fk_orders_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED NOT VALID', partition.relid),
  ARRAY['users', pg_catalog.format('%1$s', partition.relid)],
  ARRAY['SHARE ROW EXCLUSIVE', 'SHARE ROW EXCLUSIVE'],
  ARRAY[pg_catalog.format($sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%1$L) AND k.conname OPERATOR(pg_catalog.=) 'fk_orders_user_id'$sql$, partition.relid)])
FROM pg_temp.zdt_partitions('orders') AS partition
WHERE isleaf
\gexec

-- validate constraint "fk_orders_user_id" on "<each partition>"
-- lock: SHARE UPDATE EXCLUSIVE on "<each partition>", blocks other schema changes
-- lock: ROW SHARE on users, blocks nothing
-- scan: "<each partition>", users
-- skipped when constraint "fk_orders_user_id" is validated there
SELECT pg_catalog.format('ALTER TABLE %1$s VALIDATE CONSTRAINT fk_orders_user_id', partition.relid)
FROM pg_temp.zdt_partitions('orders') AS partition
WHERE isleaf
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(partition.relid::pg_catalog.text) AND k.conname OPERATOR(pg_catalog.=) 'fk_orders_user_id' AND k.convalidated)
\gexec

-- add foreign key "fk_orders_user_id" to "orders" (its partitions have it already)
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- lock: SHARE ROW EXCLUSIVE on orders, blocks writes
-- skipped when "orders" has foreign key "fk_orders_user_id"
CALL pg_temp.zdt_step(
  purpose => 'add foreign key "fk_orders_user_id" to "orders" (its partitions have it already)',
  done => $sql$EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('orders') AND k.conname OPERATOR(pg_catalog.=) 'fk_orders_user_id' AND k.contype OPERATOR(pg_catalog.=) 'f' AND k.confrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.n) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(attnum, n) JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) u.attnum) OPERATOR(pg_catalog.=) ARRAY['user_id'] AND (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.n) FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY u(attnum, n) JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.confrelid AND a.attnum OPERATOR(pg_catalog.=) u.attnum) OPERATOR(pg_catalog.=) ARRAY['id'] AND k.confupdtype OPERATOR(pg_catalog.=) 'c' AND k.confdeltype OPERATOR(pg_catalog.=) 'n' AND k.confmatchtype OPERATOR(pg_catalog.=) 's' AND k.condeferrable OPERATOR(pg_catalog.=) true AND k.condeferred OPERATOR(pg_catalog.=) true AND coalesce(pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->) 'confdelsetcols', 'null'::pg_catalog.jsonb) OPERATOR(pg_catalog.=) 'null'::pg_catalog.jsonb AND coalesce(pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->>) 'conperiod', 'false') OPERATOR(pg_catalog.=) 'false' AND coalesce(pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->>) 'conenforced', 'true') OPERATOR(pg_catalog.=) 'true')$sql$,
  statement => 'ALTER TABLE orders ADD CONSTRAINT fk_orders_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED',
  tables => ARRAY['users', 'orders'],
  modes => ARRAY['ACCESS EXCLUSIVE', 'SHARE ROW EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('orders') AND k.conname OPERATOR(pg_catalog.=) 'fk_orders_user_id'$sql$]);

\endif

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: drop constraint "fk_orders_user_id" of "orders"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'drop constraint "fk_orders_user_id" of "orders"',
  done => 'false',
  wrong => $sql$SELECT r.relname::pg_catalog.text, n.nspname::pg_catalog.text, k.conname::pg_catalog.text, ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum), ARRAY(SELECT pg_catalog.concat_ws(' ', CASE WHEN y.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum' END, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) k.conrelid JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_partition_root(t.oid), t.oid) JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace WHERE k.contype OPERATOR(pg_catalog.=) 'c' AND pg_catalog.starts_with(k.conname::pg_catalog.text, 'zdt_sync_') AND (EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) r.oid AND p.proname OPERATOR(pg_catalog.=) k.conname) OR pg_catalog.starts_with(k.conname::pg_catalog.text, pg_catalog.substr('zdt_sync_' OPERATOR(pg_catalog.||) r.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_', 1, 25))) AND EXISTS (SELECT FROM pg_catalog.pg_constraint c WHERE c.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('orders') AND c.conname OPERATOR(pg_catalog.=) 'fk_orders_user_id' AND (c.oid OPERATOR(pg_catalog.=) k.oid OR (pg_catalog.starts_with(c.conname::pg_catalog.text, 'zdt_copy_') AND (c.conrelid OPERATOR(pg_catalog.=) k.conrelid AND c.conkey OPERATOR(pg_catalog.&&) k.conkey OR c.confrelid OPERATOR(pg_catalog.=) k.conrelid AND c.confkey OPERATOR(pg_catalog.&&) k.conkey)))) ORDER BY 2, 1, 3$sql$,
  wanted => 'drop constraint "fk_orders_user_id" of "orders"');

-- drop constraint "fk_orders_user_id" of "orders"
-- lock: ACCESS EXCLUSIVE on the table that it refers to, blocks reads and writes
-- lock: ACCESS EXCLUSIVE on orders, blocks reads and writes
-- skipped when there is no constraint "fk_orders_user_id"
CALL pg_temp.zdt_step(
  purpose => 'drop constraint "fk_orders_user_id" of "orders"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('orders') AND k.conname OPERATOR(pg_catalog.=) 'fk_orders_user_id'))$sql$,
  statement => 'ALTER TABLE orders DROP CONSTRAINT fk_orders_user_id',
  tables => ARRAY[$sql$SELECT k.confrelid::pg_catalog.regclass::pg_catalog.text FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('orders') AND k.conname OPERATOR(pg_catalog.=) 'fk_orders_user_id' AND k.contype OPERATOR(pg_catalog.=) 'f'$sql$, 'orders'],
  modes => ARRAY['ACCESS EXCLUSIVE', 'ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('orders') AND k.conname OPERATOR(pg_catalog.=) 'fk_orders_user_id' AND k.contype OPERATOR(pg_catalog.<>) 'f'$sql$]);

CALL pg_temp.zdt_end();
