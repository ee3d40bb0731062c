"""Hints that are statements, as commands: each is one that can be typed, and nothing else is touched."""

from __future__ import annotations

import re
import shlex
from typing import Final

import pytest

from pydb import sources
from pydb.cli import _commands, _words

# what a name may be like
NAMES: Final = (
    "app.child.parent_id_ref",
    "it's",
    'My "Schema".x',
    "call pydb.orphan_close('x')",
    "-- ;",
    "$(rm)",
)
_LITERAL: Final = re.compile(r"'((?:[^']|'')*)'")


def hints() -> list[str]:
    """Every string of sql/ that holds a statement of pydb, with no comments of objects."""
    found: set[str] = set()
    for path in sources.load_order():
        text = re.sub(r"(?m)^ *--.*$", "", path.read_text())
        text = re.sub(r"(?s)^comment on .*?;$", "", text, flags=re.MULTILINE)
        for literal in _LITERAL.findall(text):
            value = literal.replace("''", "'")
            if re.search(r"(?:call|select) .*pydb\.|set role", value):
                found.add(value)
    return sorted(found)


def filled(hint: str, name: str) -> str:
    """The hint as the server would say it, with a name in each place."""
    literal = "'" + name.replace("'", "''") + "'"
    text = re.sub(r"%(?:\d+\$)?L", lambda _: literal, hint)
    return re.sub(r"%(?:\d+\$)?[sI]", "7", text)


def test_every_hint_becomes_commands_that_exist() -> None:
    every = hints()
    assert len(every) > 40
    for hint in every:
        for name in NAMES:
            said = filled(hint, name)
            found = _commands.commands(said)
            for command in found:
                words = shlex.split(command)
                click = _words._command(words[1:])
                # what is missing, too much or unknown is raised
                context = click.make_context(words[2], words[3:])
                assert name in context.params.values() or "%" not in hint
            if not found and "set role" not in said:
                assert _commands.spoken(said, []) == _commands._OR.sub(r"\1", said)


def test_every_statement_that_has_a_command_is_one_of_a_hint() -> None:
    """And a command that goes, or another statement, is seen here."""
    spoken = {
        " ".join(command.split()[:3]) for hint in hints() for command in _commands.commands(filled(hint, "x"))
    }
    assert spoken >= {
        "pydb orphans repair", "pydb orphans close", "pydb reference list", "pydb reference suggest",
        "pydb reference drop", "pydb runs list",
    }  # fmt: skip
    assert spoken <= {" ".join(command.split()[:3]) for _, command in _commands._SPOKEN}


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        ("call pydb.orphan_repair('it''s');", "pydb orphans repair 'it'\"'\"'s'"),
        ("Look at it, then: call pydb.orphan_repair('x');", "Look at it, then: pydb orphans repair x"),
        (
            "call pydb.orphan_repair('x', p_dry_run => true); then repair, and close again",
            "pydb orphans repair x --dry-run; then repair, and close again",
        ),
        (
            "call pydb.orphan_repair('-x', 'delete', p_dry_run => true);",
            "pydb orphans repair --mode delete --dry-run -- -x",
        ),
        ("select pydb.archive_write_off('-t', '- lost');", "pydb archive write-off --reason='- lost' -- -t"),
        ("call pydb.orphan_close('x', '10 min');", "pydb orphans close x --max-wait '10 min'"),
        ("select pydb.reference_drop('x'); -- or set it again", "pydb reference drop x; -- or set it again"),
        (
            "Change it, or: select pydb.retention_policy_drop('-x');",
            "Change it, or: pydb policy drop -- -x",
        ),
        ("pydb reference list, or: select reference from pydb.reference_list;", "pydb reference list"),
        # no whole statement, another one, or a name
        ("select * from pydb.reference_list where kind = 'logical';", None),
        ("call pydb.orphan_close('x', p_search_path => '{app}');", None),
        ("select pydb.entity_drop('select * from pydb.reference_list;');", None),
    ],
)
def test_statements_and_their_commands(hint: str, said: str | None) -> None:
    assert _commands.spoken(hint, []) == (said or hint)


def test_as_another_role() -> None:
    said = _commands.spoken('set role "it\'s me";', ["orphans", "close", "x y"])
    assert said == "PGOPTIONS='-c role=it'\"'\"'s me' pydb orphans close 'x y'"
