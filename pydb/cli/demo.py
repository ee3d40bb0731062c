"""``pydb demo``: the example on a server of its own, from the dry run to the proof; or a service."""

from __future__ import annotations

import shlex
import shutil
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pydb import __version__
from pydb.cli import _output
from pydb.errors import ExitCode, PydbError, UsageError

if TYPE_CHECKING:
    from pydb.demo.proof import Line
    from pydb.demo.runner import Result
    from pydb.demo.screen import Screen
    from pydb.embedded import Server

app = typer.Typer(help="Load the example schema; show a retention run and a cascade on it.")

_ROWS = 1_000_000


def _services(incomplete: str) -> list[str]:
    """Names of services that begin so, for the shell to complete."""
    from pydb.demo.services import SERVICES

    return [name for name in SERVICES if name.startswith(incomplete)]


# the server is thrown away at the end: nothing has to reach the disk
_SETTINGS: dict[str, str | int | bool] = {
    "fsync": False,
    "full_page_writes": False,
    "synchronous_commit": False,
    "wal_level": "minimal",
    "max_wal_senders": 0,
}


@app.command()
def demo(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            autocompletion=_services,
            show_default=False,
            metavar="[NAME]",
            help="One of the services of --list, instead: it proves its claims, in a table.",
        ),
    ] = None,
    *,
    names: Annotated[bool, typer.Option("--list", help="Name the services.")] = False,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Leave the server up at the end, until Ctrl-C, and say how to use it."),
    ] = False,
    dsn: Annotated[
        str | None,
        typer.Option(
            show_default=False,
            help="Run in this database instead of a server of its own; refused if it has a schema telemetry "
            "or trading. PYDB_DSN is not used here: the demo never lands in a database by accident.",
        ),
    ] = None,
    rows: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=100_000_000,
            show_default=False,
            help="About how many rows the example has: a million, or what the service is meant for.",
        ),
    ] = None,
    limit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            show_default=False,
            help="Of a service: another limit of one proof, by its key (in --json), as often as needed.",
        ),
    ] = None,
    stop: Annotated[
        bool, typer.Option("--stop", help="Of a service: end at the first claim that does not hold.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --dsn: do not ask.")] = False,
) -> None:
    """Load an example of a million rows, prune it, delete a data set with everything below it, and prove it.

    Starts a PostgreSQL of its own in a temporary directory, on a private socket, and removes it at the end.
    Exit code 0 only if the proof holds, else 2. With a NAME, 1 if one of its claims does not hold.
    """
    if names:
        _list(ctx)
        return
    if name is not None:
        if dsn is not None or _dsn_of_root(ctx) is not None or keep:
            raise UsageError("a service has a server of its own, which goes away: no --dsn, no --keep")
        raise typer.Exit(_service(ctx, name, rows, limit or [], stop=stop))
    if limit or stop:
        raise UsageError("--limit and --stop are for a service", hint="pydb demo --list")
    rows = rows if rows is not None else _ROWS
    talk = sys.stderr if _output.settings(ctx).json else sys.stdout
    # before the imports that take long: someone waits
    talk.write(f"pydb {__version__} demo: prune two services, delete a data set, and prove what was done\n")
    talk.flush()
    dsn = dsn if dsn is not None else _dsn_of_root(ctx)
    if dsn is not None and keep:
        raise UsageError("--keep is for the demo's own server: with --dsn everything stays where it is")
    from pydb.demo.screen import Screen

    screen = Screen(talk)
    code = (
        _in_database(ctx, dsn, rows, yes, screen) if dsn is not None else _on_server(ctx, rows, keep, screen)
    )
    raise typer.Exit(code)


def _list(ctx: typer.Context) -> None:
    from pydb.demo.services import SERVICES

    document = {"services": list(SERVICES.values())}
    if not _output.emit(ctx, "demo-list", document):
        rows = [(entry.name, entry.what, entry.rows) for entry in SERVICES.values()]
        _output.table(("service", "what it proves", "rows"), rows, right={"rows"}, prose={"what it proves"})
        _output.say("next: pydb demo SERVICE; in a checkout ./ops/demo SERVICE, which installs what it needs")


def _service(ctx: typer.Context, name: str, rows: int | None, limit: list[str], *, stop: bool) -> int:
    from pydb.demo import services

    entry = services.find(name)
    talk = sys.stderr if _output.settings(ctx).json else sys.stdout
    talk.write(f"pydb {__version__} demo {entry.name}: {entry.what}\n")
    talk.flush()
    from pydb.demo.screen import Screen
    from pydb.demo.services import runner, stage
    from pydb.embedded import ServerError

    limits = stage.parse_limits(limit)
    try:
        result = runner.run(entry, Screen(talk), rows=rows, limits=limits, stop=stop)
    except ServerError as error:
        raise _refusal(error) from error
    code = ExitCode.DONE if result.holds else ExitCode.ATTENTION
    _output.emit(ctx, "demo-service", asdict(result), exit_code=code)
    return code


