"""A server or database that was restored, promoted or copied deletes nothing until somebody allows it."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg
import pytest
from psycopg import sql

from pydb import embedded
from pydb.archive import manifest
from pydb.embedded.supervisor import Account
from tests import servers
from tests.cli.conftest import Cli
from tests.servers import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import Servers, TestServer

    Connection = psycopg.Connection[tuple[object, ...]]

EXPIRED: Final = 40
TABLE: Final = """
create table event (id bigint primary key, at timestamptz not null);
insert into event select i, now() - interval '60 days' from generate_series(1, 10) as i;
insert into event select i, now() from generate_series(1001, 1100) as i;
create table log (id bigint primary key, at timestamptz not null);
insert into log select i, now() - interval '60 days' from generate_series(1, 10) as i;
insert into log select i, now() from generate_series(1001, 1100) as i;
select pydb.retention_policy_set('events', 'event', 'at', '30 days');
select pydb.retention_policy_set('logs', 'log', 'at', '30 days', p_action => 'export');
"""
MORE: Final = f"insert into event select i, now() - interval '60 days' from generate_series(1, {EXPIRED}) i"
MORE_LOG: Final = "insert into log select i, now() - interval '60 days' from generate_series(1, 10) as i"
LAST: Final = """
select array[state, stop_reason, sqlstate] from pydb.job_run where kind = 'retention' order by id desc
"""


def open_one(dsn: str) -> Connection:
    return psycopg.connect(dsn, autocommit=True)


def one(connection: Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def state(connection: Connection) -> object:
    return one(connection, "select state from pydb.guard_status")


def differing(connection: Connection) -> set[object]:
    return {part for (part,) in connection.execute("select part from pydb_internal.guard_differences()")}


def refused(connection: Connection, statement: str) -> None:
    with pytest.raises(psycopg.DatabaseError) as said:
        connection.execute(statement.encode())
    assert said.value.sqlstate == "YD840"
    assert "guard_allow" in str(said.value.diag.message_hint)


def held(connection: Connection) -> None:
    """Each deleting path refuses, and says so in the log; then it is allowed, and goes on."""
    rows = one(connection, "select count(*) from event")
    assert state(connection) == "held"
    for statement in (
        "call pydb.retention_run('events')",
        "select pydb.retention_batch('events')",
        """select pydb.cascade_delete('event', '[{"id": 1}]')""",
        "call pydb.archive_purge()",
    ):
        refused(connection, statement)
    assert one(connection, "select count(*) from event") == rows
    assert one(connection, LAST) == ["blocked", "held", "YD840"]
    connection.execute("call pydb.retention_run('events', p_dry_run => true)")
    connection.execute("select pydb.guard_allow('it is meant to be this one')")
    assert state(connection) == "ok"
    connection.execute("call pydb.retention_run('events')")
    assert one(connection, "select count(*) from event where at < now() - interval '30 days'") == 0


@dataclass(frozen=True)
class Origin:
    """A server that has deleted, a copy of its files, and archive files that belong to it."""

    server: TestServer
    name: str
    base: Path
    files: Path

    @contextlib.contextmanager
    def copy(self, *signals: str, **settings: str) -> Iterator[embedded.Server]:
        """Run a copy of the files, as `cp -a` makes it."""
        with (
            self.copied(*signals) as data,
            embedded.Server(data, self.server.bin_dir, {**SETTINGS, **settings}) as server,
        ):
            yield server

    @contextlib.contextmanager
    def copied(self, *signals: str) -> Iterator[Path]:
        place = Path(tempfile.mkdtemp(prefix="pydb-guard-", dir=self.base.parent.parent))
        account = Account.for_servers()
        account.own(place)
        try:
            subprocess.run(["cp", "-a", str(self.base), str(place / "data")], check=True)
            for signal in signals:
                (place / "data" / signal).touch()
                account.own(place / "data" / signal)
            yield place / "data"
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def session(self, server: embedded.Server) -> Connection:
        return open_one(server.dsn(self.name))

    def untouched(self, server: embedded.Server, tmp_path: Path) -> None:
        """Nobody who is not the origin removes, finishes or takes over one of its files."""
        before = {path.name: path.stat().st_mtime_ns for path in self.files.iterdir()}
        cli = Cli(server.dsn(self.name), tmp_path)
        cli("archive", "export", "logs", "--to", str(self.files), "--yes")
        cli("archive", "verify", str(self.files))
        assert {path.name: path.stat().st_mtime_ns for path in self.files.iterdir()} == before


@pytest.fixture(scope="module")
def origin(mortals: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    server = mortals.get("pg15")
    if server.pid is None:
        server.start()
    account = Account.for_servers()
    files = tmp_path_factory.mktemp("files")
    place = Path(tempfile.mkdtemp(prefix="pydb-base-", dir=server.data_dir.parent.parent))
    try:
        account.own(place)
        with server.database(migrated=True) as database:
            with open_one(database.dsn) as connection:
                connection.execute(TABLE.encode())
                connection.execute("call pydb.retention_run('events')")
                assert state(connection) == "ok"
                connection.execute(MORE.encode())
                assert (
                    Cli(database.dsn, files)("archive", "export", "logs", "--to", str(files), "--yes").code
                    == 0
                )
                connection.execute(MORE_LOG)
                # of a run of the origin that is writing just now
                name = next(path.name for path in files.iterdir() if path.name.endswith(manifest.ENDING))
                (files / (re.sub(r"-r[0-9]+-", "-r99-", name) + ".tmp")).touch()
            made = account.run(
                [
                    str(server.bin_dir / "pg_basebackup"),
                    *("-h", server.host, "-p", str(server.port), "-U", "postgres"),
                    *("-D", str(place / "data"), "-X", "stream", "-c", "fast", "--no-sync"),
                ]
            )
            assert made.returncode == 0, made.stdout
            (place / "data" / "postmaster.pid").unlink(missing_ok=True)
            yield Origin(server, database.name, place / "data", files)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def test_a_copy_of_the_files(origin: Origin, tmp_path: Path) -> None:
    with origin.copy() as server, origin.session(server) as connection:
        assert differing(connection) == {"data_directory", "written"}
        origin.untouched(server, tmp_path)
        held(connection)


def test_a_standby_and_its_promotion(origin: Origin, tmp_path: Path) -> None:
    with origin.copy("standby.signal") as server, origin.session(server) as connection:
        assert state(connection) == "standby"
        connection.execute("call pydb.retention_run('events')")
        assert one(connection, "select pg_is_in_recovery() and count(*) > 100 from event") is True
        connection.execute("select pg_promote()")
        assert "timeline" in differing(connection)
        origin.untouched(server, tmp_path)
        held(connection)


def test_a_restore_to_a_point_in_time(origin: Origin, tmp_path: Path) -> None:
    settings = {
        "restore_command": "false",
        "recovery_target": "immediate",
    }
    with origin.copy("recovery.signal", **settings) as server, origin.session(server) as connection:
        connection.execute("select pg_promote()")
        assert "timeline" in differing(connection)
        origin.untouched(server, tmp_path)
        held(connection)


@pytest.fixture(scope="module")
def dump(origin: Origin) -> bytes:
    command = [str(origin.server.bin_dir / "pg_dump"), "-d", origin.server.dsn(origin.name)]
    return subprocess.run(command, capture_output=True, check=True).stdout


@pytest.mark.parametrize("target", ["here", "elsewhere"])
def test_a_dump_that_is_restored(origin: Origin, dump: bytes, target: str, servers: Servers) -> None:
    server = origin.server if target == "here" else servers.get("pg18")
    tools = origin.server.bin_dir
    with server.database(migrated=False) as database:
        subprocess.run(
            [str(tools / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database.dsn],
            input=dump,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with open_one(database.dsn) as connection:
            assert differing(connection) >= {"database_oid" if target == "here" else "system_identifier"}
            held(connection)


def test_an_upgrade(origin: Origin, tmp_path: Path) -> None:
    account = Account.for_servers()
    with origin.copied() as data:
        with embedded.Server(data, origin.server.bin_dir, SETTINGS) as old, open_one(old.dsn()) as connection:
            # to dump and restore the templates of other tests takes as long as all the rest
            templates = f"from pg_database where datname like '{servers.TEMPLATE}%'"
            for (name,) in connection.execute(f"select datname {templates}".encode()).fetchall():
                template = sql.Identifier(str(name))
                connection.execute(sql.SQL("alter database {} is_template false").format(template))
                connection.execute(sql.SQL("drop database {}").format(template))
        new = data.parent / "new"
        bins = servers.bin_dir("pg18")
        with embedded.Server(data_dir=None, bin_dir=bins) as other:
            bins = other.bin_dir
        cluster = "-U postgres -A trust --no-sync --no-data-checksums --wal-segsize=1 -E UTF8 --no-locale"
        binaries = ["-b", str(origin.server.bin_dir), "-B", str(bins)]
        upgrade = [*binaries, "-d", str(data), "-D", str(new), "-U", "postgres", "--no-sync", "--link"]
        for command in (
            [str(bins / "initdb"), "-D", str(new), *cluster.split()],
            [str(bins / "pg_upgrade"), *upgrade],
        ):
            made = account.run(["/bin/sh", "-c", 'cd "$0" && exec "$@"', str(data.parent), *command])
            assert made.returncode == 0, made.stdout
        with embedded.Server(new, bins, SETTINGS) as server, origin.session(server) as connection:
            assert "system_identifier" in differing(connection)
            origin.untouched(server, tmp_path)
            held(connection)


@pytest.mark.parametrize(
    ("allowed", "copies"),
    [("p_next => true", ["ok", "held"]), ("p_for => '1 hour'", ["ok", "ok"]), ("p_for => '1 us'", ["held"])],
)
def test_what_is_allowed_beforehand(origin: Origin, allowed: str, copies: list[str]) -> None:
    source = origin.name
    made = []
    with open_one(origin.server.dsn(source)) as connection:
        connection.execute(f"select pydb.guard_allow('moving house', {allowed})".encode())
    try:
        for number, expected in enumerate(copies):
            copy = f"{origin.name}_{number}"
            origin.server.tell("create database {} template {}", sql.Identifier(copy), sql.Identifier(source))
            made.append(copy)
            source = copy
            with open_one(origin.server.dsn(copy)) as connection:
                assert state(connection) == ("held" if expected == "held" else "allowed")
                if expected == "held":
                    refused(connection, "call pydb.retention_run('events')")
                else:
                    connection.execute("call pydb.retention_run('events')")
                    said = one(
                        connection,
                        "select arguments ->> 'reason' from pydb.audit_log where action = 'guard_admit'",
                    )
                    assert said == "moving house"
                assert state(connection) == expected
    finally:
        for copy in reversed(made):
            origin.server.tell("drop database {} with (force)", sql.Identifier(copy))
        with open_one(origin.server.dsn(origin.name)) as connection:
            connection.execute("update pydb.guard_server set allow_next = false, allow_until = null")
