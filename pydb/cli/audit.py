"""``pydb audit``: head, seal, verify."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pydb.cli import _output
from pydb.errors import ExitCode, UsageError

app = typer.Typer(help="The audit log, sealed in blocks: head, seal, verify.", no_args_is_help=True)


@app.command()
def head(ctx: typer.Context) -> None:
    """Print the end of the chain, block:hash: to be kept where who owns the database does not write.

    Exit code 1 where nothing has been sealed yet.
    """
    from pydb import audit

    with _output.connect(ctx) as conn:
        found = audit.head(conn)
    code = ExitCode.DONE if found else ExitCode.ATTENTION
    document = {"head": str(found), **asdict(found)} if found else {"head": None}
    if not _output.emit(ctx, "audit.head", document, exit_code=code):
        if found:
            _output.out(str(found))
        else:
            _output.say("nothing has been sealed yet: pydb audit seal")
    raise typer.Exit(code)


@app.command()
def seal(
    ctx: typer.Context,
    *,
    for_: Annotated[
        str | None, typer.Option("--for", metavar="INTERVAL", help="Go on so long: '1 hour'; else once.")
    ] = None,
) -> None:
    """Seal what was entered into the audit log since the last block."""
    from pydb import audit

    with _output.connect(ctx) as conn:
        audit.seal(conn, for_)
        found = audit.head(conn)
    if not _output.emit(ctx, "audit.seal", {"head": str(found) if found else None}):
        _output.out(f"sealed up to {found}" if found else "there is nothing to seal yet")


@app.command()
def verify(
    ctx: typer.Context,
    *,
    heads: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Heads that were kept elsewhere, one a line, as audit head prints."
        ),
    ] = None,
    archive: Annotated[
        str | None,
        typer.Option(metavar="DIRECTORY", help="Archive files, whose manifests hold the heads of their day."),
    ] = None,
) -> None:
    """Hold the audit log against its seals: what was edited, deleted, inserted, or sealed anew.

    Exit code 2 where it is not what was sealed. What is found right is noted: doctor does not look again.
    """
    from pydb import audit
    from pydb.errors import RunFailed

    kept = _heads(heads, archive)
    said = ""
    with _output.connect(ctx) as conn:
        found = audit.verify(conn, kept)
        if not found:
            try:
                said = audit.verified(conn, kept)
            except RunFailed:  # between the two looks
                found = audit.verify(conn, kept)
    code = ExitCode.FAILED if found else ExitCode.DONE
    document = {"heads": len(kept), "findings": [asdict(one) for one in found]}
    if not _output.emit(ctx, "audit.verify", document, exit_code=code):
        for one in found:
            row = f", row {one.audit_id}" if one.audit_id is not None else ""
            _output.out(f"{one.finding}: block {one.block}{row}: {one.detail}")
        if said:
            _output.out(f"{said}, {len(kept)} heads from elsewhere")
    raise typer.Exit(code)


def _heads(file: str | None, archive: str | None) -> list[str]:
    from pydb import audit

    found: list[str] = []
    if file is not None:
        try:
            found += Path(file).read_text("utf-8").split()
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot read {file}: {error}") from None
    if archive is not None:
        from pydb.archive import manifest

        try:
            paths = sorted(Path(archive).iterdir())
        except OSError as error:
            raise UsageError(f"cannot read {archive}: {error}") from None
        for path in paths:
            if path.name.endswith(manifest.MANIFEST):
                try:
                    known = manifest.parse(path.read_bytes())
                except (OSError, manifest.BadManifest) as error:
                    _output.say(f"{path.name}: {error}")
                else:
                    found += [known.audit_head] if known.audit_head else []
    for one in found:
        if not re.fullmatch(audit.HEAD, one):
            raise UsageError(f"{one!r} is no head", detail="It is block:hash, as pydb audit head prints it.")
    return list(dict.fromkeys(found))
