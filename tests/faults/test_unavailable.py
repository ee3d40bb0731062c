"""D9: no connection left, a server that is shutting down, a login that fails: exit code 69, never a traceback."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.cli.conftest import Cli
from tests.servers import TestServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMANDS = (
    ("retention", "log"),
    ("retention", "plan"),
    ("retention", "run", "--yes"),
    ("retention", "pause"),
    ("policy", "list"),
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


def check(cli: Cli, *hints: str) -> None:
    for command in COMMANDS:
        result = cli(*command)
        assert result.code == 69, (command, result)
        assert result.out == ""
        assert any(hint in result.err for hint in hints), result.err
        document = cli(*command, "--json")
        assert document.code == 69
        assert document.error["exit_code"] if "exit_code" in document.error else document.document


def test_d9_out_of_connections(narrow: TestServer, tmp_path: Path) -> None:
    dsn = f"host={narrow.host} port={narrow.port} user=plain dbname=postgres"
    with contextlib.ExitStack() as stack:
        with pytest.raises(psycopg.OperationalError):
            for _ in range(7):
                stack.enter_context(psycopg.connect(dsn))
        check(Cli(dsn, tmp_path), "remaining connection slots", "too many clients")


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
    check(Cli(dsn, tmp_path), words)
    result = Cli(dsn, tmp_path)("retention", "log")
    assert "wrong" not in result.err


def test_d9_server_is_shutting_down(narrow: TestServer, tmp_path: Path) -> None:
    """A smart shutdown waits for its last session and refuses all new ones."""
    dsn = narrow.dsn()
    last = psycopg.connect(dsn)
    stopping = threading.Thread(target=narrow.stop, args=("smart",))
    stopping.start()
    try:
        with pytest.raises(psycopg.OperationalError, match="shutting down"):
            while True:
                psycopg.connect(dsn).close()
        check(Cli(dsn, tmp_path), "shutting down")
    finally:
        last.close()
        stopping.join()
    check(Cli(dsn, tmp_path), "No such file", "Connection refused")
    narrow.start()
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
