"""What runs inside alembic: the environment, and applying or reverting the frozen folder of a revision.

Frozen revisions call :func:`apply` and :func:`revert`; what these do for an old one must never change. SQL is
passed on byte for byte, online and offline: alembic's own ``op.execute`` would read ``:name`` and ``%``.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import psycopg

from pydb import db, errors, sources
from pydb.scripts import FileError, driver, execute, execute_all, script_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

    from pydb.sources import Revision

# Advisory lock of migrations in each database: 'pydb' in ASCII, 1.
LOCK = (0x70796462, 1)

# The same as objects_remember() notes, where this transaction made all there is: the revision before has just
# recorded every object as it is, and to look at them all again takes as long as to make them.
_RECORDED = """do $$
begin
    perform pg_catalog.set_config('pydb.objects_before', (
        select pg_catalog.jsonb_object_agg(o.kind || ' ' || o.identity, pg_catalog.md5(o.lines::text))::text
        from pydb_internal.schema_object as o), true);
    perform pg_catalog.set_config('pydb.grants_before', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.to_jsonb(g))::text
        from pydb_internal.objects_grants() as g), '[]'), true);
end
$$;"""
# Files that go to the server at once: the way there and back takes longer than most of them.
_AT_ONCE = 100


def apply(revision: str) -> None:
    """Bring the database from the revision before ``revision`` to it; called by the frozen module."""
    script = _Script()
    history = script.history
    step = sources.up_to(history, revision)[-1]
    before = sources.overlay(sources.up_to(history, step.down_revision))
    if before:
        script.remember()
    gone = {name: before[name] for name in step.dropped if name in before}
    kept = sources.moved(gone, step.files)
    for name in reversed(sources.ordered(gone)):
        if name not in kept and not name.endswith(sources.TABLES):
            script.drop(gone[name])
    script.run_file(step.folder / sources.UPGRADE)
    # the alter of a table that is there already stands in upgrade.sql
    altered = sources.tables_known(step.files, before)
    script.run_files(step.files[name] for name in sources.ordered(step.files) if name not in altered)
    script.register(step.revision, step.files, gone)


def revert(revision: str) -> None:
    """Bring the database from ``revision`` back to the one before it; called by the frozen module.

    With no revision before it there is nothing to keep: after ``downgrade.sql`` the environment drops the
    schema (``remove.sql``).
    """
    script = _Script()
    history = script.history
    step = sources.up_to(history, revision)[-1]
    if step.down_revision is None:
        script.run_file(step.folder / sources.DOWNGRADE)
        return
    before = sources.overlay(sources.up_to(history, step.down_revision))
    if not script.leaving:
        script.remember()
    added = {name: path for name, path in step.files.items() if name not in before}
    restored = {name: before[name] for name in before if name in step.files or name in step.dropped}
    kept = sources.moved(added, restored)
    # a view that stands on what was added cannot become its former self before that goes, nor that before it
    for name in sources.resting_on(step.files, {name: added[name] for name in added if name not in kept}):
        script.drop(step.files[name])
    for name in reversed(sources.ordered(added)):
        if name not in kept and not name.endswith(sources.TABLES):
            script.drop(added[name])
    script.run_file(step.folder / sources.DOWNGRADE)
    altered = sources.tables_known(restored, step.files)
    script.run_files(restored[name] for name in sources.ordered(restored) if name not in altered)
    if not script.leaving:
        script.register(step.down_revision, restored, added)


class _Script:
    """Where SQL goes: to the database, or into the script of ``pydb migrate sql``."""

    def __init__(self) -> None:
        from alembic import op

        self.context: MigrationContext = op.get_context()
        environment = self.context.environment_context
        assert environment is not None  # noqa: S101  (only a context without env.py has none)
        self.root = Path(environment.script.dir)
        given = environment.config.attributes
        self.history: tuple[Revision, ...] = given.get("history") or sources.history(self.root)
        self.fresh = bool(given.get("fresh"))
        self.ledger: _Ledger | None = given.get("ledger")
        # on the way to base no record is kept of what goes in the same transaction
        self.leaving = bool(given.get("leaving"))

    def remember(self) -> None:
        """Have the database note what it is like before the revision."""
        if self.ledger is not None:
            self.ledger.note()
            return
        self.run(_RECORDED if self.fresh else "do $$ begin perform pydb_internal.objects_remember(); end $$;")

    def run(self, text: str) -> None:
        if self.context.as_sql:
            self.context.impl.static_output(text.rstrip("\n"))
        else:
            assert self.context.connection is not None  # noqa: S101
            execute(self.context.connection, text)

    def run_file(self, path: Path) -> None:
        if path.is_file():
            self.run_files([path])

    def run_files(self, paths: Iterable[Path]) -> None:
        """Run files, many at once; an error says in which of them, and on which line."""
        waiting = list(paths)
        while waiting:
            some, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
            texts = [path.read_text("utf-8") for path in some]
            if self.context.as_sql:
                for text in texts:
                    self.run(text)
                continue
            assert self.context.connection is not None  # noqa: S101
            try:
                execute_all(self.context.connection, texts)
            except FileError as error:
                where = some[error.file].relative_to(self.root / "versions").as_posix()
                error.cause.add_note(where if error.line is None else f"{where}, line {error.line}")
                raise error.cause from None

    def drop(self, path: Path) -> None:
        for statement in sources.drop_statements(path):
            self.run(statement)

    def register(self, revision: str, installed: dict[str, Path], gone: Iterable[str]) -> None:
        """Have the database record what it holds now, and from which texts."""
        hashes: dict[str, str | None] = {**sources.hashes(installed), **dict.fromkeys(gone)}
        if self.ledger is not None:
            self.ledger.add(revision, hashes)
            return
        listed = json.dumps(dict(sorted(hashes.items())), indent=1)
        self.run(f"do $$ begin perform pydb_internal.objects_register('{revision}', '{listed}'); end $$;")


class _Ledger:
    """What the revisions of an installation made, recorded once, at the end of the last.

    To look at all there is after each takes as long as to make it, and until the last nobody can see what is
    recorded. It comes to the same: a revision counts as the last that changed an object by a look at less.
    """

    def __init__(self, connection: Connection, root: Path) -> None:
        self.connection = connection
        self.root = root
        self.revision = ""
        self.files: frozenset[str] = frozenset()
        self.sources: dict[str, tuple[str, str]] = {}
        self.marks: dict[str, object] = {}
        self.objects: dict[str, str] = {}

    def add(self, revision: str, hashes: dict[str, str | None]) -> None:
        """At the end of a revision: from which texts it made what it did, None for a file that it dropped."""
        for name, digest in hashes.items():
            if digest is None:
                self.sources.pop(name, None)
            else:
                self.sources[name] = digest, revision
        # a routine's or view's file is named like it
        self.files = frozenset(PurePosixPath(name).stem for name in hashes if hashes[name] is not None)
        self.revision = revision

    def note(self) -> None:
        """Before the next revision, and at the end: which objects this one made or changed."""
        found = driver(self.connection).execute(script_text("seen.sql", self.root).encode()).fetchall()
        seen = {f"{kind} {identity}": (name, mark) for kind, identity, name, mark in found}
        for key, (name, mark) in seen.items():
            if name in self.files or self.marks.get(key) != mark:
                self.objects[key] = self.revision
        self.marks = {key: mark for key, (_, mark) in seen.items()}
        execute(self.connection, script_text("grants.sql", self.root))

    def close(self) -> None:
        """Have the database record what it holds."""
        if self.marks:  # what is there after the first is of the first
            self.note()
        if self.revision:
            step = {"revision": self.revision, "objects": self.objects, "sources": self.sources}
            values = (json.dumps(step),)
            self.connection.exec_driver_sql("select set_config('pydb.step', %s, true)", values)
            execute(self.connection, script_text("recorded.sql", self.root))


def installed_revision(conn: db.Connection) -> str | None:
    """Revision that the database is at; None if pydb is not installed."""
    # looked up first: an error would end the transaction
    if conn.execute("select pg_catalog.to_regclass('pydb.alembic_version')").fetchone() == (None,):
        return None
    row = conn.execute("select version_num from pydb.alembic_version").fetchone()
    return None if row is None else str(row[0])


@contextmanager
def transaction(
    dsn: str | None, history: Iterable[Revision], notify: Callable[[str], None], root: Path | None = None
) -> Iterator[Connection]:
    """The one transaction of a migration: the lock is held, and the schema checked before and after.

    Rolls back on any error; otherwise commits, unless the caller rolled back himself.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    def connect() -> db.Connection:
        conn = db.connect(dsn, autocommit=False)
        # a waiter must see what the upgrade before it committed, whatever the database's defaults are
        conn.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        conn.read_only = conn.deferrable = False
        db.on_notice(conn, lambda severity, message, hint: _tell(notify, severity, message, hint))
        return conn

    known = ",".join(step.revision for step in history)
    engine = create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool)
    with engine.connect() as connection, connection.begin() as outer:
        _lock(connection, notify)
        execute(connection, script_text("settings.sql", root))
        connection.exec_driver_sql("select set_config('pydb.known_revisions', %s, true)", (known,))
        execute(connection, script_text("guard.sql", root))
        yield connection
        if outer.is_active:
            execute(connection, script_text("guard.sql", root))


