"""Create this package's tables, and refuse them where another role may write.

Their rows decide what a run does, so no other role may write one.  The default
privileges of the migrator may grant rights on each new table.  The transaction that
creates the table revokes them.
https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from alembic_zdt.catalog import ownership
from alembic_zdt.catalog.rights import GRANTEE
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import ForeignOwnerError
from alembic_zdt.names import QualifiedName, dollar_tag
from alembic_zdt.printable import printable
from alembic_zdt.qualified import qualified
from alembic_zdt.steps import Row

_WRITING = "('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER')"
_NAME = "c.oid::pg_catalog.regclass"
# A role with the rights of the owner may write it anyway.
_OTHER = (
    "g.grantee <> c.relowner AND (g.grantee = 0"
    " OR NOT pg_catalog.pg_has_role(g.grantee, c.relowner, 'USAGE'))"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = g.grantee"
    " AND r.rolname IN (current_user, session_user))"
)
_CLASS = "pg_catalog.pg_class c"
# Builtin objects have no row there.
_USES = (
    "JOIN pg_catalog.pg_depend d ON d.objid = {0}"
    " AND d.classid = 'pg_catalog.{1}'::pg_catalog.regclass"
)
_CHECKS = (
    f"{_CLASS} JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid"
    f" {_USES.format('k.oid', 'pg_constraint')}"
)
_DEFAULTS = (
    f"{_CLASS} JOIN pg_catalog.pg_attrdef f ON f.adrelid = c.oid"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = f.adnum"
    f" {_USES.format('f.oid', 'pg_attrdef')}"
)
_COLUMNS = (
    f"{_CLASS} JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid"
    f" {_USES.format('c.oid', 'pg_class')} AND d.objsubid = a.attnum"
)
_INDEXES = (
    f"{_CLASS} JOIN pg_catalog.pg_index i ON i.indrelid = c.oid"
    f" {_USES.format('i.indexrelid', 'pg_class')}"
)
_CALLED = ", ".join(
    f"'pg_catalog.{catalog}'::pg_catalog.regclass"
    for catalog in ("pg_proc", "pg_operator", "pg_type", "pg_opclass")
)
_IS_CALLED = f"d.refclassid IN ({_CALLED})"


@dataclass(frozen=True)
class OwnTable:
    """A table of this package.

    Attributes:
        name: the name of the table.
        columns: the text between the parentheses of CREATE TABLE.
        storage: the text after them.
        subject: the version table, if it is known; its owner is trusted, too.
    """

    name: QualifiedName
    columns: str
    storage: str = ""
    subject: QualifiedName | None = None

    @property
    def exists(self) -> str:
        """Return SQL that is true if there is a relation of that name."""
        return f"{self.name.regclass} IS NOT NULL"

    def create(self) -> str:
        """Return the ``DO`` block that creates the table, or refuses an unsafe one.

        It is one transaction, so that no session sees the table with other rights.
        """
        making = f"CREATE TABLE {self.name.sql} ({self.columns}){self.storage}"
        body = (
            "DECLARE zdt_found record; BEGIN"
            f" IF {self.name.regclass} IS NULL THEN {making};"
            f" FOR zdt_found IN {qualified(self._granted())} LOOP"
            " EXECUTE zdt_found.mending; END LOOP; END IF;"
            f" FOR zdt_found IN {qualified(self.faults())} LOOP RAISE EXCEPTION USING"
            " ERRCODE = 'insufficient_privilege', MESSAGE ="
            " pg_catalog.format('cannot use %s: %s', zdt_found.name, zdt_found.words),"
            " HINT = pg_catalog.format('Look at what is in it, then run: %s;',"
            " zdt_found.mending); END LOOP; END"
        )
        tag = dollar_tag(body)
        return f"DO {tag} {body} {tag}"

    def faults(self) -> str:
        """Return the query for the faults that keep the table from being used."""
        parts = " UNION ALL ".join(self._faults())
        return f"SELECT z.* FROM ({parts}) z (name, words, mending)"

    def _faults(self) -> Iterator[str]:
        owner = "pg_catalog.pg_get_userbyid(c.relowner)"
        trusted = ownership.is_trusted("c.relowner", self.subject)
        schema = (
            "EXISTS (SELECT FROM pg_catalog.pg_namespace n"
            " WHERE n.oid = c.relnamespace"
            " AND pg_catalog.pg_has_role(c.relowner, n.nspowner, 'USAGE'))"
        )
        yield self._fault(
            "'it has row level security'",
            f"'ALTER TABLE %s DISABLE ROW LEVEL SECURITY', {_NAME}",
            _CLASS,
            "c.relrowsecurity",
        )
        yield self._fault(
            "'trigger %I is on it', t.tgname",
            f"'DROP TRIGGER %I ON %s', t.tgname, {_NAME}",
            f"{_CLASS} JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid",
            "NOT t.tgisinternal",
        )
        yield self._fault(
            "'rule %I is on it', r.rulename",
            f"'DROP RULE %I ON %s', r.rulename, {_NAME}",
            f"{_CLASS} JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid",
            "r.rulename <> '_RETURN'",
        )
        # Statements on the parent also read and change the rows of the child.
        child, parent = (
            f"h.{end}::pg_catalog.regclass" for end in ("inhrelid", "inhparent")
        )
        yield self._fault(
            f"'%s inherits from %s', {child}, {parent}",
            f"'ALTER TABLE %s NO INHERIT %s', {child}, {parent}",
            f"{_CLASS} JOIN pg_catalog.pg_inherits h"
            " ON c.oid IN (h.inhrelid, h.inhparent)",
            "true",
        )
        yield from self._calling()
        yield self._fault(
            f"'%s may write it', {GRANTEE}",
            f"'REVOKE ALL ON TABLE %s FROM %s', {_NAME}, {GRANTEE}",
            f"{_CLASS}, LATERAL pg_catalog.aclexplode(c.relacl) g",
            f"g.privilege_type IN {_WRITING} AND {_OTHER}",
        )
        yield self._fault(
            f"'%s may write its column %I', {GRANTEE}, a.attname",
            f"'REVOKE ALL (%I) ON TABLE %s FROM %s', a.attname, {_NAME}, {GRANTEE}",
            f"{_CLASS} JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid,"
            " LATERAL pg_catalog.aclexplode(a.attacl) g",
            f"g.privilege_type IN {_WRITING} AND {_OTHER}",
        )
        # After the others: rules, and a view, would act with the new owner's rights.
        is_foreign = f"NOT {trusted} AND NOT {schema}"
        for kinds, mending in (
            ("c.relkind = 'r'", f"'ALTER TABLE %s OWNER TO %I', {_NAME}, current_user"),
            ("c.relkind <> 'r'", f"'DROP %s %s', {ownership.KIND}, {_NAME}"),
        ):
            words = f"'it belongs to %s', {owner}"
            yield self._fault(words, mending, _CLASS, f"{kinds} AND {is_foreign}")
        yield self._fault(
            "'role %I may not read it', current_user",
            f"'GRANT %I TO %I', {owner}, current_user",
            _CLASS,
            "NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')",
        )

    def _calling(self) -> Iterator[str]:
        """Yield queries for parts that run functions of other roles on each write.

        A trusted owner may be a role that has other members, too.
        """
        used = "pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)"
        parts = (
            ("constraint %I", "k.conname", "DROP CONSTRAINT %I", _CHECKS),
            ("column %I", "a.attname", "ALTER %I DROP DEFAULT", _DEFAULTS),
            ("column %I", "a.attname", "DROP %I", _COLUMNS),
        )
        for words, name, mending, source in parts:
            yield self._fault(
                f"'{words} uses %s', {name}, {used}",
                f"'ALTER TABLE %s {mending}', {_NAME}, {name}",
                source,
                _IS_CALLED,
            )
        index = "i.indexrelid::pg_catalog.regclass"
        yield self._fault(
            f"'index %s uses %s', {index}, {used}",
            f"'DROP INDEX %s', {index}",
            _INDEXES,
            _IS_CALLED,
        )

    def _fault(self, words: str, mending: str, source: str, condition: str) -> str:
        return (
            f"SELECT {_NAME}::pg_catalog.text, pg_catalog.format({words}),"
            f" pg_catalog.format({mending}) FROM {source}"
            f" WHERE c.oid = {self.name.regclass} AND {condition}"
        )

    def _granted(self) -> str:
        """Return the query for the REVOKE of each right that another role has."""
        return (
            "SELECT DISTINCT pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s',"
            f" {_NAME}, {GRANTEE}) AS mending"
            f" FROM {_CLASS}, LATERAL pg_catalog.aclexplode(c.relacl) g"
            f" WHERE c.oid = {self.name.regclass} AND g.grantee <> c.relowner"
        )


def writers(table: QualifiedName) -> str:
    """Return the query for a table and each other role that may write it."""
    return (
        f"SELECT DISTINCT {_NAME}::pg_catalog.text, {GRANTEE}"
        f" FROM {_CLASS}, LATERAL pg_catalog.aclexplode(c.relacl) g"
        f" WHERE c.oid = {table.regclass} AND g.privilege_type IN {_WRITING}"
        f" AND {_OTHER} ORDER BY 2"
    )


def refuse(database: Database, tables: Iterable[OwnTable]) -> None:
    """Refuse tables that other roles own or may write.

    Raises:
        ForeignOwnerError: the first of them, with the statement that mends it.
    """
    rows = faults(database, tables)
    if rows:
        raise refused(rows[0])


def faults(database: Database, tables: Iterable[OwnTable]) -> Sequence[Row]:
    """Return the name, the fault and the mending statement of each unsafe table."""
    # The queries differ only in strings, so all but the first are qualified at once.
    each = (qualified(table.faults()) for table in tables)
    return database.rows(" UNION ALL ".join(each), as_written=True)


def refused(row: Row) -> ForeignOwnerError:
    """Return the error for a row of :func:`faults`."""
    name, words, statement = map(printable, row)
    return ForeignOwnerError(
        f'cannot use "{name}": {words}',
        detail="This table of the package decides what a run does; no other role may "
        "own or write it.",
        hint=f"Look at the rows of the table, then run: {statement};",
        table=name,
    )
