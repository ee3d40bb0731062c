"""A policy that exports, and whose rows take rows of other tables along: all of them come to files."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from pydb import db as pydb_db
from pydb.archive import load
from tests import reuse
from tests.archive.filelab import WAITS, end
from tests.cli.conftest import Cli
from tests.servers import PAUSE

if TYPE_CHECKING:
    from pathlib import Path

    from pydb.archive.load import Imported
    from tests.archive.filelab import FileLab
    from tests.conftest import Connect

ROWS = 200
# two levels that go by themselves, one table that references itself, and a reference that only pydb knows
FAMILY = """
create table app.note (
    id integer primary key, event_id integer not null references app.event on delete cascade,
    parent integer references app.note on delete cascade
);
create table app.tag (id integer primary key, note_id integer not null references app.note on delete cascade);
create table app.mark (id integer primary key, event_id integer);
create index on app.note (event_id); create index on app.note (parent); create index on app.tag (note_id);
create index on app.mark (event_id);
insert into app.note select i, i, case when i % 2 = 0 then i - 1 end from generate_series(1, 120) as i;
insert into app.tag select i, 1 + i % 120 from generate_series(1, 300) as i;
insert into app.mark select i, i from generate_series(1, 50) as i;
select pydb.reference_set('app.mark', '{event_id}', 'app.event', '{id}', 'cascade');
"""
SIZES = {"app.event": ROWS, "app.mark": 50, "app.note": 120, "app.tag": 300}
ALL = sum(SIZES.values())


@pytest.fixture(name="family")
def _family(files: FileLab) -> FileLab:
    files.table(ROWS)
    files.do(FAMILY)
    return files


def told(files: FileLab) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables that are due, as text."""
    return {name: files.rows(f"select t::text from {name} as t where id > 0 order by id") for name in SIZES}


def loaded(files: FileLab, run: int) -> Imported:
    with reuse.borrowed(files.dsn) as conn:
        return load.load_all(conn, [(files.target, name) for name in load.of_run(files.target, run)])


def archived(files: FileLab) -> int:
    """The half of an export that archives, alone: what there is when it is killed after that."""
    with reuse.borrowed(files.dsn) as conn:
        pydb_db.call_procedure(
            conn, "retention_export_run", p_policy="events", p_request="0b1e7f5e-0000-4000-8000-000000000001"
        )
    return int(str(files.value("select max(id) from pydb.job_run where run_kind = 'export'")))


def in_archives(files: FileLab) -> int:
    return int(str(files.value("select sum(rows - restored - purged)::int from pydb.archive_run")))


def test_all_goes_under_one_run_and_comes_back(family: FileLab) -> None:
    before = told(family)
    outcome = family.export()
    assert end(outcome) == ("completed", "exhausted", ALL)
    assert outcome.run is not None
    assert [(run.state, run.rows_done) for run in outcome.carried] == [("completed", ALL)]
    assert {table.relation: table.rows for table in outcome.tables} == SIZES
    assert [table.error for table in outcome.tables] == [None] * 4
    assert set(family.verdicts().values()) == {"ok"}
    assert not any(told(family).values())
    assert in_archives(family) == 0
    done = loaded(family, outcome.run.id)
    assert {one.relation: one.restored for one in done.relations} == SIZES
    assert told(family) == before
    # once more: nothing is twice
    assert loaded(family, outcome.run.id).rows_imported == 0


def test_the_plan_counts_what_the_export_takes(family: FileLab) -> None:
    ((rows,),) = family.rows(
        "select sum(rows)::int from pydb.retention_plan('events') where action <> 'total'"
    )
    outcome = family.export()
    assert outcome.run is not None
    assert (rows, outcome.run.rows_planned) == (outcome.run.rows_done, outcome.run.rows_done)


def test_what_waits_in_the_archive_is_not_purged_and_goes_with_the_next(family: FileLab) -> None:
    run = archived(family)
    assert in_archives(family) == ALL
    family.do("update pydb.archive_run set last_at = now() - interval '3 years'")
    assert family.rows("select distinct export_policy, until from pydb.archive_list") == [("events", None)]
    assert family.rows("select distinct due::int, until, state from pydb.archive_status") == [(0, None, "ok")]
    with reuse.borrowed(family.dsn) as conn:
        pydb_db.call_procedure(conn, "archive_purge")
    assert in_archives(family) == ALL
    outcome = family.export()
    assert end(outcome) == ("completed", "exhausted", 0)
    assert {table.relation: table.rows for table in outcome.tables} == SIZES
    assert in_archives(family) == 0
    assert loaded(family, run).rows_imported == ALL


@pytest.mark.parametrize("how", ["dropped", "changed"])
def test_without_its_policy_it_is_an_archive_like_any(family: FileLab, how: str) -> None:
    run = archived(family)
    family.do("update pydb.archive_run set last_at = now() - interval '3 years'")
    if how == "dropped":
        family.do("select pydb.retention_policy_drop('events')")
    else:
        family.do("select pydb.retention_policy_set('events', 'app.event', 'at', '30 days')")
    assert family.rows("select distinct export_policy, until < now() from pydb.archive_list") == [
        (None, True)
    ]
    family.do(f"select * from pydb.archive_restore({run})")
    assert in_archives(family) == 0
    assert {name: len(rows) for name, rows in told(family).items()} == SIZES


