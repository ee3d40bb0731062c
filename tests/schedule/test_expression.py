"""Cron expressions: what is taken, what is refused, and when they come next."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.conftest import Connection
    from tests.servers import CronServer

FIELDS = ((0, 59, ()), (0, 23, ()), (1, 31, ()), (1, 12, ("jan", "feb")), (0, 7, ("sun", "mon", "tue")))

GOOD = [
    "* * * * *",
    "15 3 * * *",
    "*/5 0-23/2 1,15 * *",
    "0 0 29 2 *",
    "59 23 31 12 7",
    "0 0 * jan-mar,DEC mon-Fri",
    "0 0 * * 0",
    " \t0  3 * * *\t",
    "00 03 01 01 *",
    "0-59/60 * * * *",
    " ".join(",".join(map(str, range(low, high + 1))) for low, high, _ in FIELDS),
]
BAD = [
    "",
    "   ",
    "* * * *",
    "* * * * * *",
    "0 * * * * *",
    "@reboot",
    "@daily",
    " @hourly",
    "30 seconds",
    "60 seconds",
    "0 seconds",
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "* * 32 * *",
    "* * * 13 *",
    "* * * * 8",
    "5/15 * * * *",
    "*/0 * * * *",
    "*/61 * * * *",
    "30-10 * * * *",
    "* * * * fri-sun",
    "1,,2 * * * *",
    ",1 * * * *",
    "1, * * * *",
    "1- * * * *",
    "-1 * * * *",
    "+1 * * * *",
    "1-5-7 * * * *",
    "*/2/3 * * * *",
    "** * * * *",
    "*- * * * *",
    "? * * * *",
    "* * L * *",
    "* * $ * *",
    "* * * * 5#2",
    "* * 15W * *",
    "* * * january *",
    "* * jan * *",
    "* * * mon *",
    "mon * * * *",
    "* * * * mon/2",
    "1.5 * * * *",
    "0x5 * * * *",
    "001 * * * *",
    "\uff14 * * * *",
    "* * * * *\n",
    "* * * * *; select 1",
    "99999999999999999999 * * * *",
    "0 0 30 2 *",
    "0 0 31 4,6,9,11 *",
    "0," * 300 + "0 * * * *",
]


@pytest.mark.parametrize("expression", GOOD)
def test_a_cron_expression_is_taken(db: Connection, expression: str) -> None:
    db.execute("select pydb_internal.cron_check(%s)", (expression,))


@pytest.mark.parametrize("expression", [*BAD, None])
def test_anything_else_is_refused_with_advice(db: Connection, expression: str | None) -> None:
    with pytest.raises(psycopg.Error) as caught:
        db.execute("select pydb_internal.cron_check(%s)", (expression,))
    assert caught.value.sqlstate == "YD501"
    assert caught.value.diag.message_detail
    assert caught.value.diag.message_hint


def test_pg_cron_takes_whatever_we_take(cron_server: CronServer) -> None:
    choose = random.Random(20260131)  # noqa: S311 - the same expressions every time
    words = (
        "* */5 1 1-5 5-1 1,2 1-10/3 jan mon 0 7 31 59 60 24 12 */0 1/2 mon-fri sun-sat feb-mar/2 $ L */23 *,3"
    )
    made = [" ".join(choose.choice(words.split()) for _ in range(5)) for _ in range(6000)]
    taken = 0
    with psycopg.connect(cron_server.app_dsn, autocommit=True) as db:
        for expression in GOOD + BAD + made:
            try:
                db.execute("select pydb_internal.cron_check(%s)", (expression,))
            except psycopg.DatabaseError:
                continue
            db.execute("select cron.schedule('probe', %s, 'select 1')", (expression,))
            taken += 1
    assert taken > 100


def _items(low: int, high: int, names: tuple[str, ...]) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    words = [number.map(str)] + ([st.sampled_from(names)] if names else [])
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    stepped = st.tuples(st.one_of(st.just("*"), span), st.integers(1, high - low + 1)).map(
        lambda pair: f"{pair[0]}/{pair[1]}"
    )
    return st.one_of(st.just("*"), *words, span, stepped)


EXPRESSIONS = st.tuples(
    *(st.lists(_items(*field), min_size=1, max_size=3).map(",".join) for field in FIELDS)
).map(" ".join)
MOMENTS = st.datetimes(datetime(1999, 1, 1), datetime(2110, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


def _values(field: str, low: int, high: int, names: tuple[str, ...]) -> set[int]:
    found: set[int] = set()
    for item in field.split(","):
        span, _, step = item.partition("/")
        if span == "*":
            first, last = low, high
        else:
            ends = [names.index(end) + low if end in names else int(end) for end in span.split("-")]
            first, last = ends[0], ends[-1]
        found.update(range(first, last + 1, int(step or 1)))
    return found


def _expected(expression: str, after: datetime) -> datetime | None:
    """Cron's rules, minute by minute within a day that fits, day by day otherwise."""
    fields = expression.split()
    minutes, hours, days, months, weekdays = (
        _values(field, *shape) for field, shape in zip(fields, FIELDS, strict=True)
    )
    starred = fields[2].startswith("*") or fields[4].startswith("*")
    at = after.replace(second=0, microsecond=0) + timedelta(minutes=1)
    end = at.year + 41
    while at.year < end:
        by_day, by_weekday = at.day in days, bool({at.isoweekday() % 7, at.isoweekday()} & weekdays)
        fits = (by_day and by_weekday) if starred else (by_day or by_weekday)
        if at.month not in months or not fits or at.hour > max(hours):
            at = at.replace(hour=0, minute=0) + timedelta(days=1)
        elif at.hour in hours and at.minute in minutes:
            return at
        else:
            at += timedelta(minutes=1)
    return None


