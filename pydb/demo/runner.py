"""The demonstration: install, load, dry run, prune beside a lock, compare what went with what was said."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from pydb import db, migrate, policyfile, retention
from pydb.demo import example
from pydb.demo.proof import Line, compare
from pydb.demo.screen import Screen, count, rows, seconds
from pydb.errors import NotInstalled, RunBlocked, RunFailed, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

_POLL: Final = 0.1


@dataclass(frozen=True)
class Result:
    """What the demonstration found; ``holds`` is the verdict on all of it."""

    lines: tuple[Line, ...]
    runs: tuple[retention.Run, ...]
    holds: bool


def refuse_if_in_use(conn: db.Connection, dbname: str) -> None:
    """Raise :class:`~pydb.errors.UsageError` if the database holds anything that the example would touch."""
    present = example.present_schemas(conn)
    if present:
        raise UsageError(
            f"the demo needs schemas of its own in database {dbname}",
            detail=f"there already: {', '.join(present)}",
            hint="choose another database, or drop what an earlier demo left: "
            f"drop schema {', '.join(present)} cascade;",
        )
    try:
        known = {policy.name for policy in retention.policies(conn)}
    except NotInstalled:
        return
    taken = sorted(known & set(_policies()))
    if taken:
        raise UsageError(
            f"the demo needs policies of its own in database {dbname}",
            detail=f"there already: {', '.join(taken)}",
            hint=f"choose another database, or: pydb policy drop {taken[0]}",
        )


def demonstrate(dsn: str, n_rows: int, screen: Screen) -> Result:
    """Run the whole demonstration in an existing database; raises what pydb raises."""
    started = time.monotonic()
    screen.step("pydb installs itself: one schema, pydb, in one transaction")
    done = migrate.up(dsn, notify=screen.say)
    screen.say(f"revision {done.after}, {seconds(time.monotonic() - started)}")
    with db.connect(dsn) as conn, db.connect(dsn) as clerk:
        now = _load(conn, n_rows, screen)
        _apply_policies(conn, screen)
        before = example.counts(conn)
        wanted = example.expected(conn, now)
        plan = _plan(conn, now, before, screen)
        same = _second_opinion(plan, wanted, screen)
        screen.step(f"Prune, while another session holds a lock on a row of {example.LOCKED_RELATION}")
        with example.locked_row(clerk, now) as locked_id:
            runs = [_run(dsn, conn, name, now, screen) for name in _policies()]
            after = example.counts(conn)
        proved = _prove(plan, wanted, before, after, screen)
        explained = _explain(runs, plan, wanted, locked_id, screen)
        again = _run_again(dsn, conn, now, after, screen)
        lines = tuple(_lines(plan, wanted, before, after))
    holds = same and proved and explained and again
    screen.say()
    if holds:
        took = seconds(time.monotonic() - started)
        screen.good(f"What was deleted is what the dry run said, row for row. ({took} in all)")
    else:
        screen.bad("What was deleted is NOT what the dry run said: see the lines marked above.")
    return Result(lines, tuple(runs), holds)


def _load(conn: db.Connection, n_rows: int, screen: Screen) -> datetime:
    screen.step("The example: a telemetry service and a trading service")
    started = time.monotonic()
    with screen.bar("loading") as update:
        now = example.load(conn, n_rows, lambda title, number, total: update(number, total, title))
    counted = example.counts(conn)
    screen.say(
        f"{rows(sum(counted.values()))} in {len(counted)} tables and partitions, "
        f"with foreign keys of every kind, {seconds(time.monotonic() - started)}"
    )
    return now


def _apply_policies(conn: db.Connection, screen: Screen) -> None:
    screen.step("The policies, from a file that explains every setting")
    file = _policy_file()
    policyfile.apply(conn, file)
    screen.say(file.source)
    screen.say(f"{len(file.entries)} policies checked and set in one transaction")


def _policy_file() -> policyfile.PolicyFile:
    return policyfile.parse(example.POLICIES.read_bytes(), str(example.POLICIES))


def _policies() -> list[str]:
    return [entry.name for entry in _policy_file().entries]


def _plan(
    conn: db.Connection, now: datetime, before: Mapping[str, int], screen: Screen
) -> Sequence[retention.PlanRow]:
    screen.step(f"Dry run: what has expired at {now:%Y-%m-%d %H:%M:%S} UTC (pydb retention plan)")
    started = time.monotonic()
    plan = [line for name in _policies() for line in retention.plan(conn, name, now)]
    took = time.monotonic() - started
    screen.table(
        ("table", "to go", "of", "share", "oldest", "by"),
        (
            (
                line.relation,
                count(line.rows),
                count(before[line.relation]),
                f"{line.rows / max(before[line.relation], 1):.0%}",
                f"{line.oldest:%Y-%m-%d}" if line.oldest else "",
                line.strategy,
            )
            for line in plan
            if line.rows
        ),
    )
    total = rows(sum(line.rows for line in plan))
    screen.say(f"{total} would go; nothing was locked or changed, {seconds(took)}")
    for line in plan:
        for warning in line.warnings or []:
            screen.say(f"! {line.relation}: {warning}")
    return plan


def _second_opinion(
    plan: Sequence[retention.PlanRow], wanted: Mapping[str, example.Expected], screen: Screen
) -> bool:
    """Compare the dry run with counts by plain SQL; say so only once if they agree."""
    agree = True
    for line in plan:
        other = wanted[line.relation]
        told = (line.rows, line.blocked_rows, line.null_rows)
        if told != (other.expired, other.blocked, other.no_time):
            screen.bad(f"{line.relation}: the dry run says {told}, plain SQL counts {other}")
            agree = False
    if agree:
        screen.good("Plain SQL, written by hand (pydb/demo/expected.sql), counts exactly the same.")
    return agree


def _run(dsn: str, conn: db.Connection, policy: str, now: datetime, screen: Screen) -> retention.Run:
    """Run one policy on ``conn`` and show its progress, which the run commits with every batch."""
    request = uuid4()
    with (
        db.connect(dsn) as watch,
        screen.bar(f"{policy:<24}") as update,
        ThreadPoolExecutor(max_workers=1) as pool,
    ):
        running = pool.submit(retention.run, conn, policy=policy, now=now, request=request)
        try:
            while not wait([running], timeout=_POLL).done:
                for seen in retention.runs_of_request(watch, request):
                    update(seen.rows_done, seen.rows_planned, "")
        except BaseException:
            db.cancel(conn)  # else the pool would wait for the run's end
            raise
        failure = running.exception()
        found = retention.runs_of_request(watch, request)
    if failure is not None and not (found and isinstance(failure, RunFailed | RunBlocked)):
        raise failure
    (ended,) = found
    line = f"{policy:<24} {ended.state:<10} {rows(ended.rows_done):>14}"
    line += f" in {count(ended.batches)} batch{'' if ended.batches == 1 else 'es'}"
    if ended.finished_at is not None:
        line += f", {seconds((ended.finished_at - ended.started_at).total_seconds())}"
    if ended.rows_skipped:
        line += f"; {ended.stop_reason}: {rows(ended.rows_skipped)} stayed"
    screen.say(line)
    if ended.error:
        screen.bad(f"{ended.sqlstate}: {ended.error}")
    return ended


def _lines(
    plan: Sequence[retention.PlanRow],
    wanted: Mapping[str, example.Expected],
    before: Mapping[str, int],
    after: Mapping[str, int],
) -> list[Line]:
    planned = {line.relation: line.rows for line in plan}
    # no policy names the pairs of match runs: the foreign key takes them along, and the dry run warned of it
    planned[example.CASCADED_RELATION] = wanted[example.CASCADED_RELATION].expired
    return compare(before, planned, {example.LOCKED_RELATION: 1}, after)


def _prove(
    plan: Sequence[retention.PlanRow],
    wanted: Mapping[str, example.Expected],
    before: Mapping[str, int],
    after: Mapping[str, int],
    screen: Screen,
) -> bool:
    screen.step("Proof: every table counted before and after, whatever the log of the runs says")
    lines = _lines(plan, wanted, before, after)
    touched = [line for line in lines if line.planned or line.deleted]
    screen.table(
        ("table", "planned", "deleted", "locked", "left", "equal"),
        (
            (
                line.relation,
                count(line.planned),
                count(line.deleted),
                count(line.locked) if line.locked else "",
                count(line.left),
                "yes" if line.holds else "NO",
            )
            for line in touched
        ),
    )
    others = [line for line in lines if line not in touched]
    screen.say(f"{len(others)} other tables and partitions: nothing planned, nothing deleted")
    deleted, left = sum(line.deleted for line in lines), sum(line.left for line in lines)
    screen.say(f"{rows(deleted)} deleted, {rows(left)} left")
    return all(line.holds for line in lines)


def _explain(
    runs: Sequence[retention.Run],
    plan: Sequence[retention.PlanRow],
    wanted: Mapping[str, example.Expected],
    locked_id: int,
    screen: Screen,
) -> bool:
    """Say what stayed and why, and check that every run ended as it had to."""
    screen.step("What stayed, and why")
    locked = f"trade {locked_id}, by the other session; the run went around it"
    screen.say(f"locked      {example.LOCKED_RELATION}: {locked}")
    for name, other in wanted.items():
        if other.blocked:
            screen.say(f"referenced  {name}: {rows(other.blocked)} that a foreign key still needs")
        if other.no_time:
            screen.say(f"no time     {name}: {rows(other.no_time)} with null where their time should be")
        if other.never:
            screen.say(f"infinity    {name}: {rows(other.never)} that never expire")
    good = True
    for run in runs:
        mine = [line for line in plan if line.policy == run.subject]
        held = sum(line.relation == example.LOCKED_RELATION for line in mine)
        blocked = sum(line.blocked_rows for line in mine)
        reason = "locked" if held else "referenced" if blocked else "exhausted"
        state = "completed" if reason == "exhausted" else "partial"
        due = (state, reason, sum(line.rows for line in mine) - held, blocked + held)
        told = (run.state, run.stop_reason, run.rows_done, run.rows_skipped)
        if told != due:
            screen.bad(f"{run.subject}: the log says {told}, it had to be {due}")
            good = False
    return good


def _run_again(
    dsn: str,
    conn: db.Connection,
    now: datetime,
    after: Mapping[str, int],
    screen: Screen,
) -> bool:
    screen.step("The other session has let go: the next run takes the rest")
    run = _run(dsn, conn, example.LOCKED_POLICY, now, screen)
    counted = example.counts(conn)
    return run.state == "completed" and counted == {
        **after,
        example.LOCKED_RELATION: after[example.LOCKED_RELATION] - 1,
    }
