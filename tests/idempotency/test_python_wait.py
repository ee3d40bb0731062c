"""Vectors 20 to 23: waiting for an outcome from the client, without writing and without holding anything."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from pydb import errors, idempotency
from pydb.idempotency import Claimable, Replay, ReplayedFailure, aio, once
from tests.idempotency.lab import DEADLINE, Started
from tests.idempotency.pylab import BodyError, Ends, claimed, replayed
from tests.servers import PAUSE

if TYPE_CHECKING:
    from psycopg.rows import TupleRow

    from tests.idempotency.lab import Lab

LEASE = timedelta(minutes=5)
LONG = timedelta(seconds=DEADLINE)
SHORT = timedelta(milliseconds=60)


def listening(lab: Lab, *names: str) -> None:
    """Wait until so many sessions of this database, by application name, have looked or listen."""
    lab.until(
        "select count(*) = %s from pg_stat_activity where application_name = any(%s) and query <> ''"
        " and state = 'idle'",
        len(names),
        list(names),
    )


def listens(lab: Lab, name: str) -> None:
    lab.until(
        "select exists (select from pg_stat_activity where application_name = %s and query ~* '^listen')",
        name,
    )


def session(lab: Lab, name: str) -> psycopg.Connection[TupleRow]:
    return lab.session(options=f"-c application_name={name}")


def test_c20_the_waiter_gets_the_result_of_the_owner(lab: Lab) -> None:
    waiter = session(lab, "v20")
    with once(lab.db, lab.scope, "k", lease=LEASE) as claim:
        waiting = Started(lambda: idempotency.wait(waiter, lab.scope, "k", LONG))
        listening(lab, "v20")
        claimed(claim).complete({"id": 1}, code=200)
        completed = time.monotonic()
        outcome = waiting.ended()
    assert isinstance(outcome, Replay)
    assert (outcome.result, outcome.code) == ({"id": 1}, 200)
    assert time.monotonic() - completed < LONG.total_seconds() / 4  # one interval, on a busy machine too


def test_c20_once_with_wait_replays(lab: Lab) -> None:
    waiter = session(lab, "v20once")

    def compete() -> object:
        with once(waiter, lab.scope, "k", wait=LONG) as outcome:
            return outcome

    with once(lab.db, lab.scope, "k", lease=LEASE) as claim:
        waiting = Started(compete)
        listening(lab, "v20once")
        claimed(claim).complete([1])
        assert replayed(waiting.ended()) == [1]


def test_c21_a_time_out_changes_nothing(lab: Lab) -> None:
    with once(lab.db, lab.scope, "k", lease=LEASE, owner="me") as claim:
        image = lab.image()
        waiter = lab.session()
        with pytest.raises(idempotency.InProgress, match=r"after 0\.06 s of waiting") as caught:
            idempotency.wait(waiter, lab.scope, "k", SHORT)
        assert caught.value.owner == "me"
        assert caught.value.retry_after is not None
        with pytest.raises(idempotency.InProgress), once(waiter, lab.scope, "k", wait=SHORT):
            pass
        assert lab.image() == image
        claimed(claim).complete()
    assert lab.rows("select count(*) from pydb.idempotency_key where scope = %s", lab.scope) == [(1,)]


def crowd(lab: Lab, name: str, size: int) -> list[Started[str]]:
    """So many callers of one key: each works if it acquires it, and waits otherwise."""

    def compete(db: psycopg.Connection[TupleRow]) -> str:
        with once(db, lab.scope, "k", lease=LEASE, wait=LONG) as outcome:
            if isinstance(outcome, idempotency.Claim):
                outcome.complete("once")
                return f"worked in attempt {outcome.attempt}"
            return str(replayed(outcome))

    sessions = [session(lab, f"{name}{number}") for number in range(size)]
    started = [Started(lambda db=db: compete(db)) for db in sessions]  # type: ignore[misc]
    listening(lab, *(f"{name}{number}" for number in range(size)))
    return started


def test_c22_of_many_waiters_exactly_one_works_after_a_failure(lab: Lab) -> None:
    with Ends(BodyError), once(lab.db, lab.scope, "k", lease=LEASE):
        waiting = crowd(lab, "v22", 8)
        raise BodyError
    answers = sorted(each.ended() for each in waiting)
    assert answers == ["once"] * 7 + ["worked in attempt 2"]


def test_c23_of_many_waiters_exactly_one_takes_over(lab: Lab) -> None:
    with pytest.raises(KeyboardInterrupt), once(lab.db, lab.scope, "k", lease=LEASE):
        raise KeyboardInterrupt
    waiting = crowd(lab, "v23", 8)
    lab.let_lease_pass()
    answers = sorted(each.ended() for each in waiting)
    assert answers == ["once"] * 7 + ["worked in attempt 2"]


def test_what_there_is_no_use_to_wait_for(lab: Lab) -> None:
    def outcome(key: str) -> object:
        return idempotency.wait(lab.db, lab.scope, key, LONG)

    lab.put("fresh", "completed", life="-1 s")
    lab.put("retry", "failed", retryable=True)
    lab.put("takeover", lease="-1 s")
    lab.put("poisoned", lease="-1 s", max_attempts=1)
    for why in ("absent", "fresh", "retry", "takeover", "poisoned"):
        assert outcome(why) == Claimable(why)
    lab.put("failed", "failed", error='{"e": 1}', code=402)
    failed = outcome("failed")
    assert isinstance(failed, ReplayedFailure)
    assert (failed.error, failed.code) == ({"e": 1}, 402)
    lab.put("failed without error", "failed")
    failed = outcome("failed without error")
    assert isinstance(failed, ReplayedFailure)
    assert failed.error is idempotency.NOTHING
    lab.put("held", lease="-1 s", hold=True)
    with pytest.raises(idempotency.Ambiguous):
        outcome("held")
    lab.put("other")
    with pytest.raises(idempotency.Mismatch):
        idempotency.wait(lab.db, lab.scope, "other", LONG, fingerprint=b"g")


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
def test_a_snapshot_never_sees_the_outcome_so_waiting_is_refused(lab: Lab, isolation: str) -> None:
    lab.put()
    db = lab.session(autocommit=False, isolation=isolation)
    with pytest.raises(errors.UsageError, match=f"{isolation.upper()} cannot wait"):
        idempotency.wait(db, lab.scope, "k", LONG)
    db.rollback()
    with pytest.raises(errors.UsageError, match="cannot wait"), once(db, lab.scope, "k", wait=LONG):
        pass
    # in autocommit each look has a snapshot of its own
    with pytest.raises(idempotency.InProgress):
        idempotency.wait(lab.session(isolation=isolation), lab.scope, "k", SHORT)


def test_waiting_in_a_read_committed_transaction(lab: Lab) -> None:
    token = lab.put()
    db = lab.session(autocommit=False, options="-c application_name=rc")
    waiting = Started(lambda: idempotency.wait(db, lab.scope, "k", LONG))
    lab.until(
        "select exists (select from pg_stat_activity"
        " where application_name = 'rc' and state = 'idle in transaction')"
    )
    lab.complete("k", token, "1")
    assert replayed(waiting.ended()) == 1


def test_waiting_with_lock_timeout_behind_an_uncommitted_claim(lab: Lab) -> None:
    """Vector 19 for who waits: the key is neither there nor free, until its transaction ends."""
    owner = lab.session(autocommit=False)
    token = lab.claim(db=owner).token
    rival = lab.session(options="-c lock_timeout=10")
    with pytest.raises(idempotency.InProgress), once(rival, lab.scope, "k", wait=SHORT):
        pass
    lab.complete("k", token, "2", db=owner)
    owner.commit()
    with once(rival, lab.scope, "k", wait=SHORT) as outcome:
        assert replayed(outcome) == 2


def test_the_doorbell_wakes_a_waiter_long_before_its_next_look(lab: Lab) -> None:
    poll = timedelta(hours=1)
    bell = session(lab, "bell")

    def hear() -> object:
        return idempotency.wait(lab.session(), lab.scope, "k", LONG, poll=poll, doorbell=bell)

    with once(lab.db, lab.scope, "k", lease=LEASE, notify=True) as claim:
        waiting = Started(hear)
        listens(lab, "bell")
        idempotency.notify(lab.db, lab.scope, "another")
        claimed(claim).complete("rung")
        assert replayed(waiting.ended()) == "rung"
    assert bell.execute("select count(*) from pg_listening_channels()").fetchone() == (0,)


def test_a_fenced_completion_rings_after_its_commit(lab: Lab) -> None:
    bell, db = lab.session(), lab.session()
    bell.execute("listen pydb_idempotency")
    with once(db, lab.scope, "k", lease=LEASE, notify=True, fenced=True) as claim:
        with db.transaction():
            claimed(claim).complete()
        assert list(bell.notifies(timeout=0)) == []
    assert len(list(bell.notifies(timeout=DEADLINE, stop_after=1))) == 1


def test_a_broken_doorbell_falls_back_to_looks(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    bell = session(lab, "broken")
    token = lab.put()
    db, poll = lab.session(), timedelta(milliseconds=50)
    waiting = Started(lambda: idempotency.wait(db, lab.scope, "k", LONG, poll=poll, doorbell=bell))
    listens(lab, "broken")
    lab.do("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'broken'")
    lab.until("select not exists (select from pg_stat_activity where application_name = 'broken')")
    lab.complete("k", token, "1")
    assert replayed(waiting.ended()) == 1


def test_a_doorbell_in_a_transaction_is_refused(lab: Lab) -> None:
    with pytest.raises(errors.UsageError, match="cannot ring"):
        idempotency.wait(lab.db, lab.scope, "k", LONG, doorbell=lab.session(autocommit=False))
    with pytest.raises(errors.UsageError, match="pause"):
        idempotency.wait(lab.db, lab.scope, "k", LONG, poll=timedelta(0))


def test_waiting_holds_no_connection_of_the_pool(lab: Lab) -> None:
    """Two waiters, and the owner's calls, share one lent connection."""
    lock = threading.Lock()
    db = lab.session()

    class Single:
        def connection(self) -> _Lent:
            return _Lent(lock, db)

    pool = Single()
    with once(pool, lab.scope, "k", lease=LEASE) as claim:
        waiting = [Started(lambda: idempotency.wait(pool, lab.scope, "k", LONG)) for _ in range(2)]
        claimed(claim).complete("shared")
        assert [replayed(each.ended()) for each in waiting] == ["shared"] * 2


