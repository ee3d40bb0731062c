"""Commands as processes of their own that need not import everything anew.

A server process imports the command line once and forks for each command: a real process with its own
arguments, environment, directory, files and exit code, in a tenth of the time.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import sys
import tempfile
from functools import cache
from typing import TYPE_CHECKING, Final

from pydb.cli import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from multiprocessing.context import ForkServerContext
    from pathlib import Path

# read by the interpreter itself when it starts
_STARTING: Final = ("PYTHON", "LC_", "LANG")


def changes_the_interpreter(names: Sequence[str]) -> bool:
    """Whether one of these environment variables matters before a program's first line."""
    return any(name.startswith(_STARTING) for name in names)


def run(
    args: Sequence[str | bytes], *, stdin: bytes, env: Mapping[str, str], cwd: Path, timeout: float
) -> tuple[int, bytes, bytes]:
    """Run ``pydb`` with these arguments; its exit code, output and error output.

    Raises TimeoutError, after the process was killed.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        paths = [f"/proc/{os.getpid()}/fd/{file.fileno()}" for file in (given, out, err)]
        process = _context().Process(
            target=_child, args=([os.fsencode(arg) for arg in args], paths, dict(env), str(cwd))
        )
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(f"pydb {args!r} took longer than {timeout} s")
        code = process.exitcode
        process.close()
        out.seek(0)
        err.seek(0)
        return code, out.read(), err.read()


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    modules = ["pydb.cli", "psycopg", "alembic", "sqlalchemy.dialects.postgresql.psycopg", "rich.table"]
    context.set_forkserver_preload([*modules, *(f"pydb.cli.{name}" for name in COMMANDS)])
    return context


def _child(args: list[bytes], paths: list[str], env: dict[str, str], cwd: str) -> None:
    for number, (path, flags) in enumerate(zip(paths, (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), strict=True)):
        file = os.open(path, flags)
        os.dup2(file, number)
        os.close(file)
    sys.stdin = io.TextIOWrapper(os.fdopen(0, "rb", closefd=False), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False), encoding="utf-8")
    sys.stderr = io.TextIOWrapper(
        os.fdopen(2, "wb", closefd=False), encoding="utf-8", errors="backslashreplace", line_buffering=True
    )
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = ["pydb", *(os.fsdecode(arg) for arg in args)]
    from pydb.__main__ import main

    code: object = 0
    try:
        main()
    except SystemExit as error:
        code = error.code
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0)
