"""The ways the server processes of runs die; each returns when the lab's own session can be used again.

Runs that stand still at several points of one database die together: a crash, and the sessions after it that
have to compile everything anew, cost more than all of them.
"""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING

import pytest
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.lab import Background, Lab
    from tests.servers import TestServer

    Crash = Callable[..., None]


def terminate(server: TestServer, lab: Lab, *runs: Background) -> None:
    """The backends are told to end; the others stay."""
    for run in runs:
        server.tell("select pg_terminate_backend({})", sql.Literal(run.pid))
    for run in runs:
        lab.until_gone(run.pid)
        run.failed()


def sigkill(server: TestServer, lab: Lab, *runs: Background) -> None:
    """The postmaster sees its children die and restarts all the others."""
    for run in runs:
        with contextlib.suppress(ProcessLookupError):  # the postmaster was quicker
            os.kill(run.pid, signal.SIGKILL)
    _come_back(lab, *runs)


def stop_at_once(server: TestServer, lab: Lab, *runs: Background) -> None:
    """Shut down without a checkpoint; the next start recovers from WAL."""
    server.stop("immediate")
    _come_back(lab, *runs, start=server.start)


def kill_postmaster(server: TestServer, lab: Lab, *runs: Background) -> None:
    """The postmaster itself is killed, its children notice."""
    server.kill()
    _come_back(lab, *runs, start=server.start)


def _come_back(lab: Lab, *runs: Background, start: Callable[[], object] | None = None) -> None:
    for run in runs:
        run.failed()
    if start is not None:
        start()
    lab.reconnect()


CRASHES = pytest.mark.parametrize(
    "crash", [terminate, sigkill, stop_at_once], ids=lambda crash: crash.__name__
)
