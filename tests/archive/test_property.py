"""Any values of any types, through the archive and back, killed at any row: the same bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.archive.lab import OLD
from tests.retention.lab import NOW

if TYPE_CHECKING:
    from tests.archive.lab import Lab

DAILY: Final = settings.default.max_examples if settings.default else 0
TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
ROW = st.tuples(
    TEXT | st.none(),
    st.binary(max_size=4000) | st.none(),
    st.decimals(-(10**30), 10**30) | st.sampled_from([Decimal("NaN"), Decimal("Infinity"), None]),
    st.floats(),
    st.lists(TEXT | st.none(), max_size=3),
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXT,
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=5,
    ),
    st.text("ab ", max_size=5),
)


@settings(max_examples=max(1, DAILY // 4), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROW, min_size=1, max_size=8))
def test_what_goes_in_comes_back(lab: Lab, rows: list[tuple[object, ...]]) -> None:
    lab.do(
        """drop table if exists public.t; create table public.t (
            id int generated always as identity, at timestamptz, a text, b bytea, c numeric, d float8,
            e text[], f jsonb, g char(5), h text generated always as (upper(a)) stored
        )"""
    )
    for a, b, c, d, e, f, g in rows:
        lab.db.execute(
            f"insert into public.t (at, a, b, c, d, e, f, g) values ('{OLD}'{', %s' * 7})".encode(),
            (a, b, c, d, e, json.dumps(f), g),
        )
    before = lab.bytes()
    lab.archives()
    assert lab.prune_into_archive() == len(rows)
    assert sum(step.restored for step in lab.restore().values()) == len(rows)
    assert lab.bytes() == before


@dataclass(frozen=True)
class Column:
    """A column of some type, and a value of it in each row."""

    type: str
    values: tuple[object, ...]


NUMBERS: Final = st.decimals(-(10**20), 10**20) | st.sampled_from([Decimal("NaN"), Decimal("-Infinity")])
SMALL: Final = st.integers(-(2**31), 2**31 - 1)
TYPES: Final[dict[str, st.SearchStrategy[object]]] = {
    "text": TEXT,
    "public.word": TEXT,
    "public.mood": st.sampled_from(["good", "so 'la la'"]),
    "public.pair": st.builds(lambda number: f"({number},)", SMALL),
    "char(5)": st.text("ab ", max_size=5),
    "varchar(9)": st.text("aé ", max_size=9),
    "bytea": st.binary(max_size=9000),
    "numeric": NUMBERS,
    "numeric(12, 4)": st.decimals(-(10**7), 10**7, places=4),
    "double precision": st.floats(),
    "boolean": st.booleans(),
    "uuid": st.builds(lambda number: str(UUID(int=number)), st.integers(0, 2**128 - 1)),
    "integer[]": st.lists(SMALL | st.none(), max_size=4),
    "text[]": st.lists(TEXT | st.none(), max_size=3),
    "int8range": st.builds(lambda low, length: f"[{low},{low + length})", SMALL, st.integers(0, 9)),
    "nummultirange": st.sampled_from(["{}", "{[1,2),(3.5,)}"]),
    "jsonb": st.builds(json.dumps, st.recursive(st.none() | TEXT, st.lists, max_leaves=4)),
    "json": st.sampled_from(['{ "b" :  1 }', "[]", "null"]),
    "timestamptz": st.sampled_from(["infinity", "4713-01-01 BC", "2024-02-29 12:00"]),
    "interval": st.sampled_from(["-1 mon +2 days -03:04:05.678", "0", "178000000 years"]),
    "timetz": st.sampled_from(["00:00+00", "23:59:59.999999-14"]),
    "varbit": st.text("01", max_size=9),
    "inet": st.sampled_from(["10.1.2.3/8", "::1"]),
    "point": st.sampled_from(["(1.5,-2e300)", "(-0,0)"]),
    "tsvector": st.sampled_from(["fat:2 cat:3A", ""]),
    "xid8": st.sampled_from(["0", "18446744073709551615"]),
}
KINDS: Final = """
create domain public.word as text; create type public.mood as enum ('good', $$so 'la la'$$);
create type public.pair as (a integer, b text);
"""
REVIVE: Final = """
delete from public.death
where id = (select min(d.id) from public.death as d inner join public.t as t on t.id = d.id)
"""
# what befalls whoever deletes a row: in the middle of a batch, as the engine chose it
DEATHS: Final = {
    "terminated": "perform pg_terminate_backend(pg_backend_pid())",
    "cancelled": "perform pg_cancel_backend(pg_backend_pid())",
    "disk full": "raise sqlstate '53100'",
    "lost": "raise sqlstate '08006'",
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Column], int]:
    """Some columns, and how many rows they have."""
    rows = draw(st.integers(1, 12))
    types = draw(st.lists(st.sampled_from(sorted(TYPES)), max_size=8))
    return [Column(name, draw(st.tuples(*[st.none() | TYPES[name]] * rows))) for name in types], rows


@settings(max_examples=max(1, DAILY // 8), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tables(),
    st.dictionaries(st.integers(1, 12), st.sampled_from(sorted(DEATHS)), max_size=3),
    st.sampled_from(["before", "after"]),
    st.sampled_from(["heap", "index"]),
    st.integers(1, 6),
)
def test_whatever_dies_at_whatever_row_nothing_is_lost(  # noqa: PLR0917
    lab: Lab, table: tuple[list[Column], int], deaths: dict[int, str], when: str, strategy: str, step: int
) -> None:
    columns, rows = table
    if lab.one("select to_regtype('public.pair')") is None:
        lab.do(KINDS)
    names = ["id", "at", *(f"c{number}" for number in range(len(columns)))]
    lab.do(
        f"""drop table if exists public.t, public.death;
        create table public.t (id integer primary key, at timestamptz not null{
            "".join(f", c{number} {column.type}" for number, column in enumerate(columns))
        });
        create index on public.t (at);
        create table public.death (id integer, kind text);
        create or replace function public.die() returns trigger language plpgsql as $$ begin
            case (select kind from public.death where id = old.id)
                {" ".join(f"when '{kind}' then {deed};" for kind, deed in DEATHS.items())} else null;
            end case; return old; end $$;
        create trigger die {when} delete on public.t for each row execute function public.die()"""
    )
    for row in range(rows):
        lab.db.execute(
            f"insert into public.t values (%s, '{OLD}'{', %s' * len(columns)})".encode(),
            (row + 1, *(column.values[row] for column in columns)),
        )
    for row, kind in deaths.items():
        lab.db.execute("insert into public.death values (%s, %s)", (row, kind))
    lab.archives(strategy=strategy)
    before, first = lab.bytes(), lab.number("select coalesce(max(id), 0)::integer from pydb.job_run")
    session = psycopg.connect(lab.db.info.dsn, autocommit=True)
    for _ in range(2 * rows + len(deaths)):
        left = len(lab.ids())
        if session.closed:
            session = psycopg.connect(lab.db.info.dsn, autocommit=True)
        code = died(session, step)
        archive = lab.rows("select archive::text from pydb.archive_table where source = 'public.t'::regclass")
        both = [f"select {', '.join(names)} from {name}" for (name,) in [("public.t",), *archive]]
        assert lab.bytes(f"({' union all '.join(both)}) as both_of_them") == before
        if code is not None or len(lab.ids()) == left:
            lab.do(REVIVE)
        if not left:
            break
    session.close()
    assert lab.ids() == []
    runs = [run for run in lab.runs() if run.id > first]
    assert sum(run.rows_done for run in runs) == rows
    assert "running" not in [run.state for run in runs]
    for (run_id,) in lab.rows("select run_id from pydb.archive_run where run_id > %s", first):
        lab.restore(run_id, allow_triggers=True)
    assert lab.bytes() == before
    assert lab.number("select count(*) from pydb.archive_list where run_id > %s and rows > 0", first) == 0


def died(session: psycopg.Connection[tuple[object, ...]], step: int) -> str | None:
    """Archive some rows; the SQLSTATE of what ended it."""
    try:
        session.execute("call pydb.retention_run('p', p_now => %s, p_max_rows => %s)", (NOW, step))
    except psycopg.Error as error:
        return error.sqlstate or "08006"
    return None
