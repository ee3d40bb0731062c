"""Keys and choices for edges as they are typed or kept in a file.

A key is a bare value where one column is the key, or ``column=value,column2=value2``. Values go to the server
as text, which it reads as the column's type: no number is rounded, no zero in front is lost.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from pydb.errors import CascadeRefused, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydb.cascade import Key, Root

MAX_BYTES: Final = 256 * 1024 * 1024
_ASSIGNMENT: Final = re.compile(r'(?:[^\W\d][\w$]*|"(?:[^"]|"")+")=')


def edges(given: Sequence[str], others: str | None) -> dict[str, str]:
    """The choices as an object; a name may hold an equals sign, a choice never does."""
    chosen: dict[str, str] = {}
    for text in given:
        reference, equals, choice = text.rpartition("=")
        if not equals or not reference:
            raise UsageError(f"--edge {text}: not REFERENCE=CHOICE", hint="--edge public.b.b_a_fkey=delete")
        if chosen.setdefault(reference, choice) != choice:
            raise UsageError(f"--edge {text}: another choice was given before, {chosen[reference]}")
    if others is not None:
        if others not in ("delete", "block"):
            raise CascadeRefused(
                f"--others {others}: no such choice", hint="--others takes delete or block", sqlstate="YD301"
            )
        chosen["*"] = others
    return chosen


def typed(texts: Sequence[str], root: Root) -> list[Key]:
    """Keys as they stand on the command line."""
    return [_typed(text, root) for text in texts]


def read(source: str, root: Root) -> list[Key]:
    """Keys of a file, ``-`` for standard input: a JSON array, or one JSON value a line."""
    name = "standard input" if source == "-" else source
    text = _text(source, name)
    try:
        values = _parse(text)
    except _NotOneValue:
        values = list(_lines(text, name))
    return [_value(value, root) for value in (values if isinstance(values, list) else [values])]


class _NotOneValue(ValueError):
    """The text is not one JSON value."""


def _typed(text: str, root: Root) -> Key:
    columns = {column for key in root.keys for column in key}
    key: dict[str, object] = {}
    begun: tuple[str, int] | None = None  # a column, and where its value begins
    place = 0
    while True:
        found = _column(text, place, columns)
        if found is not None:
            column, after = found
            if begun is not None:
                key[begun[0]] = text[begun[1] : place - 1]
            if column in key or (begun is not None and begun[0] == column):
                raise CascadeRefused(f"key {text} names {column} twice", hint=_how(root), sqlstate="YD301")
            begun = column, after
            place = after
        elif begun is None:
            return _bare(text, root)
        comma = text.find(",", place)
        if comma < 0:
            break
        place = comma + 1
    key[begun[0]] = text[begun[1] :]
    return key


def _column(text: str, place: int, columns: set[str]) -> tuple[str, int] | None:
    """The column that ``text`` assigns to at ``place``, and where the value begins."""
    while place and text.startswith(" ", place):
        place += 1
    best: tuple[str, int] | None = None
    for column in columns:
        quoted = '"' + column.replace('"', '""') + '"'
        for spelt in (column, quoted):
            end = place + len(spelt)
            part = text[place:end]
            folded = part.lower() if spelt is column and column == column.lower() else part
            if folded == spelt and text.startswith("=", end) and (best is None or end >= best[1]):
                best = column, end + 1
    return best


def _bare(text: str, root: Root) -> Key:
    if root.keys and _ASSIGNMENT.match(text):
        name = text.partition("=")[0]
        raise CascadeRefused(
            f"key {text}: {name} is no column of a key of {root.relation}",
            detail=f"Its keys: {_known(root)}.",
            hint=_how(root),
            sqlstate="YD301",
        )
    return {_single(root, text): text}


def _value(value: object, root: Root) -> Key:
    if isinstance(value, dict):
        return value
    if isinstance(value, list) or value is None:
        raise CascadeRefused(
            f"a key is neither an object nor a value: {json.dumps(value)}", hint=_how(root), sqlstate="YD301"
        )
    return {_single(root, json.dumps(value)): value}


def _single(root: Root, text: str) -> str:
    """The one column that a bare value is for."""
    if not root.keys:
        return "key"  # the server says why there can be none
    if root.primary is not None and len(root.primary) == 1:
        return root.primary[0]
    single = {key[0] for key in root.keys if len(key) == 1}
    if len(single) != 1 or root.primary is not None:
        raise CascadeRefused(
            f"key {text} does not say of which column of {root.relation} it is",
            detail=f"Its keys: {_known(root)}.",
            hint=_how(root),
            sqlstate="YD301",
        )
    return single.pop()


def _known(root: Root) -> str:
    return " or ".join(f"({', '.join(key)})" for key in root.keys)


def _how(root: Root, value: str = "…") -> str:
    columns = root.primary or root.keys[0]
    return "write " + ",".join(f"{column}={value}" for column in columns) + ", or give objects with --keys"


def _text(source: str, name: str) -> str:
    try:
        if source == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(source).open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise UsageError(f"{name} has more than {MAX_BYTES >> 20} MB", hint="give the keys in parts")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8: {error.reason} at byte {error.start}") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {name}: {getattr(error, 'strerror', None) or error}") from None


def _lines(text: str, name: str) -> Iterator[object]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield _parse(line)
            except _NotOneValue as error:
                raise UsageError(
                    f"{name}:{number}: {error}", hint='a JSON array, or one object a line: {"id": 42}'
                ) from None


def _parse(text: str) -> object:
    try:
        # fractions stay text: a float would be another number
        return json.loads(text, parse_float=str, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise _NotOneValue(str(error)) from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
