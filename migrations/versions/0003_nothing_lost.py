"""nothing lost"""

from pydb import migrate

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrate.apply(revision)


def downgrade() -> None:
    migrate.revert(revision)
