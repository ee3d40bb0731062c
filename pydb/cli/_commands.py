"""Hints of the server that are a statement of pydb, as the command that does the same."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_TEXT: Final = r"'((?:[^']|'')*)'"
# a statement, the command, and how the arguments of the statement are given to it
_SPOKEN: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), command)
    for pattern, command in (
        (
            rf"call pydb\.orphan_repair\({_TEXT}(?:, {_TEXT})?(, p_dry_run => true)?\)",
            "pydb orphans repair {0} --mode {1} --dry-run",
        ),
        (rf"call pydb\.orphan_close\({_TEXT}(?:, {_TEXT})?\);?", "pydb orphans close {0} --max-wait {1}"),
        (r"select \* from pydb\.reference_list;?", "pydb reference list"),
        (r"select \* from pydb\.reference_suggest\(\);?", "pydb reference suggest"),
        (r"select \* from pydb\.orphan_list;?", "pydb orphans list"),
        (
            r"select distinct run_id, reference from pydb\.orphan_quarantine;?",
            "pydb runs list --kind orphans",
        ),
        (rf"select pydb\.reference_drop\({_TEXT}\);?", "pydb reference drop {0}"),
        (rf"select pydb\.guard_allow\({_TEXT}\);?", "pydb guard allow {0}"),
        (rf"select pydb\.retention_policy_approve\({_TEXT}\);?", "pydb policy approve {0}"),
        (rf"select pydb\.entity_approve\({_TEXT}\);?", "pydb entity approve {0}"),
        (r"select \* from pydb\.audit_verify\(\);?", "pydb audit verify"),
    )
)
# what only the owner may do, a member of the owner does as it
_ROLE: Final = re.compile(r"""set role ("(?:[^"]|"")*"|\w+);""")


def spoken(hint: str | None, args: Sequence[str]) -> str | None:
    """``hint`` with commands for statements that a command has; ``args`` are the words that were typed."""
    if hint is None:
        return None
    for pattern, command in _SPOKEN:
        hint = pattern.sub(lambda found, command=command: _command(command, found), hint)  # type: ignore[misc]
    return _ROLE.sub(lambda found: _as_role(found[1], args), hint)


def _command(command: str, found: re.Match[str]) -> str:
    """The command with the arguments that were given; an option that has none is left out."""
    given = [None if value is None else shlex.quote(value.replace("''", "'")) for value in found.groups()]
    for place, value in enumerate(given[:2]):
        if value is None:
            command = re.sub(rf" --[a-z-]+ \{{{place}\}}", "", command)
        else:
            command = command.replace(f"{{{place}}}", value)
    if len(given) > 2 and given[2] is None:
        command = command.replace(" --dry-run", "")
    return command


def _as_role(name: str, args: Sequence[str]) -> str:
    plain = name[1:-1].replace('""', '"') if name.startswith('"') else name
    return f"PGOPTIONS={shlex.quote(f'-c role={plain}')} {shlex.join(['pydb', *args])}"
