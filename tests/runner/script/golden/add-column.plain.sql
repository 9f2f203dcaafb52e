-- alembic_zdt: add column "users.rank"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_compare_column(
  table_name => 'users',
  object => 'rank',
  declared => $sql$rank INTEGER DEFAULT '0' NOT NULL$sql$);

CALL pg_temp.zdt_compare(
  table_name => 'users',
  object => 'ck_users_rank_not_null',
  statement => 'ALTER TABLE pg_temp.zdt_probe ADD CONSTRAINT ck_users_rank_not_null CHECK (rank IS NOT NULL)');

-- add column "users.rank"
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when column "rank" is there, and has this definition
CALL pg_temp.zdt_step(
  purpose => 'add column "users.rank"',
  done => $sql$((EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'rank' AND NOT a.attisdropped AND a.atttypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('INTEGER') AND coalesce(pg_catalog.substring(pg_catalog.format_type(a.atttypid, a.atttypmod), '[(]([^)]*)[)]'), '') OPERATOR(pg_catalog.=) '') AND EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'rank' AND NOT a.attisdropped AND a.atthasdef)))$sql$,
  statement => $sql$ALTER TABLE users ADD COLUMN rank INTEGER; ALTER TABLE users ALTER COLUMN rank SET DEFAULT '0'$sql$,
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 'another column' WHERE EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'rank' AND NOT a.attisdropped)$sql$]);

