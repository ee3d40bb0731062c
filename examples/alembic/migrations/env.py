"""Alembic's environment of the shop. It knows nothing of pydb, except to leave its schema alone."""

from __future__ import annotations

from alembic import context
from models import Base
from sqlalchemy import create_engine


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Compare schema shop only: to drop what it does not know is what autogenerate would propose for pydb."""
    return kind != "schema" or name == "shop"


# no URL but the driver: psycopg reads PGHOST, PGDATABASE and their sisters, as pydb does
with create_engine("postgresql+psycopg://").connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_schemas=True,
        include_name=include_name,
        version_table_schema="public",  # public.alembic_version is the shop's, pydb.alembic_version is pydb's
    )
    with context.begin_transaction():
        context.run_migrations()
