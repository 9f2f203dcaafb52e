"""Answers to inspectors about the objects that the revisions have made.

https://docs.sqlalchemy.org/en/20/core/reflection.html
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine.default import DefaultDialect

from alembic_zdt.recording.made_tables import PUBLIC, MadeObjects


class MadeCatalog:
    """The inspector of a dialect, which answers from the objects of revisions.

    A table that no revision has made does not exist, so that a revision takes the
    branch in which it is missing.
    """

    made: MadeObjects

    def has_table(
        self, _connection: Any, table_name: str, schema: str | None = None, **_kw: Any
    ) -> bool:
        """Check whether a revision has made or changed a table."""
        return self.made.find(table_name, schema) is not None

    def get_table_names(
        self, _connection: Any, schema: str | None = None, **_kw: Any
    ) -> list[str]:
        """Return the tables that the revisions have made."""
        return self.made.named(schema)

    def get_schema_names(self, _connection: Any, **_kw: Any) -> list[str]:
        """Return ``public``, and the schemas of tables that revisions have made."""
        return sorted({PUBLIC, *(schema for schema, _ in self.made.tables)})

    def get_view_names(self, *_arguments: Any, **_kw: Any) -> list[str]:
        """Return no view, because views are not recorded."""
        return []

    get_materialized_view_names = get_sequence_names = get_view_names

    def get_columns(
        self, _connection: Any, table_name: str, schema: str | None = None, **_kw: Any
    ) -> list[Any]:
        """Return the columns, none for a table that does not exist."""
        table = self.made.find(table_name, schema)
        return [dict(facts) for facts in table.columns.values()] if table else []

    def get_pk_constraint(
        self, _connection: Any, table_name: str, schema: str | None = None, **_kw: Any
    ) -> Any:
        """Return the primary key, without columns if the table has none."""
        table = self.made.find(table_name, schema)
        none: Any = {"constrained_columns": [], "name": None}
        return dict(table.primary_key) if table else none

    def get_indexes(
        self, _connection: Any, table_name: str, schema: str | None = None, **_kw: Any
    ) -> list[Any]:
        """Return the indexes, with those of unique constraints."""
        table = self.made.find(table_name, schema)
        if table is None:
            return []
        unique = [
            {**each, "unique": True, "duplicates_constraint": each["name"]}
            for each in table.constraints["unique"]
        ]
        return [dict(each) for each in (*table.indexes, *unique)]

    def get_unique_constraints(
        self, _connection: Any, table_name: str, schema: str | None = None, **_kw: Any
    ) -> list[Any]:
        """Return the unique constraints."""
        return self._constraints("unique", table_name, schema)

    def get_foreign_keys(
        self, _connection: Any, table_name: str, schema: str | None = None, **_kw: Any
    ) -> list[Any]:
        """Return the foreign keys."""
        return self._constraints("foreign", table_name, schema)

    def get_check_constraints(
        self, _connection: Any, table_name: str, schema: str | None = None, **_kw: Any
    ) -> list[Any]:
        """Return the CHECK constraints."""
        return self._constraints("check", table_name, schema)

    def _constraints(self, kind: str, name: str, schema: str | None) -> list[Any]:
        table = self.made.find(name, schema)
        return [dict(each) for each in table.constraints[kind]] if table else []

    def get_table_comment(
        self, _connection: Any, table_name: str, schema: str | None = None, **_kw: Any
    ) -> Any:
        """Return the comment that the table was made with."""
        table = self.made.find(table_name, schema)
        return {"text": table.comment if table else None}

    def has_index(
        self,
        connection: Any,
        table_name: str,
        index_name: str,
        schema: str | None = None,
        **_kw: Any,
    ) -> bool:
        """Check whether a table has an index."""
        found = self.get_indexes(connection, table_name, schema)
        return any(each["name"] == index_name for each in found)

    def has_type(
        self, _connection: Any, type_name: str, schema: str | None = None, **_kw: Any
    ) -> bool:
        """Check whether a revision has made an enum."""
        return (schema or PUBLIC, type_name) in self.made.enums

    def _load_enums(
        self, _connection: Any, schema: str | None = None, **_kw: Any
    ) -> list[Any]:
        """Return the enums, as ``inspector.get_enums()`` does."""
        return [
            {"name": name, "schema": own, "visible": own == PUBLIC, "labels": labels}
            for (own, name), labels in self.made.enums.items()
            if schema in {None, "*", own}
        ]

    get_multi_columns = DefaultDialect.get_multi_columns
    get_multi_pk_constraint = DefaultDialect.get_multi_pk_constraint
    get_multi_indexes = DefaultDialect.get_multi_indexes
    get_multi_unique_constraints = DefaultDialect.get_multi_unique_constraints
    get_multi_foreign_keys = DefaultDialect.get_multi_foreign_keys
    get_multi_check_constraints = DefaultDialect.get_multi_check_constraints
    get_multi_table_comment = DefaultDialect.get_multi_table_comment
