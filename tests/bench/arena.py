"""A server, a template database per layout of rows, and a fresh copy of it for every measurement."""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING, Final, Self

import psycopg

from pydb import embedded
from tests import servers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

Connection = psycopg.Connection[tuple[object, ...]]

SETTINGS: Final[Mapping[str, str | int | bool]] = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "autovacuum": False,
    "max_parallel_workers_per_gather": 2,
    "max_locks_per_transaction": 2000,  # a plan locks each of many leaves
    "timezone": "UTC",
}
# rows are spread evenly over 100 days before now, so that keep = 50 days expires half of them
TABLE: Final = """
create table reading (
    id bigint not null, taken_at timestamptz not null, sensor integer not null, payload text
);
insert into reading
select
    i, now() - interval '100 days' + (i * (100.0 * 86400 / {rows})) * interval '1 second', i % 1000,
    repeat('x', 80)
from generate_series(1, {rows}) as i {order};
alter table reading add primary key (id);
create index reading_taken_at_idx on reading (taken_at);
create index reading_sensor_idx on reading (sensor);
vacuum (analyze) reading;
"""


class Arena:
    """The server and its templates."""

    def __init__(self, server: str, **settings: str | int) -> None:
        self.major = server
        chosen = {**SETTINGS, **settings}
        self.server = embedded.Server(bin_dir=servers.bin_dir(server), settings=chosen, in_memory=True)
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.server.close()

    def another(self, **settings: str | int) -> Arena:
        """Make a server of the same version with other settings."""
        return Arena(self.major, **settings)

    def connect(self, dbname: str) -> Connection:
        """Open an autocommit connection as the superuser."""
        return psycopg.connect(self.server.dsn(dbname), autocommit=True)

    def template(self, name: str, rows: int, *, shuffled: bool) -> None:
        """Build a database with pydb and ``rows`` readings, in time order or shuffled."""
        with self.connect("postgres") as connection:
            connection.execute(f"create database {name}")
        servers.install(self.server.dsn(name))
        script = TABLE.format(rows=rows, order="order by hashint8(i)" if shuffled else "")
        with self.connect(name) as connection:
            for statement in script.split(";"):
                if statement.strip():
                    connection.execute(statement)

    def drop(self, name: str) -> None:
        """Drop a template."""
        with self.connect("postgres") as connection:
            connection.execute(f"drop database {name} with (force)")

    @contextlib.contextmanager
    def copy(self, template: str) -> Iterator[str]:
        """Copy a template file by file, bring it into memory, and drop it at the end; gives its name."""
        name = f"run_{next(self._numbers)}"
        with self.connect("postgres") as connection:
            connection.execute(f"create database {name} template {template} strategy file_copy")
        try:
            with self.connect(name) as connection:
                connection.execute("create extension pg_prewarm")
                connection.execute(
                    "select pg_prewarm(c.oid::regclass) from pg_class as c"
                    " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'i')"
                )
                connection.execute("checkpoint")
            yield name
        finally:
            self.drop(name)
