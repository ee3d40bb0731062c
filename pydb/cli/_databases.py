"""One command for several databases: each in its turn, one result each, and the worst exit code."""

from __future__ import annotations

import contextlib
import io
import json
from typing import TYPE_CHECKING

from pydb.cli import _output
from pydb.errors import PydbError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ALL = "--all-databases"
_ALONE = {"demo": ("demo",), "schedule run": ("schedule", "run")}


def wanted(args: Sequence[str]) -> bool:
    """Whether these words ask for more than one database."""
    words = _options(args)
    return ALL in words or sum(word == "--dsn" or word.startswith("--dsn=") for word in words) > 1


def each(args: Sequence[str], invoke: Callable[[list[str]], int], *, as_json: bool) -> int:
    """Run the command on each database; returns the worst exit code."""
    rest, given = _split(args)
    names = [word for word in rest if not word.startswith("-")]
    for label, words in _ALONE.items():
        if tuple(names[: len(words)]) == words:
            raise UsageError(f"pydb {label} is for one database at a time")
    targets = _targets(given, everywhere=ALL in _options(args))
    codes: list[int] = []
    documents: list[dict[str, object]] = []
    for label, dsn in targets:
        if as_json:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                codes.append(invoke([*rest, "--dsn", dsn]))
            result = json.loads(printed.getvalue()) if printed.getvalue().strip() else None
            documents.append({"database": label, "exit_code": codes[-1], "result": result})
        else:
            _output.out(f"{'' if not codes else chr(10)}== {label} ==")
            codes.append(invoke([*rest, "--dsn", dsn]))
    if as_json:
        _output.print_document("databases", {"databases": documents}, exit_code=max(codes))
    return max(codes)


def _targets(given: Sequence[str], *, everywhere: bool) -> list[tuple[str, str]]:
    """Name and DSN of each database."""
    from pydb import db

    if not everywhere:
        return [(_label(dsn), dsn) for dsn in given]
    if len(given) > 1:
        raise UsageError(f"either one --dsn and {ALL}, or several --dsn")
    found: list[tuple[str, str]] = []
    with db.connect(given[0] if given else None) as conn:
        for row in db.read(conn, "databases"):
            name = str(row["name"])
            dsn = db.dsn_beside(conn, name)
            try:
                with db.connect(dsn) as beside:
                    (there,) = db.read(beside, "has_pydb")
            except PydbError as error:
                _output.say(f"{name}: left out: {error.detail or error.message}")
                continue
            if there["installed"]:
                found.append((name, dsn))
    if not found:
        raise UsageError(
            "no database of this server has pydb", hint="pydb migrate up --dsn …, for each of them"
        )
    return found


def _label(dsn: str) -> str:
    """The name of a database, without anything secret."""
    from pydb import db

    try:
        return db.dsn_label(dsn)
    except PydbError:
        return "?"


def _options(args: Sequence[str]) -> list[str]:
    """The words before a bare ``--``."""
    return list(args[: args.index("--")] if "--" in args else args)


def _split(args: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words without the databases, and the DSNs."""
    words = _options(args)
    tail = list(args[len(words) :])
    rest: list[str] = []
    given: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--dsn" and at + 1 < len(words):
            given.append(words[at + 1])
            at += 1
        elif word.startswith("--dsn="):
            given.append(word.removeprefix("--dsn="))
        elif word != ALL:
            rest.append(word)
        at += 1
    if tail:
        raise UsageError("several databases and -- do not go together")
    return rest, given
