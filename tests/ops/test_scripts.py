"""The scripts of ops: environments are made once; what is missing is said in one line."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from pydb.embedded.supervisor import Account

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ["ops/demo", "ops/check", "ops/tool", ".ci/run", "examples/alembic/deploy.sh"]
TOOLS = ["sh", "cat", "cksum", "cut", "dirname", "env", "grep", "id", "ls", "mkdir", "mktemp", "rm"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A project of its own with the real scripts, in a path with a space."""
    made = tmp_path / "a project"
    made.mkdir()
    shutil.copytree(ROOT / "ops", made / "ops")
    shutil.copy(ROOT / "pyproject.toml", made)
    return made


def sh(checkout: Path, script: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run shell text that has read ops/_common.sh, as ops/demo and ops/check do."""
    user = checkout / "ops/user"
    user.write_text(f'#!/bin/sh\n. "$(dirname -- "$0")/_common.sh"\n{script}\n')
    user.chmod(0o755)
    environment = {**os.environ, "PYDB_PYTHON": sys.executable, **({"PATH": path} if path else {})}
    if path:
        del environment["PYDB_PYTHON"]
    return subprocess.run([str(user)], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_is_executable_posix_sh(script: str) -> None:
    path = ROOT / script
    assert path.stat().st_mode & stat.S_IXUSR
    assert path.read_text().startswith("#!/bin/sh\n")
    subprocess.run(["/bin/sh", "-n", str(path)], check=True)


def test_ci_runs_the_check_and_nothing_else() -> None:
    lines = (ROOT / ".ci/run").read_text().splitlines()
    assert lines == ["#!/bin/sh", 'exec "$(dirname -- "$0")/../ops/check"']


def test_environment_is_made_once_and_anew_after_a_failure(checkout: Path) -> None:
    """In one: to make an environment takes four seconds of a processor."""
    # one that has a pip without the time that it takes to put one there
    venv.create(checkout / ".venv", with_pip=False)
    (packages,) = (checkout / ".venv").glob("lib/python*/site-packages")
    found = importlib.util.find_spec("pip")
    assert found is not None
    assert found.origin is not None
    (packages / "pip").symlink_to(Path(found.origin).parent)
    failed = sh(checkout, "make_env .venv x --no-index no-such-package-anywhere")
    assert failed.returncode != 0
    assert "No matching distribution found for no-such-package-anywhere" in failed.stderr
    left_over = checkout / ".venv/left-over"
    left_over.write_text("of an interrupted installation")

    make = "make_env .venv x --no-index pip; printf '%s' \"$env\""
    first = sh(checkout, make)
    assert first.returncode == 0, first.stderr
    assert not left_over.exists()
    assert first.stdout == str(checkout / ".venv")
    assert "making the Python environment" in first.stderr
    made = (checkout / ".venv/pyvenv.cfg").stat()

    second = sh(checkout, make)
    assert (second.stdout, second.stderr) == (first.stdout, "")

    with (checkout / "pyproject.toml").open("a") as project:
        project.write("# a new dependency\n")
    third = sh(checkout, make)
    assert "making the Python environment" in third.stderr
    assert (checkout / ".venv/pyvenv.cfg").stat().st_mtime_ns == made.st_mtime_ns


def test_checkout_of_someone_else_gets_its_environment_in_the_cache() -> None:
    account = Account.for_servers()  # no root: to him everything is writable
    done = subprocess.run(
        [
            "/bin/sh",
            "-c",
            (ROOT / "ops/_common.sh").read_text() + "\nroot=/usr; env_dir .venv",
            "/usr/bin/demo",
        ],
        env={"PATH": os.environ["PATH"], "XDG_CACHE_HOME": "/somewhere"},
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
        user=account.uid if account.switch else None,
    )
    assert done.stdout.startswith("/somewhere/pydb/")
    assert done.stdout.endswith(".venv")


@pytest.mark.parametrize("script", ["demo", "check"])
def test_missing_python_is_said_in_one_line(checkout: Path, tmp_path: Path, script: str) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, tool
        (tools / tool).symlink_to(found)
    if script == "check":  # system packages come first; what stands in for them is never run
        for tool in (
            "chromium",
            "curl",
            "fish",
            "git",
            "mandoc",
            "pgbouncer",
            "prometheus",
            "promtool",
            "zsh",
        ):
            (tools / tool).symlink_to("/bin/true")
    done = sh(checkout, f'. "$root/ops/{script}"', path=str(tools))
    assert done.returncode == 1
    assert "python3 python3-venv" in done.stderr
    assert not (checkout / ".venv").exists()


def test_tool_is_that_of_the_environment(checkout: Path) -> None:
    missing = subprocess.run(["ops/tool", "ruff"], cwd=checkout, capture_output=True, text=True, check=False)
    assert missing.returncode == 1
    assert missing.stderr.endswith("run once: ./ops/check --lint\n")
    tools = checkout / ".venv/bin"
    tools.mkdir(parents=True)
    (tools / "ruff").write_text('#!/bin/sh\nprintf "%s|" "$@"; exit 3\n')
    (tools / "ruff").chmod(0o755)
    done = subprocess.run(
        ["ops/tool", "ruff", "a b", "c"], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "a b|c|", "")


def test_a_service_has_more_than_the_demo_needs_and_the_demo_does_not_wait_for_it(checkout: Path) -> None:
    environment = checkout / ".venv"
    (environment / "bin").mkdir(parents=True)
    python = environment / "bin/python"
    python.write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    python.chmod(0o755)
    sum_of = sh(checkout, 'cksum <"$root/pyproject.toml"').stdout.strip()
    for args, stamp, wanted in (
        (["--rows", "5", "--json"], "demo", "-e .[embedded]"),
        (["--dsn", "host=db-1 dbname=a-b"], "demo", "-e .[embedded]"),
        (["weather-archive", "--rows", "5"], "demo-service", "-e .[demo]"),
        (["--json", "telemetry-lab", "--limit", "memory=3"], "demo-service", "-e .[demo]"),
    ):
        for file in environment.glob(".installed-*"):
            file.unlink()
        (environment / f".installed-{stamp}").write_text(f"{checkout} {wanted} {sum_of}\n")
        done = subprocess.run(["ops/demo", *args], cwd=checkout, capture_output=True, text=True, check=False)
        assert done.stdout == "|".join(["-P", "-m", "pydb", "demo", *args, ""]), done.stderr
