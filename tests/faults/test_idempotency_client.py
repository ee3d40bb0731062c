"""`idempotency.once` on lines that break, connections that die and processes that are killed or stopped."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from pydb import errors, idempotency
from pydb.idempotency import Claim, Replay
from tests.faults.idemlab import DEADLINE, SCOPE, ask, connect
from tests.faults.proxy import Loss, Proxy
from tests.servers import PAUSE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.idemlab import Connection, Keys, Nursery

RESULT = {"by": "once"}
HOUR = timedelta(hours=1)
LOSSES: tuple[Loss, ...] = ("answer", "request")


@pytest.fixture(scope="module")
def line(module_keys: Keys) -> Iterator[Proxy]:
    """The way to the database that will be cut."""
    with Proxy(module_keys.dsn) as proxy:
        yield proxy
        assert proxy.cuts > 0


def opener(line: Proxy) -> Callable[[], Connection]:
    """A source that opens a connection for each call, as a pool without idle ones does."""
    return lambda: connect(line.dsn)


def replayed(keys: Keys, key: str) -> bool:
    """Whether the next caller gets the result."""
    with idempotency.once(keys.db, SCOPE, key) as found:
        return isinstance(found, Replay) and found.result == RESULT


def refused(keys: Keys, key: str) -> errors.InProgress:
    """The next caller is told to come back later."""
    with pytest.raises(errors.InProgress) as caught, idempotency.once(keys.db, SCOPE, key):
        pass
    return caught.value


@pytest.mark.parametrize("loss", LOSSES)
def test_b5_answer_to_the_claim_is_lost(keys: Keys, line: Proxy, loss: Loss) -> None:
    """The lease has to pass before anybody, the same worker too, may do the work."""
    key = f"claim {loss}"
    line.cut("idempotency_claim", lose=loss)
    with closing(connect(line.dsn)) as worker, pytest.raises(errors.DatabaseUnavailable):
        idempotency.once(worker, SCOPE, key, lease=HOUR).__enter__()
    if loss == "answer":
        left = refused(keys, key).retry_after
        assert left is not None
        assert timedelta(0) < left <= HOUR
        keys.lease_passes(key)
    with idempotency.once(keys.db, SCOPE, key, lease=HOUR) as claim:
        assert isinstance(claim, Claim)
        assert claim.attempt == (2 if loss == "answer" else 1)
        claim.complete(RESULT)
    assert replayed(keys, key)


@pytest.mark.parametrize("loss", LOSSES)
def test_b5_answer_to_the_completion_is_lost_on_a_connection(keys: Keys, line: Proxy, loss: Loss) -> None:
    """Its own connection is gone, so it cannot ask again; the key is not given away, and others can."""
    key = f"complete {loss}"
    tokens = []

    def work() -> None:
        with closing(connect(line.dsn)) as worker, idempotency.once(worker, SCOPE, key, lease=HOUR) as claim:
            assert isinstance(claim, Claim)
            tokens.append(claim.token)
            line.cut("idempotency_complete", lose=loss)
            claim.complete(RESULT)

    with pytest.raises(errors.CompletionUnknown) as caught:
        work()
    assert caught.value.hint is not None
    if loss == "answer":
        assert replayed(keys, key)
    else:
        assert refused(keys, key).retry_after is not None
    again = [idempotency.complete(keys.db, SCOPE, key, tokens[0], RESULT).outcome for _ in range(2)]
    assert again == ["ok_again" if loss == "answer" else "ok", "ok_again"]
    assert replayed(keys, key)


@pytest.mark.parametrize("loss", LOSSES)
def test_b5_completion_is_told_again_on_another_connection(keys: Keys, line: Proxy, loss: Loss) -> None:
    """Inside the block, by who has one: and all is well."""
    key = f"complete again {loss}"
    with closing(connect(line.dsn)) as worker, idempotency.once(worker, SCOPE, key, lease=HOUR) as claim:
        assert isinstance(claim, Claim)
        line.cut("idempotency_complete", lose=loss)
        with pytest.raises(errors.CompletionUnknown):
            claim.complete(RESULT)
        claim.complete(RESULT, conn=keys.db)
    assert replayed(keys, key)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("routine", ["complete", "fail"])
def test_b5_source_that_opens_connections_asks_again_by_itself(
    keys: Keys, line: Proxy, routine: str, loss: Loss
) -> None:
    key = f"source {routine} {loss}"
    with idempotency.once(opener(line), SCOPE, key, lease=HOUR) as claim:
        assert isinstance(claim, Claim)
        line.cut(f"idempotency_{routine}", lose=loss)
        if routine == "complete":
            claim.complete(RESULT)
        else:
            claim.fail(RESULT, retryable=False)
    with idempotency.once(keys.db, SCOPE, key) as found:
        assert type(found).__name__ == ("Replay" if routine == "complete" else "ReplayedFailure")


@pytest.mark.parametrize("loss", LOSSES)
def test_b5_failure_of_the_work_is_lost(keys: Keys, line: Proxy, loss: Loss) -> None:
    """The work's own exception comes out; the key is retryable, or pending until the lease ends."""
    key = f"raise {loss}"

    def work() -> None:
        with closing(connect(line.dsn)) as worker, idempotency.once(worker, SCOPE, key, lease=HOUR):
            line.cut("idempotency_fail", lose=loss)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        work()
    assert "was not recorded" in "".join(caught.value.__notes__)
    if loss == "request":
        refused(keys, key)
        return
    with idempotency.once(keys.db, SCOPE, key) as claim:
        assert isinstance(claim, Claim)
        assert claim.attempt == 2
        assert claim.previous_error == {"type": "ZeroDivisionError", "message": ""}
        claim.complete(RESULT)


