"""The structure rules over sql/, and for each rule a change to a good file that it must refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.lint import rules, sqltree
from tests.lint.sqltree import SqlFile, Tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lint.rules import Rule

ROUTINE: Final = """\
-- pydb.example: do nothing, as an example.
-- reads pydb.thing   writes nothing   locks nothing
-- raises YD001
create or replace function pydb.example(p_rows bigint, out rows_done bigint)
language plpgsql
security definer -- readers have no right on the table
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
begin
    if p_rows is null then
        raise exception using errcode = 'YD001', message = 'no rows',
            detail = 'p_rows is null.', hint = 'Give p_rows.';
    end if;
    select count(*) into rows_done from pydb.thing as t where t.at < v_now;
end
$$;

comment on function pydb.example(bigint) is 'Counts things.';

revoke all on function pydb.example(bigint) from public;
"""
PROCEDURE: Final = """\
-- pydb.retention_run: commit, as an example.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace procedure pydb.retention_run()
language plpgsql
as $$
begin
    set local search_path = pg_catalog, pg_temp;
    commit;
    set local search_path = pg_catalog, pg_temp;
    perform pydb_internal.run_pin();
end
$$;

comment on procedure pydb.retention_run() is 'Commits.';

revoke all on procedure pydb.retention_run() from public;
"""
TABLES: Final = """\
-- pydb core tables: an example.
-- Changing a table here needs an alter in a revision's upgrade.sql.
-- reads and writes: see the routines   locks: none   raises: none

create table pydb.thing (
    at timestamptz not null
);

comment on table pydb.thing is 'Things.';
comment on column pydb.thing.at is 'When.';

revoke all on pydb.thing from public;
"""
ATOMIC: Final = """\
-- pydb.example: call, as an example.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb.example(p_a int) returns int language sql
set search_path = pg_catalog, pg_temp
begin atomic
    select length('a');
end;

comment on function pydb.example(int) is 'Calls.';

