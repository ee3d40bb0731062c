"""Leases, lives, holds and pruning: what time does to a key. Rows are dated back; nobody waits."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.idempotency.lab import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Connection
    from tests.idempotency.lab import Answer, Lab

NEW_INFINITY: Final = 170000


def test_c24_a_live_lease_is_respected_and_a_passed_one_taken_over(lab: Lab) -> None:
    first = lab.claim(lease="1 hour", owner="a")
    assert lab.claim(owner="b").outcome == "in_progress"
    lab.let_lease_pass()
    counted = lab.counter("takeovers")
    second = lab.claim(lease="1 hour", owner="b")
    assert (second.outcome, second.attempt) == ("acquired", 2)
    assert first.token is not None
    assert second.token is not None
    assert second.token > first.token
    assert lab.counter("takeovers") == counted + 1
    answer = lab.claim()
    assert (answer.outcome, answer.owner, answer.attempt) == ("in_progress", "b", 2)


def test_c24_a_lease_ends_by_itself(lab: Lab) -> None:
    """Without a hand on the row: as soon as the clock is there, and not before."""
    lab.claim(lease="30 ms")
    ((until,),) = lab.rows("select lease_until from pydb.idempotency_key where scope = %s", lab.scope)
    for _ in itertools.count():
        before = lab.one("select clock_timestamp()")
        answer = lab.claim(lease="1 hour")
        after = lab.one("select clock_timestamp()")
        if answer.outcome == "acquired":
            assert until <= after
            break
        assert answer.retry_after is not None
        assert timedelta(0) < answer.retry_after <= timedelta(milliseconds=30)
        assert before < until
    assert answer.attempt == 2


@pytest.mark.parametrize("lease", ["0", "0 s", "1 us"])
def test_c25_a_lease_of_nothing_is_stale_at_once(lab: Lab, lease: str) -> None:
    for attempt in (1, 2, 3):
        answer = lab.claim(lease=lease)
        assert (answer.outcome, answer.attempt) == ("acquired", attempt)
        row = lab.key()
        assert row is not None
        assert row.lease is not None
    assert lab.claim("held", lease=lease, on_stale="hold").outcome == "acquired"
    assert lab.claim("held", lease=lease).outcome == "ambiguous"


def test_c26_without_a_lease_the_key_is_locked_until_it_expires(lab: Lab) -> None:
    lab.claim(ttl="1 hour")
    answer = lab.claim()
    assert answer.outcome == "in_progress"
    assert answer.retry_after is not None
    assert timedelta(minutes=59) < answer.retry_after <= timedelta(hours=1)
    lab.let_life_pass()
    assert lab.peek().outcome == "fresh"
    assert lab.claim(lease=None).attempt == 1


def test_c26_the_life_of_a_key_is_the_setting_where_none_is_named(alone: Lab) -> None:
    assert _life(alone, "a") == timedelta(hours=24)
    alone.do("select pydb.setting_set('idempotency_ttl', '90 s')")
    assert _life(alone, "b") == timedelta(seconds=90)
    assert _life(alone, "c", ttl="1 month") > timedelta(days=27)


def test_c26_the_default_life_is_that_of_the_setting_whoever_changes_it(alone: Lab) -> None:
    """Claims read a copy: it goes with the setting, with its rollback, and with a change by hand."""
    with alone.db.transaction(force_rollback=True):
        alone.do("select pydb.setting_set('idempotency_ttl', '1 hour')")
        assert _life(alone, "a") == timedelta(hours=1)
    assert _life(alone, "a") == timedelta(hours=24)
    alone.do("update pydb.setting set value = '2 hours' where name = 'idempotency_ttl'")
    for timeout in ("0", "1s"):
        alone.do(f"set lock_timeout = '{timeout}'")
        assert _life(alone, timeout) == timedelta(hours=2)
    alone.do("select pydb.setting_set('idempotency_prune_rows', '7')")
    assert _life(alone, "b") == timedelta(hours=2)


def _life(lab: Lab, key: str, **options: Any) -> timedelta:
    lab.claim(key, **options)
    life = lab.one(
        "select expires_at - claimed_at from pydb.idempotency_key where scope = %s and key = %s",
        lab.scope,
        key,
    )
    assert isinstance(life, timedelta)
    return life


def test_c41_what_waits_for_an_operator_is_listed_until_it_ends(lab: Lab) -> None:
    """A key claimed with hold is in the list of such keys while it is pending, however it came and ends."""

    def listed() -> set[str]:
        rows = lab.rows("select key from pydb_internal.idempotency_held where scope = %s", lab.scope)
        return {key for (key,) in rows}

    lab.put("stale", lease="-1 s")
    lab.put("retryable", "failed", retryable=True)
    lab.put("expired", "completed", life="-1 s")
    keys = ["new", "stale", "retryable", "expired"]
    ends: list[Callable[[str, int], Answer]] = [
        lambda key, token: lab.complete(key, token, "1"),
        lambda key, token: lab.fail(key, token, "1"),
        lambda key, _: lab.resolve(key, "completed", force=True),
        lambda key, _: lab.reset(key, force=True),
    ]
    for turn, end in enumerate(ends):
        for key in keys:
            name = key if turn == 0 else f"{key} {turn}"
            token = lab.claim(name, fingerprint=b"f", lease="1 hour", on_stale="hold").token
            lab.heartbeat(name, token)
            assert listed() == {name}
            lab.claim(f"{name}, other", on_stale="takeover")
            assert lab.complete(name, (token or 0) - 1).outcome == "superseded"
            assert listed() == {name}
            assert end(name, token or 0).outcome == "ok"
            assert listed() == set()


def test_c41_hold_is_ambiguous_for_ever_until_it_is_resolved(lab: Lab) -> None:
    token = lab.claim(fingerprint=b"f", lease="0", on_stale="hold", owner="a", max_attempts=1).token
    before = lab.image()
    for life in ("runs", "passed"):
        answer = lab.claim(fingerprint=b"f", on_stale="takeover", lease="0", max_attempts=9)
        assert (answer.outcome, answer.owner, answer.attempt) == ("ambiguous", "a", 1)
        assert (answer.token, answer.retry_after, answer.finished_at) == (None, None, None)
        assert answer.claimed_at == answer.lease_until is not None
        assert lab.peek(fingerprint=b"f") == answer
        assert lab.prune() == 0
        if life == "runs":
            assert lab.image() == before
            lab.let_life_pass()
    assert lab.resolve("k", "completed", result='{"paid": 1}', code=200).outcome == "ok"
    replay = lab.claim(fingerprint=b"f")
    assert (replay.outcome, replay.result, replay.code) == ("replay", '{"paid": 1}', 200)
    assert lab.complete("k", token, "2").outcome == "superseded_done"
    assert lab.claim(fingerprint=b"other").outcome == "mismatch"


def test_c42_expired_completed_is_acquired_fresh(lab: Lab) -> None:
    old = lab.claim(fingerprint=b"f", owner="a", max_attempts=1, on_stale="hold").token
    lab.complete("k", old, '"old"', 200)
    lab.let_life_pass()
    assert lab.peek(fingerprint=b"other") == type(lab.peek())("fresh")  # and nothing of the old life
    answer = lab.claim(fingerprint=b"other", lease="1 min")
    assert (answer.outcome, answer.attempt, answer.error, answer.result) == ("acquired", 1, None, None)
    row = lab.key()
    assert row is not None
    assert (row.token, row.fingerprint, row.max_attempts, row.hold) == (answer.token, b"other", None, False)
    assert (row.result, row.code, row.owner, row.finished_at) == (None, None, None, None)
    assert lab.complete("k", old, '"old"', 200).outcome == "superseded"
    assert lab.claim(fingerprint=b"f").outcome == "mismatch"


def test_c43_expired_with_a_live_lease_stays(lab: Lab) -> None:
    token = lab.claim(lease="1 hour").token
    lab.let_life_pass()
    assert lab.claim().outcome == "in_progress"
    assert lab.prune() == 0
    assert lab.heartbeat("k", token, "2 hours").outcome == "ok"
    assert lab.prune() == 0
    assert lab.complete("k", token, "1").outcome == "ok"
    # the lease of a finished key protects nothing
    assert lab.peek().outcome == "fresh"
    assert lab.prune() == 1
    assert lab.complete("k", token, "1").outcome == "gone"


def test_c43_a_lease_longer_than_the_life_is_kept(lab: Lab) -> None:
    lab.claim(lease="1 hour", ttl="1 us")
    answer = lab.claim()
    assert answer.outcome == "in_progress"
    assert answer.retry_after is not None
    assert answer.retry_after > timedelta(minutes=59)
    lab.let_lease_pass()
    assert lab.claim().attempt == 1


def test_c44_two_pruners_share_the_work(alone: Lab) -> None:
    """One holds what it deleted, the other passes it over: neither waits, and nobody's live key goes."""
    alone.do(
        """insert into pydb.idempotency_key (
            token, claimed_at, expires_at, hold, scope, key, state, lease_until
        ) select i, now(), now() - i * interval '1 s', i % 10 = 3, 'old', i::text,
            (case when i % 10 in (1, 2, 3) then 'pending' else 'completed' end)::pydb.idempotency_state,
            case i % 10 when 1 then now() + interval '1 hour' when 2 then now() - interval '1 s' end
        from generate_series(1, 500) as i"""
    )
    kept = 2 * 500 // 10  # with a live lease, and held
    alone.claim("alive")
    first, second = alone.session(autocommit=False), alone.session(autocommit=False)
    assert [alone.prune(100, db=db) for db in (first, second)] == [100, 100]
    # oldest first
    ((oldest,),) = first.execute(
        "select max(token) from pydb.idempotency_key where state = 'completed' and scope = 'old'"
    ).fetchall()
    assert oldest == 376
    first.commit()
    second.rollback()
    assert alone.one("select count(*) from pydb.idempotency_key") == 401
    done = alone.together([lambda db: _prune_all(alone, db)] * 2)
    assert sum(done) == 500 - 100 - kept
    assert alone.rows(
        "select distinct token % 10 from pydb.idempotency_key where scope = 'old' order by 1"
    ) == [
        (1,),
        (3,),
    ]
    assert alone.peek("alive").outcome == "in_progress"


