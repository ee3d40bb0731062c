"""The server that has plpgsql_check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.servers import MissingServerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Connection
    from tests.servers import Servers


@pytest.fixture(scope="module")
def checked_db(servers: Servers) -> Iterator[Connection]:
    """A connection to a database with plpgsql_check, which exists for the system's server alone."""
    try:
        server = servers.get("pg15")
    except MissingServerError as error:
        pytest.fail(str(error), pytrace=False)
    with (
        server.database(migrated=True) as database,
        psycopg.connect(database.dsn, autocommit=True) as connection,
    ):
        connection.execute("create extension plpgsql_check")
        # an archive, for the trigger that each of them has
        connection.execute(
            b"create table public.archived (id integer, at timestamptz);"
            b"select pydb_internal.archive_table_store(pydb_internal.draft_add("
            b"'archive_table', jsonb_build_object('source', 'public.archived'::regclass::oid)))"
        )
        yield connection
