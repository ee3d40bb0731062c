"""``pydb cascade``: plan, delete, and durable jobs: jobs, approve, cancel, resume."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from pydb import shell
from pydb.cli import _closure, _deletes, _jobs, _keys, _names, _output, _receipts
from pydb.cli._closure import Target
from pydb.errors import (
    CascadeBlocked,
    CascadeChanged,
    CascadeRefused,
    ExitCode,
    UnknownRelation,
    UsageError,
)

if TYPE_CHECKING:
    from pydb.cascade import Step
    from pydb.db import Connection

app = typer.Typer(
    help="Delete rows with everything below them: plan, delete, jobs, resume.", no_args_is_help=True
)

WhatArgument = Annotated[
    str,
    typer.Argument(
        autocompletion=_names.entities,
        metavar="ENTITY_OR_TABLE",
        help="Entity, else a table as schema.table.",
    ),
]
KeyArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY", help="Value of the key, or column=value,column2=value2. Repeatable."),
]
KeysOption = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Keys as a JSON array, or one JSON object a line; - for stdin."),
]
EdgeOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="REFERENCE=CHOICE",
        help="What the delete does at this reference: delete, nullify, default or block. Repeatable.",
    ),
]
OthersOption = Annotated[
    str | None,
    typer.Option(
        metavar="CHOICE", help="delete or block, at every reference not named that would stop the delete."
    ),
]
PurgeOption = Annotated[
    bool,
    typer.Option(
        "--purge", help="For good: what archives and the quarantine hold of these rows goes too; a job."
    ),
]
AllOption = Annotated[bool, typer.Option("--all", help="Show references with nothing behind them too.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
ArchiveOption = Annotated[
    bool | None,
    typer.Option(
        "--archive/--no-archive", help="Keep what goes, see archive restore; else as the entity says."
    ),
]


@app.command()
def plan(
    ctx: typer.Context,
    *,
    what: WhatArgument,
    key: KeyArgument = None,
    keys: KeysOption = None,
    edge: EdgeOption = None,
    others: OthersOption = None,
    everything: AllOption = False,
    dot: Annotated[bool, typer.Option("--dot", help="Print the graph for Graphviz.")] = False,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print the graph for Mermaid.")] = False,
    html: Annotated[bool, typer.Option("--html", help="Print one HTML page with the graph drawn.")] = False,
    out: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the graph to this file instead of stdout.")
    ] = None,
    archive: ArchiveOption = None,
    purge: PurgeOption = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 1 too if a column looks like a reference and is none.")
    ] = False,
) -> None:
    """Show what a delete would take with it, and what would stop it; nothing is changed or locked.

    Without choices, and with a table, the keys' own actions hold: what a plain DELETE would do.

    Exit code 1 if the delete would be blocked.
    """
    from pydb import cascade, db

    form = _form(ctx, dot=dot, mermaid=mermaid, html=html, out=out)
    missed: list[str] = []
    with _output.connect(ctx) as conn:
        db.on_code(conn, "YD309", missed.append)
        target = _target(conn, what, (key, keys), _keys.edges(edge or [], others))
        steps = _plan(conn, target, archive, purge=purge)
        database = conn.info.dbname
    code = ExitCode.ATTENTION if cascade.blocked(steps) or (strict and missed) else ExitCode.DONE
    document = target.document(steps, not_followed=missed)
    if form is not None:
        _closure.draw(form, target, steps, out, everything=everything, database=database)
    elif not _output.emit(ctx, "cascade.plan", document, exit_code=code):
        _closure.show(target, steps, everything=everything)
        for line in missed:
            _output.out(f"{line}: pydb reference suggest")
    raise typer.Exit(code)


@app.command()
def delete(
    ctx: typer.Context,
    *,
    what: WhatArgument,
    key: KeyArgument = None,
    keys: KeysOption = None,
    edge: EdgeOption = None,
    others: OthersOption = None,
    allow_unindexed: Annotated[
        bool, typer.Option("--allow-unindexed", help="Go on without an index on a large table.")
    ] = False,
    allow_triggers: Annotated[
        bool,
        typer.Option(
            "--allow-triggers",
            help="Accept what triggers delete or keep; with --durable: what they delete.",
        ),
    ] = False,
    durable: Annotated[
        bool, typer.Option("--durable", help="Request a job that deletes in batches; see cascade resume.")
    ] = False,
    reason: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Why; of an entity it makes it an erasure, with a receipt."),
    ] = None,
    deadline: Annotated[
        str | None,
        typer.Option(metavar="INTERVAL", help="With --reason: it is to be done so long after now."),
    ] = None,
    approval: Annotated[
        bool, typer.Option("--approval", help="With --durable: a second person must approve it.")
    ] = False,
    grace: Annotated[
        str | None,
        typer.Option(metavar="INTERVAL", help="With --durable: start this long after now, as '1 day'."),
    ] = None,
    archive: ArchiveOption = None,
    search_path: Annotated[
        list[str] | None,
        typer.Option(metavar="SCHEMA", help="Where triggers look for names, in this order. Repeatable."),
    ] = None,
    purge: PurgeOption = False,
    everything: AllOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, delete nothing.")] = False,
    yes: YesOption = False,
) -> None:
    """Delete rows with everything below them, in one transaction, all or nothing.

    Asks after showing the plan; what was shown is what goes, or nothing does. Keys without
    a row are no error.

    Exit code 1 if rows with these keys are still there: kept by a trigger, or in tables that inherit.
    """
    from pydb import cascade

    if not durable and (approval or grace is not None):
        raise UsageError("--approval and --grace are for --durable")
    if purge and (not durable or reason is None):
        raise UsageError("--purge is for --durable with --reason")
    if purge and archive:
        raise UsageError("only one of --purge and --archive at a time")
    if reason is not None and not reason.strip():
        raise UsageError("--reason is empty")
    if deadline is not None and reason is None:
        raise UsageError("--deadline is for --reason")
    with _output.connect(ctx) as conn:
        _output.refuse_read_only(conn, "deleted")
        target = _target(conn, what, (key, keys), _keys.edges(edge or [], others))
        planned: list[Step] | None = None
        if dry_run or not yes:
            # a job checks a key only when the children are gone, as a plan with choices does
            root, rows, choices = target.what
            choices = choices or {} if durable else choices
            planned = cascade.plan(
                conn, root, rows, choices, entity=target.root.entity, archive=archive, purge=purge
            )
        if dry_run and planned is not None:
            code = ExitCode.ATTENTION if cascade.blocked(planned) else ExitCode.DONE
            document = target.document(planned, dry_run=True, request=None, allow_triggers=allow_triggers)
            if not _output.emit(ctx, "cascade.delete", document, exit_code=code):
                _closure.show(target, planned, everything=everything)
                _deletes.accepts(planned, triggers=allow_triggers)
            raise typer.Exit(code)
        try:
            if planned is not None:
                _deletes.confirm(
                    target, planned, durable=durable, triggers=allow_triggers, everything=everything
                )
            if durable:
                _deletes.request(
                    ctx,
                    conn,
                    target,
                    options={
                        "reason": reason,
                        "deadline": deadline,
                        "approval": approval,
                        "grace": grace or "0",
                        "allow_unindexed": allow_unindexed,
                        "allow_triggers": allow_triggers,
                        "archive": archive,
                        "search_path": search_path or None,
                        "purge": purge,
                    },
                )
                return
            steps = _deletes.delete(
                conn,
                target,
                planned,
                {
                    "reason": reason,
                    "deadline": deadline,
                    "allow_unindexed": allow_unindexed,
                    "allow_triggers": allow_triggers,
                    "archive": archive,
                    "search_path": search_path or None,
                },
            )
        except (CascadeBlocked, CascadeChanged) as error:
            _receipts.enter_refusal(conn, target, error, reason, deadline)
            raise _deletes.explained(conn, target, error, planned) from None
    code = ExitCode.ATTENTION if cascade.kept(steps) else ExitCode.DONE
    if not _output.emit(ctx, "cascade.delete", target.document(steps, dry_run=False), exit_code=code):
        _closure.show(target, steps, everything=everything)
    raise typer.Exit(code)


def _target(
    conn: Connection, what: str, typed: tuple[list[str] | None, str | None], edges: dict[str, str]
) -> Target:
    """What was asked for; ``typed`` are the keys on the command line and the file with more."""
    from pydb import cascade

    key, keys = typed
    if not key and keys is None:
        raise UsageError(
            "no key: which rows?", hint=f"{shell.command('pydb cascade plan', what)} KEY, or --keys FILE"
        )
    try:
        root = cascade.root(conn, what)
    except UnknownRelation as error:
        if "." not in what:
            error.detail = f"No entity has this name either. {error.detail or ''}".strip()
            error.hint = f"pydb entity list; {error.hint or ''}".strip("; ")
        raise
    found = _keys.typed(key or [], root)
    if keys is not None:
        found += _keys.read(keys, root)
    return Target(root, found, edges or None)


def _plan(conn: Connection, target: Target, archive: bool | None, *, purge: bool = False) -> list[Step]:
    """The plan; where a bare key does not fit the primary key, the other unique keys are named."""
    from pydb import cascade

    try:
        return cascade.plan(conn, *target.what, entity=target.root.entity, archive=archive, purge=purge)
    except CascadeRefused as error:
        root = target.root
        others = [key[0] for key in root.keys if len(key) == 1 and list(key) != list(root.primary or ())]
        typed = next((str(value) for key in target.keys for value in key.values()), "…")
        if (
            error.sqlstate == "YD301"
            and others
            and all(list(key) == list(root.primary or ()) for key in target.keys)
        ):
            named = " or ".join(shlex.quote(f"{column}={typed}") for column in others)
            error.hint = f"{error.hint or ''} A unique key too: write {named}".strip()
        raise


def _form(ctx: typer.Context, *, dot: bool, mermaid: bool, html: bool, out: str | None) -> str | None:
    chosen = [name for name, given in (("dot", dot), ("mermaid", mermaid), ("html", html)) if given]
    if len(chosen) + _output.settings(ctx).json > 1:
        raise UsageError("only one of --dot, --mermaid, --html and --json at a time")
    if out is not None and not chosen:
        raise UsageError("--out is for --dot, --mermaid and --html")
    return chosen[0] if chosen else None


for _name, _hidden, _command in (
    ("jobs", False, _jobs.jobs),
    ("approve", False, _jobs.approve),
    ("cancel", False, _jobs.cancel),
    ("resume", False, _jobs.resume),
    ("receipt", False, _receipts.receipt),
    ("run", True, _jobs.resume),
):
    app.command(name=_name, hidden=_hidden)(_command)
