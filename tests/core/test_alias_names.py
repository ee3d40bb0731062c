"""No alias of our own SQL meets a column of somebody: tables whose columns are all our aliases."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Final

import pytest

from pydb import sources
from tests.orphans.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOMS: Final = ("cascade", "core", "orphans", "references", "retention")
# a key has at most so many columns
WIDEST: Final = 30
# what PostgreSQL lets no column be called
SYSTEM: Final = frozenset({"ctid", "tableoid", "xmin", "xmax", "cmin", "cmax"})


def aliases() -> list[str]:
    """Every alias, and every name of a column, in the texts that the rooms build."""
    found: set[str] = {"rows", "row", "new", "old", "k", "t", "c", "p", "pydb"}
    for room in ROOMS:
        for path in (sources.sql_dir() / room).rglob("*.sql"):
            body = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8").partition("as $$")[2])
            for text in re.findall(r"'((?:[^']|'')*)'", body):
                if re.search(r"\b(select|from|exists|delete|update|insert|with)\b", text):
                    found |= set(re.findall(r"\bas ([a-z_][a-z_0-9]*)\b", text))
                    for names in re.findall(r" (?:as )?[a-z_]+ \(([a-z_][a-z_, ]*)\)", text):
                        found |= set(names.split(", "))
    # of its own in the tables below
    return sorted(name for name in found - {"id", "at", *SYSTEM} if re.fullmatch("(?!pg_)[a-z_0-9]+", name))


@pytest.fixture
def lab(dsn: str) -> Iterator[Lab]:
    """Runs of every kind in a fresh database."""
    with contextlib.closing(Lab(dsn)) as made:
        yield made


def columns(names: list[str], kind: str = "int") -> str:
    return ", ".join(f'"{name}" {kind} not null default 1' for name in names)


def listed(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def keyed(lab: Lab, names: list[str]) -> None:
    """A schema called t: a parent k, children s, p and d by keys, and r by a logical reference."""
    key = listed(names)
    values = ", ".join(["i"] * len(names))
    lab.do(
        f"""create schema t;
        create table t.k ({columns(names)}, at timestamptz default '2020-01-01', primary key ({key}));
        create table t.s ({columns(names)}, id int primary key,
            foreign key ({key}) references t.k on delete cascade);
        create table t.p ({columns(names).replace("not null", "")}, id int primary key,
            foreign key ({key}) references t.k on delete set null);
        create table t.d ({columns(names)}, id int primary key,
            foreign key ({key}) references t.k on delete set default);
        create table t.r ({columns(names).replace("not null", "")}, id int primary key);
        create index on t.s ({key}); create index on t.p ({key}); create index on t.d ({key});
        insert into t.k select {values} from generate_series(1, 9) as i;
        insert into t.s select {values}, i from generate_series(1, 9) as i;
        insert into t.p select {values}, i from generate_series(1, 9) as i;
        insert into t.d select {values}, i from generate_series(1, 9) as i;
        insert into t.r select {values.replace("i", "i + 5")}, i from generate_series(1, 9) as i;
        select pydb.reference_set('t.r', array[{listed(names).replace('"', "'")}], 't.k',
            array[{listed(names).replace('"', "'")}], 'cascade', 'named');"""
    )
    lab.old()


def whole(names: list[str], value: int) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name in names) + "}"


PARTS: Final = -(-len(aliases()) // WIDEST)


@pytest.mark.parametrize("part", range(PARTS))
def test_keys_whose_columns_are_called_like_our_aliases(lab: Lab, part: int) -> None:
    names = aliases()[part::PARTS]
    keyed(lab, names)
    assert lab.scan()["named"]["orphans"] == 5
    assert {row["orphans"] for row in lab.scan().values()} == {0, 5}
    for edges in ("null", """'{"*": "delete"}'"""):
        lab.rows(f"select * from pydb.cascade_plan('t.k', '[{whole(names, 2)}]', {edges})")
    lab.do(f"select pydb.cascade_delete('t.k', '[{whole(names, 2)}]')")
    lab.do(f"""select pydb.cascade_delete('t.k', '[{whole(names, 3)}]', '{{"*": "delete"}}')""")
    lab.do(f"select pydb.cascade_request('t.k', '[{whole(names, 4)}]')")
    lab.do("call pydb.cascade_run(1)")
    assert lab.ids("t.s") == [1, 5, 6, 7, 8, 9]
    assert lab.one("select count(*) from t.r") == 9
    for mode, rows in (("nullify", 1), ("delete", 1), ("quarantine", 3)):
        call = lab.repair("named", mode=mode, max_rows=rows)
        assert call.run["rows_done"] == rows, (mode, call)
    run = lab.one("select max(run_id) from pydb.orphan_quarantine")
    assert lab.rows(f"select restored, conflicts from pydb.orphan_restore({run})") == [(3, 0)]
    lab.old()
    assert lab.repair("named", mode="delete").run["rows_done"] == 3
    lab.do("select * from pydb.reference_suggest()")
    lab.do("call pydb.orphan_close('named')")
    assert lab.rows("select 1 from pg_constraint where conrelid = 't.r'::regclass and contype = 'f'")
    for on_referenced in ("skip", "cascade"):
        lab.do(
            "select pydb.retention_policy_set('k', 't.k', 'at', '30 days', p_fuse_share => 1, "
            f"p_on_referenced => '{on_referenced}')"
        )
        lab.rows("select * from pydb.retention_plan('k')")
        lab.do("call pydb.retention_run('k')")
    assert lab.one("select count(*) from t.k") == 1  # what the defaults of d reference


def test_time_columns_that_are_called_like_our_aliases(lab: Lab) -> None:
    """In a table that references itself by the rest of them, by ranges of the index and of blocks."""
    names = aliases()
    for place, name in enumerate(names):
        rest = [*names[place + 1 :], *names[:place]][:6]
        lab.do(
            f"""create table "{name}" ("{name}" timestamptz, {columns(rest)}, primary key ({listed(rest)}));
            insert into "{name}" select case when i > 0 then timestamptz '2020-01-01' end,
                {", ".join(["i"] * len(rest))} from generate_series(0, 3) as i;
            create index on "{name}" ("{name}");
            select pydb.retention_policy_set('{name}', '"{name}"', '{name}', '30 days', p_fuse_share => 1,
                p_strategy => '{"index" if place % 2 else "heap"}', p_filter => '"{rest[0]}" <> 2')"""
        )
    assert lab.one("select sum(rows) from pydb.retention_plan()") == 2 * len(names)
    lab.do("call pydb.retention_run()")
    assert lab.one("select sum(rows_done) from pydb.job_run where state = 'completed'") == 2 * len(names)
