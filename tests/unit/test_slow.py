"""The list of tests that --fast leaves out names tests that there are, and leaves some of each room."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.conftest import INSIDE, SLOW_TESTS
from tests.servers import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TESTS = sorted(line for line in SLOW_TESTS if not line.startswith("#"))


def functions(module: Path) -> list[str]:
    return re.findall(r"^(?:async )?def (test_\w+)", module.read_text("utf-8"), re.MULTILINE)


def test_each_line_is_a_test() -> None:
    assert TESTS
    gone = []
    for line in TESTS:
        module, _, name = line.partition("::")
        path = ROOT / "tests" / module
        if not path.is_file() or name not in functions(path):
            gone.append(line)
    assert gone == []


@pytest.mark.parametrize("room", INSIDE)
def test_each_room_has_a_pass(room: str) -> None:
    there = sum(len(functions(path)) for path in (ROOT / "tests" / room).glob("test_*.py"))
    left_out = Counter(line.partition("/")[0] for line in TESTS)[room]
    assert there - left_out >= 10
