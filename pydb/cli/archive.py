"""``pydb archive``: what was deleted and kept: list, show, restore, keep, purge; export, import, verify."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, cast

import typer

from pydb.cli import _carry, _files, _kept, _names, _output, _runs
from pydb.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from pydb.archive.outcome import Outcome

app = typer.Typer(
    help="What was deleted, kept where it can be put back: in the database, and in files.",
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
    run: Annotated[
        int | None,
        typer.Option("--run", metavar="RUN", help="Instead: what archives of the database hold of this run."),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option("--table", metavar="TABLE", help="Instead: what the archive of this table holds."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="With --run or --table: leave the rows in the archive.")
    ] = False,
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
        bool, typer.Option("--parquet", help="A Parquet file beside each, for analysts (the extra parquet).")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Write what expired, or what is in archives, to files, read them back, then delete exactly those rows.

    A row is where it was or in a file that was found whole, whenever this ends; the next one goes on.
    """
    from pydb.archive import export as exporting
    from pydb.archive import target

    if run is not None or table is not None:
        _carry.export(
            ctx,
            _carry.Wanted(run, table, keep, to, max_rows, max_runtime, parquet, yes),
            other=bool(policies) or now is not None,
        )
    if keep:
        raise UsageError("--keep is for --run and --table", hint="pydb archive export --help")
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
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...", help="Files that export wrote; with --run the directory they are in."
        ),
    ],
    run: Annotated[
        int | None,
        typer.Option("--run", metavar="RUN", help="All files in FILE that hold what this run deleted."),
    ] = None,
    into: Annotated[
        str | None, typer.Option("--into", metavar="TABLE", help="Another table than the one they are from.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="Only these rows, and what went with them: id=42, or JSON."),
    ] = None,
    table: Annotated[
        str | None, typer.Option(metavar="TABLE", help="With --key: whose; else the uppermost table.")
    ] = None,
    on_conflict: Annotated[
        _files.OnConflict, typer.Option(help="What becomes of rows that cannot go back.")
    ] = _files.OnConflict.STOP,
    skip: Annotated[bool, typer.Option("--skip", help="The same as --on-conflict skip.")] = False,
    allow_triggers: Annotated[
        bool, typer.Option("--allow-triggers", help="Let triggers of the tables run on what comes back.")
    ] = False,
    search_path: Annotated[
        list[str] | None,
        typer.Option(metavar="SCHEMA", help="Where triggers look for names, in this order. Repeatable."),
    ] = None,
    with_holds: Annotated[
        bool,
        typer.Option(
            "--with-holds",
            help="Hold the tables, where the files say that a hold was in force which is not known here.",
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Try it and take it back.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Verify files and put their rows back, parents first, in one transaction: all of it, or nothing.

    Rows that are in their table as the files have them are left alone. Exit code 1 if some conflict, or if
    holds were in force where the files are from that are not known here (YD706).
    """
    from pydb.archive import load

    with _output.connect(ctx) as conn:
        if not dry_run:
            _output.refuse_read_only(conn, "imported")
        sources = _carry.sources(files, run)
        rows = sum(load.described(place, name).rows for place, name in sources)
        question = f"Import up to {rows:,} rows of {len(sources)} file{'s' * (len(sources) > 1)}?"
        if not dry_run and not _output.confirm(question, yes=yes):
            _output.say("nothing was imported")
            raise typer.Exit(ExitCode.ATTENTION)
        done = load.load_all(
            conn,
            sources,
            into=into,
            on_conflict="skip" if skip else on_conflict.value,
            key=_kept.key(key),
            table=table,
            allow_triggers=allow_triggers,
            dry_run=dry_run,
            search_path=search_path or None,
            with_holds=with_holds,
        )
    is_missing = any(one.placed_as is None for one in done.holds)
    code = ExitCode.ATTENTION if done.rows_skipped or is_missing else ExitCode.DONE
    if not _output.emit(ctx, "archive.import", asdict(done), exit_code=code):
        _kept.show(done.relations, dry_run=dry_run)
        _files.show_holds(done.holds)
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


@app.command(name="list")
def list_(
    ctx: typer.Context,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Also runs of which nothing is left in an archive.")
    ] = False,
) -> None:
    """List what runs put into archives of the database, newest first, and the archives."""
    from pydb.archive import kept

    with _output.connect(ctx) as conn:
        rows = kept.kept(conn, empty=everything)
        archives = kept.archives(conn)
    document = {"runs": _kept.document(rows), "archives": [asdict(one) for one in archives]}
    if _output.emit(ctx, "archive.list", document):
        return
    _kept.show_kept(rows)
    _output.out()
    _output.table(
        ["archive of", "rows", "size", "runs", "oldest", "keep", "due", "state"],
        [
            (a.relation, a.rows, _output.size(a.bytes), a.runs, a.oldest, a.keep, a.due, a.state)
            for a in archives
        ],
        right=("rows", "size", "runs", "due"),
    )


@app.command()
def show(
    ctx: typer.Context,
    run_id: Annotated[int, typer.Argument(metavar="RUN", help="Id of the run that archived rows.")],
) -> None:
    """Show what one run has in archives and files, from when to when, and what a restore would do now."""
    from pydb.archive import carry, kept

    with _output.connect(ctx) as conn:
        rows = kept.kept(conn, run_id, empty=True)
        steps = kept.restore(conn, run_id, dry_run=True)
        files = carry.files_of(conn, run_id)
        times = kept.spans(conn, run_id)
    document = {
        "run": run_id,
        "tables": _kept.document(rows),
        "times": [asdict(one) for one in times],
        "restore": [asdict(step) for step in steps],
        "files": files,
    }
    if _output.emit(ctx, "archive.show", document):
        return
    _kept.show_kept(rows)
    for one in times:
        between = f"from {_output.show(one.oldest)} to {_output.show(one.newest)}"
        _output.out(f"{one.relation}, by {one.time_column}: {between}")
    _output.out()
    _kept.show(steps, dry_run=True)
    _kept.show_files(run_id, files)


@app.command()
def restore(
    ctx: typer.Context,
    *,
    run_id: Annotated[int, typer.Argument(metavar="RUN", help="Id of the run that archived rows.")],
    key: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="Only these rows, and what went with them: id=42, or JSON."),
    ] = None,
    table: Annotated[
        str | None, typer.Option(metavar="TABLE", help="With --key: whose; else the uppermost table.")
    ] = None,
    on_conflict: Annotated[
        _files.OnConflict, typer.Option(help="What becomes of rows that cannot go back: skip leaves them.")
    ] = _files.OnConflict.STOP,
    skip: Annotated[bool, typer.Option("--skip", help="The same as --on-conflict skip.")] = False,
    allow_triggers: Annotated[
        bool, typer.Option("--allow-triggers", help="Let triggers of the tables run on what comes back.")
    ] = False,
    batch: Annotated[
        int | None,
        typer.Option(min=1, metavar="ROWS", help="So many rows in a transaction; else one for all."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Try it and take it back.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Put back what a run took, parents first; what went back is no longer in the archive.

    Exit code 1 if rows stay in the archive because they conflict.
    """
    from pydb import db
    from pydb.archive import kept

    options: kept.RestoreOptions = {"dry_run": dry_run, "allow_triggers": allow_triggers}
    options["on_conflict"] = "skip" if skip else on_conflict.value
    if (found := _kept.key(key)) is not None:
        options["key"] = found
    with _output.connect(ctx) as conn:
        if not dry_run:
            _output.refuse_read_only(conn, "restored")
        if table is not None:
            options["table"] = cast("int", db.read(conn, "relation_oid", name=table)[0]["oid"])
        rows = sum(row.rows for row in kept.kept(conn, run_id))
        question = f"Put back up to {rows:,} rows of run {run_id}?"
        if not dry_run and not _output.confirm(question, yes=yes, look=f"pydb archive show {run_id}"):
            _output.say("nothing was put back")
            raise typer.Exit(ExitCode.ATTENTION)
        steps = _kept.restore(conn, run_id, options, batch)
    code = ExitCode.ATTENTION if any(step.conflicts for step in steps) else ExitCode.DONE
    document = {"run": run_id, "dry_run": dry_run, "relations": [asdict(step) for step in steps]}
    if not _output.emit(ctx, "archive.restore", document, exit_code=code):
        _kept.show(steps, dry_run=dry_run)
        if not steps:
            _output.say(f"run {run_id} has nothing left in an archive")
    raise typer.Exit(code)


@app.command()
def keep(
    ctx: typer.Context,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Table whose archive it is.")],
    interval: Annotated[
        str, typer.Argument(metavar="INTERVAL", help="As '90 days'; default = the setting archive_keep.")
    ],
) -> None:
    """Set how long the archive of a table keeps its rows."""
    from pydb import db
    from pydb.archive import kept

    with _output.connect(ctx) as conn:
        relation = cast("int", db.read(conn, "relation_oid", name=table)[0]["oid"])
        kept.keep_set(conn, relation, None if interval == "default" else interval)
    if not _output.emit(ctx, "archive.keep", {"table": table, "keep": interval}):
        _output.out(f"the archive of {table} keeps its rows: {interval}")


@app.command()
def purge(ctx: typer.Context) -> None:
    """Remove what archives have kept long enough; it has a nightly schedule of its own."""
    from pydb import db, runs
    from pydb.archive import kept

    with _output.connect(ctx) as conn:
        _output.refuse_read_only(conn, "purged")
        said: list[str] = []
        db.on_notice(conn, lambda _, text, __: said.append(text))
        request = kept.purge(conn)
        found = runs.runs_of_request(conn, request)
    code = max((_runs.EXIT.get(run.state, ExitCode.FAILED) for run in found), default=ExitCode.DONE)
    document = {"request": request, "runs": [asdict(run) for run in found], "said": said}
    if not _output.emit(ctx, "archive.purge", document, exit_code=code):
        _runs.show(found, "of")
    raise typer.Exit(code)


@app.command()
def write_off(
    ctx: typer.Context,
    *,
    table: Annotated[
        str,
        typer.Argument(metavar="TABLE", help="Table whose archive was dropped, as pydb archive list has it."),
    ],
    reason: Annotated[str, typer.Option(help="Why; it is kept in the audit log.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count them, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take rows of an archive that somebody dropped out of the books: they are gone for good.

    Until then pydb health reports them. Rows of an archive that is there are left alone.
    """
    from pydb import db
    from pydb.archive import kept

    with _output.connect(ctx) as conn:
        _output.refuse_read_only(conn, "written off")
        with db.transaction(conn, rollback=True):
            rows = kept.write_off(conn, table, reason)
        if not dry_run:
            question = f"Write off {rows:,} archived rows of {table}, which are lost?"
            if not _output.confirm(question, yes=yes, look="pydb archive list"):
                _output.say("nothing was written off")
                raise typer.Exit(ExitCode.ATTENTION)
            rows = kept.write_off(conn, table, reason)
    document = {"table": table, "rows": rows, "reason": reason, "dry_run": dry_run}
    if not _output.emit(ctx, "archive.write_off", document):
        _output.out(f"{rows:,} archived rows of {table} {'would be' if dry_run else 'are'} written off")
