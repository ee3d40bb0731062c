"""``pydb reference``: set, list, suggest and drop references between tables."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pydb.cli import _names, _output
from pydb.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.references import Reference, Suggestion

app = typer.Typer(
    help="References between tables: set, list, suggest, drop logical ones.", no_args_is_help=True
)

ColumnsArgument = Annotated[
    str, typer.Argument(metavar="COLUMNS", help='Column, or columns with commas: a,"B c".')
]


@app.command(name="set")
def set_(
    ctx: typer.Context,
    *,
    child: Annotated[str, typer.Argument(metavar="CHILD", help="Referencing table, as schema.table.")],
    child_columns: ColumnsArgument,
    parent: Annotated[str, typer.Argument(metavar="PARENT", help="Referenced table, as schema.table.")],
    parent_columns: ColumnsArgument,
    on_delete: Annotated[
        str,
        typer.Option(
            metavar="ACTION",
            help="What becomes of the child's rows when pydb deletes their parent: "
            "no action, restrict, cascade, set null, set default.",
        ),
    ] = "no action",
    name: Annotated[
        str | None, typer.Option(help="Name; by default the columns with _ref, after the child's.")
    ] = None,
    row_filter: Annotated[
        str | None,
        typer.Option(
            "--filter",
            metavar="CONDITION",
            help="Only rows of the child for which it is true reference anything: commentable_type = 'Post'.",
        ),
    ] = None,
    parent_filter: Annotated[
        str | None,
        typer.Option(
            metavar="CONDITION",
            help="Only rows of the parent for which it is true can be referenced: deleted_at is null.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, change nothing.")] = False,
) -> None:
    """Set a logical reference: cascades follow it and orphan scans check it, no constraint is made."""
    from pydb import db, references

    with _output.connect(ctx) as conn:
        if not _output.settings(ctx).verbose:  # missing indexes are said as notices
            db.on_notice(conn, _say_notice)
        with db.transaction(conn, rollback=dry_run):
            row = references.reference_set(
                conn,
                child,
                references.column_list(conn, child_columns),
                parent,
                references.column_list(conn, parent_columns),
                on_delete=on_delete,
                name=name,
                row_filter=row_filter,
                parent_filter=parent_filter,
            )
    if not _output.emit(ctx, "reference.set", {"dry_run": dry_run, "reference": asdict(row)}):
        _output.out(
            f"reference {row.name} {'would be' if dry_run else 'is'} set: {row.child_name} "
            f"({', '.join(row.child_columns)}) to {row.parent_name} ({', '.join(row.parent_columns)}), "
            f"on delete {row.on_delete}"
        )


@app.command(name="list")
def list_(ctx: typer.Context) -> None:
    """List all references: foreign keys and logical ones."""
    from pydb import references

    with _output.connect(ctx) as conn:
        rows = references.references(conn)
    if not _output.emit(ctx, "reference.list", {"references": [asdict(row) for row in rows]}):
        _show_references(rows)


@app.command()
def suggest(
    ctx: typer.Context,
    schema: Annotated[
        str | None, typer.Argument(metavar="SCHEMA", help="Only children in it; without it all.")
    ] = None,
    no_measure: Annotated[
        bool, typer.Option("--no-measure", help="Do not read the tables, names and types only.")
    ] = False,
) -> None:
    """Propose logical references from names and types, and measure each; nothing is changed."""
    from pydb import references

    with _output.connect(ctx) as conn:
        rows = references.suggest(conn, schema, measure=not no_measure)
    if not _output.emit(ctx, "reference.suggest", {"suggestions": [asdict(row) for row in rows]}):
        _show_suggestions(rows)


@app.command()
def drop(
    ctx: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            autocompletion=_names.references,
            metavar="REFERENCE",
            help="Its name, or the end of it: that of the constraint.",
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look whether it can be dropped, change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Drop a logical reference; its tables are untouched."""
    from pydb import db, references

    with _output.connect(ctx) as conn:
        with db.transaction(conn, rollback=True):
            references.reference_drop(conn, name)  # what cannot be dropped is not asked about
        if not dry_run:
            if not _output.confirm(f"Drop reference {name}?", yes=yes):
                _output.say("nothing was changed")
                raise typer.Exit(ExitCode.ATTENTION)
            references.reference_drop(conn, name)
    document = {"reference": name, "dry_run": dry_run, "dropped": not dry_run}
    if not _output.emit(ctx, "reference.drop", document):
        _output.out(f"reference {name} {'would be' if dry_run else 'is'} dropped")


def _say_notice(severity: str, message: str, hint: str | None) -> None:
    if severity == "NOTICE":
        _output.say(f"note: {message}")
        if hint:
            _output.say(f"  hint: {hint}")


def _show_references(rows: Sequence[Reference]) -> None:
    columns = ["reference", "kind", "columns", "parent", "on delete", "indexed", "state"]
    _output.table(
        columns,
        [
            (
                row.reference,
                row.kind,
                row.child_columns,
                f"{row.parent} ({', '.join(row.parent_columns)})",
                row.on_delete,
                row.is_indexed,
                _state(row),
            )
            for row in rows
        ],
        less=("indexed", "kind", "on delete", "columns"),
    )
    if not rows:
        _output.say("no reference; next: pydb reference suggest")


def _state(row: Reference) -> str:
    if row.status != "ok" or row.kind == "logical":
        return row.status
    notes = [
        text
        for text, said in (("not valid", not row.is_valid), ("not enforced", not row.is_enforced))
        if said
    ]
    return ", ".join(notes) or "ok"


def _show_suggestions(rows: Sequence[Suggestion]) -> None:
    columns = ["child", "columns", "parent", "keys", "orphans", "match", "certainty", "why"]
    _output.table(
        columns,
        [
            (
                row.child,
                row.child_columns,
                f"{row.parent} ({', '.join(row.parent_columns)})",
                row.rows,
                row.orphans,
                "" if row.share is None else f"{row.share:.1%}",
                row.certainty,
                row.reason,
            )
            for row in rows
        ],
        right=("keys", "orphans", "match"),
        prose=("why",),
        less=("keys", "match"),
    )
    for row in rows:
        _output.out(row.command)
    if not rows:
        _output.say("nothing looks like a reference that is none yet; see: pydb reference list")
