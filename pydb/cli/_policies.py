"""What commands about policies share: the answer to a name that is none, what a policy does now."""

from __future__ import annotations

import difflib
from dataclasses import asdict
from typing import TYPE_CHECKING

from pydb.cli import _commands, _output
from pydb.errors import ExitCode, UnknownName

if TYPE_CHECKING:
    from collections.abc import Sequence

    import typer

    from pydb.db import Connection
    from pydb.retention import Aspect


def unknown(conn: Connection, name: str) -> UnknownName:
    """The error for a policy that does not exist, the same from every command."""
    from pydb import retention

    known = [policy.name for policy in retention.policies(conn)]
    near = difflib.get_close_matches(name, known, n=1)
    return UnknownName(
        f"there is no retention policy '{name}'",
        detail="Known: " + ", ".join(known) if known else "No policy has been set yet.",
        hint=f"did you mean {near[0]}?" if near else "see: pydb policy list",
        sqlstate="YD002",
    )


def show_aspects(ctx: typer.Context, name: str, aspects: Sequence[Aspect]) -> ExitCode:
    """Print what a policy does now, the verdict first; the exit code says whether something blocks it."""
    verdict, *others = aspects
    code = ExitCode.ATTENTION if verdict.state == "blocks" else ExitCode.DONE
    document = {"policy": name, "verdict": asdict(verdict), "aspects": [asdict(one) for one in others]}
    if _output.emit(ctx, "policy.explain", document, exit_code=code):
        return code
    _output.paragraph(f"{name}: {verdict.meaning}")
    _output.table(
        ["aspect", "state", "value", "at", "meaning"],
        [(one.aspect, one.state, one.value, one.at, one.meaning) for one in others],
        prose=("meaning",),
        less=("at",),
    )
    if verdict.state != "blocks":
        _output.say(f"how many: pydb retention plan {_commands.words(name)}")
        return code
    typed = {
        "enabled": f"apply the policy with enabled = true, or: pydb policy set {_commands.words(name)} …",
        "paused": f"pydb retention resume {_commands.words(name)}",
        "kill_switch": "pydb retention resume",
    }
    blocking = next((one.aspect for one in others if one.state == "blocks" and one.hint == verdict.hint), "")
    told = typed.get(blocking, verdict.hint)
    if told:
        _output.say(f"next: {told}")
    return code
