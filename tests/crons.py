"""The server with pg_cron that one test hands to the next.

To copy its cluster, to start it and to stop it takes longer than most of the tests that look at pg_cron.
After each of them its jobs, databases and roles go, and its database is put back to what it was; where
something of the server is not as it was, it is stopped, and the next test has a new one.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import sql

from tests.reuse import Shared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.servers import CronServer

# what belongs to the whole server, or to pg_cron
_SERVER: Final = """
select
    (select array[count(*), sum(xmin::text::bigint)]::text from pg_authid),
    (select array[count(*), sum(xmin::text::bigint)]::text from pg_auth_members),
    (select array[count(*), sum(xmin::text::bigint)]::text from pg_database),
    (select array[count(*), sum(xmin::text::bigint)]::text from pg_db_role_setting),
    (select array[count(*), sum(xmin::text::bigint)]::text from pg_tablespace),
    (select array[count(*), sum(xmin::text::bigint)]::text from pg_parameter_acl),
    (select array[count(*), sum(xmin::text::bigint)]::text from pg_extension),
    (select array_agg(c::text order by c.oid)::text from pg_class as c
        where relnamespace = 'cron'::regnamespace and relkind in ('r', 'S')),
    (select array_agg(p.proacl::text order by p.oid)::text from pg_proc as p
        where pronamespace = 'cron'::regnamespace),
    (select nspacl::text from pg_namespace where nspname = 'cron'),
    (select string_agg(pg_read_file(name), '') from unnest(array[
        current_setting('config_file'), current_setting('hba_file'), 'postgresql.auto.conf']) as name),
    (select array_agg(pid)::text from pg_stat_activity where backend_type = 'pg_cron launcher'),
    pg_postmaster_start_time()"""
_NO_JOBS: Final = """
set session_replication_role = origin;
delete from cron.job;
set session_replication_role = replica"""
_NO_RUNS: Final = "delete from cron.job_run_details"


class SharedCron:
    """Hands out one server after the other, which is the same one as long as it can be."""

    def __init__(self, new: Callable[[], AbstractContextManager[CronServer]]) -> None:
        self._new = new
        self._stack = contextlib.ExitStack()
        self._server: CronServer | None = None

    @contextlib.contextmanager
    def lend(self) -> Iterator[CronServer]:
        """A server as a new one is, for one test; `reuse.session` has warm sessions of its database."""
        if self._server is None:
            self._server = self._stack.enter_context(self._new())
            self._shared = Shared(self._server.app_dsn)
            self._shared.remember()
            self._stack.callback(self._shared.close)
            self._facts = self._look()
            self._databases = self._names("datname from pg_database")
            self._roles = self._names("rolname from pg_roles")
        try:
            yield self._server
        finally:
            try:
                same = self._put_back()
            except psycopg.Error:
                same = False
            if not same:
                self.close()

    def close(self) -> None:
        """Stop the server."""
        self._server = None
        self._stack.close()

    def _put_back(self) -> bool:
        own = self._shared.cleaner
        if own is None:
            return False
        own.execute(_NO_JOBS)
        for name in self._names("datname from pg_database") - self._databases:
            own.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
        if not self._shared.put_back():
            return False
        own.execute(_NO_RUNS)
        for name in self._names("rolname from pg_roles") - self._roles:
            gone = sql.SQL("drop owned by {0} cascade; drop role {0}").format(sql.Identifier(name))
            own.execute(gone)
        return self._look() == self._facts

    def _look(self) -> object:
        assert self._shared.cleaner is not None
        return self._shared.cleaner.execute(_SERVER).fetchone()

    def _names(self, what: str) -> set[str]:
        assert self._shared.cleaner is not None
        return {str(name) for (name,) in self._shared.cleaner.execute(f"select {what}".encode())}
