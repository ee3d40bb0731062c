"""However the owner of a server ends, the server ends too and leaves nothing behind."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import psycopg
import pytest

from pydb import embedded
from pydb.embedded.supervisor import Account
from tests.embedded.clusters import cluster
from tests.servers import SERVERS, bin_dir

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNER = Path(__file__).with_name("owner.py")
both = pytest.mark.parametrize("name", SERVERS)


class Report(TypedDict):
    """What owner.py prints."""

    pid: int
    host: str
    dsn: str
    forked: int
    uid: int
    imported: bool


@contextmanager
def owner(name: str, *options: str) -> Iterator[tuple[subprocess.Popen[str], Report]]:
    """Run owner.py until it says that its server is up; ended at the end, whatever the test did to it."""
    reachable = embedded.Server(bin_dir=bin_dir(name))  # as root this copies what nobody could not reach
    reachable.close()
    process = subprocess.Popen(
        [sys.executable, str(OWNER), str(reachable.bin_dir), str(cluster(name)), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(OWNER.parents[2])},
    )
    with process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


class Watched:
    """A process that need not be our child; `wait` returns when it has ended, reaped or not."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._fd = os.pidfd_open(pid)

    def wait(self) -> None:
        try:
            assert select.select([self._fd], [], [], 30)[0], f"process {self.pid} still runs"
        finally:
            os.close(self._fd)


def server_and_shell(report: Report) -> tuple[Watched, Watched]:
    """Return the server and the shell above it, which removes the directory after it."""
    parent = int(Path(f"/proc/{report['pid']}/stat").read_text().rpartition(")")[2].split()[1])
    return Watched(report["pid"]), Watched(parent)


@both
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_server_ends_with_its_owner(name: str, number: signal.Signals) -> None:
    with owner(name) as (process, report):
        server, shell = server_and_shell(report)
        process.send_signal(number)
        process.wait(30)
        server.wait()
        shell.wait()
    assert not Path(report["host"]).exists()


@both
def test_server_ends_even_if_a_forked_child_lives_on(name: str) -> None:
    with owner(name, "fork") as (process, report):
        server = Watched(report["pid"])
        process.kill()
        process.wait(30)
        server.wait()
        os.kill(report["forked"], signal.SIGKILL)  # fails if it is gone


@both
def test_ctrl_c_does_not_reach_the_server(name: str) -> None:
    with owner(name) as (process, report):
        assert os.getpgid(report["pid"]) != os.getpgid(process.pid)
        assert os.getsid(report["pid"]) != os.getsid(process.pid)


@both
def test_ordinary_user_owns_a_server(name: str) -> None:
    options = ["drop"] if os.geteuid() == 0 else []
    with owner(name, *options) as (process, report):
        assert report["uid"] != 0
        assert Path(f"/proc/{report['pid']}").stat().st_uid == report["uid"]
        with psycopg.connect(report["dsn"]) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        server = Watched(report["pid"])
        process.kill()
        server.wait()


@both
def test_server_never_runs_as_root(name: str) -> None:
    with owner(name) as (_, report):
        assert Path(f"/proc/{report['pid']}").stat().st_uid == Account.for_servers().uid != 0


def test_wheel_is_never_imported() -> None:
    with owner("pg18") as (_, report):
        assert report["imported"] is False


@both
def test_detached_server_outlives_its_owner_until_sigint(name: str) -> None:
    with owner(name, "detach") as (process, report):
        server, shell = server_and_shell(report)
        process.kill()
        process.wait(30)
    with psycopg.connect(report["dsn"]) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    os.kill(server.pid, signal.SIGINT)
    server.wait()
    shell.wait()
    assert not Path(report["host"]).exists()
