"""Many partitions: what is asked and done once for all of them, and what each keeps for itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import pytest

from tests.cascade.site import ONE, TAKE, by_via, only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.cascade.site import Site
    from tests.conftest import RoleFactory

KEY: Final = "public.c.c_r_fkey"
# calls of private routines that each further partition may cost a delete: its name, its rows from one array
A_PARTITION: Final = 3
SMALL, LARGE = 50, 400


def partitioned(site: Site, count: int, action: str = "cascade", more: str = "") -> None:
    """Table c with that many partitions, each with two rows of root row 1, and one of root row 2."""
    site.do(
        f"""create table public.r (id int primary key); insert into public.r values (1), (2), (3);
        create table public.c (id int, part int, r int constraint c_r_fkey references public.r
            on delete {action}{more}) partition by list (part);
        create index on public.c (r);
        do $$ begin for i in 0..{count - 1} loop
            execute format('create table public.c%s partition of public.c for values in (%1$s)', i);
        end loop; end $$;
        insert into public.c select i, i % {count}, 1 + i / {2 * count}
        from generate_series(0, {3 * count - 1}) as i"""
    )


def again(site: Site, count: int, action: str = "cascade") -> None:
    site.do("drop table if exists public.c, public.r")
    partitioned(site, count, action)


def calls(site: Site, edges: Mapping[str, str] | None) -> int:
    """How often a delete calls routines of pydb; a session counts on and on."""
    session = site.session("-c track_functions=all")
    with session.transaction(force_rollback=True):
        site.delete("public.r", ONE, edges, session)
        (made,) = session.execute(
            "select sum(calls)::int from pg_stat_xact_user_functions where schemaname like 'pydb%'"
        ).fetchone() or (0,)
    assert isinstance(made, int)
    return made


@pytest.mark.parametrize("action", ["cascade", "no action", "set null"])
def test_a_partition_more_costs_a_few_calls_and_not_a_look_at_all_others(site: Site, action: str) -> None:
    made = []
    for count in (20, 40, 80):
        again(site, count, action)
        made.append(calls(site, TAKE if action == "no action" else None))
    assert made[2] - made[0] <= 60 * A_PARTITION, made
    assert made[2] - made[1] <= 2 * (made[1] - made[0]), made


@pytest.mark.parametrize("action", ["cascade", "set null"])
def test_the_time_of_a_delete_grows_with_the_partitions_and_not_with_their_square(
    site: Site, action: str
) -> None:
    """Eight times the partitions: 64 times the work, were it their square; a busy machine is forgiven."""
    took = {}
    for count in (SMALL, LARGE):
        again(site, count, action)
        site.plan("public.r", {"id": 3})
        seconds = []
        for _ in range(3):
            with site.db.transaction(force_rollback=True):
                start = time.monotonic()
                assert only(site.delete("public.r", ONE), KEY).done == 2 * count
                seconds.append(time.monotonic() - start)
        took[count] = min(seconds)
    assert took[LARGE] < 24 * took[SMALL], took


def test_a_trigger_of_statements_is_fired_by_the_partition_that_has_it(site: Site) -> None:
    partitioned(site, 12)
    site.do(
        """create table public.seen (what text);
        create function public.watch() returns trigger language plpgsql as
            $$ begin insert into public.seen values (tg_relname); return null; end $$;
        create trigger watch after delete on public.c5 for each statement execute function public.watch()"""
    )
    assert only(site.delete("public.r", ONE), KEY).done == 24
    assert site.content("public.seen") == [("c5",)]


def test_rights_on_the_partitions_are_enough(site: Site, role: RoleFactory) -> None:
    partitioned(site, 12)
    name = role("user")
    site.do(
        f"""grant usage on schema pydb, pydb_internal, public to {name};
        grant execute on all routines in schema pydb, pydb_internal to {name};
        grant select on all tables in schema pydb, pydb_internal, public to {name};
        grant delete on all tables in schema public to {name}; revoke delete on public.c from {name}"""
    )
    assert only(site.delete("public.r", ONE, session=site.session(user=name)), KEY).done == 24


def test_a_row_that_comes_into_a_partition_after_the_look_is_never_deleted_unplanned(site: Site) -> None:
    """By a logical reference nothing else would find it: the key does, the counts tell, and a second look."""
    site.do(
        """create table public.r (id int primary key); insert into public.r values (1), (2);
        create table public.k (r int references public.r); create index on public.k (r);
        insert into public.k values (1);
        create table public.c (id int, r int) partition by list (id); create index on public.c (r)"""
    )
    for number in range(12):
        site.do(
            f"create table public.c{number} partition of public.c for values in ({number});"
            f"insert into public.c values ({number}, 1)"
        )
    site.do("select pydb.reference_set('public.c', '{r}', 'public.r', '{id}', 'cascade')")
    other = site.session()
    other.execute("begin")
    other.execute("lock table public.k in share mode")
    run = site.start_delete("public.r", ONE, TAKE, site.session("-c enable_seqscan=off"))
    site.until_blocked(run.pid, other.info.backend_pid)
    other.execute("insert into public.c values (7, 1)")
    other.execute("commit")
    run.succeeded()
    assert site.runs("public.r")[-1].detail["relations"] == {"public.r": 1, "public.c": 13, "public.k": 1}
    assert site.value("select count(*) from public.c") == 0


def test_rules_and_triggers_of_partitions_are_said_and_rows_of_all_are_set(site: Site) -> None:
    partitioned(site, 12, "set default", " deferrable")
    site.do(
        """create rule keep as on update to public.c3 do instead nothing;
        alter table public.c alter r set default 2;
        create function public.watch() returns trigger language plpgsql as $$ begin return null; end $$;
        create trigger watch after update on public.c7 for each row execute function public.watch()"""
    )
    step = by_via(site.plan("public.r", ONE))[KEY]
    assert (step.action, step.codes) == ("blocked", ["rule", "trigger"])
    assert step.cure == "alter table public.c3 disable rule keep;"
    site.do(step.cure)
    assert only(site.delete("public.r", ONE), KEY).done == 24
    assert site.value("select count(*) from public.c where r = 2") == 36


def test_a_choice_by_name_costs_no_look_at_all_other_references(site: Site) -> None:
    site.do(
        """create table public.r (id int primary key); insert into public.r values (1), (2), (3);
        do $$ begin for i in 1..40 loop
            execute format('create table public.c%s (r int references public.r)', i);
        end loop; end $$"""
    )
    named = {f"public.c{i}.c{i}_r_fkey": "delete" for i in range(1, 41)}
    assert calls(site, named) <= 2 * calls(site, TAKE)
