"""A backup, restored beside the original: the copy must not delete until somebody says so."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING, Final

from pydb import db, guard, retention
from pydb.demo.screen import count, seconds
from pydb.demo.services.stage import script
from pydb.errors import PydbError, RunBlocked

if TYPE_CHECKING:
    from pathlib import Path

    from pydb.demo.services.lighting_controller.credentials import Credentials
    from pydb.demo.services.stage import Stage

COPY: Final = "copy"


class Backup:
    """A file of pg_dump, and what was in the database when it was written."""

    def __init__(self, file: Path, left: db.Row) -> None:
        self.file, self.left = file, left


def back_up(stage: Stage, login: Credentials) -> Backup:
    """Write the backup of last night, which still has what is pruned today."""
    stage.screen.step("A backup (pg_dump), before the night's pruning")
    began = time.monotonic()
    file = stage.folder / "backup"
    with login.connect() as conn:
        (left,) = db.run_query(conn, script(__file__, "left.sql"))
    _tool(stage, "pg_dump", "-Fc", "-Z0", "-f", str(file), stage.dsn)
    stage.screen.say(f"{count(file.stat().st_size)} bytes, {seconds(time.monotonic() - began)}")
    return Backup(file, left)


def prove_restore(stage: Stage, backup: Backup) -> None:
    """The copy has everything, deletes nothing, and says why; then somebody allows it."""
    stage.screen.step("The backup, restored as a database of its own: it does not delete by itself")
    began = time.monotonic()
    with db.connect(stage.dsn) as admin:
        db.run_script(admin, script(__file__, "create_copy.sql"))
    dsn = stage.server.dsn(COPY)
    _tool(stage, "pg_restore", "--exit-on-error", "-d", dsn, str(backup.file))
    stage.screen.say(f"restored in {seconds(time.monotonic() - began)}")
    with db.connect(dsn) as conn:
        (same,) = db.run_query(conn, script(__file__, "left.sql"))
        stage.equal(
            "restored", "each table of the copy has the rows of the backup", same == backup.left, wanted=True
        )
        stage.equal("held", "the guard of the copy", guard.status(conn).state, "held")
        stage.equal("blocked", "a run there is blocked", _refusal(conn, stage), "YD840")
        (still,) = db.run_query(conn, script(__file__, "left.sql"))
        stage.equal("untouched", "it has deleted nothing", still == same, wanted=True)
        guard.allow(conn, "the copy is the new primary")
        retention.run(conn, policy="decisions")
        (after,) = db.run_query(conn, script(__file__, "left.sql"))
        gone = int(str(same["decisions"])) - int(str(after["decisions"]))
        stage.at_least("allowed", "decisions it deletes when somebody has allowed it", gone, 1)


def _refusal(conn: db.Connection, stage: Stage) -> str:
    """The code of the error of a run, or that there was none."""
    try:
        retention.run(conn, policy="decisions")
    except RunBlocked as error:
        for line in error.lines():
            stage.screen.say(line)
        (run,) = db.run_query(conn, script(__file__, "blocked.sql"))
        return str(run["sqlstate"])
    return "it ran"


def _tool(stage: Stage, name: str, *args: str) -> None:
    command = [str(stage.server.bin_dir / name), *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PydbError(f"{name} failed", detail=done.stderr.strip())
