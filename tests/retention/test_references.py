"""Foreign keys to the table: what blocks, what goes along, what changes, and trees within one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.retention.lab import NOW, OLD, YOUNG, Lab, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Connect

PARENT = f"""create table public.t (id int primary key, at timestamptz);
    insert into public.t select i, case when i <= 6 then timestamptz '{OLD}' else '{YOUNG}' end
        from generate_series(1, 8) as i;"""
BLOCKED = ("partial", "referenced")
DONE = ("completed", "exhausted")


@pytest.mark.parametrize(
    "action", ["no action", "restrict", "no action deferrable initially deferred", "set null", "set default"]
)
def test_rows_that_a_row_which_stays_references(lab: Lab, action: str) -> None:
    """NO ACTION, RESTRICT, and SET NULL onto a NOT NULL column refuse; SET DEFAULT does not."""
    lab.do(
        f"""{PARENT}
        create table public.c (id int primary key, t_id int default 8 references public.t on delete {action});
        {"alter table public.c alter t_id set not null;" if action == "set null" else ""}
        insert into public.c values (1, 2), (2, 2), (3, 4), (4, 7);"""
    )
    lab.policy()
    plan = lab.plan()[0]
    run = lab.prune()
    if action == "set default":
        assert (run.end, lab.ids()) == (DONE, [7, 8])
        assert lab.rows("select id, t_id from public.c order by id") == [(1, 8), (2, 8), (3, 8), (4, 7)]
        return
    assert plan.blocked_rows == 2
    assert "public.c" in "\n".join(plan.warnings)
    assert (run.end, run.rows_skipped, lab.ids()) == (BLOCKED, 2, [2, 4, 7, 8])
    assert lab.number("select count(*) from public.c") == 4


@pytest.mark.parametrize("action", ["no action", "restrict"])
def test_on_referenced_error_deletes_nothing_at_all(lab: Lab, action: str) -> None:
    lab.do(
        f"""{PARENT} create table public.c (t_id int references public.t on delete {action});
        insert into public.c values (2), (4);"""
    )
    lab.policy(on_referenced="error")
    (plan,) = lab.plan()
    assert (plan.rows, plan.blocked_rows) == (0, 2)
    assert "block the whole run" in "\n".join(plan.warnings)
    call = lab.call()
    assert call.sqlstate == "YD111"
    assert (call.run.end, call.run.sqlstate, call.run.rows_done) == (("blocked", "referenced"), "YD112", 0)
    with refused("YD112"):
        lab.batch()
    assert lab.number("select count(*) from public.t") == 8
    lab.do("delete from public.c")
    assert lab.prune().rows_done == 6


def test_children_that_change_are_named_and_counted(lab: Lab) -> None:
    lab.do(
        f"""{PARENT}
        create table public.gone (id int, t_id int constraint gone_fk references public.t on delete cascade);
        create table public.blank (id int, t_id int constraint blank_fk references public.t
            on delete set null);
        create table public.part (a int, b int, constraint part_fk foreign key (a) references public.t
            on delete set default);
        create index on public.gone (t_id);
        insert into public.gone select i, 1 + i % 8 from generate_series(1, 16) as i;
        insert into public.blank select i, i from generate_series(1, 8) as i;"""
    )
    lab.policy()
    said = lab.warnings()
    assert "12 rows of public.gone would be deleted (ON DELETE CASCADE) through gone_fk" in said
    assert "6 rows of public.blank would be set to null (ON DELETE SET NULL) through blank_fk" in said
    assert "set to their default" not in said
    assert "create index concurrently on public.blank (t_id)" in said
    assert "create index concurrently on public.gone" not in said
    assert lab.prune().end == DONE
    assert lab.number("select count(*) from public.gone") == 4
    assert lab.rows("select count(*), count(t_id) from public.blank") == [(8, 2)]
    assert lab.planned() == 0
    assert "would be" not in lab.warnings()


@pytest.mark.parametrize("inner", ["no action", "restrict", "set null", "cascade"])
@pytest.mark.parametrize("depth", [1, 3])
def test_a_cascade_is_followed_to_what_refuses_below_it(lab: Lab, inner: str, depth: int) -> None:
    chain = "".join(
        f"create table public.c{i} (id int primary key, "
        f"up int references public.{f'c{i - 1}' if i > 1 else 't'} on delete cascade);"
        f"insert into public.c{i} select i, i from generate_series(1, 8) as i;"
        for i in range(1, depth + 1)
    )
    lab.do(
        f"""{PARENT} {chain}
        create table public.last (id int, up int {"not null" if inner == "set null" else ""}
            references public.c{depth} on delete {inner});
        insert into public.last values (1, 3), (2, 5), (3, 7);"""
    )
    lab.policy()
    run = lab.prune()
    if inner == "cascade":
        assert (run.end, lab.ids(), lab.ids("public.last")) == (DONE, [7, 8], [3])
        return
    assert (run.end, run.rows_skipped, lab.ids()) == (BLOCKED, 2, [3, 5, 7, 8])
    assert lab.ids(f"public.c{depth}") == [3, 5, 7, 8]
    assert lab.ids("public.last") == [1, 2, 3]


def test_a_child_that_is_its_own_parent_below_a_cascade(lab: Lab) -> None:
    """Comments of a post: replies go with the post, and a reply under another post keeps what it answers."""
    lab.do(
        f"""{PARENT}
        create table public.c (id int primary key, t_id int references public.t on delete cascade,
            reply_to int references public.c);
        insert into public.c values (1, 1, null), (2, 1, 1), (3, 1, 2), (4, 2, null), (5, 7, 4), (6, 3, 4);"""
    )
    lab.policy()
    run = lab.prune()
    assert (run.end, lab.ids()) == (BLOCKED, [2, 7, 8])
    assert lab.ids("public.c") == [4, 5]


def test_two_ways_down_to_one_table(lab: Lab) -> None:
    lab.do(
        f"""{PARENT}
        create table public.a (id int primary key, t_id int references public.t on delete cascade);
        create table public.b (id int primary key, t_id int references public.t on delete cascade,
            a_id int references public.a on delete cascade);
        create table public.keeper (b_id int references public.b);
        insert into public.a values (1, 1), (2, 2), (3, 7);
        insert into public.b values (1, 1, 1), (2, 3, 2), (3, 4, 3);
        insert into public.keeper values (2);"""
    )
    lab.policy()
    run = lab.prune()
    assert (run.end, lab.ids()) == (BLOCKED, [2, 3, 7, 8])
    assert (lab.ids("public.a"), lab.ids("public.b")) == ([2, 3], [2])


@pytest.mark.parametrize("action", ["no action", "restrict"])
def test_two_ways_down_that_meet_again_refuse_nothing(lab: Lab, action: str) -> None:
    """Scores and runs of a data set, where a score names its run: all go in one statement."""
    lab.do(
        f"""{PARENT}
        create table public.a (id int primary key, t_id int references public.t on delete cascade);
        create table public.b (id int primary key, t_id int references public.t on delete cascade,
            a_id int references public.a on delete {action});
        insert into public.a values (1, 1), (2, 2), (3, 7);
        insert into public.b values (1, 1, 1), (2, 7, 2), (3, null, 3);"""
    )
    lab.policy()
    run = lab.prune()
    assert (run.end, run.rows_skipped, lab.ids()) == (BLOCKED, 1, [2, 7, 8])
    assert (lab.ids("public.a"), lab.ids("public.b")) == ([2, 3], [2, 3])


def test_a_row_that_names_one_of_its_children_refuses_nothing(lab: Lab) -> None:
    lab.do(
        f"""{PARENT}
        create table public.c (id int primary key, t_id int references public.t on delete cascade);
        insert into public.c select i, i from generate_series(1, 8) as i;
        alter table public.t add newest int references public.c;
        update public.t set newest = case id when 7 then 3 else id end;"""
    )
    lab.policy()
    run = lab.prune()
    assert (run.end, lab.ids(), lab.ids("public.c")) == (BLOCKED, [3, 7, 8], [3, 7, 8])


def test_what_stays_in_the_way_until_another_row_goes_ends_well(lab: Lab) -> None:
    # row 900 is kept by a child of row 1, and row 1 goes first: the plan does not foresee it, the end says it
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz, fat text);
        alter table public.t alter fat set storage plain;
        insert into public.t select i, '{OLD}', repeat('x', 3000) from generate_series(1, 1000) as i;
        create table public.a (id int primary key, t_id int references public.t on delete cascade);
        create table public.b (id int primary key, t_id int references public.t on delete cascade,
            a_id int references public.a);
        insert into public.a values (1, 900); insert into public.b values (1, 1, 1);"""
    )
    lab.policy()
    run = lab.run()
    left = lab.ids()
    below = lab.number("select (select count(*) from public.a) + (select count(*) from public.b)")
    assert run.rows_done == 1_002 - len(left) - below
    assert (run.end, run.rows_skipped) == ((DONE, 0) if not left else (BLOCKED, len(left)))


