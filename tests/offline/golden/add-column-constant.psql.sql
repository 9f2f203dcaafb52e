-- alembic_zdt: add column "users.rank"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_compare_column(
  table_name => 'users',
  object => 'rank',
  declared => $sql$rank INTEGER DEFAULT '0' NOT NULL$sql$);

-- add column "users.rank"
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when column "rank" is there, and has this definition
CALL pg_temp.zdt_step(
  purpose => 'add column "users.rank"',
  done => $sql$((EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'rank' AND NOT a.attisdropped AND a.atttypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('INTEGER') AND coalesce(pg_catalog.substring(pg_catalog.format_type(a.atttypid, a.atttypmod), '[(]([^)]*)[)]'), '') OPERATOR(pg_catalog.=) '') AND EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'rank' AND NOT a.attisdropped AND a.atthasdef)) AND EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'rank' AND NOT a.attisdropped AND pg_catalog.col_description(a.attrelid, a.attnum) OPERATOR(pg_catalog.=) 'from 0 on'))$sql$,
  statement => $sql$ALTER TABLE users ADD COLUMN rank INTEGER DEFAULT '0' NOT NULL; COMMENT ON COLUMN users.rank IS 'from 0 on'$sql$,
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 'another column' WHERE EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND a.attname OPERATOR(pg_catalog.=) 'rank' AND NOT a.attisdropped)$sql$]);

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: drop column "users.rank"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'drop column "users.rank"',
  done => 'false',
  wrong => $sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) tree.oid JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attname OPERATOR(pg_catalog.=) 'rank' AND NOT a.attisdropped) SELECT words FROM (SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM old JOIN pg_catalog.pg_depend d ON d.refobjid OPERATOR(pg_catalog.=) old.attrelid AND d.refobjsubid OPERATOR(pg_catalog.=) old.attnum AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_constraint k ON k.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_trigger t ON t.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_statistic_ext s ON s.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass CROSS JOIN LATERAL (SELECT coalesce(k.conname, t.tgname, i.relname, s.stxname, '')::pg_catalog.text AS name) o WHERE o.name OPERATOR(pg_catalog.<>) ALL (ARRAY[]::pg_catalog.text[]) AND NOT (d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND EXISTS (SELECT FROM pg_catalog.pg_attrdef f WHERE f.oid OPERATOR(pg_catalog.=) d.objid AND f.adnum OPERATOR(pg_catalog.=) old.attnum) OR coalesce(i.relkind OPERATOR(pg_catalog.=) 'S', false)) AND NOT (level OPERATOR(pg_catalog.>) 0 AND (coalesce(k.conparentid OPERATOR(pg_catalog.<>) 0 OR k.coninhcount OPERATOR(pg_catalog.>) 0, false) OR coalesce(t.tgparentid OPERATOR(pg_catalog.<>) 0, false) OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid OPERATOR(pg_catalog.=) i.oid))) AND o.name OPERATOR(pg_catalog.!~) '^zdt_copy_' AND coalesce(k.contype OPERATOR(pg_catalog.<>) 'n', true)) x (words)$sql$,
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
  wrong => ARRAY[$sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level OPERATOR(pg_catalog.+) 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent OPERATOR(pg_catalog.=) tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) tree.oid JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attname OPERATOR(pg_catalog.=) 'rank' AND NOT a.attisdropped) SELECT words FROM (SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM old JOIN pg_catalog.pg_depend d ON d.refobjid OPERATOR(pg_catalog.=) old.attrelid AND d.refobjsubid OPERATOR(pg_catalog.=) old.attnum AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_constraint k ON k.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_trigger t ON t.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_statistic_ext s ON s.oid OPERATOR(pg_catalog.=) d.objid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass CROSS JOIN LATERAL (SELECT coalesce(k.conname, t.tgname, i.relname, s.stxname, '')::pg_catalog.text AS name) o WHERE o.name OPERATOR(pg_catalog.<>) ALL (ARRAY[]::pg_catalog.text[]) AND NOT (d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND EXISTS (SELECT FROM pg_catalog.pg_attrdef f WHERE f.oid OPERATOR(pg_catalog.=) d.objid AND f.adnum OPERATOR(pg_catalog.=) old.attnum) OR coalesce(i.relkind OPERATOR(pg_catalog.=) 'S', false)) AND NOT (level OPERATOR(pg_catalog.>) 0 AND (coalesce(k.conparentid OPERATOR(pg_catalog.<>) 0 OR k.coninhcount OPERATOR(pg_catalog.>) 0, false) OR coalesce(t.tgparentid OPERATOR(pg_catalog.<>) 0, false) OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid OPERATOR(pg_catalog.=) i.oid))) AND o.name OPERATOR(pg_catalog.!~) '^zdt_copy_' AND coalesce(k.contype OPERATOR(pg_catalog.<>) 'n', true)) x (words)$sql$]);

CALL pg_temp.zdt_end();
