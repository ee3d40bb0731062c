"""The text of a policy file: bytes that are text, the line of each key, and what is wrong with its TOML."""

from __future__ import annotations

import re
import tomllib
from typing import NoReturn

from pydb.errors import PolicyFileError

MAX_BYTES = 1024 * 1024


def decode(data: bytes, source: str) -> str:
    """The text of the file ``source``.

    Raises:
        PolicyFileError: too large, or no UTF-8.
    """
    if len(data) > MAX_BYTES:
        raise PolicyFileError(
            "the file is too large",
            source=source,
            detail=f"more than {MAX_BYTES:,} bytes",
            hint="split it, and apply the parts without --prune",
        )
    if data.startswith(b"\xef\xbb\xbf"):
        raise PolicyFileError(
            "the file begins with a byte order mark",
            source=source,
            line=1,
            hint="save it as UTF-8 without BOM",
        )
    nul = data.find(b"\0")
    if nul >= 0:
        raise PolicyFileError("the file has a NUL byte", source=source, line=data.count(b"\n", 0, nul) + 1)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PolicyFileError("the file is not UTF-8", source=source, line=line) from None


def syntax_error(error: tomllib.TOMLDecodeError, text: str, source: str) -> NoReturn:
    """Raise what tomllib says as an error of the file, with line and key."""
    message = str(error)
    found = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)\Z", message)
    line = None
    if found:
        message = message[: found.start()]
        line = int(found[1]) if found[1] else text.count("\n") + (not text.endswith("\n"))
    key = None
    if (
        message.startswith(("Cannot ", "Duplicate ")) and line is not None
    ):  # overwrite a value, declare twice, …
        key = text.split("\n")[line - 1].partition("=")[0].strip().strip("[]")
        message = f"duplicate key {key}"
    raise PolicyFileError(message[0].lower() + message[1:], source=source, line=line, key=key) from None


# tomllib gives no lines for keys. These rules find them in text that it has accepted already.
_KEY = re.compile(r"""[ \t]*(?:([A-Za-z0-9_-]+)|"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)')[ \t]*(\.)?""")
_VALUE = re.compile(
    r'''"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|#[^\n]*|[\[{]|[\]}]|\n|[^"'#\[\]{}\n]+''',
    re.DOTALL,
)
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")


def key_lines(text: str) -> dict[tuple[str, ...], int]:
    """The line of each key path, and of each table that a header names. Not inside inline tables."""
    found: dict[tuple[str, ...], int] = {}
    header: tuple[str, ...] = ()
    at, line = 0, 1
    while True:
        blank = _BLANK.match(text, at)
        end = blank.end() if blank else at
        line, at = line + text.count("\n", at, end), end
        if at >= len(text):
            return found
        is_header = text[at] == "["
        if is_header:
            at += 2 if text.startswith("[[", at) else 1
        path, at = _key_path(text, at)
        path = path if is_header else header + path
        for length in range(len(header) + 1 if not is_header else 1, len(path) + 1):
            found.setdefault(path[:length], line)
        if is_header:
            header = path
        start, at = at, _value_end(text, at)
        line += text.count("\n", start, at)


def _key_path(text: str, at: int) -> tuple[tuple[str, ...], int]:
    parts: list[str] = []
    while match := _KEY.match(text, at):
        bare, basic, literal, dot = match.groups()
        parts.append(bare or literal or (tomllib.loads(f'k = "{basic}"')["k"] if basic else ""))
        at = match.end()
        if not dot:
            break
    return tuple(parts), at


def _value_end(text: str, at: int) -> int:
    """The end of the line on which the value (or header) ends, for a position behind its key."""
    depth = 0
    while match := _VALUE.match(text, at):
        text_of = match[0]
        if text_of == "\n" and depth <= 0:
            break
        at = match.end()
        depth += (text_of in ("[", "{")) - (text_of in ("]", "}"))
    return at
