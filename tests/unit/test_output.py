"""Formatting for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pydb.cli import _output


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (1234567, "1,234,567"),
        (datetime(2026, 1, 31, 3, 15, tzinfo=UTC), "2026-01-31 03:15:00Z"),
        (datetime(2026, 1, 31, 3, 15, tzinfo=timezone(timedelta(hours=2))), "2026-01-31 01:15:00Z"),
        (datetime.max.replace(tzinfo=UTC), "infinity"),
        (datetime.min.replace(tzinfo=UTC), "-infinity"),
        (["a", "b"], "a, b"),
    ],
)
def test_values(value: object, text: str) -> None:
    assert _output.show(value) == text


@pytest.mark.parametrize(
    ("count", "text"), [(None, ""), (0, "0 B"), (1023, "1023 B"), (1536, "1.5 kB"), (3 * 1024**3, "3.0 GB")]
)
def test_sizes(count: int | None, text: str) -> None:
    assert _output.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (12.4, "12 s"), (185, "3 min 05 s"), (7620, "2 h 07 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert _output.duration(seconds) == text


def test_escape_sequences_of_a_database_do_not_reach_the_terminal() -> None:
    assert _output.safe("a\x1b[31mb\x07") == "a\\x1b[31mb\\x07"
    assert _output.safe("grün 表\n") == "grün 表\n"
