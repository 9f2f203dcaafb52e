-- alembic_zdt: begin to rename "events.body"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'begin to rename "events.body"',
  done => 'false',
  wrong => $sql$SELECT z.words, pg_catalog.pg_get_userbyid(z.role)::pg_catalog.text AS owner, z.mending FROM (SELECT pg_catalog.format('trigger %I, which calls %s', g.tgname, f.oid::pg_catalog.regprocedure), f.proowner, pg_catalog.format('DROP TRIGGER %I ON %s', g.tgname, g.tgrelid::pg_catalog.regclass) FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND g.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_body_text_fb084791' UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_up_events_body_text_c2ff1569' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_down_events_body_text_3aeb01e6' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_up_cast_events_body_text_bf1a4a95' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_down_cast_events_body_text_5c58d57a' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false)))) z (words, role, mending) WHERE NOT (z.role OPERATOR(pg_catalog.=) ANY (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member OPERATOR(pg_catalog.=) ours.role WHERE coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) z.role AND r.rolsuper) OR EXISTS (SELECT FROM pg_catalog.pg_class s WHERE s.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND pg_catalog.pg_has_role(z.role, s.relowner, 'USAGE')))$sql$,
  wanted => 'begin to rename "events.body"');

CALL pg_temp.zdt_refuse(
  purpose => 'begin to rename "events.body"',
  done => 'false',
  wrong => $sql$SELECT k.name, k.columns FROM (SELECT c.conname::pg_catalog.text AS name, (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY a.attname::pg_catalog.text COLLATE "C") FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) c.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (c.conkey)) AS columns FROM pg_catalog.pg_constraint c WHERE c.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND c.contype OPERATOR(pg_catalog.=) 'c' AND c.conname OPERATOR(pg_catalog.~~) 'zdt_sync%') k WHERE (k.name OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d' AND k.columns OPERATOR(pg_catalog.<>) ARRAY['body', 'text']::pg_catalog.text[]) OR (k.name OPERATOR(pg_catalog.<>) ALL (ARRAY['zdt_sync_events_body_text_08680d2d', 'zdt_sync_events_text_body_5d1dba2e']) AND NOT k.columns OPERATOR(pg_catalog.<>) ARRAY['body', 'text']::pg_catalog.text[])$sql$,
  wanted => 'begin to rename "events.body"');

-- add "text" as a twin of "events.body"
-- lock: ACCESS EXCLUSIVE on events, blocks reads and writes
-- skipped when the trigger is there, or all is done
CALL pg_temp.zdt_step(
  purpose => 'add "text" as a twin of "events.body"',
  done => $sql$(((EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_body_text_fb084791') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d')) OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'text' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND NOT a.attisdropped))) OR (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_text_body_6a1cccda') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e')))$sql$,
  statement => $sql$DO $zdt$
BEGIN
  EXECUTE pg_catalog.format('ALTER TABLE events ADD COLUMN text %s', (SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) OPERATOR(pg_catalog.||) CASE WHEN a.attcollation OPERATOR(pg_catalog.<>) t.typcollation THEN pg_catalog.format(' COLLATE %I.%I', n.nspname, c.collname) ELSE '' END FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid LEFT JOIN pg_catalog.pg_collation c ON c.oid OPERATOR(pg_catalog.=) a.attcollation LEFT JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.collnamespace WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND NOT a.attisdropped));
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
  EXECUTE coalesce((SELECT pg_catalog.string_agg(pg_catalog.format('GRANT %s (text) ON events TO %s%s', privilege, grantee, CASE WHEN grantable THEN ' WITH GRANT OPTION' ELSE '' END), '; ') FROM (SELECT x.privilege_type AS privilege, CASE WHEN x.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE x.grantee::pg_catalog.regrole::pg_catalog.text END AS grantee, x.is_grantable AS grantable FROM pg_catalog.pg_attribute a, LATERAL pg_catalog.aclexplode(a.attacl) x WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND NOT a.attisdropped ORDER BY 2, 1) g), 'SELECT ''no grants''');
END
$zdt$; DO $zdt$ DECLARE zdt_grant pg_catalog.text; BEGIN FOR zdt_grant IN WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending) SELECT pg_catalog.format('GRANT %s (text) ON %s TO %s%s', x.privilege_type, tree.oid::pg_catalog.regclass, CASE WHEN x.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE x.grantee::pg_catalog.regrole::pg_catalog.text END, CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) tree.oid, LATERAL pg_catalog.aclexplode(a.attacl) x WHERE tree.level OPERATOR(pg_catalog.>) 0 AND a.attname OPERATOR(pg_catalog.=) 'body' LOOP EXECUTE zdt_grant; END LOOP; END $zdt$$sql$,
  tables => ARRAY['events'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 'column text' WHERE EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'text' AND NOT a.attisdropped)$sql$, $sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) tree.oid JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attname OPERATOR(pg_catalog.=) 'body' AND NOT a.attisdropped) SELECT words FROM (SELECT 'it is a generated column, which nobody writes' FROM old WHERE level OPERATOR(pg_catalog.=) 0 AND attgenerated OPERATOR(pg_catalog.<>) '' UNION ALL SELECT pg_catalog.format('the table inherits it from %s', h.inhparent::pg_catalog.regclass) FROM old JOIN pg_catalog.pg_inherits h ON h.inhrelid OPERATOR(pg_catalog.=) old.attrelid WHERE level OPERATOR(pg_catalog.=) 0 AND attinhcount OPERATOR(pg_catalog.>) 0 UNION ALL SELECT pg_catalog.format('table %s inherits it; a trigger of the parent does not fire there', attrelid::pg_catalog.regclass) FROM old WHERE level OPERATOR(pg_catalog.>) 0 AND NOT relispartition UNION ALL SELECT pg_catalog.format('it is in the partition key of %s; where a row goes is decided before triggers fire', attrelid::pg_catalog.regclass) FROM old JOIN pg_catalog.pg_partitioned_table p ON p.partrelid OPERATOR(pg_catalog.=) old.attrelid WHERE attnum OPERATOR(pg_catalog.=) ANY (p.partattrs) OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid OPERATOR(pg_catalog.=) old.attrelid AND d.objsubid OPERATOR(pg_catalog.=) old.attnum AND d.deptype OPERATOR(pg_catalog.=) 'i' AND d.refobjid OPERATOR(pg_catalog.=) old.attrelid AND d.refobjsubid OPERATOR(pg_catalog.=) 0) UNION ALL SELECT pg_catalog.format('its domain %s is NOT NULL, so code that does not write it would fail before triggers fire', old.type::pg_catalog.regtype) FROM old WHERE level OPERATOR(pg_catalog.=) 0 AND EXISTS (WITH RECURSIVE up AS (SELECT y.oid, y.typnotnull, y.typbasetype FROM pg_catalog.pg_type y WHERE y.oid OPERATOR(pg_catalog.=) old.type AND y.typtype OPERATOR(pg_catalog.=) 'd' UNION ALL SELECT y.oid, y.typnotnull, y.typbasetype FROM up JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) up.typbasetype WHERE y.typtype OPERATOR(pg_catalog.=) 'd') SELECT FROM up WHERE up.typnotnull) UNION ALL SELECT pg_catalog.format('its domain %s has constraints; adding another column of it writes the table anew', old.type::pg_catalog.regtype) FROM old WHERE level OPERATOR(pg_catalog.=) 0 AND EXISTS (WITH RECURSIVE up AS (SELECT y.oid, y.typnotnull, y.typbasetype FROM pg_catalog.pg_type y WHERE y.oid OPERATOR(pg_catalog.=) old.type AND y.typtype OPERATOR(pg_catalog.=) 'd' UNION ALL SELECT y.oid, y.typnotnull, y.typbasetype FROM up JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) up.typbasetype WHERE y.typtype OPERATOR(pg_catalog.=) 'd') SELECT FROM up WHERE up.typnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.contypid OPERATOR(pg_catalog.=) up.oid)) AND NOT EXISTS (WITH RECURSIVE up AS (SELECT y.oid, y.typnotnull, y.typbasetype FROM pg_catalog.pg_type y WHERE y.oid OPERATOR(pg_catalog.=) old.type AND y.typtype OPERATOR(pg_catalog.=) 'd' UNION ALL SELECT y.oid, y.typnotnull, y.typbasetype FROM up JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) up.typbasetype WHERE y.typtype OPERATOR(pg_catalog.=) 'd') SELECT FROM up WHERE up.typnotnull) UNION ALL SELECT pg_catalog.format('trigger %I of %s is for UPDATE OF it, and would not fire when the twin is written', t.tgname, t.tgrelid::pg_catalog.regclass) FROM old JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) old.attrelid WHERE NOT t.tgisinternal AND old.attnum OPERATOR(pg_catalog.=) ANY (t.tgattr) UNION ALL SELECT pg_catalog.format('it has a twin already, see constraint %I', k.conname) FROM old JOIN pg_catalog.pg_constraint k ON k.conrelid OPERATOR(pg_catalog.=) old.attrelid WHERE level OPERATOR(pg_catalog.=) 0 AND k.conname OPERATOR(pg_catalog.~) '^zdt_sync_' AND old.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) UNION ALL SELECT pg_catalog.format('trigger %I of %s would fire after ours, and could change a row that is in step', t.tgname, t.tgrelid::pg_catalog.regclass) FROM old JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) old.attrelid WHERE NOT t.tgisinternal AND t.tgtype OPERATOR(pg_catalog.&) 3 OPERATOR(pg_catalog.=) 3 AND t.tgname::pg_catalog.text COLLATE "C" OPERATOR(pg_catalog.>) 'zzz_zdt_sync_events_body_text_fb084791' COLLATE "C" AND t.tgname OPERATOR(pg_catalog.!~) '^zzz_zdt_sync_') x (words)$sql$]);

