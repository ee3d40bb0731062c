"""Partitions that expired go at once; the boundary loses its rows by batches; what cannot go says why."""

from __future__ import annotations

import pytest

from tests.retention.lab import CUTOFF, NOW, Lab, refused

DONE = ("completed", "exhausted")
WHOLE = ("drop", "detach", "move")


def daily(lab: Lab, key: str = "timestamptz", table: str = "public.t", columns: str = "") -> None:
    """Days from 2024-11-28 to 2024-12-05, four rows a day; the cutoff is noon of 2024-12-02."""
    lab.do(
        f"""create table {table} (id int, at {key} not null{columns}) partition by range (at);
        do $$ begin for i in 0 .. 7 loop
            execute format('create table {table}_%s partition of {table} for values from (%L) to (%L)',
                i, '2024-11-28'::date + i, '2024-11-29'::date + i);
        end loop; end $$;
        insert into {table} (id, at)
            select i, timestamptz '2024-11-28 00:00+00' + (i - 1) * interval '6 hours'
            from generate_series(1, 32) as i;"""
    )


def dropping(lab: Lab, **more: object) -> None:
    lab.policy(**{"action": "drop_partition", **more})


def actions(lab: Lab, policy: str = "p") -> dict[str, tuple[str, int]]:
    return {row.relation.removeprefix("public."): (row.action, row.rows) for row in lab.plan(policy)}


def left(lab: Lab, table: str = "public.t") -> list[str]:
    """Partitions that are left in the tree, without the table itself."""
    return [
        str(name)
        for (name,) in lab.rows(
            f"select c.relname from pg_partition_tree('{table}') as t join pg_class as c on c.oid = t.relid"
            " where t.isleaf order by 1"
        )
    ]


def fates(lab: Lab) -> list[tuple[object, ...]]:
    return lab.rows("select name, state, rows from pydb.retention_partition order by id")


def why(lab: Lab, relation: str) -> list[str]:
    (row,) = [row for row in lab.plan() if row.relation == f"public.{relation}"]
    return row.codes


@pytest.mark.parametrize("key", ["timestamptz", "timestamp", "date"])
def test_whole_partitions_go_and_the_boundary_loses_its_rows(lab: Lab, key: str) -> None:
    daily(lab, key)
    dropping(lab)
    boundary = 0 if key == "date" else 2
    assert actions(lab) == {
        **{f"t_{i}": ("drop", 4) for i in range(4)},
        "t_4": ("keep" if key == "date" else "delete", boundary),
        **{f"t_{i}": ("keep", 0) for i in range(5, 8)},
    }
    run = lab.prune()
    assert run.end == DONE
    assert run.rows_done == 16 + boundary
    assert left(lab) == [f"t_{i}" for i in range(4, 8)]
    assert fates(lab) == [(f"public.t_{i}", "dropped", 4) for i in range(4)]
    assert run.detail["partitions"] == {
        f"public.t_{i}": {"state": "dropped", "rows": 4, "is_exact": True} for i in range(4)
    }
    assert [subject for action, subject in lab.audit() if action == "retention_partition"] == ["p"] * 4
    assert lab.prune().rows_done == 0


@pytest.mark.parametrize(
    ("key", "unit", "value"),
    [
        ("bigint", "s", "extract(epoch from {})::bigint"),
        ("bigint", "us", "(extract(epoch from {}) * 1000000)::bigint"),
        ("numeric", "ms", "extract(epoch from {}) * 1000"),
        (
            "uuid",
            None,
            "rpad(lpad(to_hex((extract(epoch from {}) * 1000)::bigint), 12, '0'), 32, '{fill}')::uuid",
        ),
    ],
)
def test_bounds_are_of_any_unit(lab: Lab, key: str, unit: str | None, value: str) -> None:
    def at(moment: str, fill: str = "0") -> str:
        return value.replace("{fill}", fill).format(moment)

    lab.do(
        f"""create table public.t (id int, at {key} not null) partition by range (at);
        do $$ begin for i in 0 .. 7 loop
            execute format('create table public.t_%s partition of public.t for values from (%L) to (%L)',
                i, {at("'2024-11-28'::timestamptz + i * interval '1 day'")},
                {at("'2024-11-29'::timestamptz + i * interval '1 day'")});
        end loop; end $$;
        insert into public.t select i, {at("timestamptz '2024-11-28' + (i - 1) * interval '6 hours'", "7")}
            from generate_series(1, 32) as i;"""
    )
    dropping(lab, time_unit=unit)
    assert [row.action for row in lab.plan() if row.rows] == ["drop"] * 4 + ["delete"]
    assert lab.prune().rows_done == 18
    assert left(lab) == [f"t_{i}" for i in range(4, 8)]


