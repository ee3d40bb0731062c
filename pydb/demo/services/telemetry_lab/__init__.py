"""Telemetry lab: data sets that are scored, and models that are trained on a million rows.

``datasets`` deletes one data set and meets scores whose data set is gone, ``training`` reads in batches in a
process of its own (``train``), ``application`` compares what the application serves with what is registered.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pydb import db
from pydb.demo.screen import rows, seconds
from pydb.demo.services.stage import script
from pydb.demo.services.telemetry_lab import application, datasets, training

if TYPE_CHECKING:
    from pydb.demo.services.stage import Stage


def prove(stage: Stage) -> None:
    """Everything, on one database."""
    with db.connect(stage.dsn) as conn:
        _load(conn, stage)
        datasets.prove_delete(conn, stage)
        datasets.prove_orphans(conn, stage)
        training.prove(conn, stage)
    application.prove(stage)


def _load(conn: db.Connection, stage: Stage) -> None:
    stage.screen.step("Data sets with their hosts, series, samples, jobs, scores and alerts")
    started = time.monotonic()
    db.run_script(conn, script(__file__, "schema.sql"))
    db.run_query(conn, script(__file__, "data.sql"), rows=stage.rows)
    db.run_script(conn, script(__file__, "indexes.sql"))
    loaded = sum(number for number, _ in datasets.counts(conn, datasets.DATASET).values())
    took = seconds(time.monotonic() - started)
    stage.screen.say(f"{rows(loaded)} in 7 tables, about {rows(stage.rows)} to train on, {took}")
