"""The table of SQLSTATEs."""

from __future__ import annotations

import psycopg
import pytest

from pydb import errors
from pydb.errors import ExitCode


@pytest.mark.parametrize(
    ("sqlstate", "exit_code"),
    [
        ("YD001", ExitCode.USAGE),
        ("YD003", ExitCode.USAGE),
        ("YD005", ExitCode.NO_PRIVILEGE),
        ("YD007", ExitCode.ATTENTION),
        ("YD012", ExitCode.ATTENTION),
        ("YD101", ExitCode.USAGE),
        ("YD104", ExitCode.ATTENTION),
        ("YD110", ExitCode.FAILED),
        ("YD111", ExitCode.ATTENTION),
        ("YD901", ExitCode.FAILED),
        ("42501", ExitCode.NO_PRIVILEGE),
        ("42P01", ExitCode.USAGE),
        ("22P02", ExitCode.USAGE),
        ("08006", ExitCode.UNAVAILABLE),
        ("57P01", ExitCode.UNAVAILABLE),
        ("57014", ExitCode.FAILED),
        ("XX000", ExitCode.FAILED),
        (None, ExitCode.FAILED),
    ],
)
def test_each_sqlstate_has_its_exit_code(sqlstate: str | None, exit_code: ExitCode) -> None:
    assert errors.error_class(sqlstate).exit_code == exit_code


def test_text_has_message_detail_and_hint() -> None:
    error = errors.UsageError("what", detail="values", hint="next")
    assert str(error).splitlines() == ["what", "detail: values", "hint: next"]
    assert str(errors.UsageError("what")) == "what"


def test_an_operational_error_without_a_code_is_a_lost_connection() -> None:
    assert isinstance(errors.from_psycopg(psycopg.OperationalError("gone")), errors.DatabaseUnavailable)
    assert type(errors.from_psycopg(psycopg.InterfaceError("closed"))) is errors.PydbError


def test_a_value_that_cannot_be_sent_is_the_users_mistake() -> None:
    assert type(errors.from_psycopg(psycopg.DataError("NUL"))) is errors.UsageError
