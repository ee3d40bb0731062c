"""A purge of archives is killed: what it removed is in the books, and what it did not is in the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.conftest import Cli
from tests.faults.crashes import CRASHES
from tests.faults.lab import Background

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.crashes import Crash
    from tests.faults.lab import Lab
    from tests.servers import TestServer

TABLES = ("events", "visits")
ROWS = 200
PURGE = "call pydb.archive_purge()"


def filled(lab: Lab) -> None:
    """Two archives whose rows were kept long enough; who purges the second stands still within it."""
    for name in TABLES:
        lab.table(name, rows=ROWS + 100, expired=ROWS, dense=True)
        lab.policy(name, action="archive")
        lab.run(name).succeeded()
    lab.db.execute("update pydb.archive_run set last_at = last_at - interval '2 years'")
    lab.db.execute(
        "create trigger gate after delete on pydb_archive.app__visits for each row when (old.id = 100)"
        " execute function app.gate()"
    )


def purged(lab: Lab) -> tuple[int, ...]:
    """Rows that left each archive, by the books; what is there agrees, and no table was touched."""
    gone = []
    for name in TABLES:
        archived, purged = lab.db.execute(
            "select sum(rows)::int, sum(purged)::int from pydb.archive_run where source_name = %s",
            (f"app.{name}",),
        ).fetchall()[0]
        left = lab.value(f"select count(*) from pydb_archive.app__{name}")
        assert (archived, left) == (ROWS, archived - purged)
        assert lab.ids(name) == set(range(ROWS + 1, ROWS + 101))
        gone.append(purged)
    assert sum(run.rows_done for run in lab.runs("purge")) == sum(gone)
    return tuple(gone)


@CRASHES
def test_a_killed_purge_is_gone_on_with(mortal: TestServer, mortal_lab: Lab, crash: Crash) -> None:
    lab = mortal_lab
    filled(lab)
    with lab.holding() as gate:
        run = Background(lab.session(), PURGE)
        gate.reached_by(run)
        crash(mortal, lab, run)
    assert purged(lab) == (ROWS, 0)
    lab.db.execute(PURGE)
    assert purged(lab) == (ROWS, ROWS)
    assert [(run.state, run.rows_done) for run in lab.runs("purge")] == [
        ("interrupted", ROWS),
        ("completed", ROWS),
    ]


def test_a_cancelled_purge_says_so(lab: Lab) -> None:
    filled(lab)
    with lab.holding() as gate:
        run = Background(lab.session(), PURGE)
        gate.reached_by(run)
        lab.db.execute("select pg_cancel_backend(%s)", (run.pid,))
        assert run.failed() == "57014"
    assert purged(lab) == (ROWS, 0)
    lab.db.execute(PURGE)
    assert [run.state for run in lab.runs("purge")] == ["cancelled", "completed"]


def test_a_killed_command_takes_its_purge_along_after_the_current_step(lab: Lab, tmp_path: Path) -> None:
    filled(lab)
    cli = Cli(lab.dsn, tmp_path)
    with lab.holding() as gate:
        process = cli.start("archive", "purge")
        pid = lab.at_the_gate()
        process.kill()
        cli.finish(process)
        gate.open()
        lab.until_gone(pid)
    assert purged(lab) == (ROWS, ROWS)
    assert cli("archive", "purge").code == 0
    assert purged(lab) == (ROWS, ROWS)
    assert "running" not in [run.state for run in lab.runs("purge")]
