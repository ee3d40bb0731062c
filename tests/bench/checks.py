"""What a plan pays for its checks, and for edges that are named one by one: both sides in one run, in pairs.

The plan without checks is the same plan in a database where the routines that check let everything pass.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Final

from tests.bench import graph
from tests.bench.figures import Figure, timed

if TYPE_CHECKING:
    import argparse

    from tests.bench.arena import Arena, Connection

# plans that each round takes on either side, in turn
PAIRS: Final = 7
TABLES: Final = """
create table customer (id bigint primary key, at timestamptz not null, kind text not null);
create table sale (id bigint primary key, customer bigint references customer on delete cascade, note text);
create table line (id bigint primary key, sale bigint references sale on delete set null, note text);
create table visit (id bigint primary key, customer bigint);
create index on customer (at);
create index on sale (customer);
create index on line (sale);
create index on visit (customer);
insert into customer select i, now() - (i % 100) * interval '1 day', 'a' from generate_series(1, {rows}) as i;
insert into sale select i, i, 'x' from generate_series(1, {rows}) as i;
insert into line select i, i, 'x' from generate_series(1, {rows}) as i;
insert into visit select i, i from generate_series(1, {rows}) as i;
select pydb.reference_set('visit', '{{customer}}', 'customer', '{{id}}', 'cascade');
select pydb.retention_policy_set('customer', 'customer', 'at', '95 days',
    p_filter => 'kind = ''a'' and id > 0');
vacuum (analyze)
"""
ROWS: Final = (1_000, 50_000)
# who may run a condition, what a name stands for, what would refuse the run or an edge of it
CHECKS: Final = (
    "retention_check_author",
    "retention_enter",
    "retention_hurdle_warnings",
    "retention_set_warnings",
    "reference_check_author",
    "relation_check_names",
    "cascade_missing_grants",
    "cascade_set_problem",
    "cascade_default_problem",
)
PASS: Final = """
do $do$
declare
    v_check record;
begin
    for v_check in
        select p.oid::regprocedure as name, pg_get_function_arguments(p.oid) as arguments,
            p.oid::regproc as routine, pg_get_function_result(p.oid) as result, t.typcategory
        from pg_proc as p inner join pg_type as t on t.oid = p.prorettype
        where p.pronamespace = 'pydb_internal'::regnamespace and p.proname = any(%s)
    loop
        execute format(
            'create or replace function %%s(%%s) returns %%s language plpgsql as %%L', v_check.routine,
            v_check.arguments, v_check.result, case
                when v_check.result = 'void' then 'begin end'
                when v_check.typcategory = 'A' then 'begin return ''{}''; end'
                else 'begin return null; end'
            end
        );
    end loop;
end
$do$
"""
PLANS: Final = {
    "retention_plan": "select count(*) from pydb.retention_plan('customer')",
    "cascade_plan": """select count(*) from pydb.cascade_plan('customer', '[{"id": 100}]')""",
}
# as many keys as the largest of the public schemas that were tried
NAMED: Final = 767
STAR: Final = ";\n".join(
    [
        "create table root (id integer primary key)",
        "insert into root values (1)",
        *(f"create table leaf_{i} (id integer primary key, r integer references root)" for i in range(NAMED)),
        *(f"create index on leaf_{i} (r)" for i in range(NAMED)),
        "vacuum (analyze)",
    ]
)


def _pairs(figure: Figure, ours: Connection, theirs: Connection, query: str, other: str) -> None:
    """Add the least of some plans on either side, taken in turn, in sessions that have planned before."""
    taken: tuple[list[float], list[float]] = ([], [])
    for place in range(PAIRS + 1):
        for side, connection, text in ((0, ours, query), (1, theirs, other)):
            seconds = timed(partial(connection.execute, text.encode()))
            if place:
                taken[side].append(seconds)
    figure.ours.append(min(taken[0]))
    figure.theirs.append(min(taken[1]))


def figures(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """Plans with and without their checks, of few rows and of many; and one with 767 named edges."""
    found = [*_checked(arena, options), _named(arena, options)]
    for name in ("checks", "star"):
        arena.drop(name)
    return found


def _checked(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    found = []
    for rows in ROWS:
        if rows != ROWS[0]:
            arena.drop("checks")
        graph.build(arena, "checks", TABLES.format(rows=rows))
        with arena.copy("checks") as bare, arena.connect("checks") as ours, arena.connect(bare) as theirs:
            names = "{" + ",".join(CHECKS) + "}"
            theirs.execute(PASS.replace("%%", "%").replace("%s)", f"'{names}')", 1).encode())
            for routine, query in PLANS.items():
                figure = Figure(f"{routine}, tables of {rows:,} rows: with its checks / without", 1.1)
                for _ in range(options.rounds):
                    _pairs(figure, ours, theirs, query, query)
                found.append(figure)
    return found


def _named(arena: Arena, options: argparse.Namespace) -> Figure:
    graph.build(arena, "star", STAR)
    edges = json.dumps({f"public.leaf_{i}.leaf_{i}_r_fkey": "delete" for i in range(NAMED)})
    plan = "select count(*) from pydb.cascade_plan('root', '[{{\"id\": 1}}]', '{}')"
    figure = Figure(f"cascade_plan, {NAMED} edges named one by one / all of them by *", 3.0)
    with arena.connect("star") as ours, arena.connect("star") as theirs:
        for _ in range(options.rounds):
            _pairs(figure, ours, theirs, plan.format(edges), plan.format('{"*": "delete"}'))
    return figure