def test_composite_keys_in_another_order(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (a int, b int, c text, at timestamptz,
            primary key (c, a, b), unique (b, c));
        insert into public.t select i, 10 - i, 'x', '{OLD}' from generate_series(1, 9) as i;
        create table public.by_key (b int, a int, c text,
            foreign key (c, a, b) references public.t (c, a, b));
        create table public.by_unique (q text, p int, foreign key (p, q) references public.t (b, c));
        insert into public.by_key values (9, 1, 'x'), (5, null, 'x'), (null, null, null);
        insert into public.by_unique values ('x', 2), (null, 3);"""
    )
    lab.policy()
    run = lab.prune()
    assert (run.rows_done, run.rows_skipped, lab.ids(key="a")) == (7, 2, [1, 8])


def test_two_keys_to_one_parent_count_each_row_once(lab: Lab) -> None:
    lab.do(
        f"""{PARENT}
        create table public.c (id int, bill int references public.t, ship int references public.t,
            gift int constraint twice references public.t,
            constraint again foreign key (gift) references public.t);
        insert into public.c values (1, 1, 1, 1), (2, 2, 3, null), (3, 7, 1, 8);"""
    )
    lab.policy()
    run = lab.prune()
    assert (run.rows_done, run.rows_skipped, lab.ids()) == (3, 3, [1, 2, 3, 7, 8])


def test_keys_of_another_type_than_what_they_reference(lab: Lab) -> None:
    lab.do(
        f"""{PARENT} create table public.c (t_id bigint references public.t); insert into public.c values (2);
        create table public.d (t_id smallint references public.t); insert into public.d values (3);"""
    )
    lab.policy()
    assert lab.prune().rows_skipped == 2
    assert lab.ids() == [2, 3, 7, 8]


def test_keys_with_an_equality_of_their_own(lab: Lab) -> None:
    lab.do(
        f"""create extension citext;
        create table public.t (id citext primary key, at timestamptz);
        create table public.c (t_id citext references public.t);
        insert into public.t values ('A', '{OLD}'), ('B', '{OLD}'); insert into public.c values ('a');"""
    )
    lab.policy()
    lab.prune()
    assert lab.ids() == ["A"]


def test_keys_of_another_collation_than_what_they_reference(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id text collate "C" primary key, at timestamptz);
        create table public.c (t_id text collate "POSIX" references public.t);
        insert into public.t values ('a', '{OLD}'), ('b', '{OLD}'); insert into public.c values ('a');"""
    )
    lab.policy()
    lab.prune()
    assert lab.ids() == ["a"]


