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
    from collections.abc import Callable
    from pathlib import Path

    from tests.faults.crashes import Crash
    from tests.faults.lab import Lab
    from tests.forked import Started
    from tests.servers import TestServer

# what another session locks, so that the command stands still there; {0} is its table
POINTS = {
    "some deleted": "",  # but the gate: around a locked row it would go
    "entered, its rows not named": "lock table pydb_internal.archive_chunk in share mode",
    "a whole file, not entered": "lock table pydb.archive_manifest in share mode",
    "while it reads": "lock table pydb.retention_policy in access exclusive mode",
    "before the plan": "lock table app.{0} in access exclusive mode",
}
# what can stand still together: who has entered a file would be in the way of who locks the manifest
TOGETHER = (
    ("some deleted", "entered, its rows not named", "before the plan"),
    ("a whole file, not entered",),
    ("while it reads",),
)
WAITS = (
    "from pg_stat_activity where datname = current_database() and application_name = 'pydb'"
    " and pid <> all (%s) and %s = any (pg_blocking_pids(pid))"
)


class Command:
    """A command in the place of a statement: the process of a session of its own, and how it ended.

    ``release`` takes away what others stand still at: it might wait for that before it ends.
    """

    def __init__(
        self,
        cli: Cli,
        process: subprocess.Popen[bytes] | Started,
        pid: int,
        release: Callable[[], object] = bool,
    ) -> None:
        self._cli, self._process, self.pid, self._release = cli, process, pid, release

    def failed(self) -> None:
        self._release()
        result = self._cli.finish(self._process)
        assert result.code not in {0, 130}, result
        assert "Traceback" not in result.err


@CRASHES
@pytest.mark.parametrize("points", TOGETHER, ids=lambda points: points[0])
def test_a_crash(
    mortal: TestServer, mortal_lab: Lab, tmp_path: Path, crash: Crash, points: tuple[str, ...]
) -> None:
    """A command at each point, each of a table of its own, when the crash comes."""
    lab = mortal_lab
    tables = {point: point.split()[-1] for point in points}
    alone = len(points) == 1
    for name in tables.values():
        lab.table(name)
        lab.policy(name, action="export")
    lab.db.execute(b"select pydb.setting_set('lock_timeout', '60 s')")
    place = tmp_path / "files"
    words = ("--to", str(place), "--yes")
    cli = Cli(lab.dsn, tmp_path)
    commands: list[Command] = []
    with contextlib.ExitStack() as stack:
        for point, name in tables.items():
            if point == "some deleted":
                stack.enter_context(lab.gate(name))
                process = cli.start("archive", "export", name, *words)
                commands.append(Command(cli, process, lab.at_the_gate(), stack.close))
                continue
            other = stack.enter_context(contextlib.closing(lab.session()))
            other.execute("begin")
            other.execute(POINTS[point].format(name).encode())
            process = cli.start("archive", "export", name, *words)
            waits = ([command.pid for command in commands], other.info.backend_pid)
            lab.until(f"select exists (select {WAITS})", *waits)
            # two sessions may wait: the first deletes
            pid = lab.value(f"select pid {WAITS} order by backend_start limit 1", *waits)
            commands.append(Command(cli, process, int(str(pid)), bool if alone else stack.close))
        crash(mortal, lab, *commands)
    lab.until(
        "select not exists (select from pg_stat_activity where datname = current_database()"
        " and application_name = 'pydb')"
    )
    for name in tables.values():
        balanced(lab, name)
    again = cli("archive", "export", *words)
    assert again.code == 0, again
    for name in tables.values():
        assert lab.gone(name) == EXPIRED
        balanced(lab, name)
        assert "running" not in {run.state for run in lab.runs(name)}
    assert not list(place.glob("*.tmp"))


def balanced(lab: Lab, name: str) -> None:
    """Rows gone = rows that verified files hold and that were deleted for it."""
    gone = lab.value(
        "select coalesce(sum(rows_deleted), 0)::int from pydb.archive_manifest where policy = %s", name
    )
    assert lab.gone(name) == gone
