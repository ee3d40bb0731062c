"""Partitions, inheritance, foreign tables, triggers and rules (E13): what is touched, and what stays."""

from __future__ import annotations

import pytest

from tests.retention.lab import OLD, YOUNG, Lab, refused

PARTITIONS = {
    "range": """create table public.t (id int, at timestamptz, kind text) partition by range (at);
        create table public.t_old partition of public.t for values from (minvalue) to ('2024-07-01');
        create table public.t_mid partition of public.t for values from ('2024-07-01') to ('2024-12-20');
        create table public.t_new partition of public.t for values from ('2024-12-20') to (maxvalue);
        create table public.t_rest partition of public.t default;""",
    "list": """create table public.t (id int, at timestamptz, kind text) partition by list (kind);
        create table public.t_a partition of public.t for values in ('a');
        create table public.t_rest partition of public.t default;""",
    "hash": """create table public.t (id int, at timestamptz, kind text) partition by hash (id);
        create table public.t_0 partition of public.t for values with (modulus 2, remainder 0);
        create table public.t_1 partition of public.t for values with (modulus 2, remainder 1);""",
    "sub": """create table public.t (id int, at timestamptz, kind text) partition by list (kind);
        create table public.t_a partition of public.t for values in ('a') partition by range (at);
        create table public.t_a_old partition of public.t_a for values from (minvalue) to ('2024-07-01');
        create table public.t_a_rest partition of public.t_a default;
        create schema other;
        create table other.t partition of public.t for values in ('b');
        create table public.t_rest partition of public.t default partition by range (id);
        create table public.t_rest_rest partition of public.t_rest default;
        create table public.t_empty partition of public.t for values in ('z') partition by range (id);""",
    "columns": """create table public.t (id int, at timestamptz, kind text) partition by list (kind);
        create table public.t_a (gone int, kind text, at timestamptz, id int);
        alter table public.t_a drop column gone;
        alter table public.t attach partition public.t_a for values in ('a');
        create table public.t_rest partition of public.t default;""",
}


@pytest.mark.parametrize("layout", PARTITIONS)
@pytest.mark.parametrize("strategy", ["auto", "heap", "index"])
def test_partitions_are_pruned_leaf_by_leaf(lab: Lab, layout: str, strategy: str) -> None:
    lab.do(
        f"""{PARTITIONS[layout]}
        create index on public.t (at);
        insert into public.t select i, (array[timestamptz '{OLD}', '2024-11-30', '{YOUNG}'])[1 + i % 3],
            (array['a', 'b', 'c', null])[1 + i % 4] from generate_series(1, 120) as i;"""
    )
    if layout != "range":
        lab.do("insert into public.t values (121, null, 'a'), (122, null, 'c'), (123, 'infinity', 'b')")
    want = [
        row[0]
        for row in lab.rows(
            "select id from public.t where at is null or at >= '2024-12-02 12:00+00' order by id"
        )
    ]
    lab.policy(strategy=strategy)
    leaves = lab.rows(
        "select format('%%I.%%I', relnamespace::regnamespace::text, relname) "
        "from pg_partition_tree('public.t') "
        "join pg_class on oid = relid where isleaf and relkind = 'r' and %s",
        True,
    )
    assert {row.relation for row in lab.plan()} == {name for (name,) in leaves}
    assert lab.prune().end == ("completed", "exhausted")
    assert lab.ids() == want
    assert lab.planned() == 0


def test_a_policy_on_one_partition_leaves_the_others(lab: Lab) -> None:
    lab.do(PARTITIONS["list"] + f"insert into public.t values (1, '{OLD}', 'a'), (2, '{OLD}', 'b')")
    lab.policy(table="public.t_a")
    assert lab.prune().rows_done == 1
    assert lab.ids() == [2]


def test_a_foreign_partition_is_named_and_not_read(lab: Lab) -> None:
    lab.do(
        PARTITIONS["list"]
        + f"""create foreign data wrapper w; create server far foreign data wrapper w;
        create foreign table public.t_far partition of public.t for values in ('far') server far;
        insert into public.t values (1, '{OLD}', 'a'), (2, '{YOUNG}', 'a')"""
    )
    lab.policy()
    plan = {row.relation: row for row in lab.plan()}
    assert "foreign table" in "\n".join(plan["public.t_far"].warnings)
    assert (plan["public.t_far"].rows, plan["public.t_far"].strategy) == (0, None)
    # nobody can tell whether it has rows that expired: that is not all done
    run = lab.run()
    assert (run.end, run.rows_done) == (("partial", "error"), 1)
    assert lab.one("select sqlstate from pydb.job_run") == "YD003"
    assert "public.t_far" in str(lab.one("select error from pydb.job_run"))
    assert lab.ids("only public.t_a") == [2]


