-- alembic_zdt: add column "users.rank"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'add column "users.rank"',
  done => 'false',
  wrong => $sql$SELECT z.words, pg_catalog.pg_get_userbyid(z.role)::pg_catalog.text AS owner, z.mending FROM (SELECT pg_catalog.format('%s %s', pg_catalog.lower(CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'i' THEN 'INDEX' WHEN 'I' THEN 'INDEX' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END), c.oid::pg_catalog.regclass), c.relowner, pg_catalog.format('ALTER %s %s OWNER TO %I', CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'i' THEN 'INDEX' WHEN 'I' THEN 'INDEX' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, c.oid::pg_catalog.regclass, current_user) FROM pg_catalog.pg_class c WHERE c.relname = 'zdt_numbers_users_rank_a9c3cb82' AND c.relnamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (pg_catalog.current_schemas(false)))) z (words, role, mending) WHERE NOT (z.role IN (WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN (current_user, session_user) UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m ON m.member = ours.role WHERE coalesce((pg_catalog.to_jsonb(m)->>'inherit_option')::pg_catalog.bool, true) OR coalesce((pg_catalog.to_jsonb(m)->>'set_option')::pg_catalog.bool, true)) SELECT role FROM ours) OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = z.role AND r.rolsuper) OR EXISTS (SELECT FROM pg_catalog.pg_class s WHERE s.oid = pg_catalog.to_regclass('users') AND pg_catalog.pg_has_role(z.role, s.relowner, 'USAGE')))$sql$,
  wanted => 'add column "users.rank"');

CALL pg_temp.zdt_compare(
  table_name => 'users',
  object => 'ck_users_rank_not_null',
  statement => 'ALTER TABLE pg_temp.zdt_probe ADD CONSTRAINT ck_users_rank_not_null CHECK (rank IS NOT NULL)');

-- add column "users.rank"
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when column "rank" is there
CALL pg_temp.zdt_step(
  purpose => 'add column "users.rank"',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('users') AND a.attname = 'rank' AND NOT a.attisdropped AND a.atttypid = pg_catalog.to_regtype('INTEGER') AND coalesce(pg_catalog.substring(pg_catalog.format_type(a.atttypid, a.atttypmod), '\(([^)]*)\)'), '') = '') AND (pg_catalog.to_regclass('zdt_numbers_users_rank_a9c3cb82') IS NOT NULL OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('users') AND a.attname = 'rank' AND NOT a.attisdropped AND a.attidentity <> '')))$sql$,
  statement => $sql$ALTER TABLE users ADD COLUMN rank INTEGER; CREATE SEQUENCE zdt_numbers_users_rank_a9c3cb82 AS INTEGER; GRANT USAGE ON SEQUENCE zdt_numbers_users_rank_a9c3cb82 TO PUBLIC; ALTER TABLE users ALTER COLUMN rank SET DEFAULT nextval('zdt_numbers_users_rank_a9c3cb82'); ALTER SEQUENCE zdt_numbers_users_rank_a9c3cb82 OWNED BY users.rank$sql$,
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT 'another column' WHERE EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('users') AND a.attname = 'rank' AND NOT a.attisdropped)$sql$]);

