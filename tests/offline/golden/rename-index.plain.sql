-- alembic_zdt: rename index "ix_users_mail" to "ix_users_email"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'rename index "ix_users_mail" to "ix_users_email"',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE NOT (pg_catalog.to_regclass('ix_users_mail') IS NOT NULL OR EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_email')))$sql$,
  wanted => 'rename index "ix_users_mail" to "ix_users_email"');

-- rename index "ix_users_mail" to "ix_users_email"
-- lock: SHARE UPDATE EXCLUSIVE on ix_users_mail, blocks other schema changes
-- skipped when the index is called "ix_users_email"
CALL pg_temp.zdt_step(
  purpose => 'rename index "ix_users_mail" to "ix_users_email"',
  done => $sql$((pg_catalog.to_regclass('ix_users_mail') IS NULL) AND EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_email')))$sql$,
  statement => 'ALTER INDEX ix_users_mail RENAME TO ix_users_email',
  wrong => ARRAY[$sql$SELECT 1 WHERE pg_catalog.to_regclass('ix_users_email') IS NOT NULL$sql$]);

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: rename index "ix_users_email" to "ix_users_mail"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'rename index "ix_users_email" to "ix_users_mail"',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE NOT (pg_catalog.to_regclass('ix_users_email') IS NOT NULL OR EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_mail')))$sql$,
  wanted => 'rename index "ix_users_email" to "ix_users_mail"');

-- rename index "ix_users_email" to "ix_users_mail"
-- lock: SHARE UPDATE EXCLUSIVE on ix_users_email, blocks other schema changes
-- skipped when the index is called "ix_users_mail"
CALL pg_temp.zdt_step(
  purpose => 'rename index "ix_users_email" to "ix_users_mail"',
  done => $sql$((pg_catalog.to_regclass('ix_users_email') IS NULL) AND EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('ix_users_mail')))$sql$,
  statement => 'ALTER INDEX ix_users_email RENAME TO ix_users_mail',
  wrong => ARRAY[$sql$SELECT 1 WHERE pg_catalog.to_regclass('ix_users_mail') IS NOT NULL$sql$]);

CALL pg_temp.zdt_end();