def test_a_foreign_partition_counts_only_while_it_shows_rows_that_expired(lab: Lab) -> None:
    lab.do(
        PARTITIONS["list"]
        + f"""create extension file_fdw; create server far foreign data wrapper file_fdw;
        create foreign table public.t_far partition of public.t for values in ('far') server far
            options (program 'echo 3,{OLD},far', format 'csv');
        insert into public.t values (1, '{OLD}', 'a'), (2, '{YOUNG}', 'a')"""
    )
    lab.policy()
    assert lab.run().end == ("partial", "error")
    lab.do(f"alter foreign table public.t_far options (set program 'echo 3,{YOUNG},far')")
    assert lab.run().end == ("completed", "exhausted")


@pytest.mark.parametrize("partitioned_child", [False, True])
@pytest.mark.parametrize("action", ["no action", "restrict", "cascade"])
def test_partitions_with_children(lab: Lab, action: str, partitioned_child: bool) -> None:
    lab.do(
        f"""create table public.t (id int, at timestamptz, primary key (id, at)) partition by range (at);
        create table public.t_old partition of public.t for values from (minvalue) to ('2024-07-01');
        create table public.t_rest partition of public.t default;
        create table public.c (id int, t_id int, t_at timestamptz,
            foreign key (t_id, t_at) references public.t (id, at) on delete {action})
            {"partition by list (id)" if partitioned_child else ""};
        {"create table public.c1 partition of public.c for values in (1);" if partitioned_child else ""}
        {"create table public.c2 partition of public.c default;" if partitioned_child else ""}
        insert into public.t select i, (array[timestamptz '{OLD}', '2024-11-30', '{YOUNG}'])[1 + i % 3]
            from generate_series(1, 12) as i;
        insert into public.c select row_number() over (order by id), id, at from public.t
            where id in (1, 3, 4, 5);"""
    )
    lab.policy()
    run = lab.prune()
    if action == "cascade":
        assert (run.rows_done, run.end) == (8 + 3, ("completed", "exhausted"))  # with their children
        assert lab.ids("public.c", "t_id") == [5]
        return
    assert (run.rows_done, run.rows_skipped, run.end) == (5, 3, ("partial", "referenced"))
    assert lab.ids() == [1, 2, 3, 4, 5, 8, 11]


def test_a_partitioned_table_that_references_itself(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int, half int, up int, at timestamptz, primary key (half, id),
            foreign key (half, up) references public.t (half, id)) partition by list (half);
        create table public.t_0 partition of public.t for values in (0);
        create table public.t_1 partition of public.t for values in (1);
        insert into public.t select i, i % 2, case when i > 3 then i - 2 end, '{OLD}'
            from generate_series(2, 21) as i;
        update public.t set at = '{YOUNG}' where id = 14;"""
    )
    lab.policy()
    run = lab.prune()
    assert (run.rows_done, run.rows_skipped) == (13, 6)
    assert lab.ids() == [2, 4, 6, 8, 10, 12, 14]


@pytest.mark.parametrize("own", [True, False])
def test_rows_of_tables_that_inherit_go_as_with_a_delete(lab: Lab, own: bool) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        create table public.heir (more int, at timestamptz, id int not null);
        alter table public.heir inherit public.t;
        create table public.grandson () inherits (public.heir);
        insert into public.heir values (0, '{OLD}', 3), (0, '{YOUNG}', 4);
        insert into public.grandson values (0, '{OLD}', 5);"""
        + (f"insert into public.t values (1, '{OLD}'), (2, '{YOUNG}')" if own else "")
    )
    lab.policy(fuse_share=1)
    rows = {row.relation: row.rows for row in lab.plan()}
    assert rows == {"public.t": int(own), "public.heir": 1, "public.grandson": 1}
    run = lab.run()
    assert (run.end, run.rows_planned, run.rows_done) == (("completed", "exhausted"), 2 + own, 2 + own)
    assert lab.ids() == [2, 4][not own :]


def test_a_role_needs_rights_on_the_tables_that_inherit(table: Lab, role) -> None:  # type: ignore[no-untyped-def]
    runner = role("runner")
    table.do(f"create table public.heir () inherits (public.t); grant select, delete on public.t to {runner}")
    assert table.one(
        "select pydb_internal.retention_missing_grants('public.t'::regclass, %s::regrole)", runner
    ) == [f"grant select, delete on public.heir to {runner};"]