-- backfill "users.rank"
-- lock: ROW EXCLUSIVE on users, blocks nothing
-- skipped when it is NOT NULL
DO $zdt$ DECLARE zdt_found record; BEGIN IF pg_catalog.to_regclass('alembic_zdt_backfill') IS NULL THEN CREATE TABLE alembic_zdt_backfill (
  name pg_catalog.text PRIMARY KEY,
  revision pg_catalog.text,
  definition pg_catalog.json NOT NULL,  -- not jsonb, which would sort the columns
  fingerprint pg_catalog.text NOT NULL,
  status pg_catalog.text NOT NULL CHECK (status OPERATOR(pg_catalog.=) ANY
    ('{queued,running,paused,finished,failed,cancelled}')),
  round int NOT NULL DEFAULT 0,
  error pg_catalog.text,
  created_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  started_at pg_catalog.timestamptz,
  updated_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  finished_at pg_catalog.timestamptz
); FOR zdt_found IN SELECT DISTINCT pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END) AS mending FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND g.grantee OPERATOR(pg_catalog.<>) c.relowner LOOP EXECUTE zdt_found.mending; END LOOP; END IF; FOR zdt_found IN SELECT z.* FROM (SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it has row level security'), pg_catalog.format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND c.relrowsecurity UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('trigger %I is on it', t.tgname), pg_catalog.format('DROP TRIGGER %I ON %s', t.tgname, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) c.oid WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND NOT t.tgisinternal UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('rule %I is on it', r.rulename), pg_catalog.format('DROP RULE %I ON %s', r.rulename, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_rewrite r ON r.ev_class OPERATOR(pg_catalog.=) c.oid WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND r.rulename OPERATOR(pg_catalog.<>) '_RETURN' UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s inherits from %s', h.inhrelid::pg_catalog.regclass, h.inhparent::pg_catalog.regclass), pg_catalog.format('ALTER TABLE %s NO INHERIT %s', h.inhrelid::pg_catalog.regclass, h.inhparent::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_inherits h ON c.oid OPERATOR(pg_catalog.=) ANY (ARRAY[h.inhrelid, h.inhparent]) WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND true UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('constraint %I uses %s', k.conname, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', c.oid::pg_catalog.regclass, k.conname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_constraint k ON k.conrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) k.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('column %I uses %s', a.attname, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('ALTER TABLE %s ALTER %I DROP DEFAULT', c.oid::pg_catalog.regclass, a.attname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attrdef f ON f.adrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.=) f.adnum JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) f.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('column %I uses %s', a.attname, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('ALTER TABLE %s DROP %I', c.oid::pg_catalog.regclass, a.attname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) c.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid OPERATOR(pg_catalog.=) a.attnum WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('index %s uses %s', i.indexrelid::pg_catalog.regclass, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('DROP INDEX %s', i.indexrelid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_index i ON i.indrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) i.indexrelid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write it', CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END), pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END) FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND g.privilege_type OPERATOR(pg_catalog.=) ANY (ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AND g.grantee OPERATOR(pg_catalog.<>) c.relowner AND (g.grantee OPERATOR(pg_catalog.=) 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) g.grantee AND r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user])) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write its column %I', CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END, a.attname), pg_catalog.format('REVOKE ALL (%I) ON TABLE %s FROM %s', a.attname, c.oid::pg_catalog.regclass, CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid, LATERAL pg_catalog.aclexplode(a.attacl) g WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND g.privilege_type OPERATOR(pg_catalog.=) ANY (ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AND g.grantee OPERATOR(pg_catalog.<>) c.relowner AND (g.grantee OPERATOR(pg_catalog.=) 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) g.grantee AND r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user])) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it belongs to %s', pg_catalog.pg_get_userbyid(c.relowner)), pg_catalog.format('ALTER TABLE %s OWNER TO %I', c.oid::pg_catalog.regclass, current_user) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND c.relkind OPERATOR(pg_catalog.=) 'r' AND NOT (c.relowner OPERATOR(pg_catalog.=) ANY (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member OPERATOR(pg_catalog.=) ours.role WHERE (coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'set_option')::pg_catalog.bool, true)) AND EXISTS (SELECT FROM pg_catalog.pg_roles r JOIN pg_catalog.pg_database d ON d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() WHERE r.oid OPERATOR(pg_catalog.=) m.grantor AND (r.rolsuper OR r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) OR pg_catalog.pg_has_role(r.oid, d.datdba, 'USAGE')))) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) c.relowner AND r.rolsuper)) AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.oid OPERATOR(pg_catalog.=) c.relnamespace AND pg_catalog.pg_has_role(c.relowner, n.nspowner, 'USAGE')) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it belongs to %s', pg_catalog.pg_get_userbyid(c.relowner)), pg_catalog.format('DROP %s %s', CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'v' THEN 'VIEW' WHEN c.relkind OPERATOR(pg_catalog.=) 'm' THEN 'MATERIALIZED VIEW' WHEN c.relkind OPERATOR(pg_catalog.=) 'S' THEN 'SEQUENCE' WHEN c.relkind OPERATOR(pg_catalog.=) 'f' THEN 'FOREIGN TABLE' WHEN c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['i', 'I']) THEN 'INDEX' WHEN c.relkind OPERATOR(pg_catalog.=) 'c' THEN 'TYPE' ELSE 'TABLE' END, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND c.relkind OPERATOR(pg_catalog.<>) 'r' AND NOT (c.relowner OPERATOR(pg_catalog.=) ANY (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member OPERATOR(pg_catalog.=) ours.role WHERE (coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'set_option')::pg_catalog.bool, true)) AND EXISTS (SELECT FROM pg_catalog.pg_roles r JOIN pg_catalog.pg_database d ON d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() WHERE r.oid OPERATOR(pg_catalog.=) m.grantor AND (r.rolsuper OR r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) OR pg_catalog.pg_has_role(r.oid, d.datdba, 'USAGE')))) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) c.relowner AND r.rolsuper)) AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.oid OPERATOR(pg_catalog.=) c.relnamespace AND pg_catalog.pg_has_role(c.relowner, n.nspowner, 'USAGE')) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('role %I may not read it', current_user), pg_catalog.format('GRANT %I TO %I', pg_catalog.pg_get_userbyid(c.relowner), current_user) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')) z (name, words, mending) LOOP RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = pg_catalog.format('cannot use %s: %s', zdt_found.name, zdt_found.words), HINT = pg_catalog.format('Look at what is in it, then run: %s;', zdt_found.mending); END LOOP; END $zdt$;
DO $zdt$ DECLARE zdt_found record; BEGIN IF pg_catalog.to_regclass('alembic_zdt_backfill_slice') IS NULL THEN CREATE TABLE alembic_zdt_backfill_slice (
  backfill pg_catalog.text NOT NULL REFERENCES alembic_zdt_backfill ON DELETE CASCADE,
  number int NOT NULL,
  round int NOT NULL,
  kind pg_catalog.text NOT NULL CHECK
    (kind OPERATOR(pg_catalog.=) ANY ('{pages,keys,proof}')),
  relation pg_catalog.oid NOT NULL,
  first_page bigint NOT NULL DEFAULT 0,
  last_page bigint NOT NULL DEFAULT 0,
  cursor pg_catalog.jsonb,
  rows_done bigint NOT NULL DEFAULT 0,
  is_done boolean NOT NULL DEFAULT false,
  worker pg_catalog.text,
  worker_pid int,
  leased_until pg_catalog.timestamptz,
  PRIMARY KEY (backfill, number)
) WITH (fillfactor = 50); FOR zdt_found IN SELECT DISTINCT pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END) AS mending FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND g.grantee OPERATOR(pg_catalog.<>) c.relowner LOOP EXECUTE zdt_found.mending; END LOOP; END IF; FOR zdt_found IN SELECT z.* FROM (SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it has row level security'), pg_catalog.format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND c.relrowsecurity UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('trigger %I is on it', t.tgname), pg_catalog.format('DROP TRIGGER %I ON %s', t.tgname, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) c.oid WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND NOT t.tgisinternal UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('rule %I is on it', r.rulename), pg_catalog.format('DROP RULE %I ON %s', r.rulename, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_rewrite r ON r.ev_class OPERATOR(pg_catalog.=) c.oid WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND r.rulename OPERATOR(pg_catalog.<>) '_RETURN' UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s inherits from %s', h.inhrelid::pg_catalog.regclass, h.inhparent::pg_catalog.regclass), pg_catalog.format('ALTER TABLE %s NO INHERIT %s', h.inhrelid::pg_catalog.regclass, h.inhparent::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_inherits h ON c.oid OPERATOR(pg_catalog.=) ANY (ARRAY[h.inhrelid, h.inhparent]) WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND true UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('constraint %I uses %s', k.conname, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', c.oid::pg_catalog.regclass, k.conname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_constraint k ON k.conrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) k.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('column %I uses %s', a.attname, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('ALTER TABLE %s ALTER %I DROP DEFAULT', c.oid::pg_catalog.regclass, a.attname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attrdef f ON f.adrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.=) f.adnum JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) f.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('column %I uses %s', a.attname, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('ALTER TABLE %s DROP %I', c.oid::pg_catalog.regclass, a.attname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) c.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid OPERATOR(pg_catalog.=) a.attnum WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('index %s uses %s', i.indexrelid::pg_catalog.regclass, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('DROP INDEX %s', i.indexrelid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_index i ON i.indrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) i.indexrelid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write it', CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END), pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END) FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND g.privilege_type OPERATOR(pg_catalog.=) ANY (ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AND g.grantee OPERATOR(pg_catalog.<>) c.relowner AND (g.grantee OPERATOR(pg_catalog.=) 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) g.grantee AND r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user])) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write its column %I', CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END, a.attname), pg_catalog.format('REVOKE ALL (%I) ON TABLE %s FROM %s', a.attname, c.oid::pg_catalog.regclass, CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid, LATERAL pg_catalog.aclexplode(a.attacl) g WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND g.privilege_type OPERATOR(pg_catalog.=) ANY (ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AND g.grantee OPERATOR(pg_catalog.<>) c.relowner AND (g.grantee OPERATOR(pg_catalog.=) 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) g.grantee AND r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user])) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it belongs to %s', pg_catalog.pg_get_userbyid(c.relowner)), pg_catalog.format('ALTER TABLE %s OWNER TO %I', c.oid::pg_catalog.regclass, current_user) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND c.relkind OPERATOR(pg_catalog.=) 'r' AND NOT (c.relowner OPERATOR(pg_catalog.=) ANY (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member OPERATOR(pg_catalog.=) ours.role WHERE (coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'set_option')::pg_catalog.bool, true)) AND EXISTS (SELECT FROM pg_catalog.pg_roles r JOIN pg_catalog.pg_database d ON d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() WHERE r.oid OPERATOR(pg_catalog.=) m.grantor AND (r.rolsuper OR r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) OR pg_catalog.pg_has_role(r.oid, d.datdba, 'USAGE')))) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) c.relowner AND r.rolsuper)) AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.oid OPERATOR(pg_catalog.=) c.relnamespace AND pg_catalog.pg_has_role(c.relowner, n.nspowner, 'USAGE')) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it belongs to %s', pg_catalog.pg_get_userbyid(c.relowner)), pg_catalog.format('DROP %s %s', CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'v' THEN 'VIEW' WHEN c.relkind OPERATOR(pg_catalog.=) 'm' THEN 'MATERIALIZED VIEW' WHEN c.relkind OPERATOR(pg_catalog.=) 'S' THEN 'SEQUENCE' WHEN c.relkind OPERATOR(pg_catalog.=) 'f' THEN 'FOREIGN TABLE' WHEN c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['i', 'I']) THEN 'INDEX' WHEN c.relkind OPERATOR(pg_catalog.=) 'c' THEN 'TYPE' ELSE 'TABLE' END, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND c.relkind OPERATOR(pg_catalog.<>) 'r' AND NOT (c.relowner OPERATOR(pg_catalog.=) ANY (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member OPERATOR(pg_catalog.=) ours.role WHERE (coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'set_option')::pg_catalog.bool, true)) AND EXISTS (SELECT FROM pg_catalog.pg_roles r JOIN pg_catalog.pg_database d ON d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() WHERE r.oid OPERATOR(pg_catalog.=) m.grantor AND (r.rolsuper OR r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) OR pg_catalog.pg_has_role(r.oid, d.datdba, 'USAGE')))) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) c.relowner AND r.rolsuper)) AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.oid OPERATOR(pg_catalog.=) c.relnamespace AND pg_catalog.pg_has_role(c.relowner, n.nspowner, 'USAGE')) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('role %I may not read it', current_user), pg_catalog.format('GRANT %I TO %I', pg_catalog.pg_get_userbyid(c.relowner), current_user) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')) z (name, words, mending) LOOP RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = pg_catalog.format('cannot use %s: %s', zdt_found.name, zdt_found.words), HINT = pg_catalog.format('Look at what is in it, then run: %s;', zdt_found.mending); END LOOP; END $zdt$;
DO $zdt$
#variable_conflict use_column
DECLARE
  zdt_name constant pg_catalog.text := 'users.rank';
  zdt_fingerprint constant pg_catalog.text := '40ee770eccd5b47b' OPERATOR(pg_catalog.||) ':' OPERATOR(pg_catalog.||) (SELECT pg_catalog.concat_ws(':', attrelid, pg_catalog.string_agg(attnum::pg_catalog.text, ',' ORDER BY attnum)) FROM pg_catalog.pg_attribute WHERE attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND attname OPERATOR(pg_catalog.=) ANY (ARRAY['rank']) AND NOT attisdropped GROUP BY attrelid);
  zdt_pending constant pg_catalog.text := '(users.rank IS NULL AND NOT ((id) IS NULL))';
  zdt_known pg_catalog.record;
  zdt_slice pg_catalog.record;
  zdt_from pg_catalog.text;
  zdt_all pg_catalog.text;
  zdt_few pg_catalog.text;
  zdt_next pg_catalog.text;
  zdt_operators pg_catalog.text;
  zdt_is_indexed boolean;
  zdt_takes_few boolean;
  zdt_place pg_catalog.jsonb;
  zdt_end pg_catalog.jsonb;
  zdt_size bigint;
  zdt_few_rows int;
  zdt_rows bigint;
  zdt_hot bigint;
  zdt_began pg_catalog.timestamptz;
  zdt_slowest interval := '0';
  zdt_first_rows bigint;
  zdt_share double precision;
  zdt_tries int := 0;
  zdt_passes int;
  zdt_is_done boolean;
  zdt_left bigint;
  zdt_fewest bigint;
  zdt_vain int := 0;
  zdt_oldest int;
  zdt_horizon pg_catalog.xid;
  zdt_before pg_catalog.xid;
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'rank' AND a.attnotnull AND NOT a.attisdropped) THEN
    RETURN;
  END IF;
  -- Begin, or continue an interrupted run.
  SELECT * INTO zdt_known FROM alembic_zdt_backfill WHERE name OPERATOR(pg_catalog.=) zdt_name;
  EXECUTE 'SELECT EXISTS (SELECT FROM ' OPERATOR(pg_catalog.||) 'users AS users' OPERATOR(pg_catalog.||) ' WHERE ' OPERATOR(pg_catalog.||) zdt_pending OPERATOR(pg_catalog.||) ')'
    INTO zdt_is_done;
  IF zdt_known.status OPERATOR(pg_catalog.=) 'finished' AND zdt_known.fingerprint OPERATOR(pg_catalog.=) zdt_fingerprint
    AND NOT zdt_is_done THEN
    RETURN;
  END IF;
  IF zdt_known.status OPERATOR(pg_catalog.=) ANY (ARRAY['finished', 'cancelled'])
    OR zdt_known.fingerprint OPERATOR(pg_catalog.<>) zdt_fingerprint THEN
    DELETE FROM alembic_zdt_backfill WHERE name OPERATOR(pg_catalog.=) zdt_name;
  END IF;
  INSERT INTO alembic_zdt_backfill (name, definition, fingerprint, status, started_at, round)
    VALUES (zdt_name, '{"table": {"name": "users", "schema": null}, "values": {"rank": "id"}, "where": "", "key": [], "batch_rows": 0, "batch_seconds": 0.1, "limits": {}, "pause": 0.0, "verify": true, "directive": "expand_add_column", "triggers": "", "existing_only": false}', zdt_fingerprint, 'running', pg_catalog.now(), 1)
    ON CONFLICT (name) DO UPDATE SET status = 'running', error = NULL;
  IF NOT EXISTS (SELECT FROM alembic_zdt_backfill_slice WHERE backfill OPERATOR(pg_catalog.=) zdt_name) THEN
    INSERT INTO alembic_zdt_backfill_slice (backfill, number, round, kind, relation, last_page)
    WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending)
    SELECT zdt_name, pg_catalog.row_number() OVER (ORDER BY c.oid), 1, 'pages', c.oid,
      pg_catalog.pg_relation_size(c.oid)
        OPERATOR(pg_catalog./) pg_catalog.current_setting('block_size')::int
    FROM pg_catalog.pg_class c WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
      AND c.oid OPERATOR(pg_catalog.=) ANY (SELECT oid FROM tree);
  END IF;
  LOOP
    COMMIT;
    SELECT * INTO zdt_slice FROM alembic_zdt_backfill_slice
      WHERE backfill OPERATOR(pg_catalog.=) zdt_name AND NOT is_done AND kind OPERATOR(pg_catalog.<>) 'proof'
      ORDER BY number LIMIT 1;

    -- All slices are done: count the rows that are not, in one snapshot.
    IF NOT FOUND THEN
      SELECT round INTO zdt_known FROM alembic_zdt_backfill WHERE name OPERATOR(pg_catalog.=) zdt_name;
      WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending)
      SELECT pg_catalog.string_agg('SELECT ' OPERATOR(pg_catalog.||) c.oid OPERATOR(pg_catalog.||) '::pg_catalog.oid AS relation,'
        OPERATOR(pg_catalog.||) ' pg_catalog.count(*) AS rows, pg_catalog.max(pg_catalog.age('
        OPERATOR(pg_catalog.||) 'users' OPERATOR(pg_catalog.||) '.xmin)) AS oldest, (pg_catalog.min(ctid)::pg_catalog.text'
        OPERATOR(pg_catalog.||) '::pg_catalog.point)[0]::bigint AS first, (pg_catalog.max(ctid)'
        OPERATOR(pg_catalog.||) '::pg_catalog.text::pg_catalog.point)[0]::bigint AS last FROM ONLY '
        OPERATOR(pg_catalog.||) c.oid::pg_catalog.regclass OPERATOR(pg_catalog.||) ' AS ' OPERATOR(pg_catalog.||) 'users' OPERATOR(pg_catalog.||) ' WHERE ' OPERATOR(pg_catalog.||) zdt_pending,
        ' UNION ALL ')
      INTO zdt_from
      FROM pg_catalog.pg_class c WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
        AND c.oid OPERATOR(pg_catalog.=) ANY (SELECT oid FROM tree);
      zdt_left := 0;
      zdt_before := zdt_horizon;
      zdt_horizon := (pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())
        ::pg_catalog.text::pg_catalog.int8 OPERATOR(pg_catalog.%) 4294967296)::pg_catalog.text::pg_catalog.xid;
      IF true AND zdt_from IS NOT NULL THEN
        EXECUTE 'SELECT coalesce(pg_catalog.sum(rows), 0), pg_catalog.max(oldest)'
          ' FROM (' OPERATOR(pg_catalog.||) zdt_from OPERATOR(pg_catalog.||) ') x' INTO zdt_left, zdt_oldest;
      END IF;
      EXIT WHEN zdt_left OPERATOR(pg_catalog.=) 0;
      IF zdt_left OPERATOR(pg_catalog.>=) zdt_fewest THEN
        zdt_vain := zdt_vain OPERATOR(pg_catalog.+) 1;
      ELSE
        zdt_vain := 0;
        zdt_fewest := zdt_left;
      END IF;
      IF zdt_vain OPERATOR(pg_catalog.>=) 6 AND false
        AND zdt_oldest OPERATOR(pg_catalog.<=) pg_catalog.age(zdt_before) THEN
        RAISE WARNING 'backfill "%": % rows that were inserted meanwhile hold NULL',
          zdt_name, zdt_left USING
          HINT = 'After the deployment, op.backfill() with the same expression fills '
            'them.';
        EXIT;
      END IF;
      IF zdt_vain OPERATOR(pg_catalog.>=) 6 THEN
        RAISE EXCEPTION 'backfill "%" leaves % rows', zdt_name, zdt_left USING
          DETAIL = 'They fulfil ' OPERATOR(pg_catalog.||) zdt_pending OPERATOR(pg_catalog.||) ', and ' OPERATOR(pg_catalog.||) zdt_vain
            OPERATOR(pg_catalog.||) ' rounds did not reduce their number: the application keeps writing '
            'such rows, or the update does not make the condition false.',
          HINT = 'Make the application write the new value, then run this script again.';
      END IF;
      EXECUTE 'INSERT INTO ' OPERATOR(pg_catalog.||) 'alembic_zdt_backfill_slice' OPERATOR(pg_catalog.||) ' (backfill, number, round, kind,'
        ' relation, first_page, last_page) SELECT $1, $2 OPERATOR(pg_catalog.+)'
        ' pg_catalog.row_number() OVER (), $3, $4, relation, first,'
        ' last OPERATOR(pg_catalog.+) 1 FROM (' OPERATOR(pg_catalog.||) zdt_from OPERATOR(pg_catalog.||) ') x'
        ' WHERE rows OPERATOR(pg_catalog.>) 0'
        USING zdt_name, (SELECT pg_catalog.max(number) FROM alembic_zdt_backfill_slice WHERE backfill OPERATOR(pg_catalog.=) zdt_name),
          zdt_known.round OPERATOR(pg_catalog.+) 1, 'pages';
      UPDATE alembic_zdt_backfill SET round = round OPERATOR(pg_catalog.+) 1 WHERE name OPERATOR(pg_catalog.=) zdt_name;
      CONTINUE;
    END IF;

    -- A partition may have been dropped or detached meanwhile.
    IF NOT EXISTS (WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending) SELECT FROM tree WHERE oid OPERATOR(pg_catalog.=) zdt_slice.relation) THEN
      UPDATE alembic_zdt_backfill_slice SET is_done = true
        WHERE backfill OPERATOR(pg_catalog.=) zdt_name AND number OPERATOR(pg_catalog.=) zdt_slice.number;
      CONTINUE;
    END IF;

    -- Change the rows of one slice, batch by batch.
    zdt_from := zdt_slice.relation::pg_catalog.regclass::pg_catalog.text;
    zdt_all := pg_catalog.replace('UPDATE ONLY <table> AS users SET rank = id WHERE users.ctid OPERATOR(pg_catalog.>=) (''('' OPERATOR(pg_catalog.||) ($1 OPERATOR(pg_catalog.->>)''page'')::bigint OPERATOR(pg_catalog.||) '',0)'')::pg_catalog.tid AND users.ctid OPERATOR(pg_catalog.<) (''('' OPERATOR(pg_catalog.||) ($2 OPERATOR(pg_catalog.->>)''page'')::bigint OPERATOR(pg_catalog.||) '',0)'')::pg_catalog.tid AND (users.rank IS NULL AND NOT ((id) IS NULL))', '<table>', zdt_from);
    zdt_few := pg_catalog.replace('UPDATE ONLY <table> AS users SET rank = id WHERE users.ctid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT few.tid FROM (SELECT (''('' OPERATOR(pg_catalog.||) page OPERATOR(pg_catalog.||) '',0)'')::pg_catalog.tid AS first, (''('' OPERATOR(pg_catalog.||) (page OPERATOR(pg_catalog.+) 1) OPERATOR(pg_catalog.||) '',0)'')::pg_catalog.tid AS behind FROM pg_catalog.generate_series(($1 OPERATOR(pg_catalog.->>)''page'')::bigint, ($2 OPERATOR(pg_catalog.->>)''page'')::bigint OPERATOR(pg_catalog.-) 1) AS page OFFSET 0) AS zdt_pages, LATERAL (SELECT users.ctid AS tid FROM ONLY <table> AS users WHERE users.ctid OPERATOR(pg_catalog.>=) zdt_pages.first AND users.ctid OPERATOR(pg_catalog.<) zdt_pages.behind AND (users.rank IS NULL AND NOT ((id) IS NULL)) LIMIT $3) AS few)) AND (users.rank IS NULL AND NOT ((id) IS NULL))', '<table>', zdt_from);
    zdt_next := pg_catalog.replace('SELECT NULL::pg_catalog.jsonb', '<table>', zdt_from);
    zdt_is_indexed := 'pages' OPERATOR(pg_catalog.<>) 'pages' OR (EXISTS (SELECT DISTINCT x.relname::pg_catalog.text FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid OPERATOR(pg_catalog.=) i.indexrelid JOIN pg_catalog.pg_am m ON m.oid OPERATOR(pg_catalog.=) x.relam JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) i.indrelid WHERE i.indrelid OPERATOR(pg_catalog.=) zdt_slice.relation AND a.attname OPERATOR(pg_catalog.=) ANY (ARRAY['rank']) AND (a.attnum OPERATOR(pg_catalog.=) ANY (i.indkey) OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid OPERATOR(pg_catalog.=) i.indexrelid AND d.refobjid OPERATOR(pg_catalog.=) a.attrelid AND d.refobjsubid OPERATOR(pg_catalog.=) a.attnum)) AND (m.amname OPERATOR(pg_catalog.<>) 'brin' OR pg_catalog.current_setting('server_version_num')::int OPERATOR(pg_catalog.<) 160000) ORDER BY 1));
    zdt_takes_few := NOT zdt_is_indexed;
    zdt_passes := 0;
    zdt_place := coalesce(zdt_slice.cursor,
      CASE WHEN 'pages' OPERATOR(pg_catalog.=) 'pages' THEN
        pg_catalog.jsonb_build_object('page', zdt_slice.first_page) ELSE '{}' END);
    zdt_size := coalesce(zdt_size, 16);
    zdt_few_rows := (SELECT greatest(2, pg_catalog.round(
        (reltuples OPERATOR(pg_catalog./) CASE WHEN relpages OPERATOR(pg_catalog.=) (0) THEN NULL ELSE relpages END OPERATOR(pg_catalog./) 12)::numeric))
      FROM pg_catalog.pg_class WHERE oid OPERATOR(pg_catalog.=) zdt_slice.relation);
    zdt_is_done := zdt_slice.kind OPERATOR(pg_catalog.=) 'pages' AND zdt_slice.last_page OPERATOR(pg_catalog.=) 0;
    WHILE NOT zdt_is_done LOOP
      COMMIT;
      PERFORM pg_catalog.set_config('lock_timeout', '50ms', true),
        pg_catalog.set_config('row_security', 'off', true);
      PERFORM pg_catalog.set_config('synchronous_commit', 'local', true) WHERE pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.<>) 'off';
      IF zdt_slice.kind OPERATOR(pg_catalog.=) 'pages' THEN
        zdt_end := pg_catalog.jsonb_build_object('page',
          least((zdt_place OPERATOR(pg_catalog.->>)'page')::bigint OPERATOR(pg_catalog.+) zdt_size, zdt_slice.last_page));
      ELSE
        EXECUTE zdt_next INTO zdt_end USING zdt_place, zdt_size;
        IF zdt_end OPERATOR(pg_catalog.=) zdt_place THEN
          RAISE EXCEPTION 'backfill "%" cannot go on behind %', zdt_name, zdt_place
            USING DETAIL = 'The text of this key does not give the same value again.',
            HINT = 'Leave key= out, or run the revision without --sql.';
        END IF;
      END IF;
      zdt_began := pg_catalog.clock_timestamp();
      zdt_hot := pg_catalog.pg_stat_get_xact_tuples_hot_updated(zdt_slice.relation);
      BEGIN
        EXECUTE CASE WHEN zdt_takes_few THEN zdt_few ELSE zdt_all END
          USING zdt_place, zdt_end, zdt_few_rows;
        GET DIAGNOSTICS zdt_rows = ROW_COUNT;
        zdt_tries := 0;
      EXCEPTION WHEN lock_not_available OR deadlock_detected
        OR serialization_failure THEN
        zdt_tries := zdt_tries OPERATOR(pg_catalog.+) 1;
        IF zdt_tries OPERATOR(pg_catalog.*) interval '0.1 s' OPERATOR(pg_catalog.>) interval '300 s' THEN
          RAISE;
        END IF;
      END;
      IF zdt_tries OPERATOR(pg_catalog.>) 0 THEN
        COMMIT;
        zdt_size := greatest(1, zdt_size OPERATOR(pg_catalog./) 2);
        PERFORM pg_catalog.pg_sleep(0.05 OPERATOR(pg_catalog.+) (0.1 OPERATOR(pg_catalog.*) pg_catalog.random()));
        CONTINUE;
      END IF;
      zdt_share := (pg_catalog.pg_stat_get_xact_tuples_hot_updated(zdt_slice.relation)
        OPERATOR(pg_catalog.-) zdt_hot) OPERATOR(pg_catalog./) greatest(zdt_rows, 1)::pg_catalog.float8;
      zdt_slowest := greatest(zdt_slowest, pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) zdt_began);
      IF zdt_takes_few THEN
        -- Few rows at once help only while their new versions fit on the same pages.
        zdt_passes := zdt_passes OPERATOR(pg_catalog.+) 1;
        IF zdt_passes OPERATOR(pg_catalog.=) 1 THEN
          zdt_first_rows := zdt_rows;
        ELSIF zdt_rows OPERATOR(pg_catalog.>) 0 AND zdt_share OPERATOR(pg_catalog.<) 0.5 THEN
          zdt_is_indexed := true;
        END IF;
        zdt_takes_few := NOT zdt_is_indexed AND zdt_rows OPERATOR(pg_catalog.*) 2 OPERATOR(pg_catalog.>) zdt_first_rows
          AND zdt_passes OPERATOR(pg_catalog.<) 300;
        UPDATE alembic_zdt_backfill_slice SET rows_done = rows_done OPERATOR(pg_catalog.+) zdt_rows
          WHERE backfill OPERATOR(pg_catalog.=) zdt_name AND number OPERATOR(pg_catalog.=) zdt_slice.number;
      ELSE
        zdt_place := zdt_end;
        zdt_is_done := zdt_end IS NULL OR (zdt_slice.kind OPERATOR(pg_catalog.=) 'pages'
          AND (zdt_end OPERATOR(pg_catalog.->>)'page')::bigint OPERATOR(pg_catalog.>=) zdt_slice.last_page);
        UPDATE alembic_zdt_backfill_slice SET rows_done = rows_done OPERATOR(pg_catalog.+) zdt_rows, cursor = zdt_end,
            is_done = zdt_is_done
          WHERE backfill OPERATOR(pg_catalog.=) zdt_name AND number OPERATOR(pg_catalog.=) zdt_slice.number;
        zdt_takes_few := NOT zdt_is_indexed;
        zdt_passes := 0;
        IF true THEN
          zdt_size := least(1024, greatest(1, zdt_size OPERATOR(pg_catalog.*) least(2, greatest(0.25,
            0.1 OPERATOR(pg_catalog./) greatest(0.001, extract(epoch FROM zdt_slowest)::pg_catalog.float8)))));
        END IF;
        zdt_slowest := '0';
      END IF;
      COMMIT;
      PERFORM pg_catalog.pg_sleep(0.0);
      WHILE 10.0 OPERATOR(pg_catalog.>) 0 AND (SELECT pg_catalog.max(replay_lag) FROM pg_catalog.pg_stat_replication)
        OPERATOR(pg_catalog.>) (10.0 OPERATOR(pg_catalog.*) interval '1 s') LOOP
        COMMIT;
        PERFORM pg_catalog.pg_sleep(0.2);
      END LOOP;
    END LOOP;
    UPDATE alembic_zdt_backfill_slice SET is_done = true
      WHERE backfill OPERATOR(pg_catalog.=) zdt_name AND number OPERATOR(pg_catalog.=) zdt_slice.number;
  END LOOP;
  UPDATE alembic_zdt_backfill SET status = 'finished', finished_at = pg_catalog.now(), updated_at = pg_catalog.now()
    WHERE name OPERATOR(pg_catalog.=) zdt_name;
