-- alembic_zdt: begin to rename "users.email"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

-- add "mail" as a twin of "users.email"
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when the trigger is there, or all is done
CALL pg_temp.zdt_step(
  purpose => 'add "mail" as a twin of "users.email"',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = pg_catalog.to_regclass('users') AND t.tgname = 'zzz_zdt_sync_users_email_mail_c1c1cb5d') OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('users') AND a.attname = 'mail' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('users') AND a.attname = 'email' AND NOT a.attisdropped)))$sql$,
  statement => $sql$DO $zdt$
BEGIN
  EXECUTE pg_catalog.format('ALTER TABLE users ADD COLUMN mail %s', (SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attcollation <> t.typcollation THEN pg_catalog.format(' COLLATE %I.%I', n.nspname, c.collname) ELSE '' END FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid LEFT JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace WHERE a.attrelid = pg_catalog.to_regclass('users') AND a.attname = 'email' AND NOT a.attisdropped));
END
$zdt$; CREATE FUNCTION zdt_sync_users_email_mail_c83e8815() RETURNS trigger LANGUAGE plpgsql AS $zdt$
BEGIN
  -- Called only for a row that is not in step.
  IF TG_OP = 'INSERT' THEN
    IF NEW.mail IS NOT NULL THEN NEW.email := NEW.mail;
    ELSE NEW.mail := NEW.email;
    END IF;
  ELSIF NOT (pg_catalog.record_image_eq(ROW(NEW.mail), ROW(OLD.mail))) AND NOT (pg_catalog.record_image_eq(ROW(NEW.email), ROW(OLD.email))) THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'an UPDATE writes different values into email and mail of users';
  ELSIF NOT (pg_catalog.record_image_eq(ROW(NEW.mail), ROW(OLD.mail))) THEN NEW.email := NEW.mail;
  ELSE NEW.mail := NEW.email;
  END IF;
  RETURN NEW;
END
$zdt$; CREATE TRIGGER zzz_zdt_sync_users_email_mail_c1c1cb5d BEFORE INSERT OR UPDATE ON users FOR EACH ROW WHEN (NOT (pg_catalog.record_image_eq(ROW(NEW.mail), ROW(NEW.email)))) EXECUTE FUNCTION zdt_sync_users_email_mail_c83e8815(); ALTER TABLE users ENABLE ALWAYS TRIGGER zzz_zdt_sync_users_email_mail_c1c1cb5d; ALTER TABLE users ADD CONSTRAINT zdt_sync_users_email_mail_c83e8815 CHECK (pg_catalog.record_image_eq(ROW(mail), ROW(email))) NOT VALID; DO $zdt$
BEGIN
  EXECUTE coalesce((SELECT pg_catalog.string_agg(pg_catalog.format('GRANT %s (mail) ON users TO %s%s', privilege, grantee, CASE WHEN grantable THEN ' WITH GRANT OPTION' ELSE '' END), '; ') FROM (SELECT x.privilege_type AS privilege, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::pg_catalog.regrole::text END AS grantee, x.is_grantable AS grantable FROM pg_catalog.pg_attribute a, LATERAL pg_catalog.aclexplode(a.attacl) x WHERE a.attrelid = pg_catalog.to_regclass('users') AND a.attname = 'email' AND NOT a.attisdropped ORDER BY 2, 1) g), 'SELECT ''no grants''');
