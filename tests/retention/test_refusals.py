"""Rows that an error keeps: found, left and counted, while all others go."""

from __future__ import annotations

import itertools

import pytest

from tests.retention.lab import OLD, Lab

TABLE = f"""create table public.t (id int primary key, at timestamptz);
    insert into public.t select i, '{OLD}' from generate_series(1, 71) as i; create index on public.t (at);
    create function public.hold() returns trigger language plpgsql as $$ begin
        if {{condition}} then raise exception 'row %% is on hold', old.id using errcode = '{{code}}'; end if;
        return old; end $$;"""
TRIGGERS = {
    "before": "create trigger hold before delete on public.t for each row",
    "after": "create trigger hold after delete on public.t for each row",
    "deferred": """create constraint trigger hold after delete on public.t
        deferrable initially deferred for each row""",
}


def held(lab: Lab, when: str, code: str, condition: str = "old.id = 40") -> None:
    lab.do(TABLE.format(code=code, condition=condition).replace("%%", "%"))
    lab.do(f"{TRIGGERS[when]} execute function public.hold()")


CODES = ["P0001", "23514", "HOLD1", "42501"]
# whatever it chooses: of a lock, a server or a name it says the same as of the row. How ranges are walked
# is no matter of what is raised: each trigger meets both strategies, and so does each code
CASES = [
    *(
        (when, code, ("heap", "index")[number % 2])
        for number, (when, code) in enumerate((when, code) for code in CODES for when in TRIGGERS)
    ),
    *itertools.product(["before", "deferred"], ["40001", "25006", "42P01", "53100", "XX000"], ["heap"]),
]


@pytest.mark.parametrize(("when", "code", "strategy"), CASES)
def test_one_protected_row_stays_and_the_others_go(lab: Lab, when: str, code: str, strategy: str) -> None:
    held(lab, when, code)
    lab.policy(strategy=strategy)
    lab.do("select pydb.setting_set('retry_limit', '1')")  # 40001 is tried again first
    call = lab.call()
    assert (call.sqlstate, call.run.end, call.run.sqlstate) == (None, ("partial", "error"), code)
    assert (call.run.rows_done, call.run.rows_skipped, lab.ids()) == (70, 1, [40])
    assert call.run.detail["refused"] == {code: 1}
    assert "row 40 is on hold" in (call.run.error or "")
    assert "hold() line 2" in str(call.run.detail["context"])


def test_nothing_but_protected_rows_is_no_success(lab: Lab) -> None:
    held(lab, "before", "P0001", "true")
    lab.policy()
    call = lab.call()
    assert (call.sqlstate, call.run.end, call.run.rows_done) == ("YD111", ("blocked", "error"), 0)
    assert call.run.rows_skipped == 71


@pytest.mark.parametrize("code", ["42P01", "53100"])
def test_a_trigger_that_is_broken_fails_the_run_before_it_has_tried_every_row(lab: Lab, code: str) -> None:
    held(lab, "before", code, "true")
    lab.do(f"insert into public.t select i, '{OLD}' from generate_series(100, 9000) as i")
    lab.policy()
    call = lab.call()
    assert (call.sqlstate, call.run.end, call.run.sqlstate) == ("YD110", ("failed", "error"), code)
    assert (call.run.rows_done, 0 < call.run.rows_skipped < 500) == (0, True)


def test_code_that_breaks_for_one_row_keeps_that_row(lab: Lab) -> None:
    """The server raises it, for a table that is not there, and the row is the one that has it looked for."""
    lab.do(
        f"""create table public."Größe t" ("t" int primary key, "rows" timestamptz, k int, new int);
        insert into public."Größe t" select i, '{OLD}', i, i from generate_series(1, 71) as i;
        create function public."RAISE ""k""()"() returns trigger language plpgsql as $$ begin
            if old.k in (40, 41) then insert into gone values (old.new); end if; return old; end $$;
        create trigger "rows" before delete on public."Größe t" for each row
            execute function public."RAISE ""k""()"();"""
    )
    lab.policy(table='public."Größe t"', column="rows")
    call = lab.call()
    assert (call.sqlstate, call.run.end, call.run.sqlstate) == (None, ("partial", "error"), "42P01")
    assert (call.run.rows_done, call.run.rows_skipped) == (69, 2)
    assert (call.run.detail["refused"], "search_path" in str(call.run.detail["hint"])) == ({"42P01": 2}, True)


def test_rows_that_a_key_keeps_and_rows_that_a_trigger_keeps_are_told_apart(lab: Lab) -> None:
    held(lab, "before", "P0001")
    lab.do(
        """create table public.c (t_id int references public.t, at int);
        create function public.late() returns trigger language plpgsql as $$ begin
            insert into public.c values (7); return null; end $$;
        create trigger late after delete on public.t for each row when (old.id = 3)
            execute function public.late();"""
    )
    lab.policy()
    run = lab.run()
    assert run.end == ("partial", "error")
    assert run.detail["refused"] == {"P0001": 1, "23503": 1} or lab.ids() == [7, 40]
