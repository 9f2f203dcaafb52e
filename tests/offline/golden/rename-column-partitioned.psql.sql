-- alembic_zdt: begin to rename "events.body"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'begin to rename "events.body"',
  done => 'false',
  wrong => $sql$SELECT z.words, pg_catalog.pg_get_userbyid(z.role)::pg_catalog.text AS owner, z.mending FROM (SELECT pg_catalog.format('trigger %I, which calls %s', g.tgname, f.oid::pg_catalog.regprocedure), f.proowner, pg_catalog.format('DROP TRIGGER %I ON %s', g.tgname, g.tgrelid::pg_catalog.regclass) FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid WHERE g.tgrelid = pg_catalog.to_regclass('events') AND g.tgname = 'zzz_zdt_sync_events_body_text_fb084791' UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname = 'zdt_sync_events_body_text_08680d2d' AND p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname = 'zdt_up_events_body_text_c2ff1569' AND p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname = 'zdt_down_events_body_text_3aeb01e6' AND p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (pg_catalog.current_schemas(false)))) z (words, role, mending) WHERE NOT (z.role IN (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN (current_user, session_user) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member = ours.role WHERE coalesce((pg_catalog.to_jsonb(m)->>'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m)->>'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = z.role AND r.rolsuper) OR EXISTS (SELECT FROM pg_catalog.pg_class s WHERE s.oid = pg_catalog.to_regclass('events') AND pg_catalog.pg_has_role(z.role, s.relowner, 'USAGE')))$sql$,
  wanted => 'begin to rename "events.body"');

-- add "text" as a twin of "events.body"
-- lock: ACCESS EXCLUSIVE on events, blocks reads and writes
-- skipped when the trigger is there, or all is done
CALL pg_temp.zdt_step(
  purpose => 'add "text" as a twin of "events.body"',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = pg_catalog.to_regclass('events') AND t.tgname = 'zzz_zdt_sync_events_body_text_fb084791') OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'text' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'body' AND NOT a.attisdropped)))$sql$,
  statement => $sql$DO $zdt$
BEGIN
  EXECUTE pg_catalog.format('ALTER TABLE events ADD COLUMN text %s', (SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attcollation <> t.typcollation THEN pg_catalog.format(' COLLATE %I.%I', n.nspname, c.collname) ELSE '' END FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid LEFT JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'body' AND NOT a.attisdropped));
END
$zdt$; DROP FUNCTION IF EXISTS zdt_sync_events_body_text_08680d2d(); CREATE FUNCTION zdt_sync_events_body_text_08680d2d() RETURNS trigger LANGUAGE plpgsql AS $zdt$
BEGIN
  -- Called only for a row that is not in step.
  IF pg_catalog.record_image_eq(ROW(NEW.text), ROW(OLD.text)) THEN NEW.text := NEW.body;
  ELSE NEW.body := NEW.text;
  END IF;
  RETURN NEW;
END
$zdt$; CREATE TRIGGER zzz_zdt_sync_events_body_text_fb084791 BEFORE INSERT OR UPDATE ON events FOR EACH ROW WHEN (NOT (pg_catalog.record_image_eq(ROW(NEW.text), ROW(NEW.body)))) EXECUTE FUNCTION zdt_sync_events_body_text_08680d2d(); ALTER TABLE events ENABLE ALWAYS TRIGGER zzz_zdt_sync_events_body_text_fb084791; ALTER TABLE events ADD CONSTRAINT zdt_sync_events_body_text_08680d2d CHECK (pg_catalog.record_image_eq(ROW(text), ROW(body))) NOT VALID; DO $zdt$
BEGIN
  EXECUTE coalesce((SELECT pg_catalog.string_agg(pg_catalog.format('GRANT %s (text) ON events TO %s%s', privilege, grantee, CASE WHEN grantable THEN ' WITH GRANT OPTION' ELSE '' END), '; ') FROM (SELECT x.privilege_type AS privilege, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::pg_catalog.regrole::text END AS grantee, x.is_grantable AS grantable FROM pg_catalog.pg_attribute a, LATERAL pg_catalog.aclexplode(a.attacl) x WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'body' AND NOT a.attisdropped ORDER BY 2, 1) g), 'SELECT ''no grants''');
END
$zdt$$sql$,
  tables => ARRAY['events'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 'column text' WHERE EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'text' AND NOT a.attisdropped)$sql$, $sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::oid AS oid, NULL::oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level + 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attname = 'body' AND NOT a.attisdropped) SELECT words FROM (SELECT 'it is a generated column, which nobody writes' FROM old WHERE level = 0 AND attgenerated <> '' UNION ALL SELECT pg_catalog.format('the table inherits it from %s', h.inhparent::regclass) FROM old JOIN pg_catalog.pg_inherits h ON h.inhrelid = old.attrelid WHERE level = 0 AND attinhcount > 0 UNION ALL SELECT pg_catalog.format('table %s inherits it; a trigger of the parent does not fire there', attrelid::pg_catalog.regclass) FROM old WHERE level > 0 AND NOT relispartition UNION ALL SELECT pg_catalog.format('it is in the partition key of %s; where a row goes is decided before triggers fire', attrelid::pg_catalog.regclass) FROM old JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = old.attrelid WHERE attnum = ANY (p.partattrs) OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = old.attrelid AND d.objsubid = old.attnum AND d.deptype = 'i' AND d.refobjid = old.attrelid AND d.refobjsubid = 0) UNION ALL SELECT pg_catalog.format('its domain %s is NOT NULL, so code that does not write it would fail before triggers fire', old.type::pg_catalog.regtype) FROM old WHERE level = 0 AND EXISTS (WITH RECURSIVE up AS (SELECT y.oid, y.typnotnull, y.typbasetype FROM pg_catalog.pg_type y WHERE y.oid = old.type AND y.typtype = 'd' UNION ALL SELECT y.oid, y.typnotnull, y.typbasetype FROM up JOIN pg_catalog.pg_type y ON y.oid = up.typbasetype WHERE y.typtype = 'd') SELECT FROM up WHERE up.typnotnull) UNION ALL SELECT pg_catalog.format('its domain %s has constraints; adding another column of it writes the table anew', old.type::pg_catalog.regtype) FROM old WHERE level = 0 AND EXISTS (WITH RECURSIVE up AS (SELECT y.oid, y.typnotnull, y.typbasetype FROM pg_catalog.pg_type y WHERE y.oid = old.type AND y.typtype = 'd' UNION ALL SELECT y.oid, y.typnotnull, y.typbasetype FROM up JOIN pg_catalog.pg_type y ON y.oid = up.typbasetype WHERE y.typtype = 'd') SELECT FROM up WHERE up.typnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.contypid = up.oid)) AND NOT EXISTS (WITH RECURSIVE up AS (SELECT y.oid, y.typnotnull, y.typbasetype FROM pg_catalog.pg_type y WHERE y.oid = old.type AND y.typtype = 'd' UNION ALL SELECT y.oid, y.typnotnull, y.typbasetype FROM up JOIN pg_catalog.pg_type y ON y.oid = up.typbasetype WHERE y.typtype = 'd') SELECT FROM up WHERE up.typnotnull) UNION ALL SELECT pg_catalog.format('trigger %I of %s is for UPDATE OF it, and would not fire when the twin is written', t.tgname, t.tgrelid::pg_catalog.regclass) FROM old JOIN pg_catalog.pg_trigger t ON t.tgrelid = old.attrelid WHERE NOT t.tgisinternal AND old.attnum = ANY (t.tgattr) UNION ALL SELECT pg_catalog.format('it has a twin already, see constraint %I', k.conname) FROM old JOIN pg_catalog.pg_constraint k ON k.conrelid = old.attrelid WHERE level = 0 AND k.conname ~ '^zdt_sync_' AND old.attnum = ANY (k.conkey) UNION ALL SELECT pg_catalog.format('trigger %I of %s would fire after ours, and could change a row that is in step', t.tgname, t.tgrelid::pg_catalog.regclass) FROM old JOIN pg_catalog.pg_trigger t ON t.tgrelid = old.attrelid WHERE NOT t.tgisinternal AND t.tgtype & 3 = 3 AND t.tgname::text COLLATE "C" > 'zzz_zdt_sync_events_body_text_fb084791' COLLATE "C" AND t.tgname !~ '^zzz_zdt_sync_') x (words)$sql$]);

CALL pg_temp.zdt_end();

