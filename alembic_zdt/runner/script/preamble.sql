-- Procedures and functions of alembic_zdt that the steps below call.  PostgreSQL drops
-- them at the end of the session.

-- Switch off the session's timeouts: a timeout during a build leaves an INVALID index.
CREATE OR REPLACE PROCEDURE pg_temp.zdt_begin(lock_timeout interval, lock_deadline interval)
LANGUAGE plpgsql AS $zdt$
BEGIN
  -- An interrupted script has left 0 here, and the user's value in the saved one.
  PERFORM pg_catalog.set_config('zdt.saved_' || name, CASE WHEN setting = '0'
        AND coalesce(pg_catalog.current_setting('zdt.saved_' || name, true), '') <> ''
      THEN pg_catalog.current_setting('zdt.saved_' || name) ELSE setting END, false),
    pg_catalog.set_config(name, '0', false)
  FROM pg_catalog.pg_settings
  WHERE name IN ('lock_timeout', 'statement_timeout', 'transaction_timeout');
  PERFORM pg_catalog.set_config('zdt.compared', '[]', false);
  PERFORM pg_catalog.set_config('zdt.lock_timeout', lock_timeout::text, false),
    pg_catalog.set_config('zdt.lock_deadline', lock_deadline::text, false);
END
$zdt$;

CREATE OR REPLACE PROCEDURE pg_temp.zdt_end()
LANGUAGE plpgsql AS $zdt$
DECLARE
  compared pg_catalog.jsonb := pg_catalog.current_setting('zdt.compared');
  given pg_catalog.jsonb;
BEGIN
  -- A step is skipped if the name exists: compare the definitions again at the end.
  FOR given IN SELECT pg_catalog.jsonb_array_elements(compared) LOOP
    IF given ->> 3 IS NULL THEN
      CALL pg_temp.zdt_compare(given ->> 0, given ->> 1, given ->> 2);
    ELSE
      CALL pg_temp.zdt_compare_column(given ->> 0, given ->> 1, given ->> 2, given ->> 3);
    END IF;
  END LOOP;
  PERFORM pg_catalog.set_config(
    name, pg_catalog.current_setting('zdt.saved_' || name), false),
    pg_catalog.set_config('zdt.saved_' || name, '', false)
  FROM pg_catalog.pg_settings
  WHERE name IN ('lock_timeout', 'statement_timeout', 'transaction_timeout');
END
$zdt$;

-- Refuse if the query "wrong" finds something, unless the condition "done" holds.
CREATE OR REPLACE PROCEDURE pg_temp.zdt_refuse(purpose pg_catalog.text, done pg_catalog.text, wrong pg_catalog.text, wanted pg_catalog.text)
LANGUAGE plpgsql AS $zdt$
DECLARE
  found pg_catalog.record;
  is_done boolean;
BEGIN
  EXECUTE 'SELECT ' || done INTO is_done;
  IF is_done THEN
    RETURN;
  END IF;
  FOR found IN EXECUTE wrong LOOP
    RAISE EXCEPTION 'cannot %: something else is in the way', purpose USING
      ERRCODE = 'duplicate_object',
      DETAIL = pg_catalog.format('There is: %s. Wanted: %s', found, wanted),
      HINT = 'Change, drop or rename that object, then run the script again.';
  END LOOP;
END
$zdt$;

-- Return the table of a name and its partitions, parents first.
CREATE OR REPLACE FUNCTION pg_temp.zdt_tables(name pg_catalog.text) RETURNS SETOF pg_catalog.regclass
LANGUAGE sql AS $zdt$
  SELECT c.oid FROM pg_catalog.pg_class c
    LEFT JOIN pg_catalog.pg_partition_tree(
      CASE WHEN name NOT LIKE 'ONLY %' THEN name::pg_catalog.regclass END
    ) t ON t.relid = c.oid
  WHERE c.relkind IN ('r', 'p', 'm') AND (t.relid IS NOT NULL OR c.oid =
    pg_catalog.regexp_replace(name, '^ONLY ', '')::pg_catalog.regclass)
  ORDER BY coalesce(t.level, 0), c.oid
$zdt$;

CREATE OR REPLACE FUNCTION pg_temp.zdt_commit_locally() RETURNS text
LANGUAGE sql AS $zdt$
  SELECT pg_catalog.set_config('synchronous_commit', 'local', true)
  WHERE pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.<>) 'off'
$zdt$;

