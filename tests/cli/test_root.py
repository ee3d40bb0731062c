"""The command itself: version, help, options in both places, completion, size."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from pydb import __version__
from pydb.cli import COMMANDS, _build
from tests.cli.conftest import COMMAND, ROOT, Cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Connection


def tree(name: str) -> Iterator[tuple[str, Any]]:
    """The click objects of a command and of all below it."""
    root: Any = _build()
    command = root if name == "pydb" else root.get_command(None, name)
    yield name, command
    if command is not root:
        for sub_name, sub in getattr(command, "commands", {}).items():
            yield f"{name} {sub_name}", sub


def processor_time() -> float:
    """Seconds that our ended children have had; how long that takes depends on who else works."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_version_is_fast() -> None:
    took = []
    for _ in range(5):
        start = processor_time()
        done = subprocess.run(
            [*COMMAND, "--version"], capture_output=True, text=True, check=True, cwd=ROOT, timeout=60
        )
        took.append(processor_time() - start)
        assert done.stdout == f"pydb {__version__}\n"
    assert min(took) < 0.25


def test_version_after_another_option(bare_cli: Cli) -> None:
    assert bare_cli("--verbose", "--version").out == f"pydb {__version__}\n"


def test_help_of_a_command_without_commands_below_it_names_none(bare_cli: Cli) -> None:
    result = bare_cli("doctor", "--help", COLUMNS="200")
    assert result.code == 0
    assert "pydb doctor [OPTIONS]" in result.out
    assert "COMMAND" not in result.out


def test_help_lists_every_command(bare_cli: Cli) -> None:
    result = bare_cli("--help", COLUMNS="200")
    assert result.code == 0
    for name in COMMANDS:
        assert name in result.out


@pytest.mark.parametrize("name", ["pydb", *COMMANDS])
def test_every_command_and_option_has_help_and_a_variable(name: str) -> None:
    for path, command in tree(name):
        assert command.help, path
        options = [param for param in command.params if param.param_type_name == "option"]
        for param in options:
            assert param.help, f"{path} {param.opts}"
            if param.name not in ("version", "install_completion", "show_completion", "all_databases"):
                given = param.envvar or param.allow_from_autoenv
                answers = param.name == "yes" and param.envvar is None
                assert bool(given) != answers, f"{path} {param.opts}"
            # the general rule is said once, below the help of the command itself
            assert param.show_envvar == (path == "pydb" and bool(param.envvar)), f"{path} {param.opts}"
        assert {"--dsn", "--json", "--verbose"} <= {opt for param in options for opt in param.opts}, path


def test_the_variable_of_an_option_works(cli: Cli) -> None:
    assert cli("policy", "list", PYDB_JSON="1").document["document"] == "policy.list"
    result = cli("retention", "log", PYDB_RETENTION_LOG_LIMIT="0")
    assert result.code == 64
    assert "limit" in result.err


@pytest.mark.parametrize(
    "args",
    [
        ["polcy"],
        ["policy", "nothing"],
        ["policy", "list", "--no-such"],
        ["policy", "list", "superfluous"],
        ["policy", "show"],
        ["retention", "run", "--max-rows", "many"],
        ["--no-such"],
    ],
)
def test_a_usage_error_exits_64(bare_cli: Cli, args: list[str]) -> None:
    result = bare_cli(*args)
    assert result.code == 64
    assert result.out == ""
    assert result.err


@pytest.mark.parametrize("args", [[], ["policy"], ["retention"]])
def test_no_command_shows_help_and_exits_64(bare_cli: Cli, args: list[str]) -> None:
    result = bare_cli(*args)
    assert result.code == 64
    assert "Usage: pydb" in result.out


def test_a_misspelt_command_is_guessed(bare_cli: Cli) -> None:
    assert "Did you mean 'policy'" in bare_cli("polcy").err


def test_a_usage_error_is_a_document_too(bare_cli: Cli) -> None:
    result = bare_cli("policy", "list", "--no-such", "--json")
    assert result.code == 64
    assert "--no-such" in str(result.error["message"])


def test_global_options_before_and_after_the_command(dsn: str, bare_cli: Cli) -> None:
    before = bare_cli("--json", "--dsn", dsn, "policy", "list")
    after = bare_cli("policy", "list", "--json", "--dsn", dsn)
    between = bare_cli("policy", "--dsn", dsn, "list", "--json")
    assert before == after == between
    assert before.document["document"] == "policy.list"


