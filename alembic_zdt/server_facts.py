"""Facts about the server from which a recipe computes its steps.

An operation names its :class:`Question` objects.  Online they are answered from the
catalog (``catalog/lookup.py``) before ``steps(server)`` is called.  Offline they have
no answer, and the recipe writes what is right for an ordinary table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar, cast

from alembic_zdt.names import PLACEHOLDER, QualifiedName

Answer = TypeVar("Answer")

OLDEST_SUPPORTED = 140000
FIRST_WITH_NOT_NULL_CONSTRAINTS = 180000


RELATION_KINDS = {
    "r": "a table",
    "p": "a partitioned table",
    "i": "an index",
    "I": "an index of a partitioned table",
    "v": "a view",
    "m": "a materialized view",
    "f": "a foreign table",
    "S": "a sequence",
    "c": "a composite type",
    "t": "a TOAST table",
}
"""``pg_class.relkind``, as messages name it."""


@dataclass(frozen=True)
class Question(Generic[Answer]):
    """A question to the catalog whose answer decides on the steps."""


@dataclass(frozen=True)
class ColumnQuestion(Question[Answer]):
    """A question about a column.

    Attributes:
        table: the table.
        column: the name of the column.
    """

    table: QualifiedName
    column: str


@dataclass(frozen=True)
class Column:
    """A column as the catalog holds it."""

    name: str
    type: str
    not_null: bool


@dataclass(frozen=True)
class Partition:
    """A member of a partition tree, other than the root.

    Attributes:
        name: the partition, qualified.
        parent: its direct parent.
        is_leaf: whether rows are stored in it.
    """

    name: QualifiedName
    parent: QualifiedName
    is_leaf: bool


def _placeholder(name: str, schema: str) -> QualifiedName:
    return QualifiedName(f"{PLACEHOLDER}{name}", f"{PLACEHOLDER}{schema}")


EACH_LEAF = _placeholder("leaf", "schema")
EACH_BRANCH = _placeholder("branch", "schema")
EACH_PARENT = _placeholder("parent", "parent schema")
"""Placeholders for each leaf, each branch, and the parent of either.

The partitions are unknown when a script is written, see
``runner/script/partitions.py``.
"""


@dataclass(frozen=True)
class TableFacts:
    """The catalog's facts about a table.

    Attributes:
        kind: ``pg_class.relkind``: r table, p partitioned, v view, m materialized
            view, f foreign table.
        columns: the columns by their names.
        partitions: the whole tree below a partitioned table, parents first.
        is_partition: whether it is itself a partition of another table.
        schema: the schema that holds it, None offline.
    """

    kind: str
    columns: Mapping[str, Column] = field(default_factory=dict)
    partitions: tuple[Partition, ...] = ()
    is_partition: bool = False
    schema: str | None = None

    @property
    def is_partitioned(self) -> bool:
        """Check whether the rows are in partitions."""
        return self.kind == "p"

    def located(self, table: QualifiedName) -> QualifiedName:
        """Return the table's name with the schema that holds it, if that is known."""
        return replace(table, schema=self.schema or table.schema)

    @property
    def leaves(self) -> tuple[QualifiedName, ...]:
        """Return the partitions that store rows."""
        return tuple(part.name for part in self.partitions if part.is_leaf)


@dataclass(frozen=True)
class TableQuestion(Question[TableFacts]):
    """Does the table exist, of which kind, with which columns and partitions?"""

    table: QualifiedName


@dataclass(frozen=True)
class IndexFacts:
    """The catalog's facts about an index.

    Attributes:
        table: its table, qualified with the real schema.
        constraint: the constraint it belongs to, empty when none.
        is_partitioned: whether it is the index of a partitioned table.
    """

    table: QualifiedName
    constraint: str = ""
    is_partitioned: bool = False


@dataclass(frozen=True)
class IndexQuestion(Question[IndexFacts]):
    """Does the index exist, and on which table?"""

    index: QualifiedName