-- Run a step in a short transaction under strong locks.  In one try it waits for all its
-- locks together at most lock_timeout, in the first tries much less.  After
-- lock_deadline it gives up.
CREATE OR REPLACE PROCEDURE pg_temp.zdt_step(
  purpose pg_catalog.text, done pg_catalog.text, statement pg_catalog.text,
  tables pg_catalog.text[] DEFAULT '{}', modes pg_catalog.text[] DEFAULT '{}', wrong pg_catalog.text[] DEFAULT '{}')
LANGUAGE plpgsql AS $zdt$
DECLARE
  bound interval := pg_catalog.current_setting('zdt.lock_timeout');
  deadline interval := pg_catalog.current_setting('zdt.lock_deadline');
  give_up_at pg_catalog.timestamptz := pg_catalog.clock_timestamp() + deadline;
  queue_until pg_catalog.timestamptz;
  relation pg_catalog.regclass;
  table_name pg_catalog.text;
  is_done boolean;
  tries int := 0;
BEGIN
  -- An element of "tables" is the name of a table, or a query for it.
  FOR number IN 1 .. pg_catalog.cardinality(tables) LOOP
    IF tables[number] LIKE 'SELECT %' THEN
      EXECUTE tables[number] INTO table_name;
      tables[number] := table_name;
    END IF;
  END LOOP;
  LOOP
    COMMIT;  -- between two tries: no lock, no snapshot
    EXECUTE 'SELECT ' || done INTO is_done;
    IF is_done THEN
      RETURN;
    END IF;
    FOR number IN 1 .. pg_catalog.cardinality(wrong) LOOP
      CALL pg_temp.zdt_refuse(purpose, done, wrong[number], statement);
    END LOOP;
    tries := tries + 1;
    -- Do not hold a lock while the commit waits for a synchronous standby.
    PERFORM pg_temp.zdt_commit_locally();
    BEGIN
      IF tables <> '{}' THEN
        -- A wait for this mode blocks no reads or writes; autovacuum yields in a second.
        PERFORM pg_catalog.set_config('lock_timeout', '3s', true);
        EXECUTE 'LOCK TABLE ' || pg_catalog.array_to_string(tables, ', ')
          || ' IN SHARE UPDATE EXCLUSIVE MODE';
      END IF;
      -- Other sessions may have made objects during the wait; the lock stops them now.
      FOR number IN 1 .. pg_catalog.cardinality(wrong) LOOP
        CALL pg_temp.zdt_refuse(purpose, done, wrong[number], statement);
      END LOOP;
      queue_until := pg_catalog.clock_timestamp() + bound * least(1, tries / 20.0);
      FOR number IN 1 .. pg_catalog.cardinality(tables) LOOP
        CONTINUE WHEN modes[number] = 'SHARE UPDATE EXCLUSIVE';
        FOR relation IN SELECT pg_temp.zdt_tables(tables[number]) LOOP
          PERFORM pg_temp.zdt_queue_until(queue_until);
          EXECUTE pg_catalog.format('LOCK TABLE ONLY %s IN %s MODE', relation, modes[number]);
        END LOOP;
      END LOOP;
      PERFORM pg_temp.zdt_queue_until(queue_until);
      EXECUTE statement;
      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF pg_catalog.clock_timestamp() > give_up_at THEN
        RAISE EXCEPTION 'could not %: no lock within %', purpose, deadline USING
          ERRCODE = 'lock_not_available',
          DETAIL = pg_catalog.format('%s tries of at most %s were made.', tries, bound),
          HINT = 'End the transaction that holds it, then run this script again; '
            'finished steps are skipped.';
      END IF;
    END;
    PERFORM pg_catalog.pg_sleep(0.05 + 0.1 * pg_catalog.random());
  END LOOP;
END
$zdt$;

CREATE OR REPLACE FUNCTION pg_temp.zdt_queue_until(moment pg_catalog.timestamptz) RETURNS pg_catalog.text
LANGUAGE sql AS $zdt$
  SELECT pg_catalog.set_config('lock_timeout', greatest(1, pg_catalog.floor(
    1000 * extract(epoch FROM moment - pg_catalog.clock_timestamp())))::int::text, true)
$zdt$;

