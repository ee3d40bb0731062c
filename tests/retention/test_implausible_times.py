"""Times that cannot be meant: another unit in the same column, and what stands for "never"."""

from __future__ import annotations

import pytest

from tests.retention.lab import CUTOFF, NOW, YOUNG, Lab, refused

TICKS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
KINDS = {"s": "bigint", "ms": "bigint", "us": "numeric", "ns": "bigint"}


def fill(lab: Lab, kind: str, odd: list[object], young: object, *, index: bool = False) -> None:
    """``public.t`` with young rows, one row to be pruned (1), and odd ones from 1001 on."""
    lab.do(f"create table public.t (id int primary key, expires_at {kind})")
    if index:
        lab.do("create index on public.t (expires_at)")
    lab.rows("insert into public.t select i, %s from generate_series(2, 100) as i returning id", young)
    for number, value in enumerate(odd, 1001):
        lab.rows("insert into public.t values (%s, %s) returning id", number, value)


@pytest.mark.parametrize("index", [False, True])
@pytest.mark.parametrize("given", [None, "id <> 50"])
@pytest.mark.parametrize(
    ("unit", "other"),
    [("ms", "s"), ("us", "s"), ("us", "ms"), ("ns", "s"), ("ns", "us"), ("s", "ms"), ("ms", "ns")],
)
def test_young_rows_of_another_unit_stay_and_are_counted(
    lab: Lab, unit: str, other: str, given: str | None, index: bool
) -> None:
    young = int(NOW.timestamp())
    lab.do("set client_min_messages = error")
    fill(lab, KINDS[unit], [young * TICKS[other]] * 3, young * TICKS[unit], index=index)
    lab.rows("insert into public.t values (1, %s) returning id", int(CUTOFF.timestamp() - 9) * TICKS[unit])
    messages: list[str | None] = []
    lab.do("reset client_min_messages")
    lab.db.add_notice_handler(lambda diagnostic: messages.append(diagnostic.sqlstate))
    lab.policy(column="expires_at", time_unit=unit, filter=given)
    assert messages == ["YD117"]
    (plan,) = lab.plan()
    assert (plan.rows, plan.implausible_rows) == (1, 3)
    assert plan.oldest == plan.newest is not None
    assert ("implausible_past" if TICKS[other] < TICKS[unit] else "implausible_future") in plan.codes
    run = lab.prune()
    assert run.end == ("completed", "exhausted")
    assert run.detail["implausible_rows"] == 3
    assert messages.count("YD117") == 2
    assert lab.ids()[-3:] == [1001, 1002, 1003]
    assert len(lab.ids()) == 102


SENTINELS: dict[str, list[object]] = {
    "timestamptz": ["0001-01-01", "1970-01-01", "1900-01-01", "1899-12-30", "1753-01-01", "-infinity"],
    "timestamp": ["0001-01-01", "1970-01-01", "1979-12-31 23:59:59", "0044-03-15 BC", "-infinity"],
    "date": ["0001-01-01", "1970-01-01", "1899-12-30", "-infinity"],
    "int": [0, -1, -2147483648],
    "bigint": [0, -1, -9223372036854775808, -62135596800, 86400],
    "double precision": [0, -1, -0.5, "-infinity", -1e300],
    "numeric": [0, -1, "-infinity", "-1e500"],
    "uuid": ["00000000-0000-0000-0000-000000000000"],
}


@pytest.mark.parametrize("index", [False, True])
@pytest.mark.parametrize("kind", SENTINELS)
@pytest.mark.parametrize("batches", [False, True])
def test_what_stands_for_never_stays(lab: Lab, kind: str, index: bool, batches: bool) -> None:
    counts = kind in ("int", "bigint", "double precision", "numeric")
    young: object = "2026-01-01"
    if counts:
        young = int(NOW.timestamp()) + 86400
    elif kind == "uuid":
        young = f"{(int(NOW.timestamp()) + 86400) * 1000:012x}7abc8def0123456789ab"
    # a table with a tenth of them is no table of another unit
    fill(lab, kind, SENTINELS[kind] * 5, young, index=index)
    if kind in ("timestamptz", "timestamp", "date"):
        lab.do("insert into public.t values (2001, '9999-12-31'), (2002, 'infinity')")
    wanted = lab.ids()
    lab.policy(column="expires_at", keep="0", expiry=True, time_unit="s" if counts else None)
    (plan,) = lab.plan()
    infinite = SENTINELS[kind].count("-infinity")
    assert (plan.rows, plan.oldest, plan.newest) == (0, None, None)
    assert plan.implausible_rows == 5 * (len(SENTINELS[kind]) - infinite)
    assert ("minus_infinity" in plan.codes) is bool(infinite)
    assert "implausible_future" not in plan.codes
    if batches:
        assert lab.batch()[:2] == (0, 0)
    else:
        assert lab.prune().end == ("completed", "exhausted")
    assert lab.ids() == wanted


def test_old_data_that_is_meant_goes_where_the_policy_says_so(lab: Lab) -> None:
    fill(lab, "date", ["1975-06-01", "1912-06-23", "1970-01-01"], YOUNG)
    lab.policy(column="expires_at", expire_implausible=True)
    (plan,) = lab.plan()
    assert (plan.rows, plan.implausible_rows) == (3, 0)
    assert "implausible_past" not in plan.codes
    lab.prune()
    assert lab.ids() == list(range(2, 101))


@pytest.mark.parametrize("index", [False, True])
def test_rows_that_others_reference_are_told_from_those_that_cannot_be_meant(lab: Lab, index: bool) -> None:
    fill(lab, "bigint", [0, -1], int(NOW.timestamp()), index=index)
    lab.do(
        """insert into public.t values (1, 1700000000), (102, 1700000000);
        create table public.c (t_id int references public.t); insert into public.c values (1), (1001)"""
    )
    lab.policy(column="expires_at", time_unit="s")
    (plan,) = lab.plan()
    assert (plan.rows, plan.blocked_rows, plan.implausible_rows) == (1, 1, 2)
    assert lab.run().end == ("partial", "referenced")
    assert {1, 1001, 1002} <= set(lab.ids())


def test_a_unit_that_fits_nothing_is_still_refused(lab: Lab) -> None:
    fill(lab, "double precision", [], NOW.timestamp())
    for unit in ("ms", "us", "ns"):
        with refused("YD102"):
            lab.policy(column="expires_at", time_unit=unit)
    lab.do("create table public.u as select id, gen_random_uuid() as expires_at from public.t")
    with refused("YD102"):
        lab.policy(table="public.u", column="expires_at")


def test_rows_in_every_partition_are_counted(lab: Lab) -> None:
    lab.do(
        """create table public.t (id int, at bigint) partition by list (id);
        create table public.t1 partition of public.t for values in (1);
        create table public.t2 partition of public.t for values in (2);
        insert into public.t values (1, 0), (2, 0), (2, -1), (1, 1700000000);"""
    )
    lab.policy(time_unit="s")
    assert [row.implausible_rows for row in lab.plan()] == [1, 2]
    lab.prune()
    assert len(lab.ids()) == 3