END
$zdt$$sql$,
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 'column mail' WHERE EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('users') AND a.attname = 'mail' AND NOT a.attisdropped)$sql$, $sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::oid AS oid, NULL::oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level + 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attname = 'email' AND NOT a.attisdropped) SELECT words FROM (SELECT 'it is a generated column, which nobody writes' FROM old WHERE level = 0 AND attgenerated <> '' UNION ALL SELECT pg_catalog.format('the table inherits it from %s', h.inhparent::regclass) FROM old JOIN pg_catalog.pg_inherits h ON h.inhrelid = old.attrelid WHERE level = 0 AND attinhcount > 0 UNION ALL SELECT pg_catalog.format('table %s inherits it; a trigger of the parent does not fire there', attrelid::pg_catalog.regclass) FROM old WHERE level > 0 AND NOT relispartition UNION ALL SELECT pg_catalog.format('it is in the partition key of %s; where a row goes is decided before triggers fire', attrelid::pg_catalog.regclass) FROM old JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = old.attrelid WHERE attnum = ANY (p.partattrs) OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = old.attrelid AND d.objsubid = old.attnum AND d.deptype = 'i' AND d.refobjid = old.attrelid AND d.refobjsubid = 0) UNION ALL SELECT pg_catalog.format('its domain %s is NOT NULL, so code that does not write it would fail before triggers fire', old.type::pg_catalog.regtype) FROM old WHERE level = 0 AND typtype = 'd' AND EXISTS (WITH RECURSIVE up AS (SELECT y.typnotnull, y.typbasetype FROM pg_catalog.pg_type y WHERE y.oid = old.type UNION ALL SELECT y.typnotnull, y.typbasetype FROM up JOIN pg_catalog.pg_type y ON y.oid = up.typbasetype WHERE y.typtype = 'd') SELECT FROM up WHERE up.typnotnull) UNION ALL SELECT pg_catalog.format('trigger %I of %s is for UPDATE OF it, and would not fire when the twin is written', t.tgname, t.tgrelid::pg_catalog.regclass) FROM old JOIN pg_catalog.pg_trigger t ON t.tgrelid = old.attrelid WHERE NOT t.tgisinternal AND old.attnum = ANY (t.tgattr) UNION ALL SELECT pg_catalog.format('trigger %I of %s would fire after ours, and could change a row that is in step', t.tgname, t.tgrelid::pg_catalog.regclass) FROM old JOIN pg_catalog.pg_trigger t ON t.tgrelid = old.attrelid WHERE NOT t.tgisinternal AND t.tgtype & 3 = 3 AND t.tgname::text COLLATE "C" > 'zzz_zdt_sync_users_email_mail_c1c1cb5d' COLLATE "C") x (words)$sql$]);

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: keep "users.email" alone
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'keep "users.email" alone',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE NOT (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = pg_catalog.to_regclass('users') AND t.tgname = 'zzz_zdt_sync_users_mail_email_251e6899') OR EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = pg_catalog.to_regclass('users') AND t.tgname = 'zzz_zdt_sync_users_email_mail_c1c1cb5d') OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('users') AND a.attname = 'email' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('users') AND a.attname = 'mail' AND NOT a.attisdropped)))$sql$,
  wanted => 'keep "users.email" alone');

-- rename "users.mail" to "email", whose place it takes
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when no window from "mail" to "email" is open
CALL pg_temp.zdt_step(
  purpose => 'rename "users.mail" to "email", whose place it takes',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = pg_catalog.to_regclass('users') AND t.tgname = 'zzz_zdt_sync_users_mail_email_251e6899'))$sql$,
  statement => 'DROP TRIGGER zzz_zdt_sync_users_mail_email_251e6899 ON users; DROP FUNCTION zdt_sync_users_mail_email_7e72ed60(); ALTER TABLE users DROP CONSTRAINT zdt_sync_users_mail_email_7e72ed60; ALTER TABLE users DROP COLUMN email; ALTER TABLE users RENAME COLUMN mail TO email',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 'a row that is not proven to have it, maybe' WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid = pg_catalog.to_regclass('users') AND k.conname = 'zdt_sync_users_mail_email_7e72ed60' AND k.convalidated)$sql$, $sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::oid AS oid, NULL::oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level + 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attname = 'email' AND NOT a.attisdropped) SELECT words FROM (SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM old JOIN pg_catalog.pg_depend d ON d.refobjid = old.attrelid AND d.refobjsubid = old.attnum AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_constraint k ON k.oid = d.objid AND d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_trigger t ON t.oid = d.objid AND d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_class i ON i.oid = d.objid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass WHERE level = 0 AND coalesce(k.conname, t.tgname, i.relname, '')::text <> ALL (ARRAY['zdt_sync_users_mail_email_7e72ed60', 'zzz_zdt_sync_users_mail_email_251e6899'])) x (words)$sql$]);

-- drop "mail", the twin of "users.email"
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when no window from "email" to "mail" is open
CALL pg_temp.zdt_step(
  purpose => 'drop "mail", the twin of "users.email"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = pg_catalog.to_regclass('users') AND t.tgname = 'zzz_zdt_sync_users_email_mail_c1c1cb5d'))$sql$,
  statement => 'DROP TRIGGER zzz_zdt_sync_users_email_mail_c1c1cb5d ON users; DROP FUNCTION zdt_sync_users_email_mail_c83e8815(); ALTER TABLE users DROP CONSTRAINT zdt_sync_users_email_mail_c83e8815; ALTER TABLE users DROP COLUMN mail',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::oid AS oid, NULL::oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level + 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attname = 'mail' AND NOT a.attisdropped) SELECT words FROM (SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM old JOIN pg_catalog.pg_depend d ON d.refobjid = old.attrelid AND d.refobjsubid = old.attnum AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_constraint k ON k.oid = d.objid AND d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_trigger t ON t.oid = d.objid AND d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_class i ON i.oid = d.objid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass WHERE level = 0 AND coalesce(k.conname, t.tgname, i.relname, '')::text <> ALL (ARRAY['zdt_sync_users_email_mail_c83e8815', 'zzz_zdt_sync_users_email_mail_c1c1cb5d'])) x (words)$sql$]);

CALL pg_temp.zdt_end();