CALL pg_temp.zdt_end();

-- alembic_zdt: fill "events.text"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'fill "events.text"',
  done => 'false',
  wrong => $sql$SELECT z.words, pg_catalog.pg_get_userbyid(z.role)::pg_catalog.text AS owner, z.mending FROM (SELECT pg_catalog.format('trigger %I, which calls %s', g.tgname, f.oid::pg_catalog.regprocedure), f.proowner, pg_catalog.format('DROP TRIGGER %I ON %s', g.tgname, g.tgrelid::pg_catalog.regclass) FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND g.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_body_text_fb084791' UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_up_events_body_text_c2ff1569' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_down_events_body_text_3aeb01e6' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_up_cast_events_body_text_bf1a4a95' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_down_cast_events_body_text_5c58d57a' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false)))) z (words, role, mending) WHERE NOT (z.role OPERATOR(pg_catalog.=) ANY (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member OPERATOR(pg_catalog.=) ours.role WHERE coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) z.role AND r.rolsuper) OR EXISTS (SELECT FROM pg_catalog.pg_class s WHERE s.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND pg_catalog.pg_has_role(z.role, s.relowner, 'USAGE')))$sql$,
  wanted => 'fill "events.text"');

CALL pg_temp.zdt_refuse(
  purpose => 'fill "events.text"',
  done => 'false',
  wrong => $sql$SELECT k.name, k.columns FROM (SELECT c.conname::pg_catalog.text AS name, (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY a.attname::pg_catalog.text COLLATE "C") FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) c.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (c.conkey)) AS columns FROM pg_catalog.pg_constraint c WHERE c.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND c.contype OPERATOR(pg_catalog.=) 'c' AND c.conname OPERATOR(pg_catalog.~~) 'zdt_sync%') k WHERE (k.name OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d' AND k.columns OPERATOR(pg_catalog.<>) ARRAY['body', 'text']::pg_catalog.text[]) OR (k.name OPERATOR(pg_catalog.<>) ALL (ARRAY['zdt_sync_events_body_text_08680d2d', 'zdt_sync_events_text_body_5d1dba2e']) AND NOT k.columns OPERATOR(pg_catalog.<>) ARRAY['body', 'text']::pg_catalog.text[])$sql$,
  wanted => 'fill "events.text"');

CALL pg_temp.zdt_refuse(
  purpose => 'fill "events.text"',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE NOT (((EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_body_text_fb084791') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d')) OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'text' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND NOT a.attisdropped))) OR (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_text_body_6a1cccda') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e')))$sql$,
  wanted => 'fill "events.text"');

CALL pg_temp.zdt_refuse(
  purpose => 'fill "events.text"',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_body_text_fb084791') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d')) AND NOT ((EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_body_text_fb084791') AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_body_text_fb084791' AND t.tgenabled OPERATOR(pg_catalog.<>) 'A' AND (t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') OR t.tgrelid OPERATOR(pg_catalog.=) ANY (SELECT p.relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass('events')) p)))) AND EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d'))$sql$,
  wanted => 'fill "events.text"');

