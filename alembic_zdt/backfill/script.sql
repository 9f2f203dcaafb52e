#variable_conflict use_column
DECLARE
  zdt_name constant pg_catalog.text := :NAME:;
  zdt_fingerprint constant pg_catalog.text := :FINGERPRINT: || ':' || (:IDENTITY:);
  zdt_pending constant pg_catalog.text := :PENDING:;
  zdt_known pg_catalog.record;
  zdt_slice pg_catalog.record;
  zdt_from pg_catalog.text;
  zdt_all pg_catalog.text;
  zdt_few pg_catalog.text;
  zdt_next pg_catalog.text;
  zdt_operators pg_catalog.text;
  zdt_is_indexed boolean;
  zdt_takes_few boolean;
  zdt_place pg_catalog.jsonb;
  zdt_end pg_catalog.jsonb;
  zdt_size bigint;
  zdt_few_rows int;
  zdt_rows bigint;
  zdt_hot bigint;
  zdt_began pg_catalog.timestamptz;
  zdt_slowest interval := '0';
  zdt_first_rows bigint;
  zdt_share double precision;
  zdt_tries int := 0;
  zdt_passes int;
  zdt_is_done boolean;
  zdt_left bigint;
  zdt_fewest bigint;
  zdt_vain int := 0;
  zdt_oldest int;
  zdt_horizon pg_catalog.xid;
  zdt_before pg_catalog.xid;