revoke all on function pydb.example(int) from public;
"""
PRIVATE: Final = ROUTINE.replace("pydb.example", "pydb_internal.private").replace(
    "private:", "private (names):", 1
)
GOOD: Final = {
    "core/names/private.sql": PRIVATE,
    "core/example.sql": ROUTINE,
    "core/retention_run.sql": PROCEDURE,
    "core/_tables.sql": TABLES,
    "schedule/example.sql": ATOMIC,
}

REFUSED: Final[list[tuple[Rule, str, str, str]]] = [
    (rules.parses, "core/example.sql", "from pydb.thing as t", "from pydb.thing as t as u"),
    (rules.parses, "core/example.sql", "end if;", "end;"),
    (rules.one_object, "core/example.sql", "pydb.example(p_rows", "pydb.other(p_rows"),
    (rules.one_object, "core/example.sql", "\nrevoke", "\nselect 1;\nrevoke"),
    (rules.tables_alone, "core/_tables.sql", "create table", "create table if not exists"),
    (rules.tables_alone, "core/_tables.sql", "\nrevoke", "\nalter table pydb.thing add a int;\nrevoke"),
    (rules.replaceable, "core/example.sql", "create or replace", "create"),
    (rules.header, "core/example.sql", "-- raises YD001\n", ""),
    (rules.header, "core/example.sql", "-- pydb.example:", "-- pydb.exampel:"),
    (rules.header, "core/example.sql", "locks nothing", ""),
    (rules.header, "core/names/private.sql", " (names)", ""),
    (rules.header, "core/names/private.sql", " (names)", " (names; by example)"),
    (rules.header, "core/names/private.sql", " (names)", " (run)"),
    (rules.header_names_errors, "core/example.sql", "-- raises YD001", "-- raises YD001 YD002"),
    (rules.header_names_errors, "core/example.sql", "-- raises YD001", "-- raises nothing"),
    (rules.errors_are_complete, "core/example.sql", ", hint = 'Give p_rows.'", ""),
    (rules.errors_are_complete, "core/example.sql", "errcode = 'YD001', ", ""),
    (rules.hints_can_be_typed, "core/example.sql", "'Give p_rows.'", "'select pydb.example(…);'"),
    (rules.hints_can_be_typed, "core/example.sql", "'Give p_rows.'", "format('drop table %s (...);', 'a')"),
    (
        rules.commented,
        "core/example.sql",
        "comment on function pydb.example(bigint)",
        "comment on function pydb.other()",
    ),
    (rules.commented, "core/_tables.sql", "comment on column pydb.thing.at is 'When.';", ""),
    (rules.revoked_from_public, "core/example.sql", "from public", "from somebody"),
    (rules.revoked_from_public, "core/_tables.sql", "revoke all on pydb.thing from public;", ""),
    (rules.nothing_granted, "core/_tables.sql", "\nrevoke", "\ngrant select on pydb.thing to a;\nrevoke"),
    (rules.pinned_search_path, "core/example.sql", "set search_path = pg_catalog, pg_temp\n", ""),
    (rules.pinned_search_path, "core/example.sql", "pg_catalog, pg_temp\n", "public\n"),
    (rules.pinned_search_path, "core/retention_run.sql", "sql\nas", "sql\nset search_path = a\nas"),
    (
        rules.pinned_after_commit,
        "core/retention_run.sql",
        "commit;\n    set local search_path = pg_catalog, pg_temp;\n",
        "commit;\n",
    ),
    (rules.definer_says_why, "core/example.sql", " -- readers have no right on the table", ""),
    (rules.no_atomic_body_on_ours, "schedule/example.sql", "length('a')", "pydb.other('a')"),
    (rules.short_body, "core/example.sql", "begin\n", "begin\n" + "    perform 1;\n" * 90),
    (rules.plain_layout, "core/example.sql", "    v_now", "\tv_now"),
    (rules.plain_layout, "core/example.sql", "begin\n", "begin -- " + "x" * 120 + "\n"),
    (rules.plain_layout, "core/example.sql", "begin\n", "begin \n"),
    (rules.lower_case, "core/example.sql", "select count", "SELECT count"),
    (rules.lower_case, "core/example.sql", "language plpgsql", "LANGUAGE plpgsql"),
    (rules.prefixed_names, "core/example.sql", "p_rows bigint", "rows bigint"),
    (rules.prefixed_names, "core/example.sql", "v_now timestamptz", "now timestamptz"),
    (rules.no_volatile_condition, "core/example.sql", "t.at < v_now", "t.at < clock_timestamp()"),
    (rules.no_volatile_condition, "core/example.sql", "t.at < v_now", "t.at < pydb.example(1)"),
    (rules.no_volatile_condition, "core/example.sql", "clock_timestamp()", "(select 1 where random() < 1)"),
]


def findings(rule: Rule, files: dict[str, str], name: str) -> list[str]:
    tree = Tree(tuple(SqlFile(path, text) for path, text in files.items()))
    return list(rule(next(file for file in tree.files if file.name == name), tree))


@pytest.fixture(scope="module")
def tree() -> Tree:
    return sqltree.read()


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_sources_keep_the_rule(rule: Rule, tree: Tree) -> None:
    assert tree.files
    assert [f"{file.name}: {text}" for file in tree.files for text in dict.fromkeys(rule(file, tree))] == []


@pytest.mark.parametrize(
    ("rule", "name", "old", "new"), REFUSED, ids=[f"{case[0].__name__}-{n}" for n, case in enumerate(REFUSED)]
)
def test_a_rule_refuses_what_breaks_it(rule: Rule, name: str, old: str, new: str) -> None:
    good = {name: GOOD[name]}
    assert findings(rule, good, name) == []
    assert old in GOOD[name]
    assert findings(rule, {name: GOOD[name].replace(old, new)}, name)


@pytest.mark.parametrize(
    "name", ["elsewhere/example.sql", "core/deep/deeper/example.sql", "core/deep/_tables.sql", "example.sql"]
)
def test_a_file_outside_of_the_domains_is_refused(name: str) -> None:
    assert findings(rules.known_domain, {name: ROUTINE}, name)


def test_two_files_of_one_name_are_refused() -> None:
    files = {"core/example.sql": ROUTINE, "schedule/example.sql": ROUTINE}
    assert findings(rules.no_overload, files, "core/example.sql")


def test_every_rule_has_a_reason_and_a_change_that_it_refuses() -> None:
    elsewhere: set[Callable[..., object]] = {rules.known_domain, rules.no_overload}
    assert [rule.__name__ for rule in rules.RULES if not rule.__doc__] == []
    assert set(rules.RULES) - {case[0] for case in REFUSED} == elsewhere


def test_every_exception_from_the_search_path_is_still_needed(tree: Tree) -> None:
    assert set(rules.NO_SEARCH_PATH) <= set(tree.routines)
    assert set(rules.NO_SEARCH_PATH) == tree.committing | {
        "run_pin",
        "export_pin",
        "application_enter",
        "application_leave",
        "application_constraints",
    }
