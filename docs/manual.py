"""The manual page ``pydb.1``: every command with its options, from the same help as reference-cli.md.

``reference.py`` writes it. docutils turns the text into the page; here is only what the text says.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

from docutils.core import publish_string

from pydb import cli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_VARIABLES: Final = (
    ("PYDB_DSN", "The database, where no --dsn is given."),
    ("PG*", "What libpq reads: PGHOST, PGSERVICE, PGPASSFILE and the others."),
    ("PYDB_*", "Options, by the words of the command line: PYDB_RETENTION_LOG_LIMIT."),
    ("NO_COLOR", "No colours, whatever the terminal can."),
)
_FILES: Final = (("~/.pgpass, ~/.pg_service.conf", "Passwords and services of libpq."),)


def page(version: str, leaves: Callable[[Any, Any, str], Iterable[tuple[Any, Any]]]) -> list[str]:
    """Lines of the manual page in the language of man; ``leaves`` lists commands with their contexts."""
    settings = {
        "output_encoding": "unicode",
        "halt_level": 2,
        "report_level": 2,
        "datestamp": "",
        "generator": False,
        "raw_enabled": False,
        "file_insertion_enabled": False,
        "smart_quotes": False,
    }
    text: str = publish_string(
        "\n".join(_text(version, leaves)), writer="manpage", settings_overrides=settings
    )
    lines = text.rstrip("\n").split("\n")
    # strict readers call a blank line behind a heading one too many
    return [
        line
        for last, line in zip(["", *lines], lines, strict=False)
        if not (line == ".sp" and last[:3] in (".SH", ".SS"))
    ]


def _text(version: str, leaves: Callable[[Any, Any, str], Iterable[tuple[Any, Any]]]) -> Iterator[str]:
    root = cli._build()
    title = "data lifecycle for PostgreSQL, inside PostgreSQL"
    yield from ("====", "pydb", "====", "-" * len(title), title, "-" * len(title), "")
    yield from (":Manual section: 1", ":Manual group: pydb", f":Version: pydb {version}", "")
    yield from _head("SYNOPSIS")
    yield from ("| **pydb** [*OPTIONS*] *COMMAND* [*OPTIONS*] [*ARGUMENTS*]", "")
    yield from _head("DESCRIPTION")
    yield from (
        "Retention, cascade deletes, orphan audit, holds, archives, events and idempotency claims as",
        "versioned SQL, and the program that installs, runs, schedules and shows it. Each command",
        "answers **--help**.",
        "",
    )
    with root.context_class(root, info_name="pydb", auto_envvar_prefix="PYDB") as ctx:
        everywhere = {param.name for param in root.params}
        yield from _head("OPTIONS OF EVERY COMMAND")
        yield from _options(root.params)
        yield from _head("COMMANDS")
        for name in cli.COMMANDS:
            for command, sub in leaves(root.get_command(ctx, name), ctx, name):
                yield from _command(command, sub, everywhere)
    yield from _head("EXIT STATUS")
    yield from (*_escaped(cli.EPILOG.removeprefix("Exit codes: ").partition(" Options ")[0]), "")
    yield from _head("ENVIRONMENT")
    yield from _listed(_VARIABLES)
    yield from _head("FILES")
    yield from _listed(_FILES)
    yield from _head("SEE ALSO")
    yield from ("**psql**\\(1), **pg_dump**\\(1), **systemd.service**\\(5)", "")


def _head(title: str) -> Iterator[str]:
    yield from (title, "=" * len(title), "")


def _command(command: Any, sub: Any, everywhere: set[str]) -> Iterator[str]:
    """One command: how it is called, what it does, its arguments, its options."""
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    called = [f"*{_plain(p.metavar)}*" if p.required else f"[*{_plain(p.metavar)}*]" for p in arguments]
    title = sub.command_path
    yield from (title, "-" * len(title), "")
    yield from (f"| **{title}** [*OPTIONS*] {' '.join(called)}".rstrip(), "")
    for block in (command.help or "").strip().split("\n\n"):
        yield from (*_escaped(block), "")
    yield from _listed((str(p.metavar), p.help) for p in arguments)
    yield from _options(
        p
        for p in command.params
        if p.param_type_name == "option" and not p.hidden and p.name not in everywhere
    )


def _options(options: Iterable[Any]) -> Iterator[str]:
    """Options in one order, --help last."""
    rows = []
    for option in sorted(options, key=lambda one: one.name == "help"):
        value = "" if option.is_flag else f" {option.metavar or 'VALUE'}"
        names = ", ".join(f"{name}{value}" for name in (*option.opts, *option.secondary_opts))
        told = option.help or ""
        if not option.is_flag and option.default not in (None, "", ()):
            told += f" Default: {option.default}."
        rows.append((names, told))
    return _listed(rows)


def _listed(rows: Iterable[tuple[str, str | None]]) -> Iterator[str]:
    for name, told in rows:
        yield from (f"**{_plain(name)}**", *(f"    {line}" for line in _escaped(told or "")), "")


def _escaped(text: str) -> list[str]:
    return textwrap.wrap(_plain(text), 100)


def _plain(text: object) -> str:
    """Words with single blanks, of which docutils takes none for markup; a terminal may know ASCII only."""
    words = " ".join(str(text).replace("…", "...").split())
    return "".join(f"\\{sign}" if sign in "\\*`|_:[]<>" else sign for sign in words)
