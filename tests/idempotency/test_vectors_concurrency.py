"""Sessions at once: crowds on one key, claims in open transactions, and whoever comes in between."""

from __future__ import annotations

import collections
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.idempotency.lab import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Connection
    from tests.idempotency.lab import Answer, Lab


def claimer(lab: Lab, key: str = "k", **options: Any) -> Callable[[Connection], Answer]:
    return lambda db: lab.claim(key, db=db, **options)


def outcomes(answers: list[Answer]) -> dict[str, int]:
    return dict(collections.Counter(answer.outcome for answer in answers))


def test_c14_fifty_sessions_one_key_one_winner(lab: Lab) -> None:
    lab.do("create table public.c14_effect (n int)")

    def work(db: Connection) -> Answer:
        answer = lab.claim(db=db)
        if answer.outcome == "acquired":
            db.execute("insert into public.c14_effect values (1)")
        return answer

    answers = lab.together([work] * 50)
    assert outcomes(answers) == {"acquired": 1, "in_progress": 49}
    assert lab.one("select count(*) from public.c14_effect") == 1


def test_c15_fifty_sessions_fifty_keys_all_win_and_none_waits(lab: Lab) -> None:
    """A claim in an open transaction stands in nobody's way but its own key's."""
    with lab.session(autocommit=False) as holder:
        lab.claim("held", db=holder)
        answers = lab.together([claimer(lab, f"k{n}") for n in range(50)])
        assert outcomes(answers) == {"acquired": 50}
        assert len({answer.token for answer in answers}) == 50


def test_c16_a_claim_after_the_completion_replays(lab: Lab) -> None:
    """Blocked by a transaction that claims and completes: what is seen is its end, never its middle."""
    winner, loser = lab.session(autocommit=False), lab.session()
    token = lab.claim(db=winner).token
    late = lab.blocked(loser, claimer(lab))
    lab.complete("k", token, "7", db=winner)
    winner.commit()
    answer = late.ended()
    assert (answer.outcome, answer.result) == ("replay", "7")


@pytest.mark.parametrize("gone", ["prune", "reset"])
def test_c17_a_key_that_goes_between_conflict_and_look_is_claimed_anew(alone: Lab, gone: str) -> None:
    """A gate stands where the insert has met a conflict and the key was not looked at again."""
    alone.do(
        "create function public.gate() returns trigger language plpgsql as $$ begin"
        " perform pg_advisory_lock_shared(17), pg_advisory_unlock_shared(17); return null; end $$;"
        "create trigger gate after insert on pydb.idempotency_key"
        " for each statement execute function public.gate()"
    )
    first, second = alone.session(autocommit=False), alone.session()
    token = alone.claim(db=first, ttl="1 us").token
    alone.complete("k", token, db=first)
    alone.do("select pg_advisory_lock(17)")
    late = alone.blocked(second, claimer(alone, lease="1 hour"))
    first.commit()
    alone.until(
        "select pg_blocking_pids(%s) = array[%s]::int[]", second.info.backend_pid, alone.db.info.backend_pid
    )
    if gone == "prune":
        assert alone.prune() == 1
    else:
        assert alone.reset("k").outcome == "ok"
    alone.do("select pg_advisory_unlock(17)")
    answer = late.ended()
    row = alone.key()
    assert row is not None
    assert (answer.outcome, answer.attempt, answer.token) == ("acquired", 1, row.token)


@pytest.mark.parametrize("end", ["prune", "reset"])
def test_c17_a_key_deleted_under_a_waiting_claim(lab: Lab, end: str) -> None:
    """The claim saw an expired row, waits for its lock, and the row goes."""
    lab.put("k", "completed", life="-1 s", lease=None)
    other, claimant = lab.session(autocommit=False), lab.session()
    if end == "prune":
        assert lab.prune(db=other) == 1
    else:
        lab.reset("k", db=other)
    late = lab.blocked(claimant, claimer(lab, lease="1 hour"))
    other.commit()
    answer = late.ended()
    row = lab.key()
    assert row is not None
    assert (answer.outcome, answer.attempt, answer.token) == ("acquired", 1, row.token)


def test_c17_claims_against_a_pruner_that_never_rests(lab: Lab) -> None:
    """Keys that expire when they are born: every claim ends, and no life is entered twice."""

    def claims(db: Connection) -> list[Answer]:
        return [lab.claim(db=db, ttl="1 us", lease="0") for _ in range(60)]

    def prunes(db: Connection) -> list[Answer]:
        for _ in range(60):
            lab.prune(db=db)
        return []

    found = [answer for part in lab.together([claims, claims, claims, prunes]) for answer in part]
    assert set(outcomes(found)) <= {"acquired", "in_progress"}
    tokens = [answer.token for answer in found if answer.outcome == "acquired"]
    assert len(tokens) == len(set(tokens))
    assert {answer.attempt for answer in found if answer.outcome == "acquired"} == {1}


