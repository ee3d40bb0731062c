"""What failed the last time it ran is said until it ends well, whoever ran it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.retention.lab import OLD, YOUNG, Lab

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection


@pytest.fixture
def lab(db: Connection) -> Lab:
    """A policy whose one old row somebody keeps, a repair and a cascade."""
    made = Lab(db)
    made.do(
        f"""create table public.t (id int primary key, at timestamptz);
        create table public.c (id int primary key, t_id int);
        insert into public.t values (1, '{OLD}'), (2, '{YOUNG}'); insert into public.c values (1, 7);
        create function public.hold() returns trigger language plpgsql as
            $$ begin raise exception using errcode = 'P0001', message = 'on hold'; end $$;
        create trigger hold before delete on public.t for each row execute function public.hold();
        create trigger hold before delete on public.c for each row execute function public.hold();
        select pydb.reference_set('public.c', '{{t_id}}', 'public.t', '{{id}}', 'no action', 'c_t')"""
    )
    made.policy()
    return made


def told(lab: Lab) -> list[tuple[object, ...]]:
    return lab.rows(
        "select status, summary, detail, hint from pydb.doctor() where reason_code = 'run_failed'"
    )


def run(lab: Lab, what: str) -> None:
    with contextlib.suppress(psycopg.Error):
        lab.do(f"call pydb.{what}")


def test_a_run_by_hand(lab: Lab) -> None:
    assert told(lab) == []
    run(lab, "retention_run('p')")
    ((status, summary, detail, hint),) = told(lab)
    assert (status, summary) == ("degraded", "did not end well the last time: 1")
    assert "run 1 of p, blocked (error)" in str(detail)
    assert "on hold" in str(detail)
    assert str(hint).startswith("p: ")
    # neither a rehearsal nor a run that did not start makes it well
    run(lab, "retention_run('p', p_dry_run => true)")
    lab.do("select pydb.retention_pause('p')")
    run(lab, "retention_run('p')")
    lab.do("select pydb.retention_resume('p')")
    assert len(told(lab)) == 1
    lab.do("drop trigger hold on public.t")
    run(lab, "retention_run('p')")
    assert told(lab) == []


def test_a_subject_that_is_gone_is_nobodys_matter(lab: Lab) -> None:
    run(lab, "retention_run('p')")
    run(lab, "orphan_repair('c_t', 'delete', p_min_age => '0')")
    ((_, summary, detail, hint),) = told(lab)
    assert summary == "did not end well the last time: 2"
    assert "repair public.c.c_t" in str(detail)
    assert "repair public.c.c_t: " in str(hint)
    lab.do("select pydb.retention_policy_drop('p'), pydb.reference_drop('public.c.c_t')")
    assert told(lab) == []


def test_a_disabled_policy_is_left_alone(lab: Lab) -> None:
    run(lab, "retention_run('p')")
    lab.policy(enabled=False)
    assert told(lab) == []


def test_who_was_left_out_because_a_call_was_stopped_is_said(lab: Lab) -> None:
    """A trigger that raises 57014 stops a call as a cancel does: nothing else would tell of the others."""
    lab.do(
        f"""create or replace function public.hold() returns trigger language plpgsql as
            $$ begin raise exception using errcode = '57014', message = 'not now'; end $$;
        create table public."Z t" (k int, "new" timestamptz); insert into public."Z t" values (1, '{OLD}')"""
    )
    lab.policy("z é", 'public."Z t"', "new")
    call = lab.call(None)
    assert call.sqlstate == "YD110"
    assert [(r.subject, r.end, r.sqlstate) for r in call.runs] == [
        ("p", ("failed", "error"), "57014"),
        ("z é", ("skipped", "cancelled"), None),
    ]
    assert "hold() line" in str(call.runs[0].detail["context"])
    assert "another SQLSTATE" in str(call.runs[0].detail["hint"])
    ((_, summary, detail, hint),) = told(lab)
    assert summary == "did not end well the last time: 2"
    assert "z é, skipped (cancelled)" in str(detail)
    assert "pydb retention run 'z é'" in str(hint)
    # who was left out comes first, and is no longer told of
    again = lab.call(None)
    assert [(r.subject, r.state) for r in again.runs[-2:]] == [("z é", "completed"), ("p", "failed")]
    assert [summary for _, summary, *_ in told(lab)] == ["did not end well the last time: 1"]


def test_a_call_that_could_not_even_list_its_subjects(lab: Lab, connect: Connect) -> None:
    rival = connect(autocommit=False)
    for tables, what, subject in (
        ("pydb.retention_policy", "retention_run()", "every policy"),
        ("pydb.cascade_job", "cascade_run()", "every job"),
    ):
        rival.execute(f"lock table {tables} in access exclusive mode".encode())
        run(lab, what)
        assert lab.rows(
            "select subject, state, stop_reason, sqlstate from pydb.job_run order by id desc limit 1"
        ) == [(subject, "blocked", "locked", "55P03")]
        rival.rollback()
    ((_, summary, _, hint),) = told(lab)
    assert summary == "did not end well the last time: 2"
    assert "every policy: rows or the table were locked by others; repeat: pydb retention run" in str(hint)
    lab.do("drop trigger hold on public.t")
    run(lab, "retention_run()")
    assert [summary for _, summary, *_ in told(lab)] == ["did not end well the last time: 1"]
