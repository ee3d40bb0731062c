"""What the command line costs: time to start, and memory while a run deletes a million rows."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from tests.bench.figures import POLICY, timed

if TYPE_CHECKING:
    from tests.bench.arena import Arena


def version_seconds() -> float:
    """Seconds of ``pydb --version`` as a whole process."""
    return timed(lambda: _run("--version"))


def resident_megabytes(arena: Arena, template: str) -> float:
    """Peak resident memory of ``pydb retention run`` in MB."""
    with arena.copy(template) as name:
        with arena.connect(name) as connection:
            connection.execute(POLICY, ["50 days"])
        return _run("retention", "run", "reading", "--yes", "--dsn", arena.server.dsn(name)) / 1024


def cascade_megabytes(arena: Arena) -> float:
    """Peak resident memory of ``pydb cascade delete`` of 100 keys with 300 000 rows below them, in MB."""
    with arena.copy("family") as name:
        keys = [str(key) for key in range(1, 101)]
        dsn = arena.server.dsn(name)
        return _run("cascade", "delete", "public.a", *keys, "--yes", "--dsn", dsn) / 1024


def export_megabytes(dsn: str, directory: str, *more: str, code: int = 0) -> float:
    """Peak resident memory of ``pydb archive export`` in MB, as a timer runs it; `code` is its end."""
    arguments = ("--to", directory, "--yes", "--json", "--dsn", dsn, *more)
    return _run("archive", "export", "reading", *arguments, code=code) / 1024


def _run(*arguments: str, code: int = 0) -> int:
    """Run pydb, output thrown away; its peak resident memory in kB."""
    null = os.open(os.devnull, os.O_RDWR)
    read, write = os.pipe()
    command = [sys.executable, "-c", _WATCHED, str(write), *arguments]
    actions = [(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1, 2)]
    os.set_inheritable(write, True)
    try:
        pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    finally:
        os.close(null)
        os.close(write)
    with os.fdopen(read) as pipe:
        peak = pipe.read()
    _, status = os.waitpid(pid, 0)
    if os.waitstatus_to_exitcode(status) != code:
        raise AssertionError(f"{' '.join(arguments)}: exit code {os.waitstatus_to_exitcode(status)}")
    return int(peak)


# rusage of a child has the memory of whoever started it in it, for the moment before exec: the bench's own
_WATCHED: Final = """
import os, re, runpy, sys
told = int(sys.argv.pop(1))
try:
    runpy.run_module("pydb", run_name="__main__", alter_sys=True)
finally:
    with open("/proc/self/status") as status, os.fdopen(told, "w") as pipe:
        pipe.write(re.search(r"VmHWM:\\s+(\\d+) kB", status.read())[1])
"""
