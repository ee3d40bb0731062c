"""What every sub-command shares: the global options, the connection, and printing.

The result of a command goes to stdout: a table for people, or with ``--json`` exactly one JSON document
``{"document": <name>, "version": 1, "exit_code": <number>, …}``. Talk, warnings, errors and progress go to
stderr.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pydb.errors import ExitCode, PydbError, ReadOnlyServer, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import TextIO

    import typer
    from rich.console import Console
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
            paragraph(f"{severity.lower()}: {message}", talk=True)
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


def raw(text: str) -> None:
    """A text for another program, as it is, to stdout."""
    with _unless_closed(sys.stdout):
        sys.stdout.write(text)


def say(text: str) -> None:
    """One line of talk, to stderr."""
    with _unless_closed(sys.stderr):
        sys.stderr.write(safe(text) + "\n")


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    right: Collection[str] = (),
    prose: Collection[str] = (),
    less: Sequence[str] = (),
) -> None:
    """A table on stdout. Nothing is ever cut in two; where stdout is no terminal, no line is broken either.

    Columns named in ``right`` are set flush right. In a narrow terminal ``prose`` breaks between words, the
    columns in ``less`` are left out (the first one first), and what still does not fit is shown as blocks.
    """
    from pydb.cli import _table

    grid = _table.Grid(columns, [[safe(show(cell)) for cell in row] for row in rows], right, prose, less)
    limit = _columns(sys.stdout)
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    lines, dropped = _table.fit(grid, limit, "─" if unicode else "-")
    if (
        limit is not None
        and os.environ.get("TERM") != "dumb"
        and len(lines) > 1
        and lines[1].strip(" ─-") == ""
    ):
        lines[0] = f"\x1b[1m{lines[0]}\x1b[0m"
    with _unless_closed(sys.stdout):
        sys.stdout.write("\n" + "".join(f"{line}\n" for line in lines) + "\n")
    if dropped:
        paragraph(f"no room for: {', '.join(dropped)} (a wider window, --json, or | less -S)", talk=True)


def paragraph(text: str, *, talk: bool = False, indent: str = "  ") -> None:
    """A line of the result, or of ``talk``, that a terminal may break between words, never within one.

    ``indent``: what its second line begins with. Commands to type are no paragraphs: they stay on one line.
    """
    from pydb.cli import _table

    stream = sys.stderr if talk else sys.stdout
    with _unless_closed(stream):
        for line in _table.wrap(safe(text), _columns(stream), indent):
            stream.write(line + "\n")


def pairs(lines: Sequence[tuple[str, object]]) -> None:
    """What is known of one thing, a line each: label and value."""
    width = max(len(label) for label, _ in lines)
    for label, value in lines:
        out(f"{label:<{width}}  {show(value)}")


def styled(lines: Iterable[Text], *, talk: bool = False) -> None:
    """Lines with colours where there is a terminal, broken between words; to stderr if they are ``talk``."""
    from rich.console import Console

    from pydb.cli import _table

    stream = sys.stderr if talk else sys.stdout
    limit = _columns(stream)
    with _unless_closed(stream):
        console = Console(file=stream, highlight=False, markup=False, soft_wrap=True)
        found = [line for text in lines for line in text.split("\n", allow_blank=True)]
        for line, after in zip(found, [*found[1:], None], strict=True):
            below = "" if after is None else after.plain
            for guide, start, end in _table.folded(line.plain, below, limit):
                console.print(guide, line[start:end], sep="")


def stderr_console() -> Console:
    """The rich console for progress bars."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def confirm(question: str, *, yes: bool, look: str | None = None) -> bool:
    """True after ``--yes`` or a yes on the terminal.

    Raises :class:`~pydb.errors.UsageError` where nobody can be asked.
    """
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "this needs a confirmation, and there is no terminal to ask on",
            detail=question,
            hint=f"look with {look or '--dry-run'}, then repeat with --yes",
        )
    import typer

    return typer.confirm(safe(question), err=True)


def refuse_read_only(conn: Connection, what: str) -> None:
    """Raise :class:`~pydb.errors.ReadOnlyServer` on a standby: nothing was ``what`` (deleted, scanned).

    Where only the default of the database, the role or the server is read-only, the session is read write.
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
    paragraph(f"pydb: {first}", talk=True)
    for line in rest:
        if line.startswith("hint: "):  # a command to type
            say(f"  {line}")
        else:
            paragraph(f"  {line}", talk=True, indent="    ")
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


def truth(text: str | None) -> bool:
    """Whether a variable of the environment switches something on."""
    return (text or "").strip().lower() in ("1", "true", "t", "yes", "y", "on")


def _columns(stream: TextIO) -> int | None:
    """The width of the terminal behind a stream; None where it is none, so that nothing need be broken."""
    return max(shutil.get_terminal_size().columns, 20) if stream.isatty() else None


@contextmanager
def _unless_closed(stream: TextIO) -> Iterator[None]:
    """Go on in silence when the reader of a pipe or the terminal has gone: the work counts.

    Raises :class:`~pydb.errors.PydbError` if a result cannot be written for another reason: a full disk.
    """
    try:
        yield
        stream.flush()
    except OSError as error:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())
        if error.errno not in (errno.EPIPE, errno.EIO) and stream is not sys.stderr:
            raise PydbError(
                f"cannot write the result: {error.strerror}",
                hint="what the command did in the database stays done; see: pydb runs list",
            ) from None


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