def _refusal(error: Exception) -> PydbError:
    head, _, rest = str(error).partition("\nhint: ")
    return PydbError(head, hint=rest or None)


def _dsn_of_root(ctx: typer.Context) -> str | None:
    """The global ``--dsn`` if it was typed before the sub-command; the environment does not count."""
    source = getattr(ctx.find_root().get_parameter_source("dsn"), "name", "")
    return _output.settings(ctx).dsn if source == "COMMANDLINE" else None


def _on_server(ctx: typer.Context, rows: int, keep: bool, screen: Screen) -> int:
    import time

    from pydb import db
    from pydb.demo import example, runner
    from pydb.embedded import Server, ServerError

    started = time.monotonic()
    try:
        with Server(settings=_SETTINGS) as server:
            screen.step("A PostgreSQL of its own: temporary, on a private socket, gone at the end")
            with db.connect(server.dsn()) as conn:
                db.run_script(conn, example.script("database.sql"))
                version = conn.info.server_version
            took = time.monotonic() - started
            screen.say(f"PostgreSQL {version // 10000}.{version % 10000}, {took:.1f} s")
            result = runner.demonstrate(server.dsn("demo"), rows, screen)
            code = _finish(ctx, result)
            if keep:
                _keep(server, screen)
            else:
                screen.step("What to try next")
                screen.say(f"{_command()} demo --keep     leaves the server up and says how to look around")
                screen.say(f"{_command()} demo --rows 5000000")
                screen.say(f"{_command()} --help")
    except ServerError as error:
        raise _refusal(error) from error
    return code


def _in_database(ctx: typer.Context, dsn: str, rows: int, yes: bool, screen: Screen) -> int:
    from pydb import db
    from pydb.demo import dataset, runner

    with db.connect(dsn) as conn:
        name = conn.info.dbname
        runner.refuse_if_in_use(conn, name)
    question = f"Install pydb, the schemas telemetry and trading, and their policies in database {name}?"
    if not _output.confirm(question, yes=yes):
        raise typer.Abort
    result = runner.demonstrate(dsn, rows, screen)
    code = _finish(ctx, result)
    screen.step("What to try next")
    screen.say("export PYDB_DSN=…    (what you gave as --dsn)")
    for line in _to_try(_command(), "psql"):
        screen.say(line)
    screen.say()
    screen.say(f"Everything stays in database {name}. To take it away again:")
    if result.installed:
        # the key of the request of the demo is live still
        screen.say(f"{_command()} migrate down --to base --yes --destroy-data")
    else:
        policies = " ".join(dict.fromkeys(run.subject for run in result.runs))
        screen.say(f"for policy in {policies}; do {_command()} policy drop --yes $policy; done")
        screen.say(f"{_command()} entity drop --yes {dataset.ENTITY}")
        references = " ".join(f"{child}.dataset_id_ref" for child in dataset.LOGICAL)
        screen.say(f"for reference in {references}; do {_command()} reference drop --yes $reference; done")
    screen.say("psql \"$PYDB_DSN\" -c 'drop schema telemetry, trading cascade'")
    return code


def _finish(ctx: typer.Context, result: Result) -> int:
    code = ExitCode.DONE if result.holds else ExitCode.FAILED
    document = {
        "holds": result.holds,
        "relations": [_line(line) for line in result.lines],
        "dataset": [_line(line) for line in result.dataset],
        "runs": result.runs,
    }
    _output.emit(ctx, "demo", document, exit_code=code)
    return code


def _line(line: Line) -> dict[str, object]:
    return {
        "relation": line.relation,
        "before": line.before,
        "planned": line.planned,
        "deleted": line.deleted,
        "locked": line.locked,
        "left": line.left,
        "equal": line.holds,
    }


def _keep(server: Server, screen: Screen) -> None:
    """Say how to use the server and wait for Ctrl-C (or SIGTERM), which is no error here."""
    screen.step("The server stays up: try, in another terminal")
    screen.say(f"export PYDB_DSN={shlex.quote(server.dsn('demo'))}")
    psql = "psql" if shutil.which("psql") else str(server.bin_dir / "psql")
    for line in _to_try(_command(), shlex.quote(psql)):
        screen.say(line)
    screen.say()
    screen.say("Ctrl-C stops the server and removes its data.")
    ended = threading.Event()
    try:
        while server.pid is not None:
            ended.wait(0.5)
    except KeyboardInterrupt:
        screen.say("stopped")
        return
    raise PydbError("the server ended by itself", hint=f"see its log: {server.log}")


def _to_try(pydb: str, psql: str) -> list[str]:
    return [
        f"{pydb} retention plan",
        f"{pydb} retention log",
        f'{psql} "$PYDB_DSN" -c "table pydb.retention_job_log"',
        f"{pydb} cascade plan dataset 43",
    ]


def _command() -> str:
    """How this program can be called again from a shell."""
    beside = Path(sys.executable).parent / "pydb"
    if not beside.exists():
        return f"{shlex.quote(sys.executable)} -m pydb"
    return "pydb" if shutil.which("pydb") == str(beside) else shlex.quote(str(beside))
