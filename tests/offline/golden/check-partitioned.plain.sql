-- alembic_zdt: create check constraint "ck_events" on "events"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

CALL pg_temp.zdt_compare(
  table_name => 'events',
  object => 'ck_events',
  statement => 'ALTER TABLE pg_temp.zdt_probe ADD CONSTRAINT ck_events CHECK (id > 0)');

-- add check constraint "ck_events" as NOT VALID
-- lock: ACCESS EXCLUSIVE on events, blocks reads and writes
-- skipped when constraint "ck_events" is there
CALL pg_temp.zdt_step(
  purpose => 'add check constraint "ck_events" as NOT VALID',
  done => $sql$EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'ck_events' AND k.contype OPERATOR(pg_catalog.=) 'c')$sql$,
  statement => 'ALTER TABLE events ADD CONSTRAINT ck_events CHECK (id > 0) NOT VALID',
  tables => ARRAY['events'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'ck_events'$sql$]);

-- validate constraint "ck_events" on "events"
-- lock: SHARE UPDATE EXCLUSIVE on events, blocks other schema changes
-- scan: events
-- skipped when constraint "ck_events" is validated there
DO $zdt$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'ck_events' AND k.convalidated) THEN
    ALTER TABLE events VALIDATE CONSTRAINT ck_events;
  END IF;
END
$zdt$;

CALL pg_temp.zdt_end();

-- DOWN

-- alembic_zdt: drop constraint "ck_events" of "events"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

-- drop constraint "ck_events" of "events"
-- lock: ACCESS EXCLUSIVE on events, blocks reads and writes
-- skipped when there is no constraint "ck_events"
CALL pg_temp.zdt_step(
  purpose => 'drop constraint "ck_events" of "events"',
  done => $sql$(NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
  WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'ck_events'))$sql$,
  statement => 'ALTER TABLE events DROP CONSTRAINT ck_events',
  tables => ARRAY['events'],
  modes => ARRAY['ACCESS EXCLUSIVE'],
  wrong => ARRAY[$sql$SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events') AND k.conname OPERATOR(pg_catalog.=) 'ck_events' AND k.contype OPERATOR(pg_catalog.<>) 'c'$sql$]);

CALL pg_temp.zdt_end();
