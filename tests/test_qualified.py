"""Our SQL is sent with all of it in ``pg_catalog``, and means what it meant."""

from __future__ import annotations

from itertools import product

import pytest

from alembic_zdt.qualified import qualified
from tests.support.parsed import left_to_the_path, meaning

QUERIES = [
    "SELECT a.x = b.y || 'k' AND c IN ('r', 'p') FROM t a LEFT JOIN u b ON a = b",
    "SELECT count(*), t.*, -1, a - -1, a * b + c * d FROM t WHERE NOT x LIKE 'a'",
    "SELECT FROM t WHERE y NOT IN (SELECT 1) OR y IN (SELECT 2) OR y NOT IN (3, 4)",
    "SELECT FROM t WHERE x NOT LIKE 'a' || b AND NOT EXISTS (SELECT FROM u)",
    "UPDATE t SET a = b = c, d = e + 1, f = (SELECT 1 WHERE 1 = 2) WHERE x = y",
    "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 2, c = d < 3",
    "SELECT CASE WHEN a = b THEN 1 ELSE 2 END || 'x' || E'\\'=' || $$=$$",
    "SELECT x::text = CAST(a AS text), now() - interval '1 s' < y::timestamptz",
    "SELECT a <> ALL (b) AND (x).y = ANY (ARRAY[1, 2 + 3])",
    "SELECT nullif(a || b, '') = c, nullif(x, 0) - 1 FROM t",
    "SELECT a = b IS TRUE, a + b IS NULL, (a = b) IS NOT FALSE",
    "SELECT extract(epoch FROM a - b) * 1000, -a, - (b)",
    'SELECT "a=b" = 1 AS "c<d" /* = */ FROM "t-u" -- = \n WHERE true',
    "SELECT string_agg(a::text, ',' ORDER BY b = c DESC) FILTER (WHERE a > 0) FROM t",
    "SELECT pg_catalog.left(a, 1 + 2) FROM t LEFT JOIN u ON a < b RIGHT JOIN v ON c",
    "SELECT (a, b) > (c, d) AND ROW(a) = ROW(b)",
    "SELECT a[1 + 2] = b[1:n - 1] AND x->>'k' = 'v' AND c @> d",
    "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT n FROM t",
    "SELECT s.f(a => 1 + 2), max(b) FROM t GROUP BY a HAVING count(*) > 1 LIMIT 3",
]
OPERATORS = ("=", ">=", "LIKE", "||", "~", "+", "-", "*", "^")


@pytest.mark.parametrize("sql", QUERIES)
def test_nothing_is_left_to_the_path(sql):
    assert left_to_the_path(qualified(sql)) == []


@pytest.mark.parametrize("sql", QUERIES)
def test_it_means_the_same(sql):
    assert meaning(qualified(sql)) == meaning(sql)


@pytest.mark.parametrize("sql", QUERIES)
def test_what_is_qualified_stays_as_it_is(sql):
    assert qualified(qualified(sql)) == qualified(sql)


def test_operators_bind_as_they_did():
    """Three in a row, of each level; comparisons in a row are no SQL."""
    comparisons = {"=", ">=", "LIKE"}
    tried = 0
    for row in product(OPERATORS, repeat=3):
        if sum(operator in comparisons for operator in row) > 1:
            continue
        first, second, third = row
        text = f"a {first} t.b {second} f(1) {third} 'x'::int"
        assert meaning(f"SELECT {qualified(text)}") == meaning(f"SELECT {text}")
        tried += 1
    assert tried > len(OPERATORS)


def test_strings_and_bodies_are_left_alone():
    text = "SELECT 'a = b', E'\\' = b', $x$ a = b $x$, \"a = b\""

    assert qualified(text) == text
