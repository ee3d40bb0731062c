"""Partitions whose rows are saved first, and whoever does it dies: rows before = rows saved + rows left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import Cli
from tests.faults.crashes import CRASHES
from tests.faults.test_export_crash import Command
from tests.faults.test_partitions import DAY, OLD, RUN, YOUNG, daily, halt_drops, halts_at, there

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.crashes import Crash
    from tests.faults.lab import Background, Lab
    from tests.servers import TestServer

ALL = set(range((OLD + YOUNG) * DAY))
GONE = set(range(OLD * DAY))
SAVED = ("archive", "export")
# before the detach, and before the drop
HALTS = ("ALTER", "DROP")


def export(name: str, to: str) -> tuple[str, ...]:
    return ("archive", "export", name, "--yes", "--to", to)


def ids(lab: Lab, table: str) -> list[int]:
    if lab.value("select to_regclass(%s) is null", table):
        return []
    return [row[0] for row in lab.db.execute(f"select id from {table}".encode())]


def left(lab: Lab, name: str) -> list[int]:
    """Rows in the table, and in what was taken out of it."""
    alone = [
        part
        for (part,) in lab.db.execute(
            "select oid::regclass::text from pg_class where relname ~ %s and relkind = 'r'"
            " and (not relispartition or oid in (select inhrelid from pg_inherits where inhdetachpending))",
            (f"^{name}_[0-9]+$",),
        )
    ]
    return ids(lab, f"app.{name}") + [row for part in alone for row in ids(lab, part)]


def archived(lab: Lab, name: str = "events") -> set[int]:
    """What is in the archive; with what is left that is all, and nothing twice."""
    kept = ids(lab, f"pydb_archive.app__{name}")
    assert sorted(kept + left(lab, name)) == sorted(ALL)
    booked = "select coalesce(sum(rows), 0)::int from pydb.archive_run where source_name = %s"
    assert lab.value(booked, f"app.{name}") == len(kept)
    return set(kept)


def exported(lab: Lab, name: str = "events") -> int:
    """Every row is there, or was deleted because a file was found whole; none for two files."""
    gone = lab.value(
        "select coalesce(sum(rows_deleted), 0)::int from pydb.archive_manifest where policy = %s", name
    )
    assert isinstance(gone, int)
    rest = left(lab, name)
    assert len(set(rest)) == len(rest)
    assert len(rest) + gone == len(ALL)
    return gone


def settled(lab: Lab, name: str = "events") -> None:
    assert there(lab, name) == YOUNG * DAY
    assert lab.value("select count(*) from pg_inherits where inhdetachpending") == 0
    assert lab.db.execute(
        "select state, count(*)::int, sum(rows_saved)::int from pydb.retention_partition"
        " where policy = %s group by state",
        (name,),
    ).fetchall() == [("dropped", OLD, OLD * DAY)]
    assert sum(run.rows_done for run in lab.runs(name)) == OLD * DAY
    last = lab.runs(name)[-1]
    assert (last.state, last.stop_reason) == ("completed", "exhausted")


@CRASHES
def test_a_server_dies_while_partitions_are_saved(
    mortal: TestServer, mortal_lab: Lab, tmp_path: Path, crash: Crash
) -> None:
    """Two runs that archive, two commands that export; of each one before the detach, one before the drop."""
    lab = mortal_lab
    names = {(saved, halt): f"{saved}_{halt.lower()}" for saved in SAVED for halt in HALTS}
    for (saved, _), name in names.items():
        daily(lab, name)
        lab.policy(name, action="drop_partition", partition_first=saved)
    halt_drops(lab)
    to = str(tmp_path / "files")
    cli = Cli(lab.dsn, tmp_path)
    with lab.holding() as gate:
        runs: list[Background | Command] = []
        for (saved, halt), name in names.items():
            if saved == "archive":
                run = lab.start(name, lab.session(halts_at(halt)))
                gate.reached_by(run)
                runs.append(run)
            else:
                command = Cli(f"{lab.dsn} options='{halts_at(halt)}'", tmp_path)
                known = [one.pid for one in runs]
                runs.append(Command(command, command.start(*export(name, to)), lab.at_the_gate(known)))
        crash(mortal, lab, *runs)
    for (saved, _), name in names.items():
        if saved == "archive":
            assert archived(lab, name) == set(), "before the detach nothing has happened, then it is undone"
        else:
            exported(lab, name)
    for (saved, _), name in names.items():
        if saved == "archive":
            lab.run(name).succeeded()
            assert archived(lab, name) == GONE
    result = cli("archive", "export", "--yes", "--to", to)
    assert result.code == 0, result
    for (saved, _), name in names.items():
        if saved == "export":
            assert exported(lab, name) == OLD * DAY
        settled(lab, name)


def killed(lab: Lab, tmp_path: Path, *words: str, halt: str = "DROP") -> None:
    """A command is killed at the gate, its session with it."""
    cli = Cli(f"{lab.dsn} options='{halts_at(halt)}'", tmp_path)
    with lab.holding():
        process = cli.start(*words)
        pid = lab.at_the_gate()
        process.kill()
        cli.finish(process)
        lab.db.execute("select pg_terminate_backend(%s)", (pid,))
        lab.until_gone(pid)


@pytest.mark.parametrize("halt", HALTS)
def test_a_command_that_exports_partitions_is_killed(lab: Lab, tmp_path: Path, halt: str) -> None:
    daily(lab)
    lab.policy(action="drop_partition", partition_first="export")
    halt_drops(lab)
    cli = Cli(lab.dsn, tmp_path)
    to = str(tmp_path / "files")
    killed(lab, tmp_path, *export("events", to), halt=halt)
    exported(lab)
    result = cli(*export("events", to))
    assert result.code == 0, result
    assert exported(lab) == OLD * DAY
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
    killed(lab, tmp_path, *export("events", to))
    exported(lab)
    result = cli(*export("events", to))
    assert result.code == 0, result
    settled(lab)


def test_a_command_that_archives_is_killed_when_all_is_detached(lab: Lab, tmp_path: Path) -> None:
    daily(lab)
    lab.policy(action="drop_partition", partition_first="archive")
    halt_drops(lab)
    killed(lab, tmp_path, *RUN)
    assert archived(lab) == set()
    assert there(lab) == YOUNG * DAY
    assert lab.value("select sum(rows)::int from pydb.retention_plan('events')") == OLD * DAY
    lab.run().succeeded()
    assert archived(lab) == GONE
    settled(lab)