def _prune_all(lab: Lab, db: Connection) -> int:
    return sum(iter(lambda: lab.prune(7, db=db), 0))


@pytest.mark.parametrize(
    ("lease", "ttl", "kept"),
    [
        ("1 month", "1 month", True),
        ("10 years", "10 years", True),
        ("-1 s", None, False),
        ("-1 us", None, False),
        ("1 day -25 hours", None, False),
        ("10 years 1 s", None, False),
        ("178000000 years", None, False),
        (None, "0", False),
        (None, "-1 day", False),
        (None, "100 years", False),
    ],
)
def test_c10_times_that_cannot_be_are_refused_before_any_write(
    lab: Lab, lease: str | None, ttl: str | None, kept: bool
) -> None:
    if kept:
        answer = lab.claim(lease=lease, ttl=ttl)
        assert answer.outcome == "acquired"
        assert lab.heartbeat("k", answer.token, str(lease)).outcome == "ok"
        return
    drawn = lab.counter("token")
    with refused("YD201") as refusal:
        lab.claim(lease=lease, ttl=ttl)
    assert refusal.message.startswith("a claim cannot be made: the l")
    if lease is not None:
        with refused("YD201"):
            lab.heartbeat("k", 1, lease)
    assert (lab.key(), lab.counter("token")) == (None, drawn)


