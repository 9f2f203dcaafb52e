-- alembic_zdt: create primary key "tags_pkey" on "tags"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'create primary key "tags_pkey" on "tags"',
  done => 'false',
  wrong => $sql$SELECT * FROM (SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.conname OPERATOR(pg_catalog.=) 'tags_pkey') wrong WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.conname OPERATOR(pg_catalog.=) 'tags_pkey' AND k.contype OPERATOR(pg_catalog.=) 'p' AND (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.n) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(attnum, n) JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) u.attnum) OPERATOR(pg_catalog.=) ARRAY['tag', 'user_id'] AND k.condeferrable OPERATOR(pg_catalog.=) false AND k.condeferred OPERATOR(pg_catalog.=) false)$sql$,
  wanted => 'create primary key "tags_pkey" on "tags"');

CALL pg_temp.zdt_refuse(
  purpose => 'create primary key "tags_pkey" on "tags"',
  done => 'false',
  wrong => $sql$SELECT k.conname::pg_catalog.text, pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND k.conkey OPERATOR(pg_catalog.=) ARRAY[a.attnum] WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.contype OPERATOR(pg_catalog.=) 'n' AND k.connoinherit AND a.attname OPERATOR(pg_catalog.=) 'tag'$sql$,
  wanted => 'create primary key "tags_pkey" on "tags"');

CALL pg_temp.zdt_refuse(
  purpose => 'create primary key "tags_pkey" on "tags"',
  done => 'false',
  wrong => $sql$SELECT k.conname::pg_catalog.text, pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND k.conkey OPERATOR(pg_catalog.=) ARRAY[a.attnum] WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.contype OPERATOR(pg_catalog.=) 'n' AND k.connoinherit AND a.attname OPERATOR(pg_catalog.=) 'user_id'$sql$,
  wanted => 'create primary key "tags_pkey" on "tags"');

CALL pg_temp.zdt_refuse(
  purpose => 'create primary key "tags_pkey" on "tags"',
  done => 'false',
  wrong => $sql$SELECT k.conname::pg_catalog.text, pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.contype OPERATOR(pg_catalog.=) 'p' AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.conname OPERATOR(pg_catalog.=) 'tags_pkey' AND k.contype OPERATOR(pg_catalog.=) 'p' AND (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.n) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(attnum, n) JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) u.attnum) OPERATOR(pg_catalog.=) ARRAY['tag', 'user_id'] AND k.condeferrable OPERATOR(pg_catalog.=) false AND k.condeferred OPERATOR(pg_catalog.=) false)$sql$,
  wanted => 'create primary key "tags_pkey" on "tags"');

CALL pg_temp.zdt_refuse(
  purpose => 'create primary key "tags_pkey" on "tags"',
  done => 'false',
  wrong => $sql$SELECT * FROM (SELECT c.relkind::pg_catalog.text, i.indrelid::pg_catalog.regclass::pg_catalog.text,
  pg_catalog.concat(pg_catalog.pg_get_indexdef(i.indexrelid),
  ' TABLESPACE ' OPERATOR(pg_catalog.||) (SELECT s.spcname FROM pg_catalog.pg_tablespace s
    WHERE s.oid OPERATOR(pg_catalog.=) c.reltablespace), (SELECT pg_catalog.format(
    ', of constraint %I %s', o.conname, pg_catalog.pg_get_constraintdef(o.oid))
    FROM pg_catalog.pg_constraint o
    WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))), i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags')
FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid
WHERE c.relname OPERATOR(pg_catalog.=) 'tags_pkey' AND c.relnamespace OPERATOR(pg_catalog.=)
  (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags'))) wrong WHERE NOT ((EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND c.relname OPERATOR(pg_catalog.=) 'tags_pkey' AND i.indisvalid AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))) OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.conname OPERATOR(pg_catalog.=) 'tags_pkey' AND k.contype OPERATOR(pg_catalog.=) 'p' AND (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.n) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(attnum, n) JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) u.attnum) OPERATOR(pg_catalog.=) ARRAY['tag', 'user_id'] AND k.condeferrable OPERATOR(pg_catalog.=) false AND k.condeferred OPERATOR(pg_catalog.=) false)) OR NOT (NOT EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND c.relname OPERATOR(pg_catalog.=) 'tags_pkey' AND NOT i.indisvalid AND c.relkind OPERATOR(pg_catalog.=) 'i')))$sql$,
  wanted => 'create primary key "tags_pkey" on "tags"');

CALL pg_temp.zdt_compare(
  table_name => 'tags',
  object => 'tags_pkey',
  statement => 'CREATE UNIQUE INDEX tags_pkey ON pg_temp.zdt_probe (tag, user_id)');

CALL pg_temp.zdt_compare(
  table_name => 'tags',
  object => 'ck_tags_tag_not_null',
  statement => 'ALTER TABLE pg_temp.zdt_probe ADD CONSTRAINT ck_tags_tag_not_null CHECK (tag IS NOT NULL)');

CALL pg_temp.zdt_compare(
  table_name => 'tags',
  object => 'ck_tags_user_id_not_null',
  statement => 'ALTER TABLE pg_temp.zdt_probe ADD CONSTRAINT ck_tags_user_id_not_null CHECK (user_id IS NOT NULL)');

DO $zdt$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_class
  WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND relkind OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'I'])) THEN
    RAISE EXCEPTION USING
      MESSAGE = 'cannot create primary key "tags_pkey" on "tags": the table is partitioned',
      DETAIL = 'PostgreSQL has no ADD CONSTRAINT ... USING INDEX for partitioned tables, and without it the build would block reads and writes.',
      HINT = $sql$A unique index does the same for everything but foreign keys: op.create_index_concurrently('tags_pkey', 'tags', ['tag', 'user_id'], unique=True).$sql$;
  END IF;
