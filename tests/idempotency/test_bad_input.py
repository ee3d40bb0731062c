"""Bad input and bad luck (G1 to G7): crowds, deaths, other payloads, rollbacks, keys as clients send them."""

from __future__ import annotations

import collections
import unicodedata
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest

from tests.idempotency.lab import refused

if TYPE_CHECKING:
    from tests.conftest import Connection
    from tests.idempotency.lab import Answer, Lab


def test_g1_a_hundred_claims_of_one_key(lab: Lab) -> None:
    def work(db: Connection) -> str:
        answer = lab.claim(db=db)
        if answer.outcome == "acquired":
            lab.complete("k", answer.token, '"once"', db=db)
        assert answer.outcome != "replay" or answer.result == '"once"'
        return answer.outcome

    found = collections.Counter(lab.together([work] * 100))
    assert found["acquired"] == 1
    assert set(found) <= {"acquired", "in_progress", "replay"}
    assert lab.claim().result == '"once"'


def test_g2_a_claimer_dies_and_its_late_completion_is_refused(lab: Lab) -> None:
    dying = lab.session()
    first = lab.claim(db=dying, lease="1 hour", owner="dying")
    lab.do("select pg_terminate_backend(%s)", dying.info.backend_pid)
    assert lab.claim().outcome == "in_progress"
    lab.let_lease_pass()
    second = lab.claim(lease="1 hour", owner="heir")
    assert (second.outcome, second.attempt) == ("acquired", 2)
    assert first.token is not None
    assert second.token is not None
    assert second.token > first.token
    assert lab.complete("k", first.token, "1").outcome == "superseded"
    with refused("YD203"):
        lab.complete("k", first.token, "1", fenced=True)


def test_g3_the_same_key_for_another_payload(lab: Lab) -> None:
    for key, end in (("pending", None), ("done", "complete"), ("failed", "fail")):
        token = lab.claim(key, fingerprint=b"f").token
        if end == "complete":
            lab.complete(key, token, "1")
        elif end == "fail":
            lab.fail(key, token, "1")
        before = lab.image(key)
        for other in (b"g", b"", b"f\0", b"F", b"f" * 1000):
            answer = lab.claim(key, fingerprint=other)
            assert answer == type(answer)("mismatch")
        assert lab.image(key) == before


def test_g4_a_rollback_takes_the_claim_with_it(lab: Lab) -> None:
    with lab.session(autocommit=False) as db:
        token = lab.claim(db=db).token
        db.rollback()
    assert lab.key() is None
    assert lab.complete("k", token).outcome == "gone"
    # a claim that was committed before stays, whatever becomes of the work's transaction
    token = lab.claim().token
    with lab.session(autocommit=False) as db:
        lab.complete("k", token, "1", db=db)
        db.rollback()
    assert lab.claim().outcome == "in_progress"
    assert lab.complete("k", token, "1").outcome == "ok"


def test_g5_the_first_outcome_wins(lab: Lab) -> None:
    token = lab.claim().token
    other = lab.claim("other").token
    assert [lab.complete("k", token, result).outcome for result in "121"] == ["ok", "conflict", "ok_again"]
    assert lab.complete("k", other, "1").outcome == "superseded_done"
    assert lab.fail("k", other, "1").outcome == "superseded_done"
    late = lab.claim("late", ttl="1 us", lease="0").token
    assert lab.complete("late", late, "1").outcome == "ok"
    lab.let_life_pass("late")
    assert lab.complete("late", late, "1").outcome == "ok_again"
    lab.prune()
    assert lab.complete("late", late, "1").outcome == "gone"
    for result, word in (("1", "ok_again"), ("2", "conflict")):
        with refused("YD203") as refusal:
            lab.complete("k", token, result, fenced=True)
        assert word in refusal.message


@pytest.mark.parametrize("part", ["scope", "key"])
@pytest.mark.parametrize("size", ["none", "empty", "256", "256 of two bytes", "1 MB"])
def test_g6_no_key_no_scope_and_too_long(lab: Lab, part: str, size: str) -> None:
    value = {"none": None, "empty": "", "256": "x" * 256, "256 of two bytes": "é" * 128, "1 MB": "x" * 2**20}[
        size
    ]
    arguments = {"scope": lab.scope, "key": "k", part: value}
    drawn = lab.counter("token")
    calls = {
        "claim": "select pydb.idempotency_claim(%(scope)s, %(key)s)",
        "peek": "select pydb.idempotency_peek(%(scope)s, %(key)s)",
        "heartbeat": "select pydb.idempotency_heartbeat(%(scope)s, %(key)s, 1, '1 s')",
        "reset": "select pydb.idempotency_reset(%(scope)s, %(key)s)",
        "resolve": "select pydb.idempotency_resolve(%(scope)s, %(key)s, 'retry')",
    }
    for call in calls.values():
        with refused("YD201") as refusal:
            lab.db.execute(call.encode(), arguments)
        assert f"the {part} " in refusal.message
        assert len(refusal.message) < 200
    # of a key that cannot be there is nothing there
    for call in ("complete", "fail"):
        found = lab.db.execute(
            f"select outcome from pydb.idempotency_{call}(%(scope)s, %(key)s, 1)".encode(), arguments
        )
        assert found.fetchall() == [("gone",)]
    assert lab.counter("token") == drawn
    assert lab.one("select count(*) from pydb.idempotency_key where scope = %s", lab.scope) == 0


