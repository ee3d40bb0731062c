"""Archive and delete against the bare statement, and a restore against the bare insert."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from tests.bench.figures import Figure

if TYPE_CHECKING:
    import argparse

    from tests.bench.arena import Arena

POLICY: Final = (
    "select pydb.retention_policy_set('reading', 'public.reading', 'taken_at', '50 days',"
    " p_action => 'archive', p_fuse_share => 1)"
)
DELETE: Final = """
with gone as (delete from reading where taken_at < now() - interval '50 days' returning *)
insert into kept select * from gone
"""
NOTHING: Final = "create table kept (like reading)"


def measure(arena: Arena, template: str) -> tuple[list[float], list[float]]:
    """Seconds of an archiving run and of a restore of it, and of the bare statements."""
    with arena.copy(template) as name, arena.connect(name) as connection:
        connection.execute(POLICY)
        ours = [_timed(arena, name, "call pydb.retention_run('reading')")]
        connection.execute("vacuum analyze reading")
        connection.execute("checkpoint")
        ours.append(_timed(arena, name, "select * from pydb.archive_restore(1)"))
    with arena.copy(template) as name, arena.connect(name) as connection:
        connection.execute(NOTHING)
        theirs = [_timed(arena, name, DELETE)]
        connection.execute("vacuum analyze reading")
        connection.execute("checkpoint")
        theirs.append(_timed(arena, name, "insert into reading select * from kept"))
    return ours, theirs


def figures(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """Half of the rows go into an archive, and come back."""
    archive = Figure("archive half, time order: retention_run / one DELETE … RETURNING, INSERT", 1.3)
    restore = Figure("put them back: archive_restore / one INSERT … SELECT", 1.3)
    for _ in range(options.rounds):
        ours, theirs = measure(arena, "ordered")
        for figure, mine, bare in zip((archive, restore), ours, theirs, strict=True):
            figure.ours.append(mine)
            figure.theirs.append(bare)
    return [archive, restore]


def _timed(arena: Arena, dbname: str, statement: str) -> float:
    with arena.connect(dbname) as connection:
        start = time.perf_counter()
        connection.execute(statement)
        return time.perf_counter() - start
