"""A pgbouncer before each server, for commands that are processes: it hands sessions from one to the next.

What a new session has to compile and plan takes longer than most commands.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg

from tests import reuse
from tests.servers import PgBouncer

if TYPE_CHECKING:
    from psycopg.rows import TupleRow

    from pydb import embedded
    from tests.servers import Database, TestServer


def door(server: embedded.Server, *users: str) -> PgBouncer:
    """One before a server, for postgres and these."""
    reset = " ".join(reuse.FORGET.split())
    return PgBouncer(server, pool_size=10, reset=reset, users=("postgres", *users))


class Doors:
    """One before each server, made at its first use."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self._made: dict[TestServer, PgBouncer] = {}
        self._admins: dict[TestServer, psycopg.Connection[TupleRow]] = {}

    def before(self, server: TestServer) -> PgBouncer:
        """That of a server."""
        if server not in self._made:
            made = self._made[server] = self._stack.enter_context(door(server))
            admin = psycopg.connect(made.dsn("pgbouncer"), autocommit=True, prepare_threshold=None)
            self._admins[server] = self._stack.enter_context(contextlib.closing(admin))
        return self._made[server]

    def dsn(self, database: Database) -> str:
        """The DSN of a database behind it."""
        return self.before(database.server).dsn(database.name)

    def keeps(self, dsn: str) -> list[int]:
        """Its server processes in a database that no command has."""
        found = []
        for server, admin in self._admins.items():
            cursor = admin.execute("show servers")
            names = [column.name for column in cursor.description or ()]
            for row in cursor:
                one = dict(zip(names, row, strict=True))
                if server.dsn(str(one["database"])) == dsn and one["state"] in ("idle", "tested"):
                    found.append(int(str(one["remote_pid"])))
        return found
