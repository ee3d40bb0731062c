"""Keys: what names no key is refused; what names one finds exactly its row, whatever the type."""

from __future__ import annotations

import uuid
from typing import Any, Final

import pytest

from tests.cascade.site import TAKE, Site, only
from tests.retention.lab import refused

WRONG: Final[list[tuple[Any, str]]] = [
    ({"c": 1}, "(c) is no key of it"),
    ({"a": 1}, "(a) is no key of it"),
    ({"a": 1, "b": 1, "code": "x"}, "is no key of it"),
    ({"part": 1}, "(part) is no key of it"),
    ({"free": 1}, "(free) is no key of it"),
    ({"A": 1, "B": 1}, "is no key of it"),
    ([{"a": 1, "b": 1}, {"a": 1}], "missing or null"),
    ([{"a": 1, "b": 1}, {"code": "x"}], "is no key of it"),
    ({"a": 1, "b": None}, "missing or null"),
    ({"code": None}, "missing or null"),
    ([{}], "is no key of it"),
    ([1], "not an object"),
    ([[{"a": 1}]], "not an object"),
    ("x", "of type string"),
    (None, "of type null"),
    ({"a": "one", "b": 1}, "a key does not fit public.t"),
    ({"a": 1.5, "b": 1}, "a key does not fit public.t"),
    ({"a": 2**31, "b": 1}, "a key does not fit public.t"),
    ({"a": True, "b": 1}, "a key does not fit public.t"),
    ({"a": [1], "b": 1}, "a key does not fit public.t"),
    ({"a; drop table public.t": 1}, "is no key of it"),
]

# type, rows, key, the row that it finds
TYPES: Final[list[tuple[str, str, object, str | None]]] = [
    ("bigint", "(9007199254740993), (9007199254740992)", 9007199254740993, "9007199254740993"),
    ("bigint", "(9007199254740993), (9007199254740992)", "9007199254740993", "9007199254740993"),
    ("text", "('42'), ('042'), ('42.0')", 42, "42"),
    ("text", "('42'), ('042'), ('42.0')", "042", "042"),
    ("text", "('o''k; --'), ('x')", "o'k; --", "o'k; --"),
    ("numeric(10, 2)", "(1.01), (1.00)", 1.01, "1.01"),
    ("numeric(10, 2)", "(1.01), (1.00)", 1.005, None),
    ("numeric(10, 2)", "(1.01), (1.00)", "1.010", "1.01"),
    ("varchar(3)", "('abc')", "abcd", None),
    ("char(3)", "('abc'), ('ab')", "abc", "abc"),
    ("char(3)", "('abc'), ('ab')", "ab", "ab"),
    ("bit(3)", "('101'), ('100')", "101", "101"),
    ("uuid", f"('{uuid.UUID(int=7)}')", str(uuid.UUID(int=7)).upper(), str(uuid.UUID(int=7))),
    ("timestamptz", "('2025-01-01 12:00+00')", "2025-01-01T13:00:00+01:00", "2025-01-01 12:00:00+00"),
    ("date", "('2025-02-01'), ('2025-01-02')", "2025-02-01", "2025-02-01"),
    ("boolean", "(true), (false)", True, "true"),
    ("bytea", r"('\x00ff')", r"\x00ff", r"\x00ff"),
    ('text collate "C"', "('Abc'), ('abc')", "abc", "abc"),
    ("public.positive", "(1), (2)", 2, "2"),
    ("public.mood", "('sad'), ('ok')", "ok", "ok"),
]


@pytest.fixture
def two(site: Site) -> Site:
    """A table with a composite primary key, a unique key, and keys that do not count."""
    site.do(
        """create table public.t (a int, b int, code text not null unique, part int, free int,
            primary key (a, b));
        create unique index on public.t (part) where part > 0; create unique index on public.t ((free + 1));
        insert into public.t values (1, 1, 'x', 1, 1), (1, 2, 'y', 2, 2)"""
    )
    return site


def test_what_is_no_key_is_refused(two: Site) -> None:
    for keys, said in WRONG:
        for call in (two.plan, two.delete):
            with refused("YD301", what=keys) as refusal:
                call("public.t", keys)
            assert said in refusal.message
            assert refusal.detail
            assert refusal.hint
    with refused("YD301"):
        two.db.execute("select pydb.cascade_plan('public.t', null)")
    assert len(two.content("public.t")) == 2


def test_either_key_finds_the_row(two: Site) -> None:
    assert only(two.plan("public.t", {"b": 2, "a": 1}), None).rows == 1
    assert only(two.plan("public.t", [{"code": "x"}, {"code": "y"}, {"code": "x"}]), None).rows == 2
    assert only(two.delete("public.t", [{"code": "y"}]), None).done == 1
    assert [row[2] for row in two.content("public.t")] == ["x"]


