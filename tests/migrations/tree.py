"""A copy of sql/ and migrations/ to make revisions in, and what the tests compare databases by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from migrations import freeze
from pydb import sources

if TYPE_CHECKING:
    from pathlib import Path

Lines = dict[tuple[str, str, str], str | None]

ROUTINE = """-- pydb.{name}: what a test needs.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb.{name}({arguments})
returns {result}
language sql
as $$ select {body} $$;

comment on function pydb.{name} is '100% of {{"a": ":b"}}';

revoke all on function pydb.{name} from public;
"""


@dataclass(frozen=True)
class Tree:
    """A copy of the two folders, in a path that is hard on those who quote badly."""

    root: Path

    @property
    def sql(self) -> Path:
        return self.root / "sql"

    @property
    def migrations(self) -> Path:
        return self.root / "migrations"

    @property
    def folder(self) -> Path:
        """Folder of the newest revision."""
        return sources.history(self.migrations)[-1].folder

    def routine(
        self,
        name: str,
        body: str = "1",
        *,
        arguments: str = "",
        result: str = "integer",
        domain: str = "core",
    ) -> Path:
        """Write the source of a function."""
        path = self.sql / domain / f"{name}.sql"
        self.write(path, ROUTINE.format(name=name, body=body, arguments=arguments, result=result))
        return path

    @staticmethod
    def write(path: Path, text: str) -> None:
        """Write a source; what is there is a link to the file that other tests have."""
        path.unlink(missing_ok=True)
        path.write_text(text, "utf-8")

    def freeze(self, message: str = "a change") -> Path:
        """Write a revision; returns its folder."""
        return freeze.freeze(message, self.migrations, self.sql).with_suffix("")


def lines(dsn: str) -> Lines:
    """Everything that schema pydb holds, by kind, name and property."""
    with psycopg.connect(dsn) as connection:
        query = "select kind, identity, label, line from pydb_internal.catalog_lines()"
        found = connection.execute(query).fetchall()
    return {(str(kind), str(identity), str(label)): line for kind, identity, label, line in found}


def has_pydb(dsn: str) -> bool:
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "select num_nonnulls(to_regnamespace('pydb'), to_regnamespace('pydb_internal')) > 0"
        ).fetchone() == (True,)


def records(dsn: str) -> list[tuple[object, ...]]:
    """What is recorded of each object and each text, but the time of it."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "select kind, identity, lines::text, revision, server_major from pydb_internal.schema_object"
            " union all select 'source', path, sha256, revision, null from pydb_internal.schema_source"
            " order by 1, 2"
        ).fetchall()


def rows(dsn: str) -> dict[str, list[str]]:
    """What the tables of pydb hold and what they are like; times and which database it is are left out."""
    content: dict[str, list[str]] = {"": [f"{key} {line}" for key, line in sorted(lines(dsn).items())]}
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(
            "select c.oid::regclass::text from pg_class as c"
            " where c.relnamespace in ('pydb'::regnamespace, 'pydb_internal'::regnamespace)"
            " and c.relkind = 'r' order by 1"
        ).fetchall()
        for (table,) in tables:
            found = connection.execute(
                "select (to_jsonb(t) - '{installed_at,updated_at,created_at,at,horizon}'::text[]"
                # of a database, and of a time
                " - '{remembered_at,requested_at,approved_version,database_oid,database_name}'::text[])::text"
                f" from {table} as t"
                " order by 1".encode()
            ).fetchall()
            content[str(table)] = [str(row[0]) for row in found]
    return content
