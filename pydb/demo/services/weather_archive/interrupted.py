"""A writer that is killed half way: ``python -m ….weather_archive.interrupted DIRECTORY NAME``."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from pydb.archive import chunks

if TYPE_CHECKING:
    from collections.abc import Iterator


def _lines() -> Iterator[bytes]:
    for number in range(100_000):
        if number == 50_000:
            os.kill(os.getpid(), signal.SIGKILL)
        yield b"2026-01-01T00:00Z,%d\n" % number


if __name__ == "__main__":
    place = chunks.open_place(sys.argv[1])
    chunks.write(place, sys.argv[2], _lines(), source="interrupted", time=lambda line: line[:17])
