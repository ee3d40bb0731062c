"""Rules on schemas that others wrote: watermarks, key types, publications, and runs at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.retention.lab import NOW, Lab, refused
from tests.retention.test_keep import TENANTS, explained, of, shop
from tests.retention.test_keep_changed import until_it_waits

if TYPE_CHECKING:
    from tests.conftest import Connect

__all__ = ["shop"]
# rows of 20, 40, 100 and 400 days are 2 to 5; by the rules of the shop and a floor of 7 days
GOES = {1: {2, 3, 4, 5}, 2: {5}, 3: set[int](), 4: {2, 3, 4, 5}, 5: {3, 4, 5}, 0: {3, 4, 5}}
OLDER = {2: 20, 3: 40, 4: 100, 5: 400}


@pytest.mark.parametrize("days", [3, 15, 50, 300])
@pytest.mark.parametrize("how", ["run", "batch", "drop"])
def test_the_lesser_of_rules_and_watermark_counts(shop: Lab, days: int, how: str) -> None:
    shop.do(
        f"""create table public.rollup (done timestamptz);
        insert into public.rollup values (timestamptz '{NOW.isoformat()}' - interval '{days} days')"""
    )
    if how == "drop":
        # rule and watermark keep a partition that is past: its rows go one by one
        shop.do(
            """create table public.p (like public.t) partition by range (at);
            create table public.p_old partition of public.p for values from ('2000-01-01') to ('2024-12-31');
            create table public.p_new partition of public.p for values from ('2024-12-31') to ('2100-01-01');
            insert into public.p select * from public.t;
            drop table public.t;
            alter table public.p rename to t;
            alter table public.t add unique (id, at)"""
        )
    shop.policy(
        **TENANTS,
        keep_floor="7 days",
        watermark_table="public.rollup",
        watermark_column="done",
        action="drop_partition" if how == "drop" else "delete",
    )
    goes = {
        tenant: {number for number in rows if OLDER[number] > max(days, 7)} for tenant, rows in GOES.items()
    }
    wanted = sum(len(rows) for rows in goes.values())
    plan = shop.plan()
    assert {row.cutoff for row in plan} == {NOW - timedelta(days=max(days, 7))}
    assert shop.planned() == wanted
    if how != "drop":
        for number, codes in ((13, [] if days < 40 else ["watermark"]), (32, ["for_ever"]), (22, ["young"])):
            assert (row := explained(shop, number))["codes"] == codes, number
            assert row["is_due"] == (codes == [])
    if how == "batch":
        assert shop.batch(rows=1000)[0] == wanted
    else:
        assert shop.run().rows_done == wanted
    left = {tenant: set(rows) for tenant, rows in of(shop).items()}
    assert left == {tenant: {1, 2, 3, 4, 5} - rows for tenant, rows in goes.items()}


def test_last_rows_and_a_watermark(shop: Lab) -> None:
    shop.do(
        f"""create table public.rollup (done timestamptz);
        insert into public.rollup values (timestamptz '{NOW.isoformat()}' - interval '50 days')"""
    )
    shop.policy(
        keep_last=1, keep_last_by=["tenant"], combine="or", keep_floor="7 days",
        watermark_table="public.rollup", watermark_column="done",
    )  # fmt: skip
    assert explained(shop, 13)["codes"] == ["watermark"]
    assert shop.planned() == shop.prune().rows_done == 12
    assert all(rows == [1, 2, 3] for rows in of(shop).values())


@pytest.mark.parametrize(
    ("ours", "theirs", "taken"),
    [
        ("integer", "bigint", True),
        ("bigint", "smallint", True),
        ("varchar(50)", "text", True),
        ("text", "varchar", True),
        ("public.word", "varchar(60)", True),
        ("text", "public.word", True),
        ("uuid", "uuid", True),
        ("public.citext", "public.citext", True),
        ('text collate "C"', "text", True),
        ("text", "uuid", False),
        ("integer", "numeric", False),
        ("text", "public.citext", False),
        ("char(36)", "text", False),
        ("name", "text", False),
        ("integer", "text", False),
    ],
)
def test_types_of_the_two_sides(lab: Lab, ours: str, theirs: str, taken: bool) -> None:
    """What compares as what it is is one type; anything else is refused, and nothing is guessed."""
    one = "1" if any(word in ours for word in ("int",)) else "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
    lab.do(
        f"""create extension citext; create domain public.word as varchar(40);
        create table public.tenant (id {theirs}, keep interval, unique (id));
        create table public.t (id int primary key, tenant {ours}, at timestamptz);
        insert into public.t select i, case when i < 3 then '{one}' end::text::{ours.partition(" ")[0]},
            '2024-06-01' from generate_series(1, 4) as i;
        """
    )
    if not taken:
        with refused("YD121", what=(ours, theirs)) as told:
            lab.policy(**TENANTS)
        assert "is of type" in told.detail
        assert told.hint
        return
    # nulls are no tenant, however many rows of the mapping have them
    lab.rows("insert into public.tenant values (%s, null), (null, '1 day'), (null, null) returning 1", one)
    lab.policy(**TENANTS)
    assert explained(lab, 1)["codes"] == ["for_ever"]
    assert lab.planned() == lab.prune().rows_done == 2
    assert lab.ids() == [1, 2]


def test_letters_that_a_type_or_a_collation_takes_for_one(lab: Lab) -> None:
    lab.do(
        """create extension citext;
        create table public.tenant (id citext primary key, keep interval);
        insert into public.tenant values ('ACME', null);
        create table public.t (id int primary key, tenant citext, at timestamptz);
        insert into public.t values (1, 'acme', '2024-06-01'), (2, 'Acme', '2024-06-01'),
            (3, 'other', '2024-06-01');"""
    )
    lab.policy(**TENANTS)
    assert lab.planned() == lab.prune().rows_done == 1
    assert lab.ids() == [1, 2]


def test_a_mapping_that_is_renamed_or_moved_is_still_asked(shop: Lab) -> None:
    shop.policy(**TENANTS, keep_floor="7 days")
    planned = shop.planned()
    shop.do(
        "create schema law; alter table public.tenant rename to contract;"
        " alter table public.contract set schema law;"
        " create table public.tenant (id int primary key, keep int)"
    )
    assert shop.planned() == shop.prune().rows_done == planned
    assert of(shop)[3] == [1, 2, 3, 4, 5]


def test_a_tenant_that_two_rows_of_the_mapping_name_is_refused_and_stops_what_was_set(shop: Lab) -> None:
    shop.policy(**TENANTS)
    shop.do(
        "alter table public.tenant drop constraint tenant_pkey; insert into public.tenant values (3, '1 day')"
    )
    before = shop.ids()
    with refused("YD123") as told:
        shop.plan()
    assert "no unique key (id)" in told.message
    assert "create unique index" in told.hint
    assert shop.call().run.end == ("blocked", "error")
    assert shop.ids() == before


@pytest.mark.parametrize(
    ("identity", "end"),
    [
        ("full", ("completed", "exhausted")),
        ("default", ("completed", "exhausted")),
        ("nothing", ("blocked", "error")),
    ],
)
def test_a_published_table(shop: Lab, identity: str, end: tuple[str, str]) -> None:
    shop.do(f"alter table public.t replica identity {identity}; create publication everything for all tables")
    shop.policy(**TENANTS, keep_floor="7 days")
    before = shop.ids()
    call = shop.call()
    assert call.run.end == end
    if end[0] == "blocked":
        assert shop.ids() == before
        assert "replica identity" in (call.run.error or "").lower()
    else:
        assert of(shop)[3] == [1, 2, 3, 4, 5]
        assert call.run.rows_done == sum(map(len, GOES.values()))


def test_two_policies_with_rules_of_one_table_at_once(shop: Lab, connect: Connect) -> None:
    shop.do("update pydb.setting set value = '20 s' where name = 'lock_timeout'")
    shop.policy(**TENANTS, keep_floor="7 days")
    shop.policy("last", keep_last=2, keep_last_by=["tenant"], combine="and", filter="id > 0")
    gate, one, two = connect(autocommit=False), Lab(connect()), Lab(connect())
    gate.execute("lock table public.t in share mode")
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(one.run), pool.submit(two.run, "last")]
        for lab in (one, two):
            until_it_waits(shop, lab.db.info.backend_pid)
        gate.commit()
        done = [run.result(timeout=60) for run in runs]
    # the one keeps by tenant, the other the last two: a row goes where either lets it
    gone = {tenant: rows | {3, 4, 5} for tenant, rows in GOES.items()}
    assert of(shop) == {tenant: sorted({1, 2, 3, 4, 5} - rows) for tenant, rows in gone.items()}
    assert sum(run.rows_done for run in done) == sum(map(len, gone.values()))
    assert {run.state for run in done} == {"completed"}


def test_a_run_of_the_same_policy_is_one(shop: Lab, connect: Connect) -> None:
    shop.do("update pydb.setting set value = '20 s' where name = 'lock_timeout'")
    shop.policy(**TENANTS, keep_floor="7 days")
    gate, ours = connect(autocommit=False), Lab(connect())
    gate.execute("lock table public.t in share mode")
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(ours.run)
        until_it_waits(shop, ours.db.info.backend_pid)
        assert shop.call().run.end == ("skipped", "locked")
        gate.commit()
        assert run.result(timeout=60).rows_done == sum(map(len, GOES.values()))


def test_a_tenant_whose_rule_goes_while_the_run_waits_has_the_keep_of_all(
    shop: Lab, connect: Connect
) -> None:
    shop.do("update pydb.setting set value = '20 s' where name = 'lock_timeout'")
    shop.policy(**TENANTS, keep_floor="7 days")
    gate, ours = connect(autocommit=False), Lab(connect())
    gate.execute("lock table public.t in share mode")
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(ours.call)
        until_it_waits(shop, ours.db.info.backend_pid)
        # counted and laid out by now: tenant 1 loses its ten days, tenant 2 is kept for ever
        shop.do("delete from public.tenant where id = 1; update public.tenant set keep = null where id = 2")
        gate.commit()
        run.result(timeout=60)
    left = of(shop)
    assert left[1] == [1, 2]
    assert left[2] == left[3] == [1, 2, 3, 4, 5]
