"""Who follows a page: types its blocks into a shell and into psql, and compares what is printed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from tests import forked
from tests.docs.pages import ROOT, Block, blocks, matches

if TYPE_CHECKING:
    from pathlib import Path

    from pydb.embedded import Server
    from tests.servers import PgBouncer

# what an environment with pydb in it has on its PATH, by the arguments of its Python
TOOLS: Final = {"python3": "", "alembic": "-m alembic", "uvicorn": "-m uvicorn"}


class Reader:
    """Someone who types what a page says, in a folder and on a database of his own."""

    def __init__(self, server: Server, dbname: str, folder: Path, door: PgBouncer | None = None) -> None:
        """``door`` is before the server: it lends commands sessions that know pydb's routines."""
        self.folder = folder
        tools = folder / "bin"
        tools.mkdir()
        forked.install(tools / "pydb")
        for name, start in TOOLS.items():
            (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {start} "$@"\n')
            (tools / name).chmod(0o755)
        for part in ("ops", "sql"):
            (folder / part).symlink_to(ROOT / part)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "PYDB_"))}
        self.environment = {
            **kept,
            "PATH": f"{tools}:{server.bin_dir}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PGHOST": (door or server).host,
            "PGPORT": str((door or server).port),
            "PGUSER": server.user,
            "PGDATABASE": dbname,
            "LC_ALL": "C.UTF-8",
        }

    def goes_to(self, dbname: str) -> None:
        """Go on in another database."""
        self.environment["PGDATABASE"] = dbname

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

    def type(self, command: str) -> str:
        """Type a line into a shell; it must succeed. Return what it printed."""
        return self._type(Block("sh", ("run",), command, 0), command)

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
            timeout=120,
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
