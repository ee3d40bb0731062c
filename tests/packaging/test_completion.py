"""Completion is installed by the shells that have it, and completes in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests.packaging.building import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# types "pydb ret" and asks the shell for what it would offer, after its own start-up files
ASKS: Final = {
    "bash": """
        source ~/.bashrc
        COMP_WORDS=(pydb ret) COMP_CWORD=1
        $(complete -p pydb | sed "s/.*-F \\([^ ]*\\).*/\\1/") pydb
        printf "%s\\n" "${COMPREPLY[@]}"
    """,
    # a menu needs a terminal: what would be in it is printed; the first call of the file defines the function
    "zsh": """
        source ~/.zshrc
        _arguments() { print -rl -- $@ }
        words=(pydb ret) CURRENT=2
        autoload -Uz $_comps[pydb]
        $_comps[pydb]
        $_comps[pydb]
    """,
    "fish": "complete -C 'pydb ret'",
}


@pytest.fixture
def typed(tmp_path: Path) -> Callable[[str, str], str]:
    """Has a shell do a line in a home of its own, with pydb on its path."""
    home, tools = tmp_path / "home", tmp_path / "bin"
    home.mkdir()
    tools.mkdir()
    # which shell has called it is asked of the process above it: it may be no other's child
    (tools / "pydb").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pydb "$@"\n')
    (tools / "pydb").chmod(0o755)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "PG", "PYDB_"))},
        "HOME": str(home),
        "PATH": f"{tools}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "LC_ALL": "C.UTF-8",
    }

    def type_(shell: str, line: str) -> str:
        assert shutil.which(shell), f"no {shell}: apt-get install {shell}"
        done = subprocess.run(
            [shell, "-c", line],
            cwd=home,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return type_


@pytest.mark.parametrize("shell", sorted(ASKS))
def test_installed_by_the_shell_itself(typed: Callable[[str, str], str], shell: str) -> None:
    # the semicolon keeps the shell there: one command alone would take its place
    assert "installed" in typed(shell, "pydb --install-completion; true")
    assert "retention" in typed(shell, ASKS[shell])


@pytest.mark.parametrize("shell", sorted(ASKS))
def test_shown_for_who_keeps_it_elsewhere(
    typed: Callable[[str, str], str], shell: str, tmp_path: Path
) -> None:
    shown = tmp_path / f"completion.{shell}"
    shown.write_text(typed(shell, "pydb --show-completion; true"))
    assert "pydb" in shown.read_text()
    typed(shell, f"{shell} -n {shown}")