END
$zdt$;
DO $zdt$ BEGIN IF NOT (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'rank' AND a.attnotnull AND NOT a.attisdropped)) THEN ANALYZE users (rank); END IF; END $zdt$;

-- add check constraint "ck_users_rank_not_null" as NOT VALID
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when constraint "ck_users_rank_not_null" is there
CALL pg_temp.zdt_step(
  purpose => 'add check constraint "ck_users_rank_not_null" as NOT VALID',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'ck_users_rank_not_null' AND k.contype OPERATOR(pg_catalog.=) 'c') OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'rank' AND a.attnotnull AND NOT a.attisdropped))$sql$,
  statement => 'ALTER TABLE users ADD CONSTRAINT ck_users_rank_not_null CHECK (rank IS NOT NULL) NOT VALID',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'ck_users_rank_not_null'$sql$]);

-- validate constraint "ck_users_rank_not_null" on "users"
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- scan: users
-- skipped when constraint "ck_users_rank_not_null" is validated there
DO $zdt$
BEGIN
  IF NOT (EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'ck_users_rank_not_null' AND k.convalidated) OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'rank' AND a.attnotnull AND NOT a.attisdropped)) THEN
    ALTER TABLE users VALIDATE CONSTRAINT ck_users_rank_not_null;
  END IF;