def _tell(notify: Callable[[str], None], severity: str, message: str, hint: str | None) -> None:
    if severity == "WARNING":
        notify(f"warning: {message}" + (f"\n  hint: {hint}" if hint else ""))


def _lock(connection: Connection, notify: Callable[[str], None]) -> None:
    # the path first of all: a function of somebody else's must not come before pg_catalog's
    execute(connection, "set local search_path = pg_catalog, pg_temp")
    execute(connection, "set local lock_timeout = 0; set local statement_timeout = 0")
    if connection.exec_driver_sql("select pg_try_advisory_xact_lock(%s, %s)", LOCK).scalar():
        return
    holder = connection.exec_driver_sql(
        "select format('pid %%s, role %%s', l.pid, a.usename) from pg_locks as l"
        " left join pg_stat_activity as a on a.pid = l.pid"
        " where l.locktype = 'advisory' and l.classid = %s and l.objid = %s and l.objsubid = 2 and l.granted"
        " and l.database = (select oid from pg_database where datname = current_database())",
        LOCK,
    ).scalar()
    notify(f"another migration of this database is running ({holder or 'just ended'}); waiting for it")
    connection.exec_driver_sql("select pg_advisory_xact_lock(%s, %s)", LOCK)


def run_online() -> None:
    """Body of ``env.py`` with a database: on the caller's connection, or one of its own for ``alembic``."""
    from alembic import context

    root = Path(context.script.dir)
    given: Connection | None = context.config.attributes.get("connection")
    if given is not None:
        _migrate(given, root)
        return
    with transaction(context.config.attributes.get("dsn"), sources.history(root), print_notice, root) as own:
        _migrate(own, root)


