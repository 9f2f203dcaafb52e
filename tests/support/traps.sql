-- Functions, operators, aggregates and views that shadow what is in pg_catalog.
CREATE SCHEMA traps;
GRANT USAGE ON SCHEMA traps TO PUBLIC;

CREATE FUNCTION traps.say(what pg_catalog.text) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog AS $$
BEGIN
  RAISE NOTICE 'zdt trap: %% in %%', what, current_query();
END $$;

CREATE FUNCTION traps.step(int8) RETURNS int8 LANGUAGE plpgsql AS $$
BEGIN PERFORM traps.say('aggregate'); RETURN $1 + 1; END $$;
DO $do$
DECLARE
  kind text;
BEGIN
  FOREACH kind IN ARRAY '{anyelement,text,"\"char\"",int8,tid,bool,float8}'::text[] LOOP
    EXECUTE format('CREATE FUNCTION traps.step(int8, %%s) RETURNS int8 LANGUAGE plpgsql'
      ' AS $f$ BEGIN PERFORM traps.say(''aggregate''); RETURN $1 + 1; END $f$', kind);
  END LOOP;
END $do$;

-- SQLAlchemy needs the right arrays.
CREATE FUNCTION traps.append(anyarray, anynonarray) RETURNS anyarray LANGUAGE plpgsql AS $$
BEGIN PERFORM traps.say('array_agg'); RETURN array_append($1, $2); END $$;
CREATE AGGREGATE traps.array_agg(anynonarray) (SFUNC = traps.append, STYPE = anyarray);

DO $do$
DECLARE
  pair record; number int := 0; result text;
BEGIN
  FOR pair IN
    SELECT o, l, r FROM unnest(%(operators)s::text[]) o,
      unnest(%(types)s::text[]) l, unnest(%(types)s::text[]) r
  LOOP
    BEGIN
      EXECUTE format('SELECT pg_typeof(NULL::%%s OPERATOR(pg_catalog.%%s) NULL::%%s)',
        pair.l, pair.o, pair.r) INTO result;
    EXCEPTION WHEN OTHERS THEN
      CONTINUE;
    END;
    number := number + 1;
    EXECUTE format('CREATE FUNCTION traps.o%%s(%%s, %%s) RETURNS %%s'
      ' LANGUAGE plpgsql IMMUTABLE AS $f$ BEGIN PERFORM traps.say(%%L);'
      ' RETURN $1 OPERATOR(pg_catalog.%%s) $2; END $f$', number, pair.l, pair.r, result,
      format('%%s %%s %%s', pair.l, pair.o, pair.r), pair.o);
    EXECUTE format('CREATE OPERATOR traps.%%s'
      ' (LEFTARG = %%s, RIGHTARG = %%s, FUNCTION = traps.o%%s)',
      pair.o, pair.l, pair.r, number);
  END LOOP;
END $do$;

DO $do$
DECLARE
  f record; call text;
BEGIN
  FOR f IN
    SELECT p.oid, p.proname, p.prokind, p.proretset,
      CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE'
      END AS volatility, pg_get_function_result(p.oid) AS res,
      pg_get_function_identity_arguments(p.oid) AS args, p.pronargs
    FROM pg_catalog.pg_proc p
    WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname = ANY (%(names)s)
      AND p.prokind IN ('f', 'a') AND p.provariadic = 0
  LOOP
    call := (SELECT coalesce(string_agg('$' || n, ', '), '')
      FROM generate_series(1, f.pronargs) n);
    BEGIN
      IF f.prokind = 'f' AND f.proretset THEN
        EXECUTE format('CREATE FUNCTION traps.%%I(%%s) RETURNS %%s LANGUAGE plpgsql'
          ' %%s AS $f$ BEGIN PERFORM traps.say(%%L);'
          ' RETURN QUERY SELECT * FROM pg_catalog.%%I(%%s); END $f$',
          f.proname, f.args, f.res, f.volatility, f.proname, f.proname, call);
      ELSIF f.prokind = 'f' THEN
        EXECUTE format('CREATE FUNCTION traps.%%I(%%s) RETURNS %%s LANGUAGE plpgsql'
          ' %%s AS $f$ BEGIN PERFORM traps.say(%%L);'
          ' RETURN pg_catalog.%%I(%%s); END $f$',
          f.proname, f.args, f.res, f.volatility, f.proname, f.proname, call);
      ELSIF f.proname <> 'array_agg' THEN
        EXECUTE format('CREATE AGGREGATE traps.%%I(%%s)'
          ' (SFUNC = traps.step, STYPE = int8, INITCOND = 0)', f.proname,
          CASE f.args WHEN '' THEN '*' ELSE f.args END);
      END IF;
    EXCEPTION WHEN OTHERS THEN
      NULL;
    END;
  END LOOP;
END $do$;

DO $do$
DECLARE
  relation name;
BEGIN
  FOR relation IN
    SELECT c.relname FROM pg_catalog.pg_class c
    WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relname = ANY (%(names)s)
      AND c.relkind IN ('r', 'v')
  LOOP
    BEGIN
      EXECUTE format('CREATE VIEW traps.%%I AS SELECT x.* FROM pg_catalog.%%I x,'
        ' LATERAL (SELECT traps.say(%%L)) said OFFSET 0', relation, relation,
        relation);
    EXCEPTION WHEN invalid_table_definition THEN  -- a column of type anyarray
      CONTINUE;
    END;
  END LOOP;
END $do$;

-- Only a path that names pg_catalog finds types of these names first.
DO $do$
DECLARE
  kind text;
BEGIN
  FOREACH kind IN ARRAY '{oid,regclass,jsonb,timestamptz,float8,int8}'::text[] LOOP
    EXECUTE format('CREATE DOMAIN traps.%%I AS pg_catalog.%%I'
      ' CHECK ((traps.say(%%L) IS NULL) IS NOT NULL)', kind, kind, 'type ' || kind);
  END LOOP;
END $do$;
