"""Lighting controller: an application that prunes what it no longer needs, from its start to its end.

``application`` is the controller, ``playbooks`` what its health says, ``credentials`` its password, ``life``
one life of it; ``keeping``, ``operating`` and ``restoring`` are the proofs.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from pydb import db, migrate, policyfile
from pydb.demo.screen import rows, seconds
from pydb.demo.services.lighting_controller import (
    application,
    credentials,
    keeping,
    operating,
    restoring,
)
from pydb.demo.services.stage import script

if TYPE_CHECKING:
    from pydb.demo.services.stage import Stage


STOOD_STILL: Final = timedelta(days=40)
"""For so long nothing was summed up."""


def prove(stage: Stage) -> None:
    """Everything, in the order of a week of this service."""
    login = credentials.prepare(stage)
    stage.screen.step("pydb, installed by the role of the application, which is no superuser")
    started = time.monotonic()
    done = migrate.up(login.dsn())
    stage.screen.say(f"revision {done.after}, {seconds(time.monotonic() - started)}")
    started = time.monotonic()
    with login.connect() as conn:
        db.run_script(conn, script(__file__, "schema.sql"))
        db.run_query(conn, script(__file__, "data.sql"), rows=stage.rows, now=datetime.now(UTC))
        db.run_script(conn, script(__file__, "indexes.sql"))
        policyfile.apply(conn, application.policies())
        application.aggregate(conn, datetime.now(UTC) - STOOD_STILL)
    stage.screen.say(
        f"{rows(stage.rows)} of raw events, features and decisions, {seconds(time.monotonic() - started)}"
    )
    controller = application.Controller(login)
    operating.prove_checks(stage, login, controller)
    keeping.prove_gate(stage, login, controller)
    backup = restoring.back_up(stage, login)
    kept = operating.prove_drain(stage, login, controller)
    operating.prove_rotation(stage, login, controller, kept)
    restoring.prove_restore(stage, backup)
