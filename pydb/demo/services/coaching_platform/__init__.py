"""Coaching platform: telemetry of its requests, changes and jobs; baselines that are broken, and mended.

``application`` is the platform, ``traffic`` its days, ``faults`` what goes wrong, and ``runbooks`` what is
typed then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydb import db
from pydb.demo.services.coaching_platform import faults, traffic
from pydb.demo.services.coaching_platform.application import Platform
from pydb.demo.services.stage import script

if TYPE_CHECKING:
    from pydb.demo.services.stage import Stage


def prove(stage: Stage) -> None:
    """All is well; then three things break; then a day passes."""
    with db.connect(stage.dsn) as conn:
        stage.screen.step("Telemetry in a schema of the platform: one call")
        db.run_script(conn, script(__file__, "schema.sql"))
        db.run_query(conn, script(__file__, "telemetry.sql"))
        db.run_script(conn, script(__file__, "grants.sql"))
        kept = db.run_query(conn, script(__file__, "kept.sql"))
        for row in kept:
            stage.screen.say(f"{row['name']}: {row['keep']}, then {row['action']}")
        right = sum(bool(row["by_time"]) and row["action"] == "drop_partition" for row in kept)
        stage.equal("tables", "tables partitioned by time, under retention by partition drop", right, 3)
        platform = Platform(stage.dsn)
        try:
            traffic.prove_quiet(conn, stage, platform)
            faults.prove(conn, stage, platform)
            traffic.prove_day(conn, stage, platform)
            faults.prove_mended(conn, stage, platform)
        finally:
            platform.close()
