"""The ``pydb`` command: root app, global options, lazy loading of sub-commands, exit codes.

A module of this package is the sub-command of its name (:data:`COMMANDS`). One that begins with an underscore
is none: it holds what sub-commands share, or the half of one that would be too long.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_command

from pydb.cli import _databases, _examples, _light, _output
from pydb.errors import ExitCode, Interrupted, PydbError, UsageError

if TYPE_CHECKING:
    from types import FrameType

# Each is the module pydb.cli.<name> with an ``app``; imported when it is used.
COMMANDS: dict[str, str] = {
    "migrate": "Install pydb in a database, upgrade it, look for drift.",
    "policy": "Retention policies: set, apply a file, export, list, show, drop.",
    "retention": "Delete what has expired: plan, run, log, pause, resume.",
    "reference": "References between tables: set, list, suggest, drop logical ones.",
    "entity": "Named roots of cascades: set, list, drop.",
    "hold": "Rows that nothing deletes: place, release, list, show, override holds.",
    "cascade": "Delete rows with everything below them: plan, delete, jobs, resume.",
    "erasure": "What was erased, for good: list, verify, export, and replay after a restore.",
    "orphans": "Rows whose parent is missing: scan, check, list, repair, restore, close.",
    "archive": "What was deleted, kept: files exported, verified, imported.",
    "idempotency": "Idempotency keys: list, show, reset, resolve, prune, stats.",
    "audit": "The audit log, sealed in blocks: head, seal, verify.",
    "guard": "May pydb delete here, and are tables as they were: status, allow, drift, set.",
    "runs": "Runs of every kind: list, show.",
    "schedule": "Schedule what runs by itself: pg_cron made to follow, or a process here.",
    "governor": "What runs look at before a batch: list, set, drop.",
    "events": "Events: follow them, publish what was committed, status.",
    "space": "What deleted rows leave in files, what holds vacuum back, what returns it.",
    "window": "Hours in which runs may work: set, list, drop.",
    "setting": "Settings of pydb in a database: list, set.",
    "health": "Say whether it is well now, as monitoring plug-ins do.",
    "metrics": "Print the metrics of pydb for Prometheus.",
    "serve": "Pages, an admin API and probes over one database, for a browser.",
    "doctor": "Say what is set up, what is missing, and the line that fixes it.",
    "demo": "Load the example schema; show a retention run and a cascade on it.",
}

EPILOG = (
    "Exit codes: 0 done, 1 attention (partial, blocked, skipped, drift), 2 failed, 3 unknown, 64 usage, "
    "69 database unavailable, 77 missing privilege, 130 interrupted. "
    "Options have variables too (but --yes): PYDB_RETENTION_LOG_LIMIT is --limit of pydb retention log."
)

_DSN_HELP = (
    "Database: URI or key/value text; without it libpq's PG* variables and service file. "
    "A password is better kept in PYDB_DSN or ~/.pgpass: others can see command lines."
)

_COMPLETION = ("install_completion", "show_completion")

# ClickException, which typer carries with it or takes from click, depending on its version
_ClickError: type[Exception] = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")


def _global_options(
    dsn: Annotated[
        str | None,
        typer.Option(
            envvar="PYDB_DSN",
            show_envvar=True,
            show_default=False,
            metavar="DSN",
            help=_DSN_HELP,
        ),
    ] = None,
    all_databases: Annotated[
        bool,
        typer.Option(
            _databases.ALL,
            allow_from_autoenv=False,
            help="In every database of the server that has pydb, one after the other; or give --dsn several "
            "times. The exit code is the worst.",
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", envvar="PYDB_JSON", help="Print one JSON document on stdout.")
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", envvar="PYDB_VERBOSE", help="Show the server's notices and tracebacks."),
    ] = False,
) -> None:
    """Carrier of the options that are valid before and after the sub-command."""


def _store(ctx: Any, param: Any, value: Any) -> Any:
    """Keep a global option; after the sub-command only what was typed counts, the environment came first."""
    source = getattr(ctx.get_parameter_source(param.name), "name", "DEFAULT")
    if source == "COMMANDLINE" or (source == "ENVIRONMENT" and ctx.parent is None):
        setattr(ctx.find_root().obj, {"as_json": "json"}.get(param.name, param.name), value)
    return value


def _with_global_options(command: Any, *, below: bool = True) -> Any:
    """Add the global options to a command and to all below it; the commands themselves need not know."""
    carrier = typer.Typer(add_completion=False)
    carrier.command()(_global_options)
    taken = {opt for param in command.params for opt in param.opts}
    for param in get_command(carrier).params:
        if not taken.intersection(param.opts):
            param.expose_value = False
            param.callback = _store
            if below and param.name == "dsn":
                shown: Any = param
                shown.help = "Database, as URI or key/value text; of several, one after the other."
            elif below and param.name == "all_databases":
                shown = param
                shown.help = "In every database of the server that has pydb."
            command.params.append(param)
    for param in command.params:
        if param.param_type_name == "option" and (below or param.envvar is None):
            param.show_envvar = (
                False  # they exist, PYDB_ and the words of the command line; the root's help says it
            )
        if param.name == "yes":
            param.allow_from_autoenv = (
                False  # a question is answered by who types, not by what was exported once
            )
    if below:
        for child in getattr(command, "commands", {}).values():
            _with_global_options(child)
    return command


def _with_examples(command: Any, path: str) -> None:
    """Put examples below the help of a command and of all below it."""
    below = getattr(command, "commands", {})
    if not below:
        command.epilog = _examples.epilog(path)
    for name, child in below.items():
        _with_examples(child, f"{path} {name}")


class _Root(TyperGroup):
    """Imports a sub-command when it is called; help and completion list them without importing any."""

    _listing = False

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return list(self.commands)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        if self._listing:
            return self.commands[cmd_name]
        command = get_command(import_module(f"pydb.cli.{cmd_name}").app)
        command.name = cmd_name
        command.params = [
            p for p in command.params if p.name not in ("install_completion", "show_completion")
        ]
        command = _with_global_options(command)
        _with_examples(command, cmd_name)
        _light.lighten(command)
        return command

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self._listing = True
        super().format_help(ctx, formatter)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        self._listing = True
        return super().shell_complete(ctx, incomplete)


def _build() -> Any:
    app = typer.Typer(
        cls=_Root,
        name="pydb",
        no_args_is_help=True,
        epilog=EPILOG,
        context_settings={"auto_envvar_prefix": "PYDB", "help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def root(
        version: Annotated[
            bool,
            typer.Option(
                "--version",
                is_eager=True,
                callback=_version,
                allow_from_autoenv=False,  # PYDB_VERSION is a likely variable of a container
                help="Print the version.",
            ),
        ] = False,
    ) -> None:
        """Data lifecycle for PostgreSQL, inside PostgreSQL."""

    for name, help_text in COMMANDS.items():
        app.add_typer(typer.Typer(help=help_text), name=name)  # stands in for it in lists
    command: Any = get_command(app)
    for param in command.params:
        if param.name in _COMPLETION:
            param.allow_from_autoenv = False
    command = _with_global_options(command, below=False)
    _light.lighten_one(command)
    return command


def _version(value: bool) -> None:
    if value:
        from pydb import __version__

        _output.out(f"pydb {__version__}")
        raise typer.Exit


def _terminate(_signum: int, _frame: FrameType | None) -> NoReturn:
    """SIGTERM and SIGHUP end a command as Ctrl-C does: the running statement is cancelled first."""
    raise KeyboardInterrupt


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code and lets no traceback through without ``--verbose``."""
    args = sys.argv[1:] if argv is None else argv
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays nohup
            signal.signal(number, _terminate)
    if _databases.wanted(args):
        as_json = "--json" in args or _output.truth(os.environ.get("PYDB_JSON"))
        try:
            return _databases.each(args, lambda one: _invoke(one, _output.Settings()), as_json=as_json)
        except PydbError as error:
            return _output.report(error, as_json=as_json)
        except KeyboardInterrupt:
            return _output.report(Interrupted("interrupted"), as_json=as_json)
    return _invoke(args, _output.Settings())


