"""D2 to D4 for orphan repairs: terminated, killed, or the server stops at once, in and between batches."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.faults.crashes import sigkill, stop_at_once, terminate
from tests.faults.orphanlab import FIRST_BATCH, IN_FIRST, ORPHANS, SECOND_BATCH_ROW, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.crashes import Crash
    from tests.faults.lab import Background, Lab
    from tests.servers import TestServer

# rows of the batches that were committed when a repair halts there
PLACES = {
    "counting": 0,
    "batch": FIRST_BATCH,
    "batch, before its row": FIRST_BATCH,
    "row lock": FIRST_BATCH,
    "next partition": IN_FIRST // 2,
    "counting again": ORPHANS,
}
OBSTACLES = {
    "counting": "lock table app.{0} in access exclusive mode",
    "row lock": f"select from app.{{0}} where id = {SECOND_BATCH_ROW} for update",
    "next partition": "lock table app.{0}_b in share mode",
    # the count at the end is stored as a finding, and somebody is about to enter the same one
    "counting again": "insert into pydb.orphan_finding (reference, kind, child, parent, on_delete)"
    " values ('app.{0}.parent_id_ref', 'logical', '', '', '')",
}


@contextlib.contextmanager
def halted(shop: Shop, place: str) -> Iterator[Background]:
    """A repair that stands still at the place, with the obstacle taken away afterwards."""
    if place not in OBSTACLES:
        with shop.gate(SECOND_BATCH_ROW, when="before" if place.endswith("row") else "after") as gate:
            run = shop.start()
            gate.reached_by(run)
            yield run
        return
    other = shop.lab.session()
    other.execute("begin")
    other.execute(OBSTACLES[place].format(shop.name).encode())
    run = shop.start()
    shop.lab.until_blocked(run.pid, other.info.backend_pid)
    yield run
    with contextlib.suppress(psycopg.OperationalError):  # after a crash it is rolled back already
        other.execute("rollback")


# each place when backends end and when they crash; a server that stops leaves what a crash leaves. A batch
# reads the references from all tables, and would wait for the one that is locked as a whole
TOGETHER = tuple(place for place in PLACES if place != "counting")
CASES = [
    *((crash, places) for crash in (terminate, sigkill) for places in (("counting",), TOGETHER)),
    (stop_at_once, ("batch", "counting again")),
]


@pytest.mark.parametrize(
    ("crash", "places"), CASES, ids=lambda case: getattr(case, "__name__", None) or case[0]
)
def test_d2_d3_d4_crash_keeps_what_was_committed_and_nothing_else(
    mortal: TestServer, mortal_lab: Lab, crash: Crash, places: tuple[str, ...]
) -> None:
    """A repair at each place, each of a table of its own, when the crash comes."""
    shops = {
        place: Shop(mortal_lab, "quarantine", place.replace(", ", "_").replace(" ", "_")) for place in places
    }
    with contextlib.ExitStack() as stack:
        runs = [stack.enter_context(halted(shop, place)) for place, shop in shops.items()]
        crash(mortal, mortal_lab, *runs)
    told = str(
        mortal_lab.db.execute(
            "select detail from pydb.doctor() where reason_code = 'run_interrupted'"
        ).fetchall()
    )
    for place, shop in shops.items():
        (row,) = shop.runs()
        # where a batch does not wait for the disk a crash may take the last ones, log and effect alike
        done = PLACES[place]
        assert row.rows_done == done or (crash is not terminate and row.rows_done < done), place
        assert row.state == "running"
        shop.balanced(live=1)
        assert shop.subject in told, "I6: nobody says that the run has died"
    for shop in shops.values():
        shop.converges()
        first, *others = shop.runs()
        assert (first.state, first.stop_reason) == ("interrupted", "error")
        assert [(run.state, run.stop_reason) for run in others] == [("completed", "exhausted")] * 2
        restored = mortal_lab.db.execute(
            "select sum(r.restored), sum(r.conflicts) from pydb.job_run as j"
            " cross join lateral pydb.orphan_restore(j.id) as r where j.subject = %s",
            (shop.subject,),
        ).fetchone()
        assert restored == (ORPHANS, 0)


@pytest.mark.parametrize(
    ("mode", "crash"),
    [("delete", terminate), ("nullify", terminate), ("quarantine", sigkill)],
    ids=lambda case: getattr(case, "__name__", case),
)
def test_d2_d3_many_crashes_add_up(mortal: TestServer, mortal_lab: Lab, mode: str, crash: Crash) -> None:
    """Each repair dies in its second batch; the first one stays, and the next repair begins behind it."""
    shop = Shop(mortal_lab, mode)
    for row in (SECOND_BATCH_ROW, SECOND_BATCH_ROW + 1000, SECOND_BATCH_ROW + 2000):
        with shop.gate(row) as gate:
            run = shop.start()
            gate.reached_by(run)
            crash(mortal, mortal_lab, run)
        shop.balanced(live=1)
    shop.converges()
    assert [run.state for run in shop.runs()] == ["interrupted"] * 3 + ["completed"] * 2
