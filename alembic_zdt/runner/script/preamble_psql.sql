-- Return the partitions of a table, for steps that run once for each of them.
CREATE OR REPLACE FUNCTION pg_temp.zdt_partitions(root pg_catalog.text)
RETURNS TABLE (
  relid pg_catalog.regclass, name pg_catalog.text, schema pg_catalog.text, isleaf boolean,
  parentrelid pg_catalog.regclass, parent_name pg_catalog.text, parent_schema pg_catalog.text, level int)
LANGUAGE sql AS $zdt$
  SELECT tree.relid, own.relname, own.relnamespace::pg_catalog.regnamespace,
    tree.isleaf, tree.parentrelid, parent.relname,
    parent.relnamespace::pg_catalog.regnamespace, tree.level
  FROM pg_catalog.pg_partition_tree(root) tree
    JOIN pg_catalog.pg_class own ON own.oid = tree.relid
    JOIN pg_catalog.pg_class parent ON parent.oid = tree.parentrelid
  WHERE own.relkind IN ('r', 'p')
$zdt$;

-- Return the name of a partition's object; a long name is cut and ends with a hash.
CREATE OR REPLACE FUNCTION pg_temp.zdt_name(base pg_catalog.text, part pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE sql AS $zdt$
  SELECT CASE WHEN pg_catalog.octet_length(whole) <= 63 THEN whole ELSE
    (SELECT pg_catalog.left(whole, n) FROM pg_catalog.generate_series(0, 54) n
     WHERE pg_catalog.octet_length(pg_catalog.left(whole, n)) <= 54
     ORDER BY n DESC LIMIT 1)
    || '_' || pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(
      pg_catalog.convert_to(whole, 'UTF8')), 'hex'), 8) END
  FROM (SELECT base || '_' || part) names(whole)
$zdt$;
