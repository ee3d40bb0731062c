"""The workbenches of the idempotency tests: a database a module, a scope a test."""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING, Final

import pytest

from tests.idempotency.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Connection
    from tests.servers import Database, TestServer

NUMBERS: Final = itertools.count(1)


@pytest.fixture(scope="module")
def site(server: TestServer) -> Iterator[Database]:
    """A database with pydb in it, which the tests of a module share."""
    with server.database(migrated=True) as database:
        yield database


@pytest.fixture(scope="module")
def warm(site: Database) -> Iterator[list[Connection]]:
    """Sessions of `site` that have compiled the routines, and that no test has now."""
    free: list[Connection] = []
    yield free
    for session in free:
        session.close()


@pytest.fixture
def lab(site: Database, warm: list[Connection]) -> Iterator[Lab]:
    """Calls on keys of a scope that no other test has."""
    with contextlib.closing(Lab(site.dsn, f"test-{next(NUMBERS)}", warm)) as made:
        yield made


@pytest.fixture
def alone(database: Database) -> Iterator[Lab]:
    """Calls in a database of the test's own."""
    with contextlib.closing(Lab(database.dsn, "alone")) as made:
        yield made
