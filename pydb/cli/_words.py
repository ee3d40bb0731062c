"""Errors of the server in the words of the command that was typed: options, not arguments of a routine."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from pydb import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.errors import PydbError

# options that are not called as the argument
_OTHERWISE = {"edges": "edge"}


def retell(error: PydbError, args: Sequence[str]) -> PydbError:
    """The same error, with the options and arguments of the command in ``args`` where it has such."""
    from pydb.cli import _commands

    error.hint = _commands.spoken(error.hint, args)
    if not any("p_" in (text or "") for text in (error.message, error.detail, error.hint)):
        return error
    known = getattr(_command(args), "params", ())
    # by the names of options too: where a word is one of Python's own, the parameter is called otherwise
    params = {opt.lstrip("-").replace("-", "_"): param for param in known for opt in param.opts}
    params |= {param.name: param for param in known}

    def speak(name: str, value: str | None) -> str | None:
        param = params.get(_OTHERWISE.get(name, name))
        if param is None:
            return None
        if param.param_type_name == "argument":
            label = param.metavar or name.upper()
            if value is None:
                return label
            plain = wording.plain(value)
            # several names are an array there, and a list with commas here, in quotes that the shell leaves
            listed = plain.startswith("{") and plain.endswith("}")
            return f"{label}: {shlex.quote(plain[1:-1]) if listed else plain}"
        option = param.opts[0]
        if value is None or value == "true":
            return str(option)
        return f"{option} {value}"

    return wording.retell(error, speak, "option")


def _command(args: Sequence[str]) -> Any:
    """The command that the words name; None if they name none."""
    from importlib import import_module

    from typer.main import get_command

    from pydb.cli import COMMANDS

    words = [word for word in args if not word.startswith("-")]
    for place, word in enumerate(words):
        if word in COMMANDS:
            command: Any = get_command(import_module(f"pydb.cli.{word}").app)
            below = getattr(command, "commands", {})
            return next((below[name] for name in words[place + 1 :] if name in below), command)
    return None