def co_commit(line: Proxy, key: str) -> None:
    """Business row and completion in one transaction, as an application writes it."""
    with (
        closing(connect(line.dsn)) as worker,
        idempotency.once(opener(line), SCOPE, key, lease=HOUR, fenced=True) as claim,
    ):
        if isinstance(claim, Claim):
            with worker.transaction():
                worker.execute("insert into app.business values (%s, %s)", (key, claim.attempt))
                claim.complete(RESULT, conn=worker)


@pytest.mark.parametrize("loss", LOSSES)
def test_c46_commit_of_a_co_commit_is_lost(keys: Keys, line: Proxy, loss: Loss) -> None:
    """The caller does not know, runs it again, and there is one row."""
    key = f"co-commit {loss}"
    line.cut("commit", lose=loss)
    with pytest.raises(psycopg.OperationalError):
        co_commit(line, key)
    assert keys.business(key) == (1 if loss == "answer" else 0)
    for _ in range(2):
        co_commit(line, key)
        assert keys.business(key) == 1
    assert replayed(keys, key)


def test_c46_zombie_of_a_co_commit(keys: Keys, line: Proxy) -> None:
    """It was paused, somebody else finished: its writes are undone and it is told the outcome."""
    key = "co-commit zombie"

    def work() -> None:
        with (
            closing(connect(keys.dsn)) as worker,
            idempotency.once(opener(line), SCOPE, key, lease=timedelta(0), fenced=True) as zombie,
        ):
            co_commit(line, key)
            assert isinstance(zombie, Claim)
            with worker.transaction():
                worker.execute("insert into app.business values (%s, 0)", (key,))
                zombie.complete({"by": "the zombie"}, conn=worker)

    with pytest.raises(errors.Superseded) as caught:
        work()
    assert caught.value.outcome == "superseded_done"
    assert keys.business(key) == 1
    assert replayed(keys, key)


