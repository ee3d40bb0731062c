"""A leading underscore of a module means one thing, and that only in pydb/cli: no sub-command."""

from __future__ import annotations

from pydb import cli, sources

ROOT = sources.package_dir()
COMMANDS = ROOT / "cli"


def test_no_module_begins_with_an_underscore_but_those_of_the_command() -> None:
    names = {path.relative_to(ROOT) for path in ROOT.rglob("*.py") if path.parent != COMMANDS}
    hidden = {name for name in names for part in name.parts if part.startswith("_") and part[:2] != "__"}
    assert hidden == set()


def test_a_module_of_the_command_is_a_sub_command_or_begins_with_an_underscore() -> None:
    assert {path.stem for path in COMMANDS.glob("[!_]*.py")} == set(cli.COMMANDS)
