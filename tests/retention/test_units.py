"""Kinds of time beside the calendar types: numbers in any unit, uuids of version 7, domains, hints."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.retention.lab import CUTOFF, NOW, Lab, refused

TICKS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


@pytest.mark.parametrize("strategy", ["heap", "index"])
@pytest.mark.parametrize("kind", ["double precision", "numeric", "bigint"])
@pytest.mark.parametrize("unit", TICKS)
def test_numbers_expire_before_the_cutoff_and_not_at_it(
    lab: Lab, unit: str, kind: str, strategy: str
) -> None:
    edge = int(CUTOFF.timestamp()) * TICKS[unit]
    # a double of nanoseconds knows no single one of them
    tick = 1024 if (unit, kind) == ("ns", "double precision") else 1
    lab.do(f"create table public.t (id int primary key, at {kind}); create index on public.t (at)")
    for number, value in enumerate([edge - tick, edge, edge + tick, None, edge - 9 * tick], 1):
        lab.rows("insert into public.t values (%s, %s) returning id", number, value)
    lab.policy(time_unit=unit, strategy=strategy)
    (plan,) = lab.plan()
    assert plan.null_rows == 1
    assert plan.oldest is not None
    assert plan.oldest[:19] <= "2024-12-02 12:00:00"
    lab.prune()
    assert lab.ids() == [2, 3, 4]


@pytest.mark.parametrize("kind", ["double precision", "numeric"])
def test_a_fraction_of_a_second_counts(lab: Lab, kind: str) -> None:
    lab.do(f"create table public.t (id int primary key, at {kind})")
    edge = int(CUTOFF.timestamp())
    for number, value in enumerate([edge + 0.25, edge + 0.5, edge + 0.75], 1):
        lab.rows("insert into public.t values (%s, %s) returning id", number, value)
    lab.do("insert into public.t values (4, 'infinity'), (5, 'nan')")
    lab.policy(time_unit="s", filter="id < 5")
    assert lab.planned(now=NOW + timedelta(seconds=0.5)) == 1
    assert lab.run(now=NOW + timedelta(seconds=0.5)).rows_done == 1
    assert lab.ids() == [2, 3, 4, 5]


@pytest.mark.parametrize("strategy", ["heap", "index"])
def test_a_uuid_of_version_7_tells_its_time(lab: Lab, strategy: str) -> None:
    lab.do("create table public.t (id int, at uuid primary key)")
    edge = int(CUTOFF.timestamp()) * 1000
    for number, (tick, tail) in enumerate(
        [
            (edge - 1, "7fff8fffffffffffffff"),
            (edge, "7000800000000000abcd"),
            (edge + 1, "7000800000000000abcd"),
            (edge - 10**9, "7000800000000000abcd"),
            (edge - 10**9, "4000800000000000abcd"),  # of version 4: its time is chance
        ],
        1,
    ):
        lab.rows("insert into public.t values (%s, %s::uuid) returning id", number, f"{tick:012x}{tail}")
    lab.do(
        f"""insert into public.t select i, (lpad(to_hex({edge} + i), 12, '0') || '7000800000000000abcd')::uuid
        from generate_series(6, 12) as i"""
    )
    assert lab.policy(strategy=strategy, expire_implausible=False)["time_unit"] == "uuidv7"
    (plan,) = lab.plan()
    assert (plan.rows, plan.implausible_rows) == (2, 1)
    assert plan.newest == "2024-12-02 11:59:59.999+00"
    lab.prune()
    assert lab.ids() == [2, 3, *range(5, 13)]
    lab.policy(strategy=strategy, expire_implausible=True)
    lab.prune()
    assert lab.ids() == [2, 3, *range(6, 13)]


def test_an_index_of_uuids_is_walked_in_ranges(lab: Lab) -> None:
    lab.do(
        """create table public.t (id int, at uuid primary key);
        insert into public.t select i, (lpad(to_hex(1733000000000 + i), 12, '0') || '7'
            || substr(md5(i::text), 1, 3) || '8' || substr(md5(i::text), 1, 15))::uuid
        from generate_series(1, 5000) as i"""
    )
    lab.policy(strategy="index", rows_per_second=700, fuse_share="1", max_runtime="1 minute")
    lab.do("update pydb.retention_policy set rows_per_second = 700")
    assert lab.planned() == 5000
    left, cursor = 5000, None
    for _ in range(8):
        done, left, cursor = lab.batch(rows=700, cursor=cursor)
        assert done <= 700
        if cursor is None:
            break
    assert (left, cursor, lab.ids()) == (0, None, [])


@pytest.mark.parametrize("kind", ["timestamptz", "date", "bigint", "numeric", "uuid"])
def test_a_domain_over_a_domain_tells_time(lab: Lab, kind: str) -> None:
    lab.do(
        f"""create domain public.one as {kind}; create domain public.two as public.one
            check (value is not null); create domain public.three as public.two;
        create table public.t (id int primary key, at public.three); create index on public.t (at)"""
    )
    old, young = {
        "bigint": ("1700000000", "1735700000"),
        "numeric": ("1700000000.5", "1735700000.5"),
        "uuid": ("018bcfe5-6800-7000-8000-000000000001", "01941e20-0000-7000-8000-000000000001"),
    }.get(kind, ("2024-01-01", "2024-12-31"))
    lab.do(f"insert into public.t values (1, '{old}'), (2, '{young}')")
    lab.policy(strategy="index", time_unit="s" if kind in ("bigint", "numeric") else None)
    lab.prune()
    assert lab.ids() == [2]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "01HF7YAT00ABCDEFGHJKMNPQRS"),
        ("char(26)", "01hf7yat00abcdefghjkmnpqrs"),
        ("text", "018bcfe5-6800-7000-8000-000000000001"),
        ("varchar(20)", "1700000000"),
        ("text", "1700000000000"),
        ("text", "2023-11-14"),
        ("text", "2023-11-14T22:13:20Z"),
        ("text", "2023-11-14 22:13:20.123"),
        ("tstzrange", "[2023-11-13,2023-11-14)"),
        ("daterange", "[2023-11-13,2023-11-14)"),
        ("jsonb", '{"created_at": 1700000000000}'),
        ("json", '{"created_at": 1700000000000}'),
    ],
)
def test_the_hint_makes_a_column_that_tells_the_time(lab: Lab, kind: str, value: str) -> None:
    lab.do(f'create table public.t (id int primary key, "At" {kind})')
    lab.rows("insert into public.t values (1, %s::text::" + kind + ") returning id", value)
    with refused("YD102") as refusal:
        lab.policy(column="At")
    typed = re.search(
        r"(alter table .*?); then p_time_column => '(\w+)'(?:, p_time_unit => '(\w+)')?\.", refusal.hint
    )
    assert typed is not None, refusal.hint
    lab.do(typed[1])
    lab.policy(column=typed[2], time_unit=typed[3])
    (plan,) = lab.plan()
    assert plan.rows == 1
    assert plan.oldest is not None
    assert plan.oldest.startswith("2023-11-14")
    lab.prune()
    assert lab.ids() == []


@pytest.mark.parametrize(
    ("kind", "value", "unit"),
    [
        ("bigint", "1700000000", "s"),
        ("bigint", "1700000000000", "ms"),
        ("bigint", "1700000000000000", "us"),
        ("bigint", "1700000000000000000", "ns"),
        ("double precision", "1700000000.25", "s"),
        ("numeric", "1700000000000.5", "ms"),
        ("int", "1700000000", "s"),
    ],
)
def test_the_hint_names_the_unit_that_the_values_are_of(lab: Lab, kind: str, value: str, unit: str) -> None:
    lab.do(f"create table public.t (id int primary key, at {kind}); insert into public.t values (1, {value})")
    with refused("YD102") as refusal:
        lab.policy()
    assert refusal.hint.startswith(f"p_time_unit => '{unit}'")
    lab.policy(time_unit=unit)
    lab.prune()
    assert lab.ids() == []


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_nothing_due_has_no_oldest(lab: Lab, unit: str) -> None:
    lab.do("create table public.t (id int primary key, at bigint)")
    lab.policy(time_unit=unit)
    (plan,) = lab.plan()
    assert (plan.rows, plan.oldest, plan.newest) == (0, None, None)
    lab.do("create index on public.t (at)")
    (plan,) = lab.plan()
    assert (plan.oldest, plan.newest) == (None, None)
