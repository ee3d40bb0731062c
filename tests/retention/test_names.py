"""Identifiers (cases B1-B6): any legal name works, none is confused with another, cut off or adopted."""

from __future__ import annotations

import itertools

import pytest
from psycopg import sql

from tests.retention.lab import NOW, OLD, YOUNG, Lab, refused

NAMES = (
    "Escap3e;",
    'a"b',
    "a'b",
    "a.b",
    "a b",
    "SELECT",
    "%s %I",
    "%",
    "(inside,parens)",
    "表",
    "جدول",
    "🐘",
    "a\\b",
    "$1",
    "--",
    "<script>",
    "x" * 63,
    "é" * 31 + "x",
)


def build(lab: Lab, schema: str, table: str, column: str) -> str:
    """A parent with two expired rows, one of them referenced, and a young one; returns its quoted name."""
    parts = {"s": sql.Identifier(schema), "t": sql.Identifier(table), "c": sql.Identifier(column)}
    lab.db.execute(
        sql.SQL(
            """create schema {s};
            create table {s}.{t} (id int primary key, {c} timestamptz);
            create index on {s}.{t} ({c});
            insert into {s}.{t} values (1, {old}), (2, {old}), (3, {young});
            create table {s}.child (id int primary key, {c} int references {s}.{t});
            insert into {s}.child values (1, 2);"""
        ).format(**parts, old=OLD, young=YOUNG)
    )
    return sql.Identifier(schema, table).as_string()


@pytest.mark.parametrize(
    ("name", "strategy"), list(zip(NAMES, itertools.cycle(["heap", "index"]), strict=False))
)
def test_b01_b02_any_name_works_end_to_end(lab: Lab, name: str, strategy: str) -> None:
    quoted = build(lab, name, name, name)
    column = sql.Identifier(name).as_string()
    row = lab.policy(
        name,
        table=quoted,
        column=name,
        strategy=strategy,
        # a filter has no backslash, not even in a name
        filter="id > 0" if "\\" in name else f"{column} is not null and {column} > '2000-01-01'",
    )
    assert row["name"] == name
    assert row["time_column"] == name
    (plan,) = lab.plan(name)
    # always qualified, quoted where a parser needs it, and read back as the same relation
    assert lab.one("select %s::regclass = %s::regclass", plan.relation, quoted) is True
    assert (plan.rows, plan.blocked_rows) == (1, 1)
    assert any(str(lab.one("select quote_ident(%s)", name)) in text for text in plan.warnings)
    assert lab.rows("select pydb_internal.relation_resolve(%s)::oid = %s::regclass", quoted, quoted) == [
        (True,)
    ]
    done, _, _ = lab.rows("select * from pydb.retention_batch(%s, 10, null, %s)", name, NOW)[0]
    assert done == 1
    lab.do("delete from pydb.job_run")
    call = lab.call(name)
    assert (call.run.end, call.run.subject) == (("partial", "referenced"), name)
    assert lab.ids(quoted) == [2, 3]
    assert lab.one("select name from pydb.retention_policy where not builtin") == name
    lab.rows("select pydb.retention_pause(%s), pydb.retention_resume(%s)", name, name)
    assert lab.one("select pydb.retention_policy_drop(%s)", name) is True


def test_b03_a_name_that_the_server_would_cut_off_is_refused(lab: Lab) -> None:
    lab.do(f'create table public."{"x" * 63}" (at date); create table public."{"é" * 31}" (at date)')
    for name in ('public."' + "x" * 64 + '"', "public." + "x" * 64, "é" * 32):
        with refused("YD006", what=name):
            lab.rows("select pydb_internal.relation_resolve(%s)", name)


def test_b03_what_is_no_name_is_refused(lab: Lab) -> None:
    for name in ("", ".", "a.b.c", "a.", ".a", '"a', "a b", "a;b", None, '""'):
        with refused("YD006", "YD004", what=name):
            lab.rows("select pydb_internal.relation_resolve(%s)", name)


def test_b04_names_that_differ_in_case_are_two_tables(lab: Lab) -> None:
    lab.do(
        f"""create table public."Users" (id int, "At" timestamptz, at timestamptz);
        create table public.users (id int, "At" timestamptz, at timestamptz);
        insert into public."Users" values (1, '{OLD}', '{YOUNG}'), (2, '{YOUNG}', '{OLD}');
        insert into public.users select * from public."Users";"""
    )
    lab.policy("upper", table='public."Users"', column="At")
    lab.policy("lower", table="public.users", column="at")
    assert [row.relation for row in lab.plan(None)] == ["public.users", 'public."Users"']
    lab.run("upper")
    assert (lab.ids('public."Users"'), lab.ids("public.users")) == ([2], [1, 2])
    lab.run("lower")
    assert (lab.ids('public."Users"'), lab.ids("public.users")) == ([2], [1])


def test_b05_a_policy_follows_its_table(table: Lab) -> None:
    table.policy()
    table.do(
        """create schema other; alter table public.t rename to moved;
        alter table public.moved set schema other;
        create table public.t as select * from other.moved"""
    )
    (plan,) = table.plan()
    assert plan.relation == "other.moved"
    assert "the table was called public.t" in "\n".join(plan.warnings)
    assert table.run().rows_done == 4
    assert table.number("select count(*) from public.t") == 7
    assert table.policy(table="other.moved")["target_name"] == "other.moved"
    assert "was called" not in table.warnings()


def test_b06_a_new_table_of_the_old_name_is_not_adopted(table: Lab) -> None:
    table.policy()
    table.do(
        """create table public.new as select * from public.t; drop table public.t;
        alter table public.new rename to t"""
    )
    with refused("YD106"):
        table.plan()
    with refused("YD106"):
        table.batch()
    call = table.call()
    assert call.sqlstate == "YD111"
    assert (call.run.end, call.run.sqlstate) == (("blocked", "error"), "YD106")
    assert table.number("select count(*) from public.t") == 7
    table.policy()
    assert table.prune().rows_done == 4
