-- alembic_zdt: make "people.nick" TEXT
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

-- make "people.nick" TEXT
-- lock: ACCESS EXCLUSIVE on people, blocks reads and writes
-- skipped when "people.nick" is TEXT
CALL pg_temp.zdt_step(
  purpose => 'make "people.nick" TEXT',
  done => $sql$EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('people') AND a.attname OPERATOR(pg_catalog.=) 'nick' AND NOT a.attisdropped AND a.atttypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('TEXT') AND coalesce(pg_catalog.substring(pg_catalog.format_type(a.atttypid, a.atttypmod), '[(]([^)]*)[)]'), '') OPERATOR(pg_catalog.=) '')$sql$,
  statement => 'ALTER TABLE people ALTER COLUMN nick TYPE TEXT',
  tables => ARRAY['people'],
  modes => ARRAY['ACCESS EXCLUSIVE']);

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: make "people.nick" VARCHAR(50)
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

-- make "people.nick" VARCHAR(50)
-- lock: ACCESS EXCLUSIVE on people, blocks reads and writes
-- skipped when "people.nick" is VARCHAR(50)
CALL pg_temp.zdt_step(
  purpose => 'make "people.nick" VARCHAR(50)',
  done => $sql$EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('people') AND a.attname OPERATOR(pg_catalog.=) 'nick' AND NOT a.attisdropped AND a.atttypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('VARCHAR(50)') AND coalesce(pg_catalog.substring(pg_catalog.format_type(a.atttypid, a.atttypmod), '[(]([^)]*)[)]'), '') OPERATOR(pg_catalog.=) '50')$sql$,
  statement => 'ALTER TABLE people ALTER COLUMN nick TYPE VARCHAR(50)',
  tables => ARRAY['people'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.format('%L would become %L', pg_catalog.left(CAST(nick AS pg_catalog.text), 60), pg_catalog.left(CAST(CAST(nick AS VARCHAR(50)) AS pg_catalog.text), 60)) FROM people WHERE NOT (pg_catalog.record_eq(ROW(CAST(nick AS pg_catalog.varchar) COLLATE pg_catalog."C"), ROW(CAST(CAST(nick AS VARCHAR(50)) AS pg_catalog.varchar) COLLATE pg_catalog."C"))) LIMIT 3$sql$]);

CALL pg_temp.zdt_end();