@pytest.mark.parametrize("state", ["absent", "expired", "stale", "retryable"])
@pytest.mark.parametrize("end", ["commit", "complete", "rollback", "vanish"])
def test_c18_a_claim_waits_for_the_transaction_of_another(lab: Lab, state: str, end: str) -> None:
    _prepare(lab, state)
    first, second = lab.session(autocommit=False), lab.session()
    mine = lab.claim(db=first, lease="1 hour")
    assert mine.outcome == "acquired"
    late = lab.blocked(second, claimer(lab, lease="1 hour"))
    if end == "complete":
        lab.complete("k", mine.token, "1", db=first)
    if end == "rollback":
        first.rollback()
    elif end == "vanish":
        lab.do("select pg_terminate_backend(%s)", first.info.backend_pid)
    else:
        first.commit()
    answer = late.ended()
    expected = {"commit": "in_progress", "complete": "replay"}.get(end, "acquired")
    assert answer.outcome == expected
    if expected == "acquired":
        assert mine.token is not None
        assert answer.token is not None
        assert answer.token > mine.token
        assert answer.attempt == mine.attempt
        assert lab.complete("k", mine.token).outcome == "superseded"


def _prepare(lab: Lab, state: str) -> None:
    rows: dict[str, tuple[str, dict[str, object]]] = {
        "expired": ("completed", {"life": "-1 s"}),
        "stale": ("pending", {"lease": "-1 s"}),
        "retryable": ("failed", {"retryable": True}),
    }
    if state in rows:
        name, values = rows[state]
        lab.put("k", name, **values, fingerprint=None)


@pytest.mark.parametrize("state", ["absent", "expired", "stale", "retryable"])
def test_c18_who_waited_long_gets_a_whole_lease(lab: Lab, state: str) -> None:
    """The lease and the life begin when the claim gets the key, not when it began to wait for it."""
    _prepare(lab, state)
    first, second = lab.session(autocommit=False), lab.session()
    lab.claim(db=first)
    started = lab.one("select clock_timestamp()")
    late = lab.blocked(second, claimer(lab, lease="100 ms", ttl="1 day"))
    lab.until("select clock_timestamp() > %s + interval '250 ms'", started)
    released = lab.one("select clock_timestamp()")
    first.rollback()
    assert late.ended().outcome == "acquired"
    found = lab.rows(
        "select claimed_at > %s, lease_until - claimed_at >= interval '100 ms',"
        " attempt > 1 or expires_at - claimed_at >= interval '1 day'"
        " from pydb.idempotency_key where scope = %s",
        released,
        lab.scope,
    )
    assert found == [(True, True, True)]


@pytest.mark.parametrize("state", ["absent", "expired", "stale", "retryable"])
def test_c19_with_a_lock_timeout_it_is_in_progress(lab: Lab, state: str) -> None:
    _prepare(lab, state)
    first = lab.session(autocommit=False)
    second = lab.session(options="-c lock_timeout=20ms")
    mine = lab.claim(db=first, lease="1 hour")
    answer = lab.claim(db=second)
    assert (answer.outcome, answer.retry_after) == ("in_progress", timedelta(0))
    # and the session's transaction can go on
    with second.transaction():
        second.execute("create temporary table t ()")
        assert lab.claim(db=second).outcome == "in_progress"
        assert lab.claim("other", db=second).outcome == "acquired"
    lab.complete("k", mine.token, "1", db=first)
    first.commit()
    assert lab.claim(db=second).result == "1"
    assert lab.claim("other").outcome == "in_progress"


@pytest.mark.parametrize("on_stale", ["takeover", "hold"])
@pytest.mark.parametrize("bounds", [{}, {"ttl": "2 days", "max_attempts": 3}])
def test_c19_the_fast_way_and_the_way_with_a_lock_timeout_write_the_same(
    lab: Lab, on_stale: str, bounds: dict[str, Any]
) -> None:
    options: dict[str, Any] = {
        "fingerprint": b"f",
        "lease": "1 hour",
        "on_stale": on_stale,
        "owner": "o",
        **bounds,
    }
    answers = [
        lab.claim("a", **options),
        lab.claim("b", db=lab.session(options="-c lock_timeout=1s"), **options),
    ]
    for answer in answers:
        assert (answer.outcome, answer.attempt, answer.owner) == ("acquired", 1, "o")
        assert answer.claimed_at is not None
        assert answer.lease_until == answer.claimed_at + timedelta(hours=1)
    held = "select count(*) from pydb_internal.idempotency_held where scope = %s"
    assert lab.one(held, lab.scope) == (2 if on_stale == "hold" else 0)
    a, b = (
        lab.rows(
            "select lease_until - claimed_at, expires_at - claimed_at, finished_at, attempt, max_attempts,"
            " code, state, retryable, hold, fingerprint, owner, result, error from pydb.idempotency_key"
            " where scope = %s and key = %s",
            lab.scope,
            key,
        )
        for key in ("a", "b")
    )
    assert a == b


