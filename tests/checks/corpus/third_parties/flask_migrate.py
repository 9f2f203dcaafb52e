"""The application's context, as Flask-Migrate's revisions have it."""

from alembic import op

revision = "f6bdee9f24c1"
down_revision = None

# stub: flask_that_is_not_here
from alembic import op
from flask_that_is_not_here import current_app

def upgrade():
    engine = current_app.extensions["migrate"].db.engine
    if current_app.config["TESTING"]:
        return
    with current_app.app_context():
        op.create_unique_constraint("uq", "users", ["email"])  # found: add-unique
    engine.dispose()  # not looked at: db.engine.dispose(), which --stub


def downgrade():
    pass
