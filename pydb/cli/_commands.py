"""Hints of the server that are a statement of pydb, as the command that does the same: only for display.

What decides (exit codes, what is tried again, what is offered) are codes and columns, never these sentences.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

from pydb import shell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TEXT: Final = r"'((?:[^']|'')*)'"
# a whole statement, the command, and how the arguments of the statement are given to it
_SPOKEN: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(rf"(?<!\w){pattern}(?=\s*(?:;|--|$))"), command)
    for pattern, command in (
        (
            rf"call pydb\.orphan_repair\({_TEXT}(?:, {_TEXT})?(, p_dry_run => true)?\)",
            "pydb orphans repair {0} --mode {1} --dry-run",
        ),
        (rf"call pydb\.orphan_close\({_TEXT}(?:, {_TEXT})?\)", "pydb orphans close {0} --max-wait {1}"),
        (r"select \* from pydb\.reference_list", "pydb reference list"),
        (r"select \* from pydb\.reference_suggest\(\)", "pydb reference suggest"),
        (
            r"select distinct run_id, reference from pydb\.orphan_quarantine",
            "pydb runs list --kind orphans",
        ),
        (rf"select pydb\.reference_drop\({_TEXT}\)", "pydb reference drop {0}"),
        (rf"select pydb\.archive_write_off\({_TEXT}, {_TEXT}\)", "pydb archive write-off {0} --reason {1}"),
        (rf"select pydb\.guard_allow\({_TEXT}\)", "pydb guard allow {0}"),
        (rf"select pydb\.retention_policy_approve\({_TEXT}\)", "pydb policy approve {0}"),
        (rf"select pydb\.retention_policy_drop\({_TEXT}\)", "pydb policy drop {0}"),
        (rf"select pydb\.entity_approve\({_TEXT}\)", "pydb entity approve {0}"),
        (r"select \* from pydb\.audit_verify\(\)", "pydb audit verify"),
    )
)
# a command beside the statement that does the same: here only the command is typed
_OR: Final = re.compile(r"^(pydb [a-z]+ [a-z]+), or: select .*;$", re.DOTALL)
# what only the owner may do, a member of the owner does as it
_ROLE: Final = re.compile(r"""set role ("(?:[^"]|"")*"|\w+);""")


def spoken(hint: str | None, args: Sequence[str]) -> str | None:
    """``hint`` with commands for statements that a command has; ``args`` are the words that were typed."""
    if hint is None:
        return None
    hint = _OR.sub(r"\1", hint)
    for found, command in sorted(_statements(hint), key=lambda pair: -pair[0].start()):
        # the semicolon ends a statement, not a command
        rest = hint[found.end() :]
        hint = hint[: found.start()] + command + (rest[1:] if rest == ";" else rest)
    return _ROLE.sub(lambda found: _as_role(found[1], args), hint)


def commands(hint: str) -> list[str]:
    """The commands that :func:`spoken` puts into a hint."""
    return [command for _, command in _statements(hint)]


def _statements(hint: str) -> Iterator[tuple[re.Match[str], str]]:
    for pattern, command in _SPOKEN:
        for found in pattern.finditer(hint):
            if hint.count("'", 0, found.start()) % 2 == 0:  # not within a name or a value
                yield found, _command(command, found)


def _command(command: str, found: re.Match[str]) -> str:
    """The command with the arguments that were given; an option that has none is left out."""
    given = [None if value is None else value.replace("''", "'") for value in found.groups()]
    start, _, options = command.partition(" {0}")
    if len(given) > 2 and given[2] is None:
        options = options.replace(" --dry-run", "")

    def option(place: re.Match[str]) -> str:
        value = given[1]
        return "" if value is None else f" {shell.option(place[1], value)}"

    options = re.sub(r" (--[a-z-]+) \{1\}", option, options)
    return shell.command(start, *given[:1], options=options.strip())


def _as_role(name: str, args: Sequence[str]) -> str:
    plain = name[1:-1].replace('""', '"') if name.startswith('"') else name
    return f"PGOPTIONS={shlex.quote(f'-c role={plain}')} {shlex.join(['pydb', *args])}"
