"""``pydb entity``: set, list and drop named roots of cascades."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from pydb import shell
from pydb.cli import _approve, _keys, _names, _output
from pydb.errors import ExitCode

app = typer.Typer(help="Named roots of cascades: set, list, approve, drop.", no_args_is_help=True)


@app.command(name="set")
def set_(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name to be typed, for example dataset.")],
    table: Annotated[
        str, typer.Argument(metavar="TABLE", help="Table whose rows it names, as schema.table.")
    ],
    edge: Annotated[
        list[str] | None,
        typer.Option(
            metavar="REFERENCE=CHOICE",
            help="What a delete does at this reference: delete, nullify, default or block. Repeatable.",
        ),
    ] = None,
    others: Annotated[
        str | None,
        typer.Option(
            metavar="CHOICE", help="delete or block, at every reference not named that would stop a delete."
        ),
    ] = None,
    approval: Annotated[
        bool, typer.Option("--approval", help="A durable job waits for a second person.")
    ] = False,
    grace: Annotated[
        str,
        typer.Option(
            metavar="INTERVAL", help="A durable job starts this long after its request, as '1 day'."
        ),
    ] = "0",
    archive: Annotated[
        bool, typer.Option("--archive", help="What its cascades delete is kept, see archive restore.")
    ] = False,
    search_path: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SCHEMA", help="Where triggers look for names in its cascades, in this order. Repeatable."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, change nothing.")] = False,
) -> None:
    """Give the rows of TABLE a name, with the action chosen at each reference to them and below.

    Options that are left out return to their defaults.
    """
    from pydb import db, references

    edges = _keys.edges(edge or [], others)
    with _output.connect(ctx) as conn, db.transaction(conn, rollback=dry_run):
        row = references.entity_set(
            conn,
            name,
            table,
            edges,
            approval=approval,
            grace=grace,
            archive=archive,
            search_path=search_path or None,
        )
    if not _output.emit(ctx, "entity.set", {"dry_run": dry_run, "entity": asdict(row)}):
        _output.out(f"entity {row.name} {'would be' if dry_run else 'is'} set: rows of {row.root_name}")
        for reference, choice in row.edges.items():
            _output.out(f"    {reference}: {choice}")
        if row.search_path:
            _output.out(f"    triggers look for names in {', '.join(row.search_path)}")
        if not dry_run:
            _output.say(f"next: {shell.command('pydb cascade plan', row.name)} KEY")


@app.command(name="list")
def list_(ctx: typer.Context) -> None:
    """List all entities."""
    from pydb import references

    with _output.connect(ctx) as conn:
        rows = references.entities(conn)
    if _output.emit(ctx, "entity.list", {"entities": [asdict(row) for row in rows]}):
        return
    has_paths = any(row.search_path for row in rows)
    _output.table(
        ["entity", "table", "choices", "approval", "grace", *["search path"] * has_paths, "author"],
        [
            (
                row.name,
                row.root_name,
                [f"{reference}={choice}" for reference, choice in row.edges.items()],
                row.approval,
                row.grace,
                *[row.search_path or []] * has_paths,
                row.author,
            )
            for row in rows
        ],
        prose=("choices",),
        less=("author", "search path", "grace"),
    )
    if not rows:
        _output.say("no entity yet; next: pydb entity set NAME TABLE")


@app.command()
def drop(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(autocompletion=_names.entities, metavar="ENTITY", help="Name of the entity.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look whether it is there, change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Drop an entity; its rows and its jobs stay."""
    from pydb import db, references

    with _output.connect(ctx) as conn:
        with db.transaction(conn, rollback=True):
            references.entity_drop(conn, name)  # what is not there is not asked about
        if not dry_run:
            if not _output.confirm(f"Drop entity {name}?", yes=yes):
                _output.say("nothing was changed")
                raise typer.Exit(ExitCode.ATTENTION)
            references.entity_drop(conn, name)
    document = {"entity": name, "dry_run": dry_run, "dropped": not dry_run}
    if not _output.emit(ctx, "entity.drop", document):
        _output.out(f"entity {name} {'would be' if dry_run else 'is'} dropped; its rows are untouched")


@app.command()
def approve(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(autocompletion=_names.entities, metavar="ENTITY", help="Name of the entity.")
    ],
    reason: _approve.Reason = None,
    dry_run: _approve.DryRun = False,
    yes: _approve.Yes = False,
) -> None:
    """Take the tables of an entity for what they should be: they changed, and that is right."""
    _approve.approve(ctx, "entity", name, reason, dry_run=dry_run, yes=yes)
