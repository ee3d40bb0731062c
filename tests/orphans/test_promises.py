"""A repair does what its dry run says: orphans that keep each other go, what something keeps is not due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import pytest

if TYPE_CHECKING:
    from tests.orphans.lab import Lab

M: Final = "create table public.m (id int primary key); insert into public.m values (0);"
REF: Final = "public.o.m_id_ref"
CHAIN: Final = f"""{M} create table public.o (
    id int primary key, m_id int, o_id int references public.o deferrable initially deferred);
create index on public.o (o_id);
select pydb.reference_set('public.o', '{{m_id}}', 'public.m', '{{id}}');"""
# the rows: how many go, how many stay; more than the 1000 that may fail before one is gone
TANGLES: Final = {
    "each points at the one before": (
        "select i, 7, nullif(i - 1, 0) from generate_series(1, 1100) as i",
        *(1100, 0),
    ),
    "each points at the one behind": (
        "select i, 7, nullif(i + 1, 1101) from generate_series(1, 1100) as i",
        *(1100, 0),
    ),
    "in any order": (
        "select i, 7, lag(i) over (order by md5(i::text)) from generate_series(1, 1100) as i order by i",
        *(1100, 0),
    ),
    "a ring beside rows that stay": (
        """select i, 7, i % 100 + 1 from generate_series(1, 100) as i
        union all values (101, 7, null), (102, 0, 101), (103, 7, 101), (104, 7, 103), (105, 0, 105)""",
        *(102, 1),
    ),
    "one that stays keeps all before it": (
        "select i, case i when 60 then 0 else 7 end, nullif(i - 1, 0) from generate_series(1, 100) as i",
        *(40, 59),
    ),
}


# who keeps whom is found by the one routine, whatever becomes of the rows: each tangle meets one mode
@pytest.mark.parametrize(
    ("how", "mode"), [(how, ("delete", "quarantine")[i % 2]) for i, how in enumerate(TANGLES)]
)
def test_orphans_that_keep_each_other_go(lab: Lab, how: str, mode: str) -> None:
    rows, due, kept = TANGLES[how]
    lab.do(CHAIN)
    lab.do(f"insert into public.o (id, m_id, o_id) {rows}")
    before = cast("int", lab.one("select count(*) from public.o"))
    rehearsal = lab.repair(REF, mode=mode, dry_run=True, min_age="0")
    assert (rehearsal.end, rehearsal.run["rows_planned"]) == (("completed", "exhausted"), due)
    call = lab.repair(REF, mode=mode, min_age="0")
    assert call.end == (("partial", "referenced") if kept else ("completed", "exhausted"))
    assert (call.run["rows_planned"], call.run["rows_done"], call.run["rows_skipped"]) == (due, due, kept)
    assert lab.one("select count(*) from public.o") == before - due


SET: Final = "select pydb.reference_set('public.o', '{m_id}', 'public.m', '{id}')"
# what null meets: script, orphans that can have it, orphans that cannot, what is said
NULLS: Final = {
    "check": (
        """create table public.o (id int, m_id int, q int, check (m_id is not null or q is not null));
        insert into public.o values (1, 7, 1), (2, 7, null)""",
        *(1, 1, "check constraint o_check of public.o"),
    ),
    "check that older rows do not meet": (
        """create table public.o (id int, m_id int); insert into public.o values (1, 7), (2, 7);
        alter table public.o add check (id > 1) not valid""",
        *(1, 1, "check constraint o_id_check of public.o"),
    ),
    "domain": (
        """create domain public.d as int check (value is not null); create table public.o (m_id public.d);
        insert into public.o values (7), (8)""",
        *(0, 2, "check constraint d_check of domain public.d"),
    ),
    "null is there already": (
        """create table public.o (m_id int unique nulls not distinct);
        insert into public.o values (7), (8), (null)""",
        *(0, 2, "unique index o_m_id_key of public.o"),
    ),
    "one of two": (
        "create table public.o (m_id int unique nulls not distinct); insert into public.o values (7), (8)",
        *(1, 1, ""),
    ),
    "partition": (
        """create table public.o (m_id int) partition by list (m_id);
        create table public.o1 partition of public.o for values in (7);
        create table public.o2 partition of public.o default; insert into public.o values (7), (8)""",
        *(1, 1, "the bounds of partition public.o1"),
    ),
    "nothing": (
        "create table public.o (m_id int check (m_id > 0) unique); insert into public.o values (7), (8)",
        *(2, 0, ""),
    ),
}


@pytest.mark.parametrize("what", NULLS)
def test_a_row_that_cannot_be_null_is_not_promised(lab: Lab, what: str) -> None:
    script, due, kept, said = NULLS[what]
    lab.do(M)
    lab.do(f"{script}; {SET}")
    rehearsal = lab.repair(REF, mode="nullify", dry_run=True, min_age="0")
    assert rehearsal.run["rows_planned"] == due
    assert said in rehearsal.effects
    call = lab.repair(REF, mode="nullify", min_age="0")
    assert call.end == (("partial", "referenced") if kept else ("completed", "exhausted"))
    assert (call.run["rows_planned"], call.run["rows_done"], call.run["rows_skipped"]) == (due, due, kept)
    assert lab.one("select count(*) from public.o where m_id is null") == due + (
        what == "null is there already"
    )


def test_what_only_doing_it_shows_is_said(lab: Lab) -> None:
    """A plan calls nobody's code."""
    lab.do(M)
    lab.do(
        f"""create function public.f(int) returns boolean language plpgsql as
            $$ begin raise exception 'called'; end $$;
        create table public.o (m_id int); insert into public.o values (7);
        alter table public.o add check (public.f(m_id)) not valid; {SET}"""
    )
    rehearsal = lab.repair(REF, mode="nullify", dry_run=True, min_age="0")
    assert rehearsal.run["rows_planned"] == 1
    assert "only doing it shows whether null passes: check constraint o_m_id_check" in rehearsal.effects


def test_a_reference_more_costs_a_scan_the_same(lab: Lab) -> None:
    """However many references there are, to the same table too: each is looked up alone."""
    lab.do("create table public.m (id int primary key); insert into public.m values (1)")
    spent = []
    for last in (10, 20, 40):
        lab.do(
            f"""do $$ begin for i in {last // 2 + 1 if last > 10 else 1}..{last} loop
                execute format('create table public.c%s (m int references public.m)', i);
            end loop; end $$"""
        )
        session = lab.session(autocommit=False)
        session.execute("set track_functions = 'all'")
        assert len(lab.scan(db=session)) == last
        ((calls,),) = session.execute(
            "select sum(calls)::int from pg_stat_xact_user_functions where schemaname like 'pydb%'"
        ).fetchall()
        session.rollback()
        spent.append(cast("int", calls))
    assert spent[2] - spent[1] <= 2 * (spent[1] - spent[0]) + 10, spent
    assert spent[2] - spent[0] <= 45 * 40, spent
