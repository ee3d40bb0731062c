"""The workbenches of the archive tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.archive.filelab import FileLab
from tests.archive.lab import Lab

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Connection


@pytest.fixture
def files(db: Connection, dsn: str, tmp_path: Path) -> FileLab:
    """Exports of a fresh database to a fresh directory."""
    path = tmp_path / "archive"
    path.mkdir()
    return FileLab(db, dsn, path)


@pytest.fixture
def lab(db: Connection) -> Lab:
    """Runs that archive, and restores, in a fresh database with pydb in it."""
    return Lab(db)
