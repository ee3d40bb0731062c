"""What every sub-command shares: the global options, the connection, and printing.

The result of a command goes to stdout: a table for people, or with ``--json`` exactly one JSON document
``{"document": <name>, "version": 1, "exit_code": <number>, …}``. Talk, warnings, errors and progress go to
stderr.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pydb.errors import ExitCode, PydbError, ReadOnlyServer, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import TextIO

    import typer
    from rich.console import Console, RenderableType
    from rich.text import Text

    from pydb.db import Connection

DOCUMENT_VERSION = 1


@dataclass
class Settings:
    """The global options, wherever on the command line they stood."""

    dsn: str | None = None
    json: bool = False
    verbose: bool = False
    printed: bool = False
    """The document is on stdout: there must not be a second one."""


def settings(ctx: typer.Context) -> Settings:
    """The global options of this invocation."""
    return cast("Settings", ctx.find_root().obj)


def connect(ctx: typer.Context, *, autocommit: bool = True) -> Connection:
    """Connect as the global options say; warnings go to stderr, notices too with ``--verbose``."""
    from pydb import db

    verbose = settings(ctx).verbose

    def show(severity: str, message: str, hint: str | None) -> None:
        if severity == "WARNING" or verbose:
            say(f"{severity.lower()}: {message}")
            if hint:
                say(f"  hint: {hint}")

    conn = db.connect(settings(ctx).dsn, autocommit=autocommit)
    db.on_notice(conn, show)
    return conn


def emit(
    ctx: typer.Context, document: str, payload: Mapping[str, object], *, exit_code: int = ExitCode.DONE
) -> bool:
    """Print the JSON document if ``--json`` was given; False if the caller has to print for people."""
    if not settings(ctx).json:
        return False
    print_document(document, payload, exit_code=exit_code)
    settings(ctx).printed = True
    return True


def print_document(document: str, payload: Mapping[str, object], *, exit_code: int) -> None:
    """Write one JSON document to stdout; dataclasses, times, UUIDs and decimals are converted."""
    head = {"document": document, "version": DOCUMENT_VERSION, "exit_code": int(exit_code)}
    with _unless_closed(sys.stdout):
        json.dump({**head, **payload}, sys.stdout, default=_jsonable, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")


def out(text: str = "") -> None:
    """One line of the result, to stdout."""
    with _unless_closed(sys.stdout):
        sys.stdout.write(safe(text) + "\n")


def say(text: str) -> None:
    """One line of talk, to stderr."""
    with _unless_closed(sys.stderr):
        sys.stderr.write(safe(text) + "\n")


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    right: Sequence[str] = (),
    title: str | None = None,
    width: int | None = None,
) -> None:
    """A table on stdout; columns named in ``right`` are set flush right. Cells wrap, nothing is cut off.

    ``width``: at most so many columns wide also where stdout is no terminal.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for column in columns:
        grid.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(safe(show(cell))) for cell in row))
    show_rich(grid, width)


def pairs(lines: Sequence[tuple[str, object]]) -> None:
    """What is known of one thing, a line each: label and value."""
    width = max(len(label) for label, _ in lines)
    for label, value in lines:
        out(f"{label:<{width}}  {show(value)}")


def show_rich(thing: RenderableType, width: int | None = None) -> None:
    """Print a rich object to stdout; where that is no terminal, ``width`` is the limit, None = none."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else width or 1000
    with _unless_closed(sys.stdout):
        Console(file=sys.stdout, width=width, highlight=False, markup=False).print(thing)


def styled(lines: Iterable[Text], *, talk: bool = False) -> None:
    """Lines with colours where there is a terminal, never wrapped; to stderr if they are ``talk``."""
    from rich.console import Console

    stream = sys.stderr if talk else sys.stdout
    with _unless_closed(stream):
        console = Console(file=stream, highlight=False, markup=False, soft_wrap=True)
        for line in lines:
            console.print(line)


def stderr_console() -> Console:
    """The rich console for progress bars."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def confirm(question: str, *, yes: bool) -> bool:
    """True after ``--yes`` or a yes on the terminal.

    Raises :class:`~pydb.errors.UsageError` where nobody can be asked.
    """
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "this needs a confirmation, and there is no terminal to ask on",
            detail=question,
            hint="look with --dry-run, then repeat with --yes",
        )
    import typer

    return typer.confirm(safe(question), err=True)


def refuse_read_only(conn: Connection, what: str) -> None:
    """Raise :class:`~pydb.errors.ReadOnlyServer` on a standby: nothing was ``what`` (deleted, scanned).

    Where only a default of the database, the role or the server says read-only, this session says read write.
    """
    from pydb import db

    if db.say_read_write(conn):
        return
    (server,) = db.read(conn, "server")
    if server["in_recovery"] or server["read_only"]:
        why = "a standby" if server["in_recovery"] else "read-only"
        raise ReadOnlyServer(
            f"the server is {why}: nothing was {what}", hint="connect to the primary", sqlstate="YD007"
        )


def report(error: PydbError, *, as_json: bool) -> int:
    """Show an error on stderr, and as a document where ``--json`` is on; returns the exit code."""
    first, *rest = error.lines()
    say(f"pydb: {first}")
    for line in rest:
        say(f"  {line}")
    if as_json:
        names = ("sqlstate", "message", "detail", "hint", "source", "line", "key")
        told = {name: getattr(error, name) for name in names if hasattr(error, name)}
        print_document("error", {"error": told}, exit_code=error.exit_code)
    return int(error.exit_code)


def safe(text: str) -> str:
    """``text`` with control characters made visible: terminals obey what a database may hold."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else _visible(c) for c in text)


def show(value: object) -> str:
    """A value for people: thousands separated, times in UTC, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, list | tuple):
        return ", ".join(show(item) for item in value)
    return str(value)


def timestamp(value: datetime) -> str:
    """``2026-01-31 03:15:00Z``, or ``infinity``."""
    if value.year in (datetime.min.year, datetime.max.year):
        return _isoformat(value)
    value = value.astimezone(UTC).replace(tzinfo=None)
    return value.isoformat(sep=" ", timespec="seconds") + "Z"


def size(count: int | None) -> str:
    """Bytes for people: ``640 kB``, ``12.3 MB`` (1024-based, as pg_size_pretty)."""
    if count is None:
        return ""
    amount, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if abs(amount) < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 05 s``, ``2 h 07 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole // 60 % 60:02} min"


@contextmanager
def _unless_closed(stream: TextIO) -> Iterator[None]:
    """Go on in silence when the reader of a pipe or the terminal has gone: the work counts."""
    try:
        yield
        stream.flush()
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.EIO):
            raise
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())


def _visible(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")


def _isoformat(value: datetime) -> str:
    if value.year == datetime.max.year:
        return "infinity"
    if value.year == datetime.min.year:
        return "-infinity"
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _jsonable(value: object) -> object:
    if isinstance(value, datetime):
        return _isoformat(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)
