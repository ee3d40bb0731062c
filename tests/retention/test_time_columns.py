"""Every kind of time column, and the exact edge between expired and kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.retention.lab import CUTOFF, MICROSECOND, NOW, Lab, refused

BERLIN = "Europe/Berlin"
NEW_YORK = "America/New_York"


def fill(lab: Lab, kind: str, *values: object, index: bool = False) -> None:
    """``public.t`` with one row a value, numbered from 1."""
    lab.do(f"create table public.t (id int primary key, at {kind})")
    if index:
        lab.do("create index on public.t (at)")
    for number, value in enumerate(values, 1):
        lab.db.execute("insert into public.t values (%s, %s)", (number, value))


@pytest.mark.parametrize("strategy", ["heap", "index"])
def test_timestamptz_expires_before_the_cutoff_and_not_at_it(lab: Lab, strategy: str) -> None:
    fill(lab, "timestamptz", CUTOFF - MICROSECOND, CUTOFF, CUTOFF + MICROSECOND, index=True)
    lab.policy(strategy=strategy)
    (plan,) = lab.plan()
    assert plan.cutoff == CUTOFF
    assert plan.oldest == plan.newest
    assert lab.prune().cutoff == CUTOFF
    assert lab.ids() == [2, 3]


@pytest.mark.parametrize("strategy", ["heap", "index"])
@pytest.mark.parametrize("zone", ["UTC", BERLIN, NEW_YORK, "Asia/Kathmandu"])
def test_timestamp_is_read_in_the_zone_of_the_policy(lab: Lab, zone: str, strategy: str) -> None:
    local = lab.one("select timestamptz '2024-12-02 12:00+00' at time zone %s", zone)
    assert isinstance(local, datetime)
    fill(lab, "timestamp", local - MICROSECOND, local, local + MICROSECOND, index=True)
    lab.do("set timezone = 'Pacific/Auckland'")
    lab.policy(strategy=strategy, timezone=zone)
    lab.prune()
    assert lab.ids() == [2, 3]


@pytest.mark.parametrize(
    ("now", "keep", "cutoff"),
    [
        # clocks in Berlin went back on 27 October 2024: a day of 25 hours lies in between
        ("2024-11-01 12:00+00", "7 days", "2024-10-25 11:00+00"),
        ("2024-11-01 12:00+00", "168 hours", "2024-10-25 12:00+00"),
        # … and forward on 31 March: 23 hours
        ("2024-04-02 12:00+00", "7 days", "2024-03-26 13:00+00"),
        # 02:30 of that morning was never; what comes out is a moment that was
        ("2024-04-30 00:30+00", "30 days", "2024-03-31 01:30+00"),
        ("2024-03-31 12:00+00", "1 mon", "2024-02-29 13:00+00"),
        # hours are hours: one before the clocks went forward, one before they went back
        ("2024-03-31 01:30+00", "1 hour", "2024-03-31 00:30+00"),
        ("2024-10-27 00:30+00", "1 hour", "2024-10-26 23:30+00"),
        ("2024-10-27 01:30+00", "1 hour", "2024-10-27 00:30+00"),
        ("2024-04-02 12:00+00", "7 days 02:00", "2024-03-26 11:00+00"),
    ],
)
@pytest.mark.parametrize("kind", ["timestamptz", "timestamp"])
def test_keep_is_subtracted_on_the_wall_clock_of_the_zone(
    lab: Lab, kind: str, now: str, keep: str, cutoff: str
) -> None:
    edge = datetime.fromisoformat(cutoff)
    lab.do(f"create table public.t (id int, at {kind})")
    for number, moment in enumerate([edge - MICROSECOND, edge, edge + MICROSECOND], 1):
        value = "%s::timestamptz" if kind == "timestamptz" else f"%s::timestamptz at time zone '{BERLIN}'"
        lab.db.execute(f"insert into public.t values (%s, {value})".encode(), (number, moment))
    lab.policy(keep=keep, timezone=BERLIN)
    moment = datetime.fromisoformat(now)
    (plan,) = lab.plan(now=moment)
    assert (plan.cutoff, plan.rows) == (edge, 1)
    assert lab.run(now=moment).rows_done == 1
    assert lab.ids() == [2, 3]


@pytest.mark.parametrize(
    ("zone", "now", "kept_from"),
    [
        ("UTC", "2025-01-01 00:00+00", "2024-12-02"),
        ("UTC", "2025-01-01 23:59+00", "2024-12-02"),
        (NEW_YORK, "2025-01-01 04:59+00", "2024-12-01"),
        (NEW_YORK, "2025-01-01 05:00+00", "2024-12-02"),
        ("Pacific/Kiritimati", "2025-01-01 10:00+00", "2024-12-03"),
    ],
)
@pytest.mark.parametrize("strategy", ["heap", "index"])
def test_a_date_stays_until_its_whole_day_is_past(
    lab: Lab, zone: str, now: str, kept_from: str, strategy: str
) -> None:
    first = datetime.fromisoformat(kept_from).date()
    fill(
        lab,
        "date",
        *(first + timedelta(days=days) for days in (-2, -1, 0, 1)),
        "infinity",
        "-infinity",
        None,
        index=True,
    )
    lab.policy(strategy=strategy, timezone=zone)
    moment = datetime.fromisoformat(now)
    assert lab.planned(now=moment) == 2
    assert lab.run(now=moment).rows_done == 2
    assert lab.ids() == [3, 4, 5, 6, 7]


@pytest.mark.parametrize("strategy", ["heap", "index"])
@pytest.mark.parametrize(
    ("unit", "kind"), [("s", "int"), ("s", "bigint"), ("ms", "bigint"), ("us", "bigint")]
)
def test_epochs_expire_before_the_cutoff_and_not_at_it(lab: Lab, unit: str, kind: str, strategy: str) -> None:
    edge = int(CUTOFF.timestamp()) * {"s": 1, "ms": 1_000, "us": 1_000_000}[unit]
    fill(lab, kind, edge - 1, edge, edge + 1, None, edge - 2, index=True)
    lab.policy(time_unit=unit, strategy=strategy)
    (plan,) = lab.plan()
    assert plan.null_rows == 1
    assert plan.oldest is not None
    assert plan.oldest < "2024-12-02 12:00:00"
    lab.prune()
    assert lab.ids() == [2, 3, 4]


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_an_epoch_between_two_ticks_never_takes_a_row_early(lab: Lab, unit: str) -> None:
    factor = {"s": 1, "ms": 1_000}[unit]
    edge = int(CUTOFF.timestamp()) * factor
    fill(lab, "bigint", edge - 1, edge, edge + 1)
    lab.policy(time_unit=unit)
    lab.run(now=NOW + 500 * MICROSECOND)
    assert set(lab.ids()) >= {3}
    assert 1 not in lab.ids()


@pytest.mark.parametrize("column", ["expires_at", "Expiry", "valid_until"])
def test_expiry_columns_take_keep_zero(lab: Lab, column: str) -> None:
    lab.do(f'create table public.t (id int primary key, "{column}" timestamptz)')
    for number, moment in enumerate([NOW - MICROSECOND, NOW, NOW + MICROSECOND, "infinity", None], 1):
        lab.db.execute("insert into public.t values (%s, %s)", (number, moment))
    assert lab.policy(column=column, keep="0")["expiry"] is True
    lab.prune()
    assert lab.ids() == [2, 3, 4, 5]


def test_any_column_can_be_said_to_hold_the_expiry(lab: Lab) -> None:
    fill(lab, "timestamptz", NOW - timedelta(seconds=2), NOW)
    with refused("YD101"):
        lab.policy(keep="0")
    # a grace after the expiry may be as short as one likes
    lab.policy(keep="1 second", expiry=True)
    lab.prune()
    assert lab.ids() == [2]


def test_expiry_in_epochs(lab: Lab) -> None:
    lab.do("create table public.t (id int primary key, expires_at bigint)")
    lab.do("insert into public.t values (1, 1735732799), (2, 1735732800), (3, 1767225600)")
    lab.policy(column="expires_at", keep="0", time_unit="s")
    lab.prune()
    assert lab.ids() == [2, 3]


@pytest.mark.parametrize("strategy", ["heap", "index"])
@pytest.mark.parametrize("kind", ["timestamptz", "timestamp", "date"])
@pytest.mark.parametrize("opted_in", [False, True])
def test_infinities_and_years_before_christ(lab: Lab, kind: str, strategy: str, opted_in: bool) -> None:
    fill(lab, kind, "infinity", "-infinity", "0044-03-15 BC", "4714-11-24 BC", None, "2024-12-31", index=True)
    lab.policy(strategy=strategy, expire_minus_infinity=opted_in, expire_implausible=True)
    (plan,) = lab.plan()
    assert plan.rows == 2 + opted_in
    assert plan.oldest == ("-infinity" if opted_in else "4714-11-24 00:00:00+00 BC")
    assert plan.newest == "0044-03-15 00:00:00+00 BC"
    assert ("1 row at -infinity" in "\n".join(plan.warnings)) is not opted_in
    lab.prune()
    assert lab.ids() == ([1, 5, 6] if opted_in else [1, 2, 5, 6])


def test_only_minus_infinity_and_many_of_it(lab: Lab) -> None:
    lab.do("create table public.t (id int, at timestamptz); create index on public.t (at)")
    lab.do("insert into public.t select i, '-infinity' from generate_series(1, 20000) as i")
    lab.policy(strategy="index", expire_minus_infinity=True)
    run = lab.prune()
    assert run.end == ("completed", "exhausted")
    assert lab.ids() == []


def test_a_domain_over_a_time_type_tells_time(lab: Lab) -> None:
    lab.do("create domain public.moment as timestamptz check (value > '1900-01-01')")
    fill(lab, "public.moment", CUTOFF - MICROSECOND, CUTOFF)
    lab.policy()
    lab.prune()
    assert lab.ids() == [2]


FILTERS = (
    "id % 2 = 0",
    "kind in ('a', 'b')",
    "kind like 'a%'",
    "kind = 'it''s' or kind = 'a'",
    "at is not null and not (kind = 'c' or id > 3)",
    "length(kind) = 1",
    "date_trunc('day', at) < '2024-07-01'",
    "at::date < '2024-07-01'",
    "extract(hour from at) = 0",
    '"Kind" is null',
    "kind ~ '^a$'",
    "coalesce(n, 0) > 1",
    "case when id = 1 then true else false end",
    "(id, kind) < (3, 'z')",
    "t is null",
    "false",
    "null",
)


@pytest.mark.parametrize("session_zone", ["UTC", "Asia/Tokyo"])
def test_a_filter_takes_its_rows_and_no_others(lab: Lab, session_zone: str) -> None:
    lab.do(
        """create table public.all_rows (id int primary key, at timestamptz, kind text, n int,
            "Kind" text, t int);
        insert into public.all_rows
            select i, '2024-06-30 23:30+00', (array['a', 'b', 'c'])[1 + i % 3], i, nullif(i, 4)
            from generate_series(1, 6) as i;
        insert into public.all_rows values (7, '2024-12-31', 'a', 1), (8, null, 'a', 1);
        create table public.t (like public.all_rows);"""
    )
    for given in FILTERS:
        lab.do("set timezone = 'UTC'; truncate public.t; insert into public.t select * from public.all_rows")
        want = lab.ids(f"public.t where (at < '2024-12-02 12:00+00' and ({given})) is not true")
        lab.do(f"set timezone = '{session_zone}'")
        lab.policy(filter=given)
        lab.prune()
        assert lab.ids() == want, given


def test_what_a_filter_says_does_not_depend_on_the_session_that_stored_it(lab: Lab) -> None:
    fill(lab, "timestamptz", "2024-02-10", "2024-10-02", "2024-11-20")
    lab.do("set datestyle = 'SQL, DMY'; set intervalstyle = 'sql_standard'; set timezone = 'Asia/Tokyo'")
    lab.policy(
        filter="at > '2024-02-11'::date + interval '-1 day +02:03:04' "
        "and at < timestamptz '2024-10-02 00:00:01+00'"
    )
    lab.do("reset datestyle; reset intervalstyle; reset timezone")
    assert lab.planned() == 1
    lab.prune()
    assert lab.ids() == [1, 3]


@pytest.mark.parametrize(
    "setting",
    [
        "set datestyle = 'German, DMY'",
        "set timezone = 'America/St_Johns'",
        "set intervalstyle = 'iso_8601'",
        "set search_path = evil, pg_catalog",
        "set standard_conforming_strings = off",
        "set default_transaction_isolation = serializable",
        "set enable_seqscan = off",
        "set extra_float_digits = -15",
        "set row_security = off",
        "set plan_cache_mode = force_generic_plan",
        "set quote_all_identifiers = on",
    ],
)
def test_no_setting_of_the_session_moves_the_edge(lab: Lab, setting: str) -> None:
    lab.do(
        """create schema evil; create function evil.clock_timestamp() returns timestamptz language sql as
        'select timestamptz ''2100-01-01''';
        create function evil.count(anyelement) returns int8 language sql as 'select 0::int8';"""
    )
    edge = datetime(2024, 12, 2, tzinfo=UTC)
    values = [(edge + timedelta(days=days)).isoformat() for days in (-1, 0, 1)]
    for kind in ("timestamptz", "timestamp", "date"):
        lab.do("reset all; drop table if exists public.t")
        fill(lab, kind, *values, index=True)
        lab.do(setting)
        lab.policy(strategy="index", filter="at < '2099-02-01'")
        moment = edge + timedelta(days=30)
        assert lab.planned(now=moment) == 1
        assert lab.run(now=moment).rows_done == 1
        assert lab.ids() == [2, 3], kind
