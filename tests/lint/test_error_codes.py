"""docs/errors.md is held to the code: no code missing, none invented, and the exit codes are the CLI's."""

from __future__ import annotations

import re
from typing import Final

import pytest

from pydb import errors, sources
from tests.lint import sqltree

PROJECT: Final = sources.package_dir().parent
ROW: Final = re.compile(r"^\| `(YD\d{3})` \| (\d+) \| (.+) \| (.+) \|$", re.MULTILINE)
# where a code is given away: an error of Python's, a run's own record, a migration's guard
GIVEN: Final = re.compile(r"""(?:sqlstate ?:?=|errcode =|'sqlstate',) ?["'](YD\d{3})["']""")


def rows() -> dict[str, int]:
    found = ROW.findall((PROJECT / "docs" / "errors.md").read_text("utf-8"))
    assert [code for code, *_ in found] == sorted({code for code, *_ in found})
    return {code: int(exit_code) for code, exit_code, *_ in found}


def given() -> set[str]:
    tree = sqltree.read()
    codes = {code for file in tree.files for code in file.raised} | tree.kind_codes
    folders = {sources.package_dir(): "*.py", sources.migrations_dir(): "*.sql", sources.sql_dir(): "*.sql"}
    for folder, pattern in folders.items():
        for path in folder.rglob(pattern):
            if "versions" not in path.parts:
                codes |= set(GIVEN.findall(path.read_text("utf-8")))
    return codes


def test_the_table_names_exactly_the_codes_that_are_raised() -> None:
    assert set(rows()) == given()


def test_python_knows_exactly_the_codes_of_the_table() -> None:
    assert {code for code in errors.SQLSTATES if re.fullmatch(r"YD\d{3}", code)} == set(rows())


@pytest.mark.parametrize(("code", "exit_code"), sorted(rows().items()))
def test_the_exit_code_in_the_table_is_the_one_that_is_returned(code: str, exit_code: int) -> None:
    assert errors.error_class(code).exit_code == exit_code
