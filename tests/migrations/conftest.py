"""Fixtures of the migrations' tests."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from pydb import migrate, sources
from tests.migrations.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import Database, TestServer


@pytest.fixture(scope="session")
def upgraded(server: TestServer) -> Iterator[str]:
    """Name of a database that the migrations, and not the living sources, have filled."""
    with server.database(migrated=False) as template:
        migrate.up(template.dsn)
        yield template.name


@pytest.fixture
def database(server: TestServer, upgraded: str) -> Iterator[Database]:
    """A copy of `upgraded`; also behind `dsn` and `db`."""
    with server.database(migrated=False, template=upgraded) as fresh:
        yield fresh


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """sql/ and migrations/ as they are at the newest revision, to make revisions in."""
    root = tmp_path / "ein Ordner, 100% :x"
    migrations = sources.migrations_dir()
    shutil.copytree(migrations, root / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    for name, path in sources.overlay(sources.history()).items():
        copy = root / "sql" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return Tree(root)
