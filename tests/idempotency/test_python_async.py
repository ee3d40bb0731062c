"""``once`` on async connections and pools: as the sync form, and cancellation."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from pydb import errors, idempotency
from pydb.idempotency import NOTHING, Acquired, Replay, ReplayedFailure, aio, once
from tests.idempotency.pylab import BodyError, Ends, aclaimed, replayed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from psycopg.rows import TupleRow

    from tests.idempotency.lab import Lab

    Db = psycopg.AsyncConnection[TupleRow]

LEASE = timedelta(minutes=5)
LONG = timedelta(seconds=30)


def run(lab: Lab, work: Callable[[Db], Awaitable[None]], *, autocommit: bool = True) -> None:
    """Do the work on an async connection."""

    async def main() -> None:
        async with await psycopg.AsyncConnection.connect(lab.dsn, autocommit=autocommit) as db:
            await work(db)

    asyncio.run(main())


def test_first_works_then_replays_then_mismatch(lab: Lab) -> None:
    async def work(db: Db) -> None:
        for attempt in range(2):
            async with once(db, lab.scope, "k", {"a": 1}, lease=LEASE) as claim:
                match claim:
                    case Acquired():
                        assert attempt == 0
                        await claim.complete({"id": 7}, code=201)
                    case Replay(result=result, code=code):
                        assert (attempt, result, code) == (1, {"id": 7}, 201)
                    case ReplayedFailure():
                        pytest.fail("not failed")
        with Ends(idempotency.Mismatch):
            async with once(db, lab.scope, "k", {"a": 2}):
                pass

    run(lab, work)


def test_exceptions_are_recorded(lab: Lab) -> None:
    async def work(db: Db) -> None:
        with Ends(BodyError):
            async with once(db, lab.scope, "k"):
                raise BodyError("x")
        async with once(db, lab.scope, "k") as claim:
            assert aclaimed(claim).attempt == 2
            assert aclaimed(claim).previous_error == {"type": "BodyError", "message": "x"}
            await aclaimed(claim).fail([1], retryable=False, code=400)
        async with once(db, lab.scope, "k") as outcome:
            assert isinstance(outcome, ReplayedFailure)
            assert (outcome.error, outcome.code, outcome.finished_at.tzinfo) == ([1], 400, UTC)
        with Ends(idempotency.NotFinished):
            async with once(db, lab.scope, "open", lease=LEASE):
                pass
        with Ends(idempotency.InProgress):
            async with once(db, lab.scope, "open", wait=timedelta(milliseconds=30)):
                pass

    run(lab, work)


def test_c52_a_result_that_is_no_json_leaves_the_key_pending(lab: Lab) -> None:
    async def work(db: Db) -> None:
        with Ends(idempotency.NotJson):
            async with once(db, lab.scope, "k", lease=LEASE) as claim:
                await aclaimed(claim).complete(datetime.now(UTC))

    run(lab, work)
    assert lab.peek().outcome == "in_progress"


def test_a_cancelled_task_leaves_the_key_pending(lab: Lab) -> None:
    async def work(db: Db) -> None:
        inside = asyncio.Event()

        async def long() -> None:
            async with once(db, lab.scope, "k", lease=LEASE, heartbeat=True):
                inside.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(long())
        await inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [each for each in asyncio.all_tasks() if "heartbeat" in each.get_name()] == []

    run(lab, work)
    assert lab.peek().outcome == "in_progress"
    lab.let_lease_pass()
    assert lab.claim().attempt == 2


def test_a_time_out_around_a_waiter_cancels_it(lab: Lab) -> None:
    lab.put()

    async def work(db: Db) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await aio.wait(db, lab.scope, "k", LONG)
        assert (await aio.peek(db, lab.scope, "k")).outcome == "in_progress"

    run(lab, work)


def test_c22_of_many_waiters_exactly_one_works(lab: Lab) -> None:
    async def main() -> None:
        async with AsyncConnectionPool(lab.dsn, min_size=1, max_size=2, kwargs={"autocommit": True}) as pool:
            done: list[int] = []

            async def compete(number: int) -> object:
                async with once(pool, lab.scope, "k", {"n": 1}, lease=LEASE, wait=LONG) as claim:
                    if isinstance(claim, Acquired):
                        done.append(number)
                        await claim.complete(number)
                        return number
                    return replayed(claim)

            answers = await asyncio.gather(*(compete(number) for number in range(50)))
            assert done == [answers[0]]
            assert len(set(answers)) == 1

    asyncio.run(main())


@pytest.mark.parametrize("autocommit", [True, False])
def test_c47_in_a_transaction_an_error_frees_the_key(lab: Lab, autocommit: bool) -> None:
    async def work(db: Db) -> None:
        with Ends(BodyError):
            async with db.transaction(), once(db, lab.scope, "k"):
                raise BodyError
        with Ends(psycopg.errors.DivisionByZero):
            async with db.transaction(), once(db, lab.scope, "k"):
                await db.execute("select 1 / 0")
        assert lab.key() is None
        async with db.transaction(), once(db, lab.scope, "k") as claim:
            await aclaimed(claim).complete()
            assert lab.key() is None
        with pytest.raises(errors.UsageError, match="makes no sense"):
            async with db.transaction():
                await once(db, lab.scope, "k", lease=LEASE, heartbeat=True).__aenter__()

    run(lab, work, autocommit=autocommit)
    with once(lab.db, lab.scope, "k") as outcome:
        assert replayed(outcome) is NOTHING


def test_c46_fenced_completion(lab: Lab) -> None:
    lab.do("create table if not exists aledger (scope text)")

    async def work(db: Db) -> None:
        async with once(db, lab.scope, "k", lease=LEASE, fenced=True) as claim:
            async with db.transaction():
                await db.execute("insert into aledger values (%s)", (lab.scope,))
                await aclaimed(claim).complete(1)
            with Ends(idempotency.Superseded) as caught:
                async with db.transaction():
                    await db.execute("insert into aledger values (%s)", (lab.scope,))
                    await aclaimed(claim).complete(1)
            assert caught.value.outcome == "ok_again"

    run(lab, work)
    assert lab.one("select count(*) from aledger where scope = %s", lab.scope) == 1


def test_c30_a_late_worker_gets_the_recorded_outcome(lab: Lab) -> None:
    async def work(db: Db) -> None:
        async with once(db, lab.scope, "k", lease="0") as zombie:
            async with once(db, lab.scope, "k", notify=True) as heir:
                await aclaimed(heir).complete([None])
            with pytest.raises(idempotency.Superseded) as caught:
                await aclaimed(zombie).complete("late")
            assert replayed(caught.value.recorded) == [None]

    run(lab, work)


def test_the_kind_of_source_is_checked(lab: Lab) -> None:
    async def work(db: Db) -> None:
        with pytest.raises(errors.UsageError, match="async with"):
            once(db, lab.scope, "k").__enter__()  # type: ignore[attr-defined]

    run(lab, work)


def test_a_function_that_connects_is_a_source(lab: Lab) -> None:
    async def main() -> None:
        made: list[Db] = []

        async def connect() -> Db:
            made.append(await psycopg.AsyncConnection.connect(lab.dsn))
            return made[-1]

        async with once(connect, lab.scope, "k", lease="50 ms", heartbeat=True) as claim:
            while len(made) < 4:
                await asyncio.sleep(0.002)
            await aclaimed(claim).complete(1)
        assert all(db.closed for db in made)

    asyncio.run(main())
