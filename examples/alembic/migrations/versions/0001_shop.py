"""Customers, purchases and visits."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make schema shop."""
    op.execute("create schema shop")
    op.create_table(
        "customer",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        schema="shop",
    )
    op.create_table(
        "purchase",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column(
            "customer_id", sa.BigInteger, sa.ForeignKey("shop.customer.id"), nullable=False, index=True
        ),
        sa.Column("cents", sa.BigInteger, nullable=False),
        schema="shop",
    )
    op.create_table(
        "visit",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("customer_id", sa.BigInteger, index=True),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column(
            "visited_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.func.now(),
            index=True,
        ),
        schema="shop",
    )


def downgrade() -> None:
    """Drop schema shop."""
    for table in ("visit", "purchase", "customer"):
        op.drop_table(table, schema="shop")
    op.execute("drop schema shop")
