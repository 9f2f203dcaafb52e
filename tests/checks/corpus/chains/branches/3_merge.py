"""A merge, in which nothing is done."""

revision = "3"
down_revision = ("2l", "2r")
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