def test_a_key_that_is_not_valid_blocks_as_any_other(lab: Lab) -> None:
    lab.do(
        f"""{PARENT} create table public.c (t_id int); insert into public.c values (2), (99);
        alter table public.c add foreign key (t_id) references public.t not valid;"""
    )
    lab.policy()
    lab.prune()
    assert lab.ids() == [2, 7, 8]


def test_a_child_pruned_by_the_same_call_no_longer_blocks(lab: Lab) -> None:
    lab.do(
        f"""{PARENT} create table public.c (id int, t_id int references public.t, at timestamptz);
        insert into public.c values (1, 1, '{OLD}'), (2, 2, '{YOUNG}');"""
    )
    lab.policy("a parent")
    lab.policy("z child", table="public.c")
    call = lab.call(None)
    assert [(run.subject, run.rows_done) for run in call.runs] == [("z child", 1), ("a parent", 5)]
    assert lab.ids() == [2, 7, 8]


def test_a_child_inserted_after_the_plan_keeps_its_parent(lab: Lab) -> None:
    # the run looks at its plan once; the trigger plays the application that adds a child in the middle
    lab.do(
        f"""{PARENT} create table public.c (t_id int references public.t);
        create function public.meddle() returns trigger language plpgsql as
            'begin if old.id = 1 then insert into public.c values (3); end if; return old; end';
        create trigger meddle before delete on public.t for each row execute function public.meddle();"""
    )
    lab.policy()
    run = lab.run()
    assert lab.ids() == [3, 7, 8]
    assert (run.state, run.rows_done, run.rows_skipped) == ("partial", 5, 1)
    assert lab.number("select count(*) from public.c") == 1