def test_the_zone_is_that_of_the_policy_not_of_the_session(lab: Lab) -> None:
    daily(lab, "timestamp")
    dropping(lab, timezone="Pacific/Kiritimati")  # 14 hours ahead: there the cutoff is 02:00 of the next day
    said = []
    for zone in ("America/Los_Angeles", "UTC", "Asia/Kolkata"):
        lab.do(f"set timezone = '{zone}'; set datestyle = 'German'")
        said.append([(row.relation, row.action, row.rows, row.strategy_reason) for row in lab.plan()])
    assert said[0] == said[1] == said[2]
    assert [action for _, action, *_ in said[0]] == ["drop"] * 5 + ["delete", "keep", "keep"]


def test_bounds_with_a_zone_are_moments_in_every_session(lab: Lab) -> None:
    lab.do("set timezone = 'Asia/Kolkata'")
    daily(lab)
    dropping(lab)
    plans = []
    for zone in ("America/Los_Angeles", "UTC", "Asia/Kolkata"):
        lab.do(f"set timezone = '{zone}'")
        plans.append(actions(lab))
    assert plans[0] == plans[1] == plans[2]
    lab.do("set timezone = 'America/Los_Angeles'")
    lab.prune()
    assert lab.one("select min(at) from public.t") == lab.one("select timestamptz '2024-12-02 12:00+00'")


@pytest.mark.parametrize(("way", "state"), [("keep", "kept"), ("move", "moved")])
def test_detached_partitions_are_kept_or_moved(lab: Lab, way: str, state: str) -> None:
    daily(lab)
    lab.do("create schema attic")
    dropping(lab, partition=way, partition_schema="attic" if way == "move" else None)
    assert actions(lab)["t_4"] == ("keep", 0), "rows are not deleted where partitions are kept"
    call = lab.call()
    assert (call.run.end, call.run.rows_done) == (DONE, 16)
    # a word after each transaction but the last: what went along with the first has none of its own
    assert [severity for severity, _ in call.messages].count("INFO") == 3
    assert left(lab) == [f"t_{i}" for i in range(4, 8)]
    schema = "attic" if way == "move" else "public"
    assert lab.number(f"select count(*) from {schema}.t_0") == 4
    assert {row[1] for row in fates(lab)} == {state}
    assert lab.run().rows_done == 0


def test_default_partition_stays_and_loses_rows(lab: Lab) -> None:
    daily(lab)
    lab.do(
        "create table public.t_default partition of public.t default;"
        "insert into public.t values (100, '2024-01-01'), (101, '2030-01-01')"
    )
    dropping(lab)
    assert actions(lab)["t_default"] == ("delete", 1)
    assert "partition_default" in why(lab, "t_default")
    assert lab.prune().end == DONE
    assert left(lab) == ["t_4", "t_5", "t_6", "t_7", "t_default"]