END
$zdt$;

-- set NOT NULL on "users.rank", which the valid CHECK proves
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when it is NOT NULL, and the CHECK is gone
CALL pg_temp.zdt_step(
  purpose => 'set NOT NULL on "users.rank", which the valid CHECK proves',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'rank' AND a.attnotnull AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND k.conname OPERATOR(pg_catalog.=) 'ck_users_rank_not_null'))$sql$,
  statement => 'ALTER TABLE users ALTER COLUMN rank SET NOT NULL; ALTER TABLE users DROP CONSTRAINT IF EXISTS ck_users_rank_not_null',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE']);

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: drop column "users.rank"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'drop column "users.rank"',
  done => 'false',
  wrong => $sql$SELECT r.relname::pg_catalog.text, n.nspname::pg_catalog.text, k.conname::pg_catalog.text, ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum), ARRAY(SELECT pg_catalog.concat_ws(' ', CASE WHEN y.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum' END, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) k.conrelid JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_partition_root(t.oid), t.oid) JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace WHERE k.contype OPERATOR(pg_catalog.=) 'c' AND pg_catalog.starts_with(k.conname::pg_catalog.text, 'zdt_sync_') AND (EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) r.oid AND p.proname OPERATOR(pg_catalog.=) k.conname) OR pg_catalog.starts_with(k.conname::pg_catalog.text, pg_catalog.substr('zdt_sync_' OPERATOR(pg_catalog.||) r.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_', 1, 25))) AND k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) AND a.attname OPERATOR(pg_catalog.=) 'rank') ORDER BY 2, 1, 3$sql$,
  wanted => 'drop column "users.rank"');

