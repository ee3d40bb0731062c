"""Counts and ages of keys: exact where the table is small, estimated where it is large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.rows import class_row

from tests.cli.conftest import Cli

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from tests.conftest import Connection, RoleFactory
    from tests.idempotency.lab import Lab
    from tests.servers import Database

KINDS = ("pending", "stale", "held", "completed", "failed_retryable", "failed")


@dataclass(frozen=True)
class Stats:
    """The row of ``pydb.idempotency_stats``."""

    exact: bool
    keys: int
    pending: int
    stale: int
    held: int
    completed: int
    failed_retryable: int
    failed: int
    expired: int
    oldest_pending_at: datetime | None
    oldest_stale_at: datetime | None
    oldest_held_at: datetime | None
    oldest_expired_at: datetime | None
    takeovers: int | None
    superseded: int | None
    mismatches: int | None
    hot_ratio: float | None
    seen_at: datetime


def stats(db: Connection, *, exact: bool = False) -> Stats:
    with db.cursor(row_factory=class_row(Stats)) as cursor:
        row = cursor.execute("select * from pydb.idempotency_stats(%s)", (exact,)).fetchone()
    assert row is not None
    return row


def fill(lab: Lab, keys: int, result: str = "null") -> None:
    """So many completed keys at once, the first half of them expired, and of the others none soon."""
    lab.do(
        "insert into pydb.idempotency_key"
        " (claimed_at, finished_at, lease_until, expires_at, state, hold, scope, key, result)"
        " select now(), now(), now(),"
        " now() + (i - %s / 2) * interval '1 second' + (i > %s / 2)::int * interval '1 hour',"
        f" 'completed', false, %s, i::text, {result} from generate_series(1, %s) as i",
        keys,
        keys,
        lab.scope,
        keys,
    )


def test_a_table_that_nobody_used_or_analysed_has_counts(alone: Lab) -> None:
    for exact in (False, True):
        row = stats(alone.db, exact=exact)
        assert row.exact
        assert [row.keys, row.expired, *(getattr(row, kind) for kind in KINDS)] == [0] * 8
        assert (row.takeovers, row.superseded, row.mismatches) == (0, 0, 0)
        assert row.hot_ratio is None
        assert (
            row.oldest_pending_at
            is row.oldest_stale_at
            is row.oldest_held_at
            is row.oldest_expired_at
            is None
        )
    alone.claim("k", lease="1 hour")
    assert stats(alone.db).pending == 1


@pytest.mark.parametrize("exact", [False, True])
def test_every_key_is_counted_as_what_it_is(alone: Lab, exact: bool) -> None:
    past = {"life": "-2 days"}
    alone.put("pending")
    alone.put("pending without a lease", lease=None)
    alone.put("pending past its life", life="-1 hour")
    alone.put("stale", lease="-1 min")
    alone.put("stale and expired", lease="-3 days", **past)
    alone.put("stale without a lease", lease=None, **past)
    alone.put("held", lease="-1 min", hold=True)
    alone.put("held and expired", lease="-2 hours", hold=True, **past)
    alone.put("completed", "completed")
    alone.put("completed and expired", "completed", **past)
    alone.put("failed", "failed")
    alone.put("failed and expired", "failed", hold=True, **past)
    alone.put("retryable", "failed", retryable=True)
    row = stats(alone.db, exact=exact)
    assert row.exact
    assert row.keys == 13
    assert {kind: getattr(row, kind) for kind in KINDS} == {
        "pending": 3, "stale": 3, "held": 2, "completed": 2, "failed_retryable": 1, "failed": 2
    }  # fmt: skip
    # neither what is held nor what somebody works on waits for pruning
    assert row.expired == 4
    now = row.seen_at
    assert row.oldest_pending_at is not None
    assert row.oldest_pending_at <= now
    ages = [row.oldest_stale_at, row.oldest_held_at, row.oldest_expired_at]
    assert [None if at is None else round((now - at).total_seconds() / 3600) for at in ages] == [72, 2, 48]
    assert alone.prune() == row.expired
    assert stats(alone.db, exact=exact).expired == 0


def test_the_counters_count(alone: Lab) -> None:
    first = alone.claim("k", lease="0", fingerprint=b"a")
    alone.claim("k", fingerprint=b"b")
    alone.claim("k", lease="1 hour", fingerprint=b"a")
    alone.complete("k", first.token or 0, result="1")
    row = stats(alone.db)
    assert (row.takeovers, row.superseded, row.mismatches) == (1, 1, 1)


def test_a_large_table_is_estimated_and_what_matters_is_counted(alone: Lab) -> None:
    # 24 MB, of which a sample reads 16
    fill(alone, 50_000, "jsonb_build_object('x', repeat('x', 100))")
    alone.put("held", lease="-1 min", hold=True)
    pages = alone.one("select pg_relation_size('pydb.idempotency_key') / 8192")
    assert isinstance(pages, int)
    assert pages > 2048
    survey = "select keys from pydb_internal.idempotency_survey(now(), 25)"
    assert int(str(alone.one(survey))) == pytest.approx(50_000 / 4, rel=0.3)
    row, whole = stats(alone.db), stats(alone.db, exact=True)
    assert (row.exact, whole.exact) == (False, True)
    assert (whole.keys, whole.completed, whole.held) == (50_001, 50_000, 1)
    assert row.keys == pytest.approx(whole.keys, rel=0.25)
    assert row.completed == pytest.approx(whole.completed, rel=0.25)
    # few among many, and found all the same
    assert row.held == 1
    assert row.oldest_held_at == whole.oldest_held_at is not None
    assert row.oldest_expired_at == whole.oldest_expired_at is not None
    # more than are counted one by one
    assert row.expired == pytest.approx(whole.expired, rel=0.25)
    while alone.prune(10_000) == 10_000:
        pass
    alone.do("update pydb.idempotency_key set expires_at = now() - interval '1 hour' where key = '30000'")
    assert stats(alone.db).expired == 1


def test_who_monitors_needs_no_right_on_the_table(
    database: Database, alone: Lab, role: RoleFactory, tmp_path: Path
) -> None:
    name = role("monitor")
    alone.do(f"grant usage on schema pydb, pydb_internal to {name}")
    alone.do(f"grant execute on function pydb.idempotency_stats to {name}")
    alone.claim("k", lease="1 hour")
    session = alone.session(name)
    assert stats(session, exact=True).pending == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute("select * from pydb.idempotency_key")
    shown = Cli(f"{database.dsn} user={name}", tmp_path)("idempotency", "stats", "--json").document
    assert shown["pending"] == 1


def test_no_index_is_touched_by_a_completion(alone: Lab) -> None:
    for number in range(50):
        for on_stale in ("takeover", "hold"):
            key = f"{number} {on_stale}"
            claim = alone.claim(key, lease="1 hour", on_stale=on_stale)
            alone.heartbeat(key, claim.token or 0, "2 hours")
            alone.complete(key, claim.token or 0, result='{"tune_id": 4711}')
    alone.one("select pg_stat_force_next_flush() is null")
    alone.until(
        "select n_tup_upd = 200 and n_tup_hot_upd = 200 from pg_stat_user_tables"
        " where relid = 'pydb.idempotency_key'::regclass"
    )
    assert stats(alone.db).hot_ratio == 1
