"""The benches of the judge: many schemas, one database. The site of all else: a database a test."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.cascade.judge import Bench
from tests.cascade.site import Site
from tests.servers import MissingServerError, TestServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def bench(server: TestServer) -> Iterator[Bench]:
    """A database with pydb in which schemas are made and taken back."""
    with server.database(migrated=True) as database, Bench(database.dsn) as fresh:
        yield fresh


@pytest.fixture
def site(dsn: str) -> Iterator[Site]:
    """A site in a fresh database of the shared server."""
    with contextlib.closing(Site(dsn)) as made:
        yield made


@pytest.fixture(scope="module")
def mortal(mortal_name: str) -> Iterator[TestServer]:
    """A server of this module alone, with a small lock table; its crashes harm nobody."""
    try:
        small = {"max_connections": 14, "max_prepared_transactions": 0, "max_wal_senders": 0}
        server = TestServer(
            mortal_name, {**small, "synchronous_commit": True, "max_locks_per_transaction": 40}
        )
    except MissingServerError as error:
        pytest.fail(str(error), pytrace=False)
    with server:
        yield server


@pytest.fixture
def mortal_site(mortal: TestServer) -> Iterator[Site]:
    """A site on the server that may die."""
    with mortal.database(migrated=True) as database, contextlib.closing(Site(database.dsn)) as made:
        yield made
