"""The ways a run's server process dies; each returns when the lab's own session can be used again."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.lab import Background, Lab
    from tests.servers import TestServer

    Crash = Callable[[TestServer, Lab, Background], None]


def terminate(server: TestServer, lab: Lab, run: Background) -> None:
    """The backend is told to end; the others stay."""
    server.tell("select pg_terminate_backend({})", sql.Literal(run.pid))
    run.failed()
    lab.until_gone(run.pid)


def sigkill(server: TestServer, lab: Lab, run: Background) -> None:
    """The postmaster sees its child die and restarts all the others."""
    os.kill(run.pid, signal.SIGKILL)
    run.failed()
    lab.reconnect()


def stop_at_once(server: TestServer, lab: Lab, run: Background) -> None:
    """Shut down without a checkpoint; the next start recovers from WAL."""
    server.stop("immediate")
    run.failed()
    server.start()
    lab.reconnect()


CRASHES = pytest.mark.parametrize(
    "crash", [terminate, sigkill, stop_at_once], ids=lambda crash: crash.__name__
)