def test_c21_waiting_changes_nothing(lab: Lab) -> None:
    """Waiters look with peek; the owner's row, token and lease are as they were, and the owner completes."""
    token = lab.claim(lease="1 hour").token
    before = lab.image()
    waiters = lab.together([lambda db: [lab.peek(db=db) for _ in range(10)]] * 5)
    assert {answer.outcome for part in waiters for answer in part} == {"in_progress"}
    assert lab.image() == before
    assert lab.complete("k", token, "1").outcome == "ok"


@pytest.mark.parametrize("state", ["stale", "retryable", "expired"])
def test_c27_many_race_for_one_key_and_one_gets_it(lab: Lab, state: str) -> None:
    for key in ("a", "b", "c"):
        lab.put(
            key,
            {"stale": "pending", "retryable": "failed", "expired": "completed"}[state],
            lease="-1 s",
            life="-1 s" if state == "expired" else "1 day",
            retryable=True if state == "retryable" else None,
            fingerprint=None,
        )

    def work(db: Connection) -> list[Answer]:
        return [lab.claim(key, db=db, lease="1 hour") for key in ("a", "b", "c")]

    for answers in zip(*lab.together([work] * 20), strict=True):
        assert outcomes(list(answers)) == {"acquired": 1, "in_progress": 19}
        (winner,) = (answer for answer in answers if answer.outcome == "acquired")
        assert winner.attempt == (1 if state == "expired" else 2)


@pytest.mark.parametrize("end", ["commit", "rollback"])
@pytest.mark.parametrize("call", ["complete", "fail", "heartbeat"])
def test_b4_completion_or_takeover_wins_never_both(lab: Lab, call: str, end: str) -> None:
    """The worker comes while a takeover is in flight: it waits, and the takeover's end decides."""
    token = lab.claim(lease="0").token
    taker, worker = lab.session(autocommit=False), lab.session()
    assert lab.claim(db=taker, lease="1 hour").attempt == 2
    calls: dict[str, Callable[[Connection], Answer]] = {
        "complete": lambda db: lab.complete("k", token, "1", db=db),
        "fail": lambda db: lab.fail("k", token, "1", db=db),
        "heartbeat": lambda db: lab.heartbeat("k", token, db=db),
    }
    late = lab.blocked(worker, calls[call])
    taker.commit() if end == "commit" else taker.rollback()
    lost = "lost" if call == "heartbeat" else "superseded"
    assert late.ended().outcome == (lost if end == "commit" else "ok")


@pytest.mark.parametrize("end", ["commit", "rollback"])
@pytest.mark.parametrize("call", ["complete", "fail", "heartbeat"])
def test_b4_takeover_waits_for_a_worker_in_flight(lab: Lab, call: str, end: str) -> None:
    token = lab.claim(lease="0").token
    worker, taker = lab.session(autocommit=False), lab.session()
    match call:
        case "complete":
            lab.complete("k", token, "1", db=worker)
        case "fail":
            lab.fail("k", token, "1", db=worker, retryable=False)
        case _:
            lab.heartbeat("k", token, db=worker)
    late = lab.blocked(taker, claimer(lab, lease="1 hour"))
    worker.commit() if end == "commit" else worker.rollback()
    answer = late.ended()
    if end == "rollback":
        assert (answer.outcome, answer.attempt) == ("acquired", 2)
    else:
        assert (
            answer.outcome
            == {"complete": "replay", "fail": "replay_failed", "heartbeat": "in_progress"}[call]
        )


@pytest.mark.parametrize("hold", [False, True])
def test_b4_poison_or_completion_never_both(lab: Lab, hold: bool) -> None:
    token = lab.claim(lease="0", max_attempts=1).token
    worker, last = lab.session(autocommit=False), lab.session()
    lab.complete("k", token, "1", db=worker)
    late = lab.blocked(last, claimer(lab))
    worker.commit() if hold else worker.rollback()
    assert late.ended().outcome == ("replay" if hold else "replay_failed")


