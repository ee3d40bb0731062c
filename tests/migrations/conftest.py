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
def database(request: pytest.FixtureRequest, server: TestServer) -> Iterator[Database]:
    """A copy of `upgraded`, or for who asks for `bare` an empty one; also behind `dsn` and `db`."""
    template = None if "bare" in request.fixturenames else request.getfixturevalue("upgraded")
    with server.database(migrated=False, template=template) as fresh:
        yield fresh


@pytest.fixture
def bare(dsn: str) -> str:
    """Connection string of a database without pydb, for tests that need roles or a session besides."""
    return dsn


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