def test_subpartitions_go_with_their_partition(lab: Lab) -> None:
    lab.do(
        """create table public.t (id int, at timestamptz not null, tenant int) partition by range (at);
        create table public.t_old partition of public.t for values from ('2024-10-01') to ('2024-11-01')
            partition by list (tenant);
        create table public.t_old_1 partition of public.t_old for values in (1);
        create table public.t_old_2 partition of public.t_old for values in (2);
        create table public.t_mid partition of public.t for values from ('2024-11-01') to ('2025-01-01')
            partition by range (at);
        create table public.t_mid_1 partition of public.t_mid
            for values from ('2024-11-01') to ('2024-12-01');
        create table public.t_mid_2 partition of public.t_mid
            for values from ('2024-12-01') to ('2025-01-01');
        create table public.t_new partition of public.t for values from ('2025-01-01') to ('2035-01-01')
            partition by hash (id);
        create table public.t_new_1 partition of public.t_new for values with (modulus 1, remainder 0);
        insert into public.t values (1, '2024-10-05', 1), (2, '2024-10-05', 2), (3, '2024-11-05', 1),
            (4, '2024-12-01', 1), (5, '2024-12-31', 1), (6, '2025-01-01', 1);"""
    )
    dropping(lab)
    plan = actions(lab)
    assert plan["t_old_1"] == plan["t_old_2"] == ("drop", 1)
    assert plan["t_mid_2"] == ("delete", 1)
    assert plan["t_new_1"] == ("keep", 0)
    # of t_mid the only partition that could go is not its last
    assert plan["t_mid_1"] == ("drop", 1)
    assert lab.prune().rows_done == 4
    assert left(lab) == ["t_mid_2", "t_new_1"]
    assert [row[0] for row in fates(lab)] == ["public.t_old", "public.t_mid_1"]


def test_time_below_a_list_of_tenants(lab: Lab) -> None:
    lab.do(
        """create table public.t (id int, at timestamptz not null, tenant int) partition by list (tenant);
        create table public.t_1 partition of public.t for values in (1) partition by range (at);
        create table public.t_1_old partition of public.t_1 for values from ('2024-10-01') to ('2024-11-01');
        create table public.t_1_new partition of public.t_1 for values from ('2024-11-01') to ('2035-01-01');
        create table public.t_2 partition of public.t for values in (2);
        insert into public.t values (1, '2024-10-05', 1), (2, '2024-12-31', 1), (3, '2024-10-05', 2);"""
    )
    dropping(lab)
    assert actions(lab) == {"t_1_new": ("delete", 0), "t_1_old": ("drop", 1), "t_2": ("delete", 1)}
    assert "partition_untimed" in why(lab, "t_2")
    assert lab.prune().end == DONE
    assert left(lab) == ["t_1_new", "t_2"]


@pytest.mark.parametrize(
    "table",
    [
        "(id int, at timestamptz)",
        "(id int, at timestamptz) partition by list (at)",
        "(id int, at timestamptz) partition by hash (at)",
        "(id int, at timestamptz) partition by range (id, at)",
        "(id int, at timestamptz) partition by range (id)",
        "(id int, at timestamp) partition by range ((at + interval '0 s'))",
    ],
)
def test_what_has_no_bounds_in_time_is_refused(lab: Lab, table: str) -> None:
    lab.do(f"create table public.t {table}")
    with refused("YD120") as said:
        dropping(lab)
    assert said.detail.startswith("It")


def test_keys_of_several_columns_that_begin_with_the_time(lab: Lab) -> None:
    lab.do(
        """create table public.t (id int, at timestamptz not null, who text) partition by range (at, who, id);
        create table public.t_0 partition of public.t
            for values from (minvalue, minvalue, minvalue) to ('2024-12-01', 'it''s, (', 5);
        create table public.t_1 partition of public.t
            for values from ('2024-12-01', 'it''s, (', 5) to ('2024-12-02 12:00+00', minvalue, minvalue);
        create table public.t_2 partition of public.t
            for values from ('2024-12-02 12:00+00', minvalue, minvalue) to ('2024-12-02 12:00+00', 'x', 7);
        create table public.t_3 partition of public.t
            for values from ('2024-12-02 12:00+00', 'x', 7) to ('2024-12-02 12:00+00', maxvalue, maxvalue);
        create table public.t_4 partition of public.t
            for values from ('2024-12-02 12:00+00', maxvalue, maxvalue) to (maxvalue, maxvalue, maxvalue);
        insert into public.t select i, at, who from generate_series(1, 10) as i,
            unnest('{2024-11-30,2024-12-01 00:00+00,2024-12-02 12:00+00,2024-12-31}'::timestamptz[]) as at,
            unnest('{a,"it''s, (",y}'::text[]) as who;"""
    )
    dropping(lab, fuse_share=1, expire_implausible=True)
    assert {name: action for name, (action, _) in actions(lab).items()} == {
        "t_0": "drop", "t_1": "drop", "t_2": "keep", "t_3": "keep", "t_4": "keep",
    }  # fmt: skip
    assert lab.prune().rows_done == 60
    assert lab.number("select count(*) from public.t where at < '2024-12-02 12:00+00'") == 0