-- backfill "users.rank"
-- lock: ROW EXCLUSIVE on users, blocks nothing
-- skipped when it is NOT NULL
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
  zdt_name constant text := 'users.rank';
  zdt_fingerprint constant text := '128c9d95a2efa2cc' || ':' || (SELECT pg_catalog.concat_ws(':', attrelid, pg_catalog.string_agg(attnum::text, ',' ORDER BY attnum)) FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass('users') AND attname IN ('rank') AND NOT attisdropped GROUP BY attrelid);
  zdt_pending constant text := '(rank IS NULL)';
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
  IF EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('users') AND a.attname = 'rank' AND a.attnotnull AND NOT a.attisdropped) THEN
    RETURN;
  END IF;
  -- Begin, or go on with what an interrupted run has left.
  SELECT * INTO zdt_known FROM alembic_zdt_backfill WHERE name = zdt_name;
  EXECUTE 'SELECT EXISTS (SELECT FROM ' || 'users AS users' || ' WHERE ' || zdt_pending || ')'
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
    VALUES (zdt_name, '{"table": {"name": "users", "schema": null}, "values": {"rank": "nextval(''zdt_numbers_users_rank_a9c3cb82'')"}, "where": "rank IS NULL", "key": [], "batch_rows": 0, "batch_seconds": 0.1, "max_replica_lag": 10.0, "pause": 0.0, "throttle": "", "verify": true}', zdt_fingerprint, 'running', now(), 1)
    ON CONFLICT (name) DO UPDATE SET status = 'running', error = NULL;
  IF NOT EXISTS (SELECT FROM alembic_zdt_backfill_slice WHERE backfill = zdt_name) THEN
    INSERT INTO alembic_zdt_backfill_slice (backfill, number, round, kind, relation, last_page)
    WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::oid AS oid, NULL::oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level + 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.oid WHERE NOT h.inhdetachpending)
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
      WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::oid AS oid, NULL::oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level + 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.oid WHERE NOT h.inhdetachpending)
      SELECT pg_catalog.string_agg('SELECT ' || c.oid || '::oid AS relation,'
        || ' pg_catalog.count(*) AS rows, (min(ctid)::text::point)[0]::bigint AS first,'
        || ' (max(ctid)::text::point)[0]::bigint + 1 AS last FROM ONLY '
        || c.oid::pg_catalog.regclass || ' AS ' || 'users' || ' WHERE ' || zdt_pending,
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
    zdt_all := pg_catalog.replace('UPDATE ONLY <table> AS users SET rank = nextval(''zdt_numbers_users_rank_a9c3cb82'') WHERE users.ctid >= (''('' || ($1->>''page'')::bigint || '',0)'')::tid AND users.ctid < (''('' || ($2->>''page'')::bigint || '',0)'')::tid AND (rank IS NULL)', '<table>', zdt_from);
    zdt_few := pg_catalog.replace('UPDATE ONLY <table> AS users SET rank = nextval(''zdt_numbers_users_rank_a9c3cb82'') WHERE users.ctid = ANY (ARRAY(SELECT few.tid FROM (SELECT (''('' || page || '',0)'')::tid AS first, (''('' || page + 1 || '',0)'')::tid AS behind FROM pg_catalog.generate_series(($1->>''page'')::bigint, ($2->>''page'')::bigint - 1) AS page OFFSET 0) AS pages, LATERAL (SELECT users.ctid AS tid FROM ONLY <table> AS users WHERE users.ctid >= pages.first AND users.ctid < pages.behind AND (rank IS NULL) LIMIT $3) AS few)) AND (rank IS NULL)', '<table>', zdt_from);
    zdt_next := pg_catalog.replace('SELECT NULL::jsonb', '<table>', zdt_from);
    zdt_is_indexed := 'pages' <> 'pages' OR (EXISTS (SELECT DISTINCT x.relname::text FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = x.relam JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid WHERE i.indrelid = zdt_slice.relation AND a.attname IN ('rank') AND (a.attnum = ANY (i.indkey) OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum)) AND (m.amname <> 'brin' OR pg_catalog.current_setting('server_version_num')::int < 160000) ORDER BY 1));
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
DO $zdt$ BEGIN IF NOT (EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('users') AND a.attname = 'rank' AND a.attnotnull AND NOT a.attisdropped)) THEN ANALYZE users (rank); END IF; END $zdt$;

-- add check constraint "ck_users_rank_not_null" as NOT VALID
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when constraint "ck_users_rank_not_null" is there
CALL pg_temp.zdt_step(
  purpose => 'add check constraint "ck_users_rank_not_null" as NOT VALID',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid = pg_catalog.to_regclass('users') AND k.conname = 'ck_users_rank_not_null' AND k.contype = 'c') OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('users') AND a.attname = 'rank' AND a.attnotnull AND NOT a.attisdropped))$sql$,
  statement => 'ALTER TABLE users ADD CONSTRAINT ck_users_rank_not_null CHECK (rank IS NOT NULL) NOT VALID',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid = pg_catalog.to_regclass('users') AND k.conname = 'ck_users_rank_not_null'$sql$]);