-- alembic_zdt: fill "events.text"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'fill "events.text"',
  done => 'false',
  wrong => $sql$SELECT z.words, pg_catalog.pg_get_userbyid(z.role)::pg_catalog.text AS owner, z.mending FROM (SELECT pg_catalog.format('trigger %I, which calls %s', g.tgname, f.oid::pg_catalog.regprocedure), f.proowner, pg_catalog.format('DROP TRIGGER %I ON %s', g.tgname, g.tgrelid::pg_catalog.regclass) FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid WHERE g.tgrelid = pg_catalog.to_regclass('events') AND g.tgname = 'zzz_zdt_sync_events_body_text_fb084791' UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname = 'zdt_sync_events_body_text_08680d2d' AND p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname = 'zdt_up_events_body_text_c2ff1569' AND p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname = 'zdt_down_events_body_text_3aeb01e6' AND p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (pg_catalog.current_schemas(false)))) z (words, role, mending) WHERE NOT (z.role IN (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN (current_user, session_user) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member = ours.role WHERE coalesce((pg_catalog.to_jsonb(m)->>'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m)->>'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = z.role AND r.rolsuper) OR EXISTS (SELECT FROM pg_catalog.pg_class s WHERE s.oid = pg_catalog.to_regclass('events') AND pg_catalog.pg_has_role(z.role, s.relowner, 'USAGE')))$sql$,
  wanted => 'fill "events.text"');

CALL pg_temp.zdt_refuse(
  purpose => 'fill "events.text"',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE NOT (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = pg_catalog.to_regclass('events') AND t.tgname = 'zzz_zdt_sync_events_body_text_fb084791') OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'text' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'body' AND NOT a.attisdropped)))$sql$,
  wanted => 'fill "events.text"');

-- backfill "events.text"
-- lock: ROW EXCLUSIVE on events, blocks nothing
-- skipped when every row is proven to have it
DO $zdt$ DECLARE zdt_found record; BEGIN IF pg_catalog.to_regclass('alembic_zdt_backfill') IS NULL THEN CREATE TABLE alembic_zdt_backfill (
  name text PRIMARY KEY,
  revision text,
  definition json NOT NULL,  -- not jsonb, which would sort the columns
  fingerprint text NOT NULL,
  status text NOT NULL CHECK (status IN
    ('queued', 'running', 'paused', 'finished', 'failed', 'cancelled')),
  round int NOT NULL DEFAULT 0,
  error text,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  started_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  finished_at timestamptz
); FOR zdt_found IN SELECT DISTINCT pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END) AS mending FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill') AND g.grantee <> c.relowner LOOP EXECUTE zdt_found.mending; END LOOP; END IF; FOR zdt_found IN SELECT z.* FROM (SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it belongs to %s', pg_catalog.pg_get_userbyid(c.relowner)), pg_catalog.format('ALTER TABLE %s OWNER TO %I', c.oid::pg_catalog.regclass, current_user) FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill') AND NOT (c.relowner IN (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN (current_user, session_user) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member = ours.role WHERE coalesce((pg_catalog.to_jsonb(m)->>'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m)->>'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = c.relowner AND r.rolsuper)) AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.oid = c.relnamespace AND pg_catalog.pg_has_role(c.relowner, n.nspowner, 'USAGE')) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it has row level security'), pg_catalog.format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill') AND c.relrowsecurity UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('trigger %I is on it', t.tgname), pg_catalog.format('DROP TRIGGER %I ON %s', t.tgname, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill') AND NOT t.tgisinternal UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('rule %I is on it', r.rulename), pg_catalog.format('DROP RULE %I ON %s', r.rulename, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill') AND r.rulename <> '_RETURN' UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write it', CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END), pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END) FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill') AND g.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER') AND g.grantee <> c.relowner AND (g.grantee = 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = g.grantee AND r.rolname IN (current_user, session_user)) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write its column %I', CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END, a.attname), pg_catalog.format('REVOKE ALL (%I) ON TABLE %s FROM %s', a.attname, c.oid::pg_catalog.regclass, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid, LATERAL pg_catalog.aclexplode(a.attacl) g WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill') AND g.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER') AND g.grantee <> c.relowner AND (g.grantee = 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = g.grantee AND r.rolname IN (current_user, session_user)) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('role %I may not read it', current_user), pg_catalog.format('GRANT %I TO %I', pg_catalog.pg_get_userbyid(c.relowner), current_user) FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill') AND NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')) z (name, words, mending) LOOP RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = pg_catalog.format('cannot use %s: %s', zdt_found.name, zdt_found.words), HINT = pg_catalog.format('Look at what is in it, then run: %s;', zdt_found.mending); END LOOP; END $zdt$;
DO $zdt$ DECLARE zdt_found record; BEGIN IF pg_catalog.to_regclass('alembic_zdt_backfill_slice') IS NULL THEN CREATE TABLE alembic_zdt_backfill_slice (
  backfill text NOT NULL REFERENCES alembic_zdt_backfill ON DELETE CASCADE,
  number int NOT NULL,
  round int NOT NULL,
  kind text NOT NULL CHECK (kind IN ('pages', 'keys', 'proof')),
  relation oid NOT NULL,
  first_page bigint NOT NULL DEFAULT 0,
  last_page bigint NOT NULL DEFAULT 0,
  cursor jsonb,
  rows_done bigint NOT NULL DEFAULT 0,
  is_done boolean NOT NULL DEFAULT false,
  worker text,
  worker_pid int,
  leased_until timestamptz,
  PRIMARY KEY (backfill, number)
) WITH (fillfactor = 50); FOR zdt_found IN SELECT DISTINCT pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END) AS mending FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND g.grantee <> c.relowner LOOP EXECUTE zdt_found.mending; END LOOP; END IF; FOR zdt_found IN SELECT z.* FROM (SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it belongs to %s', pg_catalog.pg_get_userbyid(c.relowner)), pg_catalog.format('ALTER TABLE %s OWNER TO %I', c.oid::pg_catalog.regclass, current_user) FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND NOT (c.relowner IN (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN (current_user, session_user) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member = ours.role WHERE coalesce((pg_catalog.to_jsonb(m)->>'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m)->>'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = c.relowner AND r.rolsuper)) AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.oid = c.relnamespace AND pg_catalog.pg_has_role(c.relowner, n.nspowner, 'USAGE')) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it has row level security'), pg_catalog.format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND c.relrowsecurity UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('trigger %I is on it', t.tgname), pg_catalog.format('DROP TRIGGER %I ON %s', t.tgname, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND NOT t.tgisinternal UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('rule %I is on it', r.rulename), pg_catalog.format('DROP RULE %I ON %s', r.rulename, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND r.rulename <> '_RETURN' UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write it', CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END), pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END) FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND g.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER') AND g.grantee <> c.relowner AND (g.grantee = 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = g.grantee AND r.rolname IN (current_user, session_user)) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write its column %I', CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END, a.attname), pg_catalog.format('REVOKE ALL (%I) ON TABLE %s FROM %s', a.attname, c.oid::pg_catalog.regclass, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid, LATERAL pg_catalog.aclexplode(a.attacl) g WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND g.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER') AND g.grantee <> c.relowner AND (g.grantee = 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = g.grantee AND r.rolname IN (current_user, session_user)) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('role %I may not read it', current_user), pg_catalog.format('GRANT %I TO %I', pg_catalog.pg_get_userbyid(c.relowner), current_user) FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')) z (name, words, mending) LOOP RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = pg_catalog.format('cannot use %s: %s', zdt_found.name, zdt_found.words), HINT = pg_catalog.format('Look at what is in it, then run: %s;', zdt_found.mending); END LOOP; END $zdt$;
DO $zdt$
#variable_conflict use_column
DECLARE
  zdt_name constant text := 'events.text';
  zdt_fingerprint constant text := '741c9285cf33156a' || ':' || (SELECT pg_catalog.concat_ws(':', attrelid, pg_catalog.string_agg(attnum::text, ',' ORDER BY attnum)) FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass('events') AND attname IN ('text') AND NOT attisdropped GROUP BY attrelid);
  zdt_pending constant text := '(NOT (pg_catalog.record_image_eq(ROW(text), ROW(body))))';
  zdt_known record;
  zdt_slice record;
  zdt_from text;
  zdt_all text;
  zdt_few text;
  zdt_next text;
  zdt_is_indexed boolean;
  zdt_takes_few boolean;
  zdt_place jsonb;
  zdt_end jsonb;
  zdt_size bigint;
  zdt_few_rows int;
  zdt_rows bigint;
  zdt_hot bigint;
  zdt_began timestamptz;
  zdt_slowest interval := '0';
  zdt_first_rows bigint;
  zdt_share float8;
  zdt_tries int := 0;
  zdt_passes int;
  zdt_is_done boolean;
  zdt_left bigint;