def test_a_policy_that_cannot_be_meant_is_refused(lab: Lab) -> None:
    daily(lab)
    with refused("YD120"):
        dropping(lab, filter="id > 1")
    for bad in (
        {"partition": "burn"},
        {"partition": "move"},
        {"partition": "move", "partition_schema": "nowhere"},
        {"partition_schema": "public"},
        {"action": "delete", "partition": "keep"},
    ):
        with refused("YD001", what=bad):
            dropping(lab, **bad)
    dropping(lab)
    with refused("YD108"):
        lab.batch()


def test_references_keep_a_partition_whole(lab: Lab) -> None:
    daily(lab)
    lab.do(
        """alter table public.t add primary key (id, at);
        create table public.c (id int, t_id int, t_at timestamptz,
            foreign key (t_id, t_at) references public.t);
        insert into public.c select 1, id, at from public.t where id = 1;"""
    )
    dropping(lab)
    (first,) = [row for row in lab.plan() if row.relation == "public.t_0"]
    assert (first.action, first.rows, first.blocked_rows) == ("delete", 3, 1)
    assert "partition_referenced" in first.codes
    assert "public.c" in " ".join(first.warnings)
    run = lab.run()
    assert (run.end, run.rows_skipped) == (("partial", "referenced"), 1)
    assert left(lab) == ["t_0", "t_4", "t_5", "t_6", "t_7"]
    lab.do("truncate public.c")
    assert lab.prune().end == DONE
    assert left(lab) == ["t_4", "t_5", "t_6", "t_7"]


def test_logical_references_keep_a_partition_whole(lab: Lab) -> None:
    daily(lab)
    lab.do(
        """alter table public.t add primary key (id, at);
        create table public.l (t_id int, t_at timestamptz);
        insert into public.l select id, at from public.t where id in (2, 5);
        select pydb.reference_set(
            'public.l', '{t_id,t_at}', 'public.t', '{id,at}', p_on_delete => 'cascade');"""
    )
    dropping(lab)
    plan = {row.relation: row for row in lab.plan()}
    assert [plan[f"public.t_{i}"].action for i in range(4)] == ["delete", "delete", "drop", "drop"]
    assert plan["public.l"].rows == 2, "they go with their rows"
    assert lab.prune().end == DONE
    assert lab.number("select count(*) from public.l") == 0


def test_what_depends_on_a_partition_keeps_it(lab: Lab) -> None:
    daily(lab)
    lab.do(
        """create view public.v as select * from public.t_0;
        create publication pub for table public.t_1 with (publish = 'insert, update, delete');
        alter table public.t_1 replica identity full;"""
    )
    dropping(lab)
    assert "partition_depended" in why(lab, "t_0")
    assert "partition_published" in why(lab, "t_1")
    assert lab.prune().end == DONE
    assert left(lab) == ["t_0", "t_1", "t_4", "t_5", "t_6", "t_7"]
    assert lab.run().end == DONE
    assert "t_1" not in left(lab), "an empty partition has nothing left to publish"


def test_foreign_partitions_stay(lab: Lab) -> None:
    daily(lab)
    lab.do(
        """create foreign data wrapper nothing; create server far foreign data wrapper nothing;
        create foreign table public.t_far partition of public.t
            for values from ('2024-01-01') to ('2024-02-01') server far;"""
    )
    dropping(lab)
    assert actions(lab)["t_far"] == ("keep", 0)
    assert "foreign_table" in why(lab, "t_far")
    run = lab.run()
    assert run.end == ("partial", "error"), "it cannot be asked whether its rows expired"
    assert left(lab) == ["t_4", "t_5", "t_6", "t_7", "t_far"]


