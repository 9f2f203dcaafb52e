-- alembic_zdt: rename index "ix_users_mail" to "ix_users_email"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'rename index "ix_users_mail" to "ix_users_email"',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE NOT (pg_catalog.to_regclass('ix_users_mail') IS NOT NULL OR EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_email')))$sql$,
  wanted => 'rename index "ix_users_mail" to "ix_users_email"');

CALL pg_temp.zdt_refuse(
  purpose => 'rename index "ix_users_mail" to "ix_users_email"',
  done => 'false',
  wrong => $sql$SELECT c.relkind::pg_catalog.text FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_mail') AND c.relkind OPERATOR(pg_catalog.<>) ALL (ARRAY['i', 'I'])$sql$,
  wanted => 'rename index "ix_users_mail" to "ix_users_email"');

CALL pg_temp.zdt_refuse(
  purpose => 'rename index "ix_users_mail" to "ix_users_email"',
  done => 'false',
  wrong => $sql$SELECT r.relname::pg_catalog.text, n.nspname::pg_catalog.text, k.conname::pg_catalog.text, ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum), ARRAY(SELECT pg_catalog.concat_ws(' ', CASE WHEN y.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum' END, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) k.conrelid JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_partition_root(t.oid), t.oid) JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace WHERE k.contype OPERATOR(pg_catalog.=) 'c' AND pg_catalog.starts_with(k.conname::pg_catalog.text, 'zdt_sync_') AND (EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) r.oid AND p.proname OPERATOR(pg_catalog.=) k.conname) OR pg_catalog.starts_with(k.conname::pg_catalog.text, pg_catalog.substr('zdt_sync_' OPERATOR(pg_catalog.||) r.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_', 1, 25))) AND EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) i.indexrelid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid OPERATOR(pg_catalog.=) i.indrelid AND d.refobjsubid OPERATOR(pg_catalog.=) ANY (k.conkey) WHERE i.indexrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_mail') AND i.indrelid OPERATOR(pg_catalog.=) k.conrelid AND pg_catalog.starts_with(c.relname::pg_catalog.text, 'zdt_copy_')) ORDER BY 2, 1, 3$sql$,
  wanted => 'rename index "ix_users_mail" to "ix_users_email"');

-- rename index "ix_users_mail" to "ix_users_email"
-- lock: SHARE UPDATE EXCLUSIVE on ix_users_mail, blocks other schema changes
-- skipped when the index is called "ix_users_email"
CALL pg_temp.zdt_step(
  purpose => 'rename index "ix_users_mail" to "ix_users_email"',
  done => $sql$((pg_catalog.to_regclass('ix_users_mail') IS NULL) AND EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_email')))$sql$,
  statement => 'ALTER INDEX ix_users_mail RENAME TO ix_users_email',
  wrong => ARRAY[$sql$SELECT c.relkind::pg_catalog.text FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_mail') AND c.relkind OPERATOR(pg_catalog.<>) ALL (ARRAY['i', 'I'])$sql$, $sql$SELECT 1 WHERE pg_catalog.to_regclass('ix_users_email') IS NOT NULL$sql$]);

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: rename index "ix_users_email" to "ix_users_mail"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'rename index "ix_users_email" to "ix_users_mail"',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE NOT (pg_catalog.to_regclass('ix_users_email') IS NOT NULL OR EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_mail')))$sql$,
  wanted => 'rename index "ix_users_email" to "ix_users_mail"');

CALL pg_temp.zdt_refuse(
  purpose => 'rename index "ix_users_email" to "ix_users_mail"',
  done => 'false',
  wrong => $sql$SELECT c.relkind::pg_catalog.text FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_email') AND c.relkind OPERATOR(pg_catalog.<>) ALL (ARRAY['i', 'I'])$sql$,
  wanted => 'rename index "ix_users_email" to "ix_users_mail"');

CALL pg_temp.zdt_refuse(
  purpose => 'rename index "ix_users_email" to "ix_users_mail"',
  done => 'false',
  wrong => $sql$SELECT r.relname::pg_catalog.text, n.nspname::pg_catalog.text, k.conname::pg_catalog.text, ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum), ARRAY(SELECT pg_catalog.concat_ws(' ', CASE WHEN y.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum' END, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) k.conrelid JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_partition_root(t.oid), t.oid) JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace WHERE k.contype OPERATOR(pg_catalog.=) 'c' AND pg_catalog.starts_with(k.conname::pg_catalog.text, 'zdt_sync_') AND (EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) r.oid AND p.proname OPERATOR(pg_catalog.=) k.conname) OR pg_catalog.starts_with(k.conname::pg_catalog.text, pg_catalog.substr('zdt_sync_' OPERATOR(pg_catalog.||) r.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_', 1, 25))) AND EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) i.indexrelid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid OPERATOR(pg_catalog.=) i.indrelid AND d.refobjsubid OPERATOR(pg_catalog.=) ANY (k.conkey) WHERE i.indexrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_email') AND i.indrelid OPERATOR(pg_catalog.=) k.conrelid AND pg_catalog.starts_with(c.relname::pg_catalog.text, 'zdt_copy_')) ORDER BY 2, 1, 3$sql$,
  wanted => 'rename index "ix_users_email" to "ix_users_mail"');

-- rename index "ix_users_email" to "ix_users_mail"
-- lock: SHARE UPDATE EXCLUSIVE on ix_users_email, blocks other schema changes
-- skipped when the index is called "ix_users_mail"
CALL pg_temp.zdt_step(
  purpose => 'rename index "ix_users_email" to "ix_users_mail"',
  done => $sql$((pg_catalog.to_regclass('ix_users_email') IS NULL) AND EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_mail')))$sql$,
  statement => 'ALTER INDEX ix_users_email RENAME TO ix_users_mail',
  wrong => ARRAY[$sql$SELECT c.relkind::pg_catalog.text FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_email') AND c.relkind OPERATOR(pg_catalog.<>) ALL (ARRAY['i', 'I'])$sql$, $sql$SELECT 1 WHERE pg_catalog.to_regclass('ix_users_mail') IS NOT NULL$sql$]);

CALL pg_temp.zdt_end();