def test_rows_that_inherit_from_a_child_reference_nothing(lab: Lab) -> None:
    # a foreign key does not reach the tables that inherit from its own
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        create table public.c (t_id int references public.t); create table public.heir () inherits (public.c);
        insert into public.t values (1, '{OLD}'), (2, '{OLD}');
        insert into public.c values (1); insert into public.heir values (2);"""
    )
    lab.policy()
    lab.prune()
    assert lab.ids() == [1]


@pytest.mark.parametrize("strategy", ["heap", "index"])
@pytest.mark.parametrize("partitioned", [False, True])
def test_e13_a_trigger_that_keeps_every_row_stops_the_run(lab: Lab, strategy: str, partitioned: bool) -> None:
    lab.do(
        f"""create table public.t (id int, at timestamptz) {"partition by range (id)" if partitioned else ""};
        {"create table public.t_0 partition of public.t default;" if partitioned else ""}
        create index on public.t (at);
        insert into public.t select i, '{OLD}' from generate_series(1, 5000) as i;
        create function public.keep() returns trigger language plpgsql as 'begin return null; end';
        create trigger keep before delete on public.t for each row execute function public.keep();"""
    )
    lab.policy(strategy=strategy)
    assert "trigger keep" in lab.warnings()
    call = lab.call()
    assert call.sqlstate == "YD111"
    assert (call.run.end, call.run.rows_done) == (("blocked", "no_progress"), 0)
    assert call.run.batches <= 2
    assert lab.number("select count(*) from public.t") == 5000


def test_e13_a_rule_that_does_nothing_stops_the_run(table: Lab) -> None:
    table.do("create rule nothing as on delete to public.t do instead nothing")
    table.policy()
    assert "rule nothing" in table.warnings()
    call = table.call()
    assert (call.run.end, call.run.rows_done, call.sqlstate) == (("blocked", "no_progress"), 0, "YD111")
    assert table.number("select count(*) from public.t") == 7


def test_e13_a_trigger_that_keeps_some_rows_is_partial(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        insert into public.t select i, '{OLD}' from generate_series(1, 2000) as i;
        create function public.keep() returns trigger language plpgsql as
            'begin return case when old.id % 100 = 0 then null else old end; end';
        create trigger keep before delete on public.t for each row execute function public.keep();"""
    )
    lab.policy()
    call = lab.call()
    assert (call.run.end, call.run.rows_done, call.run.rows_skipped) == (("partial", "no_progress"), 1980, 20)
    assert lab.ids() == list(range(100, 2001, 100))


def test_e13_a_trigger_that_turns_a_delete_into_an_update_ends(table: Lab) -> None:
    table.do(
        """alter table public.t add gone boolean not null default false;
        create function public.soft() returns trigger language plpgsql as
            'begin update public.t set gone = true where id = old.id; return null; end';
        create trigger soft before delete on public.t for each row execute function public.soft();"""
    )
    table.policy()
    assert table.run().end == ("blocked", "no_progress")
    assert table.number("select count(*) from public.t") == 7


def test_e14_a_trigger_that_inserts_expired_rows_does_not_keep_the_run_going(table: Lab) -> None:
    table.do(
        f"""create function public.again() returns trigger language plpgsql as
            $$begin insert into public.t values (old.id + 100, '{OLD}'); return old; end$$;
        create trigger again after delete on public.t for each row execute function public.again();"""
    )
    table.policy(max_runtime="20 s")
    assert "trigger" in table.plan()[0].codes, "what it does is not in the plan, and the plan says so"
    run = table.run()
    assert run.rows_done >= 4
    assert run.finished_at is not None
    assert run.batches < 10


