"""The rooms of sql/ keep their rules, and each rule refuses what breaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from pydb import sources
from tests.lint import rooms, sqltree
from tests.lint.sqltree import SqlFile, Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TREE: Final = sqltree.read()
README_LINES: Final = 45


def private(name: str, body: str, returns: str = "void", arguments: str = "") -> SqlFile:
    text = f"""-- pydb_internal.{name} (any): an example.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.{name}({arguments})
returns {returns}
language plpgsql
as $$
begin
    {body}
end
$$;
"""
    return SqlFile(f"orphans/any/{name}.sql", text)


BROKEN: Final[list[tuple[Callable[[Tree], Iterator[str]], SqlFile]]] = [
    (rooms.arrows, private("orphan_x", "perform pydb_internal.retention_policy_get('a');")),
    (rooms.arrows, private("orphan_x", "delete from pydb.retention_policy as p;")),
    (rooms.words, private("orphan_is_x", "return 1;", "integer")),
    (rooms.words, private("orphan_look", "return;")),
    (rooms.words, private("orphan_condition_query", "return 1;", "integer")),
    (rooms.engine, private("orphan_x", "commit;")),
    (rooms.engine, private("orphan_x", "perform pg_sleep(1);")),
    (rooms.engine, private("orphan_x", "return;", arguments="p_state jsonb")),
    (rooms.hooks, private("orphan_x", "v_run.kind := 'nonsense';")),
]


@pytest.mark.parametrize("rule", rooms.RULES, ids=lambda rule: rule.__name__)
def test_the_rooms_keep_the_rule(rule: Callable[[Tree], Iterator[str]]) -> None:
    assert list(rule(TREE)) == []


@pytest.mark.parametrize(
    ("rule", "file"), BROKEN, ids=[f"{case[0].__name__}-{n}" for n, case in enumerate(BROKEN)]
)
def test_a_rule_refuses_what_breaks_it(rule: Callable[[Tree], Iterator[str]], file: SqlFile) -> None:
    assert list(rule(Tree((*TREE.files, file)))) != []


def test_a_crowded_folder_is_refused() -> None:
    files = tuple(private(f"orphan_x{number}", "return;") for number in range(rooms.MOST_FILES + 1))
    assert list(rooms.crowded(Tree(files))) != []


def test_a_kind_without_its_hooks_is_refused() -> None:
    hooks = {"retention_open", "retention_evade"}
    assert list(rooms.hooks(Tree(tuple(file for file in TREE.files if file.stem not in hooks)))) != []


def test_every_word_that_has_a_place_is_still_there() -> None:
    allowed = {name for _, names in rooms.ONLY.values() for name in names} | rooms.SLEEPING | rooms.COMMITTING
    assert allowed <= set(TREE.routines)


@pytest.mark.parametrize("domain", [name for name in sources.DOMAINS if (sources.sql_dir() / name).is_dir()])
def test_every_room_has_a_map(domain: str) -> None:
    page = (sources.sql_dir() / domain / "README.md").read_text("utf-8")
    assert len(page.splitlines()) <= README_LINES
    public = [file.stem for file in TREE.files if file.name.startswith(f"{domain}/") and not file.is_private]
    stages = {
        file.name.split("/")[1]
        for file in TREE.files
        if file.name.startswith(f"{domain}/") and file.is_private
    }
    missing = [
        name
        for name in [*public, *sorted(f"{stage}/" for stage in stages)]
        if name != "_tables" and name not in page
    ]
    assert missing == []
