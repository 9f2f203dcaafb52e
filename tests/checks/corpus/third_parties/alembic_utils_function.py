"""alembic_utils: a function, and what calls it."""

from alembic import op  # process: own
from alembic_utils.pg_extension import PGExtension
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_trigger import PGTrigger

revision = "9e06d4b92bf6"
down_revision = None

touch = PGFunction(
    schema="public",
    signature="touch()",
    definition="RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM users; RETURN NEW; END $$",
)
trigger = PGTrigger(
    schema="public",
    signature="touched",
    on_entity="public.users",
    definition="BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE PROCEDURE touch()",
)


def upgrade():
    op.create_entity(PGExtension(schema="public", signature="pg_trgm"))
    op.create_entity(touch)
    op.replace_entity(touch)
    op.create_entity(trigger)  # found: create-trigger


def downgrade():
    op.drop_entity(trigger)  # back, found: drop-trigger
    op.drop_entity(touch)
