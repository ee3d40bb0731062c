"""What commands with a policy file share: how it is read, what it would change, a yes before policies go."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pydb.cli import _output
from pydb.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.policyfile import Change

_MARKS = {"added": "+", "changed": "~", "unchanged": "=", "removed": "-"}


def read(file: str) -> tuple[bytes, str]:
    """The bytes of a policy file, and what it is called; ``-`` is standard input."""
    from pydb.policyfile import MAX_BYTES

    if file == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1), "<stdin>"
    try:
        with Path(file).open("rb") as stream:
            return stream.read(MAX_BYTES + 1), file
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read {file}: {reason}") from None


def confirm_removal(names: Sequence[str], *, yes: bool) -> None:
    """Ask before policies are dropped; without a yes the command ends, and nothing was changed."""
    question = f"Drop {'policy' if len(names) == 1 else 'policies'} {', '.join(names)}?"
    if not _output.confirm(question, yes=yes):
        _output.say("nothing was changed")
        raise typer.Exit(ExitCode.ATTENTION)


def show_changes(
    ctx: typer.Context,
    changes: Sequence[Change],
    *,
    dry_run: bool,
    document: str = "policy.apply",
    exit_code: ExitCode = ExitCode.DONE,
) -> None:
    """Say what a file would change, or has changed, field by field."""
    kinds = ("added", "changed", "unchanged", "removed")
    counts = {kind: sum(change.kind == kind for change in changes) for kind in kinds}
    payload = {
        "dry_run": dry_run,
        "counts": counts,
        "changes": [
            {
                "policy": change.name,
                "kind": change.kind,
                "fields": {k: {"before": old, "after": new} for k, (old, new) in change.fields.items()},
            }
            for change in changes
        ],
    }
    if _output.emit(ctx, document, payload, exit_code=exit_code):
        return
    for change in changes:
        _output.out(f"{_MARKS[change.kind]} {change.name} ({change.kind})")
        if change.kind != "removed":
            for name, (old, new) in change.fields.items():
                _output.out(
                    f"    {name}: "
                    + (_value(new) if change.kind == "added" else f"{_value(old)} → {_value(new)}")
                )
    summary = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    _output.out(f"{'would be: ' if dry_run else ''}{summary}")
    if not dry_run and counts["added"] + counts["changed"]:
        _output.say("next: pydb retention plan; scheduled policies: pydb schedule sync")


def _value(value: object) -> str:
    return "not set" if value is None else _output.show(value)