END
$zdt$;

-- add check constraint "ck_tags_tag_not_null" as NOT VALID
-- lock: ACCESS EXCLUSIVE on tags, blocks reads and writes
-- skipped when constraint "ck_tags_tag_not_null" is there
CALL pg_temp.zdt_step(
  purpose => 'add check constraint "ck_tags_tag_not_null" as NOT VALID',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.conname OPERATOR(pg_catalog.=) 'ck_tags_tag_not_null' AND k.contype OPERATOR(pg_catalog.=) 'c') OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND a.attname OPERATOR(pg_catalog.=) 'tag' AND a.attnotnull AND NOT a.attisdropped))$sql$,
  statement => 'ALTER TABLE tags ADD CONSTRAINT ck_tags_tag_not_null CHECK (tag IS NOT NULL) NOT VALID',
  tables => ARRAY['tags'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.conname OPERATOR(pg_catalog.=) 'ck_tags_tag_not_null'$sql$]);

-- validate constraint "ck_tags_tag_not_null" on "tags"
-- lock: SHARE UPDATE EXCLUSIVE on tags, blocks other schema changes
-- scan: tags
-- skipped when constraint "ck_tags_tag_not_null" is validated there
DO $zdt$
BEGIN
  IF NOT (EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.conname OPERATOR(pg_catalog.=) 'ck_tags_tag_not_null' AND k.convalidated) OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND a.attname OPERATOR(pg_catalog.=) 'tag' AND a.attnotnull AND NOT a.attisdropped)) THEN
    ALTER TABLE tags VALIDATE CONSTRAINT ck_tags_tag_not_null;
  END IF;
END
$zdt$;

-- set NOT NULL on "tags.tag", which the valid CHECK proves
-- lock: ACCESS EXCLUSIVE on tags, blocks reads and writes
-- skipped when it is NOT NULL, and the CHECK is gone
CALL pg_temp.zdt_step(
  purpose => 'set NOT NULL on "tags.tag", which the valid CHECK proves',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND a.attname OPERATOR(pg_catalog.=) 'tag' AND a.attnotnull AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.conname OPERATOR(pg_catalog.=) 'ck_tags_tag_not_null'))$sql$,
  statement => 'ALTER TABLE tags ALTER COLUMN tag SET NOT NULL; ALTER TABLE tags DROP CONSTRAINT IF EXISTS ck_tags_tag_not_null',
  tables => ARRAY['tags'],
  modes => ARRAY['ACCESS EXCLUSIVE']);

-- add check constraint "ck_tags_user_id_not_null" as NOT VALID
-- lock: ACCESS EXCLUSIVE on tags, blocks reads and writes
-- skipped when constraint "ck_tags_user_id_not_null" is there
CALL pg_temp.zdt_step(
  purpose => 'add check constraint "ck_tags_user_id_not_null" as NOT VALID',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.conname OPERATOR(pg_catalog.=) 'ck_tags_user_id_not_null' AND k.contype OPERATOR(pg_catalog.=) 'c') OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND a.attname OPERATOR(pg_catalog.=) 'user_id' AND a.attnotnull AND NOT a.attisdropped))$sql$,
  statement => 'ALTER TABLE tags ADD CONSTRAINT ck_tags_user_id_not_null CHECK (user_id IS NOT NULL) NOT VALID',
  tables => ARRAY['tags'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.conname OPERATOR(pg_catalog.=) 'ck_tags_user_id_not_null'$sql$]);

-- validate constraint "ck_tags_user_id_not_null" on "tags"
-- lock: SHARE UPDATE EXCLUSIVE on tags, blocks other schema changes
-- scan: tags
-- skipped when constraint "ck_tags_user_id_not_null" is validated there
DO $zdt$
BEGIN
  IF NOT (EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.conname OPERATOR(pg_catalog.=) 'ck_tags_user_id_not_null' AND k.convalidated) OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND a.attname OPERATOR(pg_catalog.=) 'user_id' AND a.attnotnull AND NOT a.attisdropped)) THEN
    ALTER TABLE tags VALIDATE CONSTRAINT ck_tags_user_id_not_null;
  END IF;
