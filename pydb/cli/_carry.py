"""Archived rows to files (``pydb archive export --run``), and files by their names (``import``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import typer

from pydb import shell
from pydb.cli import _files, _output
from pydb.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from typing import NoReturn

    from pydb.archive.target import Target


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of an export of archived rows."""

    run: int | None
    table: str | None
    keep: bool
    to: str
    max_rows: int | None
    max_runtime: str | None
    parquet: bool
    yes: bool

    @property
    def options(self) -> str:
        """As they are typed."""
        run = "" if self.run is None else f" --run {self.run}"
        return run + ("" if self.table is None else f" {shell.option('--table', self.table)}")


def export(ctx: typer.Context, wanted: Wanted, *, other: bool) -> NoReturn:
    """What archives hold of a run or a table goes to files; ends with the exit code of its run."""
    from pydb import db
    from pydb.archive import carry, kept, target

    if other:
        raise UsageError(
            "--run and --table go without policies and --now",
            hint=f"pydb archive export{wanted.options} {shell.option('--to', wanted.to)}",
        )
    with _output.connect(ctx) as conn, _output.connect(ctx) as reader:
        _output.refuse_read_only(reader, "exported")
        relation = None
        if wanted.table is not None:
            relation = cast("int", db.read(reader, "relation_oid", name=wanted.table)[0]["oid"])
        place = target.find(wanted.to, create=True)
        found = kept.scope(reader, wanted.run, relation)
        rows = sum(one.rows for one in found)
        question = f"Export {rows:,} archived rows" + ("?" if wanted.keep else " and delete them there?")
        if rows and not _output.confirm(question, yes=wanted.yes or wanted.keep, look="pydb archive list"):
            _output.say("nothing was exported")
            raise typer.Exit(ExitCode.ATTENTION)
        outcome = carry.export_archived(
            conn,
            reader,
            place,
            run_id=wanted.run,
            table=relation,
            leave=wanted.keep,
            max_rows=wanted.max_rows,
            max_runtime=wanted.max_runtime,
            parquet=wanted.parquet,
        )
    code = _files.exit_code([outcome], {})
    document = {"subject": outcome.policy, "keep": wanted.keep, **_files.exported(outcome)}
    if not _output.emit(ctx, "archive.export", document, exit_code=code):
        _files.show([outcome], {}, "archived by")
    raise typer.Exit(code)


def sources(names: list[str], run: int | None) -> list[tuple[Target, str]]:
    """Files by their paths or URLs; with a run those in one directory that hold what it deleted."""
    from pydb.archive import load, target

    if run is not None:
        if len(names) > 1:
            raise UsageError(
                "--run takes one directory",
                hint=shell.command("pydb archive import", names[0], options=f"--run {run}"),
            )
        place = target.find(names[0])
        return [(place, name) for name in load.of_run(place, run)]
    places: dict[str, Target] = {}
    found = []
    for path in names:
        place_name, slash, name = path.rpartition("/")
        directory = place_name or slash or "."
        if directory not in places:
            places[directory] = target.find(directory)
        found.append((places[directory], name))
    return found
