"""Rules that keep rows by column, by tenant and as the last of their group; the most specific one wins."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from tests.retention.lab import NOW, Lab, refused
from tests.servers import PAUSE

if TYPE_CHECKING:
    from tests.conftest import Connect, RoleFactory

TENANTS: Final[dict[str, object]] = {
    "keep_table": "public.tenant",
    "keep_by": ["tenant"],
    "keep_key": ["id"],
    "keep_value": "keep",
}


@pytest.fixture
def shop(lab: Lab) -> Lab:
    """``public.t``: rows of 5, 20, 40, 100, 400 days of each tenant and of none; ids: tenant * 10 + 1 to 5.

    Tenant 1 keeps 10 days, 2 keeps 200, 3 is kept for ever, 4 says less than the floor; 5 has no row.
    """
    lab.do(
        f"""create table public.tenant (id int primary key, keep interval);
        insert into public.tenant values (1, '10 days'), (2, '200 days'), (3, null), (4, '-5 days');
        create table public.t (id int primary key, tenant int, at timestamptz, own interval, days int);
        insert into public.t select coalesce(t, 0) * 10 + a.n, t,
            timestamptz '{NOW.isoformat()}' - a.days * interval '1 day'
            from unnest('{{1,2,3,4,5,null}}'::int[]) as t
            cross join unnest('{{5,20,40,100,400}}'::int[]) with ordinality as a (days, n);
        create index on public.t (tenant, at);
        create index on public.t (at);
        analyze public.t, public.tenant;"""
    )
    return lab


def of(lab: Lab) -> dict[int, list[int]]:
    """Rows that are left, by tenant (0: none)."""
    left: dict[int, list[int]] = {}
    for (number,) in lab.rows("select id from public.t order by id"):
        left.setdefault(number // 10, []).append(number % 10)
    return left


def explained(lab: Lab, number: int) -> dict[str, object]:
    """What the policy says of the row of an id."""
    columns = ("rule", "rule_from", "keep", "goes_at", "is_due", "place", "codes")
    (row,) = lab.rows(
        f"""select {", ".join(columns)} from pydb.retention_row_explain('p',
            jsonb_build_object('id', %s::int), %s)""",
        number,
        NOW,
    )
    return dict(zip(columns, row, strict=True))


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


def test_a_whole_number_is_of_days(shop: Lab) -> None:
    shop.do(
        """update public.t set days = case tenant
            when 1 then 10 when 2 then 2000000000 when 3 then -2000000000 end;
        update public.t set at = at + interval '4 days 23 hours 30 minutes' where id = 31;"""
    )
    shop.policy(keep_column="days")
    shop.prune()
    # 3 says less than nothing: the floor is min_keep, an hour
    assert of(shop) == {0: [1, 2], 1: [1], 2: [1, 2, 3, 4, 5], 3: [1], 4: [1, 2], 5: [1, 2]}


def test_a_mapping_that_changes_counts_from_the_next_batch_on(shop: Lab) -> None:
    shop.policy(**TENANTS, strategy="heap")
    done, _left, cursor = shop.batch(rows=2)
    assert (done, cursor is None) == (2, False)
    shop.do(
        """update public.tenant set keep = null;
        insert into public.tenant values (5, null);
        update public.t set tenant = 5 where tenant is null;"""
    )
    before = shop.ids()
    while cursor is not None:
        done, _left, cursor = shop.batch(rows=2, cursor=cursor)
        assert done == 0
    assert shop.ids() == before


def test_a_row_that_changes_under_the_batch_is_judged_as_it_is_then(shop: Lab, connect: Connect) -> None:
    """The delete waits for a writer who gives the row to a tenant that is kept for ever: it stays."""
    shop.policy(**TENANTS, keep_floor="7 days")
    writer, ours = connect(autocommit=False), Lab(connect())
    writer.execute("update public.t set tenant = 3 where id = 15")
    with ThreadPoolExecutor(1) as pool:
        batch = pool.submit(ours.batch, rows=100)
        while not shop.rows(
            "select from pg_stat_activity where pid = %s and wait_event_type = 'Lock'",
            ours.db.info.backend_pid,
        ):
            assert not batch.done()
            time.sleep(PAUSE)
        writer.commit()
        assert batch.result(timeout=60)[0] == 14
    assert 15 in shop.ids()


def test_drop_partition_leaves_a_partition_of_which_a_rule_keeps_a_row(lab: Lab) -> None:
    lab.do(
        """create table public.t (id int, tenant int, at timestamptz not null) partition by range (at);
        create table public.t_06 partition of public.t for values from ('2024-06-01') to ('2024-07-01');
        create table public.t_07 partition of public.t for values from ('2024-07-01') to ('2024-08-01');
        create table public.t_12 partition of public.t for values from ('2024-12-01') to ('2030-01-01');
        create table public.tenant (id int primary key, keep interval);
        insert into public.tenant values (1, null);
        insert into public.t values (1, 1, '2024-06-10'), (2, 2, '2024-06-11'), (3, 2, '2024-07-10'),
            (4, 2, '2024-12-31');"""
    )
    lab.policy(action="drop_partition", **TENANTS)
    assert [(row.relation, row.action, row.rows) for row in lab.plan()] == [
        ("public.t_06", "delete", 1),
        ("public.t_07", "drop", 1),
        ("public.t_12", "delete", 0),
    ]
    lab.prune()
    assert lab.ids() == [1, 4]
    assert lab.one("select to_regclass('public.t_07')") is None


def test_the_last_rows_of_a_group_stay_whatever_their_age(shop: Lab) -> None:
    shop.do("update public.t set at = timestamptz '2024-01-01' where tenant = 2 or tenant is null")
    shop.policy(keep_last=2, keep_last_by=["tenant"], combine="and")
    shop.prune()
    # of one time the greater key is the newer row; rows without a tenant are a group
    assert of(shop) == {0: [4, 5], 1: [1, 2], 2: [4, 5], 3: [1, 2], 4: [1, 2], 5: [1, 2]}


def test_or_takes_what_is_beyond_the_last_ones_down_to_the_floor(shop: Lab) -> None:
    shop.do(
        """update public.t set at = null where id = 11;
        update public.t set own = interval '6000 years' where id = 55;
        update public.t set own = interval '1 day' where id = 22;"""
    )
    shop.policy(
        keep="200 days",
        keep_last=1,
        keep_last_by=["tenant"],
        combine="or",
        keep_floor="7 days",
        keep_column="own",
    )
    run = shop.prune()
    assert run.cutoff == NOW - timedelta(days=7)
    # 11 has no time and no place; 55 is kept for ever; 22 expired by itself and takes nobody's place
    assert of(shop) == {0: [1], 1: [1, 2], 2: [1], 3: [1], 4: [1], 5: [1, 5]}


def test_the_last_rows_are_counted_over_all_partitions(lab: Lab) -> None:
    lab.do(
        """create table public.t (id int, part int, at timestamptz, primary key (id, part))
            partition by list (part);
        create index on public.t (at);
        create table public.t_0 partition of public.t for values in (0);
        create table public.t_1 partition of public.t for values in (1);
        insert into public.t select i, i % 2, timestamptz '2024-01-01' + i * interval '1 day'
            from generate_series(1, 9) as i;"""
    )
    lab.policy(keep_last=3, combine="and")
    lab.prune()
    assert lab.ids() == [7, 8, 9]


@pytest.mark.parametrize(
    ("sqlstate", "rules"),
    [
        ("YD121", {"keep_column": "id_"}),
        ("YD121", {"keep_column": "at"}),
        ("YD121", {**TENANTS, "keep_table": "public.v"}),
        ("YD121", {**TENANTS, "keep_table": "public.t"}),
        ("YD121", {**TENANTS, "keep_by": ["own"]}),
        ("YD121", {**TENANTS, "keep_by": ["tenant", "id"]}),
        ("YD121", {**TENANTS, "keep_by": ["nobody"]}),
        ("YD121", {**TENANTS, "keep_key": ["twice"]}),
        ("YD121", {**TENANTS, "keep_key": ["id", "id"], "keep_by": ["tenant", "tenant"]}),
        ("YD121", {**TENANTS, "keep_value": "id_"}),
        ("YD121", {**TENANTS, "keep_value": None}),
        ("YD121", {"keep_by": ["tenant"]}),
        ("YD121", {**TENANTS, "keep_floor": "31 days"}),
        ("YD121", {**TENANTS, "keep_floor": "-1 day"}),
        ("YD121", {**TENANTS, "keep_floor": "1 second"}),
        ("YD121", {"keep_floor": "1 day"}),
        ("YD122", {"keep_last": 3}),
        ("YD122", {"keep_last": 3, "combine": "xor"}),
        ("YD122", {"keep_last": 0, "combine": "and"}),
        ("YD122", {"keep_last_by": ["tenant"]}),
        ("YD122", {"combine": "and"}),
        ("YD122", {"keep_last": 3, "combine": "and", "keep_last_by": ["nobody"]}),
        ("YD122", {"keep_last": 3, "combine": "and", "keep_last_by": ["days"]}),
        ("YD122", {"keep_last": 3, "combine": "and", "table": "public.bare"}),
        ("YD122", {"keep_last": 3, "combine": "and", "table": "public.tree"}),
    ],
)
def test_a_rule_that_cannot_be_is_refused(shop: Lab, sqlstate: str, rules: dict[str, object]) -> None:
    shop.do(
        """create view public.v as select id, keep from public.tenant;
        alter table public.tenant add column twice int;
        create index on public.tenant (twice);
        create table public.bare (id int, at timestamptz);
        create index on public.bare (at);
        create table public.tree (id int primary key, up int references public.tree on delete cascade,
            at timestamptz);
        create index on public.tree (at);"""
    )
    with refused(sqlstate, what=rules) as told:
        shop.policy(**rules)
    assert told.detail
    assert told.hint
    assert shop.number("select count(*) from pydb.retention_policy where not builtin") == 0


def test_last_rows_of_dropped_partitions_are_refused(lab: Lab) -> None:
    lab.do("create table public.t (id int, at timestamptz, primary key (id, at)) partition by range (at)")
    with refused("YD122"):
        lab.policy(action="drop_partition", keep_last=1, combine="and")


def test_without_what_the_rules_need_nothing_goes(shop: Lab) -> None:
    shop.policy(**TENANTS)
    before = shop.ids()
    for broken, mended in (
        (
            "alter table public.tenant rename column keep to kept",
            "alter table public.tenant rename kept to keep",
        ),
        (
            "alter table public.tenant drop constraint tenant_pkey",
            "alter table public.tenant add constraint tenant_pkey primary key (id)",
        ),
        ("alter table public.t rename column tenant to owner", "alter table public.t rename owner to tenant"),
    ):
        shop.do(broken)
        with refused("YD123"):
            shop.plan()
        (row,) = shop.plan(None)
        assert (row.rows, row.codes) == (0, ["rules"])
        call = shop.call()
        assert (call.run.end, call.run.sqlstate) == (("blocked", "error"), "YD123")
        with refused("YD123"):
            shop.batch()
        (state,) = shop.rows(
            "select state from pydb.retention_policy_explain('p', %s) where aspect = 'rules'", NOW
        )[0]
        assert state == "blocks"
        shop.do(mended)
    assert shop.ids() == before
    shop.do("drop table public.tenant")
    with refused("YD123"):
        shop.plan()
    assert shop.ids() == before


def test_one_row_is_explained(shop: Lab) -> None:
    shop.do(
        """create table public.c (t int references public.t);
        insert into public.c values (15);
        update public.t set own = '90 days' where id = 24;
        select pydb.hold_place('case 7', 'public.t', '[{"id": 25}]', p_reason => 'court');"""
    )
    shop.policy(**TENANTS, keep_column="own", keep_floor="7 days")
    assert explained(shop, 12) == {
        "rule": "mapping",
        "rule_from": "public.tenant where id = 1: keep is 10 days",
        "keep": timedelta(days=10),
        "goes_at": NOW - timedelta(days=10),
        "is_due": True,
        "place": None,
        "codes": [],
    }
    for number, rule, goes_at, codes in (
        (2, "policy", NOW + timedelta(days=10), ["young"]),
        (24, "column", NOW - timedelta(days=10), []),
        (23, "mapping", NOW + timedelta(days=160), ["young"]),
        (35, "mapping", None, ["for_ever"]),
        (41, "floor", NOW + timedelta(days=2), ["young"]),
        (15, "mapping", None, ["referenced"]),
        (25, "mapping", None, ["held"]),
    ):
        told = explained(shop, number)
        assert (told["rule"], told["goes_at"], told["codes"]) == (rule, goes_at, codes), number
        assert told["is_due"] is (codes == [])
    assert shop.rows("select 1 from pydb.retention_row_explain('p', '{\"id\": 999}')") == []
    with refused("YD301"):
        shop.rows("select 1 from pydb.retention_row_explain('p', '{\"tenant\": 1}')")


def test_when_a_row_goes_is_the_moment_at_which_the_calendar_has_caught_up(lab: Lab) -> None:
    lab.do(
        """create table public.t (id int primary key, at timestamptz);
        create index on public.t (at);
        insert into public.t values (1, '2024-01-30 10:00+00'), (2, '2024-03-31 01:30+00');"""
    )
    lab.policy(keep="1 month", timezone="Europe/Berlin", keep_last=1, combine="and")
    for number in (1, 2):
        (goes,) = lab.rows(
            """select goes_at from pydb.retention_row_explain('p', jsonb_build_object('id', %s::int),
                '2024-02-01')""",
            number,
        )[0]
        if number == 2:
            assert goes is None  # among the last
            continue
        assert goes == datetime(2024, 2, 29, 23, tzinfo=UTC)  # the 1st of March in Berlin
        due = "select is_due from pydb.retention_row_explain('p', '{\"id\": 1}', %s)"
        assert lab.one(due, goes + timedelta(seconds=1)) is True
        assert lab.one(due, goes - timedelta(seconds=1)) is False


@pytest.mark.parametrize("rules", [{}, {"keep_last": 1, "keep_last_by": ["tenant"], "combine": "or"}])
def test_columns_may_be_called_what_our_own_text_calls_things(shop: Lab, rules: dict[str, object]) -> None:
    names = ["kept by", "pydb 1 1", "pydb 1 until", "pydb 2 ", "pydb key 1", "pydb until", "last", "of", "t"]
    every = " and ".join(f'"{name}" = 1' for name in names)
    for table in ("t", "tenant"):
        shop.do(
            "".join(
                f'alter table public.{table} add column "{name}" int not null default 1;' for name in names
            )
        )
    shop.do('update public.t set "pydb 1 until" = 2 where id in (15, 55)')
    shop.policy(**TENANTS, **rules, keep_floor="7 days", filter=every)
    shop.do(
        f"""select pydb.hold_place('odd', 'public.t', p_filter => $$id = 14 and {every}$$,
            p_reason => 'why')"""
    )
    before = set(shop.ids())
    planned = shop.planned()
    assert planned == shop.prune().rows_done
    gone = before - set(shop.ids())
    assert len(gone) == planned > 0
    assert not gone & {14, 15, 55}


def test_changed_rules_are_a_changed_policy(shop: Lab) -> None:
    first = shop.policy(**TENANTS, keep_floor="30 days")
    assert shop.policy(**TENANTS, keep_floor="30 days")["version"] == first["version"]
    assert shop.policy(**TENANTS, keep_floor="1 month", keep="60 days")["version"] == 2
    assert shop.policy(**TENANTS, keep_floor="30 days", keep="60 days")["version"] == 3
    assert shop.policy(keep="60 days")["version"] == 4


def test_the_plan_says_who_decides(shop: Lab, role: RoleFactory) -> None:
    clerk = role("clerk")
    shop.do(f'grant insert on public.tenant to "{clerk}"; grant select on public.tenant to public;')
    shop.policy(**TENANTS, keep_floor="7 days")
    (warning,) = [text for text in shop.warnings().splitlines() if "public.tenant" in text]
    assert clerk in warning
    assert "7 days" in warning


def test_runner_and_author_must_be_allowed_to_read_the_mapping(
    shop: Lab, role: RoleFactory, connect: Connect
) -> None:
    author, runner = role("author"), role("runner")
    shop.do(
        f"""grant usage on schema pydb, pydb_internal to "{author}", "{runner}";
        grant execute on all routines in schema pydb, pydb_internal to "{author}", "{runner}";
        grant insert, select (id) on pydb_internal.draft to "{author}";
        grant select, delete, update on public.t to "{author}", "{runner}";"""
    )
    setting = Lab(connect(user=author))
    with refused("YD121") as told:
        setting.policy(**TENANTS)
    assert "grant select on public.tenant" in told.hint
    shop.do(f'grant select on public.tenant to "{author}"')
    setting.policy(**TENANTS, keep_floor="7 days")
    running = Lab(connect(user=runner))
    with refused("YD123"):
        running.batch()
    shop.do(f'grant select on public.tenant to "{runner}"; revoke select on public.tenant from "{author}"')
    with refused("YD123"):
        running.batch()
    shop.do(
        f"""grant select on public.tenant to "{author}"; alter table public.tenant enable row level security;
        create policy few on public.tenant using (id = 1);"""
    )
    with refused("YD123") as told:
        running.batch()
    assert "row-level security" in told.message
    shop.do("alter table public.tenant disable row level security")
    assert running.batch(rows=100)[0] == 15


@pytest.mark.parametrize("combine", ["and", "or"])
def test_the_last_of_a_group_are_not_looked_for_among_older_partitions(lab: Lab, combine: str) -> None:
    lab.do(
        """create table public.t (id int, tenant int, at timestamptz, primary key (tenant, at, id))
        partition by range (at)"""
    )
    for number in range(12):
        begin = NOW - timedelta(days=30 * (number + 1))
        lab.do(
            f"""create table public.t_{number} partition of public.t
            for values from ('{begin.isoformat()}') to ('{(begin + timedelta(days=30)).isoformat()}')"""
        )
        lab.do(
            f"insert into public.t select i, i % 3, timestamptz '{begin.isoformat()}' + i * interval '1 hour'"
            " from generate_series(1, 30) as i"
        )
    lab.do("analyze public.t")
    lab.policy(keep_last=15, keep_last_by=["tenant"], combine=combine)
    # asked of one partition alone, and in a run, which knows since when the last ones are
    for is_known in (False, True):
        (condition,) = lab.rows(
            """select case when %s then (pydb_internal.retention_last_survey(a, %s, s)).ruled else s.ruled end
            from pydb.retention_policy as p, pydb_internal.retention_policy_at(p, %s) as a,
                pydb_internal.retention_said_of(a, %s) as s
            where p.name = 'p'""",
            is_known,
            NOW - timedelta(days=30),
            NOW,
            NOW - timedelta(days=30),
        )[0]
        lines = [
            str(line)
            for (line,) in lab.rows(
                "explain (analyze, costs off, timing off)"
                f" select count(*) from only public.t_6 as t where true{condition}"
            )
        ]
        older = [line for line in lines for number in range(7, 12) if f"t_{number}" in line]
        assert bool(older) is not is_known
        assert all("never executed" in line for line in older), "\n".join(lines)
    scans = (
        "select coalesce(seq_scan, 0) + coalesce(idx_scan, 0) from pg_stat_xact_user_tables"
        " where relid = 'public.t_0'::regclass"
    )
    with lab.db.transaction():
        before = lab.number(scans)
        planned = lab.one("select sum(rows) from pydb.retention_plan('p', %s)", NOW)
        # a plan finds the last ones of all partitions at once, whatever their number
        assert lab.number(scans) - before <= 6
    assert lab.prune().rows_done == planned == {"and": 315, "or": 330}[combine]


@pytest.mark.parametrize(
    ("key", "more", "looked"),
    [
        ("at", "", {0, 8}),
        # the end of one is the beginning of the next
        ("at, id", "", {0, 1, 7, 8}),
        ("at", " partition by hash (tenant)", {0, 8}),
        # of a default partition rows are of any time
        ("at", "default", set(range(12))),
    ],
)
def test_newer_rows_are_looked_for_where_the_last_of_groups_are(
    lab: Lab, key: str, more: str, looked: set[int]
) -> None:
    """Of a quiet group the last one lies eight partitions deep: those between are not planned for."""
    lab.do(
        f"""create table public.t (id int, tenant int not null, at timestamptz, primary key (tenant, at, id))
        partition by range ({key})"""
    )
    rest = ", minvalue" if key == "at, id" else ""
    for number in range(12):
        begin = NOW - timedelta(days=30 * (number + 1))
        lab.do(
            f"""create table public.t_{number} partition of public.t for values from
            ('{begin.isoformat()}'{rest}) to ('{(begin + timedelta(days=30)).isoformat()}'{rest})
            {more.removeprefix("default")}"""
        )
        if "hash" in more:
            lab.do(
                f"""create table public.s_{number} partition of public.t_{number}
                for values with (modulus 1, remainder 0)"""
            )
        lab.do(
            f"insert into public.t select i, i % 3, timestamptz '{begin.isoformat()}' + i * interval '1 hour'"
            f" from generate_series(1, 30) as i where {number} >= 8 or i % 3 > 0"
        )
    if more == "default":
        lab.do("create table public.t_other partition of public.t default;"
            " insert into public.t values (1, 7, '2020-01-01'), (2, 7, '2020-01-02')")  # fmt: skip
    lab.do("analyze public.t")
    lab.policy(keep_last=1, keep_last_by=["tenant"], combine="and")
    condition = lab.one(
        """select (pydb_internal.retention_last_survey(a, %s)).ruled
        from pydb.retention_policy as p, pydb_internal.retention_policy_at(p, %s) as a where p.name = 'p'""",
        NOW - timedelta(days=30),
        NOW,
    )
    plan = lab.rows(f"explain select count(*) from public.t_11 as t where true{condition}")
    found = {int(number) for (line,) in plan for number in re.findall(r" on [ts]_(\d+) of", line)}
    assert found == looked, plan
    planned = lab.planned("p")
    run = lab.prune()
    assert run.rows_done == planned
    assert lab.rows(
        "select tenant, count(*) from public.t where at < %s group by 1 order by 1", NOW - timedelta(days=30)
    ) == ([(0, 1), (7, 1)] if more == "default" else [(0, 1)])


@pytest.mark.parametrize("unit", ["timestamptz", "uuid", "bigint"])
def test_the_last_of_a_group_stay_though_newer_ones_go_under_the_run(
    lab: Lab, connect: Connect, unit: str
) -> None:
    day = "timestamptz '2024-01-01 00:00Z' + i * interval '1 day'"
    at = {
        "timestamptz": day,
        "bigint": f"extract(epoch from {day})::bigint",
        "uuid": f"(lpad(to_hex((extract(epoch from {day}) * 1000)::bigint), 12, '0')"
        " || '70008000000000000000')::uuid",
    }[unit]
    lab.do(
        f"""create table public.t (part int, id int, tenant int not null, at {unit} not null,
            primary key (part, id)) partition by list (part);
        create table public.t_0 partition of public.t for values in (0);
        create table public.t_1 partition of public.t for values in (1);
        create index on public.t (tenant, at);
        insert into public.t select i % 2, i, 1, {at} from generate_series(1, 40) as i"""
    )
    lab.policy(
        keep_last=2, keep_last_by=["tenant"], combine="and", time_unit="s" if unit == "bigint" else None
    )
    gate, ours = connect(autocommit=False), Lab(connect())
    # read, counted, and not yet deleted from
    gate.execute("lock table public.t_0, public.t_1 in share mode")
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(ours.call)
        while not lab.rows(
            "select from pg_locks where relation = any('{t_0,t_1}'::regclass[]) and not granted"
        ):
            assert not run.done()
            time.sleep(PAUSE)
        gate.execute("delete from public.t where id = 40")
        gate.commit()
        run.result(timeout=60)
    assert {38, 39} <= set(lab.ids())
    lab.call()
    assert lab.ids() == [38, 39]
