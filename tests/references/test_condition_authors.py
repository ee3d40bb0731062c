"""A reference's conditions are code: each use asks who wrote them, and what they name by now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.retention.lab import Lab, refused

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection, RoleFactory

SET: Final = (
    "select pydb.reference_set('public.note', '{of_id}', 'public.post', '{id}', 'no action', "
    "p_filter => %s, p_parent_filter => %s)"
)
# what follows, or asks, the reference; each as one statement
USES: Final = (
    """select * from pydb.cascade_plan('public.post', '[{"id": 1}]')""",
    """select * from pydb.cascade_delete('public.post', '[{"id": 1}]')""",
    """select pydb.cascade_request('public.post', '[{"id": 1}]')""",
    "call pydb.orphan_repair('note.of_id_ref', 'delete', p_min_age => '0')",
    "call pydb.orphan_repair('note.of_id_ref', 'delete', p_min_age => '0', p_dry_run => true)",
    "select * from pydb.retention_plan('p')",
    "select * from pydb.retention_batch('p', 1)",
)


@pytest.fixture
def mal(role: RoleFactory) -> str:
    return role("mal")


@pytest.fixture
def victim(db: Connection, mal: str) -> Lab:
    """The superuser's session; mal owns the child and may set references."""
    made = Lab(db)
    made.do(
        f"""create table public.trace (who text); grant insert on public.trace to public;
        grant all on schema public to {mal};
        grant usage on schema pydb, pydb_internal to {mal};
        grant execute on all routines in schema pydb, pydb_internal to {mal};
        grant insert, select (id) on pydb_internal.draft to {mal};
        create table public.post (id int primary key, at timestamptz default '2020-01-01',
            kind text default 'a');
        create table public.note (id int primary key, of_type text, of_id int);
        create table public.alone (id int primary key, p int references public.post);
        insert into public.post select generate_series(1, 20);
        insert into public.note values (1, 'Post', 1), (2, 'Video', 2), (3, 'Post', 99);
        grant select on public.post, public.note, public.alone, pydb.reference to {mal};
        alter table public.note owner to {mal};
        select pydb.retention_policy_set('p', 'public.post', 'at', '1 day', p_fuse_share => 1)"""
    )
    return made


def set_by(lab: Lab, filter_: str | None = "of_type = 'Post'", parent: str | None = None) -> None:
    lab.rows(SET, filter_, parent)


def unharmed(victim: Lab) -> bool:
    return (
        victim.rows("select who from public.trace") == []
        and victim.ids("public.note") == [1, 2, 3]
        and victim.number("select count(*) from public.post") == 20
    )


@pytest.mark.parametrize("side", ["child", "parent"])
def test_nobody_runs_a_condition_whose_author_could_not_become_him(
    victim: Lab, connect: Connect, mal: str, side: str
) -> None:
    his = Lab(connect(mal))
    set_by(his, *(("of_type = 'Post'", None) if side == "child" else (None, "kind = 'a'")))
    assert his.number("select author_role::oid::int from pydb_internal.reference_logical(null, null)") == (
        victim.number(f"select '{mal}'::regrole::oid::int")
    )
    for use in USES:
        with refused("YD114", "YD111", what=use):
            victim.do(use)
    assert victim.rows("select distinct sqlstate, rows_done from pydb.job_run") == [("YD114", 0)]
    call = victim.call()
    assert (call.run.state, call.run.sqlstate, call.run.rows_done) == ("blocked", "YD114", 0)
    # one reference that cannot be looked at is no reason to look at no other
    assert victim.rows("select reference, status, sqlstate from pydb.orphan_scan()") == [
        ("public.alone.alone_p_fkey", "complete", None),
        ("public.note.of_id_ref", "skipped", "YD114"),
    ]
    assert unharmed(victim)
    # its author may, and so may everybody once a superuser has taken it over
    assert his.rows("""select relation from pydb.cascade_plan('public.post', '[{"id": 2}]')""")
    set_by(victim, *(("of_type = 'Post'", None) if side == "child" else (None, "kind = 'a'")))
    victim.do(USES[0])
    assert victim.rows("select status from pydb.orphan_scan('note.of_id_ref')") == [("complete",)]


def test_a_job_that_was_requested_before_runs_no_condition_of_another_author(
    victim: Lab, connect: Connect, mal: str
) -> None:
    set_by(victim)
    victim.do("""select pydb.cascade_request('public.post', '[{"id": 2}]')""")
    set_by(Lab(connect(mal)))
    with refused("YD302"):
        victim.do("call pydb.cascade_run()")
    assert victim.rows("select state, sqlstate, rows_done from pydb.job_run") == [("blocked", "YD114", 0)]
    assert unharmed(victim)


def test_a_condition_that_leads_to_somebodys_code_is_refused_before_it_is_read(
    victim: Lab, connect: Connect, mal: str
) -> None:
    connect(mal).execute(
        """create function public.spy() returns boolean language plpgsql as
        $$ begin insert into public.trace values (current_user); return true; end $$;
        create domain public.dom as int check (public.spy())"""
    )
    set_by(victim)
    for column in ("filter", "parent_filter"):
        for evil in ("public.spy()", "'{1}'::public.dom[] is not null", "true) or (public.spy()"):
            other = "filter" if column == "parent_filter" else "parent_filter"
            victim.db.execute(f"update pydb.reference set {other} = null, {column} = %s".encode(), [evil])
            for use in USES:
                with refused("YD103", "YD110", what=f"{evil} {use}"):
                    victim.do(use)
            assert victim.rows("select status, sqlstate from pydb.orphan_scan('note.of_id_ref')") == [
                ("skipped", "YD103")
            ]
            assert unharmed(victim), evil


def test_who_wrote_a_condition_is_a_role_and_no_name(
    victim: Lab, connect: Connect, mal: str, role: RoleFactory
) -> None:
    set_by(Lab(connect(mal)))
    other = role("other")
    victim.do(f"alter role {other} superuser")
    victim.do(f"update pydb.reference set author = '{other}'")  # whatever the text says
    with refused("YD114"):
        victim.do(USES[0])
    victim.do("update pydb.reference set author_role = 1")
    with refused("YD114") as refusal:
        victim.do(USES[0])
    assert "gone" in refusal.detail
    assert unharmed(victim)
