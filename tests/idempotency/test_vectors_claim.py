"""What a claim answers: the decision table row by row, and the vectors about results, failures and scopes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from tests.idempotency.lab import refused

if TYPE_CHECKING:
    from tests.idempotency.lab import Key, Lab

OTHER: Final = b"other"
PAST: Final = "-1 s"
FAILED: Final = {"state": "failed", "retryable": False, "error": '{"no": 1}', "code": 402}
RETRYABLE: Final = {"state": "failed", "retryable": True, "error": '{"no": 1}', "code": 503}
COMPLETED: Final = {"state": "completed", "result": '{"id": 7}', "code": 201}
HELD: Final = {"lease": PAST, "hold": True}

# the row that is found, the payload that is claimed, the answer, the attempt
TABLE: Final[list[tuple[str, dict[str, object] | None, bytes | None, str, int | None]]] = [
    ("1 absent", None, b"f", "acquired", 1),
    ("2 expired, completed", {**COMPLETED, "life": PAST, "attempt": 3}, b"f", "acquired", 1),
    ("2 expired, completed, other payload", {**COMPLETED, "life": PAST}, OTHER, "acquired", 1),
    ("2 expired, failed", {**FAILED, "life": PAST}, b"f", "acquired", 1),
    (
        "2 expired, retryable, no attempt left",
        {**RETRYABLE, "life": PAST, "max_attempts": 1},
        b"f",
        "acquired",
        1,
    ),
    (
        "2 expired, stale, no attempt left",
        {"lease": PAST, "life": PAST, "max_attempts": 1},
        b"f",
        "acquired",
        1,
    ),
    ("2 expired, no lease", {"lease": None, "life": PAST, "attempt": 2}, b"f", "acquired", 1),
    ("2 expired, completed under hold", {**COMPLETED, "life": PAST, "hold": True}, b"f", "acquired", 1),
    ("2 not: live lease", {"life": PAST}, b"f", "in_progress", 1),
    ("2 not: live lease, other payload", {"life": PAST}, OTHER, "mismatch", None),
    ("2 not: held", {**HELD, "life": PAST}, b"f", "ambiguous", 1),
    ("2 not: held, no lease", {"lease": None, "hold": True, "life": PAST}, b"f", "ambiguous", 1),
    ("3 completed", COMPLETED, OTHER, "mismatch", None),
    ("3 failed", FAILED, OTHER, "mismatch", None),
    ("3 retryable", RETRYABLE, OTHER, "mismatch", None),
    ("3 in progress", {}, OTHER, "mismatch", None),
    ("3 stale", {"lease": PAST}, OTHER, "mismatch", None),
    ("3 no attempt left", {"lease": PAST, "max_attempts": 1}, OTHER, "mismatch", None),
    ("3 held", HELD, OTHER, "mismatch", None),
    ("3 not: claimed without a payload", COMPLETED, None, "replay", 1),
    ("3 not: found without a payload", {**COMPLETED, "fingerprint": None}, OTHER, "replay", 1),
    ("3 not: an empty payload hash is one", {**COMPLETED, "fingerprint": b""}, OTHER, "mismatch", None),
    ("4 completed", COMPLETED, b"f", "replay", 1),
    ("4 completed under hold", {**COMPLETED, **HELD}, b"f", "replay", 1),
    ("4 completed, no attempt left", {**COMPLETED, "max_attempts": 1, "lease": PAST}, b"f", "replay", 1),
    ("5 failed", FAILED, b"f", "replay_failed", 1),
    ("5 failed, attempts left", {**FAILED, "max_attempts": 9, "lease": PAST}, b"f", "replay_failed", 1),
    ("6 retryable", RETRYABLE, b"f", "acquired", 2),
    ("6 retryable, its lease runs", {**RETRYABLE, "lease": "1 hour"}, b"f", "acquired", 2),
    ("6 retryable under hold", {**RETRYABLE, **HELD}, b"f", "acquired", 2),
    ("6 retryable, one attempt left", {**RETRYABLE, "attempt": 2, "max_attempts": 3}, b"f", "acquired", 3),
    ("6 retryable, none left", {**RETRYABLE, "attempt": 3, "max_attempts": 3}, b"f", "replay_failed", 3),
    ("7 in progress", {}, b"f", "in_progress", 1),
    ("7 in progress, no lease", {"lease": None}, b"f", "in_progress", 1),
    ("7 in progress under hold", {"hold": True}, b"f", "in_progress", 1),
    ("7 in progress, no attempt left", {"max_attempts": 1}, b"f", "in_progress", 1),
    ("8 stale", {"lease": PAST}, b"f", "acquired", 2),
    ("8 stale, attempts left", {"lease": PAST, "attempt": 2, "max_attempts": 3}, b"f", "acquired", 3),
    ("9 stale, none left", {"lease": PAST, "attempt": 3, "max_attempts": 3}, b"f", "replay_failed", 3),
    ("10 held", HELD, b"f", "ambiguous", 1),
    ("10 held, no attempt left", {**HELD, "max_attempts": 1}, b"f", "ambiguous", 1),
]
LOOKS: Final = {
    "acquired": {"absent", "fresh", "retry", "takeover"},
    "replay_failed": {"replay_failed", "poisoned"},
}


@pytest.mark.parametrize(
    ("found", "payload", "outcome", "attempt"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_b1_decides_in_this_order(
    lab: Lab, found: dict[str, object] | None, payload: bytes | None, outcome: str, attempt: int | None
) -> None:
    old = None if found is None else lab.put("k", str(found.get("state", "pending")), **_rest(found))
    before = lab.image()
    looked = lab.peek(fingerprint=payload)
    assert lab.image() == before
    answer = lab.claim(fingerprint=payload, lease="1 min", owner="me")
    assert (answer.outcome, answer.attempt) == (outcome, attempt)
    assert looked.outcome in LOOKS.get(outcome, {outcome})
    poisoned = looked.outcome == "poisoned"
    if outcome == "acquired":
        row = _key(lab)
        assert answer.token == row.token
        assert old is None or row.token > old
        assert (row.state, row.attempt, row.owner, row.result, row.code) == (
            "pending",
            attempt,
            "me",
            None,
            None,
        )
        assert (row.finished_at, row.retryable) == (None, None)
        assert row.lease is not None
        assert timedelta(seconds=50) < row.lease < timedelta(minutes=1)
        assert row.life > timedelta(hours=23)
        assert answer.error == (found or {}).get("error") if attempt != 1 else answer.error is None
    else:
        assert answer.token is None
        assert (lab.image() == before) is not poisoned
        assert looked.outcome == outcome or poisoned


def _rest(found: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in found.items() if name != "state"}


def _key(lab: Lab, key: str = "k") -> Key:
    row = lab.key(key)
    assert row is not None
    return row


def test_c01_new_key_is_acquired(lab: Lab) -> None:
    answer = lab.claim(fingerprint=b"f", lease="5 min", ttl="2 hours", owner="me")
    row = _key(lab)
    assert (answer.outcome, answer.attempt, answer.token) == ("acquired", 1, row.token)
    assert (answer.code, answer.result, answer.error, answer.retry_after) == (None, None, None, None)
    assert (row.state, row.owner, row.fingerprint, row.hold) == ("pending", "me", b"f", False)
    assert timedelta(minutes=119) < row.life < timedelta(hours=2)


def test_c02_completed_same_payload_replays_without_work(lab: Lab) -> None:
    token = lab.claim(fingerprint=b"f").token
    done = lab.complete("k", token, '{"b": 1, "a": [1, 2.50]}', 201)
    replay = lab.claim(fingerprint=b"f")
    assert (replay.outcome, replay.code, replay.result) == ("replay", 201, '{"a": [1, 2.50], "b": 1}')
    assert replay.finished_at == done.finished_at
    assert (replay.token, replay.retry_after, replay.attempt) == (None, None, 1)


def test_c03_pending_is_in_progress_at_once(lab: Lab) -> None:
    lab.claim(lease="5 s", owner="me")
    answer = lab.claim()
    assert (answer.outcome, answer.owner, answer.attempt, answer.token) == ("in_progress", "me", 1, None)
    assert answer.retry_after is not None
    assert timedelta(0) < answer.retry_after <= timedelta(seconds=5)


def test_c04_completed_other_payload_mismatches(lab: Lab) -> None:
    lab.complete("k", lab.claim(fingerprint=b"f").token, '{"secret": 1}', 200)
    before = lab.image()
    counted = lab.counter("mismatches")
    answer = lab.claim(fingerprint=OTHER)
    assert answer == type(answer)("mismatch")  # not a word of somebody else's result
    assert lab.peek(fingerprint=OTHER) == answer
    assert lab.image() == before
    assert lab.counter("mismatches") == counted + 1
    assert lab.claim(fingerprint=b"f").result == '{"secret": 1}'


def test_c05_pending_other_payload_mismatches_and_does_not_wait(lab: Lab) -> None:
    lab.claim(fingerprint=b"f", lease="1 hour")
    before = lab.image()
    assert lab.claim(fingerprint=OTHER).outcome == "mismatch"
    assert lab.image() == before


def test_c06_stale_or_retryable_other_payload_mismatches(lab: Lab) -> None:
    lab.claim("stale", fingerprint=b"f", lease="0")
    lab.fail("failed", lab.claim("failed", fingerprint=b"f").token)
    for key in ("stale", "failed"):
        assert lab.claim(key, fingerprint=OTHER).outcome == "mismatch"
        again = lab.claim(key, fingerprint=b"f")
        assert (again.outcome, again.attempt) == ("acquired", 2)


def test_c06_a_payload_that_came_later_is_compared_too(lab: Lab) -> None:
    lab.claim(lease="0")
    assert lab.claim(fingerprint=b"f", lease="0").attempt == 2
    assert lab.claim(fingerprint=OTHER).outcome == "mismatch"
    assert lab.claim(lease="0").attempt == 3
    assert _key(lab).fingerprint == b"f"


def test_c10_no_key_is_refused_before_any_write(lab: Lab) -> None:
    drawn = lab.counter("token")
    for key in ("", None, "k" * 256, "é" * 128):
        with refused("YD201") as refusal:
            lab.claim(key)  # type: ignore[arg-type]
        assert refusal.message.startswith("a claim cannot be made: the key ")
        assert refusal.detail
        assert refusal.hint
    assert lab.rows("select 1 from pydb.idempotency_key where scope = %s", lab.scope) == []
    assert lab.counter("token") == drawn


@pytest.mark.parametrize(
    "result", ["null", "0", "false", '""', "[]", "{}", '"x"', "-0.0", "1e3", '[null, {"a": null}]']
)
def test_c12_empty_results_replay_as_they_were(lab: Lab, result: str) -> None:
    done = lab.complete("k", lab.claim().token, result)
    stored = lab.one("select %s::jsonb::text", result)
    for answer in (done, lab.claim(), lab.peek(), lab.claim()):
        assert answer.result == stored
    assert lab.claim().outcome == "replay"


def test_c13_no_result_json_null_and_not_yet_are_three_things(lab: Lab) -> None:
    waiting = lab.claim("waiting", lease="1 hour")
    lab.complete("nothing", lab.claim("nothing").token)
    lab.complete("null", lab.claim("null").token, "null")
    assert waiting.outcome == "acquired"
    answers = [lab.claim(key) for key in ("waiting", "nothing", "null")]
    assert [(a.outcome, a.result) for a in answers] == [
        ("in_progress", None),
        ("replay", None),
        ("replay", "null"),
    ]
    token = _key(lab, "nothing").token
    assert lab.complete("nothing", token).outcome == "ok_again"
    assert lab.complete("nothing", token, "null").outcome == "conflict"


def test_c38_retryable_failure_is_tried_again_with_its_error(lab: Lab) -> None:
    first = lab.claim(fingerprint=b"f")
    failed = lab.fail("k", first.token, '{"type": "Timeout"}', code=504)
    assert (failed.outcome, failed.error, failed.code) == ("ok", '{"type": "Timeout"}', 504)
    assert lab.peek(fingerprint=b"f").outcome == "retry"
    second = lab.claim(fingerprint=b"f", lease="1 hour")
    assert (second.outcome, second.attempt, second.error) == ("acquired", 2, '{"type": "Timeout"}')
    assert (second.code, second.result, second.finished_at) == (None, None, None)
    assert lab.complete("k", first.token, "1").outcome == "superseded"
    assert lab.complete("k", second.token, "2").outcome == "ok"
    assert (lab.claim().result, lab.claim().error) == ("2", None)


def test_c39_terminal_failure_is_the_answer(lab: Lab) -> None:
    token = lab.claim(fingerprint=b"f").token
    lab.fail("k", token, '{"declined": true}', retryable=False, code=402)
    answers = {lab.claim(fingerprint=b"f", lease="0", max_attempts=9) for _ in range(5)}
    (answer,) = answers
    assert (answer.outcome, answer.code, answer.error) == ("replay_failed", 402, '{"declined": true}')
    assert answer.result is None


@pytest.mark.parametrize("end", ["stale", "failed"])
def test_c40_exhausted_attempts_poison_the_key(lab: Lab, end: str) -> None:
    for attempt in (1, 2, 3):
        answer = lab.claim(fingerprint=b"f", lease="0", max_attempts=3)
        assert (answer.outcome, answer.attempt) == ("acquired", attempt)
        if end == "failed":
            assert lab.fail("k", answer.token, f'"no {attempt}"').outcome == "ok"
    assert lab.peek(fingerprint=b"f").outcome == "poisoned"
    assert lab.claim(fingerprint=OTHER).outcome == "mismatch"
    poisoned = lab.claim(fingerprint=b"f", max_attempts=99)
    previous = '"no 3"' if end == "failed" else "null"
    assert (poisoned.outcome, poisoned.attempt) == ("replay_failed", 3)
    assert poisoned.error == f'{{"attempts": 3, "poisoned": true, "previous": {previous}}}'
    before = lab.image()
    assert lab.claim(fingerprint=b"f", max_attempts=99) == poisoned
    assert lab.peek(fingerprint=b"f") == poisoned
    assert lab.claim(fingerprint=OTHER).outcome == "mismatch"
    assert lab.complete("k", answer.token, "1").outcome == "conflict"
    assert lab.image() == before
    lab.let_life_pass()
    assert lab.claim(fingerprint=OTHER).attempt == 1


def test_c40_an_attempts_limit_that_nobody_repeats_still_holds(lab: Lab) -> None:
    lab.claim(lease="0", max_attempts=2)
    assert lab.claim(lease="0").attempt == 2
    assert lab.claim(lease="0").outcome == "replay_failed"


def test_c45_scopes_are_apart(lab: Lab) -> None:
    scope = lab.scope
    tokens = {lab.claim(key, scope=name).token for name, key in ((scope, "b:c"), (f"{scope}:b", "c"))}
    tokens |= {lab.claim("k", scope=f"{scope}{n}").token for n in range(3)}
    assert len(tokens - {None}) == 5
    lab.complete("b:c", lab.claim("b:c", scope=scope).token)
    assert lab.peek("c", scope=f"{scope}:b").outcome == "in_progress"


def test_a_trigger_that_swallows_the_row_ends_the_claim(alone: Lab) -> None:
    """The loop is bounded: whatever keeps a key from being there, the claim ends, and says so."""
    alone.do(
        "create function public.swallow() returns trigger language plpgsql as 'begin return null; end';"
        "create trigger swallow before insert on pydb.idempotency_key"
        " for each row execute function public.swallow()"
    )
    with refused("YD202"):
        alone.claim()
