"""What operators do in SQL: resolve, reset, prune and list; audited, never behind a live worker's back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from pydb import sources
from tests.idempotency.lab import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import RoleFactory
    from tests.idempotency.lab import Lab
    from tests.servers import Database

ROLES_FILE: Final = sources.package_dir().parent / "ops" / "postgresql" / "roles.sql"
ROLES: Final = ("pydb_owner", "pydb_admin", "pydb_runner", "pydb_monitor", "pydb_app", "pydb_counsel")
HELD: Final[dict[str, Any]] = {"lease": "-1 s", "hold": True, "fingerprint": None, "owner": "worker"}


def audited(lab: Lab, action: str) -> list[tuple[object, ...]]:
    return lab.rows(
        "select subject, actor, arguments from pydb.audit_log where action = %s"
        " and arguments ->> 'scope' = %s order by id",
        action,
        lab.scope,
    )


@pytest.mark.parametrize("hold", [True, False])
def test_resolve_as_completed_replays(lab: Lab, hold: bool) -> None:
    token = lab.put("k", **{**HELD, "hold": hold})
    answer = lab.resolve(
        "k", "completed", result='{"id": 7}', code=201, error='"unused"', reason="bank statement"
    )
    assert (answer.outcome, answer.result, answer.code, answer.error) == ("ok", '{"id": 7}', 201, None)
    assert answer.token is not None
    assert answer.token > token
    replay = lab.claim()
    assert (replay.outcome, replay.result, replay.code) == ("replay", '{"id": 7}', 201)
    assert replay.finished_at == answer.finished_at
    # who comes back is told what was decided
    late = lab.complete("k", token, '{"id": 7}', 201)
    assert (late.outcome, late.result) == ("superseded_done", '{"id": 7}')
    assert lab.heartbeat("k", token).outcome == "lost"
    arguments = {
        "scope": lab.scope, "key": "k", "as": "completed", "code": 201, "forced": False,
        "reason": "bank statement",
    }  # fmt: skip
    assert audited(lab, "idempotency_resolve") == [(f"{lab.scope}/k", "postgres", arguments)]


def test_resolve_as_failed_replays_the_failure(lab: Lab) -> None:
    lab.put("k", **HELD)
    assert lab.resolve("k", "failed", error='"declined"', code=402, result="1").outcome == "ok"
    answer = lab.claim()
    assert (answer.outcome, answer.error, answer.code, answer.result) == (
        "replay_failed",
        '"declined"',
        402,
        None,
    )


@pytest.mark.parametrize("max_attempts", [None, 1, 3, 9])
def test_resolve_as_retry_lets_the_next_claim_acquire(lab: Lab, max_attempts: int | None) -> None:
    """The operator knows that nothing happened; the limit of attempts does not stand in his way."""
    token = lab.put("k", **HELD, attempt=3, max_attempts=max(3, max_attempts or 3) if max_attempts else None)
    assert lab.resolve("k", "retry", error='"checked"').outcome == "ok"
    assert lab.peek().outcome == "retry"
    answer = lab.claim(lease="0")
    assert (answer.outcome, answer.attempt, answer.error) == ("acquired", 4, '"checked"')
    assert lab.complete("k", token).outcome == "superseded"
    assert lab.claim().outcome == ("replay_failed" if max_attempts in (1, 3) else "acquired")


def test_resolve_leaves_a_live_worker_alone_unless_forced(lab: Lab) -> None:
    token = lab.claim(lease="1 hour").token
    before = lab.image()
    for force in (False, None):
        answer = lab.resolve("k", "completed", force=force)
        assert (answer.outcome, answer.token) == ("in_progress", token)
        assert answer.lease_until is not None
    assert lab.image() == before
    assert audited(lab, "idempotency_resolve") == []
    assert lab.resolve("k", "completed", result="1", force=True).outcome == "ok"
    assert lab.complete("k", token, "2").outcome == "superseded_done"
    assert [row[2]["forced"] for row in audited(lab, "idempotency_resolve")] == [True]  # type: ignore[index]


@pytest.mark.parametrize("state", ["completed", "failed"])
def test_resolve_never_changes_what_is_recorded(lab: Lab, state: str) -> None:
    lab.put(
        "k", state, result="1" if state == "completed" else None, error='"e"' if state == "failed" else None
    )
    before = lab.image()
    answer = lab.resolve("k", "completed", result="2", force=True)
    assert (answer.outcome, answer.result or answer.error) == (
        "conflict",
        "1" if state == "completed" else '"e"',
    )
    assert lab.image() == before
    assert lab.resolve("nobody", "retry").outcome == "gone"
    assert lab.key("nobody") is None
    assert audited(lab, "idempotency_resolve") == []


def test_resolve_keeps_the_answer_for_a_whole_life(lab: Lab) -> None:
    """A key may be held long after its end; an answer that has expired already would be none."""
    lab.put("k", **HELD, life="-30 days")
    lab.resolve("k", "completed", result="1")
    assert lab.claim().result == "1"
    assert lab.prune() == 0
    row = lab.key()
    assert row is not None
    assert timedelta(hours=23) < row.life <= timedelta(hours=24)
    lab.put("long", **HELD, life="30 days")
    lab.resolve("long", "completed")
    row = lab.key("long")
    assert row is not None
    assert row.life > timedelta(days=29)


@pytest.mark.parametrize("how", [None, "", "Completed", "pending", "x"])
def test_resolve_wants_one_of_three_words(lab: Lab, how: str | None) -> None:
    token = lab.put("k", **HELD)
    with refused("YD201") as refusal:
        lab.resolve("k", how)  # type: ignore[arg-type]
    assert refusal.message.startswith("a key cannot be resolved as ")
    assert refusal.hint.startswith("select * from pydb.idempotency_resolve(")
    row = lab.key()
    assert row is not None
    assert row.token == token


@pytest.mark.parametrize("state", ["completed", "failed", "stale", "held"])
def test_reset_forgets_a_key_and_says_what_it_was(lab: Lab, state: str) -> None:
    name = state if state in ("completed", "failed") else "pending"
    token = lab.put(
        "k", name, lease="-1 s", hold=state == "held", code=7, result="1" if state == "completed" else None
    )
    answer = lab.reset("k", reason="wrong customer")
    assert (answer.outcome, answer.code, answer.result) == ("ok", 7, "1" if state == "completed" else None)
    assert lab.key() is None
    assert lab.reset("k").outcome == "gone"
    again = lab.claim(fingerprint=b"other")
    assert (again.outcome, again.attempt) == ("acquired", 1)
    assert again.token is not None
    assert again.token > token
    assert lab.complete("k", token).outcome == "superseded"
    ((subject, actor, arguments),) = audited(lab, "idempotency_reset")
    assert (subject, actor) == (f"{lab.scope}/k", "postgres")
    assert arguments == {
        "scope": lab.scope, "key": "k", "state": name, "token": token, "code": 7, "forced": False,
        "reason": "wrong customer",
    }  # fmt: skip


def test_reset_leaves_a_live_worker_alone_unless_forced(lab: Lab) -> None:
    token = lab.claim().token
    for force in (False, None):
        assert lab.reset("k", force=force).outcome == "in_progress"
    assert lab.complete("k", token, "1").outcome == "ok"
    token = lab.claim("k2", lease="1 hour").token
    assert lab.reset("k2", force=True).outcome == "ok"
    assert lab.complete("k2", token).outcome == "gone"
    assert len(audited(lab, "idempotency_reset")) == 1


def test_a_rolled_back_decision_leaves_neither_key_nor_audit_changed(lab: Lab) -> None:
    lab.put("k", **HELD)
    before = lab.image()
    with lab.session(autocommit=False) as db:
        lab.resolve("k", "completed", db=db)
        lab.reset("k", db=db)
        db.rollback()
    assert lab.image() == before
    assert audited(lab, "idempotency_resolve") == audited(lab, "idempotency_reset") == []


@pytest.mark.parametrize("limit", [0, -1, 1_000_001, 2**31 - 1])
def test_prune_is_bounded(lab: Lab, limit: int) -> None:
    with refused("YD201") as refusal:
        lab.prune(limit)
    assert refusal.message == f"{limit} keys cannot be pruned at once"


def test_prune_takes_the_setting_and_the_oldest_first(alone: Lab) -> None:
    for n in range(5):
        alone.put(f"k{n}", "completed", life=f"-{n + 1} hours")
    alone.put("alive", "completed")
    alone.do("select pydb.setting_set('idempotency_prune_rows', '2')")
    assert alone.prune() == 2
    assert alone.rows("select key from pydb.idempotency_key order by key") == [
        ("alive",),
        ("k0",),
        ("k1",),
        ("k2",),
    ]
    assert [alone.prune(10), alone.prune(10)] == [3, 0]


def test_list_says_what_each_key_is(lab: Lab) -> None:
    past = {"lease": "-1 s"}
    lab.put("in progress")
    lab.put("in progress, no lease", lease=None)
    lab.put("in progress, expired", life="-1 s")
    lab.put("stale", **past)
    lab.put("stale, no lease", lease=None, life="-1 s")
    lab.put("held", **past, hold=True)
    lab.put("held, expired", **past, hold=True, life="-1 s")
    lab.put("completed", "completed", result='{"a": 1}', fingerprint=None, **past)
    lab.put("completed, expired", "completed", life="-1 s", hold=True)
    lab.put("failed", "failed", error="1")
    lab.put("failed, retryable", "failed", retryable=True)
    found = lab.rows(
        "select key, status, expired, has_fingerprint, result_bytes is null"
        " from pydb.idempotency_list where scope = %s",
        lab.scope,
    )
    assert len(found) == 11
    for key, status, expired, fingerprint, no_result in found:
        word = key if key == "failed, retryable" else key.split(",")[0]
        assert status == word
        assert expired is (key.endswith("expired") or key == "stale, no lease")
        assert fingerprint is (key != "completed")
        assert no_result is (key != "completed")


def test_admins_decide_runners_prune_monitors_look(alone: Lab, database: Database, role: RoleFactory) -> None:
    database.roles.extend(ROLES)
    alone.db.execute(ROLES_FILE.read_bytes())
    admin, runner, monitor = (
        alone.session(role(name, f"in role pydb_{name}")) for name in ("admin", "runner", "monitor")
    )
    for key in ("a", "b"):
        alone.put(key, **HELD)
    assert alone.resolve("a", "completed", db=admin).outcome == "ok"
    assert alone.reset("b", db=admin).outcome == "ok"
    actors = alone.rows("select actor from pydb.audit_log where action like 'idempotency%%'")
    assert actors == [(admin.info.user,)] * 2
    alone.let_life_pass("a")
    assert alone.prune(db=runner) == 1
    alone.put("c")
    assert monitor.execute("select status from pydb.idempotency_list").fetchall() == [("in progress",)]
    for db, calls in (
        (
            runner,
            (
                b"select pydb.idempotency_resolve('s', 'k', 'retry')",
                b"select pydb.idempotency_reset('s', 'k')",
            ),
        ),
        (monitor, (b"select pydb.idempotency_prune()", b"select result from pydb.idempotency_key")),
        (admin, (b"delete from pydb.idempotency_key", b"update pydb.idempotency_key set token = 1")),
    ):
        for call in calls:
            with refused("42501"):
                db.execute(call)


def test_the_built_in_policy_takes_what_prune_takes(alone: Lab) -> None:
    """Every kind of row, twice: a run of the policy and a prune leave the same keys."""
    kinds = [
        (state, retryable, hold, lease, life)
        for state, retryable in (("pending", None), ("completed", None), ("failed", True), ("failed", False))
        for hold in (False, True)
        for lease in (None, "-1 s", "1 hour")
        for life in ("-1 s", "1 hour")
    ]

    def left(prune: Callable[[], object]) -> list[object]:
        for n, (state, retryable, hold, lease, life) in enumerate(kinds):
            alone.put(f"{n:03}", state, retryable=retryable, hold=hold, lease=lease, life=life)
        prune()
        found = alone.rows("delete from pydb.idempotency_key returning key")
        return [kinds[number] for number in sorted(int(key) for (key,) in found)]

    by_prune = left(alone.prune)
    by_run = left(lambda: alone.do("call pydb.retention_run('idempotency_key')"))
    assert by_run == by_prune
    assert len(by_prune) == len(kinds) // 2 + 4


def test_a_worker_waits_for_a_decision_as_long_as_it_wants(lab: Lab) -> None:
    """lock_timeout ends a completion as it ends any update: nothing is recorded, and it can be repeated."""
    token = lab.claim(lease="1 hour").token
    operator, worker = lab.session(autocommit=False), lab.session(options="-c lock_timeout=10ms")
    assert lab.resolve("k", "retry", db=operator, force=True).outcome == "ok"
    for call in (lab.complete, lab.fail, lab.heartbeat):
        with refused("55P03"):
            call("k", token, db=worker)
    operator.rollback()
    assert lab.complete("k", token, db=worker).outcome == "ok"
