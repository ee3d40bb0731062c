"""SQL text lives in .sql files, pydb/db.py and the modules named below: every other one is free of it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

import pytest

from pydb import sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# modules that may hold SQL, and why
MAY: Final = {
    "db.py": "its purpose",
    "bulk.py": "rows of others, by COPY and by key",
    "reads.py": "the named reads of db.py",
    "pagereads.py": "the named reads of the pages",
    "idempotency/lent.py": "its purpose, on connections that applications lend, sync and async",
    "cli/_commands.py": "finds statements in hints, to show the command that does the same; sends none",
    "sources.py": "writes the drop statements of a migration from the files that it reverts",
    "scripts.py": "parts the files of a migration that go to the server at once",
    "revision.py": "runs migrations inside alembic's transaction, where no routine of pydb exists yet",
}
# shown to the user as what to type, never executed
SHOWN: Final = frozenset({"create extension pg_cron;"})
STATEMENT: Final = re.compile(
    r"^[\s;]*(?:select\b|with\b.+\bas \(|insert into \S|update \S+ (?:as \w+ )?set\b|delete from \S"
    r"|merge into \S|call [\w.{]+ ?\(|execute [\w.]+\(|(?:create (?:or replace )?|alter |drop )(?:unique )?"
    r"(?:table|schema|function|procedure|routine|role|database|extension|view|index|system|trigger|type)\b"
    r"|grant \w+ on\b|revoke \w+ on\b|set (?:local |session )?\w+ (?:=|to) |set transaction\b|truncate \S"
    r"|vacuum\b|lock table\b|listen \w|notify \w|(?:begin|commit|rollback);?\s*$)",
    re.IGNORECASE | re.DOTALL,
)


def texts(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of every string but docstrings, bytes too; an f-string is one, with {} for values."""
    tree = ast.parse(source)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):  # a string that is a statement documents
            skipped |= {id(statement.value) for statement in body if isinstance(statement, ast.Expr)}
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
            parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            yield node.lineno, "".join(str(part) for part in parts)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in skipped:
            if isinstance(node.value, str):
                yield node.lineno, node.value
            elif isinstance(node.value, bytes):
                yield node.lineno, node.value.decode("utf-8", "replace")


def statements(source: str) -> list[str]:
    return [
        f"line {line}: {text}" for line, text in texts(source) if STATEMENT.match(text) and text not in SHOWN
    ]


def modules() -> list[Path]:
    return sorted(sources.package_dir().rglob("*.py"))


def test_sql_text_lives_in_one_module() -> None:
    found = {
        path.relative_to(sources.package_dir()).as_posix(): statements(path.read_text("utf-8"))
        for path in modules()
    }
    assert {name: lines for name, lines in found.items() if lines and name not in MAY} == {}


def test_the_modules_that_may_hold_sql_do() -> None:
    assert [name for name in MAY if not statements((sources.package_dir() / name).read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "text",
    [
        "select 1",
        "  SELECT *\nfrom t",
        "insert into t values (1)",
        "update t set a = 1",
        "delete from t",
        "call pydb.retention_run()",
        "with a as (select 1) select",
        "drop schema pydb",
        "commit",
    ],
)
def test_a_statement_is_recognised(text: str) -> None:
    assert statements(f"x = {text!r}")
    assert statements(f"x = {text.encode()!r}")
    assert statements(f'"""{text}"""\nx = 1') == []


@pytest.mark.parametrize(
    "text",
    ["update", "delete", "set to null", "create a policy", "drop it", "with care", "call me", "commits"],
)
def test_words_are_not_statements(text: str) -> None:
    assert statements(f"x = {text!r}") == []
