"""The server's disk is full while rows are archived or come back: none is lost, and with room it goes on."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pydb import db, errors
from pydb.archive import export, load, target
from pydb.embedded.supervisor import Account
from tests.cli.conftest import Cli
from tests.faults.test_archive_crash import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.lab import Lab

# holds some of the 1.4 MB that the archive, or the table, comes to
BOUND = 1024 * 1024
ROWS, EXPIRED = 1500, 1400


@contextlib.contextmanager
def full_disk(
    lab: Lab, pid: int, table: str = "pydb_archive.app__events"
) -> Iterator[tuple[str, Callable[[], object]]]:
    """A table has a megabyte of disk; yields the SQLSTATE of a block too many, and what makes room.

    A file system of that size, where root may mount one. Elsewhere (an ordinary user, most containers) a
    bound on the files that the run's server process writes, which servers from 16 on have no class for.
    """
    with tempfile.TemporaryDirectory(prefix="pydb-small-") as place:
        Path(place).chmod(0o755)
        disk = Path(place) / "disk"
        disk.mkdir()
        size = f"size={BOUND},mode=777"
        command = ["mount", "-t", "tmpfs", "-o", size, "pydb-test", str(disk)]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
            with bound_of_files(pid) as room:
                yield ("53100" if lab.db.info.server_version < 160000 else "XX000"), room
            return
        try:
            with tablespace(lab, disk, table) as room:
                yield "53100", room
        finally:
            subprocess.run(["umount", "--lazy", str(disk)], check=True)


@contextlib.contextmanager
def tablespace(lab: Lab, disk: Path, table: str) -> Iterator[Callable[[], object]]:
    name = f"small_{lab.db.info.dbname}"
    move = f"alter table {table} set tablespace"
    Account.for_servers().own(disk)
    lab.db.execute(f"create tablespace {name} location '{disk}'".encode())
    lab.db.execute(f"{move} {name}".encode())
    yield lambda: subprocess.run(["mount", "-o", "remount,size=16m", str(disk)], check=True)
    lab.db.execute(f"{move} pg_default".encode())
    lab.db.execute(f"drop tablespace {name}".encode())


@contextlib.contextmanager
def bound_of_files(pid: int) -> Iterator[Callable[[], object]]:
    bound(pid, BOUND + 4096)  # in the middle of a block, which is written by half
    yield lambda: bound(pid, "unlimited")


def bound(pid: int, size: int | str) -> None:
    """No file that the server process writes grows beyond it."""
    # as who runs the server: it needs no privilege then
    done = Account.for_servers().run(["prlimit", "--pid", str(pid), f"--fsize={size}:unlimited"])
    assert done.returncode == 0, done.stdout


def test_a_run_that_fills_the_disk(lab: Lab) -> None:
    lab.table(rows=ROWS, expired=EXPIRED)
    lab.policy(action="archive")
    lab.db.execute("call pydb.retention_run('events', p_max_rows => 100)")
    session = lab.session()
    with full_disk(lab, session.info.backend_pid) as (code, make_room):
        assert lab.run(session=session).failed() == "YD110"
        row = lab.runs()[-1]
        assert (row.state, row.stop_reason, row.sqlstate) == ("failed", "error", code)
        archived = whole(lab, ROWS)
        assert archived == set(range(1, len(archived) + 1))
        assert 100 < len(archived) < EXPIRED
        lab.balanced()
        make_room()
        lab.run(session=session).succeeded()
        assert whole(lab, ROWS) == set(range(1, EXPIRED + 1))
        lab.converges()
    assert [run.rows_done for run in lab.runs()] == [100, len(archived) - 100, EXPIRED - len(archived), 0, 0]


def test_partitions_whose_rows_fill_the_disk(lab: Lab) -> None:
    """What was taken out of its table, and finds no room in the archive, waits with its rows."""
    lab.db.execute(
        b"""create table app.days (id int, at timestamptz not null, fat text) partition by range (at);
        create table app.days_1 partition of app.days for values from ('2024-01-01') to ('2024-01-02');
        create table app.days_2 partition of app.days for values from ('2024-01-02') to ('2024-01-03');
        create table app.days_3 partition of app.days for values from ('2024-01-03') to ('2124-01-01');
        insert into app.days
        select i, '2024-01-01'::timestamptz + i / 701 * interval '1 day', repeat('x', 850)
        from generate_series(1, 1400) as i; insert into app.days values (0, now(), '')"""
    )
    lab.policy("days", action="drop_partition", partition_first="archive")
    session = lab.session()
    with full_disk(lab, session.info.backend_pid, "pydb_archive.app__days") as (code, make_room):
        assert lab.run("days", session=session).failed() == "YD110"
        (row,) = lab.runs("days")
        assert (row.state, row.stop_reason, row.sqlstate) == ("failed", "error", code)
        assert lab.ids("days") == {0}
        alone = {
            name
            for (name,) in lab.db.execute("select name from pydb.retention_partition where ended_at is null")
        }
        assert alone == {"app.days_2"}
        assert lab.ids("days_2") == set(range(701, 1401))
        assert lab.value("select array_agg(id order by id) from pydb_archive.app__days") == list(
            range(1, 701)
        )
        make_room()
        lab.run("days", session=session).succeeded()
        assert lab.value("select array_agg(id order by id) from pydb_archive.app__days") == list(
            range(1, 1401)
        )
        assert lab.value("select to_regclass('app.days_2') is null")
    assert [run.rows_done for run in lab.runs("days")] == [700, 700]


@pytest.mark.parametrize("whence", ["archive", "file"])
def test_what_comes_back_fills_the_disk(lab: Lab, tmp_path: Path, whence: str) -> None:
    lab.table(rows=ROWS, expired=EXPIRED)
    place = target.Directory(tmp_path)
    with db.connect(lab.dsn) as conn, db.connect(lab.dsn) as reader:
        if whence == "archive":
            lab.policy(action="archive")
            lab.run().succeeded()
        else:
            lab.policy(action="export")
            export.export(conn, reader, "events", place)
        assert lab.ids() == set(range(EXPIRED + 1, ROWS + 1))
        # what is left takes more than the small disk has: each row a block
        lab.db.execute(b"delete from app.events")

        def back() -> None:
            if whence == "archive":
                db.call(conn, "archive_restore", p_run_id=lab.runs()[0].id)
            else:
                files = [name for name in place.names() if name.endswith(".copy.zst")]
                load.load_all(conn, [(place, name) for name in files])

        pid = conn.info.backend_pid
        lab.db.execute(b"vacuum full app.events")
        with full_disk(lab, pid, "app.events") as (code, make_room):
            with pytest.raises(errors.PydbError) as caught:
                back()
            assert caught.value.sqlstate == code
            assert lab.ids() == set()
            make_room()
            back()
            assert lab.ids() == set(range(1, EXPIRED + 1))


@pytest.mark.parametrize("when", ["before", "after"])
def test_no_room_for_wal_while_rows_are_archived(mortal_lab: Lab, when: str) -> None:
    """The server panics, and recovers: an open batch is gone from table and archive alike."""
    lab = mortal_lab
    lab.table(rows=ROWS, expired=EXPIRED)
    lab.policy(action="archive")
    with lab.gate(when=when) as gate:
        run = lab.start()
        gate.reached_by(run)
        bound(run.pid, 0)
        gate.open()
        run.failed()
        lab.reconnect()
    archived = whole(lab, ROWS)
    assert 0 < len(archived) < EXPIRED
    lab.converges()
    assert whole(lab, ROWS) == set(range(1, EXPIRED + 1))


def test_no_room_for_wal_while_exported_rows_are_deleted(mortal_lab: Lab, tmp_path: Path) -> None:
    """What is gone is in a verified file, whatever the server knew of it when it panicked."""
    lab = mortal_lab
    lab.table(rows=ROWS, expired=EXPIRED)
    lab.policy(action="export")
    place = tmp_path / "files"
    place.mkdir()
    words = ("archive", "export", "events", "--to", str(place), "--yes")
    cli = Cli(lab.dsn, tmp_path)
    with lab.gate() as gate:
        process = cli.start(*words)
        pid = lab.at_the_gate()
        bound(pid, 0)
        gate.open()
        assert cli.finish(process).code not in {0, 130}
        lab.reconnect()
    gone = lab.gone()
    assert gone < EXPIRED
    assert exported(lab) == gone
    again = cli(*words)
    assert (again.code, lab.gone(), exported(lab)) == (0, EXPIRED, EXPIRED), again
    verified = cli("archive", "verify", str(place))
    assert verified.code == 0, verified


def exported(lab: Lab) -> object:
    """Rows that were deleted because a verified file of this database holds them."""
    return lab.value("select coalesce(sum(rows_deleted), 0)::bigint from pydb.archive_manifest")