-- backfill "events.text"
-- lock: ROW EXCLUSIVE on events, blocks nothing
-- skipped when every row is proven to have it
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
); FOR zdt_found IN SELECT DISTINCT pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END) AS mending FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND g.grantee OPERATOR(pg_catalog.<>) c.relowner LOOP EXECUTE zdt_found.mending; END LOOP; END IF; FOR zdt_found IN SELECT z.* FROM (SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it belongs to %s', pg_catalog.pg_get_userbyid(c.relowner)), pg_catalog.format('ALTER TABLE %s OWNER TO %I', c.oid::pg_catalog.regclass, current_user) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND NOT (c.relowner OPERATOR(pg_catalog.=) ANY (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member OPERATOR(pg_catalog.=) ours.role WHERE coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) c.relowner AND r.rolsuper)) AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.oid OPERATOR(pg_catalog.=) c.relnamespace AND pg_catalog.pg_has_role(c.relowner, n.nspowner, 'USAGE')) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it has row level security'), pg_catalog.format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND c.relrowsecurity UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('trigger %I is on it', t.tgname), pg_catalog.format('DROP TRIGGER %I ON %s', t.tgname, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) c.oid WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND NOT t.tgisinternal UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('rule %I is on it', r.rulename), pg_catalog.format('DROP RULE %I ON %s', r.rulename, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_rewrite r ON r.ev_class OPERATOR(pg_catalog.=) c.oid WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND r.rulename OPERATOR(pg_catalog.<>) '_RETURN' UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s inherits from %s', h.inhrelid::pg_catalog.regclass, h.inhparent::pg_catalog.regclass), pg_catalog.format('ALTER TABLE %s NO INHERIT %s', h.inhrelid::pg_catalog.regclass, h.inhparent::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_inherits h ON c.oid OPERATOR(pg_catalog.=) ANY (ARRAY[h.inhrelid, h.inhparent]) WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND true UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('constraint %I uses %s', k.conname, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', c.oid::pg_catalog.regclass, k.conname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_constraint k ON k.conrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) k.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('column %I uses %s', a.attname, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('ALTER TABLE %s ALTER %I DROP DEFAULT', c.oid::pg_catalog.regclass, a.attname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attrdef f ON f.adrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.=) f.adnum JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) f.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('column %I uses %s', a.attname, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('ALTER TABLE %s DROP %I', c.oid::pg_catalog.regclass, a.attname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) c.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid OPERATOR(pg_catalog.=) a.attnum WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('index %s uses %s', i.indexrelid::pg_catalog.regclass, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('DROP INDEX %s', i.indexrelid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_index i ON i.indrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) i.indexrelid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write it', CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END), pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END) FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND g.privilege_type OPERATOR(pg_catalog.=) ANY (ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AND g.grantee OPERATOR(pg_catalog.<>) c.relowner AND (g.grantee OPERATOR(pg_catalog.=) 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) g.grantee AND r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user])) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write its column %I', CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END, a.attname), pg_catalog.format('REVOKE ALL (%I) ON TABLE %s FROM %s', a.attname, c.oid::pg_catalog.regclass, CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid, LATERAL pg_catalog.aclexplode(a.attacl) g WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND g.privilege_type OPERATOR(pg_catalog.=) ANY (ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AND g.grantee OPERATOR(pg_catalog.<>) c.relowner AND (g.grantee OPERATOR(pg_catalog.=) 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) g.grantee AND r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user])) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('role %I may not read it', current_user), pg_catalog.format('GRANT %I TO %I', pg_catalog.pg_get_userbyid(c.relowner), current_user) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')) z (name, words, mending) LOOP RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = pg_catalog.format('cannot use %s: %s', zdt_found.name, zdt_found.words), HINT = pg_catalog.format('Look at what is in it, then run: %s;', zdt_found.mending); END LOOP; END $zdt$;
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
) WITH (fillfactor = 50); FOR zdt_found IN SELECT DISTINCT pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END) AS mending FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND g.grantee OPERATOR(pg_catalog.<>) c.relowner LOOP EXECUTE zdt_found.mending; END LOOP; END IF; FOR zdt_found IN SELECT z.* FROM (SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it belongs to %s', pg_catalog.pg_get_userbyid(c.relowner)), pg_catalog.format('ALTER TABLE %s OWNER TO %I', c.oid::pg_catalog.regclass, current_user) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND NOT (c.relowner OPERATOR(pg_catalog.=) ANY (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member OPERATOR(pg_catalog.=) ours.role WHERE coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) c.relowner AND r.rolsuper)) AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.oid OPERATOR(pg_catalog.=) c.relnamespace AND pg_catalog.pg_has_role(c.relowner, n.nspowner, 'USAGE')) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it has row level security'), pg_catalog.format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND c.relrowsecurity UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('trigger %I is on it', t.tgname), pg_catalog.format('DROP TRIGGER %I ON %s', t.tgname, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) c.oid WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND NOT t.tgisinternal UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('rule %I is on it', r.rulename), pg_catalog.format('DROP RULE %I ON %s', r.rulename, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_rewrite r ON r.ev_class OPERATOR(pg_catalog.=) c.oid WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND r.rulename OPERATOR(pg_catalog.<>) '_RETURN' UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s inherits from %s', h.inhrelid::pg_catalog.regclass, h.inhparent::pg_catalog.regclass), pg_catalog.format('ALTER TABLE %s NO INHERIT %s', h.inhrelid::pg_catalog.regclass, h.inhparent::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_inherits h ON c.oid OPERATOR(pg_catalog.=) ANY (ARRAY[h.inhrelid, h.inhparent]) WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND true UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('constraint %I uses %s', k.conname, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', c.oid::pg_catalog.regclass, k.conname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_constraint k ON k.conrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) k.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('column %I uses %s', a.attname, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('ALTER TABLE %s ALTER %I DROP DEFAULT', c.oid::pg_catalog.regclass, a.attname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attrdef f ON f.adrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.=) f.adnum JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) f.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('column %I uses %s', a.attname, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('ALTER TABLE %s DROP %I', c.oid::pg_catalog.regclass, a.attname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) c.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid OPERATOR(pg_catalog.=) a.attnum WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('index %s uses %s', i.indexrelid::pg_catalog.regclass, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('DROP INDEX %s', i.indexrelid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_index i ON i.indrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) i.indexrelid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write it', CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END), pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END) FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND g.privilege_type OPERATOR(pg_catalog.=) ANY (ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AND g.grantee OPERATOR(pg_catalog.<>) c.relowner AND (g.grantee OPERATOR(pg_catalog.=) 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) g.grantee AND r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user])) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write its column %I', CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END, a.attname), pg_catalog.format('REVOKE ALL (%I) ON TABLE %s FROM %s', a.attname, c.oid::pg_catalog.regclass, CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid, LATERAL pg_catalog.aclexplode(a.attacl) g WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND g.privilege_type OPERATOR(pg_catalog.=) ANY (ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AND g.grantee OPERATOR(pg_catalog.<>) c.relowner AND (g.grantee OPERATOR(pg_catalog.=) 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) g.grantee AND r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user])) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('role %I may not read it', current_user), pg_catalog.format('GRANT %I TO %I', pg_catalog.pg_get_userbyid(c.relowner), current_user) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')) z (name, words, mending) LOOP RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = pg_catalog.format('cannot use %s: %s', zdt_found.name, zdt_found.words), HINT = pg_catalog.format('Look at what is in it, then run: %s;', zdt_found.mending); END LOOP; END $zdt$;
DO $zdt$
#variable_conflict use_column
DECLARE
  zdt_name constant pg_catalog.text := 'events.text';
  zdt_fingerprint constant pg_catalog.text := '741c9285cf33156a' OPERATOR(pg_catalog.||) ':' OPERATOR(pg_catalog.||) (SELECT pg_catalog.concat_ws(':', attrelid, pg_catalog.string_agg(attnum::pg_catalog.text, ',' ORDER BY attnum)) FROM pg_catalog.pg_attribute WHERE attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND attname OPERATOR(pg_catalog.=) ANY (ARRAY['text']) AND NOT attisdropped GROUP BY attrelid);
  zdt_pending constant pg_catalog.text := '(NOT (pg_catalog.record_image_eq(ROW(text), ROW(body))))';
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
BEGIN
  IF ((EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d' AND k.convalidated) OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'text' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND NOT a.attisdropped))) OR (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_text_body_6a1cccda') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e'))) THEN
    RETURN;
  END IF;
  -- Begin, or go on with what an interrupted run has left.
  SELECT * INTO zdt_known FROM alembic_zdt_backfill WHERE name OPERATOR(pg_catalog.=) zdt_name;
  EXECUTE 'SELECT EXISTS (SELECT FROM ' OPERATOR(pg_catalog.||) 'events AS events' OPERATOR(pg_catalog.||) ' WHERE ' OPERATOR(pg_catalog.||) zdt_pending OPERATOR(pg_catalog.||) ')'
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
    VALUES (zdt_name, '{"table": {"name": "events", "schema": null}, "values": {"text": "body"}, "where": "NOT (pg_catalog.record_image_eq(ROW(text), ROW(body)))", "key": [], "batch_rows": 0, "batch_seconds": 0.1, "max_replica_lag": 10.0, "pause": 0.0, "throttle": "", "verify": true, "directive": "migrate_rename_column"}', zdt_fingerprint, 'running', pg_catalog.now(), 1)
    ON CONFLICT (name) DO UPDATE SET status = 'running', error = NULL;
  IF NOT EXISTS (SELECT FROM alembic_zdt_backfill_slice WHERE backfill OPERATOR(pg_catalog.=) zdt_name) THEN
    INSERT INTO alembic_zdt_backfill_slice (backfill, number, round, kind, relation, last_page)
    WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending)
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

    -- No slice is left: is there any row?  Read in one statement, so in one snapshot.
    IF NOT FOUND THEN
      SELECT round INTO zdt_known FROM alembic_zdt_backfill WHERE name OPERATOR(pg_catalog.=) zdt_name;
      WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending)
      SELECT pg_catalog.string_agg('SELECT ' OPERATOR(pg_catalog.||) c.oid OPERATOR(pg_catalog.||) '::pg_catalog.oid AS relation,'
        OPERATOR(pg_catalog.||) ' pg_catalog.count(*) AS rows, (pg_catalog.min(ctid)::pg_catalog.text'
        OPERATOR(pg_catalog.||) '::pg_catalog.point)[0]::bigint AS first, (pg_catalog.max(ctid)'
        OPERATOR(pg_catalog.||) '::pg_catalog.text::pg_catalog.point)[0]::bigint AS last FROM ONLY '
        OPERATOR(pg_catalog.||) c.oid::pg_catalog.regclass OPERATOR(pg_catalog.||) ' AS ' OPERATOR(pg_catalog.||) 'events' OPERATOR(pg_catalog.||) ' WHERE ' OPERATOR(pg_catalog.||) zdt_pending,
        ' UNION ALL ')
      INTO zdt_from
      FROM pg_catalog.pg_class c WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
        AND c.oid OPERATOR(pg_catalog.=) ANY (SELECT oid FROM tree);
      zdt_left := 0;
      IF true AND zdt_from IS NOT NULL THEN
        EXECUTE 'SELECT coalesce(pg_catalog.sum(rows), 0) FROM (' OPERATOR(pg_catalog.||) zdt_from OPERATOR(pg_catalog.||) ') x'
          INTO zdt_left;
      END IF;
      EXIT WHEN zdt_left OPERATOR(pg_catalog.=) 0;
      IF zdt_left OPERATOR(pg_catalog.>=) zdt_fewest THEN
        zdt_vain := zdt_vain OPERATOR(pg_catalog.+) 1;
      ELSE
        zdt_vain := 0;
        zdt_fewest := zdt_left;
      END IF;
      IF zdt_vain OPERATOR(pg_catalog.>=) 6 THEN
        RAISE EXCEPTION 'backfill "%" leaves % rows', zdt_name, zdt_left USING
          DETAIL = 'They fulfil ' OPERATOR(pg_catalog.||) zdt_pending OPERATOR(pg_catalog.||) ', and ' OPERATOR(pg_catalog.||) zdt_vain
            OPERATOR(pg_catalog.||) ' rounds have left no fewer: something writes such rows all the time, '
            'or the update does not make it false.',
          HINT = 'Let new rows be written as they should be, then run this again.';
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

    -- One slice, batch after batch.
    zdt_from := zdt_slice.relation::pg_catalog.regclass::pg_catalog.text;
    zdt_all := pg_catalog.replace('UPDATE ONLY <table> AS events SET text = body WHERE events.ctid OPERATOR(pg_catalog.>=) (''('' OPERATOR(pg_catalog.||) ($1 OPERATOR(pg_catalog.->>)''page'')::bigint OPERATOR(pg_catalog.||) '',0)'')::pg_catalog.tid AND events.ctid OPERATOR(pg_catalog.<) (''('' OPERATOR(pg_catalog.||) ($2 OPERATOR(pg_catalog.->>)''page'')::bigint OPERATOR(pg_catalog.||) '',0)'')::pg_catalog.tid AND (NOT (pg_catalog.record_image_eq(ROW(text), ROW(body))))', '<table>', zdt_from);
    zdt_few := pg_catalog.replace('UPDATE ONLY <table> AS events SET text = body WHERE events.ctid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT few.tid FROM (SELECT (''('' OPERATOR(pg_catalog.||) page OPERATOR(pg_catalog.||) '',0)'')::pg_catalog.tid AS first, (''('' OPERATOR(pg_catalog.||) (page OPERATOR(pg_catalog.+) 1) OPERATOR(pg_catalog.||) '',0)'')::pg_catalog.tid AS behind FROM pg_catalog.generate_series(($1 OPERATOR(pg_catalog.->>)''page'')::bigint, ($2 OPERATOR(pg_catalog.->>)''page'')::bigint OPERATOR(pg_catalog.-) 1) AS page OFFSET 0) AS pages, LATERAL (SELECT events.ctid AS tid FROM ONLY <table> AS events WHERE events.ctid OPERATOR(pg_catalog.>=) pages.first AND events.ctid OPERATOR(pg_catalog.<) pages.behind AND (NOT (pg_catalog.record_image_eq(ROW(text), ROW(body)))) LIMIT $3) AS few)) AND (NOT (pg_catalog.record_image_eq(ROW(text), ROW(body))))', '<table>', zdt_from);
    zdt_next := pg_catalog.replace('SELECT NULL::pg_catalog.jsonb', '<table>', zdt_from);
    zdt_is_indexed := 'pages' OPERATOR(pg_catalog.<>) 'pages' OR (EXISTS (SELECT DISTINCT x.relname::pg_catalog.text FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid OPERATOR(pg_catalog.=) i.indexrelid JOIN pg_catalog.pg_am m ON m.oid OPERATOR(pg_catalog.=) x.relam JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) i.indrelid WHERE i.indrelid OPERATOR(pg_catalog.=) zdt_slice.relation AND a.attname OPERATOR(pg_catalog.=) ANY (ARRAY['text']) AND (a.attnum OPERATOR(pg_catalog.=) ANY (i.indkey) OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid OPERATOR(pg_catalog.=) i.indexrelid AND d.refobjid OPERATOR(pg_catalog.=) a.attrelid AND d.refobjsubid OPERATOR(pg_catalog.=) a.attnum)) AND (m.amname OPERATOR(pg_catalog.<>) 'brin' OR pg_catalog.current_setting('server_version_num')::int OPERATOR(pg_catalog.<) 160000) ORDER BY 1));
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
        -- All that few rows at once can do is to stay on their pages.
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
        zdt_is_done := zdt_end IS NULL
          OR (zdt_end OPERATOR(pg_catalog.->>)'page')::bigint OPERATOR(pg_catalog.>=) zdt_slice.last_page;
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
DO $zdt$ BEGIN IF NOT (((EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d' AND k.convalidated) OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'text' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND NOT a.attisdropped))) OR (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_text_body_6a1cccda') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e')))) THEN ANALYZE events (text); END IF; END $zdt$;

-- validate constraint "zdt_sync_events_body_text_08680d2d" on "events"
-- lock: SHARE UPDATE EXCLUSIVE on events, blocks other schema changes
-- scan: events
-- skipped when constraint "zdt_sync_events_body_text_08680d2d" is validated there
SELECT 'ALTER TABLE events VALIDATE CONSTRAINT zdt_sync_events_body_text_08680d2d'
WHERE NOT (EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d' AND k.convalidated) OR ((EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d' AND k.convalidated) OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'text' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND NOT a.attisdropped))) OR (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_text_body_6a1cccda') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e'))))
\gexec

