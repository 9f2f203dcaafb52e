"""Names of an application that is not here, answered by nothing."""

from alembic import op

revision = "cce7a2957a5f"
down_revision = None


def upgrade():
    # stub: shop_that_is_not_here
    from alembic import op
    from shop_that_is_not_here.models import Base, User
    from shop_that_is_not_here.settings import settings

    op.drop_column("users", "age")  # found: drop-column
    if settings.IS_LARGE:
        op.drop_table("orders")  # not looked at: settings.IS_LARGE
    for each in User.query.filter_by(name="x").all():  # not looked at: User.query.filter_by()
        each.name = "y"  # not looked at: the loop of line 18


def downgrade():
    pass
