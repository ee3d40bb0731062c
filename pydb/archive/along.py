"""Policies whose rows take rows of other tables along: archived under one run, and to files from there.

A file holds rows of one table, and a delete that the server cascades has no rows to read. So the run of
such a policy archives: all that goes is kept in the statement that deletes it. Then the archives of that run
go to files, one or more a table, each read back and verified before its rows leave the archive. At any moment
a row is in its table, in the archive, or in a file that was found whole; what a killed export left in the
archive is not purged, and goes to files with the next.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pydb import db
from pydb.archive import carry

if TYPE_CHECKING:
    from pydb.archive.outcome import Outcome
    from pydb.archive.target import Target
    from pydb.db import Connection


def carry_on(
    conn: Connection,
    reader: Connection,
    target: Target,
    outcome: Outcome,
    *,
    max_runtime: str | None,
    blocks: int,
    parquet: bool,
) -> None:
    """Take to files what runs of the policy of ``outcome`` have archived for that, the oldest run first.

    Adds to ``outcome`` what each did. One that fails stops the ones after it: what they have stays archived.
    """
    started = time.monotonic()
    for row in db.call(reader, "pydb_internal.archive_export_waiting", p_policy=outcome.policy):
        done = carry.export_archived(
            conn,
            reader,
            target,
            run_id=int(str(row["run_id"])),
            max_runtime=max_runtime,
            blocks=blocks,
            parquet=parquet,
        )
        outcome.tables += done.tables
        outcome.adopted += done.adopted
        outcome.refused += done.refused
        outcome.removed += done.removed
        if done.run is not None:
            outcome.carried.append(done.run)
        outcome.error = outcome.error or done.error
        if done.error is not None:
            break
    outcome.seconds += time.monotonic() - started
