"""``pydb orphans``: scan, check, list, repair, restore, close."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pydb import shell
from pydb.cli import _names, _output, _runs
from pydb.errors import ExitCode, RunBlocked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.cli._watch import Outcome
    from pydb.db import Connection
    from pydb.orphans import Coverage, Finding

app = typer.Typer(
    help="Rows whose parent is missing: scan, check, list, repair, restore, close.", no_args_is_help=True
)

ReferenceArgument = Annotated[
    str,
    typer.Argument(
        autocompletion=_names.references,
        metavar="REFERENCE",
        help="Name of the reference, or the end of it: pydb reference list.",
    ),
]
MaxRuntimeOption = Annotated[
    str | None,
    typer.Option(metavar="INTERVAL", help="Stop after this time, as '30 min'; the next one goes on."),
]
MinAgeOption = Annotated[
    str | None,
    typer.Option(
        metavar="INTERVAL",
        help="Rows that may be younger do not count; default: 0 for enforced keys, else orphan_min_age.",
    ),
]
SearchPathOption = Annotated[
    list[str] | None,
    typer.Option(metavar="SCHEMA", help="Where triggers look for names, in this order. Repeatable."),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.command()
def scan(
    ctx: typer.Context,
    *,
    reference: Annotated[
        str | None,
        typer.Argument(
            autocompletion=_names.references, metavar="REFERENCE", help="One reference; without it all."
        ),
    ] = None,
    max_runtime: MaxRuntimeOption = None,
    min_age: MinAgeOption = None,
    sample: Annotated[int, typer.Option(min=0, help="How many keys of orphans to keep.")] = 10,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew instead of where the last scan stopped.")
    ] = False,
) -> None:
    """Look for orphans over every reference, piece by piece; nothing but the findings is written.

    Exit code 0: none, and everything was checked. 1: orphans, or not everything was checked. 2: failed.
    """
    from pydb import orphans
    from pydb.cli import _watch

    with _output.connect(ctx) as conn, _output.connect(ctx) as watcher:
        _output.refuse_read_only(watcher, "scanned")
        name = None if reference is None else orphans.find(watcher, reference)
        outcome = _watch.follow(
            conn,
            watcher,
            lambda request: orphans.scan_run(
                conn,
                name,
                max_runtime=max_runtime,
                min_age=min_age,
                sample=sample,
                restart=restart,
                request=request,
            ),
            kind="orphans",
        )
        findings = orphans.findings(watcher, name)
        coverage = orphans.coverage(watcher)
    code = _scan_code(outcome, findings)
    document = {
        **_runs.document(outcome),
        "references": [asdict(finding) for finding in findings],
        "coverage": asdict(coverage),
    }
    if not _output.emit(ctx, "orphans.scan", document, exit_code=code):
        _show_findings(findings)
        _runs.show(outcome.runs, "what", done="done")
        _show_coverage(coverage)
        _runs.say_next(outcome)
    raise typer.Exit(code)


@app.command()
def check(
    ctx: typer.Context,
    reference: ReferenceArgument,
    part: Annotated[
        str | None,
        typer.Option(
            "--filter",
            metavar="FILTER",
            help='Only rows of the child for which this is true: "dataset_id = 42". Without it all of them.',
        ),
    ] = None,
    sample: Annotated[
        int, typer.Option("--sample", metavar="N", min=0, max=1000, help="Keys of orphans to show.")
    ] = 10,
) -> None:
    """Count the orphans of one part of a reference, now.

    Exit code 1 where there are any; health and metrics count them until a scan of the whole is newer.
    """
    from pydb import orphans as domain

    with _output.connect(ctx) as conn:
        found = domain.check(conn, reference, part, sample=sample)
    code = ExitCode.ATTENTION if found.orphans else ExitCode.DONE
    if not _output.emit(ctx, "orphans.check", asdict(found), exit_code=code):
        _output.table(
            ["reference", "part", "orphans", "rows checked"],
            [(found.reference, found.part or "all", found.orphans, found.checked_rows)],
            right=("orphans", "rows checked"),
        )
        for key in found.sample:
            _output.out(f"  {_output.show(key)}")
    raise typer.Exit(code)


@app.command(name="list")
def list_(
    ctx: typer.Context,
    reference: Annotated[
        str | None,
        typer.Argument(
            autocompletion=_names.references, metavar="REFERENCE", help="One reference; without it all."
        ),
    ] = None,
) -> None:
    """Show what the last scans found; nothing is scanned."""
    from pydb import orphans

    with _output.connect(ctx) as conn:
        name = None if reference is None else orphans.find(conn, reference)
        findings = orphans.findings(conn, name)
        coverage = orphans.coverage(conn)
    document = {"references": [asdict(finding) for finding in findings], "coverage": asdict(coverage)}
    if not _output.emit(ctx, "orphans.list", document):
        _show_findings(findings, sample=name is not None)
        _show_coverage(coverage)


@app.command()
def repair(
    ctx: typer.Context,
    *,
    reference: ReferenceArgument,
    mode: Annotated[
        str | None,
        typer.Option(metavar="MODE", help="delete, nullify or quarantine; by default as the reference says."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count as a repair would, change nothing.")
    ] = False,
    max_rows: Annotated[int | None, typer.Option(help="Repair at most this many rows.")] = None,
    max_runtime: MaxRuntimeOption = None,
    min_age: MinAgeOption = None,
    search_path: SearchPathOption = None,
    yes: YesOption = False,
) -> None:
    """Delete, nullify or quarantine the orphans of a reference, after a dry run and a question.

    Ctrl-C or SIGTERM rolls back the batch in progress; committed batches stay.
    """
    from pydb import orphans
    from pydb.cli import _watch

    def one(conn: Connection, watcher: Connection, *, rehearsal: bool) -> Outcome:
        return _watch.follow(
            conn,
            watcher,
            lambda request: orphans.repair(
                conn,
                name,
                mode,
                dry_run=rehearsal,
                max_rows=max_rows,
                max_runtime=max_runtime,
                min_age=min_age,
                request=request,
                search_path=search_path or None,
            ),
            kind="orphans",
        )

    with _output.connect(ctx) as conn, _output.connect(ctx) as watcher:
        _output.refuse_read_only(watcher, "repaired")
        name = orphans.find(watcher, reference)
        outcome = one(conn, watcher, rehearsal=True)
        if not dry_run and _scope(outcome):
            _say_effects(outcome)
            if not _output.confirm(_question(outcome, name, max_rows), yes=yes):
                _output.say("nothing was changed")
                raise typer.Exit(ExitCode.ATTENTION)
            outcome = one(conn, watcher, rehearsal=False)
        findings = orphans.findings(watcher, name)
    code = _runs.exit_code(outcome)
    document = {"dry_run": dry_run, **_runs.document(outcome)}
    if not _output.emit(ctx, "orphans.repair", document, exit_code=code):
        if dry_run:
            _say_effects(outcome)
        elif outcome.runs and all(run.state == "completed" and run.dry_run for run in outcome.runs):
            _output.out(f"nothing to repair in {name}")
            young = sum(finding.unconfirmed or 0 for finding in findings)
            if young:
                _output.out(
                    f"{young:,} {'row' if young == 1 else 'rows'} without a parent may be too young; "
                    "repeat later, or with a smaller --min-age"
                )
            else:
                _say_effects(outcome)  # no scan has told of them yet
            raise typer.Exit(code)
        _runs.show(outcome.runs, "what", done="done")
        for run in outcome.runs:
            if run.detail.get("mode") == "quarantine" and run.rows_done:
                _output.say(f"to bring them back: pydb orphans restore {run.id}")
        _runs.say_next(outcome)
    raise typer.Exit(code)


@app.command()
def restore(
    ctx: typer.Context,
    run_id: Annotated[
        int, typer.Argument(metavar="RUN", help="Id of the run that put rows into quarantine.")
    ],
    search_path: SearchPathOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Try it and take it back.")] = False,
) -> None:
    """Bring quarantined rows back; those that conflict stay in quarantine."""
    from pydb import db, orphans

    with _output.connect(ctx) as conn, db.transaction(conn, rollback=dry_run):
        rows = orphans.restore(conn, run_id, dry_run=dry_run, search_path=search_path or None)
    code = ExitCode.ATTENTION if any(row.conflicts for row in rows) else ExitCode.DONE
    document = {"run": run_id, "dry_run": dry_run, "relations": [asdict(row) for row in rows]}
    if not _output.emit(ctx, "orphans.restore", document, exit_code=code):
        _output.table(
            ["reference", "relation", "rows", "restored", "conflicts", "reason"],
            [(r.reference, r.relation, r.rows, r.restored, r.conflicts, r.reason) for r in rows],
            right=("rows", "restored", "conflicts"),
            prose=("reason",),
        )
        if not rows:
            _output.say(f"run {run_id} has nothing in quarantine")
    raise typer.Exit(code)


@app.command()
def close(
    ctx: typer.Context,
    reference: ReferenceArgument,
    max_wait: Annotated[
        str, typer.Option(metavar="INTERVAL", help="How long to try for each lock, in short tries.")
    ] = "1 min",
    search_path: SearchPathOption = None,
    yes: YesOption = False,
) -> None:
    """Make a reference a valid foreign key: add it NOT VALID, then validate it."""
    from pydb import db, orphans

    with _output.connect(ctx) as conn:
        _output.refuse_read_only(conn, "closed")
        name = orphans.find(conn, reference)
        if not _output.confirm(
            f"Make {name} a valid foreign key?", yes=yes, look=shell.command("pydb orphans list", name)
        ):
            _output.say("nothing was changed")
            raise typer.Exit(ExitCode.ATTENTION)
        if not _output.settings(ctx).verbose:  # the statements are said as notices
            db.on_notice(conn, lambda severity, text, _: _output.say(text) if severity == "NOTICE" else None)
        orphans.close(conn, name, max_wait=max_wait, search_path=search_path or None)
    if not _output.emit(ctx, "orphans.close", {"reference": name}):
        _output.out(f"reference {name} is a valid foreign key")


def _scan_code(outcome: Outcome, findings: Sequence[Finding]) -> ExitCode:
    clean = all(f.status == "complete" and not f.orphans and not f.unconfirmed for f in findings)
    return max(_runs.exit_code(outcome), ExitCode.DONE if clean else ExitCode.ATTENTION)


def _scope(outcome: Outcome) -> bool:
    """Whether the rehearsal found something to do; one that did not end well is the outcome."""
    return all(run.state == "completed" and run.rows_planned for run in outcome.runs)


def _question(outcome: Outcome, name: str, max_rows: int | None) -> str:
    if not outcome.runs:
        raise RunBlocked("the rehearsal left no trace", hint="pydb runs list --kind orphans")
    run = outcome.runs[0]
    verb = {"delete": "Delete", "nullify": "Set to null the key of", "quarantine": "Put into quarantine"}
    bound = f", at most {max_rows:,}," if max_rows is not None else ""
    return f"{verb[str(run.detail['mode'])]} {run.rows_planned:,} rows{bound} without a parent in {name}?"


def _say_effects(outcome: Outcome) -> None:
    for run in outcome.runs:
        effects = run.detail.get("effects")
        for effect in effects if isinstance(effects, list) else []:
            _output.say(f"warning: {effect}")


def _show_findings(findings: Sequence[Finding], *, sample: bool = False) -> None:
    _output.table(
        [
            "reference",
            "child",
            "parent",
            "on delete",
            "status",
            "orphans",
            "unconfirmed",
            "checked",
            "scanned",
        ],
        [
            (
                f.reference,
                f.child,
                f.parent,
                f.on_delete,
                f.status,
                f.orphans,
                f.unconfirmed,
                f.checked_rows,
                f.scanned_at,
            )
            for f in findings
        ],
        right=("orphans", "unconfirmed", "checked"),
        less=("on delete", "child", "checked", "parent", "scanned"),
    )
    for finding in findings:
        if finding.reason:
            _output.out(f"{finding.reference}: {finding.reason}")
        if sample and finding.sample:
            for key in finding.sample:
                _output.out("  " + ", ".join(f"{name} {value}" for name, value in key.items()))


def _show_coverage(coverage: Coverage) -> None:
    parts = [
        f"{number:,} {word}"
        for number, word in (
            (coverage.partial, "in part"),
            (coverage.skipped, "skipped"),
            (coverage.failed, "failed"),
            (coverage.unscanned, "not looked at"),
        )
        if number
    ]
    rest = f" ({', '.join(parts)})" if parts else ""
    _output.out(
        f"coverage: {coverage.complete:,} of {coverage.total:,} references checked completely{rest}; "
        f"{coverage.orphans:,} orphans in {coverage.with_orphans:,} "
        f"{'reference' if coverage.with_orphans == 1 else 'references'}"
    )
