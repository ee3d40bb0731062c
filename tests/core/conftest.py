"""A lab with runs in the background."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.faults.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def lab(dsn: str) -> Iterator[Lab]:
    """A lab in a fresh database of the shared server."""
    with contextlib.closing(Lab(dsn)) as made:
        yield made