def test_infinite_times_are_refused(lab: Lab) -> None:
    """Intervals can be infinite from PostgreSQL 17 on; before, the server itself does not know the word."""
    code = "YD201" if lab.db.info.server_version >= NEW_INFINITY else "22007"
    for time in ("infinity", "-infinity"):
        with refused(code):
            lab.claim(lease=time)
        with refused(code):
            lab.claim(ttl=time)
        with refused(code):
            lab.heartbeat("k", 1, time)
    assert lab.key() is None


def test_a_heartbeat_needs_a_lease(lab: Lab) -> None:
    with refused("YD201") as refusal:
        lab.heartbeat("k", lab.claim().token, None)  # type: ignore[arg-type]
    assert (refusal.message, refusal.detail) == ("a heartbeat needs a lease", "The lease is null.")


def test_a_lease_begins_when_the_statement_runs_not_its_transaction(lab: Lab) -> None:
    with lab.session(autocommit=False) as db:
        db.execute("select 1")
        started = lab.one("select clock_timestamp()")
        lab.until("select clock_timestamp() > %s + interval '20 ms'", started)
        lab.claim(db=db, lease="10 ms")
        ((late,),) = db.execute(
            "select claimed_at >= now() + interval '20 ms' and lease_until > now() + interval '20 ms'"
            " from pydb.idempotency_key where scope = %s",
            (lab.scope,),
        ).fetchall()
    assert late is True