class _Lent:
    def __init__(self, lock: threading.Lock, db: psycopg.Connection[TupleRow]) -> None:
        self._lock, self._db = lock, db

    def __enter__(self) -> psycopg.Connection[TupleRow]:
        assert self._lock.acquire(timeout=DEADLINE)
        return self._db

    def __exit__(self, *error: object) -> None:
        self._lock.release()


def test_async_waiters(lab: Lab) -> None:
    async def meet() -> None:
        async with contextlib.AsyncExitStack() as stack:

            async def connect() -> psycopg.AsyncConnection[TupleRow]:
                return await stack.enter_async_context(
                    await psycopg.AsyncConnection.connect(lab.dsn, autocommit=True)
                )

            owner, bell = await connect(), await connect()
            token = (await aio.claim(owner, lab.scope, "k", b"f", lease=LEASE)).token or 0
            waiting = [aio.wait(await connect(), lab.scope, "k", LONG) for _ in range(3)]
            waiting.append(aio.wait(await connect(), lab.scope, "k", LONG, poll=LONG, doorbell=bell))
            tasks = [asyncio.create_task(each) for each in waiting]
            while (await aio.peek(owner, lab.scope, "k")).outcome == "in_progress" and not HEARD.search(
                await last_query(owner, bell.info.backend_pid)
            ):
                await asyncio.sleep(PAUSE)
            assert (await aio.complete(owner, lab.scope, "k", token, "all", code=1)).outcome == "ok"
            await aio.notify(owner, lab.scope, "k")
            assert [replayed(each) for each in await asyncio.gather(*tasks)] == ["all"] * 4
            with pytest.raises(idempotency.Mismatch):
                await aio.wait(owner, lab.scope, "k", LONG, fingerprint=b"g")

    asyncio.run(meet())


HEARD = re.compile("^listen", re.IGNORECASE)


async def last_query(db: psycopg.AsyncConnection[TupleRow], pid: int) -> str:
    cursor = await db.execute("select query from pg_stat_activity where pid = %s", (pid,))
    row = await cursor.fetchone()
    assert row is not None
    return str(row[0])
