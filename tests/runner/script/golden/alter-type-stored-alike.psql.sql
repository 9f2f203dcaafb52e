-- alembic_zdt: make "people.nick" TEXT
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'make "people.nick" TEXT',
  done => 'false',
  wrong => $sql$SELECT * FROM (SELECT r.relname::pg_catalog.text, n.nspname::pg_catalog.text, k.conname::pg_catalog.text, ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum), ARRAY(SELECT pg_catalog.concat_ws(' ', CASE WHEN y.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum' END, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) k.conrelid JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_partition_root(t.oid), t.oid) JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace WHERE k.contype OPERATOR(pg_catalog.=) 'c' AND pg_catalog.starts_with(k.conname::pg_catalog.text, 'zdt_sync_') AND (EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) r.oid AND p.proname OPERATOR(pg_catalog.=) k.conname) OR pg_catalog.starts_with(k.conname::pg_catalog.text, pg_catalog.substr('zdt_sync_' OPERATOR(pg_catalog.||) r.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_', 1, 25))) AND k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('people') AND EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) AND a.attname OPERATOR(pg_catalog.=) 'nick') ORDER BY 2, 1, 3) wrong WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('people') AND a.attname OPERATOR(pg_catalog.=) 'nick' AND NOT a.attisdropped AND a.atttypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('TEXT') AND coalesce(pg_catalog.substring(pg_catalog.format_type(a.atttypid, a.atttypmod), '[(]([^)]*)[)]'), '') OPERATOR(pg_catalog.=) '')$sql$,
  wanted => 'make "people.nick" TEXT');

CALL pg_temp.zdt_refuse(
  purpose => 'make "people.nick" TEXT',
  done => 'false',
  wrong => $sql$SELECT * FROM (SELECT DISTINCT v.relname::pg_catalog.text, c.relname::pg_catalog.text, pg_catalog.obj_description(r.oid, 'pg_rewrite') FROM pg_catalog.pg_class v JOIN pg_catalog.pg_rewrite r ON r.ev_class OPERATOR(pg_catalog.=) v.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) r.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.refobjid AND c.relowner OPERATOR(pg_catalog.=) v.relowner AND c.relnamespace OPERATOR(pg_catalog.=) v.relnamespace WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('people') AND v.oid OPERATOR(pg_catalog.<>) c.oid AND EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.=) d.refobjsubid AND a.attname OPERATOR(pg_catalog.=) 'nick') AND pg_catalog.starts_with(pg_catalog.obj_description(r.oid, 'pg_rewrite'), 'alembic_zdt: ') ORDER BY 1) wrong WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('people') AND a.attname OPERATOR(pg_catalog.=) 'nick' AND NOT a.attisdropped AND a.atttypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('TEXT') AND coalesce(pg_catalog.substring(pg_catalog.format_type(a.atttypid, a.atttypmod), '[(]([^)]*)[)]'), '') OPERATOR(pg_catalog.=) '')$sql$,
  wanted => 'make "people.nick" TEXT');

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

CALL pg_temp.zdt_refuse(
  purpose => 'make "people.nick" VARCHAR(50)',
  done => 'false',
  wrong => $sql$SELECT * FROM (SELECT r.relname::pg_catalog.text, n.nspname::pg_catalog.text, k.conname::pg_catalog.text, ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum), ARRAY(SELECT pg_catalog.concat_ws(' ', CASE WHEN y.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum' END, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) k.conrelid JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_partition_root(t.oid), t.oid) JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace WHERE k.contype OPERATOR(pg_catalog.=) 'c' AND pg_catalog.starts_with(k.conname::pg_catalog.text, 'zdt_sync_') AND (EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) r.oid AND p.proname OPERATOR(pg_catalog.=) k.conname) OR pg_catalog.starts_with(k.conname::pg_catalog.text, pg_catalog.substr('zdt_sync_' OPERATOR(pg_catalog.||) r.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_', 1, 25))) AND k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('people') AND EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) AND a.attname OPERATOR(pg_catalog.=) 'nick') ORDER BY 2, 1, 3) wrong WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('people') AND a.attname OPERATOR(pg_catalog.=) 'nick' AND NOT a.attisdropped AND a.atttypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('VARCHAR(50)') AND coalesce(pg_catalog.substring(pg_catalog.format_type(a.atttypid, a.atttypmod), '[(]([^)]*)[)]'), '') OPERATOR(pg_catalog.=) '50')$sql$,
  wanted => 'make "people.nick" VARCHAR(50)');

CALL pg_temp.zdt_refuse(
  purpose => 'make "people.nick" VARCHAR(50)',
  done => 'false',
  wrong => $sql$SELECT * FROM (SELECT DISTINCT v.relname::pg_catalog.text, c.relname::pg_catalog.text, pg_catalog.obj_description(r.oid, 'pg_rewrite') FROM pg_catalog.pg_class v JOIN pg_catalog.pg_rewrite r ON r.ev_class OPERATOR(pg_catalog.=) v.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) r.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.refobjid AND c.relowner OPERATOR(pg_catalog.=) v.relowner AND c.relnamespace OPERATOR(pg_catalog.=) v.relnamespace WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('people') AND v.oid OPERATOR(pg_catalog.<>) c.oid AND EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.=) d.refobjsubid AND a.attname OPERATOR(pg_catalog.=) 'nick') AND pg_catalog.starts_with(pg_catalog.obj_description(r.oid, 'pg_rewrite'), 'alembic_zdt: ') ORDER BY 1) wrong WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('people') AND a.attname OPERATOR(pg_catalog.=) 'nick' AND NOT a.attisdropped AND a.atttypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('VARCHAR(50)') AND coalesce(pg_catalog.substring(pg_catalog.format_type(a.atttypid, a.atttypmod), '[(]([^)]*)[)]'), '') OPERATOR(pg_catalog.=) '50')$sql$,
  wanted => 'make "people.nick" VARCHAR(50)');

-- make "people.nick" VARCHAR(50)
-- lock: ACCESS EXCLUSIVE on people, blocks reads and writes
-- skipped when "people.nick" is VARCHAR(50)
CALL pg_temp.zdt_step(
  purpose => 'make "people.nick" VARCHAR(50)',
  done => $sql$EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('people') AND a.attname OPERATOR(pg_catalog.=) 'nick' AND NOT a.attisdropped AND a.atttypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('VARCHAR(50)') AND coalesce(pg_catalog.substring(pg_catalog.format_type(a.atttypid, a.atttypmod), '[(]([^)]*)[)]'), '') OPERATOR(pg_catalog.=) '50')$sql$,
  statement => 'ALTER TABLE people ALTER COLUMN nick TYPE VARCHAR(50)',
  tables => ARRAY['people'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.format('row level security that applies to role %I', current_user) WHERE pg_catalog.row_security_active(pg_catalog.to_regclass('people'))$sql$, $sql$SELECT pg_catalog.format('%L would become %L', pg_catalog.left(CAST(nick AS pg_catalog.text), 60), pg_catalog.left(CAST(CAST(nick AS VARCHAR(50)) AS pg_catalog.text), 60)) FROM people WHERE NOT (pg_catalog.record_eq(ROW(CAST(nick AS pg_catalog.varchar) COLLATE pg_catalog."C"), ROW(CAST(CAST(nick AS VARCHAR(50)) AS pg_catalog.varchar) COLLATE pg_catalog."C"))) LIMIT 3$sql$]);

CALL pg_temp.zdt_end();
