"""Partitions whose rows are saved first, and whoever does it dies: rows before = rows saved + rows left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import Cli
from tests.faults.crashes import CRASHES
from tests.faults.test_export_crash import Command
from tests.faults.test_partitions import DAY, OLD, RUN, YOUNG, daily, halt_drops, there

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.crashes import Crash
    from tests.faults.lab import Lab
    from tests.servers import TestServer

ALL = set(range((OLD + YOUNG) * DAY))
GONE = set(range(OLD * DAY))
EXPORT = ("archive", "export", "events", "--yes", "--to")


def ids(lab: Lab, table: str) -> list[int]:
    if lab.value("select to_regclass(%s) is null", table):
        return []
    return [row[0] for row in lab.db.execute(f"select id from {table}".encode())]


def left(lab: Lab) -> list[int]:
    """Rows in the table, and in what was taken out of it."""
    alone = [
        name
        for (name,) in lab.db.execute(
            "select oid::regclass::text from pg_class where relname ~ '^events_[0-9]+$' and relkind = 'r'"
            " and (not relispartition or oid in (select inhrelid from pg_inherits where inhdetachpending))"
        )
    ]
    return ids(lab, "app.events") + [row for name in alone for row in ids(lab, name)]


def archived(lab: Lab) -> set[int]:
    """What is in the archive; with what is left that is all, and nothing twice."""
    kept = ids(lab, "pydb_archive.app__events")
    assert sorted(kept + left(lab)) == sorted(ALL)
    assert lab.value("select coalesce(sum(rows), 0)::int from pydb.archive_run") == len(kept)
    return set(kept)


def exported(lab: Lab) -> None:
    """Every row is there, or was deleted because a file was found whole; none for two files."""
    gone = lab.value("select coalesce(sum(rows_deleted), 0)::int from pydb.archive_manifest")
    rest = left(lab)
    assert len(set(rest)) == len(rest)
    assert len(rest) + int(str(gone)) == len(ALL)


def settled(lab: Lab) -> None:
    assert there(lab) == YOUNG * DAY
    assert lab.value("select count(*) from pg_inherits where inhdetachpending") == 0
    assert lab.db.execute(
        "select state, count(*)::int, sum(rows_saved)::int from pydb.retention_partition group by state"
    ).fetchall() == [("dropped", OLD, OLD * DAY)]
    assert sum(run.rows_done for run in lab.runs()) == OLD * DAY
    assert (lab.runs()[-1].state, lab.runs()[-1].stop_reason) == ("completed", "exhausted")


@CRASHES
@pytest.mark.parametrize("before", ["ALTER TABLE", "DROP TABLE"])
def test_a_run_that_archives_partitions_is_killed(
    mortal: TestServer, mortal_lab: Lab, crash: Crash, before: str
) -> None:
    lab = mortal_lab
    daily(lab)
    lab.policy(action="drop_partition", partition_first="archive")
    halt_drops(lab, before)
    with lab.holding() as gate:
        run = lab.start()
        gate.reached_by(run)
        crash(mortal, lab, run)
    assert archived(lab) == set(), "before the detach nothing has happened, before the drop it is undone"
    lab.run().succeeded()
    assert archived(lab) == GONE
    settled(lab)


def killed(lab: Lab, cli: Cli, *words: str) -> None:
    """A command is killed at the gate, its session with it."""
    with lab.holding():
        process = cli.start(*words)
        pid = lab.at_the_gate()
        process.kill()
        cli.finish(process)
        lab.db.execute("select pg_terminate_backend(%s)", (pid,))
        lab.until_gone(pid)


@pytest.mark.parametrize("before", ["ALTER TABLE", "DROP TABLE"])
def test_a_command_that_exports_partitions_is_killed(lab: Lab, tmp_path: Path, before: str) -> None:
    daily(lab)
    lab.policy(action="drop_partition", partition_first="export")
    halt_drops(lab, before)
    cli = Cli(lab.dsn, tmp_path)
    to = str(tmp_path / "files")
    killed(lab, cli, *EXPORT, to)
    exported(lab)
    result = cli(*EXPORT, to)
    assert result.code == 0, result
    exported(lab)
    assert there(lab) == YOUNG * DAY
    assert lab.value("select sum(rows_deleted)::int from pydb.archive_manifest") == OLD * DAY
    settled(lab)


@CRASHES
@pytest.mark.parametrize("before", ["ALTER TABLE", "DROP TABLE"])
def test_a_server_dies_while_partitions_are_exported(
    mortal: TestServer, mortal_lab: Lab, tmp_path: Path, crash: Crash, before: str
) -> None:
    lab = mortal_lab
    daily(lab)
    lab.policy(action="drop_partition", partition_first="export")
    halt_drops(lab, before)
    cli = Cli(lab.dsn, tmp_path)
    to = str(tmp_path / "files")
    with lab.holding():
        process = cli.start(*EXPORT, to)
        crash(mortal, lab, Command(cli, process, lab.at_the_gate()))
    exported(lab)
    result = cli(*EXPORT, to)
    assert result.code == 0, result
    exported(lab)
    assert lab.value("select sum(rows_deleted)::int from pydb.archive_manifest") == OLD * DAY
    settled(lab)


def test_an_export_is_killed_between_the_file_and_the_delete(lab: Lab, tmp_path: Path) -> None:
    daily(lab)
    lab.policy(action="drop_partition", partition_first="export")
    lab.run()
    lab.db.execute(
        b"create trigger gate after delete on app.events_2 for each row execute function app.gate()"
    )
    cli = Cli(lab.dsn, tmp_path)
    to = str(tmp_path / "files")
    killed(lab, cli, *EXPORT, to)
    exported(lab)
    result = cli(*EXPORT, to)
    assert result.code == 0, result
    settled(lab)


def test_a_command_that_archives_is_killed_when_all_is_detached(lab: Lab, tmp_path: Path) -> None:
    daily(lab)
    lab.policy(action="drop_partition", partition_first="archive")
    halt_drops(lab)
    cli = Cli(lab.dsn, tmp_path)
    killed(lab, cli, *RUN)
    assert archived(lab) == set()
    assert there(lab) == YOUNG * DAY
    assert lab.value("select sum(rows)::int from pydb.retention_plan('events')") == OLD * DAY
    lab.run().succeeded()
    assert archived(lab) == GONE
    settled(lab)
