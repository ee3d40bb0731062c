"""How long ``pydb demo`` takes, and each of its services, at the size that a user gets."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

from pydb.demo.services import SERVICES
from tests.bench.figures import Figure

if TYPE_CHECKING:
    import argparse

    from tests.bench.arena import Arena

SECONDS: Final = 20.0


def figures(_: Arena, options: argparse.Namespace) -> list[Figure]:
    """A figure for each, by the wall; one whose claims do not hold is an error."""
    found = []
    for name in ("", *SERVICES):
        figure = Figure(f"pydb demo {name}".strip(), SECONDS, unit="s")
        figure.ours = [_seconds(*filter(None, [name])) for _ in range(options.rounds)]
        found.append(figure)
    return found


def _seconds(*arguments: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "pydb", "demo", *arguments], capture_output=True, check=True)
    return time.perf_counter() - began