BEGIN
  IF (EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid = pg_catalog.to_regclass('events') AND k.conname = 'zdt_sync_events_body_text_08680d2d' AND k.convalidated) OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'text' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'body' AND NOT a.attisdropped))) THEN
    RETURN;
  END IF;
  -- Begin, or go on with what an interrupted run has left.
  SELECT * INTO zdt_known FROM alembic_zdt_backfill WHERE name = zdt_name;
  EXECUTE 'SELECT EXISTS (SELECT FROM ' || 'events AS events' || ' WHERE ' || zdt_pending || ')'
    INTO zdt_is_done;
  IF zdt_known.status = 'finished' AND zdt_known.fingerprint = zdt_fingerprint
    AND NOT zdt_is_done THEN
    RETURN;
  END IF;
  IF zdt_known.status IN ('finished', 'cancelled')
    OR zdt_known.fingerprint <> zdt_fingerprint THEN
    DELETE FROM alembic_zdt_backfill WHERE name = zdt_name;
  END IF;
  INSERT INTO alembic_zdt_backfill (name, definition, fingerprint, status, started_at, round)
    VALUES (zdt_name, '{"table": {"name": "events", "schema": null}, "values": {"text": "body"}, "where": "NOT (pg_catalog.record_image_eq(ROW(text), ROW(body)))", "key": [], "batch_rows": 0, "batch_seconds": 0.1, "max_replica_lag": 10.0, "pause": 0.0, "throttle": "", "verify": true}', zdt_fingerprint, 'running', now(), 1)
    ON CONFLICT (name) DO UPDATE SET status = 'running', error = NULL;
  IF NOT EXISTS (SELECT FROM alembic_zdt_backfill_slice WHERE backfill = zdt_name) THEN
    INSERT INTO alembic_zdt_backfill_slice (backfill, number, round, kind, relation, last_page)
    WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::oid AS oid, NULL::oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level + 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.oid WHERE NOT h.inhdetachpending)
    SELECT zdt_name, pg_catalog.row_number() OVER (ORDER BY c.oid), 1, 'pages', c.oid,
      pg_catalog.pg_relation_size(c.oid)
        / pg_catalog.current_setting('block_size')::int
    FROM pg_catalog.pg_class c WHERE c.relkind = 'r'
      AND c.oid IN (SELECT oid FROM tree);
  END IF;
  LOOP
    COMMIT;
    SELECT * INTO zdt_slice FROM alembic_zdt_backfill_slice
      WHERE backfill = zdt_name AND NOT is_done AND kind <> 'proof'
      ORDER BY number LIMIT 1;

    -- No slice is left: is there any row?  Read in one statement, so in one snapshot.
    IF NOT FOUND THEN
      SELECT round INTO zdt_known FROM alembic_zdt_backfill WHERE name = zdt_name;
      WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::oid AS oid, NULL::oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level + 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.oid WHERE NOT h.inhdetachpending)
      SELECT pg_catalog.string_agg('SELECT ' || c.oid || '::oid AS relation,'
        || ' pg_catalog.count(*) AS rows, (min(ctid)::text::point)[0]::bigint AS first,'
        || ' (max(ctid)::text::point)[0]::bigint + 1 AS last FROM ONLY '
        || c.oid::pg_catalog.regclass || ' AS ' || 'events' || ' WHERE ' || zdt_pending,
        ' UNION ALL ')
      INTO zdt_from
      FROM pg_catalog.pg_class c WHERE c.relkind = 'r'
        AND c.oid IN (SELECT oid FROM tree);
      zdt_left := 0;
      IF true AND zdt_from IS NOT NULL THEN
        EXECUTE 'SELECT coalesce(sum(rows), 0) FROM (' || zdt_from || ') x'
          INTO zdt_left;
      END IF;
      EXIT WHEN zdt_left = 0;
      IF zdt_known.round >= 6 THEN
        RAISE EXCEPTION 'backfill "%" leaves % rows', zdt_name, zdt_left USING
          DETAIL = 'They still fulfil ' || zdt_pending
            || ': something writes such rows all the time, or the update does not '
            'make it false.',
          HINT = 'Let new rows be written as they should be, then run this again.';
      END IF;
      EXECUTE 'INSERT INTO ' || 'alembic_zdt_backfill_slice' || ' (backfill, number, round, kind,'
        ' relation, first_page, last_page) SELECT $1, (SELECT max(number) FROM '
        || 'alembic_zdt_backfill_slice' || ' WHERE backfill = $1) + row_number() OVER (), $2, $3,'
        ' relation, first, last FROM (' || zdt_from || ') x WHERE rows > 0'
        USING zdt_name, zdt_known.round + 1, 'pages';
      UPDATE alembic_zdt_backfill SET round = round + 1 WHERE name = zdt_name;
      CONTINUE;
    END IF;

    -- One slice, batch after batch.
    zdt_from := zdt_slice.relation::pg_catalog.regclass::text;
    zdt_all := pg_catalog.replace('UPDATE ONLY <table> AS events SET text = body WHERE events.ctid >= (''('' || ($1->>''page'')::bigint || '',0)'')::tid AND events.ctid < (''('' || ($2->>''page'')::bigint || '',0)'')::tid AND (NOT (pg_catalog.record_image_eq(ROW(text), ROW(body))))', '<table>', zdt_from);
    zdt_few := pg_catalog.replace('UPDATE ONLY <table> AS events SET text = body WHERE events.ctid = ANY (ARRAY(SELECT few.tid FROM (SELECT (''('' || page || '',0)'')::tid AS first, (''('' || page + 1 || '',0)'')::tid AS behind FROM pg_catalog.generate_series(($1->>''page'')::bigint, ($2->>''page'')::bigint - 1) AS page OFFSET 0) AS pages, LATERAL (SELECT events.ctid AS tid FROM ONLY <table> AS events WHERE events.ctid >= pages.first AND events.ctid < pages.behind AND (NOT (pg_catalog.record_image_eq(ROW(text), ROW(body)))) LIMIT $3) AS few)) AND (NOT (pg_catalog.record_image_eq(ROW(text), ROW(body))))', '<table>', zdt_from);
    zdt_next := pg_catalog.replace('SELECT NULL::jsonb', '<table>', zdt_from);
    zdt_is_indexed := 'pages' <> 'pages' OR (EXISTS (SELECT DISTINCT x.relname::text FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = x.relam JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid WHERE i.indrelid = zdt_slice.relation AND a.attname IN ('text') AND (a.attnum = ANY (i.indkey) OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum)) AND (m.amname <> 'brin' OR pg_catalog.current_setting('server_version_num')::int < 160000) ORDER BY 1));
    zdt_takes_few := NOT zdt_is_indexed;
    zdt_passes := 0;
    zdt_place := coalesce(zdt_slice.cursor,
      CASE 'pages' WHEN 'pages' THEN
        pg_catalog.jsonb_build_object('page', zdt_slice.first_page) ELSE '{}' END);
    zdt_size := coalesce(zdt_size, 16);
    zdt_few_rows := (SELECT greatest(2, pg_catalog.round(
        (reltuples / nullif(relpages, 0) / 12)::numeric))
      FROM pg_catalog.pg_class WHERE oid = zdt_slice.relation);
    zdt_is_done := zdt_slice.kind = 'pages' AND zdt_slice.last_page = 0;
    WHILE NOT zdt_is_done LOOP
      COMMIT;
      PERFORM pg_catalog.set_config('lock_timeout', '50ms', true),
        pg_catalog.set_config('row_security', 'off', true);
      IF zdt_slice.kind = 'pages' THEN
        zdt_end := pg_catalog.jsonb_build_object('page',
          least((zdt_place->>'page')::bigint + zdt_size, zdt_slice.last_page));
      ELSE
        EXECUTE zdt_next INTO zdt_end USING zdt_place, zdt_size;
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
        zdt_tries := zdt_tries + 1;
        IF zdt_tries * interval '0.1 s' > interval '300 s' THEN
          RAISE;
        END IF;
      END;
      IF zdt_tries > 0 THEN
        COMMIT;
        zdt_size := greatest(1, zdt_size / 2);
        PERFORM pg_catalog.pg_sleep(0.05 + 0.1 * pg_catalog.random());
        CONTINUE;
      END IF;
      zdt_share := (pg_catalog.pg_stat_get_xact_tuples_hot_updated(zdt_slice.relation)
        - zdt_hot) / greatest(zdt_rows, 1)::float8;
      zdt_slowest := greatest(zdt_slowest, pg_catalog.clock_timestamp() - zdt_began);
      IF zdt_takes_few THEN
        -- All that few rows at once can do is to stay on their pages.
        zdt_passes := zdt_passes + 1;
        IF zdt_passes = 1 THEN
          zdt_first_rows := zdt_rows;
        ELSIF zdt_rows > 0 AND zdt_share < 0.5 THEN
          zdt_is_indexed := true;
        END IF;
        zdt_takes_few := NOT zdt_is_indexed AND zdt_rows * 2 > zdt_first_rows
          AND zdt_passes < 300;
        UPDATE alembic_zdt_backfill_slice SET rows_done = rows_done + zdt_rows
          WHERE backfill = zdt_name AND number = zdt_slice.number;
      ELSE
        zdt_place := zdt_end;
        zdt_is_done := zdt_end IS NULL
          OR (zdt_end->>'page')::bigint >= zdt_slice.last_page;
        UPDATE alembic_zdt_backfill_slice SET rows_done = rows_done + zdt_rows, cursor = zdt_end,
            is_done = zdt_is_done
          WHERE backfill = zdt_name AND number = zdt_slice.number;
        zdt_takes_few := NOT zdt_is_indexed;
        zdt_passes := 0;
        IF true THEN
          zdt_size := least(1024, greatest(1, zdt_size * least(2, greatest(0.25,
            0.1 / greatest(0.001, extract(epoch FROM zdt_slowest)::float8)))));
        END IF;
        zdt_slowest := '0';
      END IF;
      COMMIT;
      PERFORM pg_catalog.pg_sleep(0.0);
      WHILE 10.0 > 0 AND (SELECT max(replay_lag) FROM pg_catalog.pg_stat_replication)
        > 10.0 * interval '1 s' LOOP
        COMMIT;
        PERFORM pg_catalog.pg_sleep(0.2);
      END LOOP;
    END LOOP;
    UPDATE alembic_zdt_backfill_slice SET is_done = true
      WHERE backfill = zdt_name AND number = zdt_slice.number;
  END LOOP;
  UPDATE alembic_zdt_backfill SET status = 'finished', finished_at = now(), updated_at = now()
    WHERE name = zdt_name;
