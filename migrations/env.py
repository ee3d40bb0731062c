"""Alembic environment: one transaction, one schema. Run by `pydb migrate`, and by `alembic` in a checkout."""

from alembic import context

from pydb import revision

if context.is_offline_mode():
    revision.run_offline()
else:
    revision.run_online()