@pytest.mark.parametrize("action", ["cascade", "set null"])
@pytest.mark.parametrize("strategy", ["heap", "index"])
def test_a_locked_child_keeps_its_own_parent_only(
    lab: Lab, connect: Connect, action: str, strategy: str
) -> None:
    lab.do(
        f"""{PARENT} create index on public.t (at);
        create table public.c (id int, t_id int references public.t on delete {action});
        insert into public.c values (1, 1), (2, 2), (3, 3);
        select pydb.setting_set('lock_timeout', '50 ms');"""
    )
    lab.policy(strategy=strategy)
    application = connect(autocommit=False)
    application.execute("select from public.c where id = 2 for update")
    run = lab.run()
    gone = {"cascade": 5 + 2}.get(action, 5)  # the children that go along are counted
    assert (run.end, run.rows_done, run.rows_skipped) == (("partial", "locked"), gone, 1)
    assert lab.ids() == [2, 7, 8]
    application.rollback()
    assert lab.prune().end == DONE


def test_a_child_table_that_is_locked_as_a_whole_blocks_the_run(lab: Lab, connect: Connect) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        insert into public.t select i, '{OLD}' from generate_series(1, 3000) as i;
        create table public.c (id int, t_id int references public.t on delete cascade);
        select pydb.setting_set('lock_timeout', '10 ms'), pydb.setting_set('retry_limit', '1');"""
    )
    lab.policy()
    application = connect(autocommit=False)
    application.execute("lock public.c in share mode")
    call = lab.call()
    assert (call.run.end, call.run.rows_done, call.sqlstate) == (("blocked", "locked"), 0, "YD111")
    application.rollback()
    assert lab.prune().end == DONE


@pytest.mark.parametrize("lacks", ["select on child", "usage on schema", "delete on target", "grandchild"])
def test_e12_missing_grants_are_listed_before_anything_starts(
    lab: Lab, connect: Connect, role: Callable[..., str], lacks: str
) -> None:
    runner = role("runner")
    lab.do(
        f"""{PARENT} create schema hidden;
        create table hidden.c (id int primary key, t_id int references public.t on delete cascade);
        create table hidden.d (c_id int references hidden.c);
        grant usage on schema pydb, pydb_internal to {runner};
        grant execute on all routines in schema pydb, pydb_internal to {runner};
        grant usage on schema hidden to {runner}; grant select on all tables in schema hidden to {runner};
        grant select, delete on public.t to {runner};"""
    )
    lab.policy()
    revoke, hint = {
        "select on child": ("revoke select on hidden.c from", "grant select on hidden.c to"),
        "usage on schema": ("revoke usage on schema hidden from", "grant usage on schema hidden to"),
        "delete on target": ("revoke delete on public.t from", "grant delete on public.t to"),
        "grandchild": ("revoke select on hidden.d from", "grant select on hidden.d to"),
    }[lacks]
    theirs = Lab(connect(runner))
    assert theirs.rows("select rows_done from pydb.retention_batch('p', 1, null, %s)", NOW) == [(1,)]
    lab.do(f"{revoke} {runner}")
    with refused("YD005") as refusal:
        theirs.policy()
    assert hint in refusal.hint
    with refused("YD111"):
        theirs.do("call pydb.retention_run('p')")
    assert lab.rows("select state, stop_reason, sqlstate, rows_done from pydb.job_run") == [
        ("blocked", "error", "YD005", 0)
    ]
    assert lab.number("select count(*) from public.t") == 7