END
$zdt$;
DO $zdt$ BEGIN IF NOT ((EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid = pg_catalog.to_regclass('events') AND k.conname = 'zdt_sync_events_body_text_08680d2d' AND k.convalidated) OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'text' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'body' AND NOT a.attisdropped)))) THEN ANALYZE events (text); END IF; END $zdt$;

-- validate constraint "zdt_sync_events_body_text_08680d2d" on "events"
-- lock: SHARE UPDATE EXCLUSIVE on events, blocks other schema changes
-- scan: events
-- skipped when constraint "zdt_sync_events_body_text_08680d2d" is validated there
SELECT 'ALTER TABLE events VALIDATE CONSTRAINT zdt_sync_events_body_text_08680d2d'
WHERE NOT (EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid = pg_catalog.to_regclass('events') AND k.conname = 'zdt_sync_events_body_text_08680d2d' AND k.convalidated) OR (EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid = pg_catalog.to_regclass('events') AND k.conname = 'zdt_sync_events_body_text_08680d2d' AND k.convalidated) OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'text' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'body' AND NOT a.attisdropped))))
\gexec

CALL pg_temp.zdt_end();

-- alembic_zdt: keep "events.text" alone
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'keep "events.text" alone',
  done => 'false',
  wrong => $sql$SELECT z.words, pg_catalog.pg_get_userbyid(z.role)::pg_catalog.text AS owner, z.mending FROM (SELECT pg_catalog.format('trigger %I, which calls %s', g.tgname, f.oid::pg_catalog.regprocedure), f.proowner, pg_catalog.format('DROP TRIGGER %I ON %s', g.tgname, g.tgrelid::pg_catalog.regclass) FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid WHERE g.tgrelid = pg_catalog.to_regclass('events') AND g.tgname = 'zzz_zdt_sync_events_body_text_fb084791' UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname = 'zdt_sync_events_body_text_08680d2d' AND p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname = 'zdt_up_events_body_text_c2ff1569' AND p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname = 'zdt_down_events_body_text_3aeb01e6' AND p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (pg_catalog.current_schemas(false)))) z (words, role, mending) WHERE NOT (z.role IN (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN (current_user, session_user) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member = ours.role WHERE coalesce((pg_catalog.to_jsonb(m)->>'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m)->>'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = z.role AND r.rolsuper) OR EXISTS (SELECT FROM pg_catalog.pg_class s WHERE s.oid = pg_catalog.to_regclass('events') AND pg_catalog.pg_has_role(z.role, s.relowner, 'USAGE')))$sql$,
  wanted => 'keep "events.text" alone');

CALL pg_temp.zdt_refuse(
  purpose => 'keep "events.text" alone',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE NOT (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = pg_catalog.to_regclass('events') AND t.tgname = 'zzz_zdt_sync_events_body_text_fb084791') OR EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = pg_catalog.to_regclass('events') AND t.tgname = 'zzz_zdt_sync_events_text_body_6a1cccda') OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'text' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'body' AND NOT a.attisdropped)))$sql$,
  wanted => 'keep "events.text" alone');

-- rename "events.body" to "text", whose place it takes
-- lock: ACCESS EXCLUSIVE on events, blocks reads and writes
-- skipped when no window from "body" to "text" is open
CALL pg_temp.zdt_step(
  purpose => 'rename "events.body" to "text", whose place it takes',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = pg_catalog.to_regclass('events') AND t.tgname = 'zzz_zdt_sync_events_body_text_fb084791'))$sql$,
  statement => 'DROP TRIGGER zzz_zdt_sync_events_body_text_fb084791 ON events; ALTER TABLE events DROP CONSTRAINT zdt_sync_events_body_text_08680d2d; DROP FUNCTION IF EXISTS zdt_sync_events_body_text_08680d2d; ALTER TABLE events DROP COLUMN text; ALTER TABLE events RENAME COLUMN body TO text',
  tables => ARRAY['events'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 'a row that is not proven to have it, maybe' WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid = pg_catalog.to_regclass('events') AND k.conname = 'zdt_sync_events_body_text_08680d2d' AND k.convalidated)$sql$, $sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::oid AS oid, NULL::oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level + 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attname = 'text' AND NOT a.attisdropped) SELECT words FROM (SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM old JOIN pg_catalog.pg_depend d ON d.refobjid = old.attrelid AND d.refobjsubid = old.attnum AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_constraint k ON k.oid = d.objid AND d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_trigger t ON t.oid = d.objid AND d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_class i ON i.oid = d.objid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass CROSS JOIN LATERAL (SELECT coalesce(k.conname, t.tgname, i.relname, '')::text AS name) o WHERE o.name <> ALL (ARRAY['zdt_sync_events_body_text_08680d2d', 'zzz_zdt_sync_events_body_text_fb084791']::text[]) AND NOT false AND NOT (level > 0 AND (coalesce(k.conparentid <> 0 OR k.coninhcount > 0, false) OR coalesce(t.tgparentid <> 0, false) OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = i.oid))) AND o.name !~ '^zdt_copy_' AND k.contype IS DISTINCT FROM 'n') x (words)$sql$]);

