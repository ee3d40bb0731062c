"""Processes that a test starts and means to see the end of."""

from __future__ import annotations

import subprocess
from typing import IO, TYPE_CHECKING, Final

from tests.forked import Started

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_STARTED: Final[list[subprocess.Popen[bytes] | Started]] = []


def start(command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path) -> subprocess.Popen[bytes]:
    """Start a program with an empty standard input; both its outputs are pipes."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
        cwd=cwd,
    )
    _STARTED.append(process)
    return process


def command(args: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> Started:
    """The same for ``pydb`` with these arguments, forked."""
    process = Started(args, env=env, cwd=cwd)
    _STARTED.append(process)
    return process


def end() -> None:
    """Kill what still runs and close the pipes."""
    while _STARTED:
        process = _STARTED.pop()
        process.kill()
        process.wait()
        pipes: list[IO[bytes] | None] = [process.stdout, process.stderr]
        for pipe in pipes:
            if pipe is not None:
                pipe.close()
