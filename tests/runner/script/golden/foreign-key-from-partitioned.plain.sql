-- alembic_zdt: create foreign key "fk_events_user_id" on "events"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

DO $zdt$
BEGIN
  IF (EXISTS (SELECT FROM pg_catalog.pg_class
  WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND relkind OPERATOR(pg_catalog.=) ANY (ARRAY['p', 'I'])) AND NOT pg_catalog.current_setting('server_version_num')::int OPERATOR(pg_catalog.>=) 180000) THEN
    RAISE EXCEPTION USING
      MESSAGE = 'cannot create foreign key "fk_events_user_id" on "events" with a plain script: the table is partitioned',
      DETAIL = 'Its partitions are known only to the database.',
      HINT = 'Write the script for psql (-x zdt.sql_flavor=psql) or run this revision online.';
  END IF;
END
$zdt$;

-- add foreign key "fk_events_user_id" to "events" as NOT VALID
-- lock: SHARE ROW EXCLUSIVE on users, blocks writes
-- lock: SHARE ROW EXCLUSIVE on events, blocks writes
-- skipped when "events" has foreign key "fk_events_user_id"
CALL pg_temp.zdt_step(
  purpose => 'add foreign key "fk_events_user_id" to "events" as NOT VALID',
  done => $sql$EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'fk_events_user_id' AND k.contype OPERATOR(pg_catalog.=) 'f' AND k.confrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('users') AND (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.n) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(attnum, n) JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) u.attnum) OPERATOR(pg_catalog.=) ARRAY['user_id'] AND (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.n) FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY u(attnum, n) JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.confrelid AND a.attnum OPERATOR(pg_catalog.=) u.attnum) OPERATOR(pg_catalog.=) ARRAY['id'] AND k.confupdtype OPERATOR(pg_catalog.=) 'a' AND k.confdeltype OPERATOR(pg_catalog.=) 'a' AND k.confmatchtype OPERATOR(pg_catalog.=) 's' AND k.condeferrable OPERATOR(pg_catalog.=) false AND k.condeferred OPERATOR(pg_catalog.=) false AND coalesce(pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->) 'confdelsetcols', 'null'::pg_catalog.jsonb) OPERATOR(pg_catalog.=) 'null'::pg_catalog.jsonb AND coalesce(pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->>) 'conperiod', 'false') OPERATOR(pg_catalog.=) 'false' AND coalesce(pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->>) 'conenforced', 'true') OPERATOR(pg_catalog.=) 'true')$sql$,
  statement => 'ALTER TABLE events ADD CONSTRAINT fk_events_user_id FOREIGN KEY(user_id) REFERENCES users (id) NOT VALID',
  tables => ARRAY['users', 'events'],
  modes => ARRAY['SHARE ROW EXCLUSIVE', 'SHARE ROW EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'fk_events_user_id'$sql$]);

-- validate constraint "fk_events_user_id" on "events"
-- lock: SHARE UPDATE EXCLUSIVE on events, blocks other schema changes
-- lock: ROW SHARE on users, blocks nothing
-- scan: events, users
-- skipped when constraint "fk_events_user_id" is validated there
DO $zdt$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'fk_events_user_id' AND k.convalidated) THEN
    ALTER TABLE events VALIDATE CONSTRAINT fk_events_user_id;
  END IF;
END
$zdt$;

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: drop constraint "fk_events_user_id" of "events"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'drop constraint "fk_events_user_id" of "events"',
  done => 'false',
  wrong => $sql$SELECT r.relname::pg_catalog.text, n.nspname::pg_catalog.text, k.conname::pg_catalog.text, ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum), ARRAY(SELECT pg_catalog.concat_ws(' ', CASE WHEN y.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum' END, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid WHERE a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY a.attnum) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) k.conrelid JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_partition_root(t.oid), t.oid) JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace WHERE k.contype OPERATOR(pg_catalog.=) 'c' AND pg_catalog.starts_with(k.conname::pg_catalog.text, 'zdt_sync_') AND (EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid WHERE g.tgrelid OPERATOR(pg_catalog.=) r.oid AND p.proname OPERATOR(pg_catalog.=) k.conname) OR pg_catalog.starts_with(k.conname::pg_catalog.text, pg_catalog.substr('zdt_sync_' OPERATOR(pg_catalog.||) r.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_', 1, 25))) AND EXISTS (SELECT FROM pg_catalog.pg_constraint c WHERE c.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND c.conname OPERATOR(pg_catalog.=) 'fk_events_user_id' AND (c.oid OPERATOR(pg_catalog.=) k.oid OR (pg_catalog.starts_with(c.conname::pg_catalog.text, 'zdt_copy_') AND (c.conrelid OPERATOR(pg_catalog.=) k.conrelid AND c.conkey OPERATOR(pg_catalog.&&) k.conkey OR c.confrelid OPERATOR(pg_catalog.=) k.conrelid AND c.confkey OPERATOR(pg_catalog.&&) k.conkey)))) ORDER BY 2, 1, 3$sql$,
  wanted => 'drop constraint "fk_events_user_id" of "events"');

-- drop constraint "fk_events_user_id" of "events"
-- lock: ACCESS EXCLUSIVE on the table that it refers to, blocks reads and writes
-- lock: ACCESS EXCLUSIVE on events, blocks reads and writes
-- skipped when there is no constraint "fk_events_user_id"
CALL pg_temp.zdt_step(
  purpose => 'drop constraint "fk_events_user_id" of "events"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'fk_events_user_id'))$sql$,
  statement => 'ALTER TABLE events DROP CONSTRAINT fk_events_user_id',
  tables => ARRAY[$sql$SELECT k.confrelid::pg_catalog.regclass::pg_catalog.text FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'fk_events_user_id' AND k.contype OPERATOR(pg_catalog.=) 'f'$sql$, 'events'],
  modes => ARRAY['ACCESS EXCLUSIVE', 'ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'fk_events_user_id' AND k.contype OPERATOR(pg_catalog.<>) 'f'$sql$]);

CALL pg_temp.zdt_end();
