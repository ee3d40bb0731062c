"""A blocked claim is cut short, and callers with one snapshot for their whole transaction (C18, C19, C49)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.faults.idemlab import Asking, ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.idemlab import Keys

RESULT = {"by": "the first"}
ISOLATIONS = ("repeatable read", "serializable")
OPTIONS = {"time_out": "-c statement_timeout=50ms", "lock_time_out": "-c lock_timeout=20ms"}


def prepare(keys: Keys, key: str, row: str) -> int:
    """Make the row that the claims will meet; returns the attempt that the next one gets."""
    if row == "absent":
        return 1
    mine = ask(keys.db, "claim", key, lease="0 s", ttl="1 ms" if row == "expired" else "1 hour")
    if row == "retryable":
        ask(keys.db, "fail", key, token=mine.token, error=RESULT)
    elif row == "expired":
        keys.until("select expired from pydb.idempotency_list where key = %s", key)
        return 1
    return 2


def cancel(keys: Keys, claim: Asking) -> None:
    keys.db.execute("select pg_cancel_backend(%s)", (claim.pid,))
    assert claim.failed() == "57014"


def terminate(keys: Keys, claim: Asking) -> None:
    keys.db.execute("select pg_terminate_backend(%s)", (claim.pid,))
    assert claim.failed() == "57P01"
    keys.until_gone(claim.pid)


def time_out(keys: Keys, claim: Asking) -> None:
    assert claim.failed() == "57014"


def lock_time_out(keys: Keys, claim: Asking) -> None:
    answer = claim.answer()
    assert answer.outcome == "in_progress"
    assert answer.retry_after is not None
    assert answer.retry_after.total_seconds() == 0


@pytest.mark.parametrize("row", ["absent", "stale", "retryable", "expired"])
@pytest.mark.parametrize("end", [cancel, terminate, time_out, lock_time_out], ids=lambda end: end.__name__)
def test_c19_blocked_claim_is_cut_short(keys: Keys, row: str, end: Callable[[Keys, Asking], None]) -> None:
    """Whoever holds the key in a transaction in flight; nothing of the one that gave up stays behind."""
    key = f"{row} {end.__name__}"
    attempt = prepare(keys, key, row)
    holder, waiting = keys.session(), keys.session(OPTIONS.get(end.__name__, ""))
    holder.execute("begin")
    assert ask(holder, "claim", key, lease="1 hour").attempt == attempt
    claim = Asking(waiting, "claim", key)
    if end in (cancel, terminate):
        keys.until_blocked(claim.pid, holder.info.backend_pid)
    end(keys, claim)
    assert (
        keys.value("select count(*) from pg_locks where pid = %s and locktype <> 'virtualxid'", claim.pid)
        == 0
    )
    holder.execute("rollback")
    mine = ask(keys.db, "claim", key, lease="1 hour")
    assert (mine.outcome, mine.attempt) == ("acquired", attempt)
    if end is not terminate:
        waiting.execute("set statement_timeout = 0")
        assert ask(waiting, "claim", key).outcome == "in_progress"
    assert ask(keys.db, "complete", key, token=mine.token).outcome == "ok"


@pytest.mark.parametrize("routine", ["complete", "fail", "heartbeat"])
def test_b5_blocked_call_of_the_owner_is_cut_short(keys: Keys, routine: str) -> None:
    """The error is the caller's; the key is still his."""
    key = f"owner {routine}"
    mine = ask(keys.db, "claim", key, lease="1 hour")
    arguments = {"token": mine.token} | ({"lease": "2 hours"} if routine == "heartbeat" else {})
    blocker = keys.session()
    with blocker.transaction():
        blocker.execute("select from pydb.idempotency_key where key = %s for update", (key,))
        for option, code in (("statement_timeout", "57014"), ("lock_timeout", "55P03")):
            impatient = keys.session(f"-c {option}=20ms")
            assert Asking(impatient, routine, key, **arguments).failed() == code
        for end in (cancel, terminate):
            call = Asking(keys.session(), routine, key, **arguments)
            keys.until_blocked(call.pid, blocker.info.backend_pid)
            end(keys, call)
    assert ask(keys.db, "peek", key).outcome == "in_progress"
    assert ask(keys.db, routine, key, **arguments).outcome == "ok"


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("row", ["absent", "stale", "retryable", "expired"])
def test_c49_claim_under_an_old_snapshot(keys: Keys, row: str, isolation: str) -> None:
    """A rival claimed after the snapshot was taken: 40001, as it is; the retry learns what happened."""
    key = f"{row} {isolation}"
    attempt = prepare(keys, key, row)
    late = keys.session()
    late.execute(f"begin isolation level {isolation}".encode())
    late.execute("select count(*) from app.business")  # the snapshot
    mine = ask(keys.db, "claim", key, lease="1 hour")
    assert (mine.outcome, mine.attempt) == ("acquired", attempt)
    with pytest.raises(psycopg.errors.SerializationFailure):
        ask(late, "claim", key)
    late.execute("rollback")
    with late.transaction():
        late.execute(f"set transaction isolation level {isolation}".encode())
        assert ask(late, "claim", key).outcome == "in_progress"
    ask(keys.db, "complete", key, token=mine.token, result=RESULT)
    with late.transaction():
        late.execute(f"set transaction isolation level {isolation}".encode())
        again = ask(late, "claim", key)
    assert (again.outcome, again.result) == ("replay", RESULT)


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("row", ["absent", "stale"])
def test_c49_claim_in_flight(keys: Keys, row: str, isolation: str) -> None:
    """Both in transactions: the second waits; a commit fails it with 40001, a rollback gives it the key."""
    for commits in (True, False):
        key = f"flight {row} {isolation} {commits}"
        attempt = prepare(keys, key, row)
        first, second = keys.session(), keys.session()
        for session in (first, second):
            session.execute(f"begin isolation level {isolation}".encode())
        assert ask(first, "claim", key, lease="1 hour").outcome == "acquired"
        claim = Asking(second, "claim", key, lease="1 hour")
        keys.until_blocked(claim.pid, first.info.backend_pid)
        first.execute("commit" if commits else "rollback")
        if commits:
            assert claim.failed() == "40001"
            second.execute("rollback")
        else:
            assert (claim.answer().outcome, claim.answer().attempt) == ("acquired", attempt)
            second.execute("commit")
        assert ask(keys.db, "claim", key).outcome == "in_progress"


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_c29_zombie_under_an_old_snapshot(keys: Keys, isolation: str) -> None:
    """Its snapshot still shows its own claim: it may not complete by that, and its writes are undone."""
    key = f"zombie {isolation}"
    for finished in (False, True):
        mine = ask(keys.db, "claim", f"{key} {finished}", lease="0 s")
        zombie = keys.session()
        zombie.execute(f"begin isolation level {isolation}".encode())
        zombie.execute("insert into app.business values (%s, 1)", (key,))
        rival = ask(keys.db, "claim", f"{key} {finished}", lease="1 hour")
        if finished:
            ask(keys.db, "complete", f"{key} {finished}", token=rival.token, result=RESULT)
        with pytest.raises(psycopg.errors.SerializationFailure):
            ask(zombie, "complete", f"{key} {finished}", token=mine.token, fenced=True)
        zombie.execute("rollback")
        # run again, as one does with 40001: now it sees that it is late
        zombie.execute(f"begin isolation level {isolation}".encode())
        zombie.execute("insert into app.business values (%s, 1)", (key,))
        with pytest.raises(psycopg.DatabaseError, match="was not completed") as caught:
            ask(zombie, "complete", f"{key} {finished}", token=mine.token, fenced=True)
        assert caught.value.sqlstate == "YD203"
        zombie.execute("rollback")
        expected = "superseded_done" if finished else "superseded"
        assert ask(zombie, "complete", f"{key} {finished}", token=mine.token).outcome == expected
        assert ask(zombie, "heartbeat", f"{key} {finished}", token=mine.token, lease="1 s").outcome == "lost"
    assert keys.business(key) == 0


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_c49_two_workers_run_to_the_end(keys: Keys, isolation: str) -> None:
    """Everything in one transaction, retried on 40001: one business row, one who did it, one who replays."""
    key = f"workers {isolation}"
    outcomes = []
    sessions = [keys.session(), keys.session()]
    for session in sessions:
        session.execute(f"begin isolation level {isolation}".encode())
        session.execute("select count(*) from app.business")
    for session in sessions:
        for _ in range(3):
            try:
                claimed = ask(session, "claim", key)
                if claimed.outcome == "acquired":
                    session.execute("insert into app.business values (%s, 1)", (key,))
                    ask(session, "complete", key, token=claimed.token, result=RESULT, fenced=True)
                session.execute("commit")
            except psycopg.errors.SerializationFailure:
                session.execute("rollback")
                session.execute(f"begin isolation level {isolation}".encode())
            else:
                outcomes.append(claimed.outcome)
                break
    assert outcomes == ["acquired", "replay"]
    assert keys.business(key) == 1


