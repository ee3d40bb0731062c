"""``pydb metrics``: the metrics of a database for Prometheus."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  (typer looks at it)
from typing import Annotated

import typer

from pydb.cli import _output
from pydb.errors import DatabaseUnavailable, ExitCode

app = typer.Typer()


@app.command()
def metrics(
    ctx: typer.Context,
    openmetrics: Annotated[
        bool, typer.Option("--openmetrics", help="OpenMetrics 1.0 in place of the text format 0.0.4.")
    ] = False,
    textfile: Annotated[
        Path | None,
        typer.Option(
            "--textfile",
            metavar="PATH",
            help="Write it there, in one step: a .prom file in the directory of node_exporter's textfiles.",
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.1, max=600, help="Longest time of it all.")
    ] = 5.0,
) -> None:
    """Print the metrics of pydb as Prometheus reads them: view pydb.metric, and what the program knows.

    What is missing is marked: lifecycle_scrape_success 0 for a collector that failed or was out of time (exit
    code 1), lifecycle_up 0 for a database that cannot be reached (exit code 69). Needs the extra metrics: pip
    install '.[metrics]' in the source tree.
    """
    from pydb.health import metrics as domain

    code = ExitCode.DONE
    failure = None
    try:
        with _output.connect(ctx) as conn:
            text, missing = domain.scrape(conn, openmetrics=openmetrics, timeout=timeout)
        if missing:
            code = ExitCode.ATTENTION
            _output.say(f"missing: {', '.join(missing)}")
    except DatabaseUnavailable as error:
        text = domain.down(openmetrics=openmetrics)
        failure = error
    if textfile is not None:
        domain.write(textfile, text)
    if not _output.emit(ctx, "metrics", {"text": text.decode()}, exit_code=code) and textfile is None:
        _output.raw(text.decode())
    if failure is not None:
        raise failure
    raise typer.Exit(code)
