"""The server dies while rows go to files: each is where it was, or in a file that is whole."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pydb import db, errors
from pydb.archive import carry, export, files, target, verify
from tests.faults.crashes import sigkill, stop_at_once, terminate
from tests.faults.lab import DEADLINE, EXPIRED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.crashes import Crash
    from tests.faults.lab import Lab
    from tests.servers import TestServer

ARCHIVE = "pydb_archive.app__events"
# where the rows are before: those of a policy in their table, those of a run in its archive
PLACES = {"export": "app.events", "archive": ARCHIVE}
# what another session holds, so that the export stands still there
POINTS = {
    "a whole file, not entered": "lock table pydb.archive_manifest in share mode",
    "entered, nothing deleted": "select from {} where id = 1 for update",
}


class Carrying(threading.Thread):
    """An export of the policy, or of all that the archive holds; `pid` is the backend of it that waits."""

    def __init__(self, lab: Lab, run_id: int | None, place: target.Target) -> None:
        super().__init__(daemon=True)
        self.pid = 0
        self.error: Exception | None = None
        self._dsn, self._run_id, self._place = lab.dsn, run_id, place
        self.start()

    def run(self) -> None:
        try:
            with db.connect(self._dsn) as conn, db.connect(self._dsn) as reader:
                if self._run_id is None:
                    export.export(conn, reader, "events", self._place)
                else:
                    carry.export_archived(conn, reader, self._place, run_id=self._run_id)
        except (errors.PydbError, OSError) as error:
            self.error = error

    def failed(self) -> str | None:
        self.join(DEADLINE)
        assert not self.is_alive()
        assert self.error is not None
        return getattr(self.error, "sqlstate", None)


def ids(lab: Lab, action: str, place: target.Directory) -> tuple[set[int], set[int]]:
    """What is where it was, and what is in whole files."""
    left = {
        row[0] for row in lab.db.execute(f"select id from {PLACES[action]} where id <= {EXPIRED}".encode())
    }
    exported: set[int] = set()
    with db.connect(lab.dsn) as conn:
        for one in verify.of_database(conn, place):
            if one.result in {verify.Result.OK, verify.Result.UNKNOWN}:
                text = b"".join(files.read(place, one.file))
                exported |= {int(line.split(b"\t", 1)[0]) for line in text.splitlines()}
            else:
                assert one.result is verify.Result.TEMPORARY, one
    return left, exported


# each crash at each point, each at both places, each point at both
CASES = [
    (crash, point, action)
    for crash, places in ((terminate, PLACES), (sigkill, reversed(PLACES)), (stop_at_once, PLACES))
    for point, action in zip(POINTS, places, strict=True)
]


@pytest.mark.parametrize(
    ("crash", "point", "action"), CASES, ids=lambda case: getattr(case, "__name__", case)
)
def test_a_crash(  # noqa: PLR0917
    mortal: TestServer, mortal_lab: Lab, tmp_path: Path, crash: Crash, point: str, action: str
) -> None:
    lab, place = mortal_lab, target.Directory(tmp_path)
    lab.table()
    lab.policy(action=action)
    lab.setting("lock_timeout", "60 s")
    run_id = None
    if action == "archive":
        lab.run().succeeded()
        run_id = lab.runs()[-1].id
    holder = lab.session()
    holder.execute("begin")
    holder.execute(POINTS[point].format(PLACES[action]).encode())
    export = Carrying(lab, run_id, place)
    blocked = "from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
    lab.until(f"select exists (select {blocked})", holder.info.backend_pid)
    export.pid = int(str(lab.value(f"select pid {blocked} limit 1", holder.info.backend_pid)))
    crash(mortal, lab, export)
    holder.close()
    left, exported = ids(lab, action, place)
    assert left | exported == set(range(1, EXPIRED + 1))
    again = Carrying(lab, run_id, place)
    again.join(DEADLINE)
    assert again.error is None
    assert ids(lab, action, place) == (set(), set(range(1, EXPIRED + 1)))
    assert lab.value("select coalesce(sum(rows - purged), 0) from pydb.archive_run") == 0