def test_the_command_line_wins_over_the_environment(dsn: str, bare_cli: Cli) -> None:
    wrong = "host=/nowhere dbname=x"
    assert bare_cli("--dsn", dsn, "policy", "list", PYDB_DSN=wrong).code == 0
    assert bare_cli("policy", "list", "--dsn", dsn, PYDB_DSN=wrong).code == 0
    assert bare_cli("policy", "list", PYDB_DSN=wrong).code == 69


def test_libpq_variables_are_honoured(bare_cli: Cli, dsn: str) -> None:
    parts = conninfo_to_dict(dsn)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
    bare_cli.env |= {variable: str(parts[name]) for name, variable in names.items()}
    assert bare_cli("policy", "list").code == 0


def test_a_service_file_is_honoured(bare_cli: Cli, dsn: str, tmp_path: Path) -> None:
    parts = conninfo_to_dict(dsn)
    lines = [f"{name}={parts[name]}" for name in ("host", "port", "user", "dbname")]
    (tmp_path / "services").write_text("\n".join(["[mine]", *lines, ""]))
    bare_cli.env |= {"PGSERVICEFILE": str(tmp_path / "services")}
    assert bare_cli("policy", "list", "--dsn", "service=mine").code == 0
    assert bare_cli("policy", "list", PGSERVICE="mine").code == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [("pydb ret", "retention"), ("pydb retention ", "plan"), ("pydb policy apply --pr", "--prune")],
)
def test_shell_completion(bare_cli: Cli, words: str, expected: str) -> None:
    count = str(len(words.split(" ")) - 1)
    result = bare_cli(_PYDB_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=count)
    assert expected in result.out.split()


def test_a_closed_pipe_is_no_error(cli: Cli) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*COMMAND, "policy", "list", "--json"],
        stdout=writer,
        stderr=subprocess.PIPE,
        env=cli.env,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_memory_stays_small(cli: Cli) -> None:
    # a small process between: what a child inherits from this one would count as its own
    between = (
        "import resource, subprocess, sys;"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = cli.finish(cli.start("retention", "plan", below=[sys.executable, "-c", between]))
    assert done.code == 0
    assert 10 * 1024 < int(done.out) < 80 * 1024


def test_a_plan_imports_little(cli: Cli) -> None:
    """What takes long to import is for commands that need it; the rest is the driver and typer."""
    script = (
        "import sys; from pydb.cli import main; code = main(['retention', 'plan']);"
        "heavy = [m for m in ('pydantic', 'rich', 'sqlalchemy', 'alembic', 'tomllib') if m in sys.modules];"
        "peak = next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM'));"
        "print(code, heavy, int(peak) < 45 * 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=cli.env, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "0 [] True"


def test_an_interrupt_while_modules_are_imported_is_silent() -> None:
    script = (
        "import builtins, os, signal, sys; import pydb.__main__ as entry; real = builtins.__import__\n"
        "def load(name, *args, **more):\n"
        "    if name == 'pydb.cli': os.kill(os.getpid(), signal.SIGINT)\n"
        "    return real(name, *args, **more)\n"
        "builtins.__import__ = load; sys.argv = ['pydb', 'policy', 'list']; entry.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, cwd=ROOT, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_that_fits(name: str) -> None:
    for path, command in tree(name):
        if not getattr(command, "commands", {}):
            assert f"pydb {path}" in command.epilog
            words = re.findall(r" (--[a-z-]+)", command.epilog)
            assert set(words) <= {opt for param in command.params for opt in param.opts}, path


def test_help_has_an_example_and_no_variables(bare_cli: Cli) -> None:
    shown = bare_cli("policy", "set", "--help", COLUMNS="200").out
    assert "pydb policy set events app.event created_at" in shown
    assert "PYDB_" not in shown


def test_names_are_completed(cli: Cli, events: Connection) -> None:
    events.execute("select from pydb.retention_policy_set('events', 'app.events', 'at', '30 days')")
    typed = "pydb retention plan ev"
    for dsn, names in ((cli.env["PYDB_DSN"], ["events"]), ("host=/nowhere", [])):
        done = cli(_PYDB_COMPLETE="complete_bash", COMP_WORDS=typed, COMP_CWORD="3", PYDB_DSN=dsn)
        assert done.out.split() == names