def _invoke(args: list[str], chosen: _output.Settings) -> int:
    try:
        code = _build().main(args=args, prog_name="pydb", standalone_mode=False, obj=chosen)
    except PydbError as error:
        from pydb.cli import _words

        return _output.report(_words.retell(error, args), as_json=chosen.json)
    except (KeyboardInterrupt, typer.Abort):
        return _output.report(Interrupted("interrupted"), as_json=chosen.json)
    except _ClickError as error:
        return _usage(error, as_json=chosen.json or "--json" in args)
    except Exception as error:
        return _unexpected(error, chosen)
    if code == ExitCode.INTERRUPTED:
        return _output.report(Interrupted("interrupted"), as_json=chosen.json and not chosen.printed)
    return code if isinstance(code, int) else int(ExitCode.DONE)


def _usage(error: Any, *, as_json: bool) -> int:
    ctx = getattr(error, "ctx", None)
    message = str(error.format_message())
    if type(error).__name__ == "NoArgsIsHelpError":
        _output.say(message)
        return int(ExitCode.USAGE)
    hint = f"see: {ctx.command_path} --help" if ctx is not None else None
    if type(error).__name__ == "NoSuchOption":
        hint = f"{hint or ''}; a name that begins with a dash stands behind --".lstrip("; ")
    detail = ctx.command.get_usage(ctx).strip() if ctx is not None else None
    return _output.report(UsageError(message, detail=detail, hint=hint), as_json=as_json)


def _unexpected(error: Exception, chosen: _output.Settings) -> int:
    """Errors of the driver from any module are the user's to read; all others are defects of pydb."""
    if chosen.verbose:
        import traceback

        traceback.print_exc()
    psycopg = sys.modules.get("psycopg")
    origin: object = getattr(error, "orig", None) or error  # SQLAlchemy wraps the driver's error
    if psycopg is not None and isinstance(origin, psycopg.Error):
        from pydb.errors import from_psycopg

        return _output.report(from_psycopg(origin), as_json=chosen.json)
    hint = None if chosen.verbose else "repeat with --verbose for the traceback"
    defect = PydbError(f"internal error: {type(error).__name__}: {error}", hint=hint)
    return _output.report(defect, as_json=chosen.json)