def test_a_budget_holds_and_the_rest_goes_next(family: FileLab) -> None:
    before = told(family)
    first = family.export(max_rows=100)
    assert first.run is not None
    assert (first.run.state, first.run.stop_reason) == ("partial", "row_budget")
    assert 100 <= first.run.rows_done < ALL  # a budget counts the policy's own rows
    assert sum(table.rows for table in first.tables) == first.run.rows_done
    second = family.export()
    assert end(second) == ("completed", "exhausted", ALL - first.run.rows_done)
    assert second.run is not None
    loaded(family, second.run.id)
    loaded(family, first.run.id)
    assert told(family) == before


def test_a_key_that_comes_while_files_are_written_takes_no_row_unseen(files: FileLab) -> None:
    files.table(ROWS)

    def reference(files: FileLab) -> None:
        files.do(
            "create table app.note (id integer primary key, event_id integer references app.event"
            " on delete cascade); insert into app.note select i, i from generate_series(1, 10) as i"
        )

    # the file is written and not entered yet
    files.export_until("lock table pydb.archive_manifest in share mode", reference)
    assert files.rows("select count(*)::int from app.note") == [(10 - in_archives_of(files, "app.note"),)]
    files.do("create index on app.note (event_id)")
    outcome = files.export()
    assert outcome.run is not None
    assert outcome.run.state == "completed"
    assert files.in_table() == set()
    runs = files.rows(
        "select distinct archived_run_id from pydb.archive_manifest where source_name = 'app.note'"
    )
    for (run,) in runs:
        loaded(files, int(str(run)))
    assert files.value("select count(*) from app.note") == 10


def in_archives_of(files: FileLab, table: str) -> int:
    ((rows,),) = files.db.execute(
        b"select coalesce(sum(rows - restored), 0)::int from pydb.archive_run where source_name = %s",
        (table,),
    ).fetchall()
    return int(rows)


# what another session locks, so that the command stands still there
POINTS = {
    "before the plan": "lock table app.event in access exclusive mode",
    "some archived": "select from app.event where id = 150 for update",
    "archived, no file": "lock table pydb_internal.archive_exporter in access exclusive mode",
    "a whole file, not entered": "lock table pydb.archive_manifest in share mode",
    "entered, its rows not named": "lock table pydb_internal.archive_chunk in share mode",
    "entered, none taken out": "select from pydb.archive_run for update",
}
TERMINATED = "terminated backends"
CASES = [
    *((point, "SIGKILL") for point in POINTS),
    ("some archived", TERMINATED),
    ("a whole file, not entered", TERMINATED),
    ("entered, none taken out", "SIGINT"),
]


@pytest.mark.parametrize(("point", "kill"), CASES)
def test_killed(family: FileLab, connect: Connect, tmp_path: Path, point: str, kill: str) -> None:
    before = told(family)
    family.do("select pydb.setting_set('lock_timeout', '60 s')")
    if point in {"archived, no file", "entered, none taken out"}:
        archived(family)
    cli = Cli(family.dsn, tmp_path)
    command = ("archive", "export", "events", "--to", str(family.path), "--yes")
    other = connect(autocommit=False)
    other.execute(POINTS[point].encode())
    process = cli.start(*command)
    while not family.value(WAITS):
        assert process.poll() is None, process.communicate()
        time.sleep(PAUSE)
    if kill == TERMINATED:
        family.do(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
            " and application_name like 'pydb%'"
        )
    else:
        process.send_signal(signal.SIGINT if kill == "SIGINT" else signal.SIGKILL)
    if kill != "SIGINT":
        process.wait()
        other.rollback()
    result = cli.finish(process)
    other.rollback()
    assert result.code != 0, result
    assert "Traceback" not in result.err
    while family.value(
        "select exists (select from pg_stat_activity where datname = current_database()"
        " and application_name like 'pydb%')"
    ):
        time.sleep(PAUSE)
    # every row is in its table, in the archive, or in a file that is whole and known
    left = sum(len(rows) for rows in told(family).values())
    assert left + in_books(family) == ALL
    known = {name for (name,) in family.rows("select file from pydb.archive_manifest")}
    assert {name: what for name, what in family.verdicts().items() if name in known and what != "ok"} == {}
    family.do("select pydb.setting_set('lock_timeout', '200 ms')")
    again = cli(*command)
    assert again.code == 0, again
    assert not any(told(family).values())
    assert in_archives(family) == 0
    assert family.pending() == 0
    runs = [
        int(str(run))
        for (run,) in family.rows("select distinct run_id from pydb.archive_run order by 1 desc")
    ]
    for run in runs:
        loaded(family, run)
    assert told(family) == before
    assert "running" not in {state for (state,) in family.rows("select state from pydb.job_run")}


def in_books(files: FileLab) -> int:
    """Rows that are in archives, or left them for a file that is whole."""
    good = [name for name, result in files.verdicts().items() if result == "ok"]
    ((archived, exported),) = files.rows(
        "select coalesce(sum(rows - restored - purged), 0)::int, coalesce(sum(exported), 0)::int"
        " from pydb.archive_run"
    )
    ((filed,),) = files.db.execute(
        b"select coalesce(sum(rows_deleted), 0)::int from pydb.archive_manifest where file = any(%s)", (good,)
    ).fetchall()
    assert filed == exported
    return int(str(archived)) + int(str(exported))