def print_notice(text: str) -> None:
    """Say ``text`` on standard error."""
    import sys

    print(text, file=sys.stderr)  # noqa: T201


def _migrate(connection: Connection, root: Path) -> None:
    from alembic import context

    fresh = installed_revision(driver(connection)) is None
    context.config.attributes["fresh"] = fresh
    context.config.attributes["ledger"] = ledger = _Ledger(connection, root) if fresh else None
    if fresh:
        execute(connection, script_text("schema.sql", root))
    context.configure(connection=connection, version_table_schema="pydb", transaction_per_migration=False)
    context.run_migrations()
    if ledger is not None:
        ledger.close()
    if not context.get_context().get_current_heads():
        execute(connection, script_text("remove.sql", root))


def run_offline() -> None:
    """Body of ``env.py`` without a database: a script for psql, one transaction."""
    from alembic import context

    root = Path(context.script.dir)
    start = context.get_starting_revision_argument()
    target = context.get_revision_argument()
    context.configure(
        dialect_name="postgresql",
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        version_table_schema="pydb",
    )
    out = context.get_context().impl.static_output
    out("\\set ON_ERROR_STOP on\n\\encoding UTF8\nbegin;")
    context.config.attributes["fresh"] = start in (None, "base", ())
    context.config.attributes["leaving"] = target in (None, "base", ())
    if context.config.attributes["fresh"]:
        out(script_text("schema.sql", root).rstrip())
        out(script_text("settings.sql", root).rstrip())
    else:
        out(script_text("settings.sql", root).rstrip())
        known = ",".join(step.revision for step in sources.history(root))
        out(_offline_lock(str(start), known))
        out(script_text("guard.sql", root).rstrip())
    context.run_migrations()
    if target in (None, "base", ()):
        out(script_text("remove.sql", root).rstrip())
    out("commit;")


def _offline_lock(start: str, known: str) -> str:
    if re.fullmatch(r"\w+", start) is None:
        raise errors.UsageError(f"not a revision: {start}")
    return f"""set local lock_timeout = 0;
do $$
begin
    perform pg_advisory_xact_lock({LOCK[0]}, {LOCK[1]});
    perform set_config('pydb.known_revisions', '{known}', true);
    if (select array_agg(version_num::text) from pydb.alembic_version) is distinct from array['{start}'] then
        raise exception using errcode = 'YD013', message = 'the database is not at revision {start}',
            hint = 'run: pydb migrate list';
    end if;
end
$$;
set local lock_timeout = '5s';"""  # noqa: S608  (checked above)
