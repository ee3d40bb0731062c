"""The reference pages are what the code says today, and nothing that a user can name is undocumented."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pydb import policyfile
from pydb.errors import SQLSTATES
from pydb.retention import PolicyOptions
from tests.docs.pages import PAGES, ROOT, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Connection

GENERATED = ("reference-sql.md", "reference-cli.md", "reference-metrics.md")


def text(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def sections(page: str, level: int) -> dict[str, str]:
    """Return the text below each heading of a level, up to the next one of that level or above."""
    found = re.findall(rf"^(#{{1,{level}}}) (.+)\n((?:(?!#{{1,{level}}} ).*\n)*)", text(page), re.MULTILINE)
    return {title: body for marks, title, body in found if len(marks) == level}


# one process for all of them: a program that starts takes longer than its help
_HELPER = """
import contextlib, io, json, sys
from pydb.cli import main
for line in sys.stdin:
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = main([*json.loads(line), "--help"])
    print(json.dumps([code, said.getvalue()]), flush=True)
"""


class Helper:
    """What ``pydb … --help`` prints, as plain text."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._known: dict[str, str] = {}

    def of(self, command: str) -> str:
        """The help of one command."""
        if command not in self._known:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            print(json.dumps(command.split()[1:]), file=self._process.stdin, flush=True)
            code, self._known[command] = json.loads(self._process.stdout.readline())
            assert code == 0, command
        return self._known[command]

    def commands(self, command: str = "pydb") -> list[str]:
        """Every command below one that does something itself."""
        listed = re.search(r"^Commands:\n((?:  .*\n)+)", self.of(command), re.MULTILINE)
        if listed is None:
            return [command]
        names = re.findall(r"^  (\S+)", listed[1], re.MULTILINE)
        return [leaf for name in names for leaf in self.commands(f"{command} {name}")]


@pytest.fixture(scope="module")
def helper() -> Iterator[Helper]:
    with subprocess.Popen(
        [sys.executable, "-P", "-c", _HELPER],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TYPER_USE_RICH": "0", "COLUMNS": "200"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Helper(process)


def test_generated_pages_are_up_to_date(dsn: str, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "docs/reference.py"), "--dsn", dsn, "--out", str(tmp_path)]
    subprocess.run(command, check=True)
    for name in (*GENERATED, "pydb.1"):
        assert (tmp_path / name).read_text("utf-8") == text(f"docs/{name}"), (
            f"docs/{name}: run make reference"
        )


def test_the_manual_page_is_one(helper: Helper) -> None:
    """Strict readers find nothing to warn of, and who types man finds every command and option."""
    page = ROOT / "docs/pydb.1"
    assert page.read_bytes().isascii()
    checked = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True, check=False
    )
    # a date would be another each time it is written
    assert [line for line in checked.stdout.splitlines() if "missing date" not in line] == []
    shown = subprocess.run(
        ["mandoc", "-T", "ascii", "-O", "width=200", page], capture_output=True, text=True, check=True
    )
    plain = re.sub(r".\x08", "", shown.stdout)
    parts = re.split(r"^   (pydb .*)$", plain, flags=re.MULTILINE)
    below = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert sorted(below) == sorted(helper.commands())
    for command, body in below.items():
        wanted = set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", helper.of(command), re.MULTILINE)) - {"--help"}
        assert wanted <= set(re.findall(r"--[a-z-]+", body + parts[0])), command


def test_every_public_object_is_documented(db: Connection) -> None:
    found = db.execute(
        """
        select p.proname from pg_proc as p where p.pronamespace = 'pydb'::regnamespace
        union all
        select c.relname from pg_class as c
        where c.relnamespace = 'pydb'::regnamespace
            and (c.relkind in ('r', 'v')
                or c.relname in ('archive_step', 'cascade_step', 'idempotency_answer'))
        """
    ).fetchall()
    documented = sections("docs/reference-sql.md", 3)
    assert sorted(documented) == sorted(name for (name,) in found)
    for name, body in documented.items():
        # a sentence below its head, and one for each column
        assert re.search(r"^[A-Z][^|]{20,}", body.replace("Function", ""), re.MULTILINE), name
        assert "|  |\n" not in body.partition("Argument")[0], name


def test_every_command_and_option_is_documented(helper: Helper) -> None:
    documented = sections("docs/reference-cli.md", 2)
    everywhere = documented["Options of every command"]
    assert sorted(name for name in documented if name.startswith("pydb ")) == sorted(helper.commands())
    for command in helper.commands():
        # --help itself is named in the head of the page
        for option in set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", helper.of(command), re.MULTILINE)) - {
            "--help"
        }:
            assert re.search(
                rf"^\| .*`{option}\b.*\| \S.*\|$", documented[command] + everywhere, re.MULTILINE
            ), f"{command} {option}"


def test_every_error_code_is_documented_and_no_other() -> None:
    source = "".join(
        path.read_text("utf-8")
        for folder in ("sql", "migrations", "pydb")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".sql", ".py")
    )
    used = set(re.findall(r"\bYD\d{3}\b", source)) | {
        code for code in SQLSTATES if re.fullmatch(r"YD\d{3}", code)
    }
    documented = re.findall(
        r"^\| `(YD\d{3})` \| \d+ \| \S.* \| \S.* \|$", text("docs/errors.md"), re.MULTILINE
    )
    assert sorted(documented) == sorted(used)


def test_every_setting_is_documented(db: Connection) -> None:
    names = [name for (name,) in db.execute("select name from pydb.setting").fetchall()]
    assert names
    for name in names:
        assert f"| `{name}` |" in sections("docs/reference-sql.md", 2)["Settings"]
        assert name in sections("docs/concepts.md", 2)["Settings"]


def test_every_key_of_a_policy_file_is_documented() -> None:
    keys = {*policyfile.REQUIRED, *PolicyOptions.__annotations__}
    documented = re.findall(r"^\| `(\w+)` \|", sections("docs/retention.md", 3)["Every key"], re.MULTILINE)
    assert sorted(documented) == sorted(keys)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_policy_files_on_a_page_can_be_read(page: Path) -> None:
    for block in blocks(page):
        if block.language == "toml":
            policyfile.parse(block.text.encode(), f"{page.name}:{block.line}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text("utf-8")):
        name, _, anchor = target.partition("#")
        other = page.parent / name if name else page
        assert other.exists(), target
        if anchor:
            heads = re.findall(r"^#+ (.+)$", other.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}, (
                target
            )


def test_nothing_installs_the_package_that_has_our_name_elsewhere() -> None:
    """What PyPI calls pydb is another program: ours comes out of its source tree, or as a wheel."""
    by_name = re.compile(
        r"\binstall\b[^\n`|#]*?[ '\"]pydb(?:\[|==|['\"`\s]*$)|(?<![\w.])pydb\[[a-z,]+\]", re.MULTILINE
    )
    for line in (
        "pip install pydb",
        "pip install --upgrade pydb\n",
        "pipx install 'pydb==0.1'",
        "needs pydb[web]",
    ):
        assert by_name.search(line), line
    said = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for top in ("pydb", "docs", "examples", "ops", "sql")
        for path in [*(ROOT / top).rglob("*"), ROOT / "README.md", ROOT / "migrations" / "guard.sql"]
        if path.suffix in {".py", ".md", ".sql", ".yml", ".toml", ".html", ".sh", ".1", ""} and path.is_file()
        for found in by_name.finditer(path.read_text("utf-8"))
    ]
    assert said == []