END
$zdt$;

-- set NOT NULL on "tags.user_id", which the valid CHECK proves
-- lock: ACCESS EXCLUSIVE on tags, blocks reads and writes
-- skipped when it is NOT NULL, and the CHECK is gone
CALL pg_temp.zdt_step(
  purpose => 'set NOT NULL on "tags.user_id", which the valid CHECK proves',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND a.attname OPERATOR(pg_catalog.=) 'user_id' AND a.attnotnull AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.conname OPERATOR(pg_catalog.=) 'ck_tags_user_id_not_null'))$sql$,
  statement => 'ALTER TABLE tags ALTER COLUMN user_id SET NOT NULL; ALTER TABLE tags DROP CONSTRAINT IF EXISTS ck_tags_user_id_not_null',
  tables => ARRAY['tags'],
  modes => ARRAY['ACCESS EXCLUSIVE']);

-- drop the INVALID index "tags_pkey" of an interrupted build
-- lock: SHARE UPDATE EXCLUSIVE on tags, blocks other schema changes
-- skipped when there is no INVALID index "tags_pkey"
DO $zdt$
BEGIN
  IF NOT (NOT EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND c.relname OPERATOR(pg_catalog.=) 'tags_pkey' AND NOT i.indisvalid AND c.relkind OPERATOR(pg_catalog.=) 'i')) THEN
    RAISE EXCEPTION USING
      MESSAGE = 'could not drop the INVALID index "tags_pkey" of an interrupted build in a plain script',
      HINT = 'Run this by itself, then this script again: DROP INDEX CONCURRENTLY tags_pkey;';
  END IF;
END
$zdt$;

-- build index "tags_pkey"
-- lock: SHARE UPDATE EXCLUSIVE on tags, blocks other schema changes
-- scan: tags
-- skipped when index "tags_pkey" is there, valid, and has this definition
CALL pg_temp.zdt_refuse(
  purpose => 'build index "tags_pkey"',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND c.relname OPERATOR(pg_catalog.=) 'tags_pkey' AND i.indisvalid AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))) OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.conname OPERATOR(pg_catalog.=) 'tags_pkey' AND k.contype OPERATOR(pg_catalog.=) 'p' AND (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.n) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(attnum, n) JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) u.attnum) OPERATOR(pg_catalog.=) ARRAY['tag', 'user_id'] AND k.condeferrable OPERATOR(pg_catalog.=) false AND k.condeferred OPERATOR(pg_catalog.=) false))$sql$,
  wrong => $sql$SELECT c.relkind::pg_catalog.text, i.indrelid::pg_catalog.regclass::pg_catalog.text,
  pg_catalog.concat(pg_catalog.pg_get_indexdef(i.indexrelid),
  ' TABLESPACE ' OPERATOR(pg_catalog.||) (SELECT s.spcname FROM pg_catalog.pg_tablespace s
    WHERE s.oid OPERATOR(pg_catalog.=) c.reltablespace), (SELECT pg_catalog.format(
    ', of constraint %I %s', o.conname, pg_catalog.pg_get_constraintdef(o.oid))
    FROM pg_catalog.pg_constraint o
    WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))), i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags')
FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid
WHERE c.relname OPERATOR(pg_catalog.=) 'tags_pkey' AND c.relnamespace OPERATOR(pg_catalog.=)
  (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags'))$sql$,
  wanted => 'CREATE UNIQUE INDEX CONCURRENTLY tags_pkey ON tags (tag, user_id);');
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS tags_pkey ON tags (tag, user_id);
DO $zdt$
BEGIN
  IF NOT (EXISTS (SELECT FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND c.relname OPERATOR(pg_catalog.=) 'tags_pkey' AND i.indisvalid AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid OPERATOR(pg_catalog.=) i.indexrelid AND o.contype OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'u', 'x']))) OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.conname OPERATOR(pg_catalog.=) 'tags_pkey' AND k.contype OPERATOR(pg_catalog.=) 'p' AND (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.n) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(attnum, n) JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) u.attnum) OPERATOR(pg_catalog.=) ARRAY['tag', 'user_id'] AND k.condeferrable OPERATOR(pg_catalog.=) false AND k.condeferred OPERATOR(pg_catalog.=) false)) THEN
    RAISE EXCEPTION USING
      MESSAGE = 'could not build index "tags_pkey" in a plain script',
      HINT = 'Run this by itself, then this script again: CREATE UNIQUE INDEX CONCURRENTLY tags_pkey ON tags (tag, user_id);';
  END IF;
