"""The two calls on each directive's page run, ours and Alembic's own."""

from __future__ import annotations

import pytest

from tools.directives import directives

SHOP = (
    "CREATE TABLE users (id bigint UNIQUE, email text, email_lower text)",
    "CREATE TYPE order_status AS ENUM ('new', 'paid')",
    (
        "CREATE TABLE orders (id bigint, user_id bigint, total int, created_at date,"
        " status order_status)"
    ),
    "INSERT INTO users VALUES (1, 'ann@example.com')",
    "INSERT INTO orders VALUES (1, 1, 10, now())",
)
INDEX = "CREATE INDEX ix_orders_user_id ON orders (user_id)"
FOREIGN_KEY = (
    "ALTER TABLE orders ADD CONSTRAINT fk_orders_user_id"
    " FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID"
)
BEFORE = {
    "drop_constraint_safely": FOREIGN_KEY,
    "drop_index_concurrently": INDEX,
    "drop_not_null": "ALTER TABLE users ALTER email SET NOT NULL",
    "reindex_concurrently": INDEX,
    "rename_constraint_safely": "ALTER TABLE users ADD CONSTRAINT uq_users_mail"
    " UNIQUE (email)",
    "rename_index_safely": "CREATE INDEX ix_users_mail ON users (email)",
    "replace_index_concurrently": INDEX,
    "validate_constraint": FOREIGN_KEY,
}


PHASES = ("expand", "migrate", "contract")


def example(directive):
    """Phases do only together what one call of Alembic's does."""
    workflow = directive.name.partition("_")[2]
    known = {each.name: each.parts.example for each in directives()}
    calls = [known.get(f"{phase}_{workflow}", "") for phase in PHASES]
    return "\n".join(filter(None, calls)) or directive.parts.example


@pytest.mark.parametrize("directive", directives(), ids=lambda each: each.name)
def test_both_calls_of_the_page_lead_to_the_same_catalog(
    db, project, new_schema, directive
):
    """What is shown under "Write" runs, and does what the call under "Instead" does."""
    pictures = []
    for number, call in enumerate((example(directive), directive.parts.instead)):
        schema = new_schema()
        for statement in (*SHOP, BEFORE.get(directive.name, "SELECT")):
            db.execute(f"SET search_path = {schema}; {statement}")
        project.configure(version_table_schema=db.schema)
        body = f'op.execute("SET search_path = {schema}")\n{call}'
        project.revision(f"r{number}", body)
        project.upgrade("head", x=["zdt.guard=off"])
        pictures.append(db.catalog(schema))

    ours, theirs = pictures
    assert ours == theirs
