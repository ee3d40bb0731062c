"""The server dies while archived rows go to files: each is in the archive, or in a file that is whole."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pydb import db, errors
from pydb.archive import carry, files, target, verify
from tests.faults.crashes import CRASHES
from tests.faults.lab import DEADLINE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.crashes import Crash
    from tests.faults.lab import Lab
    from tests.servers import TestServer

ARCHIVE = "pydb_archive.app__events"
# what another session holds, so that the export stands still there
POINTS = {
    "a whole file, not entered": "lock table pydb.archive_manifest in share mode",
    "entered, nothing deleted": f"select from {ARCHIVE} where id = 1 for update",
}


class Carrying(threading.Thread):
    """An export of all that the archive holds; `pid` is the backend of it that waits."""

    def __init__(self, lab: Lab, run_id: int, place: target.Target) -> None:
        super().__init__(daemon=True)
        self.pid = 0
        self.error: Exception | None = None
        self._dsn, self._run_id, self._place = lab.dsn, run_id, place
        self.start()

    def run(self) -> None:
        try:
            with db.connect(self._dsn) as conn, db.connect(self._dsn) as reader:
                carry.export_archived(conn, reader, self._place, run_id=self._run_id)
        except (errors.PydbError, OSError) as error:
            self.error = error

    def failed(self) -> str | None:
        self.join(DEADLINE)
        assert not self.is_alive()
        assert self.error is not None
        return getattr(self.error, "sqlstate", None)


def ids(lab: Lab, place: target.Directory) -> tuple[set[int], set[int]]:
    """What is in the archive, and what is in whole files."""
    archived = {row[0] for row in lab.db.execute(f"select id from {ARCHIVE}".encode())}
    exported: set[int] = set()
    with db.connect(lab.dsn) as conn:
        for one in verify.of_database(conn, place):
            if one.result in {verify.Result.OK, verify.Result.UNKNOWN}:
                text = b"".join(files.read(place, one.file))
                exported |= {int(line.split(b"\t", 1)[0]) for line in text.splitlines()}
            else:
                assert one.result is verify.Result.TEMPORARY, one
    return archived, exported


@CRASHES
@pytest.mark.parametrize("point", POINTS)
def test_a_crash(mortal: TestServer, mortal_lab: Lab, tmp_path: Path, crash: Crash, point: str) -> None:
    lab, place = mortal_lab, target.Directory(tmp_path)
    lab.table(rows=700, expired=600)
    lab.policy(action="archive")
    lab.setting("lock_timeout", "60 s")
    lab.run().succeeded()
    run_id = lab.runs()[-1].id
    holder = lab.session()
    holder.execute("begin")
    holder.execute(POINTS[point].encode())
    export = Carrying(lab, run_id, place)
    blocked = "from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
    lab.until(f"select exists (select {blocked})", holder.info.backend_pid)
    export.pid = int(str(lab.value(f"select pid {blocked} limit 1", holder.info.backend_pid)))
    crash(mortal, lab, export)  # type: ignore[arg-type]
    holder.close()
    archived, exported = ids(lab, place)
    assert archived | exported == set(range(1, 601))
    again = Carrying(lab, run_id, place)
    again.join(DEADLINE)
    assert again.error is None
    assert ids(lab, place) == (set(), set(range(1, 601)))
    assert lab.value("select sum(rows - purged) from pydb.archive_run") == 0
