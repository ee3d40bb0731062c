"""Heartbeats: a lease outlives its length while the work goes on, and a lost one is told."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from pydb import errors, idempotency
from pydb.idempotency import once
from tests.idempotency.lab import DEADLINE
from tests.idempotency.pylab import BodyError, Ends, aclaimed, claimed, replayed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.idempotency.lab import Lab

SOON = timedelta(milliseconds=150)
LATER = timedelta(minutes=5)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("pydb heartbeat")]


def outlives(lab: Lab, key: str = "k") -> None:
    """The lease of the key is renewed again and again."""
    key_of = "from pydb.idempotency_key where scope = %s and key = %s"
    for _ in range(2):
        before = lab.one(f"select lease_until {key_of}", lab.scope, key)
        lab.until(f"select lease_until > %s {key_of}", before, lab.scope, key)


@pytest.mark.parametrize("lease", [SOON, "0.15 s"])
@pytest.mark.parametrize("autocommit", [True, False])
def test_c28_a_heartbeat_renews_the_lease(lab: Lab, lease: timedelta | str, autocommit: bool) -> None:
    with (
        ConnectionPool(lab.dsn, min_size=1, max_size=1, kwargs={"autocommit": autocommit}) as pool,
        once(pool, lab.scope, "k", lease=lease, heartbeat=True) as claim,
    ):
        outlives(lab)
        assert lab.claim("k").outcome == "in_progress"
        claimed(claim).check()
        assert not claimed(claim).lost
        claimed(claim).complete(1)
    assert threads() == []
    assert lab.peek().result == "1"


def test_a_heartbeat_of_a_connection_has_one_of_its_own(lab: Lab) -> None:
    db = lab.session(options="-c application_name=beats")
    with once(db, lab.scope, "k", lease=SOON, heartbeat=True) as claim:
        with db.transaction():
            db.execute("select 1")
            outlives(lab)
            assert not claimed(claim).lost
        claimed(claim).complete()
    assert threads() == []


def test_a_heartbeat_may_be_given_its_connection(lab: Lab) -> None:
    own = lab.session()
    with once(lab.db, lab.scope, "k", lease=SOON, heartbeat=own) as claim:
        outlives(lab)
        claimed(claim).complete()
    assert not own.closed


def test_c28_after_a_takeover_the_claim_is_lost(lab: Lab) -> None:
    with once(lab.db, lab.scope, "k", lease=timedelta(milliseconds=60), heartbeat=True) as claim:
        lab.let_lease_pass()
        heir = lab.claim(lease="1 hour")
        until(lambda: claimed(claim).lost)
        with pytest.raises(idempotency.Superseded, match="not held any more") as caught:
            claimed(claim).check()
        assert caught.value.outcome == "lost"
        with pytest.raises(idempotency.Superseded):
            claimed(claim).complete("late")
    key = lab.key()
    assert key is not None
    assert (key.state, key.token) == ("pending", heir.token)
    assert key.lease is not None
    assert key.lease > timedelta(minutes=50)


def test_a_completion_meanwhile_is_no_loss(lab: Lab) -> None:
    for number in range(10):
        with once(lab.db, lab.scope, f"k{number}", lease=timedelta(milliseconds=15), heartbeat=True) as claim:
            outlives(lab, f"k{number}")
            claimed(claim).complete()
            claimed(claim).check()


@pytest.mark.parametrize("error", [BodyError, KeyboardInterrupt, SystemExit])
def test_it_ends_with_the_block_however_that_ends(lab: Lab, error: type[BaseException]) -> None:
    with Ends(error), once(lab.db, lab.scope, "k", lease=LATER, heartbeat=True):
        assert len(threads()) == 1
        raise error
    assert threads() == []
    state = lab.one("select state::text from pydb.idempotency_key where scope = %s", lab.scope)
    assert state == ("failed" if error is BodyError else "pending")


def test_it_ends_while_a_beat_waits_for_a_lock(lab: Lab) -> None:
    db = lab.session(options="-c application_name=locked")
    locker = lab.session(autocommit=False)
    with Ends(KeyboardInterrupt), once(db, lab.scope, "k", lease=SOON, heartbeat=True) as claim:
        locker.execute("select from pydb.idempotency_key where scope = %s for update", (lab.scope,))
        lab.until(
            "select exists (select from pg_stat_activity"
            " where application_name = 'locked' and wait_event_type = 'Lock')"
        )
        # it hangs for longer than the lease: that is a loss, and seen without waiting for the beat
        until(lambda: claimed(claim).lost)
        with pytest.raises(idempotency.Superseded, match="its lease passed"):
            claimed(claim).check()
        raise KeyboardInterrupt
    assert threads() == []
    locker.rollback()


def test_errors_of_beats_are_logged_and_tried_again(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    db = lab.session(options="-c application_name=killed")
    pid = db.info.backend_pid
    with once(db, lab.scope, "k", lease=timedelta(seconds=1), heartbeat=True) as claim:
        others = "from pg_stat_activity where application_name = 'killed' and pid <> %s"
        lab.until(f"select exists (select {others})", pid)
        assert lab.one(f"select count(pg_terminate_backend(pid)) {others}", pid) == 1
        until(lambda: "a heartbeat of key 'k'" in caplog.text)
        outlives(lab)
        assert not claimed(claim).lost
        claimed(claim).complete()


def test_a_heartbeat_that_never_gets_through_is_a_loss(lab: Lab) -> None:
    def refuse() -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(lab.dsn, user="nobody")

    with (
        Ends(idempotency.Superseded) as caught,
        once(lab.db, lab.scope, "k", lease=SOON, heartbeat=refuse) as claim,
    ):
        until(lambda: claimed(claim).lost)
        claimed(claim).check()
    assert isinstance(caught.value.__cause__, errors.PydbError) or "lease passed" in caught.value.message


def test_a_source_that_breaks_is_a_loss(lab: Lab) -> None:
    def refuse() -> psycopg.Connection[tuple[object, ...]]:
        raise BodyError("no more")

    with (
        Ends(idempotency.Superseded) as caught,
        once(lab.db, lab.scope, "k", lease=SOON, heartbeat=refuse) as claim,
    ):
        until(lambda: claimed(claim).lost)
        claimed(claim).check()
    assert isinstance(caught.value.__cause__, BodyError)


def test_renewing_by_hand(lab: Lab) -> None:
    with once(lab.db, lab.scope, "k", lease=SOON) as claim:
        left = claimed(claim).renew(timedelta(hours=1))
        assert left is not None
        assert timedelta(minutes=59) < left <= timedelta(hours=1)
        lab.let_lease_pass()
        lab.claim()
        with pytest.raises(idempotency.Superseded):
            claimed(claim).renew()
        assert claimed(claim).lost
        with pytest.raises(idempotency.Superseded):
            claimed(claim).complete()


def test_async_heartbeats(lab: Lab) -> None:
    async def renewed(db: psycopg.AsyncConnection[tuple[object, ...]], key: str) -> None:
        query = "select lease_until from pydb.idempotency_key where scope = %s and key = %s"
        seen: set[tuple[object, ...] | None] = set()
        while len(seen) < 3:
            seen.add(await (await db.execute(query, (lab.scope, key))).fetchone())
            await asyncio.sleep(0.002)

    async def tasks() -> list[str]:
        return [task.get_name() for task in asyncio.all_tasks() if "heartbeat" in task.get_name()]

    async def beat() -> None:
        async with await psycopg.AsyncConnection.connect(lab.dsn, autocommit=True) as db:
            async with once(db, lab.scope, "a", lease=SOON, heartbeat=True) as claim:
                await renewed(db, "a")
                aclaimed(claim).check()
                await aclaimed(claim).complete("beaten")
            assert await tasks() == []
            async with once(db, lab.scope, "b", lease="0.1 s", heartbeat=True) as claim:
                await db.execute(
                    "update pydb.idempotency_key set token = default where scope = %s and key = 'b'",
                    (lab.scope,),
                )
                while not aclaimed(claim).lost:
                    await asyncio.sleep(0.002)
                with pytest.raises(idempotency.Superseded):
                    await aclaimed(claim).renew()
                with pytest.raises(idempotency.Superseded):
                    await aclaimed(claim).complete()
            assert await tasks() == []

    asyncio.run(beat())
    with once(lab.db, lab.scope, "a") as outcome:
        assert replayed(outcome) == "beaten"
