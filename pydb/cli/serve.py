"""``pydb serve``: pages, an admin API and probes over one database."""

from __future__ import annotations

import os
from pathlib import Path  # noqa: TC003 (typer reads it)
from typing import TYPE_CHECKING, Annotated

import typer

from pydb.cli import _output
from pydb.errors import UsageError

if TYPE_CHECKING:
    from pydb.web.settings import Settings

app = typer.Typer(help="Pages, an admin API and probes over one database.")

_MISSING = "in pydb's source tree: pip install '.[web]'"


@app.callback(invoke_without_command=True)
def serve(
    ctx: typer.Context,
    *,
    host: Annotated[str | None, typer.Option(help="Where to listen; without it 127.0.0.1.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="On which port; without it 8432. 0 takes a free one.")
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Tokens, one a line: TOKEN [WORKSPACE] [read]. Read again when it changes."
        ),
    ] = None,
    read_only: Annotated[
        bool | None, typer.Option("--read-only", help="Show, and refuse every action.")
    ] = None,
) -> None:
    """Show in a browser whether it is well, what runs, what is overdue, and act on it.

    It listens on this machine only, unless told otherwise. Without a token in the environment it makes one
    and prints it. All settings are variables PYDB_SERVE_…, see docs/serve.md. SIGTERM and Ctrl-C end it:
    requests in flight are answered, runs get PYDB_SERVE_DRAIN to end.
    """
    try:
        from pydb.web.serve import run
        from pydb.web.settings import Settings
    except ImportError as error:
        raise UsageError(f"pydb serve needs {error.name}", hint=_MISSING) from None

    chosen = Settings.from_environ(
        os.environ,
        dsn=_output.settings(ctx).dsn,
        host=host,
        port=port,
        token_file=token_file,
        read_only=None if read_only is None else "on" if read_only else "off",
    )
    raise typer.Exit(run(chosen, _say_start, lambda line: _output.say(f"pydb serve: {line}")))


def _say_start(settings: Settings, address: str, made: str | None) -> None:
    _output.say(f"pydb serve: {address}/admin/system/health")
    if made is not None:
        _output.say(f"token, for this server only: {made}")
    if not settings.is_loopback:
        _output.say("warning: other machines can reach it; put a proxy with TLS before it")
