"""kept and seen"""

from pydb import migrate

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrate.apply(revision)


def downgrade() -> None:
    migrate.revert(revision)
