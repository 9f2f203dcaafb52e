r"""Write steps for each partition into a script that does not know the partitions.

The recipe returns the steps for a partitioned table with one leaf and one branch that
stand for all (``server_facts.EACH_LEAF``, ``EACH_BRANCH``).  In these steps their names
are placeholders.  This module turns each such step into a query over the partition tree
whose rows are statements, for psql's ``\gexec``.
https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-PARTITION
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from alembic_zdt.names import PLACEHOLDER, QualifiedName, literal, quote
from alembic_zdt.qualified import qualified
from alembic_zdt.runner.recipe import Recipe
from alembic_zdt.runner.script.text import (
    expression,
    heading,
    quoted,
    step_arguments,
)
from alembic_zdt.server_facts import (
    EACH_BRANCH,
    EACH_LEAF,
    EACH_PARENT,
    IndexFacts,
    IndexQuestion,
    Partition,
    Question,
    Server,
    TableFacts,
    TableQuestion,
)
from alembic_zdt.steps import Step, Transaction

_LEAF = re.escape(EACH_LEAF.name)
_BRANCH = re.escape(EACH_BRANCH.name)
_PARENT = re.escape(EACH_PARENT.name)
_TOKEN = f"(?:{_LEAF}|{_BRANCH}|{_PARENT})"
# A name that names.derived() made of a text and a placeholder.
_DERIVED = re.compile(
    f'(?<!")(?P<name>"(?P<of_name>(?:[^"_]|""|_(?!{_TOKEN}"))*+)'
    f'_(?P<token_in_name>{_TOKEN})")|'
    f"(?P<text> E'(?:[^'\\\\_]|''|\\\\.|_(?!{_TOKEN}'))*+_(?P<token_1>{_TOKEN})'"
    f"|(?<!')'(?:[^'_]|''|_(?!{_TOKEN}'))*+_(?P<token_2>{_TOKEN})')"
)


def subject(recipe: Recipe) -> QualifiedName | None:
    """Return the relation that may turn out to be partitioned."""
    for question in recipe.questions():
        if isinstance(question, TableQuestion):
            return question.table
        if isinstance(question, IndexQuestion):
            return question.index
    return None


def if_partitioned(recipe: Recipe, server: Server) -> Server:
    """Return the server as if the relation of the recipe were partitioned."""
    relation = subject(recipe)
    answers: dict[Question[Any], Any] = {}
    for question in recipe.questions():
        if isinstance(question, TableQuestion) and question.table == relation:
            answers[question] = _partitioned_table(question.table)
        if isinstance(question, IndexQuestion) and question.index == relation:
            answers[question] = IndexFacts(question.index, is_partitioned=True)
    return Server(version=server.version, answers=answers)


def _partitioned_table(table: QualifiedName) -> TableFacts:
    below = QualifiedName(EACH_PARENT.name, EACH_PARENT.schema)
    return TableFacts(
        kind="p",
        partitions=(
            Partition(EACH_BRANCH, parent=below, is_leaf=False),
            Partition(EACH_LEAF, parent=below, is_leaf=True),
        ),
        schema=table.schema,
    )


def is_for_each(step: Step) -> bool:
    """Check whether the step is to be done for each partition."""
    return any(PLACEHOLDER in statement for statement in step.statements)


def needs_other_steps(recipe: Recipe, server: Server) -> bool:
    """Check whether the steps on the partitioned table itself differ from the usual.

    If not, PostgreSQL itself applies each step to every partition.
    """
    steps = recipe.steps(if_partitioned(recipe, server))
    themselves = [step.statements for step in steps if not is_for_each(step)]
    return themselves != [step.statements for step in recipe.steps(server)]


def for_each(step: Step, root: QualifiedName) -> str:
    """Return the step as a query whose rows are the statements for each partition."""
    if step.transaction is Transaction.SHORT:
        return _gexec(step, root, _call(step))
    (statement,) = step.statements
    done = _substituted(step.skip_if.condition, _as_columns)
    return _gexec(step, root, _format(statement), f"\n  AND NOT {done}")


def _gexec(step: Step, root: QualifiedName, query: str, condition: str = "") -> str:
    is_of_leaf = any(EACH_LEAF.name in statement for statement in step.statements)
    return (
        f"{heading(step)}\nSELECT {query}\n"
        f"FROM pg_temp.zdt_partitions({quoted(root.sql)}) AS partition\n"
        f"WHERE {'isleaf' if is_of_leaf else 'NOT isleaf'}{condition}\n\\gexec"
    )


def _call(step: Step) -> str:
    given = step_arguments(step)
    names = ", ".join(f"{name} => %L" for name in given)
    values = ",\n  ".join(expression(value, _format) for value in given.values())
    return f"pg_catalog.format('CALL pg_temp.zdt_step({names})',\n  {values})"


def _format(text: str) -> str:
    """Return an expression that puts the names of a partition into *text*."""
    arguments: list[str] = []

    def specifier(kind: str, expression: str) -> str:
        column = expression.replace("%%", "%")
        if column not in arguments:
            arguments.append(column)
        return f"%{arguments.index(column) + 1}${_SPECIFIERS[kind]}"

    filled = _substituted(text.replace("%", "%%"), specifier)
    if not arguments:
        return quoted(text)
    return f"pg_catalog.format({quoted(filled)}, {', '.join(arguments)})"


_SPECIFIERS = {"relation": "s", "schema": "s", "name": "I", "text": "L"}
Replacement = Callable[[str, str], str]


def _as_columns(kind: str, expression: str) -> str:
    return f"{expression}::pg_catalog.text" if kind == "text" else expression


_RELATIONS = {
    EACH_LEAF: "partition.relid",
    EACH_BRANCH: "partition.relid",
    EACH_PARENT: "partition.parentrelid",
}
_SCHEMAS = {
    str(EACH_LEAF.schema): "partition.schema",
    str(EACH_PARENT.schema): "partition.parent_schema",
}


def _substituted(text: str, replacement: Replacement) -> str:
    for name, column in _RELATIONS.items():
        for kind, written in (("text", literal(name.sql)), ("relation", name.sql)):
            if written in text:
                text = text.replace(written, replacement(kind, column))
    text = _DERIVED.sub(lambda found: replacement(*_derived(found)), text)
    for schema, column in _SCHEMAS.items():
        if quote(schema) in text:
            text = text.replace(quote(schema), replacement("schema", column))
    return text


def _derived(found: re.Match[str]) -> tuple[str, str]:
    if found["name"]:
        base = literal(found["of_name"].replace('""', '"')).strip()
        return "name", _derived_name(base, found["token_in_name"])
    token = found["token_1"] or found["token_2"]
    base = found["text"].replace(f"_{token}'", "'").strip()
    return "text", _derived_name(base, token)


def _derived_name(base: str, token: str) -> str:
    if token == EACH_PARENT.name:
        of_parent = f"pg_temp.zdt_name({base}, partition.parent_name)"
        is_root = qualified("partition.level = 1")
        return f"CASE WHEN {is_root} THEN {base} ELSE {of_parent} END"
    return f"pg_temp.zdt_name({base}, partition.name)"
