"""A light way from the words of a command line to values, for those that need no more.

Newer versions of typer validate each value with pydantic, whose import takes longer than a plan. A word
that is plainly what its option wants is taken as it is; all others, and whatever is wrong, go typer's way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

_KINDS = (str, int, float, bool)


@dataclass(frozen=True, slots=True)
class _Light:
    """Stands before what typer makes for a parameter, which is made when it is needed."""

    parameter: Any
    kind: type
    heavy: Any

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value of an option as its type; what typer calls for each."""
        if value is None and not self.many:
            return None
        if not self.many and self.plain(value):
            return self.kind(value)
        if self.many and isinstance(value, list | tuple) and all(map(self.plain, value)):
            return [self.kind(one) for one in value]
        if self.many and value is None:
            return ()
        return self.heavy().coerce(value, param=param, ctx=ctx)

    @property
    def many(self) -> bool:
        return bool(getattr(self.parameter, "multiple", False)) or self.parameter.nargs != 1

    def plain(self, value: object) -> bool:
        """Whether there is nothing to check that ``kind`` itself would not do right."""
        if self.kind in (str, bool):
            return isinstance(value, self.kind)
        if isinstance(value, bool) or not isinstance(value, (str, self.kind)):
            return False
        if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) < 16):
            return False
        least, most = getattr(self.parameter, "min", None), getattr(self.parameter, "max", None)
        number = self.kind(value)
        return (least is None or number >= least) and (most is None or number <= most)


def lighten(command: Any) -> None:
    """Give the parameters of a command, and of all below it, the light way."""
    lighten_one(command)
    for child in getattr(command, "commands", {}).values():
        lighten(child)


def lighten_one(command: Any) -> None:
    """Give the parameters of a command the light way; where typer knows no other, nothing happens."""
    make_help = command.get_help_option

    def help_option(ctx: Any) -> Any:
        return _lightened(make_help(ctx))

    command.get_help_option = help_option
    for param in command.params:
        _lightened(param)


def _lightened(param: Any) -> Any:
    if not hasattr(param, "get_runtime_param") or isinstance(param.get_runtime_param, partial):
        return param
    told = param.type_descriptor
    kind = told.annotation
    if getattr(kind, "__origin__", None) is list:
        (kind,) = kind.__args__
    if kind in _KINDS and told.parameter_info.parser is None and not told.parameter_info.clamp:
        param.get_runtime_param = partial(_Light, param, kind, param.get_runtime_param)
    return param