@given(expression=EXPRESSIONS, after=MOMENTS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_next_time_is_the_one_that_cron_finds(db: Connection, expression: str, after: datetime) -> None:
    (found,) = db.execute("select pydb_internal.cron_next(%s, %s)", (expression, after)).fetchone() or (0,)
    assert found == _expected(expression, after)
    if found is not None:
        (before,) = db.execute(
            "select pydb_internal.cron_previous(%s, %s)", (expression, found)
        ).fetchone() or (0,)
        assert before == found


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("15 3 * * *", "2026-01-01 03:14:59.999999Z", "2026-01-01 03:15Z"),
        ("15 3 * * *", "2026-01-01 03:15Z", "2026-01-02 03:15Z"),
        ("0 0 29 2 *", "2026-01-01 00:00Z", "2028-02-29 00:00Z"),
        ("0 0 29 2 *", "2097-01-01 00:00Z", "2104-02-29 00:00Z"),
        ("0 0 13 * 5", "2026-02-01 00:00Z", "2026-02-06 00:00Z"),
        ("0 0 */2 * 5", "2026-02-01 00:00Z", "2026-02-13 00:00Z"),
        ("30 2 29 3 *", "2026-03-01 00:00Z", "2026-03-29 02:30Z"),
        ("* * * * *", "2025-12-31 23:59:30Z", "2026-01-01 00:00Z"),
        ("0 0 30 2 *", "2026-01-01 00:00Z", None),
        ("not cron", "2026-01-01 00:00Z", None),
        ("* * * * *", "infinity", None),
    ],
)
def test_known_next_times(db: Connection, expression: str, after: str, expected: str | None) -> None:
    # a zone with a gap at 02:30 on 29 March 2026 must not matter
    db.execute("set timezone = 'Europe/Berlin'")
    (same,) = db.execute(
        "select pydb_internal.cron_next(%s, %s) is not distinct from %s::timestamptz",
        (expression, after, expected),
    ).fetchone() or (None,)
    assert same


@pytest.mark.parametrize(
    ("version", "modern"),
    [("1.4-1", False), ("1.4", False), ("1.5", True), ("1.10", True), ("2.0", True), (None, False)],
)
def test_versions_of_pg_cron_are_compared_by_number(
    db: Connection, version: str | None, modern: bool
) -> None:
    row = db.execute("select pydb_internal.cron_version_at_least(%s::text, 1, 5)", (version,)).fetchone()
    assert row == (modern,)


def test_a_policy_with_a_bad_schedule_is_refused_before_anything_is_written(db: Connection) -> None:
    db.execute("create table public.event (at timestamptz)")
    with pytest.raises(psycopg.Error) as caught:
        db.execute(
            "select pydb.retention_policy_set('p', 'public.event', 'at', '1 day', p_schedule => '@reboot')"
        )
    assert caught.value.sqlstate == "YD501"
    assert db.execute("select count(*) from pydb.retention_policy where not builtin").fetchone() == (0,)
