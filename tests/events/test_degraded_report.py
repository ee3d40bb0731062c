"""Counts of degraded answers: they only grow, whatever is folded, and stay few."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.retention.lab import refused

if TYPE_CHECKING:
    from tests.conftest import Connection


def report(db: Connection, *counts: tuple[str, str, int], now: str | None = None) -> object:
    batch = [{"provider": name, "reason_code": code, "calls": calls} for name, code, calls in counts]
    row = db.execute(
        "select pydb.degraded_report(%s::jsonb, %s::timestamptz)", (json.dumps(batch), now)
    ).fetchone()
    assert row is not None
    return row[0]


def totals(db: Connection) -> dict[tuple[object, object], object]:
    return {
        (provider, code): calls
        for provider, code, calls in db.execute(
            "select provider, reason_code, sum(calls)::int from pydb.degraded_count group by 1, 2"
        )
    }


def test_counts_add_up_and_old_hours_are_folded(db: Connection) -> None:
    assert report(db, ("llm", "timeout", 3), ("llm", "timeout", 1), now="2025-01-01 10:10Z") == 4
    report(db, ("llm", "timeout", 5), ("mail", "refused", 1), now="2025-01-01 10:59Z")
    report(db, ("llm", "timeout", 2), now="2025-01-01 11:00Z")
    hours = "select count(*) from pydb.degraded_count where provider = 'llm'"
    assert db.execute(hours).fetchone() == (2,)
    expected = {("llm", "timeout"): 11, ("mail", "refused"): 1}
    assert totals(db) == expected
    report(db, now="2025-03-01 11:00Z")
    assert db.execute(
        "select count(*), bool_and(hour = '-infinity') from pydb.degraded_count"
    ).fetchone() == (
        2,
        True,
    )
    assert totals(db) == expected
    report(db, ("llm", "timeout", 1), now="2025-03-01 11:00Z")
    report(db, now="2025-06-01 11:00Z")
    assert totals(db)["llm", "timeout"] == 12


def test_no_more_than_200_providers_are_told_apart(db: Connection) -> None:
    report(db, *((f"p{number}", "error", 1) for number in range(200)))
    report(db, ("p7", "error", 1), ("one_more", "error", 1), ("another", "timeout", 2))
    assert totals(db)["p7", "error"] == 2
    assert totals(db)["other", "error"] == 1
    assert totals(db)["other", "timeout"] == 2


def count(db: Connection) -> object:
    row = db.execute("select count(*) from pydb.degraded_count").fetchone()
    assert row is not None
    return row[0]


def test_one_report_names_no_more_providers_than_many(db: Connection) -> None:
    report(db, *((f"p{number}", "error", 1) for number in range(1000)))
    assert count(db) == 201
    assert totals(db)["other", "error"] == 800
    report(db, *((f"p{number}", "error", 1) for number in range(1000)))
    assert count(db) == 201


def test_reasons_are_bounded_too(db: Connection) -> None:
    for part in range(3):
        report(db, *(("llm", f"r{part}_{number}", 1) for number in range(600)))
    report(db, *((f"p{number}", "timeout", 1) for number in range(150)))
    assert totals(db)["llm", "other"] == 800
    assert totals(db)["p9", "other"] == 1
    assert count(db) == 1151


def test_a_clock_in_the_past_makes_no_hours(db: Connection) -> None:
    report(db, ("llm", "timeout", 1))
    for day in range(1, 29):
        report(db, ("llm", "timeout", 1), now=f"2020-02-{day} 10:10Z")
    assert count(db) == 2
    assert totals(db)["llm", "timeout"] == 29


def test_sums_that_are_full_stop_no_report(db: Connection) -> None:
    report(db, ("llm", "timeout", 1), now="2025-01-01 10:10Z")
    db.execute("update pydb.degraded_count set calls = 9223372036854775807")
    report(db, ("llm", "timeout", 10**11), now="2025-01-01 10:20Z")
    report(db, ("llm", "timeout", 10**11), now="2025-01-01 12:20Z")
    assert report(db, ("mail", "error", 1), now="2025-06-01 10:20Z") == 1
    assert db.execute("select calls from pydb.degraded_count where provider = 'llm'").fetchone() == (
        9 * 10**18,
    )


@pytest.mark.parametrize(
    "counts",
    [
        "null",
        "{}",
        '[{"reason_code": "timeout"}]',
        '[{"provider": "A", "reason_code": "timeout"}]',
        '[{"provider": "a", "reason_code": "time out"}]',
        '[{"provider": "a", "reason_code": "timeout", "calls": -1}]',
        '[{"provider": "a", "reason_code": "timeout", "calls": "many"}]',
        "[1]",
        None,
    ],
)
def test_what_are_no_counts_is_refused(db: Connection, counts: str | None) -> None:
    with refused("YD031"):
        db.execute("select pydb.degraded_report(%s::jsonb)", (counts,))
    assert totals(db) == {}
