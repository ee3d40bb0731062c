"""``pydb events``: follow, publish, status."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pydb.cli import _output
from pydb.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from pydb.events import Event

app = typer.Typer(help="Events: follow them, publish what was committed, status.", no_args_is_help=True)


@app.command()
def follow(
    ctx: typer.Context,
    *,
    topic: Annotated[
        list[str] | None, typer.Option(metavar="TOPIC", help="Only of this topic; may be given again.")
    ] = None,
    workspace: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only of this part of the application.")
    ] = None,
    since: Annotated[
        int | None,
        typer.Option(
            metavar="ID", min=0, help="From after this position on; 0 = all that are kept. Else from now on."
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="End after so many events.")] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Print what is there, and end.")] = False,
) -> None:
    """Print events as they come, one a line: position, time, topic, workspace, payload.

    With --json one object a line. An event of topic reset says that events after --since are gone.
    """
    from pydb import events

    chosen = tuple(topic or ())
    left = limit
    if no_wait:
        if since is None:
            raise UsageError("--no-wait needs --since", hint="pydb events follow --since 0 --no-wait")
        with _output.connect(ctx) as conn:
            while found := events.read(conn, since, topics=chosen, workspace=workspace, limit=left or 1000):
                for event in found:
                    _print(ctx, event)
                since = found[-1].position
                if left is not None:
                    left -= len(found)
                    if left <= 0:
                        return
        return
    _output.connect(ctx).close()  # who cannot connect at all is told at once
    for event in events.follow(_output.settings(ctx).dsn, topics=chosen, workspace=workspace, since=since):
        _print(ctx, event)
        if left is not None:
            left -= 1
            if left <= 0:
                return


def _print(ctx: typer.Context, event: Event) -> None:
    if _output.settings(ctx).json:
        _output.out(json.dumps(event.document(), ensure_ascii=False))
    else:
        at = _output.show(event.created_at)
        payload = json.dumps(event.payload, ensure_ascii=False)
        _output.out(f"{event.position}  {at}  {event.topic}  {event.workspace or '-'}  {payload}")


@app.command()
def publish(
    ctx: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", help="Publish what is there now, and end.")] = False,
) -> None:
    """Publish what was committed, until it is stopped: give events their positions, and ring.

    Any number of these may run; one of them works. pydb serve does the same.
    """
    from pydb import events

    publisher = events.Publisher(_output.settings(ctx).dsn, notify=_output.say)
    if once:
        with _output.connect(ctx) as conn:
            published = publisher.once(conn)
        if not _output.emit(ctx, "events.publish", {"published": published}):
            _output.out(f"published {published} event{'' if published == 1 else 's'}")
        return
    _output.connect(ctx).close()
    _output.say("publishing; Ctrl-C ends it")
    publisher.run()


@app.command()
def status(ctx: typer.Context) -> None:
    """Say how far the stream is, what waits to be published, and who holds it back.

    Exit code 1 where events have waited for more than 10 seconds.
    """
    from pydb import events

    with _output.connect(ctx) as conn:
        found = events.status(conn)
    code = ExitCode.DONE if found.reason_code == "ok" else ExitCode.ATTENTION
    if not _output.emit(ctx, "events.status", asdict(found), exit_code=code):
        _output.paragraph(found.summary)
        if found.position >= found.oldest:
            _output.out(f"kept: {found.oldest} to {found.position}")
    raise typer.Exit(code)
