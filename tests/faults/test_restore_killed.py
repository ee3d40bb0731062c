"""The command dies in the middle of a restore: what was committed is back, and all else is in the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import Cli
from tests.faults.lab import GATED_ROW
from tests.faults.test_archive_crash import whole

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.lab import Lab


@pytest.mark.parametrize("batch", [None, 300])
def test_a_killed_command_has_put_back_whole_steps(lab: Lab, tmp_path: Path, batch: int | None) -> None:
    lab.table(rows=800, expired=700, dense=True)
    lab.policy(action="archive")
    lab.run().succeeded()
    (run_id,) = {row.id for row in lab.runs()}
    lab.db.execute(
        f"""create function app.gate_in() returns trigger language plpgsql set lock_timeout = 0 as $$
        begin perform pg_advisory_xact_lock_shared(4711); return new; end $$;
        create trigger gate_in before insert on app.events for each row when (new.id = {GATED_ROW})
        execute function app.gate_in()""".encode()
    )
    cli = Cli(lab.dsn, tmp_path)
    restore = ("archive", "restore", str(run_id), "--yes", "--allow-triggers")
    steps = () if batch is None else ("--batch", str(batch))
    with lab.holding() as gate:
        process = cli.start(*restore, *steps)
        pid = lab.at_the_gate()
        process.kill()
        cli.finish(process)
        gate.open()
        lab.until_gone(pid)
    left = len(whole(lab, 800))
    # the step that stood at the gate may have been committed before anybody saw that the command was gone
    assert left in ((700, 0) if batch is None else (400, 100))
    again = cli(*restore)
    assert again.code == 0, again
    assert whole(lab, 800) == set()