CALL pg_temp.zdt_end();

-- alembic_zdt: keep "events.text" alone
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'keep "events.text" alone',
  done => 'false',
  wrong => $sql$SELECT z.words, pg_catalog.pg_get_userbyid(z.role)::pg_catalog.text AS owner, z.mending FROM (SELECT pg_catalog.format('trigger %I, which calls %s', g.tgname, f.oid::pg_catalog.regprocedure), f.proowner, pg_catalog.format('DROP TRIGGER %I ON %s', g.tgname, g.tgrelid::pg_catalog.regclass) FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND g.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_body_text_fb084791' UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_up_events_body_text_c2ff1569' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_down_events_body_text_3aeb01e6' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_up_cast_events_body_text_bf1a4a95' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_down_cast_events_body_text_5c58d57a' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false)))) z (words, role, mending) WHERE NOT (z.role OPERATOR(pg_catalog.=) ANY (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member OPERATOR(pg_catalog.=) ours.role WHERE coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) z.role AND r.rolsuper) OR EXISTS (SELECT FROM pg_catalog.pg_class s WHERE s.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND pg_catalog.pg_has_role(z.role, s.relowner, 'USAGE')))$sql$,
  wanted => 'keep "events.text" alone');

CALL pg_temp.zdt_refuse(
  purpose => 'keep "events.text" alone',
  done => 'false',
  wrong => $sql$SELECT k.name, k.columns FROM (SELECT c.conname::pg_catalog.text AS name, (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY a.attname::pg_catalog.text COLLATE "C") FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) c.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (c.conkey)) AS columns FROM pg_catalog.pg_constraint c WHERE c.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND c.contype OPERATOR(pg_catalog.=) 'c' AND c.conname OPERATOR(pg_catalog.~~) 'zdt_sync%') k WHERE (k.name OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d' AND k.columns OPERATOR(pg_catalog.<>) ARRAY['body', 'text']::pg_catalog.text[]) OR (k.name OPERATOR(pg_catalog.<>) ALL (ARRAY['zdt_sync_events_body_text_08680d2d', 'zdt_sync_events_text_body_5d1dba2e']) AND NOT k.columns OPERATOR(pg_catalog.<>) ARRAY['body', 'text']::pg_catalog.text[])$sql$,
  wanted => 'keep "events.text" alone');

CALL pg_temp.zdt_refuse(
  purpose => 'keep "events.text" alone',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE NOT ((EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_body_text_fb084791') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d')) OR (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_text_body_6a1cccda') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e')) OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'text' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND NOT a.attisdropped)))$sql$,
  wanted => 'keep "events.text" alone');

-- rename "events.body" to "text", whose place it takes
-- lock: ACCESS EXCLUSIVE on events, blocks reads and writes
-- skipped when no window from "body" to "text" is open
CALL pg_temp.zdt_step(
  purpose => 'rename "events.body" to "text", whose place it takes',
  done => $sql$(NOT (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_body_text_fb084791') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d')))$sql$,
  statement => $sql$DO $zdt$
BEGIN
  EXECUTE coalesce((SELECT pg_catalog.string_agg(pg_catalog.format('GRANT %s (body) ON events TO %s%s', privilege, grantee, CASE WHEN grantable THEN ' WITH GRANT OPTION' ELSE '' END), '; ') FROM (SELECT x.privilege_type AS privilege, CASE WHEN x.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE x.grantee::pg_catalog.regrole::pg_catalog.text END AS grantee, x.is_grantable AS grantable FROM pg_catalog.pg_attribute a, LATERAL pg_catalog.aclexplode(a.attacl) x WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'text' AND NOT a.attisdropped ORDER BY 2, 1) g), 'SELECT 1');
END
$zdt$; DO $zdt$ DECLARE zdt_grant pg_catalog.text; BEGIN FOR zdt_grant IN WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending) SELECT pg_catalog.format('GRANT %s (body) ON %s TO %s%s', x.privilege_type, tree.oid::pg_catalog.regclass, CASE WHEN x.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE x.grantee::pg_catalog.regrole::pg_catalog.text END, CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) tree.oid, LATERAL pg_catalog.aclexplode(a.attacl) x WHERE tree.level OPERATOR(pg_catalog.>) 0 AND a.attname OPERATOR(pg_catalog.=) 'text' LOOP EXECUTE zdt_grant; END LOOP; END $zdt$; DROP TRIGGER IF EXISTS zzz_zdt_sync_events_body_text_fb084791 ON events; ALTER TABLE events DROP CONSTRAINT IF EXISTS zdt_sync_events_body_text_08680d2d; DROP FUNCTION IF EXISTS zdt_sync_events_body_text_08680d2d; ALTER TABLE events DROP COLUMN text; ALTER TABLE events RENAME COLUMN body TO text$sql$,
  tables => ARRAY['events'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 'a row that is not proven to have it, maybe' WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d' AND k.convalidated)$sql$, $sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) tree.oid JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attname OPERATOR(pg_catalog.=) 'text' AND NOT a.attisdropped) SELECT words FROM (SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM old JOIN pg_catalog.pg_depend d ON d.refobjid OPERATOR(pg_catalog.=) old.attrelid AND d.refobjsubid OPERATOR(pg_catalog.=) old.attnum AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_constraint k ON k.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_trigger t ON t.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass CROSS JOIN LATERAL (SELECT coalesce(k.conname, t.tgname, i.relname, '')::pg_catalog.text AS name) o WHERE o.name OPERATOR(pg_catalog.<>) ALL (ARRAY['zdt_sync_events_body_text_08680d2d', 'zzz_zdt_sync_events_body_text_fb084791']::pg_catalog.text[]) AND NOT false AND NOT (level OPERATOR(pg_catalog.>) 0 AND (coalesce(k.conparentid OPERATOR(pg_catalog.<>) 0 OR k.coninhcount OPERATOR(pg_catalog.>) 0, false) OR coalesce(t.tgparentid OPERATOR(pg_catalog.<>) 0, false) OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid OPERATOR(pg_catalog.=) i.oid))) AND o.name OPERATOR(pg_catalog.!~) '^zdt_copy_' AND coalesce(k.contype OPERATOR(pg_catalog.<>) 'n', true)) x (words)$sql$]);

-- drop "body", the twin of "events.text"
-- lock: ACCESS EXCLUSIVE on events, blocks reads and writes
-- skipped when no window from "text" to "body" is open
CALL pg_temp.zdt_step(
  purpose => 'drop "body", the twin of "events.text"',
  done => $sql$(NOT (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_text_body_6a1cccda') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e')))$sql$,
  statement => 'DROP TRIGGER IF EXISTS zzz_zdt_sync_events_text_body_6a1cccda ON events; ALTER TABLE events DROP CONSTRAINT IF EXISTS zdt_sync_events_text_body_5d1dba2e; DROP FUNCTION IF EXISTS zdt_sync_events_text_body_5d1dba2e; ALTER TABLE events DROP COLUMN body',
  tables => ARRAY['events'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 1 WHERE NOT (((EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_text_body_6a1cccda') AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_text_body_6a1cccda' AND t.tgenabled OPERATOR(pg_catalog.<>) 'A' AND (t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') OR t.tgrelid OPERATOR(pg_catalog.=) ANY (SELECT p.relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass('events')) p)))) AND EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e')) OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e' AND k.convalidated))$sql$, $sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) tree.oid JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attname OPERATOR(pg_catalog.=) 'body' AND NOT a.attisdropped) SELECT words FROM (SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM old JOIN pg_catalog.pg_depend d ON d.refobjid OPERATOR(pg_catalog.=) old.attrelid AND d.refobjsubid OPERATOR(pg_catalog.=) old.attnum AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_constraint k ON k.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_trigger t ON t.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass CROSS JOIN LATERAL (SELECT coalesce(k.conname, t.tgname, i.relname, '')::pg_catalog.text AS name) o WHERE o.name OPERATOR(pg_catalog.<>) ALL (ARRAY['zdt_sync_events_text_body_5d1dba2e', 'zzz_zdt_sync_events_text_body_6a1cccda']::pg_catalog.text[]) AND NOT false AND NOT (level OPERATOR(pg_catalog.>) 0 AND (coalesce(k.conparentid OPERATOR(pg_catalog.<>) 0 OR k.coninhcount OPERATOR(pg_catalog.>) 0, false) OR coalesce(t.tgparentid OPERATOR(pg_catalog.<>) 0, false) OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid OPERATOR(pg_catalog.=) i.oid))) AND o.name OPERATOR(pg_catalog.!~) '^zdt_copy_' AND coalesce(k.contype OPERATOR(pg_catalog.<>) 'n', true)) x (words)$sql$]);

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: begin to rename "events.text"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'begin to rename "events.text"',
  done => 'false',
  wrong => $sql$SELECT z.words, pg_catalog.pg_get_userbyid(z.role)::pg_catalog.text AS owner, z.mending FROM (SELECT pg_catalog.format('trigger %I, which calls %s', g.tgname, f.oid::pg_catalog.regprocedure), f.proowner, pg_catalog.format('DROP TRIGGER %I ON %s', g.tgname, g.tgrelid::pg_catalog.regclass) FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND g.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_text_body_6a1cccda' UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_up_events_text_body_a56c8600' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_down_events_text_body_7980774a' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_up_cast_events_text_body_cc3430e6' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_down_cast_events_text_body_62e69d3c' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false)))) z (words, role, mending) WHERE NOT (z.role OPERATOR(pg_catalog.=) ANY (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member OPERATOR(pg_catalog.=) ours.role WHERE coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) z.role AND r.rolsuper) OR EXISTS (SELECT FROM pg_catalog.pg_class s WHERE s.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND pg_catalog.pg_has_role(z.role, s.relowner, 'USAGE')))$sql$,
  wanted => 'begin to rename "events.text"');

CALL pg_temp.zdt_refuse(
  purpose => 'begin to rename "events.text"',
  done => 'false',
  wrong => $sql$SELECT k.name, k.columns FROM (SELECT c.conname::pg_catalog.text AS name, (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY a.attname::pg_catalog.text COLLATE "C") FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) c.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (c.conkey)) AS columns FROM pg_catalog.pg_constraint c WHERE c.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND c.contype OPERATOR(pg_catalog.=) 'c' AND c.conname OPERATOR(pg_catalog.~~) 'zdt_sync%') k WHERE (k.name OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e' AND k.columns OPERATOR(pg_catalog.<>) ARRAY['body', 'text']::pg_catalog.text[]) OR (k.name OPERATOR(pg_catalog.<>) ALL (ARRAY['zdt_sync_events_text_body_5d1dba2e', 'zdt_sync_events_body_text_08680d2d']) AND NOT k.columns OPERATOR(pg_catalog.<>) ARRAY['body', 'text']::pg_catalog.text[])$sql$,
  wanted => 'begin to rename "events.text"');

-- add "body" as a twin of "events.text"
-- lock: ACCESS EXCLUSIVE on events, blocks reads and writes
-- skipped when the trigger is there, or all is done
CALL pg_temp.zdt_step(
  purpose => 'add "body" as a twin of "events.text"',
  done => $sql$(((EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_text_body_6a1cccda') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e')) OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'text' AND NOT a.attisdropped))) OR (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_body_text_fb084791') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d')))$sql$,
  statement => $sql$DO $zdt$
