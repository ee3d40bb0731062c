"""What the server says, in the words of the tool that the reader is using.

Routines name their arguments (``p_time_unit``, ``p_allow_short => true``); who wrote a file knows keys,
who typed a command knows options. Only wording is changed here: nothing is decided by it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydb.errors import PydbError

    E = TypeVar("E", bound=PydbError)

# an argument, and the value that is given to it
_ARGUMENT = re.compile(r"\bp_([a-z0-9_]+)(?:\s*=>\s*('(?:[^']|'')*'|[\w.+-]+|…))?")


def retell(error: E, speak: Callable[[str, str | None], str | None], word: str) -> E:
    """The same error with arguments as ``speak(name, value)`` says, or as they are where it says None.

    ``word`` is what an argument is called: key, option.
    """

    def told(text: str | None) -> str | None:
        if text is None or "p_" not in text:
            return text if text is None else text.replace("the argument out", f"the {word} out")

        def one(found: re.Match[str]) -> str:
            spoken = speak(found[1], found[2])
            return found[0] if spoken is None else spoken

        return _ARGUMENT.sub(one, text).replace("the argument out", f"the {word} out")

    error.message = told(error.message) or error.message
    error.detail = told(error.detail)
    error.hint = told(error.hint)
    return error


def plain(value: str) -> str:
    """A value as SQL has it, without SQL's quotes."""
    return value[1:-1].replace("''", "'") if value.startswith("'") else value


def as_key(name: str, value: str | None) -> str:
    """An argument as a key of a policy file: ``keep = "30 days"``."""
    if value is None:
        return name
    bare = plain(value)
    quoted = value.startswith("'")
    return f"{name} = " + ('"' + bare.replace("\\", "\\\\").replace('"', '\\"') + '"' if quoted else bare)
