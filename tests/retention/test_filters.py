"""Filters that must be refused (cases A11-A13): with their own code, and with nothing stored or changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.retention.lab import NOW, Lab, refused, untouched

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Connect

# each filter is a try to say more than one boolean expression over one table
ESCAPES = (
    "'; drop table public.t; --",
    "true; drop table public.t",
    "true) or (1=1",
    "1), now(",
    "true -- and then",
    "true /* and then */",
    "kind = $$a$$",
    "kind = $a$a$a$",
    r"kind = E'\x61'",
    r"kind = U&'\0061'",
    "kind = 'a",
    'kind = "a',
    "(kind = 'a'",
    "",
    " \n\t",
    "true, true",
    "kind = 'a' as x",
    "x" * 10_001,
)


FORBIDDEN = (
    "id in (select 1)",
    "exists (select)",
    "(select true)",
    "random() < 0.5",
    "pg_sleep(0) is null",
    "set_config('a.b', 'c', true) is null",
    "lo_unlink(1) = 1",
    "public.mine(id)",
    "id operator(public.===) 1",
    "id::public.evil > 0",
    "(array[id]::public.evil[])[1] > 0",
    "query_to_xml('select 1', true, true, '') is null",
    "count(*) > 0",
    "row_number() over () > 0",
    "generate_series(1, 2) > 1",
    "other.id = 1",
    "pg_read_file('postgresql.conf') is null",
    "nextval('public.s') > 0",
    "clock_timestamp() > at",
    "pg_notify('a', 'b') is null",
    "no_such_column",
    "no_such_function(id)",
)


def test_a11_a_filter_that_leaves_its_parentheses_is_refused(table: Lab) -> None:
    for given in ESCAPES:
        with refused("YD103", what=given):
            table.policy(filter=given)
    untouched(table)


def test_a12_a_filter_with_what_is_not_allowed_is_refused(table: Lab) -> None:
    table.do(
        """create sequence public.s; create table public.called (); create table public.other (id int);
        create function public.mine(int) returns boolean language sql immutable as 'select true';
        create function public.same(int, int) returns boolean language sql immutable as 'select true';
        create operator public.=== (leftarg = int, rightarg = int, function = public.same);
        create function public.spy(int) returns boolean language plpgsql immutable as
            'begin create table if not exists public.spied (); return true; end';
        create domain public.evil as int check (public.spy(value));"""
    )
    for given in FORBIDDEN:
        with refused("YD103", what=given):
            table.policy(filter=given)
        assert table.one("select to_regclass('public.spied')") is None, given
    untouched(table)


def test_a12_a_filter_runs_only_as_a_role_that_its_author_could_become(
    table: Lab, connect: Connect, role: Callable[..., str]
) -> None:
    author, runner = role("author"), role("runner")
    table.do(
        f"""grant usage on schema pydb, pydb_internal to {author}, {runner};
        grant execute on all routines in schema pydb, pydb_internal
        to {author}, {runner}; grant insert, select on pydb_internal.draft to {author}, {runner};
        grant select, delete, update on public.t to {author}, {runner}"""
    )
    theirs = Lab(connect(author))
    theirs.policy(filter="kind = 'a'")
    other = connect(runner)
    with refused("YD111"):
        other.execute("call pydb.retention_run('p')")
    with refused("YD114"):
        other.execute("select * from pydb.retention_batch('p')")
    assert table.rows("select state, stop_reason, sqlstate, rows_done from pydb.job_run") == [
        ("blocked", "error", "YD114", 0)
    ]
    assert table.number("select count(*) from public.t") == 7
    assert theirs.rows("select rows_done from pydb.retention_batch('p', p_now => %s)", NOW) == [(4,)]
    assert table.ids() == [5, 6, 7]


def test_a13_a_filter_of_another_type_is_refused(table: Lab) -> None:
    for given in ("1", "'text'", "id", "null::int", "at", "array[true]"):
        with refused("YD103", what=given):
            table.policy(filter=given)
    untouched(table)


def test_a13_a_filter_that_fails_on_a_row_is_refused(table: Lab) -> None:
    for given in ("1 / (id - 3) > 0", "kind::int > 0", "at + (id || ' no')::interval > at"):
        with refused("YD103", what=given):
            table.policy(filter=given)
    untouched(table)


def test_a13_a_filter_that_fails_later_fails_the_run_and_deletes_nothing(table: Lab) -> None:
    table.policy(filter="100 / n > 0")
    table.do("insert into public.t values (8, '2024-06-01', 'a', 0)")
    call = table.call()
    assert call.sqlstate == "YD110"
    assert (call.run.end, call.run.sqlstate, call.run.rows_done) == (("failed", "error"), "22012", 0)
    assert table.number("select count(*) from public.t") == 8


def test_a_bare_boolean_column_is_a_filter_like_any_other(table: Lab) -> None:
    table.do(
        """alter table public.t add column is_closed boolean, add column "is Öpen" boolean;
        update public.t set is_closed = id in (1, 2), "is Öpen" = id = 3;"""
    )
    for filter_, stored, left in (
        ("is_closed", "is_closed", [3, 4, 5, 6, 7]),
        ('"is Öpen"', '"is Öpen"', [4, 5, 6, 7]),
        ("not is_closed", "NOT is_closed", [5, 6, 7]),
    ):
        row = table.policy(filter=filter_)
        assert str(row["filter"]).replace("(", "").replace(")", "") == stored
        table.prune()
        assert table.ids() == left