@dataclass(frozen=True)
class ReindexLeftovers(Question[tuple[QualifiedName, ...]]):
    """Which INVALID indexes did an interrupted REINDEX CONCURRENTLY leave behind?"""

    table: QualifiedName
    index: str | None = None


@dataclass(frozen=True)
class ConstraintFacts:
    """The catalog's facts about a constraint.

    Attributes:
        type: ``pg_constraint.contype``: c check, f foreign key, u unique, p primary
            key, x exclusion, n not null.
        referent: the table that a foreign key refers to.
        referent_is_partitioned: whether the referenced table has partitions.
    """

    type: str
    referent: QualifiedName | None = None
    referent_is_partitioned: bool = False


@dataclass(frozen=True)
class ConstraintQuestion(Question[ConstraintFacts]):
    """Does the table have the constraint, and of which type?"""

    table: QualifiedName
    constraint: str


@dataclass(frozen=True)
class CanonicalIndex(Question[str]):
    """How would the server spell this index?

    Attributes:
        table: the table it is for.
        index: its name; asked only when a relation of that name exists.
        create: ``CREATE INDEX`` on the table named by :data:`PROBE`.
        may_differ: another definition under the name is no error; a script then keeps
            the result in :data:`SAME_DEFINITION`.
    """

    table: QualifiedName
    index: str
    create: str
    may_differ: bool = False


@dataclass(frozen=True)
class CanonicalCheck(Question[str]):
    """How would the server spell this CHECK constraint?"""

    table: QualifiedName
    constraint: str
    condition: str


@dataclass(frozen=True)
class CanonicalColumn(Question[str]):
    """How would the server describe this column?

    Attributes:
        table: the table it is for.
        column: its name; asked only when the table has a column of that name.
        declared: the SQL after ADD COLUMN.
        making: statements that create its type where that does not exist.
        unless: an SQL condition under which the column may differ, because it is half
            made.
    """

    table: QualifiedName
    column: str
    declared: str
    making: tuple[str, ...] = ()
    unless: str = "false"


@dataclass(frozen=True)
class NotNullConstraint(ColumnQuestion[str]):
    """What is the name of the column's NOT NULL constraint (PostgreSQL 18+)?"""


@dataclass(frozen=True)
class FreeConstraintName(Question[str]):
    """Which of these names is the first that no constraint of the table has?

    Attributes:
        table: the table.
        names: the names, in the order in which PostgreSQL tries them.
    """

    table: QualifiedName
    names: tuple[str, ...]


@dataclass(frozen=True)
class EnumValues(Question[tuple[str, ...]]):
    """Which values does the enum type have, in order?"""

    enum: QualifiedName


@dataclass(frozen=True)
class Proof(Question[bool]):
    """Does a valid constraint prove that no row fulfils the condition?

    Attributes:
        table: the table whose rows are checked.
        condition: an SQL expression.
        columns: the columns of the condition.
    """

    table: QualifiedName
    condition: str
    columns: tuple[str, ...] = ()


SAME_DEFINITION = "zdt.same_definition"
"""The server's setting that stores whether two definitions are equal, in a script."""

PROBE = QualifiedName("zdt_probe", "pg_temp")
"""The temporary copy of a table, which shows how the server spells a definition."""


@dataclass(frozen=True)
class Server:
    """The server a recipe is computed for.

    Attributes:
        version: ``server_version_num``, for example 160004; offline the oldest
            version the script must run on.
        online: whether the questions were asked.
        answers: the answers; a missing key means "no such object".
    """

    version: int = OLDEST_SUPPORTED
    online: bool = False
    answers: Mapping[Question[Any], Any] = field(default_factory=dict)

    def answer(self, question: Question[Answer]) -> Answer | None:
        """Return the answer, None without the object, or if nothing was asked."""
        return cast("Answer | None", self.answers.get(question))

    def table(self, name: QualifiedName) -> TableFacts:
        """Return the facts of a table, or those of an ordinary table if unknown."""
        return self.answer(TableQuestion(name)) or TableFacts(kind="r")
