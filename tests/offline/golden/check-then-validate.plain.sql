-- alembic_zdt: create check constraint "ck_orders_total" on "orders"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_compare(
  table_name => 'orders',
  object => 'ck_orders_total',
  statement => 'ALTER TABLE pg_temp.zdt_probe ADD CONSTRAINT ck_orders_total CHECK (total >= 0)');

-- add check constraint "ck_orders_total" as NOT VALID
-- lock: ACCESS EXCLUSIVE on orders, blocks reads and writes
-- skipped when constraint "ck_orders_total" is there
CALL pg_temp.zdt_step(
  purpose => 'add check constraint "ck_orders_total" as NOT VALID',
  done => $sql$EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('orders') AND k.conname OPERATOR(pg_catalog.=) 'ck_orders_total' AND k.contype OPERATOR(pg_catalog.=) 'c')$sql$,
  statement => 'ALTER TABLE orders ADD CONSTRAINT ck_orders_total CHECK (total >= 0) NOT VALID',
  tables => ARRAY['orders'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('orders') AND k.conname OPERATOR(pg_catalog.=) 'ck_orders_total'$sql$]);

CALL pg_temp.zdt_end();

-- alembic_zdt: validate constraint "ck_orders_total" on "orders"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

-- validate constraint "ck_orders_total" on "orders"
-- lock: SHARE UPDATE EXCLUSIVE on orders, blocks other schema changes
-- scan: orders
-- skipped when constraint "ck_orders_total" is validated there
DO $zdt$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('orders') AND k.conname OPERATOR(pg_catalog.=) 'ck_orders_total' AND k.convalidated) THEN
    ALTER TABLE orders VALIDATE CONSTRAINT ck_orders_total;
  END IF;
END
$zdt$;

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: drop constraint "ck_orders_total" of "orders"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

-- drop constraint "ck_orders_total" of "orders"
-- lock: ACCESS EXCLUSIVE on orders, blocks reads and writes
-- skipped when there is no constraint "ck_orders_total"
CALL pg_temp.zdt_step(
  purpose => 'drop constraint "ck_orders_total" of "orders"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('orders') AND k.conname OPERATOR(pg_catalog.=) 'ck_orders_total'))$sql$,
  statement => 'ALTER TABLE orders DROP CONSTRAINT ck_orders_total',
  tables => ARRAY['orders'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('orders') AND k.conname OPERATOR(pg_catalog.=) 'ck_orders_total' AND k.contype OPERATOR(pg_catalog.<>) 'c'$sql$]);

CALL pg_temp.zdt_end();