CALL pg_temp.zdt_refuse(
  purpose => 'drop column "users.rank"',
  done => 'false',
  wrong => $sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) tree.oid JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attname OPERATOR(pg_catalog.=) 'rank' AND NOT a.attisdropped) SELECT words FROM (SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM old JOIN pg_catalog.pg_depend d ON d.refobjid OPERATOR(pg_catalog.=) old.attrelid AND d.refobjsubid OPERATOR(pg_catalog.=) old.attnum AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_constraint k ON k.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_trigger t ON t.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_statistic_ext s ON s.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass CROSS JOIN LATERAL (SELECT coalesce(k.conname, t.tgname, i.relname, s.stxname, '')::pg_catalog.text AS name) o WHERE o.name OPERATOR(pg_catalog.<>) ALL (ARRAY[]::pg_catalog.text[]) AND NOT (d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND EXISTS (SELECT FROM pg_catalog.pg_attrdef f WHERE f.oid OPERATOR(pg_catalog.=) d.objid AND f.adnum OPERATOR(pg_catalog.=) old.attnum) OR coalesce(i.relkind OPERATOR(pg_catalog.=) 'S', false)) AND NOT (level OPERATOR(pg_catalog.>) 0 AND (coalesce(k.conparentid OPERATOR(pg_catalog.<>) 0 OR k.coninhcount OPERATOR(pg_catalog.>) 0, false) OR coalesce(t.tgparentid OPERATOR(pg_catalog.<>) 0, false) OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid OPERATOR(pg_catalog.=) i.oid))) AND o.name OPERATOR(pg_catalog.!~) '^zdt_copy_' AND coalesce(k.contype OPERATOR(pg_catalog.<>) 'n', true)) x (words)$sql$,
  wanted => 'drop column "users.rank"');

