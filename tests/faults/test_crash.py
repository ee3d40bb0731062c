"""D3, D4: the server loses backends by SIGKILL, or stops at once, while runs stand at their wait points."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.faults.crashes import kill_postmaster, sigkill, stop_at_once
from tests.faults.test_interruption import PLACES, done_by_then, halted

if TYPE_CHECKING:
    from tests.faults.crashes import Crash
    from tests.faults.lab import Lab
    from tests.servers import TestServer


# each place under one crash, the others where a batch is in flight: after each there is what WAL
# had by then, and nobody of before is left
CASES = [(sigkill, PLACES), (stop_at_once, ("batch", "pause")), (kill_postmaster, ("batch", "pause"))]


@pytest.mark.parametrize(("crash", "places"), CASES, ids=["sigkill", "stop_at_once", "kill_postmaster"])
def test_d3_d4_crash_keeps_what_was_committed_and_nothing_else(
    mortal: TestServer, mortal_lab: Lab, crash: Crash, places: tuple[str, ...]
) -> None:
    """A run at each place, each of a table of its own, when the crash comes."""
    lab = mortal_lab
    tables = {place: place.replace(", ", "_").replace(" ", "_") for place in places}
    with contextlib.ExitStack() as stack:
        runs = [stack.enter_context(halted(lab, place, table)) for place, table in tables.items()]
        before = {place: done_by_then(lab, place, table) for place, table in tables.items()}
        crash(mortal, lab, *runs)
    for place, table in tables.items():
        (row,) = lab.runs(table)
        assert row.state == "running", place
        # a paused run may have gone on for a batch before the crash came
        assert row.rows_done == before[place] or (place == "pause" and row.rows_done > before[place]), place
        lab.balanced(table, live=1)
    for place, table in tables.items():
        lab.converges(table)
        assert [run.state for run in lab.runs(table)] == ["interrupted", "completed", "completed"], place


def test_d3_many_crashes_add_up(mortal: TestServer, mortal_lab: Lab) -> None:
    lab = mortal_lab
    lab.table(rows=1200, expired=1200)
    lab.policy()
    with lab.gate(row=1200):
        lab.db.execute(
            "create trigger gates after delete on app.events for each row when (old.id % 300 = 0)"
            " execute function app.gate()"
        )
    for _ in range(3):
        with lab.holding() as gate:
            run = lab.start()
            gate.reached_by(run)
            sigkill(mortal, lab, run)
        lab.balanced(live=1)
    lab.converges()
    assert [run.state for run in lab.runs()] == ["interrupted"] * 3 + ["completed"] * 2