@pytest.mark.parametrize(
    "option",
    [
        {"on_stale": None},
        {"on_stale": "Hold"},
        {"on_stale": ""},
        {"max_attempts": 0},
        {"max_attempts": -1},
        {"max_attempts": -(2**31)},
    ],
)
def test_g6_options_that_cannot_be(lab: Lab, option: dict[str, Any]) -> None:
    with refused("YD201") as refusal:
        lab.claim(**option)
    assert next(iter(option)) in refusal.message
    assert lab.key() is None


BOUNDS: Final[list[tuple[dict[str, Any], bool]]] = [
    ({"lease": "0"}, True),
    ({"lease": "-1 us"}, False),
    ({"lease": "10 years"}, True),
    ({"lease": "10 years 1 us"}, False),
    ({"ttl": "1 us"}, True),
    ({"ttl": "0"}, False),
    ({"ttl": "10 years"}, True),
    ({"ttl": "10 years 1 us"}, False),
    ({"max_attempts": 1}, True),
    ({"max_attempts": 0}, False),
    ({"on_stale": "hold"}, True),
    ({"on_stale": "other"}, False),
    ({"on_stale": None}, False),
    ({"scope": "x" * 255}, True),
    ({"scope": "x" * 256}, False),
    ({"key": "x" * 255}, True),
    ({"key": "é" * 128}, False),
    ({"key": ""}, False),
]


@pytest.mark.parametrize(("option", "good"), BOUNDS)
@pytest.mark.parametrize("timeout", ["0", "1s"])
def test_g6_every_way_of_a_claim_has_the_same_bounds(
    lab: Lab, option: dict[str, Any], good: bool, timeout: str
) -> None:
    """New keys and replays have a fast way, which a lock_timeout closes for new ones."""
    db = lab.session(options=f"-c lock_timeout={timeout}")
    key = str(option.get("key", timeout))
    lab.put("done", "completed", result="1")
    calls = {key: option} if "key" in option or "scope" in option else {key: option, "done": option}
    for name, options in calls.items():
        given = {"lease": "1 hour", **options, "key": name, "db": db}
        if good:
            assert lab.claim(**given).outcome == ("replay" if name == "done" else "acquired")
        else:
            with refused("YD201"):
                lab.claim(**given)
            assert lab.key(name) is None or name == "done"


KEYS: Final = [
    "é", unicodedata.normalize("NFD", "é"), "e", "E", "k", "k ", " k", "k\t", "k\n", "K", "\uff4b", "\u212a",
    "ß", "ss", "SS", "\u0131", "i", "İ", "\u200bk", "k\u200b", "'; drop table x; --", '"k"', "'k'", "k'",
    "\\", "\\\\", "%s", "%%", "$1", "null", "NULL", "0", "00", "🔑", "ключ", "鍵", "\x01", "\x7f", "\ufeffk",
    "x" * 255, "é" * 127 + "x",
]  # fmt: skip


def test_g6_keys_are_compared_byte_by_byte(lab: Lab) -> None:
    tokens = {}
    for key in KEYS:
        answer = lab.claim(key)
        assert answer.outcome == "acquired", key
        tokens[key] = answer.token
    assert len(set(tokens.values())) == len(KEYS)
    for key in KEYS:
        assert lab.complete(key, tokens[key], "1").outcome == "ok"
    found = lab.rows("select key from pydb.idempotency_key where scope = %s", lab.scope)
    assert {key for (key,) in found} == set(KEYS)
    for key in KEYS:
        assert lab.claim(key, fingerprint=b"f").outcome == "replay"
        assert lab.reset(key).outcome == "ok"


def test_g6_nul_and_invalid_utf8_are_refused_by_the_server(lab: Lab) -> None:
    raw = lab.db.pgconn
    statement = b"select outcome from pydb.idempotency_claim($1, $2)"
    for key in (b"\xff", b"a\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"):
        result = raw.exec_params(statement, [lab.scope.encode(), key])
        assert result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"22021"
    # in the binary format a zero byte reaches the server
    result = raw.exec_params(statement, [lab.scope.encode(), b"k\0k"], param_formats=[1, 1])
    assert result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"22021"
    with refused("54000"):
        lab.do("select pydb.idempotency_claim('s', chr(0))")
    assert lab.one("select count(*) from pydb.idempotency_key where scope = %s", lab.scope) == 0


