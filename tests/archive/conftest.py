"""The workbench of the archive tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.archive.lab import Lab

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow


@pytest.fixture
def lab(db: psycopg.Connection[TupleRow]) -> Lab:
    """Runs that archive, and restores, in a fresh database with pydb in it."""
    return Lab(db)