CALL pg_temp.zdt_refuse(
  purpose => 'drop column "users.rank"',
  done => 'false',
  wrong => $sql$SELECT words FROM (SELECT words FROM (SELECT name, words FROM (WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending) SELECT p.proname::pg_catalog.text AS name, pg_catalog.format('%s %s', CASE WHEN p.prokind::pg_catalog.text OPERATOR(pg_catalog.=) 'p' THEN 'procedure' ELSE 'function' END, p.oid::pg_catalog.regprocedure) AS words, p.prosrc::pg_catalog.text AS body, (SELECT z.nspname FROM pg_catalog.pg_class y JOIN pg_catalog.pg_namespace z ON z.oid OPERATOR(pg_catalog.=) y.relnamespace WHERE y.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users'))::pg_catalog.text AS schema_name, CASE WHEN o.path IS NULL THEN NOT (n.nspname OPERATOR(pg_catalog.<>) (SELECT z.nspname FROM pg_catalog.pg_class y JOIN pg_catalog.pg_namespace z ON z.oid OPERATOR(pg_catalog.=) y.relnamespace WHERE y.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users')) AND n.nspname OPERATOR(pg_catalog.<>) ALL (pg_catalog.current_schemas(false)) AND EXISTS (SELECT FROM pg_catalog.pg_class x WHERE x.relnamespace OPERATOR(pg_catalog.=) n.oid AND x.relname OPERATOR(pg_catalog.=) 'users')) ELSE coalesce((SELECT m.nspname FROM pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.substr(o.path, 13), ',')) WITH ORDINALITY e (part, place) JOIN pg_catalog.pg_namespace m ON m.nspname OPERATOR(pg_catalog.=) pg_catalog.btrim(e.part, ' "') WHERE EXISTS (SELECT FROM pg_catalog.pg_class x WHERE x.relnamespace OPERATOR(pg_catalog.=) m.oid AND x.relname OPERATOR(pg_catalog.=) 'users') ORDER BY e.place LIMIT 1) OPERATOR(pg_catalog.=) (SELECT z.nspname FROM pg_catalog.pg_class y JOIN pg_catalog.pg_namespace z ON z.oid OPERATOR(pg_catalog.=) y.relnamespace WHERE y.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users')), false) END AS is_bare, (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgfoid OPERATOR(pg_catalog.=) p.oid AND t.tgrelid OPERATOR(pg_catalog.=) ANY (SELECT tree.oid FROM tree)) OR EXISTS (SELECT FROM tree JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) tree.oid WHERE c.reltype OPERATOR(pg_catalog.=) p.prorettype OR c.reltype OPERATOR(pg_catalog.=) ANY (coalesce(p.proallargtypes, p.proargtypes::pg_catalog.oid[])))) AS is_of_it FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace JOIN pg_catalog.pg_language l ON l.oid OPERATOR(pg_catalog.=) p.prolang LEFT JOIN LATERAL (SELECT s AS path FROM pg_catalog.unnest(p.proconfig) s WHERE pg_catalog.starts_with(s, 'search_path=')) o ON true WHERE l.lanname OPERATOR(pg_catalog.<>) ALL (ARRAY['c', 'internal']) AND n.nspname OPERATOR(pg_catalog.<>) ALL (ARRAY['pg_catalog', 'information_schema']) AND n.nspname OPERATOR(pg_catalog.!~) '^pg_temp_' AND p.proname OPERATOR(pg_catalog.!~) '^zdt_(sync|up|down)_' AND (SELECT z.nspname FROM pg_catalog.pg_class y JOIN pg_catalog.pg_namespace z ON z.oid OPERATOR(pg_catalog.=) y.relnamespace WHERE y.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users')) IS NOT NULL AND pg_catalog.regexp_replace(p.prosrc, '--[^' OPERATOR(pg_catalog.||) pg_catalog.chr(10) OPERATOR(pg_catalog.||) ']*|/[*].*?[*]/', ' ', 'g') OPERATOR(pg_catalog.~*) '(^|[^[:alnum:]_$])rank($|[^[:alnum:]_$])' AND ((EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgfoid OPERATOR(pg_catalog.=) p.oid AND t.tgrelid OPERATOR(pg_catalog.=) ANY (SELECT tree.oid FROM tree)) OR EXISTS (SELECT FROM tree JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) tree.oid WHERE c.reltype OPERATOR(pg_catalog.=) p.prorettype OR c.reltype OPERATOR(pg_catalog.=) ANY (coalesce(p.proallargtypes, p.proargtypes::pg_catalog.oid[])))) OR pg_catalog.regexp_replace(p.prosrc, '--[^' OPERATOR(pg_catalog.||) pg_catalog.chr(10) OPERATOR(pg_catalog.||) ']*|/[*].*?[*]/', ' ', 'g') OPERATOR(pg_catalog.~*) '(^|[^[:alnum:]_$])users($|[^[:alnum:]_$])') AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid OPERATOR(pg_catalog.=) p.oid AND d.deptype OPERATOR(pg_catalog.=) 'e') ORDER BY 2) f WHERE is_of_it OR is_bare AND body OPERATOR(pg_catalog.~*) '(^|[^[:alnum:]_$."])"?users($|[^[:alnum:]_$])' OR pg_catalog.strpos(pg_catalog.replace(pg_catalog.lower(body), '"', ''), pg_catalog.lower(schema_name OPERATOR(pg_catalog.||) '.users')) OPERATOR(pg_catalog.>) 0 UNION ALL SELECT name, words FROM (WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending) SELECT t.tgname::pg_catalog.text AS name, pg_catalog.format('trigger %I of %s', t.tgname, t.tgrelid::pg_catalog.regclass) AS words, pg_catalog.pg_get_triggerdef(t.oid) AS text FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.tgrelid JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) t.tgfoid WHERE NOT t.tgisinternal AND t.tgparentid OPERATOR(pg_catalog.=) 0 AND t.tgrelid OPERATOR(pg_catalog.=) ANY (SELECT tree.oid FROM tree) AND 'rank' OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array(pg_catalog.encode(t.tgargs, 'escape'), pg_catalog.chr(92) OPERATOR(pg_catalog.||) '000')) ORDER BY 2) t) s WHERE s.name OPERATOR(pg_catalog.<>) ALL (ARRAY[]::pg_catalog.text[])) m WHERE EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'rank' AND NOT a.attisdropped)$sql$,
  wanted => 'drop column "users.rank"');

