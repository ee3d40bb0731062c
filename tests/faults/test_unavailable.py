"""D9: no connection left, a server that shuts down, a login that fails: exit code 69, no traceback."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.cli.conftest import Cli
from tests.servers import TestServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

COMMANDS = (
    ("retention", "log"),
    ("retention", "run", "--yes"),
    ("migrate", "list"),
    ("schedule", "status"),
)


@pytest.fixture(scope="module")
def narrow(mortal_name: str) -> Iterator[TestServer]:
    """A server with few connections, and a role that has to give a password."""
    settings = {"max_connections": 6, "superuser_reserved_connections": 2, "max_wal_senders": 0}
    with TestServer(mortal_name, settings) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("create role plain login; create role locked login password 'right'")
            connection.execute("create role forbidden")
        hba = server.data_dir / "pg_hba.conf"
        hba.write_text("local all locked scram-sha-256\n" + hba.read_text())
        server.restart()
        yield server


def refused(cli: Cli, words: str, commands: Sequence[tuple[str, ...]] = COMMANDS[:1]) -> None:
    """Each of the commands says that the database is unavailable, and why; so does its JSON."""
    for command in commands:
        result = cli(*command)
        assert (result.code, result.out) == (69, ""), (command, result)
        assert words in result.err
    result = cli(*commands[0], "--json")
    assert result.code == 69
    assert result.error


def test_d9_out_of_connections(narrow: TestServer, tmp_path: Path) -> None:
    dsn = f"host={narrow.host} port={narrow.port} user=plain dbname=postgres"
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                stack.enter_context(psycopg.connect(dsn))
        refused(Cli(dsn, tmp_path), "remaining connection slots", COMMANDS)


@pytest.mark.parametrize(
    ("login", "words"),
    [
        ("user=locked password=wrong", "password authentication failed"),
        ("user=nobody-at-all", "does not exist"),
        ("user=forbidden", "not permitted to log in"),
        ("user=plain dbname=no-such-database", "does not exist"),
    ],
)
def test_d9_login_fails(narrow: TestServer, tmp_path: Path, login: str, words: str) -> None:
    dsn = f"host={narrow.host} port={narrow.port} dbname=postgres {login}"
    refused(Cli(dsn, tmp_path), words)
    result = Cli(dsn, tmp_path)("retention", "log")
    assert "wrong" not in result.err


def test_d9_server_is_shutting_down(narrow: TestServer, tmp_path: Path) -> None:
    """A smart shutdown waits for its last session and refuses all new ones."""
    dsn = narrow.dsn()
    last = psycopg.connect(dsn)
    stopping = threading.Thread(target=narrow.stop, args=("smart",))
    stopping.start()
    try:
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                psycopg.connect(dsn).close()
        refused(Cli(dsn, tmp_path), "shutting down")
    finally:
        last.close()
        stopping.join()
    refused(Cli(dsn, tmp_path), "No such file")
    narrow.start()
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