def test_a_table_without_a_key_and_keys_that_are_missing(site: Site) -> None:
    site.do("create table public.bare (id int)")
    with refused("YD301") as refusal:
        site.plan("public.bare", {"id": 1})
    assert "no primary or unique key" in refusal.message
    site.shop()
    before = site.counts()
    notices: list[str] = []
    site.db.add_notice_handler(lambda diag: notices.append(diag.message_primary or ""))
    for keys in ({"id": 99}, [{"id": 99}, {"id": 98}], []):
        (step,) = site.delete("shop.customer", keys)
        assert (step.rows, step.done, step.action) == (0, 0, "delete")
        assert "nothing to delete" in notices.pop()
    # of several some are there: those go
    assert only(site.delete("shop.customer", [{"id": 99}, {"id": 3}]), None).done == 1
    assert not notices
    assert site.counts() == (2, *before[1:])


def test_a_key_finds_its_own_row_and_no_other(site: Site) -> None:
    """Also under settings that read values in another way: an int beyond 2^53, a length that would cut."""
    site.do(
        """create domain public.positive as int check (value > 0);
        create type public.mood as enum ('sad', 'ok')"""
    )
    session = site.session(
        "-c datestyle=SQL,DMY -c timezone=Asia/Tokyo -c search_path=public,pg_catalog -c bytea_output=escape"
        " -c standard_conforming_strings=off -c intervalstyle=iso_8601 -c quote_all_identifiers=on"
    )
    for number, (kind, rows, key, gone) in enumerate(TYPES):
        table, child = f"public.t{number}", f"public.c{number}"
        site.do(
            f"""create table {table} (k {kind} primary key);
            create table {child} (k {kind} references {table} on delete cascade);
            insert into {table} values {rows}; insert into {child} select k from {table}"""
        )
        before = {row[0] for row in site.content(f"(select k::text from {table}) as t")}
        site.delete(table, [{"k": key}], session=session)
        after = {row[0] for row in site.content(f"(select k::text from {table}) as t")}
        assert before - after == ({gone} if gone else set()), (kind, key)
        assert {row[0] for row in site.content(f"(select k::text from {child}) as t")} == after, (kind, key)
    site.do("create table public.t (k public.positive primary key); insert into public.t values (1)")
    with refused("YD301"):
        site.plan("public.t", {"k": -1})


def test_names_that_need_quotes(site: Site) -> None:
    table = 'Zweite "Tabelle"'.replace('"', '""')
    long = "é" * 31 + "x"
    site.do(
        f"""create schema "Scha der"; create table "Scha der"."{table}" ("se""lect %I" int primary key);
        create table "Scha der"."{long}" (id int primary key, "select" int);
        alter table "Scha der"."{long}" add constraint "o'k ""x"" %s" foreign key ("select")
            references "Scha der"."{table}" on delete restrict;
        insert into "Scha der"."{table}" values (1), (2);
        insert into "Scha der"."{long}" values (1, 1), (2, 2)"""
    )
    root, keys = f'"Scha der"."{table}"', {'se"lect %I': 1}
    with refused("YD302") as refusal:
        site.delete(root, keys)
    # the hint can be pasted, as a plan and as the delete: names with quotes of both kinds in it
    site.do(refusal.hint)
    site.do(refusal.hint.replace("pydb.cascade_plan(", "pydb.cascade_delete("))
    assert site.value(f"""select array_agg("se""lect %I") from "Scha der"."{table}" """) == [2]
    assert site.value(f'select array_agg(id) from "Scha der"."{long}"') == [2]


def test_ten_thousand_keys_at_once(site: Site) -> None:
    site.do(
        """create table public.t (id int primary key); create table public.c (id int primary key, t int
            references public.t on delete cascade); create index on public.c (t);
        insert into public.t select generate_series(1, 20000); insert into public.c select i, i
            from generate_series(1, 20000) as i; set statement_timeout = '10s'"""
    )
    keys = [{"id": key} for key in range(1, 20001, 2)]
    assert [step.rows for step in site.plan("public.t", keys)] == [10000, 10000]
    assert [step.done for step in site.delete("public.t", keys, TAKE)] == [10000, 10000]
    assert (
        site.value("select count(*) filter (where id % 2 = 1) = 0 and count(*) = 10000 from public.c") is True
    )
    assert site.value("select (detail ->> 'keys')::int from pydb.job_run") == 10000


def test_a_partitioned_root_by_its_key(site: Site) -> None:
    site.do(
        """create table public.t (id int, at date, primary key (id, at)) partition by range (at);
        create table public.t1 partition of public.t for values from ('2025-01-01') to ('2025-02-01');
        create table public.t2 partition of public.t for values from ('2025-02-01') to ('2025-03-01');
        create table public.c (id int, at date, foreign key (id, at) references public.t on delete cascade);
        insert into public.t select i, d from generate_series(1, 3) as i,
            unnest('{2025-01-05,2025-02-05}'::date[]) as d;
        insert into public.c select id, at from public.t"""
    )
    keys = [{"id": 1, "at": "2025-01-05"}, {"at": "2025-02-05", "id": 1}, {"id": 2, "at": "2025-01-05"}]
    steps = site.delete("public.t", keys)
    assert [(step.relation, step.done) for step in steps] == [("public.c", 3), ("public.t", 3)]
    # one partition as the root: the keys of the table above it count
    assert only(site.delete("public.t2", {"id": 2, "at": "2025-02-05"}), None).done == 1
    assert site.value("select count(*) from public.t") == site.value("select count(*) from public.c") == 2