-- Return the definition of an index or a CHECK as the server spells it.
CREATE OR REPLACE FUNCTION pg_temp.zdt_spelling(index_of pg_catalog.regclass, index_name pg_catalog.text)
RETURNS pg_catalog.text LANGUAGE sql AS $zdt$
  SELECT :INDEX_DEFINITION:
  FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
  WHERE i.indrelid = index_of AND c.relname = index_name
    AND (i.indisvalid OR c.relkind = 'I')
  UNION ALL
  SELECT :CONSTRAINT_DEFINITION:
  FROM pg_catalog.pg_constraint k
  WHERE k.conrelid = index_of AND k.conname = index_name AND k.contype = 'c'
$zdt$;

CREATE OR REPLACE FUNCTION pg_temp.zdt_note(given pg_catalog.jsonb) RETURNS pg_catalog.text
LANGUAGE sql AS $zdt$
  SELECT pg_catalog.set_config('zdt.compared', (pg_catalog.current_setting(
    'zdt.compared')::pg_catalog.jsonb || pg_catalog.jsonb_build_array(given))::text, false)
$zdt$;

CREATE OR REPLACE PROCEDURE pg_temp.zdt_compare(
  table_name pg_catalog.text, object pg_catalog.text, statement pg_catalog.text, may_differ boolean DEFAULT false)
LANGUAGE plpgsql AS $zdt$
DECLARE
  there pg_catalog.text := pg_temp.zdt_spelling(pg_catalog.to_regclass(table_name), object);
  wanted pg_catalog.text;
BEGIN
  IF may_differ THEN
    PERFORM pg_catalog.set_config('zdt.same_definition', 'false', false);
  ELSE
    PERFORM pg_temp.zdt_note(pg_catalog.jsonb_build_array(table_name, object, statement));
  END IF;
  IF there IS NULL THEN
    RETURN;
  END IF;
  EXECUTE 'CREATE TEMPORARY TABLE zdt_probe (LIKE ' || table_name || ')';
  EXECUTE statement;
  wanted := pg_temp.zdt_spelling('pg_temp.zdt_probe', object);
  DROP TABLE pg_temp.zdt_probe;
  IF may_differ THEN
    PERFORM pg_catalog.set_config('zdt.same_definition', (there = wanted)::text, false);
  ELSIF there <> wanted THEN
    RAISE EXCEPTION '"%" of % exists with another definition', object, table_name USING
      ERRCODE = 'duplicate_object',
      DETAIL = pg_catalog.format('There is: %s. Wanted: %s.', there, wanted),
      HINT = 'Choose another name, or drop or replace it first.';
  END IF;
END
$zdt$;

-- Return the definition of a column as the server spells it.
CREATE OR REPLACE FUNCTION pg_temp.zdt_column(column_of pg_catalog.regclass, column_name pg_catalog.text)
RETURNS pg_catalog.text LANGUAGE sql AS $zdt$
  SELECT :COLUMN_DEFINITION:
  FROM pg_catalog.pg_attribute a
  WHERE a.attrelid = column_of AND a.attname = column_name AND NOT a.attisdropped
$zdt$;

CREATE OR REPLACE PROCEDURE pg_temp.zdt_compare_column(
  table_name pg_catalog.text, object pg_catalog.text, declared pg_catalog.text, unless pg_catalog.text DEFAULT 'false')
LANGUAGE plpgsql AS $zdt$
DECLARE
  there pg_catalog.text := pg_temp.zdt_column(pg_catalog.to_regclass(table_name), object);
  wanted pg_catalog.text;
  is_other boolean;
BEGIN
  PERFORM pg_temp.zdt_note(pg_catalog.jsonb_build_array(table_name, object, declared, unless));
  EXECUTE 'SELECT ' || unless INTO is_other;
  IF there IS NULL OR is_other THEN
    RETURN;
  END IF;
  EXECUTE 'CREATE TEMPORARY TABLE zdt_probe (LIKE ' || table_name || ')';
  EXECUTE pg_catalog.format('ALTER TABLE pg_temp.zdt_probe DROP COLUMN %I CASCADE', object);
  EXECUTE 'ALTER TABLE pg_temp.zdt_probe ADD COLUMN ' || declared;
  wanted := pg_temp.zdt_column('pg_temp.zdt_probe', object);
  DROP TABLE pg_temp.zdt_probe;
  IF there <> wanted THEN
    RAISE EXCEPTION 'column "%" of % exists already', object, table_name USING
      ERRCODE = 'duplicate_object',
      DETAIL = pg_catalog.format('There is: %s. Wanted: %s.', there, wanted),
      HINT = 'Choose another name, or drop that column first.';
  END IF;
END
$zdt$;