def test_g6_a_result_that_no_jsonb_can_hold_leaves_the_key_pending(lab: Lab) -> None:
    token = lab.claim(lease="1 hour").token
    for result in ('"\\u0000"', "{", "NaN", "", "'1'"):
        with refused("22P02", "22P05"):
            lab.db.execute(
                "select pydb.idempotency_complete(%s, 'k', %s, %s::jsonb)", (lab.scope, token, result)
            )
    assert lab.claim().outcome == "in_progress"
    assert lab.complete("k", token, '{"\\ud83d\\ude00": 1}').outcome == "ok"


def test_g6_large_results_owners_and_payload_hashes(lab: Lab) -> None:
    big = '"' + "x" * 2_000_000 + '"'
    token = lab.claim(fingerprint=b"f" * 1024, owner="o" * 1024, lease="1 hour").token
    assert lab.claim(fingerprint=b"f" * 1024).outcome == "in_progress"
    assert lab.complete("k", token, big, -(2**31)).outcome == "ok"
    answer = lab.claim(fingerprint=b"f" * 1024)
    assert (answer.result == big, answer.code) == (True, -(2**31))


@pytest.mark.parametrize("option", [{"fingerprint": b"f" * 1025}, {"owner": "é" * 513}])
def test_g6_fingerprints_and_owners_that_are_too_large(lab: Lab, option: dict[str, Any]) -> None:
    for key in ("k", "taken"):
        lab.claim("taken") if key == "taken" else None
        with refused("YD201") as refusal:
            lab.claim(key, **option)
        assert f"the {next(iter(option))} has 102" in refusal.message
    assert lab.key() is None


def test_g6_outcomes_that_are_too_large(lab: Lab) -> None:
    token = lab.claim(lease="1 hour").token
    for call in ("complete", "fail"):
        with refused("YD201") as refusal:
            lab.db.execute(
                f"select pydb.idempotency_{call}(%s, 'k', %s, to_jsonb(repeat('x', 3000000)))".encode(),
                (lab.scope, token),
            )
        assert "3000" in refusal.message
    with refused("YD201"):
        lab.db.execute(
            "select pydb.idempotency_resolve(%s, 'k', 'completed', to_jsonb(repeat('x', 3000000)))",
            (lab.scope,),
        )
    # nothing was recorded, and the key is still the worker's
    assert lab.complete("k", token, '"less"').outcome == "ok"
    assert lab.claim().result == '"less"'


@pytest.mark.parametrize(("shown", "same"), [(b"p" * 32 + b"t" * 32, True), (b"q" * 32 + b"s" * 32, None)])
def test_another_sender_of_the_same_payload_is_told_apart(lab: Lab, shown: bytes, same: bool | None) -> None:
    lab.complete("k", lab.claim(fingerprint=b"p" * 32 + b"s" * 32).token, '"secret"')
    answer = lab.claim(fingerprint=shown)
    assert (answer.outcome, answer.result, answer.owner, answer.token) == ("mismatch", None, None, None)
    assert answer.error == ('{"same_payload": true}' if same else None)
    assert lab.claim(fingerprint=b"p" * 32).error is None


def test_g7_the_expiry_job_first_then_the_retry(lab: Lab) -> None:
    lab.put("k", "completed", life="-1 s", result='"old"')
    job, retry = lab.session(autocommit=False), lab.session()
    assert lab.prune(db=job) == 1
    late = lab.blocked(retry, lambda db: lab.claim(db=db, lease="1 hour"))
    job.commit()
    answer = late.ended()
    assert (answer.outcome, answer.attempt, answer.result) == ("acquired", 1, None)


def test_g7_the_retry_first_then_the_expiry_job(lab: Lab) -> None:
    lab.put("k", "completed", life="-1 s", result='"old"')
    retry = lab.session(autocommit=False)
    token = lab.claim(db=retry, lease="1 hour").token
    assert lab.prune() == 0  # it passes a locked key over
    retry.commit()
    assert lab.prune() == 0
    assert lab.complete("k", token, '"new"').outcome == "ok"
    assert lab.claim().result == '"new"'


def test_g7_both_at_once_over_and_over(lab: Lab) -> None:
    """Either a fresh claim or the stored result, and what is stored is always from the last life."""
    rounds = [f"k{n}" for n in range(40)]
    for key in rounds:
        lab.put(key, "completed", life="-1 s", result='"old"', fingerprint=None)

    def retry(db: Connection) -> list[Answer]:
        found = []
        for key in rounds:
            answer = lab.claim(key, db=db, lease="1 hour")
            if answer.outcome == "acquired":
                lab.complete(key, answer.token, '"new"', db=db)
            found.append(answer)
        return found

    def job(db: Connection) -> list[Answer]:
        for _ in range(80):
            lab.prune(1, db=db)
        return []

    answers = lab.together([retry, retry, job, job])
    for key, pair in zip(rounds, zip(*answers[:2], strict=True), strict=True):
        assert sorted(answer.outcome for answer in pair) in (
            ["acquired", "in_progress"],
            ["acquired", "replay"],
        ), key
        assert {answer.result for answer in pair} <= {None, '"new"'}
        assert lab.claim(key).result == '"new"'
