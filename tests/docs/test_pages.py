"""The how-tos are followed to the letter: every block marked as runnable is run, on a real server."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests import forked
from tests.docs.pages import ROOT, Block, blocks, matches

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydb.embedded import Server
    from tests.conftest import CronServerFactory
    from tests.servers import TestServer


# runnable blocks a page has at least: a mistake in the marks must not make a test that runs nothing
MINIMUM = {
    "README.md": 3,
    "docs/cascade.md": 12,
    "docs/concepts.md": 1,
    "docs/idempotency.md": 15,
    "docs/idempotency-http.md": 4,
    "docs/install.md": 8,
    "docs/orphans.md": 12,
    "docs/retention.md": 20,
    "docs/schedule.md": 8,
}


class Reader:
    """Someone who types what a page says, in a folder and on a database of his own."""

    def __init__(self, server: Server, dbname: str, folder: Path) -> None:
        self.folder = folder
        tools = folder / "bin"
        tools.mkdir()
        forked.install(tools / "pydb")
        (tools / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        (tools / "python3").chmod(0o755)
        for part in ("ops", "sql"):
            (folder / part).symlink_to(ROOT / part)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "PYDB_"))}
        self.environment = {
            **kept,
            "PATH": f"{tools}:{server.bin_dir}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PGHOST": server.host,
            "PGPORT": str(server.port),
            "PGUSER": server.user,
            "PGDATABASE": dbname,
            "LC_ALL": "C.UTF-8",
        }

    def follow(self, page: Path) -> int:
        """Do what a page says, block by block; return how many were run."""
        printed, done = "", 0
        for block in blocks(page):
            where = f"{page.relative_to(ROOT)}:{block.line}"
            if name := block.option("file"):
                (self.folder / name).write_text(block.text)
            elif "run" in block.words:
                printed = self._type(block, where)
                done += 1
            elif "output" in block.words:
                assert matches(block.text, printed), f"{where} shows\n{block.text}\nbut it is\n{printed}"
        return done

    def _type(self, block: Block, where: str) -> str:
        """Run one block and return what it printed, both streams as they come."""
        error = block.option("error")
        if block.language == "sh":
            command, typed = ["sh", "-e", "-c", block.text], ""
        else:
            assert block.language == "sql", f"{where}: nobody can run {block.language}"
            command = ["psql", "-X", "-q", "-v", f"ON_ERROR_STOP={0 if error else 1}"]
            typed = block.text + ("\\echo :LAST_ERROR_SQLSTATE\n" if error else "")
        done = subprocess.run(
            command,
            input=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            env=self.environment,
            text=True,
            timeout=60,
            check=False,
        )
        printed = done.stdout
        assert done.returncode == int(block.option("exit") or 0), (
            f"{where} ended with {done.returncode}:\n{printed}"
        )
        if error:
            printed, _, code = printed.rstrip("\n").rpartition("\n")
            assert code == error, f"{where} raised {code}:\n{printed}"
        return printed


@pytest.fixture
def reader(tmp_path: Path, server: TestServer) -> Iterator[Reader]:
    """Return a reader with an empty database."""
    with server.database(migrated=False) as database:
        yield Reader(server, database.name, tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/retention.md",
        "docs/cascade.md",
        "docs/orphans.md",
        "docs/idempotency.md",
        "docs/idempotency-http.md",
        "docs/concepts.md",
    ],
)
def test_page_holds(name: str, reader: Reader) -> None:
    assert reader.follow(ROOT / name) >= MINIMUM[name]


def test_install_page_holds(tmp_path: Path, new_cron_server: CronServerFactory) -> None:
    # a server of its own: the page makes roles, which belong to a whole server
    with new_cron_server() as server:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("create database shop")
        reader = Reader(server, "shop", tmp_path)
        assert reader.follow(ROOT / "docs/install.md") >= MINIMUM["docs/install.md"]


def test_schedule_page_holds(tmp_path: Path, new_cron_server: CronServerFactory) -> None:
    # pg_cron and pydb are in database app
    with new_cron_server() as server:
        reader = Reader(server, server.dbname, tmp_path)
        assert reader.follow(ROOT / "docs/schedule.md") >= MINIMUM["docs/schedule.md"]