-- drop "body", the twin of "events.text"
-- lock: ACCESS EXCLUSIVE on events, blocks reads and writes
-- skipped when no window from "text" to "body" is open
CALL pg_temp.zdt_step(
  purpose => 'drop "body", the twin of "events.text"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = pg_catalog.to_regclass('events') AND t.tgname = 'zzz_zdt_sync_events_text_body_6a1cccda'))$sql$,
  statement => 'DROP TRIGGER zzz_zdt_sync_events_text_body_6a1cccda ON events; ALTER TABLE events DROP CONSTRAINT zdt_sync_events_text_body_5d1dba2e; DROP FUNCTION IF EXISTS zdt_sync_events_text_body_5d1dba2e; ALTER TABLE events DROP COLUMN body',
  tables => ARRAY['events'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::oid AS oid, NULL::oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level + 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attname = 'body' AND NOT a.attisdropped) SELECT words FROM (SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM old JOIN pg_catalog.pg_depend d ON d.refobjid = old.attrelid AND d.refobjsubid = old.attnum AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_constraint k ON k.oid = d.objid AND d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_trigger t ON t.oid = d.objid AND d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_class i ON i.oid = d.objid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass CROSS JOIN LATERAL (SELECT coalesce(k.conname, t.tgname, i.relname, '')::text AS name) o WHERE o.name <> ALL (ARRAY['zdt_sync_events_text_body_5d1dba2e', 'zzz_zdt_sync_events_text_body_6a1cccda']::text[]) AND NOT false AND NOT (level > 0 AND (coalesce(k.conparentid <> 0 OR k.coninhcount > 0, false) OR coalesce(t.tgparentid <> 0, false) OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = i.oid))) AND o.name !~ '^zdt_copy_' AND k.contype IS DISTINCT FROM 'n') x (words)$sql$]);

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: begin to rename "events.text"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'begin to rename "events.text"',
  done => 'false',
  wrong => $sql$SELECT z.words, pg_catalog.pg_get_userbyid(z.role)::pg_catalog.text AS owner, z.mending FROM (SELECT pg_catalog.format('trigger %I, which calls %s', g.tgname, f.oid::pg_catalog.regprocedure), f.proowner, pg_catalog.format('DROP TRIGGER %I ON %s', g.tgname, g.tgrelid::pg_catalog.regclass) FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid WHERE g.tgrelid = pg_catalog.to_regclass('events') AND g.tgname = 'zzz_zdt_sync_events_text_body_6a1cccda' UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname = 'zdt_sync_events_text_body_5d1dba2e' AND p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname = 'zdt_up_events_text_body_a56c8600' AND p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname = 'zdt_down_events_text_body_7980774a' AND p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (pg_catalog.current_schemas(false)))) z (words, role, mending) WHERE NOT (z.role IN (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN (current_user, session_user) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member = ours.role WHERE coalesce((pg_catalog.to_jsonb(m)->>'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m)->>'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = z.role AND r.rolsuper) OR EXISTS (SELECT FROM pg_catalog.pg_class s WHERE s.oid = pg_catalog.to_regclass('events') AND pg_catalog.pg_has_role(z.role, s.relowner, 'USAGE')))$sql$,
  wanted => 'begin to rename "events.text"');

-- add "body" as a twin of "events.text"
-- lock: ACCESS EXCLUSIVE on events, blocks reads and writes
-- skipped when the trigger is there, or all is done
CALL pg_temp.zdt_step(
  purpose => 'add "body" as a twin of "events.text"',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = pg_catalog.to_regclass('events') AND t.tgname = 'zzz_zdt_sync_events_text_body_6a1cccda') OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'body' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'text' AND NOT a.attisdropped)))$sql$,
  statement => $sql$DO $zdt$
BEGIN
  EXECUTE pg_catalog.format('ALTER TABLE events ADD COLUMN body %s', (SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attcollation <> t.typcollation THEN pg_catalog.format(' COLLATE %I.%I', n.nspname, c.collname) ELSE '' END FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid LEFT JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'text' AND NOT a.attisdropped));
END
$zdt$; DROP FUNCTION IF EXISTS zdt_sync_events_text_body_5d1dba2e(); CREATE FUNCTION zdt_sync_events_text_body_5d1dba2e() RETURNS trigger LANGUAGE plpgsql AS $zdt$
BEGIN
  -- Called only for a row that is not in step.
  IF pg_catalog.record_image_eq(ROW(NEW.body), ROW(OLD.body)) THEN NEW.body := NEW.text;
  ELSE NEW.text := NEW.body;
  END IF;
  RETURN NEW;
END
$zdt$; CREATE TRIGGER zzz_zdt_sync_events_text_body_6a1cccda BEFORE INSERT OR UPDATE ON events FOR EACH ROW WHEN (NOT (pg_catalog.record_image_eq(ROW(NEW.body), ROW(NEW.text)))) EXECUTE FUNCTION zdt_sync_events_text_body_5d1dba2e(); ALTER TABLE events ENABLE ALWAYS TRIGGER zzz_zdt_sync_events_text_body_6a1cccda; ALTER TABLE events ADD CONSTRAINT zdt_sync_events_text_body_5d1dba2e CHECK (pg_catalog.record_image_eq(ROW(body), ROW(text))) NOT VALID; DO $zdt$
BEGIN
  EXECUTE coalesce((SELECT pg_catalog.string_agg(pg_catalog.format('GRANT %s (body) ON events TO %s%s', privilege, grantee, CASE WHEN grantable THEN ' WITH GRANT OPTION' ELSE '' END), '; ') FROM (SELECT x.privilege_type AS privilege, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::pg_catalog.regrole::text END AS grantee, x.is_grantable AS grantable FROM pg_catalog.pg_attribute a, LATERAL pg_catalog.aclexplode(a.attacl) x WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'text' AND NOT a.attisdropped ORDER BY 2, 1) g), 'SELECT ''no grants''');
END
$zdt$$sql$,
  tables => ARRAY['events'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 'column body' WHERE EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'body' AND NOT a.attisdropped)$sql$, $sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::oid AS oid, NULL::oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level + 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attname = 'text' AND NOT a.attisdropped) SELECT words FROM (SELECT 'it is a generated column, which nobody writes' FROM old WHERE level = 0 AND attgenerated <> '' UNION ALL SELECT pg_catalog.format('the table inherits it from %s', h.inhparent::regclass) FROM old JOIN pg_catalog.pg_inherits h ON h.inhrelid = old.attrelid WHERE level = 0 AND attinhcount > 0 UNION ALL SELECT pg_catalog.format('table %s inherits it; a trigger of the parent does not fire there', attrelid::pg_catalog.regclass) FROM old WHERE level > 0 AND NOT relispartition UNION ALL SELECT pg_catalog.format('it is in the partition key of %s; where a row goes is decided before triggers fire', attrelid::pg_catalog.regclass) FROM old JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = old.attrelid WHERE attnum = ANY (p.partattrs) OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = old.attrelid AND d.objsubid = old.attnum AND d.deptype = 'i' AND d.refobjid = old.attrelid AND d.refobjsubid = 0) UNION ALL SELECT pg_catalog.format('its domain %s is NOT NULL, so code that does not write it would fail before triggers fire', old.type::pg_catalog.regtype) FROM old WHERE level = 0 AND EXISTS (WITH RECURSIVE up AS (SELECT y.oid, y.typnotnull, y.typbasetype FROM pg_catalog.pg_type y WHERE y.oid = old.type AND y.typtype = 'd' UNION ALL SELECT y.oid, y.typnotnull, y.typbasetype FROM up JOIN pg_catalog.pg_type y ON y.oid = up.typbasetype WHERE y.typtype = 'd') SELECT FROM up WHERE up.typnotnull) UNION ALL SELECT pg_catalog.format('its domain %s has constraints; adding another column of it writes the table anew', old.type::pg_catalog.regtype) FROM old WHERE level = 0 AND EXISTS (WITH RECURSIVE up AS (SELECT y.oid, y.typnotnull, y.typbasetype FROM pg_catalog.pg_type y WHERE y.oid = old.type AND y.typtype = 'd' UNION ALL SELECT y.oid, y.typnotnull, y.typbasetype FROM up JOIN pg_catalog.pg_type y ON y.oid = up.typbasetype WHERE y.typtype = 'd') SELECT FROM up WHERE up.typnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.contypid = up.oid)) AND NOT EXISTS (WITH RECURSIVE up AS (SELECT y.oid, y.typnotnull, y.typbasetype FROM pg_catalog.pg_type y WHERE y.oid = old.type AND y.typtype = 'd' UNION ALL SELECT y.oid, y.typnotnull, y.typbasetype FROM up JOIN pg_catalog.pg_type y ON y.oid = up.typbasetype WHERE y.typtype = 'd') SELECT FROM up WHERE up.typnotnull) UNION ALL SELECT pg_catalog.format('trigger %I of %s is for UPDATE OF it, and would not fire when the twin is written', t.tgname, t.tgrelid::pg_catalog.regclass) FROM old JOIN pg_catalog.pg_trigger t ON t.tgrelid = old.attrelid WHERE NOT t.tgisinternal AND old.attnum = ANY (t.tgattr) UNION ALL SELECT pg_catalog.format('it has a twin already, see constraint %I', k.conname) FROM old JOIN pg_catalog.pg_constraint k ON k.conrelid = old.attrelid WHERE level = 0 AND k.conname ~ '^zdt_sync_' AND old.attnum = ANY (k.conkey) UNION ALL SELECT pg_catalog.format('trigger %I of %s would fire after ours, and could change a row that is in step', t.tgname, t.tgrelid::pg_catalog.regclass) FROM old JOIN pg_catalog.pg_trigger t ON t.tgrelid = old.attrelid WHERE NOT t.tgisinternal AND t.tgtype & 3 = 3 AND t.tgname::text COLLATE "C" > 'zzz_zdt_sync_events_text_body_6a1cccda' COLLATE "C" AND t.tgname !~ '^zzz_zdt_sync_') x (words)$sql$]);

CALL pg_temp.zdt_end();

