"""Writes what the routines of each role call into roles.sql: python -m tests.lint.roles.

Routines run with the rights of their caller, so a role needs EXECUTE on all that its own reach with its
rights. Which role has which routine of the contract is decided by hand; the rest follows from the calls.
"""

from __future__ import annotations

import re
import textwrap
from typing import Final

from pydb import sources
from tests.lint import sqltree

ROLES_FILE: Final = sources.package_dir().parent / "ops" / "postgresql" / "roles.sql"
LISTS: Final = re.compile(r"^(    c_(\w+) constant text := '\n)(.*?)^(    ';\n)", re.DOTALL | re.MULTILINE)
CALLED: Final = "_calls"


def lists() -> dict[str, frozenset[str]]:
    """The lists of roles.sql by name: ``runner`` by hand, ``runner_calls`` written here."""
    found = LISTS.findall(ROLES_FILE.read_text("utf-8"))
    return {name: frozenset(routines.split()) for _, name, routines, _ in found}


def called(tree: sqltree.Tree) -> dict[str, frozenset[str]]:
    """What each list ``x_calls`` must hold. Who acts also looks, so it leaves out what a monitor has."""
    views = {name for file in tree.files if file.routine is None for name in file.calls_of_view}
    wanted: dict[str, frozenset[str]] = {}
    for role, names in lists().items():
        if role.endswith(CALLED):
            continue
        starts = set(names) | (views if role == "monitor" else set())
        reached = set(starts)
        for start in starts:
            reached |= tree.reachable(start, through_definer=False)
        wanted[role + CALLED] = frozenset(reached - names)
    seen = wanted["monitor" + CALLED] | lists()["monitor"]
    return {role: names if role.startswith("monitor") else names - seen for role, names in wanted.items()}


def write() -> None:
    """Write the lists anew."""
    wanted = called(sqltree.read())

    def fill(found: re.Match[str]) -> str:
        names = wanted.get(found[2])
        if names is None:
            return found[0]
        lines = textwrap.fill(" ".join(sorted(names)), 112, break_long_words=False)
        return found[1] + textwrap.indent(lines + "\n" if names else "", " " * 8) + found[4]

    ROLES_FILE.write_text(LISTS.sub(fill, ROLES_FILE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    write()
