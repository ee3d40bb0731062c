"""Fixtures of the migrations' tests."""

from __future__ import annotations

import contextlib
import filecmp
import functools
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pydb import migrate, sources
from tests.migrations.tree import Tree
from tests.servers import migrations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydb.sources import Revision
    from tests.servers import Database, TestServer


# what a text creates and needs is read from it by each migration anew, and these tests make hundreds of them
for name in ("created_by", "_needs"):
    vars(sources)[name] = functools.cache(vars(sources)[name])


@pytest.fixture(scope="session")
def stepwise(server: TestServer) -> Iterator[Callable[[str], str]]:
    """Name of a database that came to a revision one by one, to copy from: each made of the one before."""
    line = [None, *(step.revision for step in sources.history())]
    made: dict[str, str] = {}
    with contextlib.ExitStack() as stack:

        def build(revision: str) -> str:
            if revision not in made:
                before = line[line.index(revision) - 1]
                template = build(before) if before else None
                fresh = stack.enter_context(server.database(migrated=False, template=template))
                migrate.up(fresh.dsn, revision)
                made[revision] = fresh.name
            return made[revision]

        yield build


@pytest.fixture(scope="session")
def at_revision(server: TestServer) -> Iterator[Callable[[str], str]]:
    """Name of a database at a revision, to copy from: made at once, in half the time of one by one."""
    with contextlib.ExitStack() as stack:

        @functools.cache
        def build(revision: str) -> str:
            fresh = stack.enter_context(server.database(migrated=False))
            migrate.up(fresh.dsn, revision)
            return fresh.name

        yield build


@pytest.fixture(scope="session")
def upgraded(server: TestServer, at_revision: Callable[[str], str]) -> str:
    """Name of a database that the migrations, and not the living sources, have filled."""
    if migrations() == sources.migrations_dir():
        return server.migrated()
    return at_revision(sources.history()[-1].revision)


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


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of migrations/ to link to: what writes where it should not spoils this one, and is told."""
    copy = tmp_path_factory.mktemp("seed") / "migrations"
    shutil.copytree(sources.migrations_dir(), copy, ignore=shutil.ignore_patterns("__pycache__"))
    yield copy
    same = (
        filecmp.cmp(path, copy / path.relative_to(sources.migrations_dir()))
        for step in sources.history()
        for path in step.files.values()
    )
    assert all(same)


@pytest.fixture
def tree(seed: Path, tmp_path: Path) -> Tree:
    """sql/ and migrations/ as they are at the newest revision, to make revisions in."""
    return planted(seed, tmp_path, sources.history(seed))


@pytest.fixture
def sapling(seed: Path, tmp_path: Path) -> Tree:
    """As `tree`, at the first revision: for installations in which the revisions between do not matter."""
    return planted(seed, tmp_path, sources.history(seed)[:1])


def planted(seed: Path, place: Path, line: tuple[Revision, ...]) -> Tree:
    root = place / "ein Ordner, 100% :x"
    versions = root / "migrations" / "versions"
    versions.mkdir(parents=True)
    for path in (*seed.iterdir(), *(step.module for step in line)):
        if path.is_file():
            shutil.copyfile(path, root / "migrations" / path.relative_to(seed))
    for step in line:
        # the newest may be written anew; to copy what nobody writes takes longer than most of these tests
        copy = shutil.copyfile if step is line[-1] else os.link
        shutil.copytree(step.folder, versions / step.folder.name, copy_function=copy)
    # to be written by Tree.write alone
    sql = f"{root}/sql"
    made: set[str] = set()
    for name, path in sources.overlay(line).items():
        folder = f"{sql}/{name}".rpartition("/")[0]
        if folder not in made:
            Path(folder).mkdir(parents=True, exist_ok=True)
            made.add(folder)
        os.link(path, f"{sql}/{name}")
    return Tree(root)
