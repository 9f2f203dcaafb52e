-- alembic_zdt: set NOT NULL on "events.body"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_refuse(
  purpose => 'set NOT NULL on "events.body"',
  done => 'false',
  wrong => $sql$SELECT k.conname::pg_catalog.text, pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND k.conkey OPERATOR(pg_catalog.=) ARRAY[a.attnum] WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.contype OPERATOR(pg_catalog.=) 'n' AND k.connoinherit AND a.attname OPERATOR(pg_catalog.=) 'body'$sql$,
  wanted => 'set NOT NULL on "events.body"');

CALL pg_temp.zdt_compare(
  table_name => 'events',
  object => 'ck_events_body_not_null',
  statement => 'ALTER TABLE pg_temp.zdt_probe ADD CONSTRAINT ck_events_body_not_null CHECK (body IS NOT NULL)');

-- add check constraint "ck_events_body_not_null" as NOT VALID
-- lock: ACCESS EXCLUSIVE on events, blocks reads and writes
-- skipped when constraint "ck_events_body_not_null" is there
CALL pg_temp.zdt_step(
  purpose => 'add check constraint "ck_events_body_not_null" as NOT VALID',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'ck_events_body_not_null' AND k.contype OPERATOR(pg_catalog.=) 'c') OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND a.attnotnull AND NOT a.attisdropped))$sql$,
  statement => 'ALTER TABLE events ADD CONSTRAINT ck_events_body_not_null CHECK (body IS NOT NULL) NOT VALID',
  tables => ARRAY['events'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'ck_events_body_not_null'$sql$]);

-- validate constraint "ck_events_body_not_null" on "events"
-- lock: SHARE UPDATE EXCLUSIVE on events, blocks other schema changes
-- scan: events
-- skipped when constraint "ck_events_body_not_null" is validated there
DO $zdt$
BEGIN
  IF NOT (EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'ck_events_body_not_null' AND k.convalidated) OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND a.attnotnull AND NOT a.attisdropped)) THEN
    ALTER TABLE events VALIDATE CONSTRAINT ck_events_body_not_null;
  END IF;
END
$zdt$;

-- set NOT NULL on "events.body", which the valid CHECK proves
-- lock: ACCESS EXCLUSIVE on events, blocks reads and writes
-- skipped when it is NOT NULL, and the CHECK is gone
CALL pg_temp.zdt_step(
  purpose => 'set NOT NULL on "events.body", which the valid CHECK proves',
  done => $sql$(EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND a.attnotnull AND NOT a.attisdropped) AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'ck_events_body_not_null'))$sql$,
  statement => 'ALTER TABLE events ALTER COLUMN body SET NOT NULL; ALTER TABLE events DROP CONSTRAINT IF EXISTS ck_events_body_not_null',
  tables => ARRAY['events'],
  modes => ARRAY['ACCESS EXCLUSIVE']);

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: drop NOT NULL of "events.body"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

-- drop NOT NULL of "events.body"
-- lock: ACCESS EXCLUSIVE on events, blocks reads and writes
-- skipped when it takes NULL already
CALL pg_temp.zdt_step(
  purpose => 'drop NOT NULL of "events.body"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND a.attname OPERATOR(pg_catalog.=) 'body' AND a.attnotnull AND NOT a.attisdropped))$sql$,
  statement => 'ALTER TABLE events ALTER COLUMN body DROP NOT NULL',
  tables => ARRAY['events'],
  modes => ARRAY['ACCESS EXCLUSIVE']);

CALL pg_temp.zdt_end();