def test_the_last_partition_stays_where_none_takes_rows_from_now_on(lab: Lab) -> None:
    daily(lab)
    lab.do("drop table public.t_4, public.t_5, public.t_6, public.t_7")
    dropping(lab)
    assert actions(lab) == {**{f"t_{i}": ("drop", 4) for i in range(3)}, "t_3": ("delete", 4)}
    assert "partition_last" in why(lab, "t_3")
    assert lab.prune().end == DONE
    assert left(lab) == ["t_3"]


def test_open_bounds_and_rows_that_the_policy_leaves(lab: Lab) -> None:
    daily(lab)
    lab.do(
        """create table public.t_first partition of public.t for values from (minvalue) to ('2024-01-01');
        create table public.t_end partition of public.t for values from ('2025-01-01') to (maxvalue);
        insert into public.t values
            (90, '2023-06-01'), (91, '1970-01-01'), (92, '-infinity'), (93, 'infinity');"""
    )
    dropping(lab)
    assert actions(lab)["t_first"] == ("delete", 1)
    assert "partition_kept_rows" in why(lab, "t_first")
    assert lab.prune().end == DONE
    assert "t_first" in left(lab)
    lab.do("delete from public.t where id in (91, 92)")
    assert lab.prune().end == DONE
    assert left(lab) == ["t_4", "t_5", "t_6", "t_7", "t_end"]


def test_fuse_and_budget_count_the_rows_of_partitions(lab: Lab) -> None:
    daily(lab)
    dropping(lab, fuse_rows=17)
    assert lab.call().run.end == ("blocked", "fuse")
    assert len(left(lab)) == 8
    dropping(lab, max_rows=9)
    run = lab.call().run
    assert run.end == ("partial", "row_budget")
    assert run.rows_done <= 9
    dropping(lab)
    assert lab.run(dry_run=True).end == DONE
    assert lab.prune().end == DONE
    assert left(lab) == ["t_4", "t_5", "t_6", "t_7"]


def test_estimates_are_said(lab: Lab) -> None:
    daily(lab)
    lab.do(
        """insert into public.t
            select 1000 + i, timestamptz '2024-11-28 06:00+00' from generate_series(1, 800000) as i;
        analyze public.t_0;"""
    )
    dropping(lab)
    assert "rows_estimated" in why(lab, "t_0")
    run = lab.run()
    assert run.end == DONE
    assert lab.one("select is_exact from pydb.retention_partition where name = 'public.t_0'") is False
    assert run.rows_done == run.rows_planned


def test_odd_names(lab: Lab) -> None:
    lab.do(
        """create schema "Wörter""; --";
        create table "Wörter""; --"."rows" (t int, "k at" timestamptz not null, new int)
            partition by range ("k at");
        create table "Wörter""; --"."ä'b" partition of "Wörter""; --"."rows"
            for values from ('2024-10-01') to ('2024-11-01');
        create table "Wörter""; --"."old" partition of "Wörter""; --"."rows"
            for values from ('2024-11-01') to ('2035-01-01');
        insert into "Wörter""; --"."rows" values
            (1, '2024-10-05', 1), (2, '2024-11-05', 2), (3, '2024-12-31', 3);"""
    )
    dropping(lab, table='"Wörter""; --"."rows"', column="k at")
    assert lab.prune().rows_done == 2
    assert fates(lab) == [('"Wörter""; --"."ä\'b"', "dropped", 1)]


def test_a_policy_explains_its_partitions(lab: Lab) -> None:
    daily(lab)
    lab.do("create view public.v as select * from public.t_0")
    dropping(lab)
    explained = "select aspect, state, value, meaning from pydb.retention_policy_explain('p', %s)"
    said = [row for row in lab.rows(explained, NOW) if str(row[0]).startswith("partition")]
    assert [row[:3] for row in said] == [
        ("partitions", "ok", "3 of 8"),
        ("partition", "stays", "public.t_0"),
        *(("partition", "ok", f"public.t_{i}") for i in range(1, 4)),
        ("partition", "stays", "public.t_4"),
    ]
    assert "public.v" in str(said[1][3])
    assert "2024-12-03" in str(said[5][3])
    lab.do(
        "create function public.mark() returns timestamptz stable return '2024-11-30 12:00+00'::timestamptz"
    )
    dropping(lab, watermark_function="public.mark()")
    said = lab.rows(explained, NOW)
    assert [row[0] for row in said if row[1] == "holds"] == ["watermark"]
    assert [row[2] for row in said if row[0] == "partitions"] == ["1 of 8"]


