-- alembic_zdt: add column "users.mood"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'add column "users.mood"',
  done => 'false',
  wrong => $sql$SELECT z.words, pg_catalog.pg_get_userbyid(z.role)::pg_catalog.text AS owner, z.mending FROM (SELECT pg_catalog.format('type %s', t.oid::pg_catalog.regtype), t.typowner, CASE WHEN t.typtype OPERATOR(pg_catalog.=) 'e' THEN pg_catalog.format('ALTER TYPE %s OWNER TO %I', t.oid::pg_catalog.regtype, current_user) ELSE pg_catalog.format('DROP TYPE %s', t.oid::pg_catalog.regtype) END FROM pg_catalog.pg_type t WHERE t.typname OPERATOR(pg_catalog.=) 'mood' AND t.typnamespace OPERATOR(pg_catalog.=) ANY (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false)))) z (words, role, mending) WHERE NOT (z.role OPERATOR(pg_catalog.=) ANY (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member OPERATOR(pg_catalog.=) ours.role WHERE (coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m) OPERATOR(pg_catalog.->>)'set_option')::pg_catalog.bool, true)) AND EXISTS (SELECT FROM pg_catalog.pg_roles r JOIN pg_catalog.pg_database d ON d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() WHERE r.oid OPERATOR(pg_catalog.=) m.grantor AND (r.rolsuper OR r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[current_user, session_user]) OR pg_catalog.pg_has_role(r.oid, d.datdba, 'USAGE')))) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) z.role AND r.rolsuper) OR EXISTS (SELECT FROM pg_catalog.pg_class s WHERE s.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND pg_catalog.pg_has_role(z.role, s.relowner, 'USAGE')))$sql$,
  wanted => 'add column "users.mood"');

CALL pg_temp.zdt_compare_column(
  table_name => 'users',
  object => 'mood',
  declared => 'mood mood');

-- create enum type "mood"
-- skipped when it has these values
CALL pg_temp.zdt_step(
  purpose => 'create enum type "mood"',
  done => $sql$coalesce((SELECT pg_catalog.array_agg(e.enumlabel::pg_catalog.text ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('mood') AND e.enumlabel OPERATOR(pg_catalog.=) ANY (ARRAY['sad'])) OPERATOR(pg_catalog.=) ARRAY['sad']::pg_catalog.text[], false)$sql$,
  statement => $sql$CREATE TYPE mood AS ENUM ('sad')$sql$,
  wrong => ARRAY[$sql$SELECT pg_catalog.concat_ws(': ', CASE WHEN t.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum type' WHEN t.typtype OPERATOR(pg_catalog.=) 'd' THEN 'domain' ELSE 'type' END OPERATOR(pg_catalog.||) pg_catalog.format(' %s', t.oid::pg_catalog.regtype), (SELECT pg_catalog.string_agg(e.enumlabel::pg_catalog.text, ', ' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid OPERATOR(pg_catalog.=) t.oid)) FROM pg_catalog.pg_type t WHERE t.oid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('mood')$sql$]);

-- add column "users.mood"
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when column "mood" is there, and has this definition
CALL pg_temp.zdt_step(
  purpose => 'add column "users.mood"',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'mood' AND NOT a.attisdropped AND a.atttypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('mood') AND coalesce(pg_catalog.substring(pg_catalog.format_type(a.atttypid, a.atttypmod), '[(]([^)]*)[)]'), '') OPERATOR(pg_catalog.=) ''))$sql$,
  statement => 'ALTER TABLE users ADD COLUMN mood mood',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 'another column' WHERE EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'mood' AND NOT a.attisdropped)$sql$]);

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: drop column "users.mood"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'drop column "users.mood"',
  done => 'false',
  wrong => $sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) tree.oid JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attname OPERATOR(pg_catalog.=) 'mood' AND NOT a.attisdropped) SELECT words FROM (SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM old JOIN pg_catalog.pg_depend d ON d.refobjid OPERATOR(pg_catalog.=) old.attrelid AND d.refobjsubid OPERATOR(pg_catalog.=) old.attnum AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_constraint k ON k.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_trigger t ON t.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_statistic_ext s ON s.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass CROSS JOIN LATERAL (SELECT coalesce(k.conname, t.tgname, i.relname, s.stxname, '')::pg_catalog.text AS name) o WHERE o.name OPERATOR(pg_catalog.<>) ALL (ARRAY[]::pg_catalog.text[]) AND NOT (d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND EXISTS (SELECT FROM pg_catalog.pg_attrdef f WHERE f.oid OPERATOR(pg_catalog.=) d.objid AND f.adnum OPERATOR(pg_catalog.=) old.attnum) OR coalesce(i.relkind OPERATOR(pg_catalog.=) 'S', false)) AND NOT (level OPERATOR(pg_catalog.>) 0 AND (coalesce(k.conparentid OPERATOR(pg_catalog.<>) 0 OR k.coninhcount OPERATOR(pg_catalog.>) 0, false) OR coalesce(t.tgparentid OPERATOR(pg_catalog.<>) 0, false) OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid OPERATOR(pg_catalog.=) i.oid))) AND o.name OPERATOR(pg_catalog.!~) '^zdt_copy_' AND coalesce(k.contype OPERATOR(pg_catalog.<>) 'n', true)) x (words)$sql$,
  wanted => 'drop column "users.mood"');

-- drop column "users.mood"
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when there is no column "mood"
CALL pg_temp.zdt_step(
  purpose => 'drop column "users.mood"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'mood' AND NOT a.attisdropped))$sql$,
  statement => 'ALTER TABLE users DROP COLUMN mood',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) tree.oid JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attname OPERATOR(pg_catalog.=) 'mood' AND NOT a.attisdropped) SELECT words FROM (SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM old JOIN pg_catalog.pg_depend d ON d.refobjid OPERATOR(pg_catalog.=) old.attrelid AND d.refobjsubid OPERATOR(pg_catalog.=) old.attnum AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_constraint k ON k.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_trigger t ON t.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_statistic_ext s ON s.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass CROSS JOIN LATERAL (SELECT coalesce(k.conname, t.tgname, i.relname, s.stxname, '')::pg_catalog.text AS name) o WHERE o.name OPERATOR(pg_catalog.<>) ALL (ARRAY[]::pg_catalog.text[]) AND NOT (d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND EXISTS (SELECT FROM pg_catalog.pg_attrdef f WHERE f.oid OPERATOR(pg_catalog.=) d.objid AND f.adnum OPERATOR(pg_catalog.=) old.attnum) OR coalesce(i.relkind OPERATOR(pg_catalog.=) 'S', false)) AND NOT (level OPERATOR(pg_catalog.>) 0 AND (coalesce(k.conparentid OPERATOR(pg_catalog.<>) 0 OR k.coninhcount OPERATOR(pg_catalog.>) 0, false) OR coalesce(t.tgparentid OPERATOR(pg_catalog.<>) 0, false) OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid OPERATOR(pg_catalog.=) i.oid))) AND o.name OPERATOR(pg_catalog.!~) '^zdt_copy_' AND coalesce(k.contype OPERATOR(pg_catalog.<>) 'n', true)) x (words)$sql$]);

CALL pg_temp.zdt_end();
