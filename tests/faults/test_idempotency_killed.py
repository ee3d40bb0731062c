"""C48, B5: the process of a worker is killed, or stopped, at each point of its work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.faults.idemlab import Asking, ask

if TYPE_CHECKING:
    from tests.faults.idemlab import Keys, Nursery, Worker

POINTS = (
    "connected",
    "before the claim commits",
    "claimed",
    "effect",
    "heartbeat",
    "before the completion commits",
)
DONE = {"by": "worker"}
RIVAL = {"by": "rival"}


def killed_at(keys: Keys, worker: Worker, point: str) -> dict[str, object]:
    """Kill it there, wait until the server has noticed, and return what it said last."""
    backend = worker.until("connected")["backend"]
    said = {"backend": backend}
    if point != "connected":
        worker.go()
        said = worker.until(point)
    worker.kill()
    keys.until_gone(backend)
    return said


def taken_over(keys: Keys, key: str, dead_token: object) -> None:
    """The next caller waits for the end of the lease, takes the key over with a larger token, and ends it."""
    waiting = ask(keys.db, "claim", key)
    assert (waiting.outcome, waiting.attempt) == ("in_progress", 1)
    assert keys.value(
        "select lease_until - clock_timestamp() between '1 s' and '1 hour' from"
        " pydb.idempotency_key where key = %s",
        key,
    )
    keys.lease_passes(key)
    mine = ask(keys.db, "claim", key)
    assert (mine.outcome, mine.attempt) == ("acquired", 2)
    assert isinstance(dead_token, int)
    assert mine.token > dead_token
    # the dead man's token opens nothing, should his twin still have it
    assert ask(keys.db, "complete", key, token=dead_token, result=DONE).outcome == "superseded"
    keys.db.execute("insert into app.effect values (%s, 2)", (key,))
    assert ask(keys.db, "complete", key, token=mine.token, result=RIVAL).outcome == "ok"
    late = ask(keys.db, "complete", key, token=dead_token, result=DONE)
    assert (late.outcome, late.result) == ("superseded_done", RIVAL)
    again = ask(keys.db, "claim", key)
    assert (again.outcome, again.result) == ("replay", RIVAL)


def test_b5_before_the_claim_commits(keys: Keys, nursery: Nursery) -> None:
    worker = nursery.worker("lease", keys.dsn, "unclaimed")
    dead = killed_at(keys, worker, "before the claim commits")
    assert ask(keys.db, "peek", "unclaimed").outcome == "absent"
    mine = ask(keys.db, "claim", "unclaimed")
    assert (mine.outcome, mine.attempt) == ("acquired", 1)
    assert isinstance(dead["token"], int)
    assert mine.token > dead["token"]
    assert keys.effects("unclaimed") == 0


def test_b5_claim_committed_and_its_answer_lost(keys: Keys, nursery: Nursery) -> None:
    worker = nursery.worker("fire", keys.dsn, "unanswered", routine="claim")
    worker.until("sent")
    keys.until("select exists (select from pydb.idempotency_key where key = 'unanswered')")
    worker.kill()
    token = keys.value("select token from pydb.idempotency_key where key = 'unanswered'")
    taken_over(keys, "unanswered", token)
    assert keys.effects("unanswered") == 1


def test_b5_during_the_work_before_the_effect(keys: Keys, nursery: Nursery) -> None:
    dead = killed_at(keys, nursery.worker("lease", keys.dsn, "before"), "claimed")
    assert keys.effects("before") == 0
    taken_over(keys, "before", dead["token"])
    assert keys.effects("before") == 1


def test_b5_after_the_effect_before_complete(keys: Keys, nursery: Nursery) -> None:
    worker = nursery.worker("lease", keys.dsn, "after")
    killed_at(keys, worker, "effect")
    assert keys.effects("after") == 1
    token = keys.value("select token from pydb.idempotency_key where key = 'after'")
    taken_over(keys, "after", token)
    assert keys.effects("after") == 2, "two attempts, and no more effects than that"


def test_b5_after_the_effect_before_complete_on_hold(keys: Keys, nursery: Nursery) -> None:
    killed_at(keys, nursery.worker("lease", keys.dsn, "held", on_stale="hold"), "effect")
    keys.lease_passes("held")
    for _ in range(3):
        asked = ask(keys.db, "claim", "held", on_stale="takeover", max_attempts=9)
        assert (asked.outcome, asked.attempt) == ("ambiguous", 1)
    keys.db.execute("select pydb.idempotency_prune()")
    said = {"as": "completed", "result": DONE, "reason": "the provider has it"}
    assert ask(keys.db, "resolve", "held", **said).outcome == "ok"
    asked = ask(keys.db, "claim", "held")
    assert (asked.outcome, asked.result) == ("replay", DONE)
    assert keys.effects("held") == 1


def test_b5_complete_sent_and_committed(keys: Keys, nursery: Nursery) -> None:
    """The worker is dead before the server gets to its completion, and it is completed all the same."""
    worker = nursery.worker("fire", keys.dsn, "sent", routine="complete")
    backend = worker.until("connected")["backend"]
    worker.go()
    token = worker.until("claimed")["token"]
    blocker = keys.session()
    with blocker.transaction():
        blocker.execute("select from pydb.idempotency_key where key = 'sent' for update")
        worker.go()
        worker.until("sent")
        keys.until_blocked(backend, blocker.info.backend_pid)
        worker.kill()
        assert ask(keys.db, "claim", "sent").outcome == "in_progress"
    keys.until_gone(backend)
    again = ask(keys.db, "complete", "sent", token=token, result=DONE)
    assert (again.outcome, again.result) == ("ok_again", DONE)
    assert ask(keys.db, "complete", "sent", token=token, result=RIVAL).outcome == "conflict"
    asked = ask(keys.db, "claim", "sent")
    assert (asked.outcome, asked.result) == ("replay", DONE)
    assert keys.effects("sent") == 1


def test_b5_complete_sent_and_not_committed(keys: Keys, nursery: Nursery) -> None:
    killed_at(keys, nursery.worker("lease", keys.dsn, "unsent"), "before the completion commits")
    assert ask(keys.db, "claim", "unsent").outcome == "in_progress"
    token = keys.value("select token from pydb.idempotency_key where key = 'unsent'")
    assert ask(keys.db, "complete", "unsent", token=token, result=DONE).outcome == "ok"
    assert ask(keys.db, "complete", "unsent", token=token, result=DONE).outcome == "ok_again"
    assert keys.effects("unsent") == 1


def test_b5_complete_fails_and_the_key_stays_with_its_worker(keys: Keys) -> None:
    """The work is done: nothing may be given back for another to do again."""
    mine = ask(keys.db, "claim", "errored", lease="1 hour")
    blocker, patient = keys.session(), keys.session("-c statement_timeout=20ms")
    with blocker.transaction():
        blocker.execute("select from pydb.idempotency_key where key = 'errored' for update")
        with pytest.raises(psycopg.errors.QueryCanceled):
            ask(patient, "complete", "errored", token=mine.token, result=DONE)
    assert ask(keys.db, "claim", "errored").outcome == "in_progress"
    assert ask(keys.db, "complete", "errored", token=mine.token, result=DONE).outcome == "ok"


@pytest.mark.parametrize("fenced", [False, True], ids=["plain", "fenced"])
@pytest.mark.parametrize("finished", [False, True], ids=["rival works", "rival finished"])
def test_b5_owner_paused_longer_than_its_lease(
    keys: Keys, nursery: Nursery, finished: bool, fenced: bool
) -> None:
    key = f"paused {finished} {fenced}"
    worker = nursery.worker("lease", keys.dsn, key, lease="50 ms", fenced=fenced)
    worker.until("effect")
    worker.pause()
    worker.go()
    rival = keys.until_acquired(key, lease="1 hour")
    assert rival.attempt == 2
    if finished:
        assert ask(keys.db, "complete", key, token=rival.token, result=RIVAL).outcome == "ok"
    worker.resume()
    assert worker.until("heartbeat")["outcome"] == "lost"
    worker.go()
    said = worker.hear()
    if fenced:
        assert (said["at"], said["sqlstate"]) == ("error", "YD203"), said
    elif finished:
        assert (said["outcome"], said["result"]) == ("superseded_done", RIVAL)
    else:
        assert (said["outcome"], said["attempt"]) == ("superseded", 2)
    assert keys.business(key) == 0
    assert ask(keys.db, "complete", key, token=rival.token, result=RIVAL).outcome == (
        "ok_again" if finished else "ok"
    )
    assert keys.effects(key) == 1


def test_b5_owner_paused_and_nobody_came(keys: Keys, nursery: Nursery) -> None:
    """A lease that has passed is no reason to do finished work again."""
    worker = nursery.worker("lease", keys.dsn, "slow", lease="0 s")
    worker.until("effect")
    worker.pause()
    worker.go()
    keys.until("select clock_timestamp() > lease_until from pydb.idempotency_key where key = 'slow'")
    worker.resume()
    assert worker.until("heartbeat")["outcome"] == "ok"
    worker.go()
    assert worker.hear()["outcome"] == "ok"


@pytest.mark.parametrize("point", ["claimed", "before the commit"])
@pytest.mark.parametrize("how", ["process", "backend"])
def test_b5_backend_dies_in_tx_mode(keys: Keys, nursery: Nursery, point: str, how: str) -> None:
    key = f"tx {point} {how}"
    worker = nursery.worker("tx", keys.dsn, key)
    backend = worker.until("connected")["backend"]
    worker.go()
    worker.until(point)
    rivals = [Asking(keys.session(), "claim", key, lease="1 hour") for _ in range(4)]
    assert isinstance(backend, int)
    for rival in rivals:
        keys.until("select cardinality(pg_blocking_pids(%s)) > 0", rival.pid)
    if how == "process":
        worker.kill()
    else:
        keys.db.execute("select pg_terminate_backend(%s)", (backend,))
    answers = [rival.answer() for rival in rivals]
    assert sorted(answer.outcome for answer in answers) == ["acquired", *["in_progress"] * 3]
    assert {answer.attempt for answer in answers} == {1}
    assert keys.business(key) == 0
    if how == "backend":
        assert worker.end()["at"] == "error"


def test_b5_tx_mode_commits_and_dies(keys: Keys, nursery: Nursery) -> None:
    worker = nursery.worker("tx", keys.dsn, "tx done")
    worker.until("connected")
    worker.go()
    worker.until("before the commit")
    rival = Asking(keys.session(), "claim", "tx done")
    keys.until("select cardinality(pg_blocking_pids(%s)) > 0", rival.pid)
    worker.go()
    worker.until("completed")
    worker.kill()
    answer = rival.answer()
    assert (answer.outcome, answer.result) == ("replay", DONE)
    assert keys.business("tx done") == 1


def test_b5_pruner_dies_in_the_middle_of_a_batch(keys: Keys, nursery: Nursery) -> None:
    for number in range(20):
        mine = ask(keys.db, "claim", f"old {number}", ttl="1 ms")
        ask(keys.db, "complete", f"old {number}", token=mine.token, result=DONE)
    expired = "select count(*) = 20 from pydb.idempotency_list where key like 'old %%' and expired"
    keys.until(expired)
    worker = nursery.worker("prune", keys.dsn, "")
    backend = worker.until("connected")["backend"]
    worker.go()
    assert worker.until("pruned")["rows"] == 20
    beside = keys.db.execute("select pydb.idempotency_prune()").fetchone()
    assert beside == (0,), "another pruner passes over the locked keys"
    rival = Asking(keys.session(), "claim", "old 7")
    keys.until("select cardinality(pg_blocking_pids(%s)) > 0", rival.pid)
    worker.kill()
    answer = rival.answer()
    assert (answer.outcome, answer.attempt, answer.result) == ("acquired", 1, None)
    keys.until_gone(backend)
    assert keys.value(expired.replace("= 20", "= 19")) is True
    assert keys.db.execute("select pydb.idempotency_prune()").fetchone() == (19,)
    assert ask(keys.db, "peek", "old 7").outcome == "in_progress"


def test_g7_pruner_and_a_claim_meet_on_a_key(keys: Keys, nursery: Nursery) -> None:
    """The pruner commits first: the claim that waited begins a new life, and never sees the old result."""
    mine = ask(keys.db, "claim", "meet", ttl="1 ms")
    ask(keys.db, "complete", "meet", token=mine.token, result=DONE)
    keys.until("select expired from pydb.idempotency_list where key = 'meet'")
    worker = nursery.worker("prune", keys.dsn, "")
    assert worker.until("pruned")["rows"] == 1
    rival = Asking(keys.session(), "claim", "meet")
    keys.until("select cardinality(pg_blocking_pids(%s)) > 0", rival.pid)
    assert worker.end()["at"] == "end"
    answer = rival.answer()
    assert (answer.outcome, answer.attempt, answer.result) == ("acquired", 1, None)
    assert answer.token > mine.token


def test_c48_killed_at_every_point_in_turn(keys: Keys, nursery: Nursery) -> None:
    """One key, a killed worker at each point, one that gets through: effects never exceed attempts."""
    for point in POINTS:
        keys.until(
            "select count(*) = 0 from pydb.idempotency_list where key = 'often' and status = 'in progress'"
        )
        killed_at(keys, nursery.worker("lease", keys.dsn, "often", lease="1 ms"), point)
        keys.sound()
    keys.until("select count(*) = 1 from pydb.idempotency_list where key = 'often' and status = 'stale'")
    last = nursery.worker("lease", keys.dsn, "often", lease="1 hour", fenced=True)
    assert last.until("completed")["outcome"] == "ok"
    last.kill()
    asked = ask(keys.db, "claim", "often")
    assert (asked.outcome, asked.result) == ("replay", DONE)
    # claimed, effect, heartbeat, before the completion commits; and the last
    assert asked.attempt == 5
    assert keys.effects("often") == 4
    assert keys.business("often") == 1
