"""The server dies while a file comes in again: none of its rows is there, and then all of them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pydb import db, errors
from pydb.archive import export, load, target
from tests.faults.crashes import CRASHES
from tests.faults.lab import DEADLINE, EXPIRED, ROWS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.crashes import Crash
    from tests.faults.lab import Lab
    from tests.servers import TestServer

# what another session holds, so that the import stands still there; {0} is its table
POINTS = {
    "read": "lock table app.{0} in share mode",  # in, and nothing inserted
    "inserted": "lock table pydb.audit_log in access exclusive mode",  # and not committed
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
def test_a_crash(mortal: TestServer, mortal_lab: Lab, tmp_path: Path, crash: Crash) -> None:
    """An import at each point, each of a table named so, when the crash comes."""
    lab = mortal_lab
    for name in POINTS:
        (tmp_path / name).mkdir()
    places = {name: target.Directory(tmp_path / name) for name in POINTS}
    young = set(range(EXPIRED + 1, ROWS + 1))
    with db.connect(lab.dsn) as conn, db.connect(lab.dsn) as reader:
        for name, place in places.items():
            lab.table(name)
            lab.policy(name, action="export")
            export.export(conn, reader, name, place)
            assert lab.ids(name) == young
    holders, imports = [], []
    blocked = "from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
    for name, place in places.items():
        holders.append(lab.session())
        holders[-1].execute("begin")
        holders[-1].execute(POINTS[name].format(name).encode())
        coming = Importing(lab, place)
        by = holders[-1].info.backend_pid
        lab.until(f"select exists (select {blocked})", by)
        coming.pid = int(str(lab.value(f"select pid {blocked} limit 1", by)))
        imports.append(coming)
    crash(mortal, lab, *imports)
    for holder in holders:
        holder.close()
    for name, place in places.items():
        assert lab.ids(name) == young
        again = Importing(lab, place)
        again.join(DEADLINE)
        assert again.error is None
        assert lab.ids(name) == young | set(range(1, EXPIRED + 1))
