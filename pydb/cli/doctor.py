"""``pydb doctor``: what is set up, what is missing, and the line that fixes it."""

from __future__ import annotations

from dataclasses import asdict

import typer

from pydb.cli import _output

app = typer.Typer()

_MARKS = {"ok": "ok", "degraded": "DEGRADED", "error": "ERROR", "unknown": "UNKNOWN"}


@app.command()
def doctor(ctx: typer.Context) -> None:
    """Say what is set up, what is missing, and the line that fixes it.

    Exit codes as monitoring reads them: 0 ok, 1 degraded, 2 error, 3 unknown; the worst finding decides, in
    the order error, unknown, degraded, ok. Works without pydb in the database, and without a database.
    """
    from pydb import health

    findings = health.examine(_output.settings(ctx).dsn)
    status = health.overall(findings)
    code = health.exit_code(status)
    document = {"status": status, "findings": [asdict(finding) for finding in findings]}
    if not _output.emit(ctx, "doctor", document, exit_code=code):
        for finding in findings:
            told = f"{_MARKS[finding.status]:<9} {finding.component}: {finding.summary}"
            _output.paragraph(told, indent=" " * 12)
            if finding.detail:
                _output.paragraph(f"{'':<9}   {finding.detail}", indent=" " * 12)
            if finding.hint:
                _output.out(f"{'':<9}   -> {finding.hint}")
        _output.out(f"overall: {status}")
    raise typer.Exit(code)