BEGIN
  EXECUTE pg_catalog.format('ALTER TABLE events ADD COLUMN body %s', (SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) OPERATOR(pg_catalog.||) CASE WHEN a.attcollation OPERATOR(pg_catalog.<>) t.typcollation THEN pg_catalog.format(' COLLATE %I.%I', n.nspname, c.collname) ELSE '' END FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid LEFT JOIN pg_catalog.pg_collation c ON c.oid OPERATOR(pg_catalog.=) a.attcollation LEFT JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.collnamespace WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'text' AND NOT a.attisdropped));
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
  EXECUTE coalesce((SELECT pg_catalog.string_agg(pg_catalog.format('GRANT %s (body) ON events TO %s%s', privilege, grantee, CASE WHEN grantable THEN ' WITH GRANT OPTION' ELSE '' END), '; ') FROM (SELECT x.privilege_type AS privilege, CASE WHEN x.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE x.grantee::pg_catalog.regrole::pg_catalog.text END AS grantee, x.is_grantable AS grantable FROM pg_catalog.pg_attribute a, LATERAL pg_catalog.aclexplode(a.attacl) x WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'text' AND NOT a.attisdropped ORDER BY 2, 1) g), 'SELECT ''no grants''');
END
$zdt$; DO $zdt$ DECLARE zdt_grant pg_catalog.text; BEGIN FOR zdt_grant IN WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending) SELECT pg_catalog.format('GRANT %s (body) ON %s TO %s%s', x.privilege_type, tree.oid::pg_catalog.regclass, CASE WHEN x.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE x.grantee::pg_catalog.regrole::pg_catalog.text END, CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) tree.oid, LATERAL pg_catalog.aclexplode(a.attacl) x WHERE tree.level OPERATOR(pg_catalog.>) 0 AND a.attname OPERATOR(pg_catalog.=) 'text' LOOP EXECUTE zdt_grant; END LOOP; END $zdt$$sql$,
  tables => ARRAY['events'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 'column body' WHERE EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND NOT a.attisdropped)$sql$, $sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) tree.oid JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attname OPERATOR(pg_catalog.=) 'text' AND NOT a.attisdropped) SELECT words FROM (SELECT 'it is a generated column, which nobody writes' FROM old WHERE level OPERATOR(pg_catalog.=) 0 AND attgenerated OPERATOR(pg_catalog.<>) '' UNION ALL SELECT pg_catalog.format('the table inherits it from %s', h.inhparent::pg_catalog.regclass) FROM old JOIN pg_catalog.pg_inherits h ON h.inhrelid OPERATOR(pg_catalog.=) old.attrelid WHERE level OPERATOR(pg_catalog.=) 0 AND attinhcount OPERATOR(pg_catalog.>) 0 UNION ALL SELECT pg_catalog.format('table %s inherits it; a trigger of the parent does not fire there', attrelid::pg_catalog.regclass) FROM old WHERE level OPERATOR(pg_catalog.>) 0 AND NOT relispartition UNION ALL SELECT pg_catalog.format('it is in the partition key of %s; where a row goes is decided before triggers fire', attrelid::pg_catalog.regclass) FROM old JOIN pg_catalog.pg_partitioned_table p ON p.partrelid OPERATOR(pg_catalog.=) old.attrelid WHERE attnum OPERATOR(pg_catalog.=) ANY (p.partattrs) OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid OPERATOR(pg_catalog.=) old.attrelid AND d.objsubid OPERATOR(pg_catalog.=) old.attnum AND d.deptype OPERATOR(pg_catalog.=) 'i' AND d.refobjid OPERATOR(pg_catalog.=) old.attrelid AND d.refobjsubid OPERATOR(pg_catalog.=) 0) UNION ALL SELECT pg_catalog.format('its domain %s is NOT NULL, so code that does not write it would fail before triggers fire', old.type::pg_catalog.regtype) FROM old WHERE level OPERATOR(pg_catalog.=) 0 AND EXISTS (WITH RECURSIVE up AS (SELECT y.oid, y.typnotnull, y.typbasetype FROM pg_catalog.pg_type y WHERE y.oid OPERATOR(pg_catalog.=) old.type AND y.typtype OPERATOR(pg_catalog.=) 'd' UNION ALL SELECT y.oid, y.typnotnull, y.typbasetype FROM up JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) up.typbasetype WHERE y.typtype OPERATOR(pg_catalog.=) 'd') SELECT FROM up WHERE up.typnotnull) UNION ALL SELECT pg_catalog.format('its domain %s has constraints; adding another column of it writes the table anew', old.type::pg_catalog.regtype) FROM old WHERE level OPERATOR(pg_catalog.=) 0 AND EXISTS (WITH RECURSIVE up AS (SELECT y.oid, y.typnotnull, y.typbasetype FROM pg_catalog.pg_type y WHERE y.oid OPERATOR(pg_catalog.=) old.type AND y.typtype OPERATOR(pg_catalog.=) 'd' UNION ALL SELECT y.oid, y.typnotnull, y.typbasetype FROM up JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) up.typbasetype WHERE y.typtype OPERATOR(pg_catalog.=) 'd') SELECT FROM up WHERE up.typnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.contypid OPERATOR(pg_catalog.=) up.oid)) AND NOT EXISTS (WITH RECURSIVE up AS (SELECT y.oid, y.typnotnull, y.typbasetype FROM pg_catalog.pg_type y WHERE y.oid OPERATOR(pg_catalog.=) old.type AND y.typtype OPERATOR(pg_catalog.=) 'd' UNION ALL SELECT y.oid, y.typnotnull, y.typbasetype FROM up JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) up.typbasetype WHERE y.typtype OPERATOR(pg_catalog.=) 'd') SELECT FROM up WHERE up.typnotnull) UNION ALL SELECT pg_catalog.format('trigger %I of %s is for UPDATE OF it, and would not fire when the twin is written', t.tgname, t.tgrelid::pg_catalog.regclass) FROM old JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) old.attrelid WHERE NOT t.tgisinternal AND old.attnum OPERATOR(pg_catalog.=) ANY (t.tgattr) UNION ALL SELECT pg_catalog.format('it has a twin already, see constraint %I', k.conname) FROM old JOIN pg_catalog.pg_constraint k ON k.conrelid OPERATOR(pg_catalog.=) old.attrelid WHERE level OPERATOR(pg_catalog.=) 0 AND k.conname OPERATOR(pg_catalog.~) '^zdt_sync_' AND old.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) UNION ALL SELECT pg_catalog.format('trigger %I of %s would fire after ours, and could change a row that is in step', t.tgname, t.tgrelid::pg_catalog.regclass) FROM old JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) old.attrelid WHERE NOT t.tgisinternal AND t.tgtype OPERATOR(pg_catalog.&) 3 OPERATOR(pg_catalog.=) 3 AND t.tgname::pg_catalog.text COLLATE "C" OPERATOR(pg_catalog.>) 'zzz_zdt_sync_events_text_body_6a1cccda' COLLATE "C" AND t.tgname OPERATOR(pg_catalog.!~) '^zzz_zdt_sync_') x (words)$sql$]);

CALL pg_temp.zdt_end();

