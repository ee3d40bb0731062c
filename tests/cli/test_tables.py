"""Tables in a narrow terminal and in a pipe: no number, name or time is ever cut in two."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from pydb.cli import _table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Cli
    from tests.conftest import Connection

COLUMNS = ("run", "policy", "when", "rows", "why")
ROWS = (
    ("7", "idempotency_key", "2026-07-12 08:16:00Z", "1,613,604", "other tables still reference these rows"),
    ("12", "表" * 5, "2026-07-31 23:59:00Z", "0", ""),
)


def grid(*, prose: bool, less: tuple[str, ...] = ()) -> _table.Grid:
    return _table.Grid(COLUMNS, ROWS, ("rows",), ("why",) if prose else (), less)


@pytest.mark.parametrize("limit", [None, *range(20, 130, 5)])
@pytest.mark.parametrize(("prose", "less"), list(itertools.product((True, False), ((), ("when", "run")))))
def test_every_word_stays_whole(limit: int | None, prose: bool, less: tuple[str, ...]) -> None:
    lines, dropped = _table.fit(grid(prose=prose, less=less), limit)
    text = "\n".join(lines)
    for row in ROWS:
        for name, cell in zip(COLUMNS, row, strict=True):
            if name not in dropped:
                words = cell.split() if name == "why" else [cell]
                assert all(word in text for word in words), (name, text)
    assert set(dropped) <= set(less)
    if limit is not None and limit >= 65:
        assert max(map(_table.cells, lines)) <= limit
    if limit is None:
        assert len(lines) == 2 + len(ROWS)


@pytest.mark.parametrize("limit", [10, 20, 33, 80])
def test_prose_is_broken_between_words(limit: int) -> None:
    text = "warning: app.a_table_with_a_long_name: no index on (customer_id):  each deleted row scans it"
    lines = _table.wrap(text, limit, "  ")
    assert " ".join(line.strip() for line in lines).split() == text.split()
    assert all(_table.cells(line) <= limit or " " not in line.strip() for line in lines)


@pytest.mark.parametrize("command", [("retention", "plan"), ("policy", "list"), ("retention", "log")])
def test_names_and_numbers_are_whole_in_a_narrow_terminal(
    cli: Cli, events: Connection, policy_file: Callable[..., Path], command: tuple[str, ...]
) -> None:
    name = "a_policy_of_the_events"
    events.execute(f"select from pydb.retention_policy_set('{name}', 'app.events', 'at', '10 days')")
    cli("retention", "run", "--yes")
    for columns in ("40", "80"):
        shown = cli.on_terminal(*command, columns=columns)
        assert shown.code == 0
        lines = [line.replace("\x1b[1m", "").replace("\x1b[0m", "") for line in shown.out.splitlines()]
        assert any(name in line and "pydb: " not in line for line in lines)
        if command[1] != "log":  # there the command to type follows, in one piece
            assert max(map(len, lines)) <= int(columns)


def test_a_broken_line_of_a_tree_keeps_the_guides_of_those_below() -> None:
    tree = (
        "shop.customer one two three",
        "├── shop.sale one two three",
        "│   └── shop.line one two three",
        "└── shop.note one two three",
    )
    shown = [
        guide + line[start:end]
        for line, below in itertools.pairwise((*tree, ""))
        for guide, start, end in _table.folded(line, below, 24)
    ]
    assert shown == [
        "shop.customer one two",
        "│   three",
        "├── shop.sale one two",
        "│   │   three",
        "│   └── shop.line one",
        "│           two three",
        "└── shop.note one two",
        "        three",
    ]
