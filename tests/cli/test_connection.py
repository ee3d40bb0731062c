"""Connections: dead peers are noticed, PgBouncer in transaction mode is no obstacle."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, cast

import pytest

from pydb import db as pydb_db
from pydb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.conftest import Cli
    from tests.conftest import Connection
    from tests.servers import Database, PgBouncer


@pytest.fixture
def tcp_port(database: Database) -> Iterator[int]:
    """A TCP port that leads to the server's socket, for one connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    path = f"{database.server.host}/.s.PGSQL.{database.server.port}"
    outer: list[socket.socket] = []

    def pump(source: socket.socket, sink: socket.socket) -> None:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)

    def serve() -> None:
        client, _ = listener.accept()
        server = socket.socket(socket.AF_UNIX)
        server.connect(path)
        outer.extend((client, server))
        back = threading.Thread(target=pump, args=(server, client))
        back.start()
        pump(client, server)
        back.join()

    thread = threading.Thread(target=serve)
    thread.start()
    yield cast("int", listener.getsockname()[1])
    thread.join(10)
    for end in (*outer, listener):
        end.close()


def test_a_dead_peer_is_noticed_within_half_a_minute(database: Database, tcp_port: int) -> None:
    target = f"host=127.0.0.1 port={tcp_port} user=postgres dbname={database.name}"
    dsn = f"{target} sslmode=disable gssencmode=disable"
    with pydb_db.connect(dsn) as conn, socket.socket(fileno=conn.pgconn.socket) as peer:
        assert peer.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        idle, interval, count, unacknowledged = (
            peer.getsockopt(socket.IPPROTO_TCP, option)
            for option in (
                socket.TCP_KEEPIDLE,
                socket.TCP_KEEPINTVL,
                socket.TCP_KEEPCNT,
                socket.TCP_USER_TIMEOUT,
            )
        )
        peer.detach()
    assert idle + interval * count <= 30
    assert 0 < unacknowledged <= 30_000


def test_what_the_dsn_sets_is_kept(dsn: str) -> None:
    with pydb_db.connect(f"{dsn} application_name=mine keepalives_idle=77") as conn:
        assert conn.info.get_parameters()["application_name"] == "mine"
        assert conn.info.get_parameters()["keepalives_idle"] == "77"


def test_nothing_is_prepared_or_set_on_the_session(dsn: str) -> None:
    with pydb_db.connect(dsn) as conn:
        conn.execute("load 'plpgsql'")  # it brings settings of its own
        before = conn.execute("select name, setting from pg_settings order by name").fetchall()
        for _ in range(10):
            pydb_db.read(conn, "policies", name=None)
        assert conn.execute("select count(*) from pg_prepared_statements").fetchone() == (0,)
        assert conn.execute("select name, setting from pg_settings order by name").fetchall() == before


def test_a_procedure_is_refused_inside_a_transaction(dsn: str) -> None:
    with pydb_db.connect(dsn) as conn, pydb_db.transaction(conn), pytest.raises(UsageError):
        pydb_db.call_procedure(conn, "retention_run")


@pytest.mark.parametrize("name", ["a b", "a;b", 'a"b', "A", "", "é", "pg_catalog.version"])
def test_only_plain_names_are_routines(dsn: str, name: str) -> None:
    with pydb_db.connect(dsn) as conn, pytest.raises(ValueError, match="not a name"):
        pydb_db.call(conn, name)


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        ("0", "00:00:00"),
        ("30 days", "30 days"),
        ("1 mon", "1 mon"),
        ("14 months -3 days 1:02:03.5", "1 year 2 mons -3 days 01:02:03.5"),
        ("-25 months", "-2 years -1 mons"),
        ("-1 second", "-00:00:01"),
        ("1000 hours", "1000:00:00"),
    ],
)
def test_intervals_keep_their_parts_and_can_be_sent_back(dsn: str, interval: str, text: str) -> None:
    with pydb_db.connect(dsn) as conn:
        (row,) = pydb_db.run_query(conn, "select %(i)s::interval as i", i=interval)
        assert row["i"] == text
        (same,) = pydb_db.run_query(
            conn, "select %(a)s::interval = %(b)s::interval as same", a=interval, b=text
        )
        assert same["same"] is True


def test_everything_works_through_pgbouncer(
    cli: Cli,
    events: Connection,
    policy_file: Callable[..., Path],
    pgbouncer: PgBouncer,
    database: Database,
) -> None:
    cli.env["PYDB_DSN"] = pgbouncer.dsn(database.name)
    path = str(policy_file(a='keep = "30 days"\nfuse_share = 1'))
    assert cli("policy", "apply", path).code == 0
    for _ in range(3):
        assert cli("retention", "plan", "--json").document["rows"] == 7_000
    assert cli("retention", "run", "--yes").code == 0
    assert events.execute("select count(*) from app.events").fetchone() == (3_000,)
    assert cli("retention", "log").code == 0
