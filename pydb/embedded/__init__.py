"""PostgreSQL servers of our own, for the demo and the tests: started in a moment, gone with us.

:class:`Server` is one of them. Where its binaries come from is in ``binaries``, how a child process never
outlives us in ``supervisor``.
"""

from __future__ import annotations

from pydb.embedded.binaries import find_bin_dir, find_wheel
from pydb.embedded.server import Server, StopMode
from pydb.embedded.supervisor import ServerError, make_scratch

__all__ = ["Server", "ServerError", "StopMode", "find_bin_dir", "find_wheel", "make_scratch"]
