"""foreseen and counted"""

from pydb import migrate

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrate.apply(revision)


def downgrade() -> None:
    migrate.revert(revision)
