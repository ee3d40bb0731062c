"""What a duplicate costs (nothing), and a completion (one HOT update)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, cast

import pytest

if TYPE_CHECKING:
    from tests.idempotency.lab import Lab

TOUCHED: Final = (
    "select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_xact_all_tables where schemaname = 'pydb'"
)


@pytest.mark.parametrize(
    ("case", "times"),
    [
        ("replay", 10_000),
        ("replay, lock_timeout", 1000),
        ("replay_failed", 1000),
        ("in_progress", 1000),
        ("mismatch", 1000),
        ("ambiguous", 1000),
        ("peek", 1000),
        ("late", 1000),
    ],
)
def test_c51_duplicates_write_nothing(lab: Lab, case: str, times: int) -> None:
    """No WAL, no transaction number, no changed row, no token: the server counts, for this session alone."""
    case, _, timeout = case.partition(", ")
    if timeout:
        lab.do("set lock_timeout = '1s'")
    state = {"replay": "completed", "replay_failed": "failed", "late": "completed"}.get(case, "pending")
    stale = {"lease": "-1 s", "hold": True} if case == "ambiguous" else {}
    token = lab.put("k", state, result='{"n": 1}' if state == "completed" else None, **stale)
    statement = {
        "peek": "idempotency_peek('{scope}', left('k', n))",
        "mismatch": "idempotency_claim('{scope}', left('k', n), 'x')",
        "late": f"idempotency_complete('{{scope}}', left('k', n), {token - 1}, '2')",
    }.get(case, "idempotency_claim('{scope}', left('k', n), 'f', '1 min')")
    query = f"select c.outcome from generate_series(1, %s) as n, lateral pydb.{statement} as c"
    query = query.format(scope=lab.scope)
    expected = {"peek": "in_progress", "late": "superseded_done"}.get(case, case)
    assert set(lab.rows(query, 100)) == {(expected,)}  # hint bits, catalogue, plans
    drawn, image = lab.counter("token"), lab.image()
    counted = {name: lab.counter(name) for name in ("mismatches", "superseded", "takeovers")}
    with lab.db.transaction():
        touched = lab.one(TOUCHED)
        explained = lab.one(f"explain (analyze, wal, buffers, timing off, format json) {query % times}")
        (plan,) = cast("list[dict[str, dict[str, object]]]", json.loads(json.dumps(explained)))
        assert [plan["Plan"][f"WAL {what}"] for what in ("Records", "FPI", "Bytes")] == [0, 0, 0]
        assert plan["Plan"]["Actual Rows"] == times
        assert lab.one("select pg_current_xact_id_if_assigned() is null") is True
        assert lab.one(TOUCHED) == touched
    assert (lab.counter("token"), lab.image()) == (drawn, image)
    counts = {"mismatch": "mismatches", "late": "superseded"}
    for name, before in counted.items():
        assert lab.counter(name) == before + (times if counts.get(case) == name else 0)


def test_completions_with_results_of_a_kilobyte_are_hot(alone: Lab) -> None:
    """One pending key at a time, each with a result that no compression makes small."""
    result = json.dumps("".join(chr(33 + (n * n * 7919 + n) % 90) for n in range(1000)))
    for n in range(100):
        token = alone.claim(f"k{n}", fingerprint=b"f" * 32, lease="1 min", owner="worker").token
        assert alone.complete(f"k{n}", token, result, 200).outcome == "ok"
    alone.do("select pg_stat_force_next_flush()")
    assert alone.rows(
        "select n_tup_ins, n_tup_upd, n_tup_hot_upd from pg_stat_user_tables"
        " where relname = 'idempotency_key'"
    ) == [(100, 100, 100)]


def test_heartbeats_are_hot(alone: Lab) -> None:
    token = alone.claim(lease="1 s").token
    for n in range(50):
        assert alone.heartbeat("k", token, f"{n + 2} s").outcome == "ok"
    alone.do("select pg_stat_force_next_flush()")
    assert alone.rows(
        "select n_tup_upd, n_tup_hot_upd from pg_stat_user_tables where relname = 'idempotency_key'"
    ) == [(50, 50)]
