"""Every stock operation, in the shapes that decide about its locks."""

from __future__ import annotations

from dataclasses import dataclass

SETUP = (
    "CREATE TABLE users (id int PRIMARY KEY, email text, name varchar(20))",
    """CREATE TABLE orders (id int PRIMARY KEY, user_id int, total int, note text,
    CONSTRAINT fk_orders_user FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT ck_total CHECK (total >= 0))""",
    "CREATE TABLE tags (tag text, user_id int, CONSTRAINT uq_tags UNIQUE (tag))",
    "CREATE INDEX ix_orders_total ON orders (total)",
    "INSERT INTO users SELECT n, 'u' || n, 'n' FROM generate_series(1, 50) n",
    "INSERT INTO orders SELECT n, n, n, 'x' FROM generate_series(1, 50) n",
    "INSERT INTO tags SELECT n, n FROM generate_series(1, 50) n",
)


@dataclass(frozen=True)
class Call:
    """One call of a stock operation on the tables of SETUP.

    Attributes:
        id: for pytest.
        code: the call.
        more: locks that depend on what only the server knows; the caution says so.
        unsure: the scan depends on the server, as the caution says.
    """

    id: str
    code: str
    more: tuple[tuple[str, str], ...] = ()
    unsure: bool = False


X = "AccessExclusiveLock"

