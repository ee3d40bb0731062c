"""typed and searched"""

from pydb import migrate

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrate.apply(revision)


def downgrade() -> None:
    migrate.revert(revision)