END
$zdt$;

-- make index "tags_pkey" the primary key of the table
-- lock: ACCESS EXCLUSIVE on tags, blocks reads and writes
-- skipped when constraint "tags_pkey" is there
CALL pg_temp.zdt_step(
  purpose => 'make index "tags_pkey" the primary key of the table',
  done => $sql$EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.conname OPERATOR(pg_catalog.=) 'tags_pkey' AND k.contype OPERATOR(pg_catalog.=) 'p' AND (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.n) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(attnum, n) JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) u.attnum) OPERATOR(pg_catalog.=) ARRAY['tag', 'user_id'] AND k.condeferrable OPERATOR(pg_catalog.=) false AND k.condeferred OPERATOR(pg_catalog.=) false)$sql$,
  statement => 'ALTER TABLE tags ADD CONSTRAINT tags_pkey PRIMARY KEY USING INDEX tags_pkey',
  tables => ARRAY['tags'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.conname OPERATOR(pg_catalog.=) 'tags_pkey'$sql$]);

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: drop constraint "tags_pkey" of "tags"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'drop constraint "tags_pkey" of "tags"',
  done => 'false',
  wrong => $sql$SELECT r.relname::pg_catalog.text, n.nspname::pg_catalog.text, k.conname::pg_catalog.text, ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum), ARRAY(SELECT pg_catalog.concat_ws(' ', CASE WHEN y.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum' END, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) k.conrelid JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_partition_root(t.oid), t.oid) JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace WHERE k.contype OPERATOR(pg_catalog.=) 'c' AND pg_catalog.starts_with(k.conname::pg_catalog.text, 'zdt_sync_') AND (EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) r.oid AND p.proname OPERATOR(pg_catalog.=) k.conname) OR pg_catalog.starts_with(k.conname::pg_catalog.text, pg_catalog.substr('zdt_sync_' OPERATOR(pg_catalog.||) r.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_', 1, 25))) AND EXISTS (SELECT FROM pg_catalog.pg_constraint c WHERE c.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND c.conname OPERATOR(pg_catalog.=) 'tags_pkey' AND (c.oid OPERATOR(pg_catalog.=) k.oid OR (pg_catalog.starts_with(c.conname::pg_catalog.text, 'zdt_copy_') AND (c.conrelid OPERATOR(pg_catalog.=) k.conrelid AND c.conkey OPERATOR(pg_catalog.&&) k.conkey OR c.confrelid OPERATOR(pg_catalog.=) k.conrelid AND c.confkey OPERATOR(pg_catalog.&&) k.conkey)))) ORDER BY 2, 1, 3$sql$,
  wanted => 'drop constraint "tags_pkey" of "tags"');

-- drop constraint "tags_pkey" of "tags"
-- lock: ACCESS EXCLUSIVE on tags, blocks reads and writes
-- skipped when there is no constraint "tags_pkey"
CALL pg_temp.zdt_step(
  purpose => 'drop constraint "tags_pkey" of "tags"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.conname OPERATOR(pg_catalog.=) 'tags_pkey'))$sql$,
  statement => 'ALTER TABLE tags DROP CONSTRAINT tags_pkey',
  tables => ARRAY['tags'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND k.conname OPERATOR(pg_catalog.=) 'tags_pkey' AND k.contype OPERATOR(pg_catalog.<>) 'p'$sql$]);

CALL pg_temp.zdt_end();

-- alembic_zdt: drop NOT NULL of "tags.tag"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

-- drop NOT NULL of "tags.tag"
-- lock: ACCESS EXCLUSIVE on tags, blocks reads and writes
-- skipped when it takes NULL already
CALL pg_temp.zdt_step(
  purpose => 'drop NOT NULL of "tags.tag"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND a.attname OPERATOR(pg_catalog.=) 'tag' AND a.attnotnull AND NOT a.attisdropped))$sql$,
  statement => 'ALTER TABLE tags ALTER COLUMN tag DROP NOT NULL',
  tables => ARRAY['tags'],
  modes => ARRAY['ACCESS EXCLUSIVE']);

CALL pg_temp.zdt_end();

-- alembic_zdt: drop NOT NULL of "tags.user_id"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

-- drop NOT NULL of "tags.user_id"
-- lock: ACCESS EXCLUSIVE on tags, blocks reads and writes
-- skipped when it takes NULL already
CALL pg_temp.zdt_step(
  purpose => 'drop NOT NULL of "tags.user_id"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('tags') AND a.attname OPERATOR(pg_catalog.=) 'user_id' AND a.attnotnull AND NOT a.attisdropped))$sql$,
  statement => 'ALTER TABLE tags ALTER COLUMN user_id DROP NOT NULL',
  tables => ARRAY['tags'],
  modes => ARRAY['ACCESS EXCLUSIVE']);

CALL pg_temp.zdt_end();