BEGIN
  :SKIP:-- Begin, or continue an interrupted run.
  SELECT * INTO zdt_known FROM :BACKFILLS: WHERE name = zdt_name;
  EXECUTE 'SELECT EXISTS (SELECT FROM ' || :TABLE: || ' WHERE ' || zdt_pending || ')'
    INTO zdt_is_done;
  IF zdt_known.status = 'finished' AND zdt_known.fingerprint = zdt_fingerprint
    AND NOT zdt_is_done THEN
    RETURN;
  END IF;
  IF zdt_known.status IN ('finished', 'cancelled')
    OR zdt_known.fingerprint <> zdt_fingerprint THEN
    DELETE FROM :BACKFILLS: WHERE name = zdt_name;
  END IF;
  INSERT INTO :BACKFILLS: (name, definition, fingerprint, status, started_at, round)
    VALUES (zdt_name, :DEFINITION:, zdt_fingerprint, 'running', now(), 1)
    ON CONFLICT (name) DO UPDATE SET status = 'running', error = NULL;
  IF NOT EXISTS (SELECT FROM :SLICES: WHERE backfill = zdt_name) THEN
    INSERT INTO :SLICES: (backfill, number, round, kind, relation, last_page)
    :TREE:
    SELECT zdt_name, pg_catalog.row_number() OVER (ORDER BY c.oid), 1, :KIND:, c.oid,
      pg_catalog.pg_relation_size(c.oid)
        / pg_catalog.current_setting('block_size')::int
    FROM pg_catalog.pg_class c WHERE c.relkind = 'r'
      AND c.oid IN (SELECT oid FROM tree);
  END IF;
  LOOP
    COMMIT;
    SELECT * INTO zdt_slice FROM :SLICES:
      WHERE backfill = zdt_name AND NOT is_done AND kind <> 'proof'
      ORDER BY number LIMIT 1;

    -- All slices are done: count the rows that are not, in one snapshot.
    IF NOT FOUND THEN
      SELECT round INTO zdt_known FROM :BACKFILLS: WHERE name = zdt_name;
      :TREE:
      SELECT pg_catalog.string_agg('SELECT ' || c.oid || '::pg_catalog.oid AS relation,'
        || ' pg_catalog.count(*) AS rows, pg_catalog.max(pg_catalog.age('
        || :ALIAS: || '.xmin)) AS oldest, (pg_catalog.min(ctid)::pg_catalog.text'
        || '::pg_catalog.point)[0]::bigint AS first, (pg_catalog.max(ctid)'
        || '::pg_catalog.text::pg_catalog.point)[0]::bigint AS last FROM ONLY '
        || c.oid::pg_catalog.regclass || ' AS ' || :ALIAS: || ' WHERE ' || zdt_pending,
        ' UNION ALL ')
      INTO zdt_from
      FROM pg_catalog.pg_class c WHERE c.relkind = 'r'
        AND c.oid IN (SELECT oid FROM tree);
      zdt_left := 0;
      zdt_before := zdt_horizon;
      zdt_horizon := (pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())
        ::text::int8 % 4294967296)::text::pg_catalog.xid;
      IF :VERIFY: AND zdt_from IS NOT NULL THEN
        EXECUTE 'SELECT coalesce(pg_catalog.sum(rows), 0), pg_catalog.max(oldest)'
          ' FROM (' || zdt_from || ') x' INTO zdt_left, zdt_oldest;
      END IF;
      EXIT WHEN zdt_left = 0;
      IF zdt_left >= zdt_fewest THEN
        zdt_vain := zdt_vain + 1;
      ELSE
        zdt_vain := 0;
        zdt_fewest := zdt_left;
      END IF;
      IF zdt_vain >= :ROUNDS: AND :EXISTING_ONLY:
        AND zdt_oldest <= pg_catalog.age(zdt_before) THEN
        RAISE WARNING 'backfill "%": % rows that were inserted meanwhile hold NULL',
          zdt_name, zdt_left USING
          HINT = 'After the deployment, op.backfill() with the same expression fills '
            'them.';
        EXIT;
      END IF;
      IF zdt_vain >= :ROUNDS: THEN
        RAISE EXCEPTION 'backfill "%" leaves % rows', zdt_name, zdt_left USING
          DETAIL = 'They fulfil ' || zdt_pending || ', and ' || zdt_vain
            || ' rounds did not reduce their number: the application keeps writing '
            'such rows, or the update does not make the condition false.',
          HINT = 'Make the application write the new value, then run this script again.';
      END IF;
      EXECUTE 'INSERT INTO ' || :SLICES_TEXT: || ' (backfill, number, round, kind,'
        ' relation, first_page, last_page) SELECT $1, $2 OPERATOR(pg_catalog.+)'
        ' pg_catalog.row_number() OVER (), $3, $4, relation, first,'
        ' last OPERATOR(pg_catalog.+) 1 FROM (' || zdt_from || ') x'
        ' WHERE rows OPERATOR(pg_catalog.>) 0'
        USING zdt_name, (SELECT max(number) FROM :SLICES: WHERE backfill = zdt_name),
          zdt_known.round + 1, :KIND:;
      UPDATE :BACKFILLS: SET round = round + 1 WHERE name = zdt_name;
      CONTINUE;
    END IF;

    -- A partition may have been dropped or detached meanwhile.
    IF NOT EXISTS (:TREE: SELECT FROM tree WHERE oid = zdt_slice.relation) THEN
      UPDATE :SLICES: SET is_done = true
        WHERE backfill = zdt_name AND number = zdt_slice.number;
      CONTINUE;
    END IF;

    -- Change the rows of one slice, batch by batch.
    zdt_from := zdt_slice.relation::pg_catalog.regclass::text;
    :OPERATORS:zdt_all := :ALL:;
    zdt_few := :FEW:;
    zdt_next := :NEXT:;
    zdt_is_indexed := :KIND: <> 'pages' OR (:IS_INDEXED:);
    zdt_takes_few := NOT zdt_is_indexed;
    zdt_passes := 0;
    zdt_place := coalesce(zdt_slice.cursor,
      CASE WHEN :KIND: = 'pages' THEN
        pg_catalog.jsonb_build_object('page', zdt_slice.first_page) ELSE '{}' END);
    zdt_size := coalesce(zdt_size, :SIZE:);
    zdt_few_rows := (SELECT greatest(:FEWEST:, pg_catalog.round(
        (reltuples / nullif(relpages, 0) / :PASSES:)::numeric))
      FROM pg_catalog.pg_class WHERE oid = zdt_slice.relation);
    zdt_is_done := zdt_slice.kind = 'pages' AND zdt_slice.last_page = 0;
    WHILE NOT zdt_is_done LOOP
      COMMIT;
      PERFORM pg_catalog.set_config('lock_timeout', :LOCK_TIMEOUT:, true),
        pg_catalog.set_config('row_security', 'off', true);
      :LOCAL_COMMIT:
      IF zdt_slice.kind = 'pages' THEN
        zdt_end := pg_catalog.jsonb_build_object('page',
          least((zdt_place->>'page')::bigint + zdt_size, zdt_slice.last_page));
      ELSE
        EXECUTE zdt_next INTO zdt_end USING zdt_place, zdt_size;
        IF zdt_end = zdt_place THEN
          RAISE EXCEPTION 'backfill "%" cannot go on behind %', zdt_name, zdt_place
            USING DETAIL = 'The text of this key does not give the same value again.',
            HINT = 'Leave key= out, or run the revision without --sql.';
        END IF;
      END IF;
      zdt_began := pg_catalog.clock_timestamp();
      zdt_hot := pg_catalog.pg_stat_get_xact_tuples_hot_updated(zdt_slice.relation);
      BEGIN
        :SKIP_TRIGGERS:EXECUTE CASE WHEN zdt_takes_few THEN zdt_few ELSE zdt_all END
          USING zdt_place, zdt_end, zdt_few_rows;
        GET DIAGNOSTICS zdt_rows = ROW_COUNT;
        :FIRE_TRIGGERS:zdt_tries := 0;
      EXCEPTION WHEN lock_not_available OR deadlock_detected
        OR serialization_failure THEN
        zdt_tries := zdt_tries + 1;
        IF zdt_tries * interval '0.1 s' > :LOCK_DEADLINE: THEN
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
        -- Few rows at once help only while their new versions fit on the same pages.
        zdt_passes := zdt_passes + 1;
        IF zdt_passes = 1 THEN
          zdt_first_rows := zdt_rows;
        ELSIF zdt_rows > 0 AND zdt_share < 0.5 THEN
          zdt_is_indexed := true;
        END IF;
        zdt_takes_few := NOT zdt_is_indexed AND zdt_rows * 2 > zdt_first_rows
          AND zdt_passes < :MOST_PASSES:;
        UPDATE :SLICES: SET rows_done = rows_done + zdt_rows
          WHERE backfill = zdt_name AND number = zdt_slice.number;
      ELSE
        zdt_place := zdt_end;
        zdt_is_done := zdt_end IS NULL OR (zdt_slice.kind = 'pages'
          AND (zdt_end->>'page')::bigint >= zdt_slice.last_page);
        UPDATE :SLICES: SET rows_done = rows_done + zdt_rows, cursor = zdt_end,
            is_done = zdt_is_done
          WHERE backfill = zdt_name AND number = zdt_slice.number;
        zdt_takes_few := NOT zdt_is_indexed;
        zdt_passes := 0;
        IF :IS_ADAPTIVE: THEN
          zdt_size := least(1024, greatest(1, zdt_size * least(2, greatest(0.25,
            :SECONDS: / greatest(0.001, extract(epoch FROM zdt_slowest)::float8)))));
        END IF;
        zdt_slowest := '0';
      END IF;
      COMMIT;
      PERFORM pg_catalog.pg_sleep(:PAUSE:);
      WHILE :LAG: > 0 AND (SELECT max(replay_lag) FROM pg_catalog.pg_stat_replication)
        > :LAG: * interval '1 s' LOOP
        COMMIT;
        PERFORM pg_catalog.pg_sleep(0.2);
      END LOOP;
    END LOOP;
    UPDATE :SLICES: SET is_done = true
      WHERE backfill = zdt_name AND number = zdt_slice.number;
  END LOOP;
  UPDATE :BACKFILLS: SET status = 'finished', finished_at = now(), updated_at = now()
    WHERE name = zdt_name;
END