-- alembic_zdt: fill "events.body"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'fill "events.body"',
  done => 'false',
  wrong => $sql$SELECT z.words, pg_catalog.pg_get_userbyid(z.role)::pg_catalog.text AS owner, z.mending FROM (SELECT pg_catalog.format('trigger %I, which calls %s', g.tgname, f.oid::pg_catalog.regprocedure), f.proowner, pg_catalog.format('DROP TRIGGER %I ON %s', g.tgname, g.tgrelid::pg_catalog.regclass) FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid WHERE g.tgrelid = pg_catalog.to_regclass('events') AND g.tgname = 'zzz_zdt_sync_events_text_body_6a1cccda' UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname = 'zdt_sync_events_text_body_5d1dba2e' AND p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname = 'zdt_up_events_text_body_a56c8600' AND p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname = 'zdt_down_events_text_body_7980774a' AND p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (pg_catalog.current_schemas(false)))) z (words, role, mending) WHERE NOT (z.role IN (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN (current_user, session_user) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member = ours.role WHERE coalesce((pg_catalog.to_jsonb(m)->>'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m)->>'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = z.role AND r.rolsuper) OR EXISTS (SELECT FROM pg_catalog.pg_class s WHERE s.oid = pg_catalog.to_regclass('events') AND pg_catalog.pg_has_role(z.role, s.relowner, 'USAGE')))$sql$,
  wanted => 'fill "events.body"');

CALL pg_temp.zdt_refuse(
  purpose => 'fill "events.body"',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE NOT (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = pg_catalog.to_regclass('events') AND t.tgname = 'zzz_zdt_sync_events_text_body_6a1cccda') OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'body' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'text' AND NOT a.attisdropped)))$sql$,
  wanted => 'fill "events.body"');

-- backfill "events.body"
-- lock: ROW EXCLUSIVE on events, blocks nothing
-- skipped when every row is proven to have it
DO $zdt$ DECLARE zdt_found record; BEGIN IF pg_catalog.to_regclass('alembic_zdt_backfill') IS NULL THEN CREATE TABLE alembic_zdt_backfill (
  name text PRIMARY KEY,
  revision text,
  definition json NOT NULL,  -- not jsonb, which would sort the columns
  fingerprint text NOT NULL,
  status text NOT NULL CHECK (status IN
    ('queued', 'running', 'paused', 'finished', 'failed', 'cancelled')),
  round int NOT NULL DEFAULT 0,
  error text,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  started_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  finished_at timestamptz
); FOR zdt_found IN SELECT DISTINCT pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END) AS mending FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill') AND g.grantee <> c.relowner LOOP EXECUTE zdt_found.mending; END LOOP; END IF; FOR zdt_found IN SELECT z.* FROM (SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it belongs to %s', pg_catalog.pg_get_userbyid(c.relowner)), pg_catalog.format('ALTER TABLE %s OWNER TO %I', c.oid::pg_catalog.regclass, current_user) FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill') AND NOT (c.relowner IN (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN (current_user, session_user) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member = ours.role WHERE coalesce((pg_catalog.to_jsonb(m)->>'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m)->>'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = c.relowner AND r.rolsuper)) AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.oid = c.relnamespace AND pg_catalog.pg_has_role(c.relowner, n.nspowner, 'USAGE')) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it has row level security'), pg_catalog.format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill') AND c.relrowsecurity UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('trigger %I is on it', t.tgname), pg_catalog.format('DROP TRIGGER %I ON %s', t.tgname, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill') AND NOT t.tgisinternal UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('rule %I is on it', r.rulename), pg_catalog.format('DROP RULE %I ON %s', r.rulename, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill') AND r.rulename <> '_RETURN' UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write it', CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END), pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END) FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill') AND g.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER') AND g.grantee <> c.relowner AND (g.grantee = 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = g.grantee AND r.rolname IN (current_user, session_user)) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write its column %I', CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END, a.attname), pg_catalog.format('REVOKE ALL (%I) ON TABLE %s FROM %s', a.attname, c.oid::pg_catalog.regclass, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid, LATERAL pg_catalog.aclexplode(a.attacl) g WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill') AND g.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER') AND g.grantee <> c.relowner AND (g.grantee = 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = g.grantee AND r.rolname IN (current_user, session_user)) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('role %I may not read it', current_user), pg_catalog.format('GRANT %I TO %I', pg_catalog.pg_get_userbyid(c.relowner), current_user) FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill') AND NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')) z (name, words, mending) LOOP RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = pg_catalog.format('cannot use %s: %s', zdt_found.name, zdt_found.words), HINT = pg_catalog.format('Look at what is in it, then run: %s;', zdt_found.mending); END LOOP; END $zdt$;
DO $zdt$ DECLARE zdt_found record; BEGIN IF pg_catalog.to_regclass('alembic_zdt_backfill_slice') IS NULL THEN CREATE TABLE alembic_zdt_backfill_slice (
  backfill text NOT NULL REFERENCES alembic_zdt_backfill ON DELETE CASCADE,
  number int NOT NULL,
  round int NOT NULL,
  kind text NOT NULL CHECK (kind IN ('pages', 'keys', 'proof')),
  relation oid NOT NULL,
  first_page bigint NOT NULL DEFAULT 0,
  last_page bigint NOT NULL DEFAULT 0,
  cursor jsonb,
  rows_done bigint NOT NULL DEFAULT 0,
  is_done boolean NOT NULL DEFAULT false,
  worker text,
  worker_pid int,
  leased_until timestamptz,
  PRIMARY KEY (backfill, number)
) WITH (fillfactor = 50); FOR zdt_found IN SELECT DISTINCT pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END) AS mending FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND g.grantee <> c.relowner LOOP EXECUTE zdt_found.mending; END LOOP; END IF; FOR zdt_found IN SELECT z.* FROM (SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it belongs to %s', pg_catalog.pg_get_userbyid(c.relowner)), pg_catalog.format('ALTER TABLE %s OWNER TO %I', c.oid::pg_catalog.regclass, current_user) FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND NOT (c.relowner IN (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN (current_user, session_user) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member = ours.role WHERE coalesce((pg_catalog.to_jsonb(m)->>'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m)->>'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = c.relowner AND r.rolsuper)) AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.oid = c.relnamespace AND pg_catalog.pg_has_role(c.relowner, n.nspowner, 'USAGE')) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it has row level security'), pg_catalog.format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND c.relrowsecurity UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('trigger %I is on it', t.tgname), pg_catalog.format('DROP TRIGGER %I ON %s', t.tgname, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND NOT t.tgisinternal UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('rule %I is on it', r.rulename), pg_catalog.format('DROP RULE %I ON %s', r.rulename, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND r.rulename <> '_RETURN' UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write it', CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END), pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END) FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND g.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER') AND g.grantee <> c.relowner AND (g.grantee = 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = g.grantee AND r.rolname IN (current_user, session_user)) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write its column %I', CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END, a.attname), pg_catalog.format('REVOKE ALL (%I) ON TABLE %s FROM %s', a.attname, c.oid::pg_catalog.regclass, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid, LATERAL pg_catalog.aclexplode(a.attacl) g WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND g.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER') AND g.grantee <> c.relowner AND (g.grantee = 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = g.grantee AND r.rolname IN (current_user, session_user)) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('role %I may not read it', current_user), pg_catalog.format('GRANT %I TO %I', pg_catalog.pg_get_userbyid(c.relowner), current_user) FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')) z (name, words, mending) LOOP RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = pg_catalog.format('cannot use %s: %s', zdt_found.name, zdt_found.words), HINT = pg_catalog.format('Look at what is in it, then run: %s;', zdt_found.mending); END LOOP; END $zdt$;
DO $zdt$
#variable_conflict use_column
DECLARE
  zdt_name constant text := 'events.body';
  zdt_fingerprint constant text := '4b6931c33268bb5c' || ':' || (SELECT pg_catalog.concat_ws(':', attrelid, pg_catalog.string_agg(attnum::text, ',' ORDER BY attnum)) FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass('events') AND attname IN ('body') AND NOT attisdropped GROUP BY attrelid);
  zdt_pending constant text := '(NOT (pg_catalog.record_image_eq(ROW(body), ROW(text))))';
  zdt_known record;
  zdt_slice record;
  zdt_from text;
  zdt_all text;
  zdt_few text;
  zdt_next text;
  zdt_is_indexed boolean;
  zdt_takes_few boolean;
  zdt_place jsonb;
  zdt_end jsonb;
  zdt_size bigint;
  zdt_few_rows int;
  zdt_rows bigint;
  zdt_hot bigint;
  zdt_began timestamptz;
  zdt_slowest interval := '0';
  zdt_first_rows bigint;
  zdt_share float8;
  zdt_tries int := 0;
  zdt_passes int;
  zdt_is_done boolean;
  zdt_left bigint;
