"""What an archive keeps is changed while a run goes on: it follows, or the run stops; no row is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString

import pytest

from tests.faults.lab import GATED_ROW, Background
from tests.faults.test_archive_crash import whole

if TYPE_CHECKING:
    from tests.faults.lab import Lab

EXPIRED = 1500
ARCHIVE = "pydb_archive.app__events"


def changed(lab: Lab, statement: LiteralString) -> str | None:
    """Archive, with the statement between two batches: the SQLSTATE of the run, None where it went well."""
    lab.table()
    lab.policy(action="archive")
    with lab.gate() as gate:
        run = lab.start()
        gate.reached_by(run)
        change = Background(lab.session(), statement)
        lab.until_blocked(change.pid, run.pid)
        gate.open()
        change.succeeded()
        error = run.ended()
    return error.sqlstate if error else None


def test_a_column_that_is_added_is_kept_from_the_next_batch_on(lab: Lab) -> None:
    assert changed(lab, "alter table app.events add column extra integer default 5") is None
    assert len(whole(lab)) == EXPIRED
    first = lab.value(f"select min(id) from {ARCHIVE} where extra = 5")
    assert lab.value(f"select count(*) from {ARCHIVE} where extra is null and id > %s", first) == 0
    assert GATED_ROW < int(str(first)) < EXPIRED


@pytest.mark.parametrize(
    "statement",
    [
        "alter table app.events alter column filler type varchar",
        "alter table app.events rename column filler to padding",
    ],
    ids=["type", "name"],
)
def test_a_column_that_is_another_ends_the_run(lab: Lab, statement: LiteralString) -> None:
    assert changed(lab, statement) == "YD111"
    assert GATED_ROW < len(whole(lab)) < EXPIRED
    assert [(row.state, row.sqlstate) for row in lab.runs()] == [("blocked", "YD602")]
