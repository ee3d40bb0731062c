"""Install, upgrade, downgrade and check schema pydb. The SQL of it lies in ``sql/`` and ``migrations/``.

One :func:`up` or :func:`down` is one transaction: on any error the database is exactly as it was. An advisory
lock comes first, so of two migrations of a database one waits and then finds what is left to do.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydb import errors, sources
from pydb.revision import apply, installed_revision, print_notice, revert

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.config import Config

    from pydb import db
    from pydb.sources import Revision

__all__ = [
    "Finding",
    "Migration",
    "OnlyCopies",
    "RevisionState",
    "WouldDestroy",
    "apply",
    "check",
    "down",
    "revert",
    "revisions",
    "script",
    "up",
]

Notify = Callable[[str], None]


class WouldDestroy(errors.UsageError):
    """A downgrade would destroy data and was not told to; ``detail`` names the data, with counts."""


class OnlyCopies(errors.UsageError):
    """A downgrade would destroy what is nowhere else and is still in use; ``detail`` counts it."""


@dataclass(frozen=True)
class Migration:
    """What :func:`up` or :func:`down` did, or with ``dry_run`` did and rolled back.

    ``before`` and ``after`` are revision ids, None for a database without pydb; ``steps`` are the revisions
    applied or reverted, in that order; ``destroys`` says what data went with them; ``findings`` is the drift
    that was there before.
    """

    database: str
    direction: Literal["up", "down"]
    before: str | None
    after: str | None
    steps: tuple[str, ...]
    destroys: tuple[str, ...]
    findings: tuple[Finding, ...]
    dry_run: bool


@dataclass(frozen=True)
class RevisionState:
    """One revision, as :func:`revisions` lists it; ``unknown`` is one that this program does not know."""

    revision: str
    title: str
    state: Literal["applied", "pending", "unknown"]
    destroys: str | None


@dataclass(frozen=True)
class Finding:
    """One difference that :func:`check` found.

    ``state`` is behind, newer, missing, extra or modified; ``kind`` is revision, source (a file) or a kind of
    database object; ``identity`` its name; ``detail`` what differs.
    """

    state: str
    kind: str
    identity: str
    detail: str


def up(
    dsn: str | None = None,
    target: str = "head",
    *,
    dry_run: bool = False,
    notify: Notify = print_notice,
    migrations: Path | None = None,
) -> Migration:
    """Install pydb, or upgrade it to ``target``: ``head``, a revision id, ``+1``. Already there: no change.

    ``dry_run`` does it all and rolls back. ``notify`` gets lines for a person, for example that another
    migration is waited for. Raises :class:`~pydb.errors.SchemaNotOurs` (YD010),
    :class:`~pydb.errors.DatabaseNewer` (YD011), :class:`~pydb.errors.UsageError` for an unknown target, and
    the class of whatever error a statement met.
    """
    return _run("up", dsn, target, dry_run=dry_run, destroy=False, notify=notify, migrations=migrations)


def down(
    dsn: str | None = None,
    target: str = "-1",
    *,
    dry_run: bool = False,
    destroy: bool = False,
    destroy_data: bool = False,
    notify: Notify = print_notice,
    migrations: Path | None = None,
) -> Migration:
    """Take the database back to ``target``: a revision id, ``-1``, or ``base`` (schema pydb is removed).

    Raises :class:`WouldDestroy`, naming what would be lost, if data goes and ``destroy`` is not set, and
    :class:`OnlyCopies` if rows in quarantine or archives, holds or live idempotency keys are among it and
    ``destroy_data`` is not set (a dry run only shows it); neither stands for the other. Otherwise as
    :func:`up`.
    """
    return _run(
        "down",
        dsn,
        target,
        dry_run=dry_run,
        destroy=destroy,
        destroy_data=destroy_data,
        notify=notify,
        migrations=migrations,
    )


def revisions(dsn: str | None = None, *, migrations: Path | None = None) -> list[RevisionState]:
    """Every revision that the code or the database knows, oldest first."""
    from pydb import db

    line = sources.history(migrations)
    with _translated(), db.connect(dsn) as conn:
        current = installed_revision(conn)
    ids = [step.revision for step in line]
    done = ids[: ids.index(current) + 1] if current in ids else ids if current else []
    listed = [
        RevisionState(s.revision, s.title, "applied" if s.revision in done else "pending", _destroys(s))
        for s in line
    ]
    if current and current not in ids:
        listed.append(RevisionState(current, "of a newer pydb", "unknown", None))
    return listed


def check(dsn: str | None = None, *, migrations: Path | None = None) -> list[Finding]:
    """Differences between the database and what the migrations made of it; an empty list is a clean database.

    Raises :class:`~pydb.errors.NotInstalled` if pydb is not there. Of a database that is newer than the code
    nothing but that is told: the code cannot judge the rest.
    """
    from pydb import db

    line = sources.history(migrations)
    with _translated(), db.connect(dsn) as conn:
        current = installed_revision(conn)
        if current is None:
            raise errors.not_installed(conn.info.dbname, sqlstate="YD013")
        known = [step.revision for step in line]
        if current not in known:
            return [Finding("newer", "revision", current, f"the code is at {known[-1]}")]
        packaged = sources.hashes(sources.overlay(sources.up_to(line, current)))
        return _findings(conn, p_revisions=known, p_sources=packaged)


def script(start: str | None = None, target: str = "head", *, migrations: Path | None = None) -> str:
    """SQL for psql that takes a database from revision ``start`` (None: one without pydb) to ``target``.

    One transaction; the result is the same as that of :func:`up` or :func:`down`. Nothing is connected to.
    """
    from alembic import command

    line = sources.history(migrations)
    start = None if start in (None, "base") else _resolve(start, None, line)
    end = _resolve(target, start, line)
    order = [None, *(step.revision for step in line)]
    if order.index(start) == order.index(end):
        raise errors.UsageError(f"nothing lies between revision {start or 'base'} and {end or 'base'}")
    config, text = _config(migrations, line), io.StringIO()
    config.output_buffer = text
    run = command.upgrade if order.index(start) < order.index(end) else command.downgrade
    run(config, f"{start or 'base'}:{end or 'base'}", sql=True)
    head = (
        f"-- pydb: revision {start or 'none'} to {end or 'none'}. Review it, then: psql -X -f <this file>\n"
    )
    # alembic asks for the first number that it writes, and psql would show that alone, as if it were the last
    said = text.getvalue().replace(" RETURNING pydb.alembic_version.version_num", "")
    return head + said.rstrip("\n") + "\n"


def _run(
    direction: Literal["up", "down"],
    dsn: str | None,
    target: str,
    *,
    dry_run: bool,
    destroy: bool,
    notify: Notify,
    migrations: Path | None,
    destroy_data: bool = False,
) -> Migration:
    from alembic import command

    from pydb import db, reads, revision, scripts

    line = sources.history(migrations)
    config = _config(migrations, line)
    with _translated(), revision.transaction(dsn, line, notify, migrations) as connection:
        conn = scripts.driver(connection)
        before = installed_revision(conn)
        if before is None and direction == "down" and target != "base":
            raise errors.not_installed(conn.info.dbname, sqlstate="YD013")
        after = _resolve(target, before, line)
        steps = _steps(direction, before, after, line)
        findings = _findings(conn) if before else []
        lost = _lost(steps, findings) if direction == "down" else ()
        if lost:
            held = [*db.held(conn), *_held_since(conn, steps)]
            lost = (*lost, *(f"{what}: {number}" for what, number, _ in held if number))
            copies = [f"{what}: {number}" for what, number, is_only in held if is_only and number]
            if copies and not (destroy_data or dry_run):
                raise OnlyCopies(
                    "this downgrade destroys what is nowhere else",
                    detail="; ".join(copies),
                    hint="put the rows back (pydb orphans restore RUN, pydb archive restore RUN) and let the"
                    " keys expire, or repeat it with --destroy-data",
                )
        if lost and not (destroy or dry_run):
            raise WouldDestroy(
                "this downgrade destroys data", detail="; ".join(lost), hint="repeat it with --yes"
            )
        if direction == "down" and any(step.revision == reads.ARCHIVES for step in steps):
            db.run_text(conn, reads.LEAVE_ARCHIVES)
        if steps:
            config.attributes["connection"] = connection
            config.attributes["leaving"] = after is None
            run = command.upgrade if direction == "up" else command.downgrade
            run(config, after or "base")
        database = conn.info.dbname
        if dry_run:
            connection.rollback()
    ids = tuple(step.revision for step in steps)
    return Migration(
        database, direction, before, after if ids else before, ids, lost, tuple(findings), dry_run
    )


def _held_since(conn: db.Connection, steps: tuple[Revision, ...]) -> Iterator[tuple[str, int, bool]]:
    """As :func:`pydb.db.held`, of what the revisions that are taken back have brought."""
    from pydb import db, reads

    for step in reversed(steps):
        if step.revision in reads.HELD_SINCE:
            what, query = reads.HELD_SINCE[step.revision]
            yield what, int(str(db.run_text(conn, query))), True


def _steps(
    direction: Literal["up", "down"], before: str | None, after: str | None, line: tuple[Revision, ...]
) -> tuple[Revision, ...]:
    """Revisions to apply, or to revert, in that order; none if the database is there or beyond."""
    done, wanted = len(sources.up_to(line, before)), len(sources.up_to(line, after))
    return line[done:wanted] if direction == "up" else tuple(reversed(line[wanted:done]))


def _resolve(target: str, current: str | None, line: tuple[Revision, ...]) -> str | None:
    """The revision id that ``target`` means; None is base."""
    ids = [None, *(step.revision for step in line)]
    if target == "head":
        return ids[-1]
    if target == "base":
        return None
    if target[:1] in ("+", "-") and target[1:].isdigit():
        position = ids.index(current) + int(target)
        if 0 <= position < len(ids):
            return ids[position]
        raise errors.UsageError(
            f"there is no revision {target} from {current or 'base'}",
            detail=f"known: {', '.join(filter(None, ids))}",
            hint="see: pydb migrate list",
        )
    if target in ids:
        return target
    raise errors.UsageError(
        f"unknown revision: {target}",
        detail=f"known: {', '.join(filter(None, ids))}",
        hint="run: pydb migrate list",
    )


def _findings(conn: db.Connection, **arguments: object) -> list[Finding]:
    """Rows of ``pydb.migrate_check``; without that one no migration can help."""
    from pydb import db

    try:
        return db.call_as(conn, Finding, "migrate_check", **arguments)
    except errors.NotInstalled as error:
        raise errors.Drift(
            "routines that migrations need are missing from schema pydb",
            detail=error.detail,
            hint=f"put them back: psql -f {sources.sql_dir() / 'core'}/<name>.sql, then: pydb migrate check",
            sqlstate="YD012",
        ) from error


def _lost(steps: tuple[Revision, ...], findings: list[Finding]) -> tuple[str, ...]:
    """What reverting ``steps`` destroys; with the schema goes also what somebody else put into it."""
    lost = [f"{step.revision}: {what}" for step in steps if (what := _destroys(step))]
    if steps and steps[-1].down_revision is None:
        lost += [f"{found.kind} {found.identity}" for found in findings if found.state == "extra"]
    return tuple(lost)


def _destroys(step: Revision) -> str | None:
    return step.destroys or ("everything in schema pydb" if step.down_revision is None else None)


def _config(migrations: Path | None, line: tuple[Revision, ...]) -> Config:
    from alembic.config import Config

    config = Config()
    config.attributes["history"] = line  # read once, and not anew by each revision
    # "%" is ConfigParser's own; the separator keeps a path with a space or colon in one piece
    config.set_main_option("script_location", str(migrations or sources.migrations_dir()).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config


@contextmanager
def _translated() -> Iterator[None]:
    """Turn errors of the driver, wrapped by SQLAlchemy or not, into ours; the detail names the file."""
    import psycopg
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except (psycopg.Error, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(cause, psycopg.Error):
            raise
        ours = errors.from_psycopg(cause)
        places: list[str] = getattr(cause, "__notes__", [])
        if places and isinstance(ours, errors.UsageError) and not str(cause.sqlstate).startswith("YD"):
            # a statement of ours failed: not the user's mistake, whatever its code says elsewhere
            ours = errors.PydbError(cause.diag.message_primary or str(cause), sqlstate=cause.sqlstate)
        found = (cause.diag.message_detail, *(f"in {place}" for place in places))
        ours.detail = "; ".join(filter(None, found)) or ours.detail
        if ours.sqlstate == "55P03":
            ours.hint = "a table of pydb is in use: let the runs end (pydb retention pause), then repeat"
        raise ours from error
