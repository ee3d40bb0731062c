"""The worked example, over HTTP to a uvicorn process of its own; and what a killed process leaves behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import psycopg
import pytest

from tests.asgi.conftest import DEADLINE, until
from tests.asgi.handler import key, problem
from tests.servers import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Connection
    from tests.servers import Database

TABLE = """
create table if not exists tune (
    tune_id uuid primary key default gen_random_uuid(), strategy text not null, trials integer not null
);
truncate tune, pydb.idempotency_key;
"""
RETRIES = 50
ORDER = {"strategy": "momentum", "trials": 200}


class Process:
    """A uvicorn that can be killed."""

    def __init__(self, app: str, dsn: str, log: Path) -> None:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        with listener:
            listener.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            command = [sys.executable, "-m", "uvicorn", app, "--fd", str(listener.fileno()), "--ws", "none"]
            with log.open("ab") as output:
                self._process = subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env={**os.environ, "PYTHONPATH": str(ROOT), "PYDB_DSN": dsn},
                    pass_fds=[listener.fileno()],
                    stdout=output,
                    stderr=output,
                )

        def listens() -> bool:
            assert self._process.poll() is None, log.read_text()
            try:
                httpx.get(f"{self.url}/nothing", timeout=DEADLINE, verify=False)  # noqa: S501 - no TLS at all
            except httpx.TransportError:
                return False
            return True

        until(listens)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(DEADLINE)

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                self.kill()
                raise


@contextmanager
def running(app: str, dsn: str, log: Path) -> Iterator[Process]:
    process = Process(app, dsn, log)
    try:
        yield process
    finally:
        process.stop()


@pytest.fixture
def tunes(shop: Database) -> Iterator[Connection]:
    """A connection to a database with an empty table of tunings."""
    with psycopg.connect(shop.dsn, autocommit=True) as connection:
        connection.execute(TABLE)
        yield connection


def count(tunes: Connection) -> int:
    ((number,),) = tunes.execute("select count(*) from tune")
    return int(str(number))


async def retries(url: str, path: str) -> list[httpx.Response]:
    """Send one request fifty times at once."""
    limits = httpx.Limits(max_connections=RETRIES)
    async with httpx.AsyncClient(base_url=url, timeout=DEADLINE, limits=limits) as client:
        headers = {**key("order-17"), "x-tenant": "acme"}
        return await asyncio.gather(*(client.post(path, json=ORDER, headers=headers) for _ in range(RETRIES)))


def test_fifty_retries_start_one_tuning(shop: Database, tunes: Connection, tmp_path: Path) -> None:
    with running("tests.asgi.tune_app:app", shop.dsn, tmp_path / "log") as process:
        for number, path in enumerate(["/backtests/tune", "/backtests/tune-once"], start=1):
            # the table is locked until all have come: the first is in progress, 49 wait and poll
            with psycopg.connect(shop.dsn) as gate:
                gate.execute("lock table tune in share mode")
                answers = asyncio.run(_released(gate, process.url, path))
            assert {answer.status_code for answer in answers} == {201}
            (tune_id,) = {answer.json()["tune_id"] for answer in answers}
            assert sum("idempotent-replayed" in answer.headers for answer in answers) == RETRIES - 1
            assert count(tunes) == number
            assert tunes.execute("select trials from tune where tune_id = %s", [tune_id]).fetchone() == (200,)
        headers = {**key("order-17"), "x-tenant": "acme"}
        with httpx.Client(base_url=process.url, timeout=DEADLINE) as client:
            other = client.post("/backtests/tune", json={**ORDER, "trials": 1}, headers=headers)
            assert problem(other) == (422, "payload-mismatch")
            assert problem(client.post("/backtests/tune", json=ORDER)) == (400, "key-missing")
            headers["x-tenant"] = "other"
            assert client.post("/backtests/tune", json=ORDER, headers=headers).status_code == 201
        assert count(tunes) == 3
        scopes = tunes.execute(
            "select scope, owner <> '' from pydb.idempotency_key order by scope"
        ).fetchall()
        assert scopes == [
            ("acme POST /backtests/tune", True),
            ("acme POST /backtests/tune-once", True),
            ("other POST /backtests/tune", True),
        ]


async def _released(gate: Connection, url: str, path: str) -> list[httpx.Response]:
    """Open the gate once the tuning waits at it and somebody has found it in progress."""
    answers = asyncio.create_task(retries(url, path))
    blocked = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'insert into tune'"
    deadline = asyncio.get_running_loop().time() + DEADLINE
    while gate.execute(blocked).fetchone() is None:
        assert asyncio.get_running_loop().time() < deadline
        gate.execute("select pg_stat_clear_snapshot()")
        await asyncio.sleep(0.01)
    gate.commit()
    return await answers


def test_vector_48_a_killed_worker(shop: Database, tunes: Connection, tmp_path: Path) -> None:
    """Killed between the effect and the record of it: taken over, held, or, committed together, done."""
    paths = ("/takeover", "/hold", "/once")
    outcomes: dict[str, httpx.Response] = {}

    def ask(process: Process, path: str) -> httpx.Response:
        with httpx.Client(base_url=process.url, timeout=DEADLINE) as client:
            return client.post(path, headers=key("k"))

    log = tmp_path / "log"
    with running("tests.asgi.killed_app:app", shop.dsn, log) as process:
        peers = []
        for path in paths:
            host, port = process.url.removeprefix("http://").split(":")
            peers.append(socket.create_connection((host, int(port)), timeout=DEADLINE))
            peers[-1].sendall(b"POST %s HTTP/1.1\r\nhost: x\r\nidempotency-key: k\r\n\r\n" % path.encode())
        until(lambda: count(tunes) == len(paths))
        process.kill()
        for peer in peers:
            peer.close()
    with running("tests.asgi.killed_app:app", shop.dsn, log) as process:
        # nobody renews the leases any more; until they have passed the keys are in progress
        for path in paths[:2]:
            assert problem(ask(process, path)) == (409, "in-progress")
        tunes.execute("update pydb.idempotency_key set lease_until = now() where state = 'pending'")
        outcomes = {path: ask(process, path) for path in paths}
        again = {path: ask(process, path) for path in paths}
    rows = tunes.execute("select strategy, count(*) from tune group by 1").fetchall()
    effects: dict[object, object] = dict(rows)
    assert problem(outcomes["/hold"]) == problem(again["/hold"]) == (409, "outcome-unknown")
    assert effects == {"/takeover": 2, "/hold": 1, "/once": 1}
    assert outcomes["/takeover"].json() == again["/takeover"].json() == {"attempt": 2}
    assert outcomes["/once"].json() == again["/once"].json() == {"attempt": 1}
    assert "idempotent-replayed" not in outcomes["/takeover"].headers
    assert "idempotent-replayed" in outcomes["/once"].headers
    attempts = tunes.execute(
        "select key, attempt, state::text from pydb.idempotency_key order by scope"
    ).fetchall()
    assert attempts == [("k", 1, "pending"), ("k", 1, "completed"), ("k", 2, "completed")]


def test_the_page_shows_this_application() -> None:
    page = (ROOT / "docs" / "idempotency-http.md").read_text("utf-8")
    assert (ROOT / "tests" / "asgi" / "tune_app.py").read_text("utf-8") in page
