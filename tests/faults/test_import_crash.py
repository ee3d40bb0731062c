"""The server dies while a file comes in again: none of its rows is there, and then all of them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pydb import db, errors
from pydb.archive import export, load, target
from tests.faults.crashes import CRASHES
from tests.faults.lab import DEADLINE, EXPIRED, ROWS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.crashes import Crash
    from tests.faults.lab import Lab
    from tests.servers import TestServer

# what another session holds, so that the import stands still there
POINTS = {
    "read in, nothing inserted": "lock table app.events in share mode",
    "inserted, not committed": "lock table pydb.audit_log in access exclusive mode",
}


class Importing(threading.Thread):
    """An import of all files; `pid` is its backend."""

    def __init__(self, lab: Lab, place: target.Target) -> None:
        super().__init__(daemon=True)
        self.pid = 0
        self.error: Exception | None = None
        self._dsn, self._place = lab.dsn, place
        self.start()

    def run(self) -> None:
        try:
            with db.connect(self._dsn) as conn:
                names = [name for name in self._place.names() if name.endswith(".copy.zst")]
                load.load_all(conn, [(self._place, name) for name in names])
        except (errors.PydbError, OSError) as error:
            self.error = error

    def failed(self) -> str | None:
        self.join(DEADLINE)
        assert not self.is_alive()
        assert self.error is not None
        return getattr(self.error, "sqlstate", None)


@CRASHES
@pytest.mark.parametrize("point", POINTS)
def test_a_crash(mortal: TestServer, mortal_lab: Lab, tmp_path: Path, crash: Crash, point: str) -> None:
    lab, place = mortal_lab, target.Directory(tmp_path)
    lab.table()
    lab.policy(action="export")
    with db.connect(lab.dsn) as conn, db.connect(lab.dsn) as reader:
        export.export(conn, reader, "events", place)
    young = set(range(EXPIRED + 1, ROWS + 1))
    assert lab.ids() == young
    holder = lab.session()
    holder.execute("begin")
    holder.execute(POINTS[point].encode())
    coming = Importing(lab, place)
    blocked = "from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
    lab.until(f"select exists (select {blocked})", holder.info.backend_pid)
    coming.pid = int(str(lab.value(f"select pid {blocked} limit 1", holder.info.backend_pid)))
    crash(mortal, lab, coming)
    holder.close()
    assert lab.ids() == young
    again = Importing(lab, place)
    again.join(DEADLINE)
    assert again.error is None
    assert lab.ids() == young | set(range(1, EXPIRED + 1))
