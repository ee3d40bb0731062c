"""Callers as they are: isolation levels, read-only transactions, hostile settings, roles without a right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from pydb import sources
from tests.idempotency.lab import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Connection, RoleFactory
    from tests.idempotency.lab import Answer, Lab
    from tests.servers import Database

ROLES_FILE: Final = sources.package_dir().parent / "ops" / "postgresql" / "roles.sql"
ROLES: Final = ("pydb_owner", "pydb_admin", "pydb_runner", "pydb_monitor", "pydb_app", "pydb_counsel")
LEVELS: Final = ("repeatable read", "serializable")
ACQUIRABLE: Final[dict[str, dict[str, object]]] = {
    "expired": {"state": "completed", "life": "-1 s"},
    "stale": {"state": "pending", "lease": "-1 s"},
    "retryable": {"state": "failed", "retryable": True},
}


def put(lab: Lab, state: str) -> None:
    values = dict(ACQUIRABLE[state])
    lab.put("k", str(values.pop("state")), fingerprint=None, **values)


def snapshot(lab: Lab, level: str) -> Connection:
    """A session in a transaction whose snapshot is taken."""
    db = lab.session(autocommit=False, isolation=level)
    db.execute("select 1")
    return db


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("state", ["absent", *ACQUIRABLE])
def test_c49_a_claim_against_a_committed_one_is_40001(lab: Lab, level: str, state: str) -> None:
    if state != "absent":
        put(lab, state)
    db = snapshot(lab, level)
    winner = lab.claim(lease="1 hour")
    before = lab.image()
    assert winner.outcome == "acquired"
    with refused("40001"):
        lab.claim(db=db, lease="1 hour")
    db.rollback()
    assert lab.claim(db=db).outcome == "in_progress"
    assert lab.image() == before


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("state", ["absent", *ACQUIRABLE])
@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_c49_a_claim_that_waits_for_another(lab: Lab, level: str, state: str, end: str) -> None:
    if state != "absent":
        put(lab, state)
    first, second = snapshot(lab, "read committed"), snapshot(lab, level)
    lab.claim(db=first, lease="1 hour")
    late = lab.blocked(second, lambda db: lab.claim(db=db, lease="1 hour"))
    first.commit() if end == "commit" else first.rollback()
    if end == "commit":
        with refused("40001"):
            late.ended()
    else:
        assert late.ended().outcome == "acquired"
        second.commit()
        assert lab.claim().outcome == "in_progress"


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("call", ["complete", "fail", "heartbeat", "reset", "resolve"])
def test_c49_a_worker_or_operator_against_a_committed_takeover_is_40001(
    lab: Lab, level: str, call: str
) -> None:
    token = lab.claim(lease="0").token
    db = snapshot(lab, level)
    assert lab.claim(lease="1 hour").attempt == 2
    before = lab.image()
    calls: dict[str, Callable[[], Answer]] = {
        "complete": lambda: lab.complete("k", token, "1", db=db),
        "fail": lambda: lab.fail("k", token, db=db),
        "heartbeat": lambda: lab.heartbeat("k", token, db=db),
        "reset": lambda: lab.reset("k", db=db, force=True),
        "resolve": lambda: lab.resolve("k", "retry", db=db, force=True),
    }
    with refused("40001"):
        calls[call]()
    assert lab.image() == before


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("call", ["complete", "fenced", "fail", "heartbeat"])
def test_c49_a_snapshot_older_than_the_token_is_40001_not_superseded(lab: Lab, level: str, call: str) -> None:
    """It shows somebody else's key, and it is the caller's: a new transaction completes it."""
    lab.claim(lease="0")
    db = snapshot(lab, level)
    token = lab.claim(lease="1 hour").token
    calls: dict[str, Callable[[], Answer]] = {
        "complete": lambda: lab.complete("k", token, "1", db=db),
        "fenced": lambda: lab.complete("k", token, "1", db=db, fenced=True),
        "fail": lambda: lab.fail("k", token, db=db),
        "heartbeat": lambda: lab.heartbeat("k", token, db=db),
    }
    with refused("40001"):
        calls[call]()
    db.rollback()
    assert calls[call]().outcome == "ok"


@pytest.mark.parametrize("level", LEVELS)
def test_c49_a_snapshot_older_than_the_key_writes_nothing(lab: Lab, level: str) -> None:
    db = snapshot(lab, level)
    token = lab.claim(lease="1 hour").token
    before = lab.image()
    assert lab.complete("k", token, "1", db=db).outcome == "gone"
    with refused("YD203"):
        lab.complete("k", token, "1", db=db, fenced=True)
    db.rollback()
    assert lab.image() == before
    assert lab.complete("k", token, "1", db=db, fenced=True).outcome == "ok"


@pytest.mark.parametrize("level", LEVELS)
def test_c49_a_token_of_a_claim_that_was_rolled_back_is_superseded(lab: Lab, level: str) -> None:
    """The token is newer than the key's, and nothing changed since the snapshot."""
    lab.put("k", lease="-1 s", fingerprint=None)
    with lab.session(autocommit=False) as other:
        token = lab.claim(db=other).token
        other.rollback()
    db = snapshot(lab, level)
    assert lab.complete("k", token, "1", db=db).outcome == "superseded"


