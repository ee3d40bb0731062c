"""faults of the field"""

from pydb import migrate

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrate.apply(revision)


def downgrade() -> None:
    migrate.revert(revision)