-- alembic_zdt: fill "events.body"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'fill "events.body"',
  done => 'false',
  wrong => $sql$SELECT z.words, pg_catalog.pg_get_userbyid(z.role)::pg_catalog.text AS owner, z.mending FROM (SELECT pg_catalog.format('trigger %I, which calls %s', g.tgname, f.oid::pg_catalog.regprocedure), f.proowner, pg_catalog.format('DROP TRIGGER %I ON %s', g.tgname, g.tgrelid::pg_catalog.regclass) FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND g.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_text_body_6a1cccda' UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_up_events_text_body_a56c8600' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_down_events_text_body_7980774a' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_up_cast_events_text_body_cc3430e6' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_down_cast_events_text_body_62e69d3c' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false)))) z (words, role, mending) WHERE NOT (z.role OPERATOR(pg_catalog.=) ANY (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member OPERATOR(pg_catalog.=) ours.role WHERE coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) z.role AND r.rolsuper) OR EXISTS (SELECT FROM pg_catalog.pg_class s WHERE s.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND pg_catalog.pg_has_role(z.role, s.relowner, 'USAGE')))$sql$,
  wanted => 'fill "events.body"');

CALL pg_temp.zdt_refuse(
  purpose => 'fill "events.body"',
  done => 'false',
  wrong => $sql$SELECT k.name, k.columns FROM (SELECT c.conname::pg_catalog.text AS name, (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY a.attname::pg_catalog.text COLLATE "C") FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) c.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (c.conkey)) AS columns FROM pg_catalog.pg_constraint c WHERE c.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND c.contype OPERATOR(pg_catalog.=) 'c' AND c.conname OPERATOR(pg_catalog.~~) 'zdt_sync%') k WHERE (k.name OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e' AND k.columns OPERATOR(pg_catalog.<>) ARRAY['body', 'text']::pg_catalog.text[]) OR (k.name OPERATOR(pg_catalog.<>) ALL (ARRAY['zdt_sync_events_text_body_5d1dba2e', 'zdt_sync_events_body_text_08680d2d']) AND NOT k.columns OPERATOR(pg_catalog.<>) ARRAY['body', 'text']::pg_catalog.text[])$sql$,
  wanted => 'fill "events.body"');

CALL pg_temp.zdt_refuse(
  purpose => 'fill "events.body"',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE NOT (((EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_text_body_6a1cccda') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e')) OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'text' AND NOT a.attisdropped))) OR (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_body_text_fb084791') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d')))$sql$,
  wanted => 'fill "events.body"');

CALL pg_temp.zdt_refuse(
  purpose => 'fill "events.body"',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_text_body_6a1cccda') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e')) AND NOT ((EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_text_body_6a1cccda') AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_text_body_6a1cccda' AND t.tgenabled OPERATOR(pg_catalog.<>) 'A' AND (t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') OR t.tgrelid OPERATOR(pg_catalog.=) ANY (SELECT p.relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass('events')) p)))) AND EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e'))$sql$,
  wanted => 'fill "events.body"');

