"""A customer can be deleted with all that hangs on him.

What belongs to the shape of the tables is told to pydb here, in the same history: a reference that has no
foreign key, and what an entity takes along. What is decided (how long rows are kept) stands in policies.toml.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Set the reference and the entity; both are refused if the tables are not as they say."""
    op.execute(
        "select pydb.reference_set("
        "'shop.visit', '{customer_id}', 'shop.customer', '{id}', p_on_delete => 'cascade')"
    )
    op.execute("""select pydb.entity_set('customer', 'shop.customer', '{"*": "delete"}')""")


def downgrade() -> None:
    """Take them back; no row is touched."""
    op.execute("select pydb.entity_drop('customer')")
    op.execute("select pydb.reference_drop('shop.visit.customer_id_ref')")