def test_b4_the_same_completion_twice_at_once(lab: Lab) -> None:
    token = lab.claim().token
    answers = lab.together([lambda db: lab.complete("k", token, "1", db=db)] * 10)
    assert outcomes(answers) == {"ok": 1, "ok_again": 9}
    other = lab.claim("other").token

    def finish(number: int) -> Callable[[Connection], Answer]:
        return lambda db: lab.complete("other", other, str(number), db=db)

    answers = lab.together([finish(number) for number in range(10)])
    assert outcomes(answers) == {"ok": 1, "conflict": 9}
    assert {answer.result for answer in answers} == {lab.claim("other").result}


@pytest.mark.parametrize("operator", ["resolve", "reset"])
@pytest.mark.parametrize("first", ["operator", "worker"])
def test_b4_operator_or_worker_never_both(lab: Lab, operator: str, first: str) -> None:
    """A forced end of a key whose worker is just finishing: whoever commits first has decided."""
    token = lab.claim(lease="1 hour").token
    ahead, behind = lab.session(autocommit=False), lab.session()

    def finish(db: Connection) -> Answer:
        return lab.complete("k", token, '"worker"', db=db)

    def decide(db: Connection) -> Answer:
        if operator == "reset":
            return lab.reset("k", db=db, force=True)
        return lab.resolve("k", "completed", db=db, result='"operator"', force=True)

    if first == "worker":
        finish(ahead)
        late = lab.blocked(behind, decide)
        ahead.commit()
        answer = late.ended()
        assert (answer.outcome, answer.result) == ("conflict" if operator == "resolve" else "ok", '"worker"')
    else:
        decide(ahead)
        late = lab.blocked(behind, finish)
        ahead.commit()
        answer = late.ended()
        assert answer.outcome == ("superseded_done" if operator == "resolve" else "gone")
        assert answer.result == ('"operator"' if operator == "resolve" else None)


def test_c47_an_error_after_the_claim_frees_the_key_at_once(lab: Lab) -> None:
    with lab.session(autocommit=False) as db:
        token = lab.claim(db=db).token
        with pytest.raises(psycopg.errors.DivisionByZero):
            db.execute("select 1 / 0")
        db.rollback()
        answer = lab.claim(db=db)
        assert answer.outcome == "acquired"
        assert lab.complete("k", token, db=db).outcome == "superseded"
        assert lab.complete("k", answer.token, "1", db=db).outcome == "ok"
        db.commit()
    assert lab.claim().result == "1"


def test_savepoints_take_the_claim_back(lab: Lab) -> None:
    db, rival = lab.session(autocommit=False), lab.session()
    db.execute("savepoint s")
    token = lab.claim(db=db).token
    assert lab.claim(db=db).outcome == "in_progress"  # one's own claim, too, is made
    late = lab.blocked(rival, claimer(lab, lease="1 hour"))
    db.execute("rollback to s")
    # the rival need not wait for the whole transaction
    assert late.ended().outcome == "acquired"
    assert lab.claim(db=db).outcome == "in_progress"
    assert lab.complete("k", token, "1", db=db).outcome == "superseded"
    db.commit()
    assert lab.peek().outcome == "in_progress"


def test_a_completion_in_a_rolled_back_savepoint_did_not_happen(lab: Lab) -> None:
    with lab.session(autocommit=False) as db:
        token = lab.claim(db=db).token
        db.execute("savepoint s")
        assert lab.complete("k", token, "1", db=db).outcome == "ok"
        db.execute("rollback to s")
        assert lab.complete("k", token, "2", db=db).outcome == "ok"
        db.commit()
    assert lab.claim().result == "2"


@pytest.mark.parametrize("timeout", ["0", "20s"])
def test_two_keys_in_opposite_order_are_a_deadlock_that_loses_nothing(lab: Lab, timeout: str) -> None:
    options = f"-c lock_timeout={timeout} -c deadlock_timeout=10ms"
    one, two = (lab.session(autocommit=False, options=options) for _ in range(2))
    lab.claim("a", db=one)
    lab.claim("b", db=two)
    late = lab.blocked(one, claimer(lab, "b"))
    ends: list[str] = []
    back: Callable[[], Answer] = lambda: lab.claim("a", db=two)  # noqa: E731
    for end in (back, late.ended):
        try:
            ends.append(end().outcome)
        except psycopg.errors.DeadlockDetected:
            ends.append("deadlock")
            # whoever lost rolls back, and the other one gets both keys
            (two if len(ends) == 1 else one).rollback()
    assert sorted(ends) == ["acquired", "deadlock"]
    (two if ends[0] == "acquired" else one).commit()
    assert [lab.peek(key).outcome for key in ("a", "b")] == ["in_progress"] * 2