-- validate constraint "ck_users_rank_not_null" on "users"
-- lock: SHARE UPDATE EXCLUSIVE on users, blocks other schema changes
-- scan: users
-- skipped when constraint "ck_users_rank_not_null" is validated there
SELECT 'ALTER TABLE users VALIDATE CONSTRAINT ck_users_rank_not_null'
WHERE NOT (EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid = pg_catalog.to_regclass('users') AND k.conname = 'ck_users_rank_not_null' AND k.convalidated) OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('users') AND a.attname = 'rank' AND a.attnotnull AND NOT a.attisdropped))
\gexec

-- set NOT NULL on "users.rank", which the valid CHECK proves
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when it is NOT NULL, and the CHECK is gone
CALL pg_temp.zdt_step(
  purpose => 'set NOT NULL on "users.rank", which the valid CHECK proves',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('users') AND a.attname = 'rank' AND a.attnotnull AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid = pg_catalog.to_regclass('users') AND k.conname = 'ck_users_rank_not_null'))$sql$,
  statement => 'ALTER TABLE users ALTER COLUMN rank SET NOT NULL; ALTER TABLE users DROP CONSTRAINT IF EXISTS ck_users_rank_not_null',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE']);

-- let "users.rank" number rows by itself
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when it is an identity
CALL pg_temp.zdt_step(
  purpose => 'let "users.rank" number rows by itself',
  done => $sql$EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('users') AND a.attname = 'rank' AND NOT a.attisdropped AND a.attidentity <> '')$sql$,
  statement => $sql$ALTER TABLE users ALTER COLUMN rank DROP DEFAULT; ALTER SEQUENCE zdt_numbers_users_rank_a9c3cb82 OWNED BY NONE; ALTER TABLE users ALTER COLUMN rank ADD GENERATED BY DEFAULT AS IDENTITY; DO $zdt$
BEGIN
  PERFORM pg_catalog.setval(pg_catalog.pg_get_serial_sequence('users', 'rank')::pg_catalog.regclass, last_value, is_called) FROM zdt_numbers_users_rank_a9c3cb82;
END
$zdt$; DROP SEQUENCE zdt_numbers_users_rank_a9c3cb82$sql$,
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE']);

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: drop column "users.rank"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'drop column "users.rank"',
  done => 'false',
  wrong => $sql$WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass('users')::oid AS oid, NULL::oid AS parent, 0 AS level UNION ALL SELECT h.inhrelid, h.inhparent, tree.level + 1 FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.oid WHERE NOT h.inhdetachpending), old AS (SELECT a.*, tree.level, c.relkind, c.relispartition, t.typtype, t.oid AS type FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attname = 'rank' AND NOT a.attisdropped) SELECT words FROM (SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM old JOIN pg_catalog.pg_depend d ON d.refobjid = old.attrelid AND d.refobjsubid = old.attnum AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_constraint k ON k.oid = d.objid AND d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_trigger t ON t.oid = d.objid AND d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass LEFT JOIN pg_catalog.pg_class i ON i.oid = d.objid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass CROSS JOIN LATERAL (SELECT coalesce(k.conname, t.tgname, i.relname, '')::text AS name) o WHERE o.name <> ALL (ARRAY[]::text[]) AND NOT (d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND EXISTS (SELECT FROM pg_catalog.pg_attrdef f WHERE f.oid = d.objid AND f.adnum = old.attnum) OR i.relkind IS NOT DISTINCT FROM 'S') AND NOT (level > 0 AND (coalesce(k.conparentid <> 0 OR k.coninhcount > 0, false) OR coalesce(t.tgparentid <> 0, false) OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = i.oid))) AND o.name !~ '^zdt_copy_' AND k.contype IS DISTINCT FROM 'n') x (words)$sql$,
  wanted => 'drop column "users.rank"');

-- drop column "users.rank"
-- lock: ACCESS EXCLUSIVE on users, blocks reads and writes
-- skipped when there is no column "rank"
CALL pg_temp.zdt_step(
  purpose => 'drop column "users.rank"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('users') AND a.attname = 'rank' AND NOT a.attisdropped))$sql$,
  statement => 'ALTER TABLE users DROP COLUMN rank',
  tables => ARRAY['users'],
  modes => ARRAY['ACCESS EXCLUSIVE']);

CALL pg_temp.zdt_end();
