"""Clusters to copy from, where a test is about a server: initdb takes more time than all the rest of it."""

from __future__ import annotations

import atexit
import functools
import subprocess
from typing import TYPE_CHECKING

from pydb import embedded
from tests.servers import bin_dir

if TYPE_CHECKING:
    from pathlib import Path


@functools.cache
def cluster(name: str) -> Path:
    """A cluster that initdb made and a server has left, of ``pg15`` or ``pg18``."""
    server = embedded.Server(bin_dir=bin_dir(name), in_memory=True)
    atexit.register(server.close)
    server.start()
    server.stop()
    return server.data_dir


def fill(data_dir: Path, name: str) -> Path:
    """Copy it, with its owner; returns the directory."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-Rp", str(cluster(name)), str(data_dir)], check=True)
    return data_dir


def filled(name: str, settings: dict[str, str | int | bool] | None = None) -> embedded.Server:
    """A server in memory that finds such a cluster when it starts."""
    server = embedded.Server(bin_dir=bin_dir(name), in_memory=True, settings=settings)
    fill(server.data_dir, name)
    return server
