"""Whatever changes: the phases lead to the tables of the models, and back."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings

from tests.autogenerate.changes.random_models import head, pairs
from tests.support.choice import FULL
from tests.support.round_trip import round_trip

each_pair = settings(
    max_examples=60 if FULL else 3,
    derandomize=not FULL,  # new ones are looked for where somebody reads the result
    # Shrinking takes minutes, and the pair that failed is shown.
    phases=list(Phase) if FULL else [Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

of_sqlalchemy = pytest.mark.filterwarnings(
    # SQLAlchemy 2.1 reflects a descending index on a column of a domain with it.
    "ignore:Type object .*DOMAIN.* does not refer to an OperatorClass"
)


@of_sqlalchemy
@pytest.mark.slow
@each_pair
@given(pair=pairs(several=False))
def test_random_changes_lead_to_the_models_and_back(db, project, pair):
    before, after = (head(db, None) + text for text in pair)
    note(f"{before}\n->\n{after}")

    for text in round_trip(db, project, before, after):
        note(text)


@pytest.fixture
def place(db, project, new_schema):
    """A second schema, which env.py compares, too."""
    name = new_schema()
    project.configure(include_schemas=True)
    project.edit_env(
        "include_schemas': True",
        "include_name': lambda name, kind, _:"
        f" kind != 'schema' or name in (None, {name!r}), 'include_schemas': True",
    )
    return name


@of_sqlalchemy
@pytest.mark.slow
@each_pair
@given(pair=pairs(several=True))
def test_random_changes_of_two_schemas(db, project, place, pair):
    before, after = (head(db, place) + text for text in pair)
    note(f"{before}\n->\n{after}")

    for text in round_trip(db, project, before, after, [place]):
        note(text)
