-- alembic_zdt: rename table "users" to "people", and leave a view
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'rename table "users" to "people", and leave a view',
  done => 'false',
  wrong => $sql$SELECT 'no such table' WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('people') AND c.relkind IN ('r', 'p')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('users') AND c.relkind IN ('r', 'p'))$sql$,
  wanted => 'rename table "users" to "people", and leave a view');

CALL pg_temp.zdt_refuse(
  purpose => 'rename table "users" to "people", and leave a view',
  done => 'false',
  wrong => $sql$SELECT 'row level security' WHERE (EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('users') AND c.relrowsecurity) OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('people') AND c.relrowsecurity)) AND (pg_catalog.current_setting('server_version_num')::int < 150000) AND NOT EXISTS (SELECT FROM pg_catalog.pg_class v JOIN pg_catalog.pg_rewrite r ON r.ev_class = v.oid JOIN pg_catalog.pg_depend d ON d.objid = r.oid AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass WHERE v.oid = pg_catalog.to_regclass('users') AND v.relkind = 'v' AND d.refobjid = pg_catalog.to_regclass('people') AND pg_catalog.starts_with(pg_catalog.obj_description(r.oid, 'pg_rewrite'), 'alembic_zdt: the old name of '))$sql$,
  wanted => 'rename table "users" to "people", and leave a view');

-- rename table "users" to "people", and leave a view
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when the table is "people"
CALL pg_temp.zdt_step(
  purpose => 'rename table "users" to "people", and leave a view',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('people') AND c.relkind IN ('r', 'p')) AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('users') AND c.relkind IN ('r', 'p')))$sql$,
  statement => $sql$ALTER TABLE users RENAME TO people; CREATE VIEW users AS SELECT * FROM people; COMMENT ON RULE "_RETURN" ON users IS 'alembic_zdt: the old name of people'; DO $zdt$ BEGIN EXECUTE coalesce((SELECT pg_catalog.format('ALTER VIEW users SET SCHEMA %I', n.nspname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_class v ON v.relnamespace <> c.relnamespace WHERE c.oid = pg_catalog.to_regclass('people') AND v.oid = pg_catalog.to_regclass('users')), 'SELECT 1'); END $zdt$; DO $zdt$ BEGIN EXECUTE coalesce((SELECT 'ALTER VIEW users SET (security_invoker = true)' WHERE NOT (pg_catalog.current_setting('server_version_num')::int < 150000)), 'SELECT 1'); END $zdt$; DO $zdt$ BEGIN EXECUTE coalesce((SELECT pg_catalog.format('COMMENT ON VIEW users IS %L', x) FROM (VALUES (pg_catalog.obj_description(pg_catalog.to_regclass('people'), 'pg_class'))) v (x) WHERE x IS NOT NULL), 'SELECT 1'); END $zdt$; DO $zdt$ BEGIN EXECUTE coalesce((SELECT pg_catalog.format('ALTER TABLE users OWNER TO %I', pg_catalog.pg_get_userbyid(s.relowner)) FROM pg_catalog.pg_class s JOIN pg_catalog.pg_class t ON t.relowner <> s.relowner WHERE s.oid = pg_catalog.to_regclass('people') AND t.oid = pg_catalog.to_regclass('users')), 'SELECT 1'); EXECUTE coalesce((SELECT pg_catalog.string_agg(pg_catalog.format('REVOKE %s ON users FROM %s', g.privilege_type, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END), '; ') FROM (SELECT g.privilege_type, g.grantee, g.is_grantable FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid = pg_catalog.to_regclass('users') AND g.grantee <> c.relowner EXCEPT SELECT g.privilege_type, g.grantee, g.is_grantable FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid = pg_catalog.to_regclass('people') AND g.grantee <> c.relowner) g), 'SELECT 1'); EXECUTE coalesce((SELECT pg_catalog.string_agg(pg_catalog.format('GRANT %s ON users TO %s%s', g.privilege_type, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END, CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), '; ') FROM (SELECT g.privilege_type, g.grantee, g.is_grantable FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) g WHERE c.oid = pg_catalog.to_regclass('people') AND g.grantee <> c.relowner) g), 'SELECT 1'); EXECUTE coalesce((SELECT pg_catalog.string_agg(pg_catalog.format('REVOKE %s (%I) ON users FROM %s', g.privilege_type, g.attname, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END), '; ') FROM (SELECT a.attname, g.privilege_type, g.grantee, g.is_grantable FROM pg_catalog.pg_attribute a, LATERAL pg_catalog.aclexplode(a.attacl) g WHERE a.attrelid = pg_catalog.to_regclass('users') AND NOT a.attisdropped EXCEPT SELECT t.attname, g.privilege_type, g.grantee, g.is_grantable FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_attribute t ON NOT t.attisdropped AND t.attrelid = pg_catalog.to_regclass('users') AND a.attname = t.attname, LATERAL pg_catalog.aclexplode(a.attacl) g WHERE a.attrelid = pg_catalog.to_regclass('people') AND NOT a.attisdropped) g), 'SELECT 1'); EXECUTE coalesce((SELECT pg_catalog.string_agg(pg_catalog.format('GRANT %s (%I) ON users TO %s%s', g.privilege_type, g.attname, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END, CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), '; ') FROM (SELECT t.attname, g.privilege_type, g.grantee, g.is_grantable FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_attribute t ON NOT t.attisdropped AND t.attrelid = pg_catalog.to_regclass('users') AND a.attname = t.attname, LATERAL pg_catalog.aclexplode(a.attacl) g WHERE a.attrelid = pg_catalog.to_regclass('people') AND NOT a.attisdropped) g), 'SELECT 1'); END $zdt$$sql$,
  tables => ARRAY['ONLY users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 'another relation' WHERE pg_catalog.to_regclass('people') IS NOT NULL$sql$]);

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: keep "users" as the only name of its table
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'keep "users" as the only name of its table',
  done => 'false',
  wrong => $sql$SELECT 'no such view' WHERE NOT (EXISTS (SELECT FROM pg_catalog.pg_class v JOIN pg_catalog.pg_rewrite r ON r.ev_class = v.oid JOIN pg_catalog.pg_depend d ON d.objid = r.oid AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass WHERE v.oid = pg_catalog.to_regclass('people') AND v.relkind = 'v' AND d.refobjid = pg_catalog.to_regclass('users') AND pg_catalog.starts_with(pg_catalog.obj_description(r.oid, 'pg_rewrite'), 'alembic_zdt: the old name of ')) OR EXISTS (SELECT FROM pg_catalog.pg_class v JOIN pg_catalog.pg_rewrite r ON r.ev_class = v.oid JOIN pg_catalog.pg_depend d ON d.objid = r.oid AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass WHERE v.oid = pg_catalog.to_regclass('users') AND v.relkind = 'v' AND d.refobjid = pg_catalog.to_regclass('people') AND pg_catalog.starts_with(pg_catalog.obj_description(r.oid, 'pg_rewrite'), 'alembic_zdt: the old name of ')) OR (EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass('users') AND c.relkind IN ('r', 'p')) AND pg_catalog.to_regclass('people') IS NULL))$sql$,
  wanted => 'keep "users" as the only name of its table');

