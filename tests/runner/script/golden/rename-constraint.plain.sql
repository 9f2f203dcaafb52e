-- alembic_zdt: rename constraint "uq_mail" of "users" to "uq_email"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'rename constraint "uq_mail" of "users" to "uq_email"',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE NOT (EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_mail') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_email'))$sql$,
  wanted => 'rename constraint "uq_mail" of "users" to "uq_email"');

CALL pg_temp.zdt_refuse(
  purpose => 'rename constraint "uq_mail" of "users" to "uq_email"',
  done => 'false',
  wrong => $sql$SELECT r.relname::pg_catalog.text, n.nspname::pg_catalog.text, k.conname::pg_catalog.text, ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum), ARRAY(SELECT pg_catalog.concat_ws(' ', CASE WHEN y.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum' END, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) k.conrelid JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_partition_root(t.oid), t.oid) JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace WHERE k.contype OPERATOR(pg_catalog.=) 'c' AND pg_catalog.starts_with(k.conname::pg_catalog.text, 'zdt_sync_') AND (EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) r.oid AND p.proname OPERATOR(pg_catalog.=) k.conname) OR pg_catalog.starts_with(k.conname::pg_catalog.text, pg_catalog.substr('zdt_sync_' OPERATOR(pg_catalog.||) r.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_', 1, 25))) AND EXISTS (SELECT FROM pg_catalog.pg_constraint c WHERE c.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.conname OPERATOR(pg_catalog.=) 'uq_mail' AND (c.oid OPERATOR(pg_catalog.=) k.oid OR (pg_catalog.starts_with(c.conname::pg_catalog.text, 'zdt_copy_') AND (c.conrelid OPERATOR(pg_catalog.=) k.conrelid AND c.conkey OPERATOR(pg_catalog.&&) k.conkey OR c.confrelid OPERATOR(pg_catalog.=) k.conrelid AND c.confkey OPERATOR(pg_catalog.&&) k.conkey)))) ORDER BY 2, 1, 3$sql$,
  wanted => 'rename constraint "uq_mail" of "users" to "uq_email"');

-- rename constraint "uq_mail" of "users" to "uq_email"
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when the constraint is called "uq_email"
CALL pg_temp.zdt_step(
  purpose => 'rename constraint "uq_mail" of "users" to "uq_email"',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_email') AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_mail'))$sql$,
  statement => 'ALTER TABLE users RENAME CONSTRAINT uq_mail TO uq_email',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 1 WHERE EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_email')$sql$, $sql$SELECT pg_catalog.format('relation %I', c.relname) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) k.connamespace WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_mail' AND k.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']) AND c.relname OPERATOR(pg_catalog.=) 'uq_email'$sql$]);

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: rename constraint "uq_email" of "users" to "uq_mail"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'rename constraint "uq_email" of "users" to "uq_mail"',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE NOT (EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_email') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_mail'))$sql$,
  wanted => 'rename constraint "uq_email" of "users" to "uq_mail"');

CALL pg_temp.zdt_refuse(
  purpose => 'rename constraint "uq_email" of "users" to "uq_mail"',
  done => 'false',
  wrong => $sql$SELECT r.relname::pg_catalog.text, n.nspname::pg_catalog.text, k.conname::pg_catalog.text, ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum), ARRAY(SELECT pg_catalog.concat_ws(' ', CASE WHEN y.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum' END, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) k.conrelid JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_partition_root(t.oid), t.oid) JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace WHERE k.contype OPERATOR(pg_catalog.=) 'c' AND pg_catalog.starts_with(k.conname::pg_catalog.text, 'zdt_sync_') AND (EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) r.oid AND p.proname OPERATOR(pg_catalog.=) k.conname) OR pg_catalog.starts_with(k.conname::pg_catalog.text, pg_catalog.substr('zdt_sync_' OPERATOR(pg_catalog.||) r.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_', 1, 25))) AND EXISTS (SELECT FROM pg_catalog.pg_constraint c WHERE c.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND c.conname OPERATOR(pg_catalog.=) 'uq_email' AND (c.oid OPERATOR(pg_catalog.=) k.oid OR (pg_catalog.starts_with(c.conname::pg_catalog.text, 'zdt_copy_') AND (c.conrelid OPERATOR(pg_catalog.=) k.conrelid AND c.conkey OPERATOR(pg_catalog.&&) k.conkey OR c.confrelid OPERATOR(pg_catalog.=) k.conrelid AND c.confkey OPERATOR(pg_catalog.&&) k.conkey)))) ORDER BY 2, 1, 3$sql$,
  wanted => 'rename constraint "uq_email" of "users" to "uq_mail"');

-- rename constraint "uq_email" of "users" to "uq_mail"
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when the constraint is called "uq_mail"
CALL pg_temp.zdt_step(
  purpose => 'rename constraint "uq_email" of "users" to "uq_mail"',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_mail') AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_email'))$sql$,
  statement => 'ALTER TABLE users RENAME CONSTRAINT uq_email TO uq_mail',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 1 WHERE EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_mail')$sql$, $sql$SELECT pg_catalog.format('relation %I', c.relname) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) k.connamespace WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'uq_email' AND k.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']) AND c.relname OPERATOR(pg_catalog.=) 'uq_mail'$sql$]);

CALL pg_temp.zdt_end();
