"""A lab in the test's own database, and one on a server that may die."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.faults.idemlab import Keys, Nursery
from tests.faults.lab import Lab
from tests.servers import MissingServerError, Servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import TestServer


@pytest.fixture
def lab(dsn: str) -> Iterator[Lab]:
    """A lab in a fresh database of the shared server."""
    with contextlib.closing(Lab(dsn)) as made:
        yield made


@pytest.fixture(scope="session")
def mortals() -> Iterator[Servers]:
    """Servers for tests that crash them: such a test harms no other. A commit is on disk when it returns."""
    with Servers({"synchronous_commit": True}) as servers:
        yield servers


@pytest.fixture(scope="module")
def mortal(mortals: Servers, mortal_name: str) -> TestServer:
    """The one that a module's tests may crash; it runs, whatever the module before did to it."""
    try:
        server = mortals.get(mortal_name)
    except MissingServerError as error:
        pytest.fail(str(error), pytrace=False)
    if server.pid is None:
        server.start()
    return server


@pytest.fixture
def mortal_lab(mortal: TestServer) -> Iterator[Lab]:
    """A lab on the server that may die."""
    with mortal.database(migrated=True) as database, contextlib.closing(Lab(database.dsn)) as made:
        yield made


@pytest.fixture(scope="module")
def module_keys(server: TestServer) -> Iterator[Keys]:
    """One database of idempotency keys for a module's tests."""
    with server.database(migrated=True) as database, contextlib.closing(Keys(database.dsn)) as made:
        yield made


@pytest.fixture
def keys(module_keys: Keys) -> Iterator[Keys]:
    """The same; after each test every key of it must be sound."""
    yield module_keys
    module_keys.sound()


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """Makes worker processes that may be killed."""
    with Nursery() as made:
        yield made
