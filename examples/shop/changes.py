"""The five changes of the shop, each with the condition that proves it."""

from __future__ import annotations

from dataclasses import dataclass

from examples.shop import proofs


@dataclass(frozen=True)
class Change:
    """One revision after the first.

    Attributes:
        revision: its id in ``versions_stock`` and in ``versions_zdt``.
        title: for people.
        table: that it changes.
        proof: SQL condition, true once the change is made.
    """

    revision: str
    title: str
    table: str
    proof: str


CHANGES = (
    Change(
        "0002",
        "index on orders.placed_at",
        "orders",
        proofs.has_index("ix_orders_placed_at", "placed_at"),
    ),
    Change(
        "0003",
        "unique users.email",
        "users",
        f"{proofs.has_constraint('users', 'uq_users_email')}"
        f" AND {proofs.has_index('uq_users_email', 'email')}",
    ),
    Change(
        "0004",
        "check on orders.total_cents",
        "orders",
        proofs.has_constraint("orders", "ck_orders_total_not_negative"),
    ),
    Change(
        "0005",
        "foreign key orders.user_id",
        "orders",
        proofs.has_constraint("orders", "fk_orders_user_id_users"),
    ),
    Change(
        "0006",
        "orders.currency NOT NULL",
        "orders",
        proofs.has_not_null("orders", "currency"),
    ),
)