def test_c49_serializable_rivals_on_other_keys(keys: Keys) -> None:
    """Ten serializable transactions claim a key each; some may have to run again, none for good."""
    sessions = dict(enumerate(keys.session() for _ in range(10)))
    for number, session in sessions.items():
        session.execute("begin isolation level serializable")
        assert ask(session, "claim", f"own {number}", lease="1 hour").outcome == "acquired"
    failed = []
    for number, session in sessions.items():
        try:
            session.execute("commit")
        except psycopg.errors.SerializationFailure:
            failed.append(number)
    assert len(failed) < len(sessions)
    for number in failed:
        with sessions[number].transaction():
            sessions[number].execute("set transaction isolation level serializable")
            assert ask(sessions[number], "claim", f"own {number}").outcome == "acquired"
    assert keys.value("select count(*) from pydb.idempotency_key where key like 'own %%'") == 10


def test_c18_two_keys_in_opposite_order(keys: Keys) -> None:
    """Each has one key and asks for the other's: one is told of the deadlock, the other goes on."""
    sessions = [keys.session("-c deadlock_timeout=10ms") for _ in range(2)]
    for number, session in enumerate(sessions):
        session.execute("begin")
        ask(session, "claim", f"crossed {number}")
    crossing = [Asking(session, "claim", f"crossed {1 - n}") for n, session in enumerate(sessions)]
    for call in crossing:
        call.ended()
    (victim,) = (number for number, call in enumerate(crossing) if call.error is not None)
    assert crossing[victim].failed() == "40P01"
    sessions[victim].execute("rollback")
    assert crossing[1 - victim].answer().outcome == "acquired"
    sessions[1 - victim].execute("commit")
    owners = "select count(distinct xmin::text) from pydb.idempotency_key where key like 'crossed %%'"
    assert keys.value(owners) == 1


def test_c19_claim_in_a_prepared_transaction(keys: Keys) -> None:
    """It survives its session; who will not wait for it is told so, who waits learns how it ended."""
    preparing, impatient, waiting = keys.session(), keys.session("-c lock_timeout=20ms"), keys.session()
    preparing.execute("begin")
    mine = ask(preparing, "claim", "prepared")
    ask(preparing, "complete", "prepared", token=mine.token, result=RESULT, fenced=True)
    preparing.execute("prepare transaction 'claimed'")
    preparing.close()
    assert ask(impatient, "claim", "prepared").outcome == "in_progress"
    claim = Asking(waiting, "claim", "prepared")
    keys.until("select cardinality(pg_blocking_pids(%s)) > 0", claim.pid)
    keys.db.execute("commit prepared 'claimed'")
    assert (claim.answer().outcome, claim.answer().result) == ("replay", RESULT)
