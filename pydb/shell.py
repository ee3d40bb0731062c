"""Commands to copy, whatever things are called; those of the server: ``pydb_internal.shell_command``."""

from __future__ import annotations

import shlex


def command(start: str, *words: object, options: str = "") -> str:
    """A command with names, each one word of a shell.

    ``options`` stand behind the names, or before them where one begins with a dash: behind two dashes what
    begins with one is no option, and no option stands there any more.
    """
    typed = [shlex.quote(str(one)) for one in words]
    is_dashed = any(str(one).startswith("-") for one in words)
    parts = [start, options, "--", *typed] if is_dashed else [start, *typed, options]
    return " ".join(part for part in parts if part)


def option(name: str, value: object) -> str:
    """An option with its value, which may begin with a dash."""
    return f"{name}{'=' if str(value).startswith('-') else ' '}{shlex.quote(str(value))}"