def test_one_partition_alone_has_the_bounds_it_has_among_all(lab: Lab) -> None:
    daily(lab)
    lab.do("create table public.rest partition of public.t default")
    dropping(lab)
    query = """select b.partition, b.lower_bound, b.upper_bound, b.is_default, b.is_old, b.is_young, b.is_sure
        from pydb.retention_policy as p
        cross join lateral pydb_internal.retention_partition_bounds(p, %s, 'public.t'::regclass{}) as b
        where p.name = 'p'"""
    among_all = lab.rows(query.format(""), CUTOFF)
    alone = lab.rows(
        "select b.* from pg_inherits as i cross join lateral ("
        + query.format(", i.inhrelid")
        + ") as b where i.inhparent = 'public.t'::regclass",
        CUTOFF,
    )
    assert len(among_all) == 9
    assert sorted(alone) == sorted(among_all)


@pytest.mark.parametrize(("indexes", "together"), [(0, 3), (40, 2), (70, 1)])
def test_how_many_go_under_one_lock_depends_on_their_files(lab: Lab, indexes: int, together: int) -> None:
    daily(lab)
    lab.do(f"do $$ begin for i in 1 .. {indexes} loop create index on public.t (at); end loop; end $$")
    dropping(lab)
    found = lab.one(
        """select cardinality(pydb_internal.retention_together(
            p, jsonb_populate_record(null::pydb_internal.retention_work, jsonb_build_object(
                'cutoff', %s::timestamptz, 'parts_planned', array(
                    select i.inhrelid from pg_inherits as i where i.inhparent = 'public.t'::regclass
                )
            )), 'public.t'::regclass, 'public.t_0'::regclass, null
        )) from pydb.retention_policy as p where p.name = 'p'""",
        CUTOFF,
    )
    assert found == together
    assert lab.run().end == DONE
    assert left(lab) == ["t_4", "t_5", "t_6", "t_7"]


def test_a_group_is_one_statement_and_no_larger_than_what_nobody_feels(lab: Lab) -> None:
    """What hangs on a DROP here takes 30 ms, so fewer go together after the first time."""
    lab.do(
        """create table public.t (id int, at timestamptz not null) partition by range (at);
        do $$ begin for i in 0 .. 35 loop
            execute format('create table public.t_%s partition of public.t for values from (%L) to (%L)',
                i, '2024-10-28'::date + i, '2024-10-29'::date + i);
        end loop; end $$;
        create table public.drops (name text, command int);
        create function public.see() returns event_trigger language plpgsql as $$ begin
            perform pg_sleep(0.03);
            insert into public.drops select object_name, (select count(distinct command) from public.drops)
            from pg_event_trigger_dropped_objects() where object_type = 'table' and original;
        end $$;
        create event trigger see on sql_drop execute function public.see();"""
    )
    dropping(lab)
    assert lab.run().end == DONE
    assert left(lab) == ["t_35"]
    found = lab.rows("select count(*) from public.drops group by command order by command")
    assert found == [(12,), (6,), (6,), (6,), (5,)]


@pytest.mark.parametrize(
    ("most", "parts", "held", "then"),
    [
        (None, 12, "1 ms", 14),
        (14, 14, "8 ms", 16),
        (14, 3, "1 ms", 14),
        (None, 1, "1 ms", 12),
        (23, 23, "1 ms", 24),
        (24, 24, "16 ms", 12),
        (24, 24, "2 s", 6),
        (12, 1, "9 ms", 6),
    ],
)
def test_how_many_go_next_depends_on_how_long_the_last_ones_took(
    lab: Lab, most: int | None, parts: int, held: str, then: int
) -> None:
    query = "select pydb_internal.retention_together_most(%s, %s, %s)"
    assert lab.one(query, most, parts, held) == then
