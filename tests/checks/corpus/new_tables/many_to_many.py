"""Tables that refer to each other."""

import sqlalchemy as sa
from alembic import op

revision = "3ea01df6737f"
down_revision = None


def upgrade():
    op.create_table("tags", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("posts", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table(
        "posts_tags",
        sa.Column("post_id", sa.Integer(), sa.ForeignKey("posts.id"), primary_key=True),
        sa.Column("tag_id", sa.Integer(), sa.ForeignKey("tags.id"), primary_key=True),
    )
    op.create_foreign_key("fk_posts_tag", "posts", "tags", ["id"], ["id"])


def downgrade():
    pass
