"""The server dies at each point of an export: each row is in its table or in a verified file, none in two."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import Cli
from tests.faults.crashes import CRASHES
from tests.faults.lab import EXPIRED

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.faults.crashes import Crash
    from tests.faults.lab import Lab
    from tests.forked import Started
    from tests.servers import TestServer

# what another session locks, so that the command stands still there
POINTS = {
    "before the plan": b"lock table app.events in access exclusive mode",
    "while it reads": b"lock table pydb.retention_policy in access exclusive mode",
    "a whole file, not entered": b"lock table pydb.archive_manifest in share mode",
    "entered, its rows not named": b"lock table pydb_internal.archive_chunk in share mode",
    "some deleted": b"",  # but the gate: around a locked row it would go
}
WAITS = (
    "select pid from pg_stat_activity where datname = current_database() and application_name = 'pydb'"
    " and wait_event_type = 'Lock' order by pid limit 1"
)


class Command:
    """A command in the place of a statement: the process of a session of its own, and how it ended."""

    def __init__(self, cli: Cli, process: subprocess.Popen[bytes] | Started, pid: int) -> None:
        self._cli, self._process, self.pid = cli, process, pid

    def failed(self) -> None:
        result = self._cli.finish(self._process)
        assert result.code not in {0, 130}, result
        assert "Traceback" not in result.err


@CRASHES
@pytest.mark.parametrize("point", POINTS)
def test_a_crash(mortal: TestServer, mortal_lab: Lab, tmp_path: Path, crash: Crash, point: str) -> None:
    lab = mortal_lab
    lab.table()
    lab.policy(action="export")
    lab.db.execute(b"select pydb.setting_set('lock_timeout', '60 s')")
    place = tmp_path / "files"
    words = ("archive", "export", "events", "--to", str(place), "--yes")
    cli = Cli(lab.dsn, tmp_path)
    other = lab.session()
    at_gate = point == "some deleted"
    with lab.gate() if at_gate else contextlib.nullcontext():
        other.execute(b"begin")
        other.execute(POINTS[point])
        process = cli.start(*words)
        if not at_gate:
            lab.until(f"select exists ({WAITS})")
        pid = lab.at_the_gate() if at_gate else lab.value(WAITS)
        assert isinstance(pid, int)
        crash(mortal, lab, Command(cli, process, pid))
        other.close()
    lab.until(
        "select not exists (select from pg_stat_activity where datname = current_database()"
        " and application_name = 'pydb')"
    )
    balanced(lab)
    again = cli(*words)
    assert (again.code, lab.gone()) == (0, EXPIRED), again
    balanced(lab)
    assert not list(place.glob("*.tmp"))
    assert "running" not in {run.state for run in lab.runs()}


def balanced(lab: Lab) -> None:
    """Rows gone = rows that verified files hold and that were deleted for it."""
    gone = lab.value("select coalesce(sum(rows_deleted), 0)::int from pydb.archive_manifest")
    assert lab.gone() == gone