@pytest.mark.parametrize("level", LEVELS)
def test_c49_alone_everything_works(lab: Lab, level: str) -> None:
    with lab.session(autocommit=False, isolation=level) as db:
        token = lab.claim(db=db, fingerprint=b"f", lease="0").token
        assert lab.heartbeat("k", token, db=db).outcome == "ok"
        assert lab.claim(db=db).outcome == "in_progress"
        assert lab.complete("k", token, "1", db=db, fenced=True).outcome == "ok"
        assert lab.complete("k", token, "1", db=db).outcome == "ok_again"
        db.commit()
        db.execute("select 1")
        lab.reset("k")
        lab.claim(lease="1 hour")
        # the snapshot's answer, as long as the transaction lasts
        assert [lab.claim(db=db).outcome, lab.peek(db=db).outcome] == ["replay", "replay"]
        db.commit()
        assert lab.peek(db=db).outcome == "in_progress"


@pytest.mark.parametrize("level", LEVELS)
def test_c49_prune_takes_nothing_that_changed(lab: Lab, level: str) -> None:
    lab.put("k", "completed", life="-1 s", fingerprint=None)
    db = snapshot(lab, level)
    lab.claim(lease="1 hour")
    with refused("40001"):
        lab.prune(db=db)
    assert lab.peek().outcome == "in_progress"


@pytest.mark.parametrize("level", ["read committed", *LEVELS])
def test_read_only_transactions_are_answered_and_never_acquire(lab: Lab, level: str) -> None:
    lab.put("done", "completed", result="1", fingerprint=b"f")
    lab.put("failed", "failed", fingerprint=b"f")
    lab.put("busy")
    lab.put("held", lease="-1 s", hold=True)
    for state in ACQUIRABLE:
        values = dict(ACQUIRABLE[state])
        lab.put(state, str(values.pop("state")), fingerprint=None, **values)
    poisoned = lab.put("poisoned", lease="-1 s", max_attempts=1)
    db = lab.session(isolation=level, options="-c default_transaction_read_only=on")
    counted = lab.counter("mismatches"), lab.counter("superseded")
    for key, outcome in (
        ("done", "replay"),
        ("failed", "replay_failed"),
        ("busy", "in_progress"),
        ("held", "ambiguous"),
    ):
        assert lab.claim(key, db=db).outcome == lab.peek(key, db=db).outcome == outcome
        assert lab.claim(key, db=db, fingerprint=b"other").outcome == "mismatch"
    for key in ("absent", "poisoned", *ACQUIRABLE):
        assert lab.peek(key, db=db).outcome in {"absent", "fresh", "takeover", "retry", "poisoned"}
        for timeout in ("0", "1s"):
            db.execute(f"set lock_timeout = '{timeout}'".encode())
            with refused("25006"):
                lab.claim(key, db=db)
    with refused("25006"):
        lab.complete("poisoned", poisoned, db=db)
    assert counted == (lab.counter("mismatches"), lab.counter("superseded"))


STORY: Final = [
    "acquired", "mismatch", "ok", "in_progress", "acquired", "superseded", "lost", "ok", "acquired", "ok",
    "ok_again", "conflict", "superseded_done", "replay", "replay", "mismatch", "ok", "gone", "acquired",
    "ambiguous",
]  # fmt: skip


def story(lab: Lab, db: Connection, key: str = "story") -> list[str]:
    """One key through everything that an application and an operator can do to it."""

    def claim(**options: Any) -> Answer:
        return lab.claim(key, db=db, fingerprint=b"f", **options)

    answers = [claim(lease="0", ttl="1 day")]
    first = answers[0].token
    answers += [lab.claim(key, db=db, fingerprint=b"x"), lab.heartbeat(key, first, "1 hour", db=db), claim()]
    lab.let_lease_pass(key)
    answers += [claim(lease="1 hour"), lab.complete(key, first, db=db), lab.heartbeat(key, first, db=db)]
    answers += [lab.fail(key, answers[4].token, '{"a": 1}', db=db), claim(lease="1 day", max_attempts=3)]
    token = answers[8].token
    answers += [
        lab.complete(key, token, result, 200, db=db) for result in ('{"n": 1.50}', '{"n": 1.50}', "2")
    ]
    answers += [
        lab.fail(key, first, db=db),
        claim(),
        lab.peek(key, db=db),
        lab.peek(key, db=db, fingerprint=b"x"),
    ]
    assert answers[13].result == '{"n": 1.50}'
    answers += [lab.reset(key), lab.complete(key, token, db=db), claim(lease="0", on_stale="hold"), claim()]
    lab.reset(key)
    return [answer.outcome for answer in answers]


