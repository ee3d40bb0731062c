"""The hooks of .pre-commit-config.yaml: offline, content with the tree, not with the faults they are for."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / ".pre-commit-config.yaml"
# the environments of ./ops/check, caches, the history
IGNORED = shutil.ignore_patterns(".git", ".venv*", ".*_cache", "__pycache__", ".hypothesis")
FAULTS = {
    "ruff": ("pydb/fault.py", "import os\n"),
    "ruff-format": ("pydb/form.py", '"""Of no form."""\n\nx = ( 1 )\n'),
    "sqlfluff": ("sql/core/fault.sql", "SELECT 1;\n"),
    "shellcheck": ("ops/fault.sh", '#!/bin/sh\nfor f in $(ls); do echo "$f"; done\n'),
    "no-tabs": ("docs/fault.md", "a\tb\n"),
    "end-of-file": ("docs/end.md", "no newline"),
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of its own with a copy of this tree, because not every tree is a clone."""
    copy = tmp_path_factory.mktemp("hooks") / "tree"
    shutil.copytree(ROOT, copy, ignore=IGNORED, symlinks=True)
    (copy / ".venv").symlink_to(sys.prefix)
    git(copy, "init", "-q")
    (copy / ".git/info/exclude").write_text(".venv\n")
    git(copy, "add", "-A")
    return copy


def git(tree: Path, *args: str) -> None:
    subprocess.run(["git", *args], cwd=tree, env=environment(tree), check=True)


def environment(tree: Path) -> dict[str, str]:
    """What a git hook would see, less what the tests may have been started with by one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "PRE_COMMIT_HOME": str(tree.parent / "cache")}


def run(tree: Path, *args: str, skip: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--color=never", *args],
        cwd=tree,
        env={**environment(tree), "SKIP": skip},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def hooks() -> list[dict[str, object]]:
    """Every hook as the file has it."""
    repositories = yaml.safe_load(CONFIG.read_text("utf-8"))["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    return [dict(hook) for hook in repositories[0]["hooks"]]


def test_hooks_need_nothing_but_the_environment_of_the_check() -> None:
    assert {hook["id"] for hook in hooks()} == set(FAULTS)
    for hook in hooks():
        assert hook["language"] in ("system", "pygrep"), hook["id"]
        assert "additional_dependencies" not in hook, hook["id"]
        assert hook["language"] == "pygrep" or str(hook["entry"]).startswith("ops/tool "), hook["id"]


def test_hooks_are_content_with_the_tree(tree: Path) -> None:
    # ./ops/check has had sqlfluff read all of sql/; here it reads what a commit would have
    done = run(tree, "--all-files", skip="sqlfluff")
    assert done.returncode == 0, done.stdout
    done = run(tree, "sqlfluff", "--files", "sql/core/setting_set.sql")
    assert done.returncode == 0, done.stdout


def test_each_hook_finds_its_fault_and_no_other(tree: Path) -> None:
    names = [name for name, _ in FAULTS.values()]
    for name, text in FAULTS.values():
        (tree / name).write_text(text)
    git(tree, "add", *names)
    try:
        done = run(tree, "--files", *names)
        assert done.returncode == 1, done.stdout
        _, *parts = re.split(r"^- hook id: (\S+)$", done.stdout, flags=re.MULTILINE)
        said = dict(zip(parts[::2], parts[1::2], strict=True))
        assert set(said) == set(FAULTS), done.stdout
        for hook, text in said.items():
            assert [name for name in names if name in text] == [FAULTS[hook][0]], (hook, text)
        assert all((tree / name).read_text() == text for name, text in FAULTS.values())
    finally:
        git(tree, "rm", "-q", "-f", "--cached", *names)
        for name in names:
            (tree / name).unlink()


def test_editors_are_told_what_the_linters_hold() -> None:
    told = configparser.ConfigParser()
    told.read_string("[preamble]\n" + (ROOT / ".editorconfig").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    assert told.getint("*.py", "max_line_length") == project["ruff"]["line-length"]
    assert told.getint("*.sql", "max_line_length") == project["sqlfluff"]["core"]["max_line_length"]
    assert told.getint("*", "indent_size") == project["sqlfluff"]["indentation"]["tab_space_size"]
    assert (told["*"]["indent_style"], told["Makefile"]["indent_style"]) == ("space", "tab")
