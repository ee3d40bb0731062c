"""What the SQL archive holds goes to files: each row is in the archive or in a file that is whole."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING

import psycopg
import pytest

from pydb import errors
from pydb.archive import carry, kept
from tests import reuse
from tests.archive.filelab import KITCHEN, TABLE, WAITING, WAITS, end
from tests.cli.conftest import Cli
from tests.servers import PAUSE

if TYPE_CHECKING:
    from pathlib import Path

    from pydb.archive.outcome import Outcome
    from tests.archive.filelab import FileLab
    from tests.conftest import Connect

COPY = "select coalesce(sum(rows - purged - restored), 0)::int, coalesce(sum(exported), 0)::int"
BOOKS = f"{COPY} from pydb.archive_run"

CHILD = """
create table app.child (id int primary key, event_id int references app.event on delete cascade);
create index on app.child (event_id);
insert into app.child select i, i from generate_series(1, 90) as i;
"""


def archived(files: FileLab, table: str, rows: int, name: str = "events") -> int:
    """A run that archives what expired of a table; its id."""
    files.db.execute(
        b"select pydb.retention_policy_set(%s, %s, 'at', '30 days', p_fuse_share => 1, p_action => %s)",
        (name, table, "archive"),
    )
    with psycopg.connect(files.dsn, autocommit=True) as conn:
        conn.execute("call pydb.retention_run(%s)", (name,))
    run = files.value("select max(id) from pydb.job_run where run_kind = 'retention'")
    assert files.value(f"select sum(rows) from pydb.archive_run where run_id = {run}") == rows
    return int(str(run))


def carried(files: FileLab, run_id: int | None = None, **more: object) -> Outcome:
    with reuse.borrowed(files.dsn) as conn, reuse.borrowed(files.dsn) as reader:
        return carry.export_archived(conn, reader, files.target, run_id=run_id, **more)  # type: ignore[arg-type]


def in_archive(files: FileLab, table: str) -> int:
    name = files.value(f"select archive::text from pydb.archive_table where source = $${table}$$::regclass")
    return int(str(files.value(f"select count(*) from {name}")))


def test_a_run_goes_to_files(files: FileLab) -> None:
    files.table(500)
    files.do(CHILD)
    run = archived(files, "app.event", 590)
    outcome = carried(files, run, leave=True)
    assert (end(outcome), in_archive(files, "app.event")) == (("completed", "exhausted", 0), 500)
    assert files.rows(BOOKS) == [(590, 0)]
    assert files.pending() == 0
    outcome = carried(files, run)
    assert end(outcome) == ("completed", "exhausted", 590)
    assert [(one.relation, one.rows, one.attempts) for one in outcome.tables] == [
        ("app.child", 90, 1),
        ("app.event", 500, 1),
    ]
    for one in outcome.tables:
        document = one.document()
        assert document["bytes"] == one.bytes_raw > one.bytes
        assert document["seconds"].keys() == {"read", "verify", "enter"}  # type: ignore[attr-defined]
    assert (in_archive(files, "app.event"), in_archive(files, "app.child")) == (0, 0)
    assert files.rows(BOOKS) == [(0, 590)]
    assert set(files.verdicts().values()) == {"ok"}
    assert files.rows("select relation, rows, purged, exported from pydb.archive_list order by 1") == [
        ("app.child", 0, 90, 90),
        ("app.event", 0, 500, 500),
    ]
    assert files.rows("select relation, exported from pydb.archive_status order by 1") == [
        ("app.child", 90),
        ("app.event", 500),
    ]
    with reuse.borrowed(files.dsn) as conn:
        assert {one.exported for one in kept.kept(conn, run, empty=True)} == {90, 500}
        known = carry.files_of(conn, run)
    # two exports: the first left the rows where they were
    assert [(one["source_name"], one["rows"], one["rows_deleted"]) for one in known] == [
        ("app.child", 90, 0),
        ("app.event", 500, 0),
        ("app.child", 90, 90),
        ("app.event", 500, 500),
    ]
    # by the time column of the policy; what went along has no time of its own
    assert [(one["oldest"] is None, one["newest"] is None) for one in known] == [
        (True, True), (False, False), (True, True), (False, False),
    ]  # fmt: skip
    # nothing is left: that is no error; what never was is one
    assert end(carried(files, run)) == ("completed", "exhausted", 0)
    with pytest.raises(errors.ArchiveRefused) as caught:
        carried(files, 4711)
    assert caught.value.sqlstate == "YD604"


def test_a_table_of_every_type_over_several_runs(files: FileLab) -> None:
    files.do(KITCHEN)
    archived(files, TABLE, 3)
    more = (
        f"insert into {TABLE} (at, texts) select now() - interval '40 days', array[null, 'x']"
        " from generate_series(1, 40)"
    )
    files.do(more)
    run = archived(files, TABLE, 40)
    relation = files.value(f"select $${TABLE}$$::regclass::oid::bigint")
    # rows that lie where others have left
    files.do(f"select * from pydb.archive_restore({run})")
    files.do(f"vacuum {files.value('select archive::text from pydb.archive_table')}")
    run = archived(files, TABLE, 40)
    outcome = carried(files, table=relation, blocks=1)
    assert end(outcome)[2] == 43
    assert in_archive(files, TABLE) == 0
    assert {one.relation for one in outcome.tables} == {TABLE}
    assert files.rows(BOOKS) == [(0, 43)]
    assert {
        columns for (columns,) in files.rows("select jsonb_array_length(columns) from pydb.archive_manifest")
    } == {29}


def test_bounds_and_one_bad_table_among_good_ones(files: FileLab) -> None:
    files.table(100)
    files.do(CHILD)
    run = archived(files, "app.event", 190)
    assert end(carried(files, run, max_rows=30)) == ("partial", "row_budget", 30)
    assert files.rows(BOOKS) == [(160, 30)]
    # the books of one archive say more than is there
    files.do("update pydb.archive_run set rows = rows + 1 where source_name = 'app.child'")
    outcome = carried(files, run)
    found = {one.relation: (one.rows, one.sqlstate) for one in outcome.tables}
    assert found == {"app.child": (60, "YD604"), "app.event": (100, None)}
    assert outcome.run is not None
    assert (outcome.run.state, outcome.run.sqlstate) == ("partial", "YD604")
    assert (in_archive(files, "app.event"), in_archive(files, "app.child")) == (0, 0)


def test_interrupted_between_the_file_and_the_delete(files: FileLab) -> None:
    """A row of the archive is held, the backends end: the next export goes on with the same file."""
    files.table(300)
    run = archived(files, "app.event", 300)
    name = files.value("select archive::text from pydb.archive_table")
    files.do("select pydb.setting_set('lock_timeout', '60 s')")
    ends: list[object] = []

    def work() -> None:
        try:
            ends.append(carried(files, run))
        except errors.PydbError as error:
            ends.append(error)

    with psycopg.connect(files.dsn) as other:
        other.execute(f"select from {name} for update".encode())
        thread = threading.Thread(target=work)
        thread.start()
        while not files.value(WAITS):
            assert thread.is_alive(), ends
            time.sleep(PAUSE)
        files.do(f"select pg_terminate_backend(pid) from pg_stat_activity where {WAITING}")
        thread.join()
    assert isinstance(ends[0], errors.DatabaseUnavailable), ends
    assert (in_archive(files, "app.event"), files.pending()) == (300, 1)
    assert set(files.verdicts().values()) == {"ok"}
    outcome = carried(files, run)
    assert end(outcome) == ("completed", "exhausted", 300)
    assert len(outcome.adopted) == 1
    assert (in_archive(files, "app.event"), files.in_files()) == (0, set(range(1, 301)))
    assert files.rows("select count(*)::int, sum(rows_deleted)::int from pydb.archive_manifest") == [(1, 300)]


def test_a_file_that_lies_takes_nothing_out(files: FileLab) -> None:
    """A broken file of an interrupted export, and a database that the file does not belong to."""
    files.table(50)
    run = archived(files, "app.event", 50)
    name = files.value("select archive::text from pydb.archive_table")
    carried(files, run, leave=True)
    # as a clone would see it: what was to be deleted for files of another database
    files.do("update pydb.archive_manifest set database_oid = 1")
    files.do(
        "insert into pydb_internal.archive_chunk"
        " (manifest_id, number, run_id, relation, signature, tids, versions)"
        " select m.id, 0, m.run_id, m.relation, 'x', array_agg(a.ctid), array_agg(a.xmin)"
        f" from pydb.archive_manifest as m, {name} as a group by m.id"
    )
    outcome = carried(files, run)
    assert (end(outcome), outcome.adopted) == (("completed", "exhausted", 50), [])
    assert files.pending() == 1
    assert files.rows("select rows_deleted::int from pydb.archive_manifest order by id") == [(0,), (50,)]


POINTS = {
    "a whole file, not entered": "lock table pydb.archive_manifest in share mode",
    "entered, nothing taken out": "select from {archive} where id = 150 for update",
    "before the plan": "lock table pydb.archive_run in access exclusive mode",
}


@pytest.mark.parametrize("point", POINTS)
def test_the_command_is_killed(files: FileLab, connect: Connect, tmp_path: Path, point: str) -> None:
    files.table(300)
    run = archived(files, "app.event", 300)
    files.do("select pydb.setting_set('lock_timeout', '60 s')")
    archive = files.value("select archive::text from pydb.archive_table")
    command = ("archive", "export", "--run", str(run), "--to", str(files.path), "--yes")
    cli = Cli(files.dsn, tmp_path)
    other = connect(autocommit=False)
    other.execute(POINTS[point].format(archive=archive).encode())
    process = cli.start(*command)
    while not files.value(WAITS):
        assert process.poll() is None, process.communicate()
        time.sleep(PAUSE)
    process.send_signal(signal.SIGKILL)
    process.wait()
    other.rollback()
    assert cli.finish(process).code != 0
    while files.value(
        "select exists (select from pg_stat_activity where datname = current_database()"
        " and application_name = 'pydb')"
    ):
        time.sleep(PAUSE)

    def everywhere() -> set[int]:
        kept_rows = {int(str(number)) for (number,) in files.rows(f"select id from {archive}")}
        return kept_rows | files.in_files()

    assert everywhere() == set(range(1, 301))
    files.do("select pydb.setting_set('lock_timeout', '200 ms')")
    again = cli(*command)
    assert again.code == 0, again
    assert (everywhere(), in_archive(files, "app.event")) == (set(range(1, 301)), 0)
    assert files.rows(BOOKS) == [(0, 300)]
    assert files.pending() == 0
    assert not [name for name in files.files() if name.endswith(".tmp")]