HOSTILE: Final = [
    "-c search_path=evil,pg_catalog",
    "-c search_path=",
    "-c DateStyle=SQL,DMY -c TimeZone=Pacific/Apia -c IntervalStyle=sql_standard",
    "-c IntervalStyle=iso_8601 -c TimeZone=America/St_Johns",
    "-c row_security=off -c lock_timeout=5s -c statement_timeout=20s",
    "-c lock_timeout=1ms",
    "-c session_replication_role=replica",
    "-c quote_all_identifiers=on -c standard_conforming_strings=off",
    "-c transform_null_equals=on -c array_nulls=off -c bytea_output=escape",
    "-c client_encoding=LATIN1 -c xmloption=content -c extra_float_digits=-15",
    "-c enable_indexscan=off -c enable_bitmapscan=off -c enable_seqscan=off -c jit=off",
    "-c jit=on -c jit_above_cost=0 -c plan_cache_mode=force_custom_plan",
    "-c plpgsql.variable_conflict=use_variable",
    "-c plpgsql.variable_conflict=use_column -c plpgsql.extra_errors=all",
    "-c default_transaction_isolation=serializable -c default_transaction_deferrable=on",
    "-c check_function_bodies=off -c debug_print_plan=off -c max_parallel_workers_per_gather=0",
]


@pytest.mark.parametrize("options", HOSTILE)
def test_hostile_settings_change_no_answer(lab: Lab, options: str) -> None:
    lab.do(
        """create schema if not exists evil;
        create or replace function evil.clock_timestamp() returns timestamptz
            language sql as 'select null::timestamptz';
        create or replace function evil.nextval(regclass) returns bigint language sql as 'select 1::bigint';
        create or replace function evil.octet_length(text) returns int language sql as 'select 999';
        create or replace function evil.coalesced(text, text) returns boolean language sql as 'select true';
        do $$ begin
            create operator evil.= (leftarg = text, rightarg = text, function = evil.coalesced);
        exception when duplicate_function then null; end $$"""
    )
    assert story(lab, lab.session(options=options)) == STORY


def test_temporary_objects_shadow_nothing(lab: Lab) -> None:
    db = lab.session(options="-c search_path=pg_temp,pg_catalog")
    for statement in (
        b"create temporary table idempotency_key (like pydb.idempotency_key)",
        b"create temporary table setting (name text, value text)",
        b"create temporary sequence idempotency_token",
        b"create function pg_temp.nextval(regclass) returns bigint language sql as 'select 1::bigint'",
        b"create function pg_temp.current_setting(text) returns text language sql as 'select null::text'",
        b"create type pg_temp.idempotency_state as enum ('none')",
    ):
        db.execute(statement)
    assert story(lab, db) == STORY
    assert db.execute("select count(*) from pg_temp.idempotency_key").fetchall() == [(0,)]


@pytest.fixture
def app(alone: Lab, database: Database, role: RoleFactory) -> Connection:
    """A session of an application, in a database after roles.sql."""
    database.roles.extend(ROLES)
    alone.db.execute(ROLES_FILE.read_bytes())
    return alone.session(role("app", "in role pydb_app"))


def test_an_application_claims_without_a_right_on_the_table(alone: Lab, app: Connection) -> None:
    assert story(alone, app) == STORY
    # a way of its own to where a claim must wait, count, poison
    for timeout in ("0", "1s"):
        app.execute(f"set lock_timeout = '{timeout}'".encode())
        key = f"k{timeout}"
        assert [alone.claim(key, db=app, lease="0", max_attempts=2).attempt for _ in range(3)] == [1, 2, 2]
        assert alone.claim(key, db=app).outcome == "replay_failed"
    app.execute("select pydb.idempotency_notify('s', 'k')")


FORBIDDEN: Final = (
    "select 1 from pydb.idempotency_key",
    "select 1 from pydb.idempotency_list",
    "update pydb.idempotency_key set result = null",
    "delete from pydb.idempotency_key",
    "insert into pydb.idempotency_key (token) values (1)",
    "select nextval('pydb.idempotency_token')",
    "select setval('pydb.idempotency_token', 1)",
    "select last_value from pydb.idempotency_token",
    "select nextval('pydb.idempotency_takeovers')",
    "select pydb.idempotency_resolve('alone', 'k', 'completed')",
    "select pydb.idempotency_reset('alone', 'k')",
    "select pydb.idempotency_prune()",
    "select pydb_internal.idempotency_shift('alone', 'k', 1, now())",
    "select pydb_internal.idempotency_late('alone', 'k', 1, null)",
    "select pydb_internal.idempotency_count('takeovers')",
    "select pydb_internal.idempotency_acquire(null, 'absent', 'a', 'b', null, null, null, false, null, null)",
)


def test_an_application_reads_and_writes_nothing_itself(app: Connection) -> None:
    for statement in FORBIDDEN:
        with refused("42501"):
            app.execute(statement.encode())