@pytest.mark.parametrize("loss", LOSSES)
def test_b5_commit_in_tx_mode_is_lost(keys: Keys, line: Proxy, loss: Loss) -> None:
    key = f"tx {loss}"

    def work() -> None:
        with (
            closing(connect(line.dsn)) as worker,
            worker.transaction(),
            idempotency.once(worker, SCOPE, key) as claim,
        ):
            if isinstance(claim, Claim):
                worker.execute("insert into app.business values (%s, 1)", (key,))
                claim.complete(RESULT)

    line.cut("commit", lose=loss)
    with pytest.raises(psycopg.OperationalError):
        work()
    work()
    assert keys.business(key) == 1
    assert replayed(keys, key)


@pytest.mark.parametrize("mode", ["lease", "tx"])
@pytest.mark.parametrize("point", ["working", "completing"])
def test_b5_connection_is_terminated(keys: Keys, point: str, mode: str) -> None:
    """The key waits for the end of the lease, for the work may be done; in tx mode it is free at once."""
    key = f"terminated {point} {mode}"

    def work() -> None:
        with (
            closing(connect(keys.dsn, autocommit=mode == "lease")) as worker,
            idempotency.once(worker, SCOPE, key, lease=HOUR) as claim,
        ):
            assert isinstance(claim, Claim)
            keys.db.execute("select pg_terminate_backend(%s)", (worker.info.backend_pid,))
            keys.until_gone(worker.info.backend_pid)
            if point == "working":
                raise ZeroDivisionError
            claim.complete(RESULT)

    if point == "working":
        with pytest.raises(ZeroDivisionError) as caught:
            work()
        assert "was not recorded" in "".join(caught.value.__notes__)
    else:
        with pytest.raises(errors.CompletionUnknown if mode == "lease" else errors.DatabaseUnavailable):
            work()
    expected = "in_progress" if mode == "lease" else "acquired"
    assert ask(keys.db, "claim", key, lease="0 s").outcome == expected


def test_c52_result_that_cannot_be_recorded(keys: Keys) -> None:
    """The handler succeeded: its key is not given to another, whatever is wrong with its result."""

    def work() -> None:
        with idempotency.once(keys.db, SCOPE, "no json", lease=HOUR) as claim:
            assert isinstance(claim, Claim)
            claim.complete(object())

    with pytest.raises(errors.NotJson):
        work()
    refused(keys, "no json")


BEATING = (
    "select pid from pg_stat_activity where query like '%%idempotency_heartbeat%%' and state = 'idle'"
    " and pid <> pg_backend_pid() and datname = current_database()"
)


def renewed(keys: Keys, key: str) -> None:
    """Wait until a heartbeat has moved the lease."""
    lease = keys.value("select lease_until from pydb.idempotency_key where key = %s", key)
    keys.until("select lease_until > %s from pydb.idempotency_key where key = %s", lease, key)


def test_b5_connection_of_the_heartbeat_is_terminated(keys: Keys) -> None:
    """It opens another one, and the lease goes on."""
    lease = timedelta(milliseconds=900)
    with idempotency.once(keys.db, SCOPE, "beat", lease=lease, heartbeat=True) as claim:
        assert isinstance(claim, Claim)
        for _ in range(2):
            renewed(keys, "beat")
            pid = keys.value(BEATING)
            assert isinstance(pid, int)
            keys.db.execute("select pg_terminate_backend(%s)", (pid,))
            keys.until_gone(pid)
        renewed(keys, "beat")
        assert not claim.lost
        claim.complete(RESULT)
    assert replayed(keys, "beat")
    keys.until(f"select not exists ({BEATING})")


def test_b5_connection_of_an_async_heartbeat_is_terminated(keys: Keys) -> None:
    async def work() -> None:
        async with await psycopg.AsyncConnection.connect(keys.dsn, autocommit=True) as connection:
            lease = timedelta(milliseconds=900)
            async with idempotency.once(connection, SCOPE, "abeat", lease=lease, heartbeat=True) as claim:
                assert isinstance(claim, idempotency.AsyncClaim)
                for _ in range(2):
                    await asyncio.to_thread(renewed, keys, "abeat")
                    pid = keys.value(BEATING)
                    assert isinstance(pid, int)
                    keys.db.execute("select pg_terminate_backend(%s)", (pid,))
                await asyncio.to_thread(renewed, keys, "abeat")
                assert not claim.lost
                await claim.complete(RESULT)

    asyncio.run(work())
    assert replayed(keys, "abeat")
    keys.until(f"select not exists ({BEATING})")


