"""What ops/check does about failed tests: a few run once more, alone, and those that pass then are named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

OPS = Path(__file__).resolve().parents[2] / "ops"
# a test that fails the first time that it runs, one that always fails, one that passes
TESTS = """
import pathlib
import pytest

def first_time(name):
    mark = pathlib.Path("ran_" + name)
    there = mark.exists()
    mark.touch()
    return not there

@pytest.mark.parametrize("name", {racing})
def test_race(name):
    assert not first_time(name)

@pytest.mark.parametrize("name", {broken})
def test_broken(name):
    first_time(name)
    assert False

def test_fine():
    assert first_time("fine"), "ran twice"
"""
LOUD = "failed beside the others and passed alone"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of its own, in a path with a space."""
    made = tmp_path / "a project"
    made.mkdir()
    for name in ("_common.sh", "_tests.sh"):
        (made / "ops").mkdir(exist_ok=True)
        shutil.copy(OPS / name, made / "ops")
    (made / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    return made


def check(
    project: Path, *args: str, racing: int = 0, broken: int = 0, fail_rerun: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run that many tests that fail once, and that many that always fail, as ops/check does.

    In one process, which is quicker, unless it is told ``-n1``.
    """
    names = [f"a b[{number}]" for number in range(racing)], [f"broken{number}" for number in range(broken)]
    (project / "test_it.py").write_text(TESTS.format(racing=names[0], broken=names[1]))
    words = project / "words"
    words.mkdir()
    script = project / "ops/run"
    script.write_text(
        '#!/bin/sh\n. "$(dirname -- "$0")/_common.sh"\n. "$(dirname -- "$0")/_tests.sh"\n'
        f'python={sys.executable}\nwords="$root/words"\nfail_rerun={fail_rerun}\ncd -- "$root"\n'
        'run_tests -n 0 "$@" || exit $?\n'
    )
    script.chmod(0o755)
    # of the plugins the one that runs tests beside each other: to load all takes longer than these tests
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist.plugin"}
    return subprocess.run([str(script), *args], env=env, capture_output=True, text=True, check=False)


def test_what_passes_alone_is_named_and_no_failure(project: Path) -> None:
    done = check(project, "-n1", racing=5)
    assert done.returncode == 0, done.stdout + done.stderr
    assert LOUD in done.stderr
    said = [line.removeprefix("pydb:").strip() for line in done.stderr.splitlines() if "test_it.py::" in line]
    assert sorted(said) == [f"test_it.py::test_race[a b[{number}]]" for number in range(5)]
    assert "5 passed" in done.stdout.splitlines()[-1]


def test_what_passes_alone_is_a_failure_for_who_wants_it(project: Path) -> None:
    done = check(project, racing=1, fail_rerun="yes")
    assert (done.returncode, LOUD in done.stderr) == (1, True)


def test_what_fails_again_is_a_failure_and_not_named_among_those(project: Path) -> None:
    done = check(project, racing=1, broken=1)
    assert (done.returncode, LOUD in done.stderr) == (1, True)
    assert "test_it.py::test_race" in done.stderr
    assert "test_it.py::test_broken" not in done.stderr
    assert "1 failed, 1 passed" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("args", "racing", "code"),
    [
        pytest.param([], 6, 1, id="too many for chance"),
        # the tests behind the first failure have not run
        pytest.param(["-n1", "-qx"], 1, 2, id="-x"),
        pytest.param(["-n1", "--maxfail=1"], 1, 2, id="--maxfail"),
        pytest.param(["-k", "nothing"], 1, 5, id="no tests"),
        pytest.param(["--no-such-option"], 1, 4, id="usage"),
    ],
)
def test_nothing_runs_again(project: Path, args: list[str], racing: int, code: int) -> None:
    done = check(project, *args, racing=racing)
    assert (done.returncode, "once more" in done.stderr, LOUD in done.stderr) == (code, False, False)


def test_what_failed_in_an_earlier_run_does_not_count(project: Path) -> None:
    kept = project / ".pytest_cache/v/cache/lastfailed"
    kept.parent.mkdir(parents=True)
    kept.write_text('{"test_other.py::test_old": true}')
    assert check(project, broken=1).returncode == 1
    assert "test_old" not in kept.read_text()
