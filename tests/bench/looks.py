"""What the looks before each batch cost: governor, windows and guards on, against a run without them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from tests.bench.figures import EXPIRED, POLICY, Figure, timed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from tests.bench.arena import Arena, Connection

KEEP: Final = "50 days"
# with a slot and a window there is something to look at; that nobody reads the slot does not count
ON: Final = """
select pydb.governor_set(i, p_leaves_out => '{bench}')
from unnest('{replication_lag,replication_delay}'::text[]) as i;
select pydb.window_set('always', '00:00', '24:00', p_kinds => '{all}');
select pydb.setting_set('schema_drift', 'hold');
"""
OFF: Final = """
select pydb.setting_set('governor', 'off');
select pydb.setting_set('schema_drift', 'off');
"""
# a run in one session: milliseconds in all, in its looks, and how many there were
LOOKED: Final = """
select
    max(f.total_time) filter (where f.funcname = 'retention_run'),
    max(f.total_time) filter (where f.funcname = 'run_look'),
    max(f.calls) filter (where f.funcname = 'run_look')
from pg_stat_user_functions as f
"""


@contextlib.contextmanager
def _slot(arena: Arena) -> Iterator[None]:
    with arena.connect("postgres") as connection:
        connection.execute("select pg_create_physical_replication_slot('bench', true)")
        try:
            yield
        finally:
            connection.execute("select pg_drop_replication_slot('bench')")


def _run(arena: Arena, *, looks: bool, track: bool = False) -> tuple[float, tuple[float, ...]]:
    """Seconds of a run in a fresh session, and with ``track`` what the server says of its looks."""
    with contextlib.ExitStack() as stack:
        name = stack.enter_context(arena.copy("ordered"))
        if looks:
            stack.enter_context(_slot(arena))
        with arena.connect(name) as before:
            before.execute(POLICY, [KEEP])
            before.execute((ON if looks else OFF).encode())
            before.execute("checkpoint")
        connection = stack.enter_context(arena.connect(name))
        if track:
            connection.execute("set track_functions = 'all'")
        seconds = timed(lambda: connection.execute("call pydb.retention_run('reading')"))
        _expect_none(connection)
        if not track:
            return seconds, ()
        connection.execute("select pg_stat_force_next_flush()")
        row = connection.execute(LOOKED).fetchone()
        assert row is not None
        return seconds, tuple(float(str(value)) for value in row)


def _expect_none(connection: Connection) -> None:
    left = connection.execute(f"select count(*) from reading where {EXPIRED}", [KEEP]).fetchone()
    state = connection.execute("select state from pydb.job_run order by id desc limit 1").fetchone()
    # a few rows expire between the run's cutoff and this look
    if left is None or int(str(left[0])) > 1000 or state != ("completed",):
        raise AssertionError(f"the run left {left} rows, state {state}")


def figures(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """A run of half of the rows with all looks and without, and by the statistics of the server."""
    whole = Figure("delete half: governor, window and guards on / off, a slot and a window to look at", 1.02)
    each = Figure("looks of that run, a batch", 2.0, unit="ms")
    share = Figure("looks of that run, of its time", 2.0, unit="%")
    for _ in range(max(options.rounds, 5)):
        whole.ours.append(_run(arena, looks=True)[0])
        whole.theirs.append(_run(arena, looks=False)[0])
    for _ in range(options.rounds):
        total, looked, times = _run(arena, looks=True, track=True)[1]
        each.ours.append(looked / times)
        share.ours.append(100 * looked / total)
    return [whole, each, share]
