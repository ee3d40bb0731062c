"""The demonstration: install, load, dry run, prune beside a lock, delete a data set, prove what went."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from pydb import db, migrate, policyfile, references, retention
from pydb.demo import claims, dataset, example
from pydb.demo.proof import Line, compare
from pydb.demo.screen import Screen, count, rows, seconds
from pydb.errors import NotInstalled, RunBlocked, RunFailed, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

_POLL: Final = 0.1


@dataclass(frozen=True)
class Result:
    """What the demonstration found: ``holds`` is the verdict; ``installed`` if pydb was not there before.

    ``lines`` are what the policies deleted, ``dataset`` what the cascade did afterwards.
    """

    installed: bool
    lines: tuple[Line, ...]
    dataset: tuple[Line, ...]
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
        entities = {entity.name for entity in references.entities(conn)}
    except NotInstalled:
        return
    if dataset.ENTITY in entities:
        raise UsageError(
            f"the demo needs an entity {dataset.ENTITY} of its own in database {dbname}",
            hint=f"choose another database, or: pydb entity drop {dataset.ENTITY}",
        )
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
            runs = _prune(dsn, conn, now, plan, screen)
            after = example.counts(conn)
        proved = _prove(plan, before, after, screen)
        explained = _explain(runs, plan, wanted, locked_id, screen)
        again = _run_again(dsn, conn, now, after, screen)
        lines = tuple(_lines(plan, before, after))
        gone, taken = dataset.demonstrate(conn, example.counts(conn), screen)
    once = claims.demonstrate(dsn, screen)
    holds = same and proved and explained and again and taken and once
    screen.say()
    if holds:
        took = seconds(time.monotonic() - started)
        screen.good(f"What was deleted is what was planned, row for row. ({took} in all)")
    else:
        what = (
            "A request had more than one effect" if not once else "What was deleted is NOT what was planned"
        )
        screen.bad(f"{what}: see the lines marked above.")
    return Result(done.before is None, lines, gone, tuple(runs), holds)


def _load(conn: db.Connection, n_rows: int, screen: Screen) -> datetime:
    screen.step("The example: a telemetry service and a trading service")
    started = time.monotonic()
    with screen.bar() as update:
        now = example.load(conn, n_rows, update)
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
                line.strategy or "",
            )
            for line in plan
            if line.rows
        ),
    )
    total = rows(sum(line.rows for line in plan))
    screen.say("by: a run walks the table: heap = ranges of its blocks, index = ranges of its time index;")
    screen.say("cascade = its rows go along with those of the table above (ON DELETE CASCADE)")
    screen.say(f"{total} would go; nothing was changed, {seconds(took)}")
    screen.say("It says besides:")
    for line in plan:
        for warning in line.warnings or []:
            # the server writes its numbers without separators
            readable = re.sub(r"\b\d+(?= rows?\b)", lambda found: count(int(found[0])), warning)
            screen.item(f"{line.relation}: {readable}")
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


def _prune(
    dsn: str, conn: db.Connection, now: datetime, plan: Sequence[retention.PlanRow], screen: Screen
) -> list[retention.Run]:
    total = sum(line.rows for line in plan)
    runs: list[retention.Run] = []
    with screen.bar() as update:
        for policy in _policies():
            before = sum(run.rows_done for run in runs)

            def show(done: int, policy: str = policy, before: int = before) -> None:
                update(policy, before + done, total)

            runs.append(_run(dsn, conn, policy, now, show))
            _tell(runs[-1], screen)
    return runs


def _run(
    dsn: str, conn: db.Connection, policy: str, now: datetime, show: Callable[[int], None]
) -> retention.Run:
    """Run one policy on ``conn``; ``show`` gets the rows done, which the run commits with every batch."""
    request = uuid4()
    show(0)
    with db.connect(dsn) as watch, ThreadPoolExecutor(max_workers=1) as pool:
        running = pool.submit(retention.run, conn, policy=policy, now=now, request=request)
        try:
            while not wait([running], timeout=_POLL).done:
                for seen in retention.runs_of_request(watch, request):
                    show(seen.rows_done)
        except BaseException:
            db.cancel(conn)  # else the pool would wait for the run's end
            raise
        failure = running.exception()
        found = retention.runs_of_request(watch, request)
    if failure is not None and not (found and isinstance(failure, RunFailed | RunBlocked)):
        raise failure
    (ended,) = found
    return ended


def _tell(run: retention.Run, screen: Screen) -> None:
    line = f"{run.subject:<24} {run.state:<10} {rows(run.rows_done):>14}"
    line += f" in {count(run.batches)} batch{'' if run.batches == 1 else 'es'}"
    if run.finished_at is not None:
        line += f", {(run.finished_at - run.started_at).total_seconds():.2f} s"
    if run.rows_skipped:
        line += f"; {run.stop_reason}: {rows(run.rows_skipped)} stayed"
    screen.say(line)
    # a run that got over an error (a lock it went around) keeps it in the log all the same
    if run.error and run.state not in ("completed", "partial"):
        screen.bad(f"{run.sqlstate}: {run.error}")


def _lines(
    plan: Sequence[retention.PlanRow],
    before: Mapping[str, int],
    after: Mapping[str, int],
) -> list[Line]:
    planned = {line.relation: line.rows for line in plan}
    return compare(before, planned, {example.LOCKED_RELATION: 1}, after)


def _prove(
    plan: Sequence[retention.PlanRow],
    before: Mapping[str, int],
    after: Mapping[str, int],
    screen: Screen,
) -> bool:
    screen.step("Proof: every table counted before and after, whatever the log of the runs says")
    lines = _lines(plan, before, after)
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
    holds = all(line.holds for line in lines)
    if holds:
        planned = sum(line.rows for line in plan)
        screen.say(f"That is the {count(planned)} of the dry run, less 1 row that was locked.")
    return holds


def _explain(
    runs: Sequence[retention.Run],
    plan: Sequence[retention.PlanRow],
    wanted: Mapping[str, example.Expected],
    locked_id: int,
    screen: Screen,
) -> bool:
    """Say what stayed and why, and check that every run ended as it had to."""
    screen.step("What stayed, and why")
    held_by = "by the other session; the run went around it"
    stayed = [("locked", example.LOCKED_RELATION, 1, f"(id {locked_id}) {held_by}")]
    stayed += [("referenced", name, e.blocked, "that a foreign key needs") for name, e in wanted.items()]
    stayed += [("no time", name, e.no_time, "with a null there: never expire") for name, e in wanted.items()]
    stayed += [("infinity", name, e.never, "never expire") for name, e in wanted.items()]
    for reason, name, number, why in stayed:
        if number:
            screen.say(f"{reason:<12}{name:<32}{rows(number)} {why}")
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
    run = _run(dsn, conn, example.LOCKED_POLICY, now, lambda _done: None)
    _tell(run, screen)
    counted = example.counts(conn)
    return run.state == "completed" and counted == {
        **after,
        example.LOCKED_RELATION: after[example.LOCKED_RELATION] - 1,
    }
