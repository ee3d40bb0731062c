"""``once`` on a connection and on a pool: how blocks begin and end, and what the next caller meets."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import rows
from psycopg.types.string import StrDumper
from psycopg_pool import ConnectionPool

from pydb import errors, idempotency
from pydb.idempotency import NOTHING, Acquired, Replay, ReplayedFailure, once
from tests.idempotency.pylab import BodyError, Ends, claimed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg.abc import AdaptContext
    from psycopg.rows import TupleRow

    from pydb.idempotency import Claim
    from tests.idempotency.lab import Lab

LEASE = timedelta(minutes=5)


@pytest.fixture
def pool(lab: Lab) -> Iterator[ConnectionPool[psycopg.Connection[TupleRow]]]:
    with ConnectionPool(lab.dsn, min_size=1, max_size=1, open=True, check=None) as made:
        yield made


def work(lab: Lab, key: str = "k", payload: object = NOTHING, result: object = NOTHING) -> object:
    """Complete a key, or say what it answers."""
    with once(lab.db, lab.scope, key, payload, lease=LEASE) as claim:
        match claim:
            case Acquired():
                claim.complete(result, code=201)
                return claim.attempt
            case Replay(result=recorded, code=code):
                return recorded, code
            case ReplayedFailure(error=error):
                return error


def test_c02_v4_first_works_then_replays_then_mismatch(lab: Lab) -> None:
    assert work(lab, payload={"a": 1}, result={"id": 7}) == 1
    image = lab.image()
    assert work(lab, payload={"a": 1.0}) == ({"id": 7}, 201)
    with pytest.raises(idempotency.Mismatch, match="another payload") as caught:
        work(lab, payload={"a": "1"})
    assert caught.value.hint
    assert lab.image() == image


def test_c03_v5_pending_is_in_progress_and_with_another_payload_a_mismatch(lab: Lab) -> None:
    with once(lab.db, lab.scope, "k", {"a": 1}, lease=LEASE, owner="first") as claim:
        with pytest.raises(idempotency.InProgress) as caught, once(lab.db, lab.scope, "k", {"a": 1}):
            pass
        assert caught.value.owner == "first"
        left = caught.value.retry_after
        assert left is not None
        assert timedelta(minutes=4) < left <= LEASE
        with pytest.raises(idempotency.Mismatch), once(lab.db, lab.scope, "k", {"a": 2}):
            pass
        claimed(claim).complete()


def test_c09_payload_changed_by_the_worker(lab: Lab) -> None:
    payload = {"items": [1]}
    with once(lab.db, lab.scope, "k", payload) as claim:
        payload["items"].append(2)
        claimed(claim).complete()
    assert work(lab, payload={"items": [1]}) == (NOTHING, None)


@pytest.mark.parametrize(
    "result", [None, 0, False, "", [], {}, 1.5, "x", [None], {"a": {"b": "ü€\U0001f600"}}]
)
def test_c12_results_replay_identically(lab: Lab, result: object) -> None:
    assert work(lab, result=result) == 1
    assert work(lab, result="never") == (result, 201)
    with once(lab.db, lab.scope, "k") as outcome:
        assert isinstance(outcome, Replay)
        assert type(outcome.result) is type(result)


def test_c13_no_result_is_not_null(lab: Lab) -> None:
    work(lab, "none")
    work(lab, "null", result=None)
    assert work(lab, "none") == (NOTHING, 201)
    assert work(lab, "null") == (None, 201)
    assert lab.one("select result is null from pydb.idempotency_key where key = 'none'") is True
    assert lab.one("select result::text from pydb.idempotency_key where key = 'null'") == "null"


def test_c10_bad_keys_are_refused_before_any_write(lab: Lab) -> None:
    for key in ("", "x" * 256, "é" * 128):
        with pytest.raises(idempotency.ClaimRefused), once(lab.db, lab.scope, key):
            pass
    for key in ("\0", "\ud800"):
        with pytest.raises(errors.UsageError), once(lab.db, lab.scope, key):
            pass
    assert lab.rows("select from pydb.idempotency_key where scope = %s", lab.scope) == []


def test_an_exception_is_recorded_and_the_next_attempt_sees_it(lab: Lab) -> None:
    with pytest.raises(BodyError), once(lab.db, lab.scope, "k", lease=LEASE):
        raise BodyError("no\0 \ud800 such thing")
    key = lab.key()
    assert key is not None
    assert (key.state, key.retryable) == ("failed", True)
    with once(lab.db, lab.scope, "k") as claim:
        assert claimed(claim).attempt == 2
        assert claimed(claim).previous_error == {"type": "BodyError", "message": "no \\ud800 such thing"}
        claimed(claim).complete("done")
    assert work(lab) == ("done", None)


def test_c39_an_exception_that_is_not_retried_is_replayed(lab: Lab) -> None:
    with pytest.raises(BodyError), once(lab.db, lab.scope, "k", retry_on_error=False):
        raise BodyError("never")
    with once(lab.db, lab.scope, "k") as outcome:
        assert isinstance(outcome, ReplayedFailure)
        assert outcome.error == {"type": "BodyError", "message": "never"}


def test_fail_by_hand_is_not_overwritten_by_the_exception(lab: Lab) -> None:
    with Ends(BodyError), once(lab.db, lab.scope, "k") as claim:
        claimed(claim).fail({"declined": True}, retryable=False, code=402)
        raise BodyError
    with once(lab.db, lab.scope, "k") as outcome:
        assert isinstance(outcome, ReplayedFailure)
        assert (outcome.error, outcome.code) == ({"declined": True}, 402)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_work_that_was_cut_leaves_the_key_pending(lab: Lab, error: type[BaseException]) -> None:
    with pytest.raises(error), once(lab.db, lab.scope, "k", lease=LEASE):
        raise error
    assert lab.peek().outcome == "in_progress"
    lab.let_lease_pass()
    assert work(lab) == 2


def test_hold_is_not_released_by_an_exception(lab: Lab) -> None:
    with pytest.raises(BodyError), once(lab.db, lab.scope, "k", lease=LEASE, on_stale="hold"):
        raise BodyError
    assert lab.peek().outcome == "in_progress"
    lab.let_lease_pass()
    with pytest.raises(idempotency.Ambiguous, match="held") as caught, once(lab.db, lab.scope, "k"):
        pass
    assert f"pydb idempotency resolve {lab.scope} k --as" in str(caught.value)
    assert idempotency.resolve(lab.db, lab.scope, "k", "completed", result=None, code=7).outcome == "ok"
    assert work(lab) == (None, 7)


def test_a_block_without_completion_is_an_error(lab: Lab) -> None:
    with (
        pytest.raises(idempotency.NotFinished, match="without complete"),
        once(lab.db, lab.scope, "k", lease=LEASE),
    ):
        pass
    assert lab.peek().outcome == "in_progress"


def test_c52_a_result_that_is_no_json_leaves_the_key_pending(lab: Lab) -> None:
    with (
        pytest.raises(idempotency.NotJson, match=r"\$.when is a datetime"),
        once(lab.db, lab.scope, "k", lease=LEASE) as claim,
    ):
        claimed(claim).complete({"when": datetime.now(UTC)})
    key = lab.key()
    assert key is not None
    assert (key.state, key.error) == ("pending", None)


def test_c52_another_result_may_be_given_instead(lab: Lab) -> None:
    with once(lab.db, lab.scope, "k", lease=LEASE) as claim:
        with pytest.raises(idempotency.NotJson):
            claimed(claim).complete({1, 2})
        claimed(claim).complete([1, 2])
    assert work(lab) == ([1, 2], None)


def test_an_exception_after_the_completion_changes_nothing(lab: Lab) -> None:
    with Ends(BodyError), once(lab.db, lab.scope, "k") as claim:
        claimed(claim).complete("done")
        raise BodyError
    assert work(lab) == ("done", None)


def test_c36_completing_twice(lab: Lab) -> None:
    with once(lab.db, lab.scope, "k") as claim:
        claimed(claim).complete({"a": 1}, code=200)
        claimed(claim).complete({"a": 1}, code=200)
        with pytest.raises(idempotency.Superseded) as caught:
            claimed(claim).complete({"a": 2}, code=200)
    assert caught.value.outcome == "conflict"
    assert isinstance(caught.value.recorded, Replay)
    assert (caught.value.recorded.result, caught.value.recorded.code) == ({"a": 1}, 200)


def test_c29_v30_a_late_worker_gets_the_recorded_outcome(lab: Lab) -> None:
    with once(lab.db, lab.scope, "k", lease=timedelta(0)) as zombie:
        with once(lab.db, lab.scope, "k", lease=LEASE) as heir:
            assert claimed(heir).attempt == 2
            with pytest.raises(idempotency.Superseded) as caught:
                claimed(zombie).complete("late")
            assert (caught.value.outcome, caught.value.recorded) == ("superseded", None)
            claimed(heir).complete(None, code=200)
        for late in (claimed(zombie).complete, claimed(zombie).fail):
            with pytest.raises(idempotency.Superseded) as caught:
                late("late")
            assert caught.value.outcome == "superseded_done"
            assert isinstance(caught.value.recorded, Replay)
            assert caught.value.recorded.result is None
            assert caught.value.recorded.finished_at.tzinfo is UTC
    assert work(lab) == (None, 200)


def test_c30_a_late_worker_learns_of_the_recorded_failure(lab: Lab) -> None:
    with once(lab.db, lab.scope, "k", lease=timedelta(0)) as zombie:
        with once(lab.db, lab.scope, "k", lease=LEASE) as heir:
            claimed(heir).fail(["no"], retryable=False, code=402)
        with pytest.raises(idempotency.Superseded) as caught:
            claimed(zombie).complete("late")
    assert caught.value.recorded == ReplayedFailure(["no"], 402, 2, caught.value.recorded.finished_at)  # type: ignore[union-attr]


def test_c31_a_late_exception_says_that_it_was_not_recorded(lab: Lab) -> None:
    with Ends(BodyError) as caught, once(lab.db, lab.scope, "k", lease=timedelta(0)):
        lab.claim(lease="1 hour")
        raise BodyError
    assert "superseded" in caught.value.__notes__[0]
    assert lab.peek().outcome == "in_progress"


def test_c37_a_key_that_was_reset_is_gone(lab: Lab) -> None:
    with once(lab.db, lab.scope, "k", lease=LEASE) as claim:
        assert idempotency.reset(lab.db, lab.scope, "k", force=True).outcome == "ok"
        with pytest.raises(idempotency.Superseded) as caught:
            claimed(claim).complete()
    assert caught.value.outcome == "gone"
    assert lab.key() is None


def test_c40_used_up_attempts_replay_a_failure(lab: Lab) -> None:
    with pytest.raises(KeyboardInterrupt), once(lab.db, lab.scope, "k", lease=timedelta(0), max_attempts=1):
        raise KeyboardInterrupt
    with once(lab.db, lab.scope, "k") as outcome:
        assert isinstance(outcome, ReplayedFailure)
        assert outcome.error == {"poisoned": True, "attempts": 1, "previous": None}


@pytest.mark.parametrize("autocommit", [True, False])
def test_c47_in_a_transaction_an_error_frees_the_key(lab: Lab, autocommit: bool) -> None:
    db = lab.session(autocommit=autocommit)
    with Ends(BodyError), db.transaction(), once(db, lab.scope, "k") as claim:
        assert claimed(claim).attempt == 1
        raise BodyError
    assert lab.key() is None
    with pytest.raises(psycopg.errors.DivisionByZero), db.transaction(), once(db, lab.scope, "k"):
        db.execute("select 1 / 0")
    assert lab.key() is None
    with db.transaction(), once(db, lab.scope, "k") as claim:
        claimed(claim).complete("done")
        assert lab.key() is None
    assert work(lab) == ("done", None)


def test_in_a_transaction_an_error_that_is_caught_and_committed_is_a_failure(lab: Lab) -> None:
    with lab.db.transaction(), pytest.raises(BodyError), once(lab.db, lab.scope, "k"):
        raise BodyError("x")
    assert work(lab) == 2


def test_in_a_transaction_rivals_wait_for_its_end(lab: Lab) -> None:
    db, rival = lab.session(), lab.session()
    with db.transaction(), once(db, lab.scope, "k") as claim:

        def compete(session: psycopg.Connection[TupleRow]) -> object:
            with once(session, lab.scope, "k") as outcome:
                return outcome

        waiting = lab.blocked(rival, compete)
        claimed(claim).complete("done")
    outcome = waiting.ended()
    assert isinstance(outcome, Replay)
    assert outcome.result == "done"


def test_what_makes_no_sense_in_a_transaction_is_refused(lab: Lab) -> None:
    db = lab.session(autocommit=False)
    for options in ({"heartbeat": True, "lease": LEASE}, {"notify": True}, {"fenced": True}):
        with pytest.raises(errors.UsageError, match="makes no sense"), once(db, lab.scope, "k", **options):
            pass
    assert db.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    with pytest.raises(errors.UsageError, match="needs a lease"):
        once(lab.db, lab.scope, "k", heartbeat=True)
    with pytest.raises(errors.UsageError, match="exclude each other"):
        once(lab.db, lab.scope, "k", {}, fingerprint=b"x")


def test_c49_repeatable_read_must_run_again(lab: Lab) -> None:
    db = lab.session(autocommit=False, isolation="repeatable read")
    db.execute("select 1 from pydb.setting")
    work(lab, result=1)
    with pytest.raises(errors.PydbError) as caught, once(db, lab.scope, "k"):
        pass
    assert caught.value.sqlstate == "40001"


@pytest.fixture
def ledger(lab: Lab) -> Lab:
    lab.do("create table if not exists ledger (scope text, note text)")
    return lab


def booked(lab: Lab) -> object:
    return lab.one("select count(*) from ledger where scope = %s", lab.scope)


def test_c46_fenced_completion_and_writes_are_one(ledger: Lab) -> None:
    lab, db = ledger, ledger.session()
    with once(db, lab.scope, "k", lease=LEASE, fenced=True) as claim:
        with pytest.raises(errors.UsageError, match="belongs into the transaction"):
            claimed(claim).complete()
        with db.transaction():
            db.execute("insert into ledger values (%s, 'a')", (lab.scope,))
            claimed(claim).complete("done")
    assert booked(lab) == 1
    assert work(lab) == ("done", None)


def test_c46_a_zombie_rolls_back(ledger: Lab, pool: ConnectionPool[psycopg.Connection[TupleRow]]) -> None:
    lab, db = ledger, ledger.session()
    with (
        Ends(idempotency.Superseded) as caught,
        once(pool, lab.scope, "k", lease=timedelta(0), fenced=True) as claim,
    ):
        lab.complete("k", lab.claim(lease="1 hour").token, "1")
        with db.transaction():
            db.execute("insert into ledger values (%s, 'zombie')", (lab.scope,))
            claimed(claim).complete("late", conn=db)
    assert (caught.value.outcome, caught.value.sqlstate) == ("superseded_done", "YD203")
    assert booked(lab) == 0


def test_c46_run_again_after_a_lost_commit_acknowledgement_rolls_back(ledger: Lab) -> None:
    lab, db = ledger, ledger.session()

    def write(claim: Claim) -> None:
        with db.transaction():
            db.execute("insert into ledger values (%s, 'x')", (lab.scope,))
            claim.complete("done", conn=db)

    with once(lab.db, lab.scope, "k", lease=LEASE, fenced=True) as claim:
        write(claimed(claim))
        with pytest.raises(idempotency.Superseded) as caught:
            write(claimed(claim))
    assert caught.value.outcome == "ok_again"
    assert booked(lab) == 1


def test_c46_an_exception_after_a_fenced_completion_that_was_rolled_back_frees_the_key(ledger: Lab) -> None:
    lab, db = ledger, ledger.session()
    with (
        Ends(BodyError),
        once(db, lab.scope, "k", lease=LEASE, fenced=True) as claim,
        db.transaction(),
    ):
        claimed(claim).complete("done")
        raise BodyError
    assert work(lab) == 2
    with Ends(BodyError), once(db, lab.scope, "k2", lease=LEASE, fenced=True) as claim:
        with db.transaction():
            claimed(claim).complete("done")
        raise BodyError
    assert work(lab, "k2") == ("done", None)


def test_a_pool_lends_for_each_statement_only(
    lab: Lab, pool: ConnectionPool[psycopg.Connection[TupleRow]]
) -> None:
    with once(pool, lab.scope, "k", lease=LEASE) as claim:
        with pool.connection(timeout=5) as db:
            assert db.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert lab.peek().outcome == "in_progress"
        claimed(claim).complete([1])
    with once(pool, lab.scope, "k") as outcome:
        assert isinstance(outcome, Replay)
    with pytest.raises(BodyError), once(pool, lab.scope, "k2"):
        raise BodyError
    assert work(lab, "k2") == 2


def test_a_function_that_connects_is_a_source(lab: Lab) -> None:
    made: list[psycopg.Connection[TupleRow]] = []

    def connect() -> psycopg.Connection[TupleRow]:
        made.append(psycopg.connect(lab.dsn))
        return made[-1]

    with once(connect, lab.scope, "k", lease=LEASE) as claim:
        claimed(claim).complete()
    assert [db.closed for db in made] == [True, True]
    assert work(lab) == (NOTHING, None)


def test_a_pool_that_lends_open_transactions_is_refused(lab: Lab) -> None:
    def connect() -> psycopg.Connection[TupleRow]:
        db = psycopg.connect(lab.dsn)
        db.execute("select 1")
        return db

    with pytest.raises(errors.UsageError, match="middle of a transaction"), once(connect, lab.scope, "k"):
        pass


def test_the_connection_keeps_its_settings_and_ours_do_not_depend_on_them(lab: Lab) -> None:
    options = (
        "-c datestyle=german -c intervalstyle=sql_standard -c timezone=Asia/Tokyo -c client_encoding=latin1"
    )
    with psycopg.connect(
        lab.dsn,
        autocommit=True,
        options=options,
        row_factory=rows.dict_row,
        cursor_factory=psycopg.ClientCursor,
        prepare_threshold=1,
    ) as db:
        psycopg.types.json.set_json_loads(lambda _: "replaced", db)

        class Shout(StrDumper):
            def __init__(self, cls: type, context: AdaptContext | None = None) -> None:
                super().__init__(cls, context)

        db.adapters.register_dumper(str, Shout)
        before = (db.row_factory, db.cursor_factory, db.prepare_threshold, db.autocommit, db.isolation_level)
        for key in ("a", "b", "c"):
            with once(db, lab.scope, key, {"p": 1}, lease=LEASE, owner="wörker") as claim:
                with pytest.raises(idempotency.InProgress) as caught, once(lab.db, lab.scope, key):
                    pass
                assert caught.value.owner == "wörker"
                claimed(claim).complete({"text": "grüße"}, code=200)
            with once(db, lab.scope, key, {"p": 1}, lease=LEASE, owner="wörker") as outcome:
                assert isinstance(outcome, Replay)
                assert outcome.result == {"text": "grüße"}
                age = lab.one("select clock_timestamp() - %s", outcome.finished_at)
                assert isinstance(age, timedelta)
                assert timedelta(0) <= age < timedelta(minutes=1)
        after = (db.row_factory, db.cursor_factory, db.prepare_threshold, db.autocommit, db.isolation_level)
        assert before == after
        assert db.execute("select 1 as one").fetchone() == {"one": 1}


def test_in_a_pipeline(lab: Lab) -> None:
    db = lab.session()
    with db.pipeline(), once(db, lab.scope, "k", lease=LEASE) as claim:
        claimed(claim).complete([1])
    assert work(lab) == ([1], None)


@pytest.mark.parametrize("shift", [3600.0, -3600.0])
def test_c53_the_clock_of_the_application_does_not_matter(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, shift: float
) -> None:
    real, real_ns = time.time, time.time_ns
    monkeypatch.setattr(time, "time", lambda: real() + shift)
    monkeypatch.setattr(time, "time_ns", lambda: real_ns() + int(shift * 1e9))
    with once(lab.db, lab.scope, "k", lease=LEASE, heartbeat=True) as claim:
        with pytest.raises(idempotency.InProgress) as caught:
            idempotency.wait(lab.db, lab.scope, "k", timedelta(milliseconds=30))
        left = caught.value.retry_after
        assert left is not None
        assert timedelta(minutes=4) < left <= LEASE
        assert not claimed(claim).lost
        claimed(claim).complete(1)
    assert work(lab) == (1, None)
    lab.put("k2", lease="0", fingerprint=None)
    assert work(lab, "k2") == 2


def test_the_kind_of_source_is_checked(lab: Lab) -> None:
    with pytest.raises(errors.UsageError, match="a sync connection needs"):
        once(lab.db, lab.scope, "k").__aenter__().send(None)  # type: ignore[attr-defined]


def test_routines_one_by_one(lab: Lab) -> None:
    scope = lab.scope
    row = idempotency.claim(lab.db, scope, "k", b"f", lease="1 min", ttl="1 day", max_attempts=3, owner="me")
    assert (row.outcome, row.attempt, row.result, row.error) == ("acquired", 1, NOTHING, NOTHING)
    assert row.token is not None
    beat = idempotency.heartbeat(lab.db, scope, "k", row.token, timedelta(hours=1))
    assert beat.outcome == "ok"
    assert beat.left is not None
    assert timedelta(minutes=59) < beat.left <= timedelta(hours=1)
    look = idempotency.peek(lab.db, scope, "k", b"f")
    assert (look.outcome, look.owner, look.attempt) == ("in_progress", "me", 1)
    assert idempotency.peek(lab.db, scope, "k", b"g").outcome == "mismatch"
    failed = idempotency.fail(lab.db, scope, "k", row.token, {"e": 1}, code=500)
    assert (failed.outcome, failed.error, failed.code) == ("ok", {"e": 1}, 500)
    again = idempotency.claim(lab.db, scope, "k", b"f", on_stale="hold", lease=timedelta(0))
    assert (again.outcome, again.attempt, again.error) == ("acquired", 2, {"e": 1})
    held = idempotency.claim(lab.db, scope, "k")
    assert (held.outcome, again.lease_until) == ("ambiguous", None)
    assert idempotency.peek(lab.db, scope, "k").lease_until == held.lease_until
    assert held.lease_until is not None
    with pytest.raises(idempotency.Ambiguous, match="may have happened") as refusal, once(lab.db, scope, "k"):
        raise AssertionError("a held key was given away")
    assert f"its lease passed at {held.lease_until:%Y-%m-%d %H:%M:%S} UTC" in str(refusal.value.detail)
    done = idempotency.resolve(lab.db, scope, "k", "completed", result=None, reason="saw it")
    assert (done.outcome, done.result) == ("ok", None)
    assert again.token is not None
    late = idempotency.complete(lab.db, scope, "k", again.token, 1)
    assert (late.outcome, late.result, late.error) == ("superseded_done", None, NOTHING)
    assert idempotency.heartbeat(lab.db, scope, "k", again.token, LEASE).outcome == "lost"
    assert idempotency.reset(lab.db, scope, "k").result is None
    assert idempotency.reset(lab.db, scope, "k").outcome == "gone"
    assert idempotency.prune(lab.db, 10) >= 0
    idempotency.notify(lab.db, scope, "k")