def test_b5_heartbeat_that_cannot_connect_any_more(keys: Keys) -> None:
    """No beat gets through while the lease runs: the worker is told, before somebody else can be."""
    allowed = [True]

    def source() -> Connection:
        if not allowed[0]:
            raise psycopg.OperationalError("no route")
        return connect(keys.dsn)

    lease = timedelta(milliseconds=150)

    def work() -> None:
        with idempotency.once(keys.db, SCOPE, "mute", lease=lease, heartbeat=source) as claim:
            assert isinstance(claim, Claim)
            allowed[0] = False
            end = time.monotonic() + DEADLINE
            while not claim.lost:
                assert time.monotonic() < end
                time.sleep(PAUSE)
            claim.check()

    with pytest.raises(errors.Superseded) as caught:
        work()
    assert caught.value.outcome == "lost"
    # the work stopped before any effect, by an exception: the next one may begin
    with idempotency.once(keys.db, SCOPE, "mute") as again:
        assert isinstance(again, Claim)
        assert again.attempt == 2
        again.complete(RESULT)


@pytest.mark.parametrize("point", ["claimed", "effect"])
def test_c48_process_with_a_heartbeat_is_killed(keys: Keys, nursery: Nursery, point: str) -> None:
    """While it lives its lease goes on; once it is dead the next one waits no longer than that."""
    key = f"killed {point}"
    worker = nursery.worker("once", keys.dsn, key, lease=0.2)
    worker.until(point)
    renewed(keys, key)
    worker.kill()
    with idempotency.once(keys.db, SCOPE, key, lease=HOUR, wait=HOUR) as claim:
        assert isinstance(claim, Claim)
        assert claim.attempt == 2
        claim.complete(RESULT)
    assert replayed(keys, key)


@pytest.mark.parametrize("finished", [False, True], ids=["rival works", "rival finished"])
def test_b5_process_with_a_heartbeat_is_stopped(keys: Keys, nursery: Nursery, finished: bool) -> None:
    key = f"stopped {finished}"
    worker = nursery.worker("once", keys.dsn, key, lease=0.1)
    worker.until("effect")
    worker.pause()
    worker.go()
    with idempotency.once(keys.db, SCOPE, key, lease=HOUR, wait=HOUR) as claim:
        assert isinstance(claim, Claim)
        if finished:
            claim.complete(RESULT)
        worker.resume()
        # it knows by its own clock, or by its next heartbeat
        assert worker.hear()["lost"] is True
        said = worker.end()
        assert (said["at"], said["type"]) == ("error", "Superseded"), said
        if not finished:
            claim.complete(RESULT)
    assert replayed(keys, key)
    assert keys.effects(key) == 1


def test_c23_two_processes_wait_for_one_that_is_killed(keys: Keys, nursery: Nursery) -> None:
    """One of them does it, the other gets the result."""
    owner = nursery.worker("once", keys.dsn, "inherited", lease=0.2)
    owner.until("claimed")
    heirs = [nursery.worker("once", keys.dsn, "inherited", lease=5, wait=30) for _ in range(2)]
    for heir in heirs:
        heir.go(9)
    owner.kill()
    ends = []
    for heir in heirs:
        while (said := heir.hear())["at"] not in ("end", "error"):
            pass
        ends.append(said.get("outcome", "did it"))
        assert said["at"] == "end", said
    assert sorted(map(str, ends)) == ["Replay", "did it"]
    assert keys.effects("inherited") == 1
    with idempotency.once(keys.db, SCOPE, "inherited") as found:
        assert isinstance(found, Replay)
        assert found.attempt == 2
