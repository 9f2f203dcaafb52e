-- alembic_zdt: add value "fine" to enum "mood"
CALL pg_temp.zdt_begin(lock_timeout => '200 ms', lock_deadline => '300 s');

-- add value "fine" to enum "mood"
-- skipped when the enum has it already
DO $zdt$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_enum e WHERE e.enumtypid OPERATOR(pg_catalog.=) pg_catalog.to_regtype('mood') AND e.enumlabel OPERATOR(pg_catalog.=) 'fine') THEN
    ALTER TYPE mood ADD VALUE IF NOT EXISTS 'fine' AFTER 'sad';
  END IF;
END
$zdt$;

CALL pg_temp.zdt_end();

-- DOWN