-- backfill "events.body"
-- lock: ROW EXCLUSIVE on events, blocks nothing
-- skipped when every row is proven to have it
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
); FOR zdt_found IN SELECT DISTINCT pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END) AS mending FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND g.grantee OPERATOR(pg_catalog.<>) c.relowner LOOP EXECUTE zdt_found.mending; END LOOP; END IF; FOR zdt_found IN SELECT z.* FROM (SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it belongs to %s', pg_catalog.pg_get_userbyid(c.relowner)), pg_catalog.format('ALTER TABLE %s OWNER TO %I', c.oid::pg_catalog.regclass, current_user) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND NOT (c.relowner OPERATOR(pg_catalog.=) ANY (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member OPERATOR(pg_catalog.=) ours.role WHERE coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) c.relowner AND r.rolsuper)) AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.oid OPERATOR(pg_catalog.=) c.relnamespace AND pg_catalog.pg_has_role(c.relowner, n.nspowner, 'USAGE')) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it has row level security'), pg_catalog.format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND c.relrowsecurity UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('trigger %I is on it', t.tgname), pg_catalog.format('DROP TRIGGER %I ON %s', t.tgname, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) c.oid WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND NOT t.tgisinternal UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('rule %I is on it', r.rulename), pg_catalog.format('DROP RULE %I ON %s', r.rulename, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_rewrite r ON r.ev_class OPERATOR(pg_catalog.=) c.oid WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND r.rulename OPERATOR(pg_catalog.<>) '_RETURN' UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s inherits from %s', h.inhrelid::pg_catalog.regclass, h.inhparent::pg_catalog.regclass), pg_catalog.format('ALTER TABLE %s NO INHERIT %s', h.inhrelid::pg_catalog.regclass, h.inhparent::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_inherits h ON c.oid OPERATOR(pg_catalog.=) ANY (ARRAY[h.inhrelid, h.inhparent]) WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND true UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('constraint %I uses %s', k.conname, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', c.oid::pg_catalog.regclass, k.conname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_constraint k ON k.conrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) k.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('column %I uses %s', a.attname, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('ALTER TABLE %s ALTER %I DROP DEFAULT', c.oid::pg_catalog.regclass, a.attname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attrdef f ON f.adrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.=) f.adnum JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) f.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('column %I uses %s', a.attname, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('ALTER TABLE %s DROP %I', c.oid::pg_catalog.regclass, a.attname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) c.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid OPERATOR(pg_catalog.=) a.attnum WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('index %s uses %s', i.indexrelid::pg_catalog.regclass, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('DROP INDEX %s', i.indexrelid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_index i ON i.indrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) i.indexrelid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write it', CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END), pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END) FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND g.privilege_type OPERATOR(pg_catalog.=) ANY (ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AND g.grantee OPERATOR(pg_catalog.<>) c.relowner AND (g.grantee OPERATOR(pg_catalog.=) 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) g.grantee AND r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user])) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write its column %I', CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END, a.attname), pg_catalog.format('REVOKE ALL (%I) ON TABLE %s FROM %s', a.attname, c.oid::pg_catalog.regclass, CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid, LATERAL pg_catalog.aclexplode(a.attacl) g WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND g.privilege_type OPERATOR(pg_catalog.=) ANY (ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AND g.grantee OPERATOR(pg_catalog.<>) c.relowner AND (g.grantee OPERATOR(pg_catalog.=) 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) g.grantee AND r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user])) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('role %I may not read it', current_user), pg_catalog.format('GRANT %I TO %I', pg_catalog.pg_get_userbyid(c.relowner), current_user) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill') AND NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')) z (name, words, mending) LOOP RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = pg_catalog.format('cannot use %s: %s', zdt_found.name, zdt_found.words), HINT = pg_catalog.format('Look at what is in it, then run: %s;', zdt_found.mending); END LOOP; END $zdt$;
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
) WITH (fillfactor = 50); FOR zdt_found IN SELECT DISTINCT pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END) AS mending FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND g.grantee OPERATOR(pg_catalog.<>) c.relowner LOOP EXECUTE zdt_found.mending; END LOOP; END IF; FOR zdt_found IN SELECT z.* FROM (SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it belongs to %s', pg_catalog.pg_get_userbyid(c.relowner)), pg_catalog.format('ALTER TABLE %s OWNER TO %I', c.oid::pg_catalog.regclass, current_user) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND NOT (c.relowner OPERATOR(pg_catalog.=) ANY (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member OPERATOR(pg_catalog.=) ours.role WHERE coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) c.relowner AND r.rolsuper)) AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.oid OPERATOR(pg_catalog.=) c.relnamespace AND pg_catalog.pg_has_role(c.relowner, n.nspowner, 'USAGE')) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('it has row level security'), pg_catalog.format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND c.relrowsecurity UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('trigger %I is on it', t.tgname), pg_catalog.format('DROP TRIGGER %I ON %s', t.tgname, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) c.oid WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND NOT t.tgisinternal UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('rule %I is on it', r.rulename), pg_catalog.format('DROP RULE %I ON %s', r.rulename, c.oid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_rewrite r ON r.ev_class OPERATOR(pg_catalog.=) c.oid WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND r.rulename OPERATOR(pg_catalog.<>) '_RETURN' UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s inherits from %s', h.inhrelid::pg_catalog.regclass, h.inhparent::pg_catalog.regclass), pg_catalog.format('ALTER TABLE %s NO INHERIT %s', h.inhrelid::pg_catalog.regclass, h.inhparent::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_inherits h ON c.oid OPERATOR(pg_catalog.=) ANY (ARRAY[h.inhrelid, h.inhparent]) WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND true UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('constraint %I uses %s', k.conname, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', c.oid::pg_catalog.regclass, k.conname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_constraint k ON k.conrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) k.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('column %I uses %s', a.attname, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('ALTER TABLE %s ALTER %I DROP DEFAULT', c.oid::pg_catalog.regclass, a.attname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attrdef f ON f.adrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.=) f.adnum JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) f.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('column %I uses %s', a.attname, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('ALTER TABLE %s DROP %I', c.oid::pg_catalog.regclass, a.attname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) c.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid OPERATOR(pg_catalog.=) a.attnum WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('index %s uses %s', i.indexrelid::pg_catalog.regclass, pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)), pg_catalog.format('DROP INDEX %s', i.indexrelid::pg_catalog.regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_index i ON i.indrelid OPERATOR(pg_catalog.=) c.oid JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) i.indexrelid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass]) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write it', CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END), pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', c.oid::pg_catalog.regclass, CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END) FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND g.privilege_type OPERATOR(pg_catalog.=) ANY (ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AND g.grantee OPERATOR(pg_catalog.<>) c.relowner AND (g.grantee OPERATOR(pg_catalog.=) 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) g.grantee AND r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user])) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('%s may write its column %I', CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END, a.attname), pg_catalog.format('REVOKE ALL (%I) ON TABLE %s FROM %s', a.attname, c.oid::pg_catalog.regclass, CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::pg_catalog.text END) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid, LATERAL pg_catalog.aclexplode(a.attacl) g WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND g.privilege_type OPERATOR(pg_catalog.=) ANY (ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AND g.grantee OPERATOR(pg_catalog.<>) c.relowner AND (g.grantee OPERATOR(pg_catalog.=) 0 OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) g.grantee AND r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user])) UNION ALL SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format('role %I may not read it', current_user), pg_catalog.format('GRANT %I TO %I', pg_catalog.pg_get_userbyid(c.relowner), current_user) FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('alembic_zdt_backfill_slice') AND NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')) z (name, words, mending) LOOP RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = pg_catalog.format('cannot use %s: %s', zdt_found.name, zdt_found.words), HINT = pg_catalog.format('Look at what is in it, then run: %s;', zdt_found.mending); END LOOP; END $zdt$;
DO $zdt$
#variable_conflict use_column
DECLARE
  zdt_name constant pg_catalog.text := 'events.body';
  zdt_fingerprint constant pg_catalog.text := '4b6931c33268bb5c' OPERATOR(pg_catalog.||) ':' OPERATOR(pg_catalog.||) (SELECT pg_catalog.concat_ws(':', attrelid, pg_catalog.string_agg(attnum::pg_catalog.text, ',' ORDER BY attnum)) FROM pg_catalog.pg_attribute WHERE attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND attname OPERATOR(pg_catalog.=) ANY (ARRAY['body']) AND NOT attisdropped GROUP BY attrelid);
  zdt_pending constant pg_catalog.text := '(NOT (pg_catalog.record_image_eq(ROW(body), ROW(text))))';
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
BEGIN
  IF ((EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e' AND k.convalidated) OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'text' AND NOT a.attisdropped))) OR (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_body_text_fb084791') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d'))) THEN
    RETURN;
  END IF;
  -- Begin, or go on with what an interrupted run has left.
  SELECT * INTO zdt_known FROM alembic_zdt_backfill WHERE name OPERATOR(pg_catalog.=) zdt_name;
  EXECUTE 'SELECT EXISTS (SELECT FROM ' OPERATOR(pg_catalog.||) 'events AS events' OPERATOR(pg_catalog.||) ' WHERE ' OPERATOR(pg_catalog.||) zdt_pending OPERATOR(pg_catalog.||) ')'
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
    VALUES (zdt_name, '{"table": {"name": "events", "schema": null}, "values": {"body": "text"}, "where": "NOT (pg_catalog.record_image_eq(ROW(body), ROW(text)))", "key": [], "batch_rows": 0, "batch_seconds": 0.1, "max_replica_lag": 10.0, "pause": 0.0, "throttle": "", "verify": true, "directive": "migrate_rename_column"}', zdt_fingerprint, 'running', pg_catalog.now(), 1)
    ON CONFLICT (name) DO UPDATE SET status = 'running', error = NULL;
  IF NOT EXISTS (SELECT FROM alembic_zdt_backfill_slice WHERE backfill OPERATOR(pg_catalog.=) zdt_name) THEN
    INSERT INTO alembic_zdt_backfill_slice (backfill, number, round, kind, relation, last_page)
    WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending)
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

    -- No slice is left: is there any row?  Read in one statement, so in one snapshot.
    IF NOT FOUND THEN
      SELECT round INTO zdt_known FROM alembic_zdt_backfill WHERE name OPERATOR(pg_catalog.=) zdt_name;
      WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending)
      SELECT pg_catalog.string_agg('SELECT ' OPERATOR(pg_catalog.||) c.oid OPERATOR(pg_catalog.||) '::pg_catalog.oid AS relation,'
        OPERATOR(pg_catalog.||) ' pg_catalog.count(*) AS rows, (pg_catalog.min(ctid)::pg_catalog.text'
        OPERATOR(pg_catalog.||) '::pg_catalog.point)[0]::bigint AS first, (pg_catalog.max(ctid)'
        OPERATOR(pg_catalog.||) '::pg_catalog.text::pg_catalog.point)[0]::bigint AS last FROM ONLY '
        OPERATOR(pg_catalog.||) c.oid::pg_catalog.regclass OPERATOR(pg_catalog.||) ' AS ' OPERATOR(pg_catalog.||) 'events' OPERATOR(pg_catalog.||) ' WHERE ' OPERATOR(pg_catalog.||) zdt_pending,
        ' UNION ALL ')
      INTO zdt_from
      FROM pg_catalog.pg_class c WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
        AND c.oid OPERATOR(pg_catalog.=) ANY (SELECT oid FROM tree);
      zdt_left := 0;
      IF true AND zdt_from IS NOT NULL THEN
        EXECUTE 'SELECT coalesce(pg_catalog.sum(rows), 0) FROM (' OPERATOR(pg_catalog.||) zdt_from OPERATOR(pg_catalog.||) ') x'
          INTO zdt_left;
      END IF;
      EXIT WHEN zdt_left OPERATOR(pg_catalog.=) 0;
      IF zdt_left OPERATOR(pg_catalog.>=) zdt_fewest THEN
        zdt_vain := zdt_vain OPERATOR(pg_catalog.+) 1;
      ELSE
        zdt_vain := 0;
        zdt_fewest := zdt_left;
      END IF;
      IF zdt_vain OPERATOR(pg_catalog.>=) 6 THEN
        RAISE EXCEPTION 'backfill "%" leaves % rows', zdt_name, zdt_left USING
          DETAIL = 'They fulfil ' OPERATOR(pg_catalog.||) zdt_pending OPERATOR(pg_catalog.||) ', and ' OPERATOR(pg_catalog.||) zdt_vain
            OPERATOR(pg_catalog.||) ' rounds have left no fewer: something writes such rows all the time, '
            'or the update does not make it false.',
          HINT = 'Let new rows be written as they should be, then run this again.';
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

    -- One slice, batch after batch.
    zdt_from := zdt_slice.relation::pg_catalog.regclass::pg_catalog.text;
    zdt_all := pg_catalog.replace('UPDATE ONLY <table> AS events SET body = text WHERE events.ctid OPERATOR(pg_catalog.>=) (''('' OPERATOR(pg_catalog.||) ($1 OPERATOR(pg_catalog.->>)''page'')::bigint OPERATOR(pg_catalog.||) '',0)'')::pg_catalog.tid AND events.ctid OPERATOR(pg_catalog.<) (''('' OPERATOR(pg_catalog.||) ($2 OPERATOR(pg_catalog.->>)''page'')::bigint OPERATOR(pg_catalog.||) '',0)'')::pg_catalog.tid AND (NOT (pg_catalog.record_image_eq(ROW(body), ROW(text))))', '<table>', zdt_from);
    zdt_few := pg_catalog.replace('UPDATE ONLY <table> AS events SET body = text WHERE events.ctid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT few.tid FROM (SELECT (''('' OPERATOR(pg_catalog.||) page OPERATOR(pg_catalog.||) '',0)'')::pg_catalog.tid AS first, (''('' OPERATOR(pg_catalog.||) (page OPERATOR(pg_catalog.+) 1) OPERATOR(pg_catalog.||) '',0)'')::pg_catalog.tid AS behind FROM pg_catalog.generate_series(($1 OPERATOR(pg_catalog.->>)''page'')::bigint, ($2 OPERATOR(pg_catalog.->>)''page'')::bigint OPERATOR(pg_catalog.-) 1) AS page OFFSET 0) AS pages, LATERAL (SELECT events.ctid AS tid FROM ONLY <table> AS events WHERE events.ctid OPERATOR(pg_catalog.>=) pages.first AND events.ctid OPERATOR(pg_catalog.<) pages.behind AND (NOT (pg_catalog.record_image_eq(ROW(body), ROW(text)))) LIMIT $3) AS few)) AND (NOT (pg_catalog.record_image_eq(ROW(body), ROW(text))))', '<table>', zdt_from);
    zdt_next := pg_catalog.replace('SELECT NULL::pg_catalog.jsonb', '<table>', zdt_from);
    zdt_is_indexed := 'pages' OPERATOR(pg_catalog.<>) 'pages' OR (EXISTS (SELECT DISTINCT x.relname::pg_catalog.text FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid OPERATOR(pg_catalog.=) i.indexrelid JOIN pg_catalog.pg_am m ON m.oid OPERATOR(pg_catalog.=) x.relam JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) i.indrelid WHERE i.indrelid OPERATOR(pg_catalog.=) zdt_slice.relation AND a.attname OPERATOR(pg_catalog.=) ANY (ARRAY['body']) AND (a.attnum OPERATOR(pg_catalog.=) ANY (i.indkey) OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid OPERATOR(pg_catalog.=) i.indexrelid AND d.refobjid OPERATOR(pg_catalog.=) a.attrelid AND d.refobjsubid OPERATOR(pg_catalog.=) a.attnum)) AND (m.amname OPERATOR(pg_catalog.<>) 'brin' OR pg_catalog.current_setting('server_version_num')::int OPERATOR(pg_catalog.<) 160000) ORDER BY 1));
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
        -- All that few rows at once can do is to stay on their pages.
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
        zdt_is_done := zdt_end IS NULL
          OR (zdt_end OPERATOR(pg_catalog.->>)'page')::bigint OPERATOR(pg_catalog.>=) zdt_slice.last_page;
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
DO $zdt$ BEGIN IF NOT (((EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e' AND k.convalidated) OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'text' AND NOT a.attisdropped))) OR (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_body_text_fb084791') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d')))) THEN ANALYZE events (body); END IF; END $zdt$;

-- validate constraint "zdt_sync_events_text_body_5d1dba2e" on "events"
-- lock: SHARE UPDATE EXCLUSIVE on events, blocks other schema changes
-- scan: events
-- skipped when constraint "zdt_sync_events_text_body_5d1dba2e" is validated there
SELECT 'ALTER TABLE events VALIDATE CONSTRAINT zdt_sync_events_text_body_5d1dba2e'
WHERE NOT (EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e' AND k.convalidated) OR ((EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e' AND k.convalidated) OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'text' AND NOT a.attisdropped))) OR (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_body_text_fb084791') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d'))))
\gexec

