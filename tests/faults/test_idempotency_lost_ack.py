"""C46, B5: the line is cut after a request was sent: the server has done it, or has never seen it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.faults.idemlab import Answer, ask, connect
from tests.faults.proxy import Loss, Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.idemlab import Connection, Keys

RESULT = {"charge": 42}
LOSSES: tuple[Loss, ...] = ("answer", "request")


@pytest.fixture(scope="module")
def line(module_keys: Keys) -> Iterator[Proxy]:
    """The way to the database that will be cut."""
    with Proxy(module_keys.dsn) as proxy:
        yield proxy
        assert proxy.cuts > 0


def lost(line: Proxy, connection: Connection) -> None:
    """The connection is dead, and only one request was lost."""
    with pytest.raises(psycopg.OperationalError):
        connection.execute("select 1")
    connection.close()


@pytest.mark.parametrize("loss", LOSSES)
def test_b5_answer_to_a_claim_is_lost(keys: Keys, line: Proxy, loss: Loss) -> None:
    key, worker = f"claim {loss}", connect(line.dsn)
    line.cut("idempotency_claim", lose=loss)
    with pytest.raises(psycopg.OperationalError):
        ask(worker, "claim", key, lease="1 hour", owner="me")
    lost(line, worker)
    again = ask(keys.db, "claim", key, lease="1 hour", owner="me")
    if loss == "request":
        assert (again.outcome, again.attempt) == ("acquired", 1)
        return
    # not even the same owner gets it back before the lease ends: he cannot prove that it is he
    assert (again.outcome, again.owner, again.attempt) == ("in_progress", "me", 1)
    assert again.retry_after is not None
    assert 0 < again.retry_after.total_seconds() <= 3600
    keys.lease_passes(key)
    again = ask(keys.db, "claim", key, lease="1 hour", owner="me")
    assert (again.outcome, again.attempt) == ("acquired", 2)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("how", ["autocommit", "commit"])
def test_b5_answer_to_a_completion_is_lost(keys: Keys, line: Proxy, how: str, loss: Loss) -> None:
    key, worker = f"complete {how} {loss}", connect(line.dsn)
    mine = ask(worker, "claim", key, lease="1 hour")
    worker.execute("insert into app.effect values (%s, 1)", (key,))
    if how == "autocommit":
        line.cut("idempotency_complete", lose=loss)
        with pytest.raises(psycopg.OperationalError):
            ask(worker, "complete", key, token=mine.token, result=RESULT, code=201)
    else:
        line.cut("commit", lose=loss)
        with pytest.raises(psycopg.OperationalError), worker.transaction():
            assert ask(worker, "complete", key, token=mine.token, result=RESULT, code=201).outcome == "ok"
    lost(line, worker)
    seen = ask(keys.db, "claim", key).outcome
    assert seen == ("replay" if loss == "answer" else "in_progress")
    outcomes = [ask(keys.db, "complete", key, token=mine.token, result=RESULT, code=201) for _ in range(2)]
    first = "ok_again" if loss == "answer" else "ok"
    assert [outcome.outcome for outcome in outcomes] == [first, "ok_again"]
    # another code is another outcome, and the first stands
    other = ask(keys.db, "complete", key, token=mine.token, result=RESULT, code=500)
    assert (other.outcome, other.code, other.result) == ("conflict", 201, RESULT)
    asked = ask(keys.db, "claim", key)
    assert (asked.outcome, asked.code, asked.result) == ("replay", 201, RESULT)
    assert keys.effects(key) == 1


@pytest.mark.parametrize("loss", LOSSES)
def test_b5_answer_to_a_failure_is_lost(keys: Keys, line: Proxy, loss: Loss) -> None:
    key, worker = f"fail {loss}", connect(line.dsn)
    mine = ask(worker, "claim", key, lease="1 hour")
    line.cut("idempotency_fail", lose=loss)
    with pytest.raises(psycopg.OperationalError):
        ask(worker, "fail", key, token=mine.token, error=RESULT)
    lost(line, worker)
    again = ask(keys.db, "fail", key, token=mine.token, error=RESULT)
    assert again.outcome == ("ok_again" if loss == "answer" else "ok")
    retry = ask(keys.db, "claim", key, lease="1 hour")
    assert (retry.outcome, retry.attempt, retry.error) == ("acquired", 2, RESULT)
    # told once more when the next attempt runs: it does not free that one's key
    assert ask(keys.db, "fail", key, token=mine.token, error=RESULT).outcome == "superseded"
    assert ask(keys.db, "claim", key).outcome == "in_progress"


@pytest.mark.parametrize("loss", LOSSES)
def test_b5_answer_to_a_heartbeat_is_lost(keys: Keys, line: Proxy, loss: Loss) -> None:
    key, worker = f"heartbeat {loss}", connect(line.dsn)
    mine = ask(worker, "claim", key, lease="1 s")
    line.cut("idempotency_heartbeat", lose=loss)
    with pytest.raises(psycopg.OperationalError):
        ask(worker, "heartbeat", key, token=mine.token, lease="1 hour")
    lost(line, worker)
    again = ask(keys.db, "heartbeat", key, token=mine.token, lease="1 hour")
    assert again.outcome == "ok"
    assert ask(keys.db, "complete", key, token=mine.token, result=RESULT).outcome == "ok"


def co_commit(connection: Connection, key: str, mine: Answer) -> None:
    """Business row and completion in one transaction."""
    with connection.transaction():
        connection.execute("insert into app.business values (%s, %s)", (key, mine.attempt))
        ask(connection, "complete", key, token=mine.token, result=RESULT, fenced=True)


@pytest.mark.parametrize("loss", LOSSES)
def test_c46_co_commit_whose_commit_was_lost_is_run_again(keys: Keys, line: Proxy, loss: Loss) -> None:
    key, worker = f"co-commit {loss}", connect(line.dsn)
    mine = ask(worker, "claim", key, lease="1 hour")
    line.cut("commit", lose=loss)
    with pytest.raises(psycopg.OperationalError):
        co_commit(worker, key, mine)
    lost(line, worker)
    assert keys.business(key) == (1 if loss == "answer" else 0)
    if loss == "request":
        co_commit(keys.db, key, mine)
    for _ in range(2):
        with pytest.raises(psycopg.DatabaseError, match="was not completed: ok_again") as caught:
            co_commit(keys.db, key, mine)
        assert caught.value.sqlstate == "YD203"
        assert keys.business(key) == 1
    asked = ask(keys.db, "claim", key)
    assert (asked.outcome, asked.result) == ("replay", RESULT)


def test_c46_co_commit_that_never_arrived_and_was_taken_over(keys: Keys, line: Proxy) -> None:
    key, worker = "co-commit late", connect(line.dsn)
    mine = ask(worker, "claim", key, lease="0 s")
    line.cut("commit", lose="request")
    with pytest.raises(psycopg.OperationalError):
        co_commit(worker, key, mine)
    lost(line, worker)
    rival = keys.until_acquired(key, lease="1 hour")
    for outcome in ("superseded", "superseded_done"):
        with pytest.raises(psycopg.DatabaseError, match=f"was not completed: {outcome}\n") as caught:
            co_commit(keys.db, key, mine)
        assert caught.value.sqlstate == "YD203"
        if outcome == "superseded":
            assert keys.business(key) == 0
            co_commit(keys.db, key, rival)
    assert keys.db.execute("select attempt from app.business where key = %s", (key,)).fetchall() == [(2,)]


@pytest.mark.parametrize("loss", LOSSES)
def test_b5_commit_of_everything_in_one_transaction_is_lost(keys: Keys, line: Proxy, loss: Loss) -> None:
    """Mode tx: who does not know whether it was committed runs it again from the claim."""
    key = f"tx {loss}"

    def work(connection: Connection) -> str:
        with connection.transaction():
            claimed = ask(connection, "claim", key)
            if claimed.outcome == "acquired":
                connection.execute("insert into app.business values (%s, %s)", (key, claimed.attempt))
                ask(connection, "complete", key, token=claimed.token, result=RESULT, fenced=True)
            return claimed.outcome

    worker = connect(line.dsn)
    line.cut("commit", lose=loss)
    with pytest.raises(psycopg.OperationalError):
        work(worker)
    lost(line, worker)
    assert [work(keys.db) for _ in range(2)] == ["replay" if loss == "answer" else "acquired", "replay"]
    assert keys.business(key) == 1


def test_b5_every_request_of_a_life_is_lost_once(keys: Keys, line: Proxy) -> None:
    """A worker on a line that breaks at each request, before and after it, still has its one business row."""
    key = "broken line"

    def live(worker: Connection) -> None:
        mine = ask(worker, "claim", key, lease="0 s")  # what was lost before is stale at once
        assert mine.outcome == "acquired"
        co_commit(worker, key, mine)

    for word in ("idempotency_claim", "begin", "app.business", "idempotency_complete", "commit"):
        for loss in reversed(LOSSES):
            line.cut(word, lose=loss)
            with connect(line.dsn) as worker, pytest.raises(psycopg.OperationalError):
                live(worker)
    with connect(line.dsn) as worker:
        last = ask(worker, "claim", key)
    # the first claim never arrived, all the others counted
    assert (last.outcome, last.result, last.attempt) == ("replay", RESULT, 9)
    assert keys.business(key) == 1
    in_transaction = "select count(*) from pg_stat_activity where state like 'idle in%%'"
    assert keys.value(f"{in_transaction} and datname = current_database()") == 0
