"""A domain that gets stricter makes PostgreSQL read every table that uses it.

https://www.postgresql.org/docs/current/sql-alterdomain.html
"""

from __future__ import annotations

from alembic_zdt.checks.check_definition import Check, Claim
from alembic_zdt.checks.examples import DOMAIN
from alembic_zdt.checks.looks import has_new_type, reporting_all
from alembic_zdt.checks.sql.effects import AlterDomain
from alembic_zdt.findings import Severity
from alembic_zdt.locks import LockMode

CHECK = Check(
    id="alter-domain",
    severity=Severity.ERROR,
    reason="ADD CONSTRAINT, SET NOT NULL and VALIDATE CONSTRAINT of a domain take "
    "SHARE on all tables that have a column of the domain, and read these tables: "
    "writes wait until all are read. NOT VALID only defers the reading to VALIDATE. "
    "Add a CHECK to each table instead: VALIDATE of that CHECK lets writes go on.",
    look=reporting_all(
        AlterDomain,
        lambda act: (
            f"{act.description} of the domain {act.name.label} reads all tables that "
            "have a column of this domain"
        ),
        when=lambda act: act.reads,
        unless=has_new_type,
    ),
    setup=DOMAIN,
    bad='op.execute("ALTER DOMAIN age ADD CONSTRAINT adult CHECK (VALUE > 17)")',
    good='op.create_check_constraint_two_phase("ck_users_age", "users", "age > 17")',
    claim=Claim({"users": LockMode.SHARE}, scans=frozenset({"users"})),
    elsewhere={"squawk": "ban-alter-domain-with-add-constraint"},
)