@pytest.mark.parametrize("kept", [1, 3, 6])
def test_a_deferred_constraint_fails_in_its_own_batch(lab: Lab, kept: int) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        insert into public.t select i, '{OLD}' from generate_series(1, 6) as i;
        create function public.no() returns trigger language plpgsql as
            $$begin if old.id = {kept} then raise 'not this' using errcode = '23514'; end if;
            return null; end$$;
        create constraint trigger no after delete on public.t deferrable initially deferred
            for each row execute function public.no();"""
    )
    lab.policy()
    run = lab.run()
    assert (run.rows_done, run.rows_skipped, run.state) == (5, 1, "partial")
    assert lab.ids() == [kept]


def test_row_security_that_hides_rows_is_an_error_and_no_success(table: Lab, connect, role) -> None:  # type: ignore[no-untyped-def]
    runner = role("runner")
    table.do(
        f"""grant usage on schema pydb, pydb_internal to {runner};
        grant execute on all routines in schema pydb, pydb_internal to {runner};
        grant select, delete on public.t to {runner};
        alter table public.t enable row level security;
        create policy few on public.t using (id = 1);"""
    )
    table.policy()
    theirs = connect(runner)
    for look in (
        "select pydb.retention_plan('p')",
        "select pydb.hold_place('h', 'public.t', p_filter => 'id > 2', p_reason => 'r')",
        "select pydb.retention_policy_set('q', 'public.t', 'at', '40 days')",
    ):
        with refused("42501", what=look) as said:
            theirs.execute(look.encode())
        assert said.message == f"row-level security of public.t hides rows from {runner}", look
        assert said.hint == f"alter role {runner} bypassrls;", look
    with refused("YD111", "YD110"):
        theirs.execute("call pydb.retention_run('p')")
    assert table.rows("select state <> 'completed', rows_done, sqlstate from pydb.job_run") == [
        (True, 0, "42501")
    ]
    assert table.number("select count(*) from public.t") == 7


def test_a_table_without_any_row(lab: Lab) -> None:
    lab.do("create table public.t (at timestamptz)")
    lab.policy(fuse_share=0.1)
    (plan,) = lab.plan()
    assert (plan.rows, plan.total_rows, plan.oldest, plan.newest) == (0, 0, None, None)
    assert lab.prune().end == ("completed", "exhausted")


def test_generated_and_dropped_columns_and_wide_rows(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (gone int, id int generated always as identity, at timestamptz,
            day text generated always as (id::text) stored, fat text);
        alter table public.t drop column gone;
        insert into public.t (at, fat) select '{OLD}', repeat(md5(i::text), 300)
            from generate_series(1, 50) as i;
        insert into public.t (at) values ('{YOUNG}');"""
    )
    lab.policy(filter="day <> '7'")
    assert lab.prune().rows_done == 49
    assert lab.ids() == [7, 51]


def test_a_plan_holds_no_lock_on_the_partitions_that_it_has_counted(lab: Lab) -> None:
    lab.do(
        """create table public.t (id int, at timestamptz) partition by range (at);
        create index on public.t (at);
        do $$ begin for i in 1..30 loop execute format(
            'create table public.t%s partition of public.t for values from (%L) to (%L)', i,
            date '2024-01-01' + i, date '2024-01-02' + i
        ); end loop; end $$;
        insert into public.t select i, date '2024-01-01' + i from generate_series(1, 30) as i"""
    )
    lab.policy()
    with lab.db.transaction():
        assert lab.planned() == 30
        # thousands of them would not fit the lock table of a server as it comes
        held = lab.rows(
            "select c.relname from pg_locks as l inner join pg_class as c on c.oid = l.relation"
            " where l.pid = pg_backend_pid() and c.relname ~ '^t[0-9]'"
        )
    assert held == []
    assert lab.prune().end == ("completed", "exhausted")


def test_a_child_whose_rows_cannot_be_read_is_named_with_the_grant(table: Lab, connect, role) -> None:  # type: ignore[no-untyped-def]
    runner, child = role("k t"), 'public."Größe"'
    table.do(
        f"""create table {child} (k int, "new" int references public.t);
        insert into {child} values (1, 1);
        grant usage on schema pydb, pydb_internal to "{runner}";
        grant execute on all routines in schema pydb, pydb_internal to "{runner}";
        grant select on public.t to "{runner}"; alter table {child} enable row level security"""
    )
    table.policy()
    theirs = connect(runner)
    # who may read it, and sees none of its rows; who may not even read it
    for before, message, hint in (
        (
            f'grant select on {child} to "{runner}"',
            f"row-level security of {child} hides rows from {runner}",
            f'alter role "{runner}" bypassrls;',
        ),
        (
            f'alter table {child} disable row level security; revoke all on {child} from "{runner}"',
            f"{runner} may not read {child}",
            f'grant select on {child} to "{runner}";',
        ),
    ):
        table.do(before)
        with refused("42501", what=before) as said:
            theirs.execute("select pydb.retention_plan('p')")
        assert (said.message, said.hint) == (message, hint)
    # the column that matters is enough
    table.do(f'grant select ("new") on {child} to "{runner}"')
    assert theirs.execute("select blocked_rows from pydb.retention_plan('p')").fetchone() == (1,)
