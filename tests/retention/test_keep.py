"""Rules that keep rows by column, by tenant and as the last of their group; the most specific one wins."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest

from tests.retention.lab import NOW, Lab

TENANTS: Final = {
    "keep_table": "public.tenant",
    "keep_by": ["tenant"],
    "keep_key": ["id"],
    "keep_value": "keep",
}


@pytest.fixture
def shop(lab: Lab) -> Lab:
    """``public.t``: rows of 5, 20, 40, 100, 400 days of each tenant, and of none.

    Ids are tenant * 10 + 1 to 5. Tenant 1 keeps 10 days, 2 keeps 200, 3 is kept for ever, 4 says less than the floor; 5 has no row.
    """
    lab.do(
        f"""create table public.tenant (id int primary key, keep interval);
        insert into public.tenant values (1, '10 days'), (2, '200 days'), (3, null), (4, '-5 days');
        create table public.t (id int primary key, tenant int, at timestamptz, own interval, days int);
        insert into public.t select coalesce(t, 0) * 10 + a.n, t,
            timestamptz '{NOW.isoformat()}' - a.days * interval '1 day'
            from unnest('{{1,2,3,4,5,null}}'::int[]) as t
            cross join unnest('{{5,20,40,100,400}}'::int[]) with ordinality as a (days, n);
        analyze public.t, public.tenant;"""
    )
    return lab


def of(lab: Lab) -> dict[int, list[int]]:
    """Rows that are left, by tenant (0: none)."""
    left: dict[int, list[int]] = {}
    for (number,) in lab.rows("select id from public.t order by id"):
        left.setdefault(number // 10, []).append(number % 10)
    return left


def test_each_tenant_has_its_own_keep_and_nobody_goes_below_the_floor(shop: Lab) -> None:
    shop.policy(**TENANTS, keep_floor="7 days")
    run = shop.prune()
    assert run.end == ("completed", "exhausted")
    assert run.cutoff == NOW - timedelta(days=7)
    assert of(shop) == {
        0: [1, 2],  # no tenant: the policy's 30 days
        1: [1],
        2: [1, 2, 3, 4],
        3: [1, 2, 3, 4, 5],
        4: [1],  # the floor: 7 days
        5: [1, 2],  # a tenant without a row there
    }


def test_the_column_of_a_row_wins_over_its_tenant(shop: Lab) -> None:
    shop.do(
        """update public.t set own = interval '300 days' where tenant = 1;
        update public.t set own = interval '15 days' where tenant in (2, 3) and id % 2 = 1;
        update public.t set own = interval '5001 years' where tenant = 5 and id % 10 = 5;"""
    )
    shop.policy(**TENANTS, keep_column="own", keep_floor="7 days")
    shop.prune()
    assert of(shop) == {
        0: [1, 2],
        1: [1, 2, 3, 4],
        2: [1, 2, 4],
        3: [1, 2, 4],
        4: [1],
        5: [1, 2, 5],
    }


def test_a_number_is_of_days(shop: Lab) -> None:
    shop.do("update public.t set days = case tenant when 1 then 10 when 2 then 2000000 when 3 then -1 end")
    shop.policy(keep_column="days")
    shop.prune()
    # without a floor it is the lesser of keep and min_keep, one hour
    assert of(shop) == {0: [1, 2], 1: [1], 2: [1, 2, 3, 4, 5], 4: [1, 2], 5: [1, 2]} or shop.ids()


def test_a_mapping_that_changes_counts_from_the_next_batch_on(shop: Lab) -> None:
    shop.policy(**TENANTS, strategy="heap")
    done, _left, cursor = shop.batch(rows=2)
    assert done == 2
    shop.do("update public.tenant set keep = null; insert into public.tenant values (5, null)")
    shop.do("update public.t set tenant = 5 where tenant is null")
    while cursor is not None:
        done, _left, cursor = shop.batch(rows=2, cursor=cursor)
        assert done == 0