BEGIN
  IF (EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid = pg_catalog.to_regclass('events') AND k.conname = 'zdt_sync_events_text_body_5d1dba2e' AND k.convalidated) OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'body' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'text' AND NOT a.attisdropped))) THEN
    RETURN;
  END IF;
  -- Begin, or go on with what an interrupted run has left.
  SELECT * INTO zdt_known FROM alembic_zdt_backfill WHERE name = zdt_name;
  EXECUTE 'SELECT EXISTS (SELECT FROM ' || 'events AS events' || ' WHERE ' || zdt_pending || ')'
    INTO zdt_is_done;
  IF zdt_known.status = 'finished' AND zdt_known.fingerprint = zdt_fingerprint
    AND NOT zdt_is_done THEN
    RETURN;
  END IF;
  IF zdt_known.status IN ('finished', 'cancelled')
    OR zdt_known.fingerprint <> zdt_fingerprint THEN
    DELETE FROM alembic_zdt_backfill WHERE name = zdt_name;
  END IF;
  INSERT INTO alembic_zdt_backfill (name, definition, fingerprint, status, started_at, round)
    VALUES (zdt_name, '{"table": {"name": "events", "schema": null}, "values": {"body": "text"}, "where": "NOT (pg_catalog.record_image_eq(ROW(body), ROW(text)))", "key": [], "batch_rows": 0, "batch_seconds": 0.1, "max_replica_lag": 10.0, "pause": 0.0, "throttle": "", "verify": true}', zdt_fingerprint, 'running', now(), 1)
    ON CONFLICT (name) DO UPDATE SET status = 'running', error = NULL;
  IF NOT EXISTS (SELECT FROM alembic_zdt_backfill_slice WHERE backfill = zdt_name) THEN
    INSERT INTO alembic_zdt_backfill_slice (backfill, number, round, kind, relation, last_page)
    WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::oid AS oid, NULL::oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level + 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.oid WHERE NOT h.inhdetachpending)
    SELECT zdt_name, pg_catalog.row_number() OVER (ORDER BY c.oid), 1, 'pages', c.oid,
      pg_catalog.pg_relation_size(c.oid)
        / pg_catalog.current_setting('block_size')::int
    FROM pg_catalog.pg_class c WHERE c.relkind = 'r'
      AND c.oid IN (SELECT oid FROM tree);
  END IF;
  LOOP
    COMMIT;
    SELECT * INTO zdt_slice FROM alembic_zdt_backfill_slice
      WHERE backfill = zdt_name AND NOT is_done AND kind <> 'proof'
      ORDER BY number LIMIT 1;

    -- No slice is left: is there any row?  Read in one statement, so in one snapshot.
    IF NOT FOUND THEN
      SELECT round INTO zdt_known FROM alembic_zdt_backfill WHERE name = zdt_name;
      WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::oid AS oid, NULL::oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level + 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.oid WHERE NOT h.inhdetachpending)
      SELECT pg_catalog.string_agg('SELECT ' || c.oid || '::oid AS relation,'
        || ' pg_catalog.count(*) AS rows, (min(ctid)::text::point)[0]::bigint AS first,'
        || ' (max(ctid)::text::point)[0]::bigint + 1 AS last FROM ONLY '
        || c.oid::pg_catalog.regclass || ' AS ' || 'events' || ' WHERE ' || zdt_pending,
        ' UNION ALL ')
      INTO zdt_from
      FROM pg_catalog.pg_class c WHERE c.relkind = 'r'
        AND c.oid IN (SELECT oid FROM tree);
      zdt_left := 0;
      IF true AND zdt_from IS NOT NULL THEN
        EXECUTE 'SELECT coalesce(sum(rows), 0) FROM (' || zdt_from || ') x'
          INTO zdt_left;
      END IF;
      EXIT WHEN zdt_left = 0;
      IF zdt_known.round >= 6 THEN
        RAISE EXCEPTION 'backfill "%" leaves % rows', zdt_name, zdt_left USING
          DETAIL = 'They still fulfil ' || zdt_pending
            || ': something writes such rows all the time, or the update does not '
            'make it false.',
          HINT = 'Let new rows be written as they should be, then run this again.';
      END IF;
      EXECUTE 'INSERT INTO ' || 'alembic_zdt_backfill_slice' || ' (backfill, number, round, kind,'
        ' relation, first_page, last_page) SELECT $1, (SELECT max(number) FROM '
        || 'alembic_zdt_backfill_slice' || ' WHERE backfill = $1) + row_number() OVER (), $2, $3,'
        ' relation, first, last FROM (' || zdt_from || ') x WHERE rows > 0'
        USING zdt_name, zdt_known.round + 1, 'pages';
      UPDATE alembic_zdt_backfill SET round = round + 1 WHERE name = zdt_name;
      CONTINUE;
    END IF;

    -- One slice, batch after batch.
    zdt_from := zdt_slice.relation::pg_catalog.regclass::text;
    zdt_all := pg_catalog.replace('UPDATE ONLY <table> AS events SET body = text WHERE events.ctid >= (''('' || ($1->>''page'')::bigint || '',0)'')::tid AND events.ctid < (''('' || ($2->>''page'')::bigint || '',0)'')::tid AND (NOT (pg_catalog.record_image_eq(ROW(body), ROW(text))))', '<table>', zdt_from);
    zdt_few := pg_catalog.replace('UPDATE ONLY <table> AS events SET body = text WHERE events.ctid = ANY (ARRAY(SELECT few.tid FROM (SELECT (''('' || page || '',0)'')::tid AS first, (''('' || page + 1 || '',0)'')::tid AS behind FROM pg_catalog.generate_series(($1->>''page'')::bigint, ($2->>''page'')::bigint - 1) AS page OFFSET 0) AS pages, LATERAL (SELECT events.ctid AS tid FROM ONLY <table> AS events WHERE events.ctid >= pages.first AND events.ctid < pages.behind AND (NOT (pg_catalog.record_image_eq(ROW(body), ROW(text)))) LIMIT $3) AS few)) AND (NOT (pg_catalog.record_image_eq(ROW(body), ROW(text))))', '<table>', zdt_from);
    zdt_next := pg_catalog.replace('SELECT NULL::jsonb', '<table>', zdt_from);
    zdt_is_indexed := 'pages' <> 'pages' OR (EXISTS (SELECT DISTINCT x.relname::text FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = x.relam JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid WHERE i.indrelid = zdt_slice.relation AND a.attname IN ('body') AND (a.attnum = ANY (i.indkey) OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum)) AND (m.amname <> 'brin' OR pg_catalog.current_setting('server_version_num')::int < 160000) ORDER BY 1));
    zdt_takes_few := NOT zdt_is_indexed;
    zdt_passes := 0;
    zdt_place := coalesce(zdt_slice.cursor,
      CASE 'pages' WHEN 'pages' THEN
        pg_catalog.jsonb_build_object('page', zdt_slice.first_page) ELSE '{}' END);
    zdt_size := coalesce(zdt_size, 16);
    zdt_few_rows := (SELECT greatest(2, pg_catalog.round(
        (reltuples / nullif(relpages, 0) / 12)::numeric))
      FROM pg_catalog.pg_class WHERE oid = zdt_slice.relation);
    zdt_is_done := zdt_slice.kind = 'pages' AND zdt_slice.last_page = 0;
    WHILE NOT zdt_is_done LOOP
      COMMIT;
      PERFORM pg_catalog.set_config('lock_timeout', '50ms', true),
        pg_catalog.set_config('row_security', 'off', true);
      IF zdt_slice.kind = 'pages' THEN
        zdt_end := pg_catalog.jsonb_build_object('page',
          least((zdt_place->>'page')::bigint + zdt_size, zdt_slice.last_page));
      ELSE
        EXECUTE zdt_next INTO zdt_end USING zdt_place, zdt_size;
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
        zdt_tries := zdt_tries + 1;
        IF zdt_tries * interval '0.1 s' > interval '300 s' THEN
          RAISE;
        END IF;
      END;
      IF zdt_tries > 0 THEN
        COMMIT;
        zdt_size := greatest(1, zdt_size / 2);
        PERFORM pg_catalog.pg_sleep(0.05 + 0.1 * pg_catalog.random());
        CONTINUE;
      END IF;
      zdt_share := (pg_catalog.pg_stat_get_xact_tuples_hot_updated(zdt_slice.relation)
        - zdt_hot) / greatest(zdt_rows, 1)::float8;
      zdt_slowest := greatest(zdt_slowest, pg_catalog.clock_timestamp() - zdt_began);
      IF zdt_takes_few THEN
        -- All that few rows at once can do is to stay on their pages.
        zdt_passes := zdt_passes + 1;
        IF zdt_passes = 1 THEN
          zdt_first_rows := zdt_rows;
        ELSIF zdt_rows > 0 AND zdt_share < 0.5 THEN
          zdt_is_indexed := true;
        END IF;
        zdt_takes_few := NOT zdt_is_indexed AND zdt_rows * 2 > zdt_first_rows
          AND zdt_passes < 300;
        UPDATE alembic_zdt_backfill_slice SET rows_done = rows_done + zdt_rows
          WHERE backfill = zdt_name AND number = zdt_slice.number;
      ELSE
        zdt_place := zdt_end;
        zdt_is_done := zdt_end IS NULL
          OR (zdt_end->>'page')::bigint >= zdt_slice.last_page;
        UPDATE alembic_zdt_backfill_slice SET rows_done = rows_done + zdt_rows, cursor = zdt_end,
            is_done = zdt_is_done
          WHERE backfill = zdt_name AND number = zdt_slice.number;
        zdt_takes_few := NOT zdt_is_indexed;
        zdt_passes := 0;
        IF true THEN
          zdt_size := least(1024, greatest(1, zdt_size * least(2, greatest(0.25,
            0.1 / greatest(0.001, extract(epoch FROM zdt_slowest)::float8)))));
        END IF;
        zdt_slowest := '0';
      END IF;
      COMMIT;
      PERFORM pg_catalog.pg_sleep(0.0);
      WHILE 10.0 > 0 AND (SELECT max(replay_lag) FROM pg_catalog.pg_stat_replication)
        > 10.0 * interval '1 s' LOOP
        COMMIT;
        PERFORM pg_catalog.pg_sleep(0.2);
      END LOOP;
    END LOOP;
    UPDATE alembic_zdt_backfill_slice SET is_done = true
      WHERE backfill = zdt_name AND number = zdt_slice.number;
  END LOOP;
  UPDATE alembic_zdt_backfill SET status = 'finished', finished_at = now(), updated_at = now()
    WHERE name = zdt_name;