-- drop the view "people" of "users"
-- lock: ACCESS EXCLUSIVE on people, blocks reads and writes
-- skipped when "people" is no view of it
CALL pg_temp.zdt_step(
  purpose => 'drop the view "people" of "users"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_class v JOIN pg_catalog.pg_rewrite r ON r.ev_class = v.oid JOIN pg_catalog.pg_depend d ON d.objid = r.oid AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass WHERE v.oid = pg_catalog.to_regclass('people') AND v.relkind = 'v' AND d.refobjid = pg_catalog.to_regclass('users') AND pg_catalog.starts_with(pg_catalog.obj_description(r.oid, 'pg_rewrite'), 'alembic_zdt: the old name of ')))$sql$,
  statement => 'DROP VIEW people',
  wrong => ARRAY[$sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('people')::oid AS oid, NULL::oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level + 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.oid WHERE NOT h.inhdetachpending), own AS (SELECT 'pg_catalog.pg_class'::pg_catalog.regclass AS class, tree.oid FROM tree UNION ALL SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid JOIN pg_catalog.pg_type t ON t.oid = c.reltype OR t.typelem = c.reltype) SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM own JOIN pg_catalog.pg_depend d ON d.refclassid = own.class AND d.refobjid = own.oid AND d.deptype = 'n' LEFT JOIN pg_catalog.pg_constraint k ON k.oid = d.objid AND d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass WHERE coalesce(k.conrelid, w.ev_class, 0) NOT IN (SELECT tree.oid FROM tree) AND NOT (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid IN (SELECT tree.oid FROM tree))$sql$]);

-- rename table "people" to "users" again
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- lock: ACCESS EXCLUSIVE on people, blocks reads and writes
-- skipped when "users" is no view of it
CALL pg_temp.zdt_step(
  purpose => 'rename table "people" to "users" again',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_class v JOIN pg_catalog.pg_rewrite r ON r.ev_class = v.oid JOIN pg_catalog.pg_depend d ON d.objid = r.oid AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass WHERE v.oid = pg_catalog.to_regclass('users') AND v.relkind = 'v' AND d.refobjid = pg_catalog.to_regclass('people') AND pg_catalog.starts_with(pg_catalog.obj_description(r.oid, 'pg_rewrite'), 'alembic_zdt: the old name of ')))$sql$,
  statement => 'DROP VIEW users; ALTER TABLE people RENAME TO users',
  tables => ARRAY['users', 'people'],
  modes => ARRAY['ACCESS EXCLUSIVE', 'ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::oid AS oid, NULL::oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level + 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.oid WHERE NOT h.inhdetachpending), own AS (SELECT 'pg_catalog.pg_class'::pg_catalog.regclass AS class, tree.oid FROM tree UNION ALL SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid JOIN pg_catalog.pg_type t ON t.oid = c.reltype OR t.typelem = c.reltype) SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM own JOIN pg_catalog.pg_depend d ON d.refclassid = own.class AND d.refobjid = own.oid AND d.deptype = 'n' LEFT JOIN pg_catalog.pg_constraint k ON k.oid = d.objid AND d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass WHERE coalesce(k.conrelid, w.ev_class, 0) NOT IN (SELECT tree.oid FROM tree) AND NOT (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid IN (SELECT tree.oid FROM tree))$sql$]);

CALL pg_temp.zdt_end();
