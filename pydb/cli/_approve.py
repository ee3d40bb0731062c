"""Approving a policy or an entity as it is now: what both commands share."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pydb.cli import _output
from pydb.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.guard import Change

Reason = Annotated[str | None, typer.Option(help="Why; it is kept.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what changed, approve nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def approve(
    ctx: typer.Context, kind: str, name: str, reason: str | None, *, dry_run: bool, yes: bool
) -> None:
    """Show what changed, ask, and approve what was shown."""
    from pydb import db, guard

    with _output.connect(ctx) as conn:
        look = guard.policy_changes if kind == "policy" else guard.entity_changes
        changes = look(conn, name)
        if not ctx.obj.json:
            show(kind, changes)
        if not dry_run and not _output.confirm(f"Approve {kind} {name} as it is now?", yes=yes):
            _output.say("nothing was changed")
            raise typer.Exit(ExitCode.ATTENTION)
        enter = guard.policy_approve if kind == "policy" else guard.entity_approve
        with db.transaction(conn, rollback=dry_run):
            said = enter(conn, name, reason, digest=changes[0].digest if changes else None)
    document = {kind: name, "dry_run": dry_run, "changes": [asdict(one) for one in changes]}
    if not _output.emit(ctx, f"{kind}.approve", document):
        _output.out(f"dry run: {said}" if dry_run else said)


def show(kind: str, changes: Sequence[Change]) -> None:
    """Print what changed, one line each; ! marks what holds."""
    for one in changes:
        value = {"added": f"({one.found})", "dropped": f"({one.was})"}.get(one.change)
        _output.out(
            f"{'!' if one.holds else ' '} {kind} {one.name}: {one.kind} {one.object} {one.change} "
            f"{value or f'from {one.was} to {one.found}'}"
        )