@pytest.mark.parametrize("end", ["commit prepared", "rollback prepared"])
def test_prepared_transactions_hold_their_claims(lab: Lab, end: str) -> None:
    name = f"{lab.scope}-{end.split(maxsplit=1)[0]}"
    with lab.session(autocommit=False) as db:
        token = lab.claim(db=db, lease="1 hour").token
        db.execute(f"prepare transaction '{name}'".encode())
    impatient = lab.session(options="-c lock_timeout=10ms")
    assert lab.claim(db=impatient).outcome == "in_progress"
    assert lab.peek().outcome == "absent"
    late = lab.session()
    waiting = _waiting_for_prepared(lab, late)
    lab.do(f"{end} '{name}'")
    answer = waiting()
    assert answer.outcome == ("in_progress" if end.startswith("commit") else "acquired")
    assert lab.complete("k", token).outcome == ("ok" if end.startswith("commit") else "superseded")


def _waiting_for_prepared(lab: Lab, db: Connection) -> Callable[[], Answer]:
    started = lab.blocked(db, claimer(lab))
    return started.ended


def test_claims_inside_functions_triggers_and_blocks(lab: Lab) -> None:
    lab.do(
        f"""create table public.inbox (id text primary key, done boolean);
        create function public.once() returns trigger language plpgsql as $$
        declare v_token bigint;
        begin
            select c.token into v_token from pydb.idempotency_claim('{lab.scope}', new.id) as c
                where c.outcome = 'acquired';
            new.done := v_token is not null;
            perform pydb.idempotency_complete('{lab.scope}', new.id, v_token, to_jsonb(new.id));
            return new;
        end $$;
        create trigger once before insert on public.inbox for each row execute function public.once();
        insert into public.inbox select i::text from generate_series(1, 20) as i;
        truncate public.inbox;
        insert into public.inbox select i::text from generate_series(1, 22) as i"""
    )
    assert lab.rows("select id from public.inbox where done order by id") == [("21",), ("22",)]
    assert lab.claim("7").result == '"7"'
    lab.do(
        f"""do $$ begin
            begin
                perform pydb.idempotency_claim('{lab.scope}', 'block');
                raise exception 'no';
            exception when raise_exception then null;
            end;
        end $$"""
    )
    assert lab.peek("block").outcome == "absent"


def test_a_batch_of_keys_is_one_statement(lab: Lab) -> None:
    query = (
        "select n, c.outcome from generate_series(1, 100) as n,"
        " lateral pydb.idempotency_claim(%s, (n / 2)::text) as c order by n"
    )
    found = lab.rows(query, lab.scope)
    assert [outcome for n, outcome in found if n > 1] == (["acquired", "in_progress"] * 50)[:99]


def test_zombies_and_owners_write_one_effect_a_key(lab: Lab) -> None:
    """Leases of nothing, so that everybody takes over from everybody: fenced writes still happen once."""
    lab.do("create table public.torture (key text, token bigint)")
    keys = [f"t{n}" for n in range(6)]
    met = threading.Barrier(12, timeout=30)

    def work(db: Connection) -> int:
        # all have acquired the first key before anybody completes it: all but the last are late
        acquired = [lab.claim(keys[0], db=db, lease="0")]
        met.wait()
        late = 0
        for key in keys:
            while True:
                answer = acquired.pop() if acquired else lab.claim(key, db=db, lease="0")
                if answer.outcome == "replay":
                    break
                assert answer.outcome == "acquired"
                try:
                    with db.transaction():
                        db.execute("insert into public.torture values (%s, %s)", (key, answer.token))
                        lab.complete(key, answer.token, f'"{key}"', db=db, fenced=True)
                except psycopg.Error as error:
                    if error.sqlstate != "YD203":
                        raise
                    late += 1
        return late

    late = lab.together([work] * 12)
    found = lab.rows(
        "select t.key, count(*), bool_and(t.token = k.token) from public.torture as t"
        " join pydb.idempotency_key as k on k.scope = %s and k.key = t.key group by 1 order by 1",
        lab.scope,
    )
    assert found == [(key, 1, True) for key in keys]
    assert sum(late) >= 11


def test_a_canceled_wait_leaves_nothing(lab: Lab) -> None:
    first = lab.session(autocommit=False)
    lab.claim(db=first)
    with refused("57014"):
        lab.claim(db=lab.session(options="-c statement_timeout=20ms"))
    first.rollback()
    assert lab.peek().outcome == "absent"
    assert lab.claim().attempt == 1
