"""One service from its server to its verdict."""

from __future__ import annotations

import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydb import db, migrate
from pydb.demo import example
from pydb.demo.screen import seconds
from pydb.demo.services import load
from pydb.demo.services.stage import DATABASE, Proof, Stage, Stopped, refuse_unused
from pydb.embedded import Server

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydb.demo.screen import Screen
    from pydb.demo.services import Entry

# thrown away at the end, but these may be copied and restored: WAL is there, only nothing waits for the disk
SETTINGS: Final[dict[str, str | int | bool]] = {
    "fsync": False,
    "full_page_writes": False,
    "synchronous_commit": False,
}


@dataclass(frozen=True)
class Result:
    """What a service proved; ``details`` are figures of its own, for programs."""

    service: str
    rows: int
    seconds: float
    holds: bool
    proofs: tuple[Proof, ...]
    details: dict[str, object]


def run(
    entry: Entry, screen: Screen, *, rows: int | None, limits: Mapping[str, str], stop: bool = False
) -> Result:
    """Start a server, install pydb, have the service prove what it claims, and show the table."""
    service = load(entry)
    started = time.monotonic()
    with Server(settings=SETTINGS) as server, tempfile.TemporaryDirectory(prefix="pydb-demo-") as folder:
        screen.step("A PostgreSQL of its own" + ("" if entry.installs else ", and pydb in it"))
        with db.connect(server.dsn()) as conn:
            db.run_script(conn, example.script("database.sql"))
            version = conn.info.server_version
        dsn = server.dsn(DATABASE)
        revision = "" if entry.installs else f", revision {migrate.up(dsn).after}"
        took = seconds(time.monotonic() - started)
        screen.say(f"PostgreSQL {version // 10000}.{version % 10000}{revision}, {took}")
        stage = Stage(server, dsn, rows or entry.rows, Path(folder), screen, dict(limits), stop)
        with suppress(Stopped):
            service.prove(stage)
    stage.show()
    if not (stop and not stage.holds):
        refuse_unused(stage.limits, stage.proofs)
    whole = time.monotonic() - started
    if stage.holds:
        screen.good(f"All {len(stage.proofs)} claims hold. ({seconds(whole)} in all)")
    else:
        failed = ", ".join(proof.key for proof in stage.proofs if not proof.ok)
        screen.bad(f"NOT all claims hold: {failed}. ({seconds(whole)} in all)")
    return Result(entry.name, stage.rows, round(whole, 1), stage.holds, tuple(stage.proofs), stage.result)