-- drop column "users.rank"
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when there is no column "rank"
CALL pg_temp.zdt_step(
  purpose => 'drop column "users.rank"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'rank' AND NOT a.attisdropped))$sql$,
  statement => 'ALTER TABLE users DROP COLUMN rank',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT r.relname::pg_catalog.text, n.nspname::pg_catalog.text, k.conname::pg_catalog.text, ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum), ARRAY(SELECT pg_catalog.concat_ws(' ', CASE WHEN y.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum' END, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) k.conrelid JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_partition_root(t.oid), t.oid) JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace WHERE k.contype OPERATOR(pg_catalog.=) 'c' AND pg_catalog.starts_with(k.conname::pg_catalog.text, 'zdt_sync_') AND (EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) r.oid AND p.proname OPERATOR(pg_catalog.=) k.conname) OR pg_catalog.starts_with(k.conname::pg_catalog.text, pg_catalog.substr('zdt_sync_' OPERATOR(pg_catalog.||) r.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_', 1, 25))) AND k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) AND a.attname OPERATOR(pg_catalog.=) 'rank') ORDER BY 2, 1, 3$sql$, $sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) tree.oid JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attname OPERATOR(pg_catalog.=) 'rank' AND NOT a.attisdropped) SELECT words FROM (SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM old JOIN pg_catalog.pg_depend d ON d.refobjid OPERATOR(pg_catalog.=) old.attrelid AND d.refobjsubid OPERATOR(pg_catalog.=) old.attnum AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_constraint k ON k.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_trigger t ON t.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_statistic_ext s ON s.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass CROSS JOIN LATERAL (SELECT coalesce(k.conname, t.tgname, i.relname, s.stxname, '')::pg_catalog.text AS name) o WHERE o.name OPERATOR(pg_catalog.<>) ALL (ARRAY[]::pg_catalog.text[]) AND NOT (d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND EXISTS (SELECT FROM pg_catalog.pg_attrdef f WHERE f.oid OPERATOR(pg_catalog.=) d.objid AND f.adnum OPERATOR(pg_catalog.=) old.attnum) OR coalesce(i.relkind OPERATOR(pg_catalog.=) 'S', false)) AND NOT (level OPERATOR(pg_catalog.>) 0 AND (coalesce(k.conparentid OPERATOR(pg_catalog.<>) 0 OR k.coninhcount OPERATOR(pg_catalog.>) 0, false) OR coalesce(t.tgparentid OPERATOR(pg_catalog.<>) 0, false) OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid OPERATOR(pg_catalog.=) i.oid))) AND o.name OPERATOR(pg_catalog.!~) '^zdt_copy_' AND coalesce(k.contype OPERATOR(pg_catalog.<>) 'n', true)) x (words)$sql$, $sql$SELECT words FROM (SELECT words FROM (SELECT name, words FROM (WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending) SELECT p.proname::pg_catalog.text AS name, pg_catalog.format('%s %s', CASE WHEN p.prokind::pg_catalog.text OPERATOR(pg_catalog.=) 'p' THEN 'procedure' ELSE 'function' END, p.oid::pg_catalog.regprocedure) AS words, p.prosrc::pg_catalog.text AS body, (SELECT z.nspname FROM pg_catalog.pg_class y JOIN pg_catalog.pg_namespace z ON z.oid OPERATOR(pg_catalog.=) y.relnamespace WHERE y.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users'))::pg_catalog.text AS schema_name, CASE WHEN o.path IS NULL THEN NOT (n.nspname OPERATOR(pg_catalog.<>) (SELECT z.nspname FROM pg_catalog.pg_class y JOIN pg_catalog.pg_namespace z ON z.oid OPERATOR(pg_catalog.=) y.relnamespace WHERE y.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users')) AND n.nspname OPERATOR(pg_catalog.<>) ALL (pg_catalog.current_schemas(false)) AND EXISTS (SELECT FROM pg_catalog.pg_class x WHERE x.relnamespace OPERATOR(pg_catalog.=) n.oid AND x.relname OPERATOR(pg_catalog.=) 'users')) ELSE coalesce((SELECT m.nspname FROM pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.substr(o.path, 13), ',')) WITH ORDINALITY e (part, place) JOIN pg_catalog.pg_namespace m ON m.nspname OPERATOR(pg_catalog.=) pg_catalog.btrim(e.part, ' "') WHERE EXISTS (SELECT FROM pg_catalog.pg_class x WHERE x.relnamespace OPERATOR(pg_catalog.=) m.oid AND x.relname OPERATOR(pg_catalog.=) 'users') ORDER BY e.place LIMIT 1) OPERATOR(pg_catalog.=) (SELECT z.nspname FROM pg_catalog.pg_class y JOIN pg_catalog.pg_namespace z ON z.oid OPERATOR(pg_catalog.=) y.relnamespace WHERE y.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users')), false) END AS is_bare, (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgfoid OPERATOR(pg_catalog.=) p.oid AND t.tgrelid OPERATOR(pg_catalog.=) ANY (SELECT tree.oid FROM tree)) OR EXISTS (SELECT FROM tree JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) tree.oid WHERE c.reltype OPERATOR(pg_catalog.=) p.prorettype OR c.reltype OPERATOR(pg_catalog.=) ANY (coalesce(p.proallargtypes, p.proargtypes::pg_catalog.oid[])))) AS is_of_it FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace JOIN pg_catalog.pg_language l ON l.oid OPERATOR(pg_catalog.=) p.prolang LEFT JOIN LATERAL (SELECT s AS path FROM pg_catalog.unnest(p.proconfig) s WHERE pg_catalog.starts_with(s, 'search_path=')) o ON true WHERE l.lanname OPERATOR(pg_catalog.<>) ALL (ARRAY['c', 'internal']) AND n.nspname OPERATOR(pg_catalog.<>) ALL (ARRAY['pg_catalog', 'information_schema']) AND n.nspname OPERATOR(pg_catalog.!~) '^pg_temp_' AND p.proname OPERATOR(pg_catalog.!~) '^zdt_(sync|up|down)_' AND (SELECT z.nspname FROM pg_catalog.pg_class y JOIN pg_catalog.pg_namespace z ON z.oid OPERATOR(pg_catalog.=) y.relnamespace WHERE y.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users')) IS NOT NULL AND pg_catalog.regexp_replace(p.prosrc, '--[^' OPERATOR(pg_catalog.||) pg_catalog.chr(10) OPERATOR(pg_catalog.||) ']*|/[*].*?[*]/', ' ', 'g') OPERATOR(pg_catalog.~*) '(^|[^[:alnum:]_$])rank($|[^[:alnum:]_$])' AND ((EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgfoid OPERATOR(pg_catalog.=) p.oid AND t.tgrelid OPERATOR(pg_catalog.=) ANY (SELECT tree.oid FROM tree)) OR EXISTS (SELECT FROM tree JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) tree.oid WHERE c.reltype OPERATOR(pg_catalog.=) p.prorettype OR c.reltype OPERATOR(pg_catalog.=) ANY (coalesce(p.proallargtypes, p.proargtypes::pg_catalog.oid[])))) OR pg_catalog.regexp_replace(p.prosrc, '--[^' OPERATOR(pg_catalog.||) pg_catalog.chr(10) OPERATOR(pg_catalog.||) ']*|/[*].*?[*]/', ' ', 'g') OPERATOR(pg_catalog.~*) '(^|[^[:alnum:]_$])users($|[^[:alnum:]_$])') AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid OPERATOR(pg_catalog.=) p.oid AND d.deptype OPERATOR(pg_catalog.=) 'e') ORDER BY 2) f WHERE is_of_it OR is_bare AND body OPERATOR(pg_catalog.~*) '(^|[^[:alnum:]_$."])"?users($|[^[:alnum:]_$])' OR pg_catalog.strpos(pg_catalog.replace(pg_catalog.lower(body), '"', ''), pg_catalog.lower(schema_name OPERATOR(pg_catalog.||) '.users')) OPERATOR(pg_catalog.>) 0 UNION ALL SELECT name, words FROM (WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending) SELECT t.tgname::pg_catalog.text AS name, pg_catalog.format('trigger %I of %s', t.tgname, t.tgrelid::pg_catalog.regclass) AS words, pg_catalog.pg_get_triggerdef(t.oid) AS text FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.tgrelid JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) t.tgfoid WHERE NOT t.tgisinternal AND t.tgparentid OPERATOR(pg_catalog.=) 0 AND t.tgrelid OPERATOR(pg_catalog.=) ANY (SELECT tree.oid FROM tree) AND 'rank' OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array(pg_catalog.encode(t.tgargs, 'escape'), pg_catalog.chr(92) OPERATOR(pg_catalog.||) '000')) ORDER BY 2) t) s WHERE s.name OPERATOR(pg_catalog.<>) ALL (ARRAY[]::pg_catalog.text[])) m WHERE EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'rank' AND NOT a.attisdropped)$sql$]);

CALL pg_temp.zdt_end();
