"""``pydb archive``: what was deleted and kept: export, import, verify."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pydb.cli import _files, _names, _output
from pydb.errors import ExitCode

if TYPE_CHECKING:
    from pydb.archive.export import Outcome

app = typer.Typer(
    help="What was deleted, kept where it can be put back: files exported, verified, imported.",
    no_args_is_help=True,
)


@app.command()
def export(
    ctx: typer.Context,
    *,
    policies: Annotated[
        list[str] | None,
        typer.Argument(
            autocompletion=_names.policies,
            metavar="POLICY",
            help="Policies whose action is export; without it all that are enabled.",
        ),
    ] = None,
    to: Annotated[
        str,
        typer.Option("--to", metavar="DIRECTORY", help="Where the files go; it is made if it is missing."),
    ],
    max_rows: Annotated[
        int | None, typer.Option(help="Export and delete at most this many rows a policy.")
    ] = None,
    max_runtime: Annotated[
        str | None, typer.Option(metavar="INTERVAL", help="Stop after this time, as '30 min'.")
    ] = None,
    now: Annotated[
        str | None,
        typer.Option(metavar="TIMESTAMP", help="Take this for the present; not later than the clock."),
    ] = None,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="A Parquet file beside each, for analysts (pydb[parquet]).")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Write what expired to files, read them back, then delete exactly those rows.

    A row is in its table or in a file that was found whole, whenever this ends; the next one goes on.
    """
    from pydb.archive import export as exporting
    from pydb.archive import target

    place = target.find(to, create=True)
    failures: dict[str, Exception] = {}
    with _output.connect(ctx) as conn, _output.connect(ctx) as reader:
        _output.refuse_read_only(reader, "exported")
        names = _files.policies(reader, policies or [])
        if not yes and not _files.confirm(reader, names, now):
            raise typer.Exit(ExitCode.ATTENTION)

        def one(name: str) -> Outcome:
            return exporting.export(
                conn,
                reader,
                name,
                place,
                max_rows=max_rows,
                max_runtime=max_runtime,
                now=now,
                parquet=parquet,
            )

        outcomes = exporting.each(names, one, failures.__setitem__)
    if len(names) == 1 and failures:
        raise next(iter(failures.values()))
    code = _files.exit_code(outcomes, failures)
    document = _files.document(outcomes, failures)
    if not _output.emit(ctx, "archive.export", document, exit_code=code):
        _files.show(outcomes, failures)
    raise typer.Exit(code)


@app.command(name="import")
def import_(
    ctx: typer.Context,
    *,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A file that export wrote, its manifest beside it.")
    ],
    into: Annotated[
        str | None, typer.Option("--into", metavar="TABLE", help="Another table than the one it is from.")
    ] = None,
    on_conflict: Annotated[
        _files.OnConflict, typer.Option(help="What becomes of rows whose key is there again.")
    ] = _files.OnConflict.STOP,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Import, and take it back.")] = False,
) -> None:
    """Verify a file and put its rows back, in one transaction: all of it, or nothing."""
    from pydb.archive import load, target

    place, slash, name = file.rpartition("/")
    with _output.connect(ctx) as conn:
        done = load.load(
            conn,
            target.find(place or slash or "."),
            name,
            into=into,
            on_conflict=on_conflict.value,
            dry_run=dry_run,
        )
    code = ExitCode.ATTENTION if done.rows_skipped else ExitCode.DONE
    if not _output.emit(ctx, "archive.import", _files.imported(done), exit_code=code):
        _files.show_imported(done)
    raise typer.Exit(code)


@app.command()
def verify(
    ctx: typer.Context,
    *,
    directory: Annotated[str, typer.Argument(metavar="DIRECTORY", help="Where the files are.")],
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Files read at once.")] = 4,
    foreign: Annotated[
        bool, typer.Option("--foreign", help="Files of another server are no fault, if they are whole.")
    ] = False,
) -> None:
    """Read every file back and compare it with its manifest; one result each, exit 2 if any is bad."""
    from pydb.archive import target
    from pydb.archive import verify as verifying

    with _output.connect(ctx) as conn:
        verdicts = verifying.of_database(conn, target.find(directory), workers=jobs)
    bad = [one for one in verifying.bad(verdicts) if not (foreign and one.result is verifying.Result.FOREIGN)]
    code = ExitCode.FAILED if bad else ExitCode.DONE
    if not _output.emit(ctx, "archive.verify", _files.verified(verdicts, bad), exit_code=code):
        _files.show_verdicts(verdicts, bad)
    raise typer.Exit(code)