END
$zdt$;
DO $zdt$ BEGIN IF NOT ((EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid = pg_catalog.to_regclass('events') AND k.conname = 'zdt_sync_events_text_body_5d1dba2e' AND k.convalidated) OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'body' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'text' AND NOT a.attisdropped)))) THEN ANALYZE events (body); END IF; END $zdt$;

-- validate constraint "zdt_sync_events_text_body_5d1dba2e" on "events"
-- lock: SHARE UPDATE EXCLUSIVE on events, blocks other schema changes
-- scan: events
-- skipped when constraint "zdt_sync_events_text_body_5d1dba2e" is validated there
SELECT 'ALTER TABLE events VALIDATE CONSTRAINT zdt_sync_events_text_body_5d1dba2e'
WHERE NOT (EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid = pg_catalog.to_regclass('events') AND k.conname = 'zdt_sync_events_text_body_5d1dba2e' AND k.convalidated) OR (EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid = pg_catalog.to_regclass('events') AND k.conname = 'zdt_sync_events_text_body_5d1dba2e' AND k.convalidated) OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'body' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'text' AND NOT a.attisdropped))))
\gexec

CALL pg_temp.zdt_end();

-- alembic_zdt: keep "events.body" alone
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'keep "events.body" alone',
  done => 'false',
  wrong => $sql$SELECT z.words, pg_catalog.pg_get_userbyid(z.role)::pg_catalog.text AS owner, z.mending FROM (SELECT pg_catalog.format('trigger %I, which calls %s', g.tgname, f.oid::pg_catalog.regprocedure), f.proowner, pg_catalog.format('DROP TRIGGER %I ON %s', g.tgname, g.tgrelid::pg_catalog.regclass) FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid WHERE g.tgrelid = pg_catalog.to_regclass('events') AND g.tgname = 'zzz_zdt_sync_events_text_body_6a1cccda' UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname = 'zdt_sync_events_text_body_5d1dba2e' AND p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname = 'zdt_up_events_text_body_a56c8600' AND p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname = 'zdt_down_events_text_body_7980774a' AND p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (pg_catalog.current_schemas(false)))) z (words, role, mending) WHERE NOT (z.role IN (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN (current_user, session_user) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member = ours.role WHERE coalesce((pg_catalog.to_jsonb(m)->>'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m)->>'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = z.role AND r.rolsuper) OR EXISTS (SELECT FROM pg_catalog.pg_class s WHERE s.oid = pg_catalog.to_regclass('events') AND pg_catalog.pg_has_role(z.role, s.relowner, 'USAGE')))$sql$,
  wanted => 'keep "events.body" alone');

CALL pg_temp.zdt_refuse(
  purpose => 'keep "events.body" alone',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE NOT (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = pg_catalog.to_regclass('events') AND t.tgname = 'zzz_zdt_sync_events_text_body_6a1cccda') OR EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = pg_catalog.to_regclass('events') AND t.tgname = 'zzz_zdt_sync_events_body_text_fb084791') OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'body' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('events') AND a.attname = 'text' AND NOT a.attisdropped)))$sql$,
  wanted => 'keep "events.body" alone');

-- rename "events.text" to "body", whose place it takes
-- lock: ACCESS EXCLUSIVE on events, blocks reads and writes
-- skipped when no window from "text" to "body" is open
CALL pg_temp.zdt_step(
  purpose => 'rename "events.text" to "body", whose place it takes',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = pg_catalog.to_regclass('events') AND t.tgname = 'zzz_zdt_sync_events_text_body_6a1cccda'))$sql$,
  statement => 'DROP TRIGGER zzz_zdt_sync_events_text_body_6a1cccda ON events; ALTER TABLE events DROP CONSTRAINT zdt_sync_events_text_body_5d1dba2e; DROP FUNCTION IF EXISTS zdt_sync_events_text_body_5d1dba2e; ALTER TABLE events DROP COLUMN body; ALTER TABLE events RENAME COLUMN text TO body',
  tables => ARRAY['events'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 'a row that is not proven to have it, maybe' WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid = pg_catalog.to_regclass('events') AND k.conname = 'zdt_sync_events_text_body_5d1dba2e' AND k.convalidated)$sql$, $sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::oid AS oid, NULL::oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level + 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attname = 'body' AND NOT a.attisdropped) SELECT words FROM (SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM old JOIN pg_catalog.pg_depend d ON d.refobjid = old.attrelid AND d.refobjsubid = old.attnum AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_constraint k ON k.oid = d.objid AND d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_trigger t ON t.oid = d.objid AND d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_class i ON i.oid = d.objid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass CROSS JOIN LATERAL (SELECT coalesce(k.conname, t.tgname, i.relname, '')::text AS name) o WHERE o.name <> ALL (ARRAY['zdt_sync_events_text_body_5d1dba2e', 'zzz_zdt_sync_events_text_body_6a1cccda']::text[]) AND NOT false AND NOT (level > 0 AND (coalesce(k.conparentid <> 0 OR k.coninhcount > 0, false) OR coalesce(t.tgparentid <> 0, false) OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = i.oid))) AND o.name !~ '^zdt_copy_' AND k.contype IS DISTINCT FROM 'n') x (words)$sql$]);

-- drop "text", the twin of "events.body"
-- lock: ACCESS EXCLUSIVE on events, blocks reads and writes
-- skipped when no window from "body" to "text" is open
CALL pg_temp.zdt_step(
  purpose => 'drop "text", the twin of "events.body"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = pg_catalog.to_regclass('events') AND t.tgname = 'zzz_zdt_sync_events_body_text_fb084791'))$sql$,
  statement => 'DROP TRIGGER zzz_zdt_sync_events_body_text_fb084791 ON events; ALTER TABLE events DROP CONSTRAINT zdt_sync_events_body_text_08680d2d; DROP FUNCTION IF EXISTS zdt_sync_events_body_text_08680d2d; ALTER TABLE events DROP COLUMN text',
  tables => ARRAY['events'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::oid AS oid, NULL::oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level + 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attname = 'text' AND NOT a.attisdropped) SELECT words FROM (SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM old JOIN pg_catalog.pg_depend d ON d.refobjid = old.attrelid AND d.refobjsubid = old.attnum AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_constraint k ON k.oid = d.objid AND d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_trigger t ON t.oid = d.objid AND d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_class i ON i.oid = d.objid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass CROSS JOIN LATERAL (SELECT coalesce(k.conname, t.tgname, i.relname, '')::text AS name) o WHERE o.name <> ALL (ARRAY['zdt_sync_events_body_text_08680d2d', 'zzz_zdt_sync_events_body_text_fb084791']::text[]) AND NOT false AND NOT (level > 0 AND (coalesce(k.conparentid <> 0 OR k.coninhcount > 0, false) OR coalesce(t.tgparentid <> 0, false) OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = i.oid))) AND o.name !~ '^zdt_copy_' AND k.contype IS DISTINCT FROM 'n') x (words)$sql$]);

CALL pg_temp.zdt_end();
