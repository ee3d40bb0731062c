"""The workbench of the retention tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.retention.lab import Lab

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow


@pytest.fixture
def lab(db: psycopg.Connection[TupleRow]) -> Lab:
    """Plans and runs in a fresh database with pydb in it."""
    return Lab(db)


@pytest.fixture
def table(lab: Lab) -> Lab:
    """A database with ``public.t``: rows 1 to 4 expired, 5 and 6 young, 7 without a time."""
    lab.do(
        """create table public.t (id int primary key, at timestamptz, kind text not null default 'a', n int);
        insert into public.t select i, timestamptz '2024-06-01 00:00+00', 'a', i
            from generate_series(1, 4) as i;
        insert into public.t values (5, '2024-12-31', 'a', 5), (6, '2025-01-01', 'b', 6),
            (7, null, 'a', 7);"""
    )
    return lab
