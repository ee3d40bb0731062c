"""What commands about policies share: the answer to a name that is none, what a policy is and does now."""

from __future__ import annotations

import difflib
from dataclasses import asdict
from typing import TYPE_CHECKING

from pydb import shell
from pydb.cli import _output
from pydb.errors import ExitCode, UnknownName

if TYPE_CHECKING:
    from collections.abc import Sequence

    import typer

    from pydb.db import Connection
    from pydb.retention import Aspect, Policy


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
        _output.say(f"how many: {shell.command('pydb retention plan', name)}")
        return code
    again = shell.command("pydb policy set", name, options="…")
    typed = {
        "enabled": f"apply the policy with enabled = true, or: {again}",
        "paused": shell.command("pydb retention resume", name),
        "kill_switch": "pydb retention resume",
    }
    blocking = next((one.aspect for one in others if one.state == "blocks" and one.hint == verdict.hint), "")
    told = typed.get(blocking, verdict.hint)
    if told:
        _output.say(f"next: {told}")
    return code


def keep(policy: Policy) -> str:
    """How long a policy keeps rows, in a cell of a table."""
    ruled = any((policy.keep_column, policy.keep_table, policy.keep_last))
    if policy.keep != "00:00:00":
        return policy.keep + (", by rules" if ruled else "")
    return "to its expiry" if policy.expiry else "0"


def shown(policy: Policy, key: str) -> object:
    """A field of a policy for people; what it leaves to a setting says so."""
    value = getattr(policy, key)
    if key == "keep" and policy.keep == "00:00:00":
        return keep(policy)
    if value is None and key == "batch_target":
        return "as the setting batch_target"
    return value


def state(policy: Policy) -> str:
    """Whether it runs, and if not, by whom."""
    if not policy.enabled:
        return "disabled"
    if policy.paused_at is not None:
        return f"paused by {policy.paused_by}" + (f": {policy.paused_reason}" if policy.paused_reason else "")
    return "built in" if policy.builtin else "enabled"