CALLS = (
    Call("add-column", 'op.add_column("users", sa.Column("age", sa.Integer()))'),
    Call(
        "add-column-with-default",
        'op.add_column("users", sa.Column("age", sa.Integer(), server_default="1"))',
    ),
    Call(
        "add-column-not-null-with-default",
        'op.add_column("users",'
        ' sa.Column("age", sa.Integer(), server_default="1", nullable=False))',
    ),
    Call(
        "add-column-volatile-default",
        'op.add_column("users",'
        ' sa.Column("k", sa.Uuid(), server_default=sa.text("gen_random_uuid()")))',
        unsure=True,
    ),
    Call(
        "add-column-identity",
        'op.add_column("users", sa.Column("n", sa.Integer(), sa.Identity()))',
        unsure=True,
    ),
    Call(
        "add-column-stored",
        'op.add_column("users",'
        ' sa.Column("n", sa.Integer(), sa.Computed("id * 2", persisted=True)))',
        unsure=True,
    ),
    Call(
        "add-column-unique",
        'op.add_column("users", sa.Column("code", sa.Text(), unique=True))',
    ),
    Call(
        "add-column-index",
        'op.add_column("users", sa.Column("code", sa.Text(), index=True))',
    ),
    Call(
        "add-column-foreign-key",
        'op.add_column("tags",'
        ' sa.Column("order_id", sa.Integer(), sa.ForeignKey("orders.id")))',
    ),
    Call(
        "add-column-foreign-key-with-default",
        'op.add_column("tags", sa.Column("order_id", sa.Integer(),'
        ' sa.ForeignKey("orders.id"), server_default="1"))',
    ),
    Call(
        "add-column-to-itself",
        'op.add_column("users",'
        ' sa.Column("boss", sa.Integer(), sa.ForeignKey("users.id")))',
    ),
    Call(
        "add-column-boolean-with-check",
        'op.add_column("users",'
        ' sa.Column("b", sa.Enum("x", "y", native_enum=False, name="ck_b",'
        " create_constraint=True)))",
    ),
    Call("drop-column", 'op.drop_column("users", "email")'),
    Call(
        "drop-column-with-foreign-key",
        'op.drop_column("orders", "user_id")',
        more=(("users", X),),
    ),
    Call(
        "set-not-null",
        'op.alter_column("users", "email", nullable=False)',
    ),
    Call("drop-not-null", 'op.alter_column("users", "email", nullable=True)'),
    Call("set-default", 'op.alter_column("users", "email", server_default="x")'),
    Call("drop-default", 'op.alter_column("users", "email", server_default=None)'),
    Call("rename-column", 'op.alter_column("users", "email", new_column_name="mail")'),
    Call("comment-column", 'op.alter_column("users", "email", comment="c")'),
    Call(
        "comment-and-default",
        'op.alter_column("users", "email", comment="c", server_default="x")',
    ),
    Call(
        "widen-type",
        'op.alter_column("users", "name", type_=sa.String(50))',
        unsure=True,
    ),
    Call(
        "rewrite-type",
        'op.alter_column("tags", "user_id", type_=sa.BigInteger())',
        unsure=True,
    ),
    Call(
        "type-under-foreign-key",
        'op.alter_column("orders", "user_id", type_=sa.BigInteger())',
        more=(("users", X),),
        unsure=True,
    ),
    Call("create-index", 'op.create_index("ix_email", "users", ["email"])'),
    Call(
        "create-index-unique",
        'op.create_index("ix_email", "users", ["email"], unique=True)',
    ),
    Call("drop-index", 'op.drop_index("ix_orders_total", "orders")'),
    Call(
        "drop-index-without-table",
        'op.drop_index("ix_orders_total")',
        more=(("orders", X),),
    ),
    Call(
        "create-unique", 'op.create_unique_constraint("uq_email", "users", ["email"])'
    ),
    Call("create-primary-key", 'op.create_primary_key("pk_tags", "tags", ["tag"])'),
    Call(
        "create-check",
        'op.create_check_constraint("ck_id", "users", "id > 0")',
    ),
    Call(
        "create-check-not-valid",
        'op.create_check_constraint("ck_id", "users", "id > 0",'
        " postgresql_not_valid=True)",
    ),
    Call(
        "create-foreign-key",
        'op.create_foreign_key("fk_tags", "tags", "users", ["user_id"], ["id"])',
    ),
    Call(
        "create-foreign-key-not-valid",
        'op.create_foreign_key("fk_tags", "tags", "users", ["user_id"], ["id"],'
        " postgresql_not_valid=True)",
    ),
    Call(
        "create-foreign-key-to-itself",
        'op.create_foreign_key("fk_self", "users", "users", ["id"], ["id"])',
    ),
    Call(
        "create-exclude",
        'op.create_exclude_constraint("ex_tag", "tags", ("user_id", "="),'
        ' using="btree")',
    ),
    Call("drop-check", 'op.drop_constraint("ck_total", "orders", type_="check")'),
    Call("drop-unique", 'op.drop_constraint("uq_tags", "tags", type_="unique")'),
    Call("drop-primary-key", 'op.drop_constraint("orders_pkey", "orders", "primary")'),
    Call(
        "drop-foreign-key",
        'op.drop_constraint("fk_orders_user", "orders", type_="foreignkey")',
        more=(("users", X),),
    ),
    Call(
        "drop-constraint-of-unknown-type",
        'op.drop_constraint("fk_orders_user", "orders")',
        more=(("users", X),),
    ),
    Call("create-table", 'op.create_table("plain", sa.Column("id", sa.Integer()))'),
    Call(
        "create-table-with-foreign-keys",
        'op.create_table("lines", sa.Column("id", sa.Integer(), primary_key=True),'
        ' sa.Column("order_id", sa.Integer(), sa.ForeignKey("orders.id"), index=True),'
        ' sa.Column("up", sa.Integer(), sa.ForeignKey("lines.id")),'
        ' sa.Column("user_id", sa.Integer()),'
        ' sa.ForeignKeyConstraint(["user_id"], ["users.id"]))',
    ),
    Call("drop-table", 'op.drop_table("tags")'),
    Call(
        "drop-table-with-foreign-key",
        'op.drop_table("orders")',
        more=(("users", X),),
    ),
    Call("rename-table", 'op.rename_table("tags", "labels")'),
    Call("comment-table", 'op.create_table_comment("users", "c")'),
    Call("drop-table-comment", 'op.drop_table_comment("users")'),
    Call(
        "bulk-insert",
        'op.bulk_insert(sa.table("tags", sa.column("tag", sa.Text())),'
        ' [{"tag": "a"}, {"tag": "b"}])',
    ),
    Call(
        "batch",
        'with op.batch_alter_table("orders") as batch:\n'
        '    batch.add_column(sa.Column("age", sa.Integer()))\n'
        '    batch.create_index("ix_age", ["age"])\n'
        '    batch.create_foreign_key("fk_age", "users", ["id"], ["id"])',
    ),
)
INLINE = Call(
    "add-column-inline-foreign-key",
    'op.add_column("tags", sa.Column("order_id", sa.Integer(),'
    ' sa.ForeignKey("orders.id")), inline_references=True)',
)
