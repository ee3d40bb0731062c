"""Whose completion counts: tokens, zombies, lost acknowledgements, and the fenced co-commit."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.idempotency.lab import refused

if TYPE_CHECKING:
    from tests.idempotency.lab import Answer, Lab

PAST: Final = "-1 s"
DONE: Final = {"state": "completed", "result": '{"id": 7}', "code": 201}
FAILED: Final = {"state": "failed", "retryable": False, "error": '{"no": 1}', "code": 402}
RETRYABLE: Final = {"state": "failed", "retryable": True, "error": '{"no": 1}', "code": 503}

# the row at commit time, whether it has the caller's token, the answers of complete, fail and heartbeat
TABLE: Final[list[tuple[str, dict[str, object] | None, bool, str, str, str]]] = [
    ("pending", {}, True, "ok", "ok", "ok"),
    ("pending, lease passed", {"lease": PAST}, True, "ok", "ok", "ok"),
    ("pending, lease and life passed", {"lease": PAST, "life": PAST}, True, "ok", "ok", "ok"),
    ("pending, no lease", {"lease": None}, True, "ok", "ok", "ok"),
    ("pending, held", {"lease": PAST, "hold": True}, True, "ok", "ok", "ok"),
    ("pending, no attempt left", {"lease": PAST, "max_attempts": 1}, True, "ok", "ok", "ok"),
    ("completed, same", DONE, True, "ok_again", "conflict", "lost"),
    ("completed, other code", {**DONE, "code": 200}, True, "conflict", "conflict", "lost"),
    ("completed, other result", {**DONE, "result": "1"}, True, "conflict", "conflict", "lost"),
    ("completed, no result", {**DONE, "result": None}, True, "conflict", "conflict", "lost"),
    ("completed, JSON null", {**DONE, "result": "null"}, True, "conflict", "conflict", "lost"),
    ("failed, same", FAILED, True, "conflict", "ok_again", "lost"),
    ("failed, other error", {**FAILED, "error": None}, True, "conflict", "conflict", "lost"),
    ("failed, retryable", {**FAILED, "retryable": True}, True, "conflict", "conflict", "lost"),
    ("pending, other token", {}, False, "superseded", "superseded", "lost"),
    ("pending and stale, other token", {"lease": PAST}, False, "superseded", "superseded", "lost"),
    ("completed, other token", DONE, False, "superseded_done", "superseded_done", "lost"),
    ("failed, other token", FAILED, False, "superseded_done", "superseded_done", "lost"),
    ("retryable, other token", RETRYABLE, False, "superseded_done", "superseded_done", "lost"),
    ("absent", None, False, "gone", "gone", "lost"),
]


@pytest.mark.parametrize("call", ["complete", "fail", "heartbeat", "fenced"])
@pytest.mark.parametrize(
    ("found", "own", "complete", "fail", "heartbeat"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_b2_answers_by_the_row_at_commit_time(  # noqa: PLR0917 - a table
    lab: Lab, call: str, found: dict[str, object] | None, own: bool, complete: str, fail: str, heartbeat: str
) -> None:
    token = lab.claim("elsewhere").token
    if found is not None:
        values = {name: value for name, value in found.items() if name != "state"}
        there = lab.put("k", str(found.get("state", "pending")), attempt=4, **values)
        token = there if own else token
    before = lab.image()
    if call == "fenced" and complete != "ok":
        with refused("YD203") as refusal:
            lab.complete("k", token, '{"id": 7}', 201, fenced=True)
        assert refusal.message.endswith(f"was not completed: {complete}")
        assert lab.image() == before
        return
    answer = {
        "complete": lambda: lab.complete("k", token, '{"id": 7}', 201),
        "fenced": lambda: lab.complete("k", token, '{"id": 7}', 201, fenced=True),
        "fail": lambda: lab.fail("k", token, '{"no": 1}', retryable=False, code=402),
        "heartbeat": lambda: lab.heartbeat("k", token),
    }[call]()
    assert (
        answer.outcome
        == {"complete": complete, "fenced": complete, "fail": fail, "heartbeat": heartbeat}[call]
    )
    if answer.outcome != "ok":
        assert lab.image() == before
    if call == "heartbeat":
        return
    row = lab.key()
    if row is None:
        assert answer == type(answer)("gone")
        return
    recorded = (row.code, row.result, row.error, row.finished_at, row.attempt)
    assert (answer.code, answer.result, answer.error, answer.finished_at, answer.attempt) == recorded
    assert (answer.lease_until is not None) == (answer.outcome == "superseded")


@pytest.mark.parametrize("state", ["pending", "completed", "failed"])
def test_b2_no_token_is_nobodys(lab: Lab, state: str) -> None:
    """Who was told in_progress has no token; what it reports is not what was recorded before."""
    lab.put("k", state, result="1" if state == "completed" else None)
    before = lab.image()
    late = "superseded" if state == "pending" else "superseded_done"
    assert lab.complete("k", None, "1").outcome == late
    assert lab.fail("k", None, retryable=False).outcome == late
    assert lab.heartbeat("k", None).outcome == "lost"
    with refused("YD203"):
        lab.complete("k", None, "1", fenced=True)
    assert lab.image() == before


def test_c28_heartbeat_keeps_the_key_and_is_lost_after_a_takeover(lab: Lab) -> None:
    first = lab.claim(lease="0")
    beat = lab.heartbeat("k", first.token, "1 hour")
    assert beat.outcome == "ok"
    assert lab.claim(lease="1 hour").outcome == "in_progress"
    row = lab.key()
    assert row is not None
    assert row.lease is not None
    assert timedelta(minutes=59) < row.lease < timedelta(hours=1)
    lab.let_lease_pass()
    second = lab.claim(lease="1 hour")
    assert second.attempt == 2
    before = lab.image()
    assert lab.heartbeat("k", first.token, "2 hours").outcome == "lost"
    assert lab.image() == before


def test_c28_heartbeat_never_shortens_and_never_moves_the_end_of_life(lab: Lab) -> None:
    token = lab.claim(lease="1 hour", ttl="1 hour").token
    expires = "select expires_at, lease_until from pydb.idempotency_key where scope = %s and key = 'k'"
    ((end, lease),) = lab.rows(expires, lab.scope)
    assert lab.heartbeat("k", token, "1 s").lease_until == lease
    longer = lab.heartbeat("k", token, "3 hours").lease_until
    assert lab.rows(expires, lab.scope) == [(end, longer)]


def test_c28_a_key_without_a_lease_keeps_none(lab: Lab) -> None:
    token = lab.claim(ttl="1 hour").token
    beat = lab.heartbeat("k", token, "2 hours")
    row = lab.key()
    assert row is not None
    assert (beat.outcome, row.lease) == ("ok", None)
    assert beat.lease_until == lab.one(
        "select expires_at from pydb.idempotency_key where scope = %s and key = 'k'", lab.scope
    )


def test_heartbeat_of_a_finished_key_is_no_zombie(lab: Lab) -> None:
    """The thread that renews may beat once more after the completion: nobody was superseded."""
    counted = lab.counter("superseded")
    first = lab.claim(lease="1 hour")
    lab.complete("k", first.token)
    assert lab.heartbeat("k", first.token).outcome == "lost"
    lab.reset("k")
    assert lab.heartbeat("k", first.token).outcome == "lost"
    assert lab.counter("superseded") == counted
    lab.claim()
    assert lab.heartbeat("k", first.token).outcome == "lost"
    assert lab.complete("k", first.token).outcome == "superseded"
    assert lab.counter("superseded") == counted + 2


def _taken_over(lab: Lab, **options: Any) -> tuple[Answer, Answer]:
    """A zombie and who took its key over."""
    first = lab.claim(fingerprint=b"f", lease="0", **options)
    second = lab.claim(fingerprint=b"f", lease="1 hour", **options)
    assert (first.outcome, second.outcome, second.attempt) == ("acquired", "acquired", 2)
    assert first.token is not None
    assert second.token is not None
    assert second.token > first.token
    return first, second


def test_c29_zombie_completes_while_the_new_owner_works(lab: Lab) -> None:
    zombie, owner = _taken_over(lab)
    before = lab.image()
    late = lab.complete("k", zombie.token, '"zombie"')
    assert (late.outcome, late.attempt, late.result) == ("superseded", 2, None)
    assert late.lease_until is not None
    assert lab.image() == before
    assert lab.complete("k", owner.token, '"owner"').outcome == "ok"
    assert lab.claim().result == '"owner"'


def test_c30_zombie_completes_after_the_new_owner(lab: Lab) -> None:
    zombie, owner = _taken_over(lab)
    done = lab.complete("k", owner.token, '"owner"', 201)
    before = lab.image()
    late = lab.complete("k", zombie.token, '"zombie"', 200)
    assert (late.outcome, late.result, late.code) == ("superseded_done", '"owner"', 201)
    assert late.finished_at == done.finished_at
    # the same result with another's token is another's result
    assert lab.complete("k", zombie.token, '"owner"', 201).outcome == "superseded_done"
    assert lab.image() == before


def test_c31_zombie_fails_and_the_new_owner_still_holds(lab: Lab) -> None:
    zombie, owner = _taken_over(lab)
    before = lab.image()
    assert lab.fail("k", zombie.token, '"zombie"').outcome == "superseded"
    assert lab.fail("k", zombie.token, '"zombie"', retryable=False).outcome == "superseded"
    assert lab.image() == before
    assert lab.claim(fingerprint=b"f").outcome == "in_progress"
    assert lab.complete("k", owner.token).outcome == "ok"


def test_c32_the_same_payload_is_fenced_too(lab: Lab) -> None:
    zombie, owner = _taken_over(lab)
    for call in (lab.complete, lab.fail):
        assert call("k", zombie.token).outcome == "superseded"
    assert lab.complete("k", owner.token, "1").outcome == "ok"
    assert lab.complete("k", zombie.token, "1").outcome == "superseded_done"


def test_c33_the_same_worker_is_fenced_too(lab: Lab) -> None:
    first, second = _taken_over(lab, owner="worker-1")
    assert lab.heartbeat("k", first.token).outcome == "lost"
    assert lab.complete("k", first.token).outcome == "superseded"
    assert lab.complete("k", second.token).outcome == "ok"


def test_c34_no_token_comes_back_after_a_prune(lab: Lab) -> None:
    old = lab.claim(ttl="1 us").token
    lab.prune()
    assert lab.complete("k", old).outcome == "gone"
    assert lab.key() is None
    new = lab.claim(lease="1 hour").token
    assert old is not None
    assert new is not None
    assert new > old
    for call in (lab.complete, lab.fail):
        assert call("k", old).outcome == "superseded"
    assert lab.heartbeat("k", old).outcome == "lost"
    assert lab.complete("k", new, "1").outcome == "ok"
    assert lab.complete("k", old, "1").outcome == "superseded_done"


def test_c34_no_token_comes_back_in_another_life(lab: Lab) -> None:
    old = lab.claim(ttl="1 us").token
    new = lab.claim(lease="1 hour")
    assert new.attempt == 1
    assert lab.complete("k", old).outcome == "superseded"
    lab.reset("k", force=True)
    assert lab.complete("k", new.token).outcome == "gone"
    newest = lab.claim()
    assert lab.complete("k", new.token).outcome == "superseded"
    assert lab.complete("k", newest.token).outcome == "ok"


def test_c34_the_sequence_hands_out_one_token_at_a_time(lab: Lab) -> None:
    """A sequence that hands out blocks to sessions orders nothing."""
    found = lab.rows(
        "select seqcache, seqcycle, seqincrement from pg_sequence"
        " where seqrelid = 'pydb.idempotency_token'::regclass"
    )
    assert found == [(1, False, 1)]


def test_c35_late_and_not_superseded_counts(lab: Lab) -> None:
    for hold in ("takeover", "hold"):
        token = lab.claim(hold, lease="0", on_stale=hold).token
        assert lab.complete(hold, token, "1").outcome == "ok"
        assert lab.claim(hold).result == "1"
    token = lab.claim("failing", lease="0").token
    assert lab.fail("failing", token, "1").outcome == "ok"


def test_c36_twice_the_same_is_ok_again_and_the_first_stands(lab: Lab) -> None:
    token = lab.claim().token
    first = lab.complete("k", token, '{"a": 1, "b": 2}', 200)
    before = lab.image()
    again = lab.complete("k", token, '{"b": 2, "a": 1}', 200)
    assert (again.outcome, again.finished_at, again.result) == ("ok_again", first.finished_at, first.result)
    for answer in (
        lab.complete("k", token, '{"a": 2}', 200),
        lab.complete("k", token, '{"a": 1, "b": 2}', 201),
        lab.complete("k", token),
        lab.fail("k", token, '"late"'),
    ):
        assert (answer.outcome, answer.result, answer.code) == ("conflict", '{"a": 1, "b": 2}', 200)
    assert lab.image() == before


def test_c36_failures_are_ok_again_too(lab: Lab) -> None:
    token = lab.claim().token
    assert lab.fail("k", token, "1", retryable=None).outcome == "ok"
    assert lab.fail("k", token, "1", retryable=True).outcome == "ok_again"
    assert lab.fail("k", token, "1", retryable=False).outcome == "conflict"
    assert lab.complete("k", token, "1").outcome == "conflict"
    assert lab.claim().attempt == 2


def test_c37_never_claimed_is_gone_and_stays_so(lab: Lab) -> None:
    for token in (None, 0, -1, 1, 2**63 - 1):
        assert lab.complete("k", token, "1").outcome == "gone"
        assert lab.fail("k", token, "1").outcome == "gone"
        assert lab.heartbeat("k", token).outcome == "lost"
        with refused("YD203"):
            lab.complete("k", token, "1", fenced=True)
    assert lab.key() is None


def test_c46_a_zombies_business_writes_roll_back(lab: Lab) -> None:
    lab.do("create table public.c46_order (id int primary key)")
    zombie, owner = _taken_over(lab)
    for number, token, outcome in ((1, zombie.token, "superseded"), (2, owner.token, "ok")):
        with lab.session(autocommit=False) as db:
            db.execute("insert into public.c46_order values (%s)", (number,))
            if outcome == "ok":
                assert lab.complete("k", token, "2", db=db, fenced=True).outcome == "ok"
                db.commit()
                continue
            with refused("YD203") as refusal:
                lab.complete("k", token, "1", db=db, fenced=True)
            assert outcome in refusal.message
            assert f"Token {token}: " in refusal.detail
            assert refusal.hint.startswith("Roll back, then: select * from pydb.idempotency_peek(")
            db.rollback()
    with lab.session(autocommit=False) as db:
        db.execute("insert into public.c46_order values (3)")
        with refused("YD203") as refusal:
            lab.complete("k", zombie.token, "2", db=db, fenced=True)
        assert "superseded_done" in refusal.message
    assert lab.rows("select id from public.c46_order") == [(2,)]


def test_c46_the_same_transaction_after_a_lost_acknowledgement_writes_once(lab: Lab) -> None:
    lab.do("create table public.c46_entry (at timestamptz default clock_timestamp())")
    token = lab.claim(lease="1 hour").token

    def transaction() -> None:
        with lab.session(autocommit=False) as db:
            db.execute("insert into public.c46_entry default values")
            lab.complete("k", token, '"booked"', db=db, fenced=True)
            db.commit()

    transaction()
    with refused("YD203") as refusal:
        transaction()
    assert refusal.message.endswith("was not completed: ok_again")
    assert lab.one("select count(*) from public.c46_entry") == 1
    assert lab.claim().result == '"booked"'
