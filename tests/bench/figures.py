"""What is measured: ours and the reference in turn, round by round; a figure is the median of the rounds."""

from __future__ import annotations

import re
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.bench.arena import Arena, Connection

POLICY: Final = (
    "select pydb.retention_policy_set('reading', 'public.reading', 'taken_at', %s, p_fuse_share => 1)"
)
WARM_UP: Final = "select pydb.retention_policy_set('warm_up', 'public.warm_up', 'taken_at', '50 days')"
EXPIRED: Final = "taken_at < now() - %s::interval"
BATCH_TARGET_MS: Final = 250.0
WARM_BATCHES: Final = 5
_DEBUG_LINE: Final = re.compile(r"batch \d+: \d+ rows in ([\d.]+) ms")


@dataclass
class Figure:
    """One line of the report.

    Attributes:
        name: what is measured.
        ours, theirs: seconds (or the unit named) of each round; theirs is empty for an absolute figure.
        limit: the ratio ours/theirs, or the absolute value, that is to be kept.
        at_least: the limit is a lower bound (theirs/ours).
    """

    name: str
    limit: float
    unit: str = "s"
    at_least: bool = False
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)

    @property
    def value(self) -> float:
        """Ratio of the two medians, or the median itself where there is nothing to compare with."""
        ours = statistics.median(self.ours)
        if not self.theirs:
            return ours
        theirs = statistics.median(self.theirs)
        return theirs / ours if self.at_least else ours / theirs

    @property
    def met(self) -> bool:
        """True if the limit is kept."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def timed(work: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def retention(arena: Arena, template: str, keep: str, batches: list[float] | None = None) -> float:
    """Seconds of ``call retention_run`` in a session that has run it before (functions compiled)."""
    with arena.copy(template) as name, arena.connect(name) as connection:
        connection.execute(POLICY, [keep])
        connection.execute(WARM_UP)
        connection.execute("call pydb.retention_run('warm_up')")
        if batches is not None:
            connection.add_notice_handler(
                lambda diagnostic: batches.extend(
                    float(ms) for ms in _DEBUG_LINE.findall(diagnostic.message_primary or "")
                )
            )
            connection.execute("set client_min_messages = debug1")
        seconds = timed(lambda: connection.execute("call pydb.retention_run('reading')"))
        _expect_none(connection, keep)
        return seconds


def delete(arena: Arena, template: str, keep: str) -> float:
    """Seconds of one unbounded DELETE of the same rows."""
    with arena.copy(template) as name, arena.connect(name) as connection:
        return timed(lambda: connection.execute(f"delete from reading where {EXPIRED}", [keep]))


def recipe(arena: Arena, template: str, keep: str) -> float:
    """Seconds of the batch recipe that is copied everywhere: ids, LIMIT, SKIP LOCKED, until none is left."""
    statement = (
        "delete from reading where id in (select id from reading"
        f" where {EXPIRED} order by taken_at limit 10000 for update skip locked)"
    )

    def loop() -> None:
        while connection.execute(statement, [keep]).rowcount:
            pass

    with arena.copy(template) as name, arena.connect(name) as connection:
        return timed(loop)


def with_old_snapshot(
    arena: Arena, side: Callable[[Arena, str, str], float], template: str, keep: str
) -> float:
    """Run a side while another session of the same database holds a snapshot from before."""
    holder: list[Connection] = []

    class Held:
        """The arena, whose copies come with an old snapshot."""

        def __getattr__(self, name: str) -> object:
            return getattr(arena, name)

        def connect(self, dbname: str) -> Connection:
            old = arena.connect(dbname)
            old.execute("begin isolation level repeatable read")
            old.execute("select count(*) from reading")
            holder.append(old)
            return arena.connect(dbname)

    try:
        return side(Held(), template, keep)  # type: ignore[arg-type]
    finally:
        for connection in holder:
            connection.close()


def plan(arena: Arena, template: str, keep: str, rounds: int) -> Iterator[tuple[float, float]]:
    """Pairs of seconds: retention_plan, and the bare count(*) of the same rows, in one warm session."""
    with arena.copy(template) as name, arena.connect(name) as connection:
        connection.execute(POLICY, [keep])
        for turn in range(rounds * 3 + 1):
            ours = timed(
                lambda: connection.execute("select * from pydb.retention_plan('reading')").fetchall()
            )
            theirs = timed(
                lambda: connection.execute(f"select count(*) from reading where {EXPIRED}", [keep]).fetchall()
            )
            if turn:
                yield ours, theirs


def late_batches(batches: list[float]) -> float:
    """Longest batch after the first five, as a multiple of the target."""
    return max(batches[WARM_BATCHES:], default=0.0) / BATCH_TARGET_MS


def _expect_none(connection: Connection, keep: str) -> None:
    left = connection.execute(f"select count(*) from reading where {EXPIRED}", [keep]).fetchone()
    state = connection.execute("select state from pydb.job_run order by id desc limit 1").fetchone()
    # a few rows expire between the run's cutoff and this look
    if left is None or int(str(left[0])) > 1000 or state != ("completed",):
        raise AssertionError(f"the run left {left} rows, state {state}")
