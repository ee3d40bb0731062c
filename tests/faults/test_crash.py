"""D3, D4: the server loses a backend by SIGKILL, or stops at once, at each wait point of a run."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.faults.test_interruption import PLACES, done_by_then, halted

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.lab import Background, Lab
    from tests.servers import TestServer


def sigkill(server: TestServer, run: Background) -> None:
    """The postmaster sees its child die and restarts all the others."""
    os.kill(run.pid, signal.SIGKILL)
    run.failed()


def stop_at_once(server: TestServer, run: Background) -> None:
    """Shut down without a checkpoint; the next start recovers from WAL."""
    server.stop("immediate")
    run.failed()
    server.start()


def kill_postmaster(server: TestServer, run: Background) -> None:
    """The postmaster itself is killed, its children notice."""
    server.kill()
    run.failed()
    server.start()


# each place under one crash, the others where a batch is in flight: after each there is what WAL
# had by then, and nobody of before is left
CASES = [
    *((place, sigkill) for place in PLACES),
    *((place, crash) for place in ("batch", "pause") for crash in (stop_at_once, kill_postmaster)),
]


@pytest.mark.parametrize(("place", "crash"), CASES, ids=lambda case: getattr(case, "__name__", case))
def test_d3_d4_crash_keeps_what_was_committed_and_nothing_else(
    mortal: TestServer, mortal_lab: Lab, place: str, crash: Callable[[TestServer, Background], None]
) -> None:
    lab = mortal_lab
    with halted(lab, place) as run:
        before = done_by_then(lab, place)
        crash(mortal, run)
        lab.reconnect()
    (row,) = lab.runs()
    assert row.state == "running"
    # a paused run may have gone on for a batch before the crash came
    assert row.rows_done == before or (place == "pause" and row.rows_done > before)
    lab.balanced(live=1)
    lab.converges()
    assert [run.state for run in lab.runs()] == ["interrupted", "completed", "completed"]


def test_d3_many_crashes_add_up(mortal: TestServer, mortal_lab: Lab) -> None:
    lab = mortal_lab
    lab.table(rows=2000, expired=2000)
    lab.policy()
    with lab.gate(row=2000):
        lab.db.execute(
            "create trigger gates after delete on app.events for each row when (old.id % 300 = 0)"
            " execute function app.gate()"
        )
    for _ in range(3):
        with lab.holding() as gate:
            run = lab.start()
            gate.reached_by(run)
            sigkill(mortal, run)
            lab.reconnect()
        lab.balanced(live=1)
    lab.converges()
    assert [run.state for run in lab.runs()] == ["interrupted"] * 3 + ["completed"] * 2
