"""pgspot over what is installed: nothing in it can be captured by objects of somebody else.

That is the sources as they are, and what the newest revision does besides. Earlier revisions were read when
they were the newest, and their hashes say that they are what they were.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from pydb import scripts, sources
from tests.lint import rules, sqltree
from tests.servers import INSTALL, migrations

if TYPE_CHECKING:
    from pathlib import Path

WITHOUT_SEARCH_PATH: Final = rules.NO_SEARCH_PATH
# its parser takes no field of a parameter for a target: the expression is what there is to read
FIELD_ASSIGNED: Final = re.compile(r"(?<![\w.])(?!v_)[a-z]\w*(?:\.\w+)+ :=\s|\breturn next (?=row\()")
FIELD_INTO: Final = re.compile(r"(\binto (?:(?:v_\w+|found), )*)p_\w+\.\w+")
# it writes the names of arguments and results anew, without their quotes
QUOTED_NAME: Final = re.compile(r'"position"(?= bigint,| :=)')
SUMMARY_OF_NOTHING: Final = "Errors: 0 Warnings: 0 Unknown: 0"


def pgspot(script: Path, *options: str) -> str:
    """What pgspot says about a script. It pins an old pglast, so it lives in an environment of its own."""
    program = os.environ.get("PYDB_PGSPOT") or shutil.which("pgspot")
    if program is None:
        pytest.fail(f"no pgspot: PYDB_PGSPOT is not set\nhint: {INSTALL}", pytrace=False)
    done = subprocess.run([program, *options, str(script)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def installed() -> list[str]:
    """Schemas, tables, routines and views, then what the newest revision changes by hand."""
    newest = sources.history(migrations())[-1]
    texts = [scripts.script_text(name) for name in ("schema.sql", "settings.sql")]
    texts += [path.read_text("utf-8") for path in sources.load_order()]
    return [*texts, newest.script(sources.UPGRADE)]


def signatures() -> list[str]:
    """The routines that cannot set search_path, as pgspot writes them."""
    found = [file for name, file in sqltree.read().routines.items() if name in WITHOUT_SEARCH_PATH]
    return sorted({sqltree.without_own_types(_signature(file)) for file in found})


def _signature(file: sqltree.SqlFile) -> str:
    head = file.text[file.text.index("(", file.text.index("create or replace")) + 1 :]
    head = head[: head.index("language plpgsql")].partition("returns")[0].rstrip().removesuffix(")")
    parameters = []
    for part in filter(None, (" ".join(line.split()) for line in head.split(","))):
        declared = part.partition(" default ")[0]
        parameters.append(declared.replace("inout ", "INOUT "))
    return f"{file.schema}.{file.stem}({','.join(parameters)})"


def test_the_install_script_is_clean(tmp_path: Path) -> None:
    script = tmp_path / "install.sql"
    # pgspot gives up at a row type of ours, which it does not know
    text = sqltree.without_own_types("\n".join(installed()))
    text = QUOTED_NAME.sub("place", text)
    script.write_text(FIELD_INTO.sub(r"\1found", FIELD_ASSIGNED.sub("perform ", text)), "utf-8")
    options = [word for name in signatures() for word in ("--proc-without-search-path", name)]
    # where it cannot read on, it says so after the summary and calls that success
    assert pgspot(script, *options).strip() == SUMMARY_OF_NOTHING


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("create function pydb.f() returns void language sql security definer as 'select 1'", "PS003"),
        ("create function pydb.f() returns void language sql as 'select 1'", "PS005"),
        ("set search_path = public; create table pydb.t (a int check (a > 0))", "PS001"),
        ("create or replace function public.f() returns int language sql as 'select 1'", "PS002"),
    ],
)
def test_an_attackable_statement_is_found(tmp_path: Path, statement: str, code: str) -> None:
    script = tmp_path / "install.sql"
    script.write_text(f"create schema pydb;\nset search_path = pg_catalog, pg_temp;\n{statement};\n", "utf-8")
    assert code in pgspot(script)