CALL pg_temp.zdt_end();

-- alembic_zdt: keep "events.body" alone
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'keep "events.body" alone',
  done => 'false',
  wrong => $sql$SELECT z.words, pg_catalog.pg_get_userbyid(z.role)::pg_catalog.text AS owner, z.mending FROM (SELECT pg_catalog.format('trigger %I, which calls %s', g.tgname, f.oid::pg_catalog.regprocedure), f.proowner, pg_catalog.format('DROP TRIGGER %I ON %s', g.tgname, g.tgrelid::pg_catalog.regclass) FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND g.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_text_body_6a1cccda' UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_up_events_text_body_a56c8600' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_down_events_text_body_7980774a' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_up_cast_events_text_body_cc3430e6' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))) UNION ALL SELECT pg_catalog.format('routine %s', p.oid::pg_catalog.regprocedure), p.proowner, pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure, current_user) FROM pg_catalog.pg_proc p WHERE p.proname OPERATOR(pg_catalog.=) 'zdt_down_cast_events_text_body_62e69d3c' AND p.pronamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false)))) z (words, role, mending) WHERE NOT (z.role OPERATOR(pg_catalog.=) ANY (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member OPERATOR(pg_catalog.=) ours.role WHERE coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) z.role AND r.rolsuper) OR EXISTS (SELECT FROM pg_catalog.pg_class s WHERE s.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND pg_catalog.pg_has_role(z.role, s.relowner, 'USAGE')))$sql$,
  wanted => 'keep "events.body" alone');

CALL pg_temp.zdt_refuse(
  purpose => 'keep "events.body" alone',
  done => 'false',
  wrong => $sql$SELECT k.name, k.columns FROM (SELECT c.conname::pg_catalog.text AS name, (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY a.attname::pg_catalog.text COLLATE "C") FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) c.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (c.conkey)) AS columns FROM pg_catalog.pg_constraint c WHERE c.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND c.contype OPERATOR(pg_catalog.=) 'c' AND c.conname OPERATOR(pg_catalog.~~) 'zdt_sync%') k WHERE (k.name OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e' AND k.columns OPERATOR(pg_catalog.<>) ARRAY['body', 'text']::pg_catalog.text[]) OR (k.name OPERATOR(pg_catalog.<>) ALL (ARRAY['zdt_sync_events_text_body_5d1dba2e', 'zdt_sync_events_body_text_08680d2d']) AND NOT k.columns OPERATOR(pg_catalog.<>) ARRAY['body', 'text']::pg_catalog.text[])$sql$,
  wanted => 'keep "events.body" alone');

CALL pg_temp.zdt_refuse(
  purpose => 'keep "events.body" alone',
  done => 'false',
  wrong => $sql$SELECT 1 WHERE NOT ((EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_text_body_6a1cccda') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e')) OR (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_body_text_fb084791') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d')) OR (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'text' AND NOT a.attisdropped)))$sql$,
  wanted => 'keep "events.body" alone');

-- rename "events.text" to "body", whose place it takes
-- lock: ACCESS EXCLUSIVE on events, blocks reads and writes
-- skipped when no window from "text" to "body" is open
CALL pg_temp.zdt_step(
  purpose => 'rename "events.text" to "body", whose place it takes',
  done => $sql$(NOT (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_text_body_6a1cccda') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e')))$sql$,
  statement => $sql$DO $zdt$
BEGIN
  EXECUTE coalesce((SELECT pg_catalog.string_agg(pg_catalog.format('GRANT %s (text) ON events TO %s%s', privilege, grantee, CASE WHEN grantable THEN ' WITH GRANT OPTION' ELSE '' END), '; ') FROM (SELECT x.privilege_type AS privilege, CASE WHEN x.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE x.grantee::pg_catalog.regrole::pg_catalog.text END AS grantee, x.is_grantable AS grantable FROM pg_catalog.pg_attribute a, LATERAL pg_catalog.aclexplode(a.attacl) x WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND NOT a.attisdropped ORDER BY 2, 1) g), 'SELECT 1');
END
$zdt$; DO $zdt$ DECLARE zdt_grant pg_catalog.text; BEGIN FOR zdt_grant IN WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending) SELECT pg_catalog.format('GRANT %s (text) ON %s TO %s%s', x.privilege_type, tree.oid::pg_catalog.regclass, CASE WHEN x.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE x.grantee::pg_catalog.regrole::pg_catalog.text END, CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) tree.oid, LATERAL pg_catalog.aclexplode(a.attacl) x WHERE tree.level OPERATOR(pg_catalog.>) 0 AND a.attname OPERATOR(pg_catalog.=) 'body' LOOP EXECUTE zdt_grant; END LOOP; END $zdt$; DROP TRIGGER IF EXISTS zzz_zdt_sync_events_text_body_6a1cccda ON events; ALTER TABLE events DROP CONSTRAINT IF EXISTS zdt_sync_events_text_body_5d1dba2e; DROP FUNCTION IF EXISTS zdt_sync_events_text_body_5d1dba2e; ALTER TABLE events DROP COLUMN body; ALTER TABLE events RENAME COLUMN text TO body$sql$,
  tables => ARRAY['events'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 'a row that is not proven to have it, maybe' WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_text_body_5d1dba2e' AND k.convalidated)$sql$, $sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) tree.oid JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attname OPERATOR(pg_catalog.=) 'body' AND NOT a.attisdropped) SELECT words FROM (SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM old JOIN pg_catalog.pg_depend d ON d.refobjid OPERATOR(pg_catalog.=) old.attrelid AND d.refobjsubid OPERATOR(pg_catalog.=) old.attnum AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_constraint k ON k.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_trigger t ON t.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass CROSS JOIN LATERAL (SELECT coalesce(k.conname, t.tgname, i.relname, '')::pg_catalog.text AS name) o WHERE o.name OPERATOR(pg_catalog.<>) ALL (ARRAY['zdt_sync_events_text_body_5d1dba2e', 'zzz_zdt_sync_events_text_body_6a1cccda']::pg_catalog.text[]) AND NOT false AND NOT (level OPERATOR(pg_catalog.>) 0 AND (coalesce(k.conparentid OPERATOR(pg_catalog.<>) 0 OR k.coninhcount OPERATOR(pg_catalog.>) 0, false) OR coalesce(t.tgparentid OPERATOR(pg_catalog.<>) 0, false) OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid OPERATOR(pg_catalog.=) i.oid))) AND o.name OPERATOR(pg_catalog.!~) '^zdt_copy_' AND coalesce(k.contype OPERATOR(pg_catalog.<>) 'n', true)) x (words)$sql$]);

-- drop "text", the twin of "events.body"
-- lock: ACCESS EXCLUSIVE on events, blocks reads and writes
-- skipped when no window from "body" to "text" is open
CALL pg_temp.zdt_step(
  purpose => 'drop "text", the twin of "events.body"',
  done => $sql$(NOT (EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_body_text_fb084791') OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d')))$sql$,
  statement => 'DROP TRIGGER IF EXISTS zzz_zdt_sync_events_body_text_fb084791 ON events; ALTER TABLE events DROP CONSTRAINT IF EXISTS zdt_sync_events_body_text_08680d2d; DROP FUNCTION IF EXISTS zdt_sync_events_body_text_08680d2d; ALTER TABLE events DROP COLUMN text',
  tables => ARRAY['events'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 1 WHERE NOT (((EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_body_text_fb084791') AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgname OPERATOR(pg_catalog.=) 'zzz_zdt_sync_events_body_text_fb084791' AND t.tgenabled OPERATOR(pg_catalog.<>) 'A' AND (t.tgrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') OR t.tgrelid OPERATOR(pg_catalog.=) ANY (SELECT p.relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass('events')) p)))) AND EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d')) OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'zdt_sync_events_body_text_08680d2d' AND k.convalidated))$sql$, $sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('events')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) tree.oid JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attname OPERATOR(pg_catalog.=) 'text' AND NOT a.attisdropped) SELECT words FROM (SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM old JOIN pg_catalog.pg_depend d ON d.refobjid OPERATOR(pg_catalog.=) old.attrelid AND d.refobjsubid OPERATOR(pg_catalog.=) old.attnum AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_constraint k ON k.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_trigger t ON t.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass CROSS JOIN LATERAL (SELECT coalesce(k.conname, t.tgname, i.relname, '')::pg_catalog.text AS name) o WHERE o.name OPERATOR(pg_catalog.<>) ALL (ARRAY['zdt_sync_events_body_text_08680d2d', 'zzz_zdt_sync_events_body_text_fb084791']::pg_catalog.text[]) AND NOT false AND NOT (level OPERATOR(pg_catalog.>) 0 AND (coalesce(k.conparentid OPERATOR(pg_catalog.<>) 0 OR k.coninhcount OPERATOR(pg_catalog.>) 0, false) OR coalesce(t.tgparentid OPERATOR(pg_catalog.<>) 0, false) OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid OPERATOR(pg_catalog.=) i.oid))) AND o.name OPERATOR(pg_catalog.!~) '^zdt_copy_' AND coalesce(k.contype OPERATOR(pg_catalog.<>) 'n', true)) x (words)$sql$]);

CALL pg_temp.zdt_end();
