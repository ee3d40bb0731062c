"""What is to be typed next is safe to copy, whatever things are called: a name is one word of a shell."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest

from pydb import cli, shell
from tests.servers import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.conftest import Connection

# each has the mark by which it is found again
MARK: Final = "zz9"
NAMES: Final = ("my zz9", "it's $(touch x) `zz9`", '"; exit 7 #zz9', "-o größe zz9", "*zz9", "a\nzz9")


def commands(db: Connection) -> Iterator[str]:
    """Each next command of health, doctor, the runs and the explanation of the policies."""
    explained = "pydb.retention_policy as p, pydb.retention_policy_explain(p.name) as e"
    findings = "pydb.health() as h, jsonb_array_elements(h.detail -> 'findings') as f"
    for (hint,) in db.execute(
        "select hint from pydb.health() union all select hint from pydb.doctor()"
        f" union all select f ->> 'hint' from {findings} union all select next_step from pydb.run_list"
        f" union all select unnest(array[e.hint, e.meaning]) from {explained}".encode()
    ).fetchall():
        # a sentence may have several
        yield from re.split(r"(?=\bpydb )", str(hint or ""))[1:]


def understood(words: Sequence[str]) -> dict[str, object]:
    """What the program takes a pasted command for; it raises what it would say."""
    command: Any = cli._build()
    context = command.make_context("pydb", list(words[1:]))
    while hasattr(command, "resolve_command"):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, list(rest), parent=context)
    return dict(context.params)


def given(params: dict[str, object]) -> set[object]:
    """Every value of :func:`understood`, those of lists too."""
    return {
        one for value in params.values() for one in (value if isinstance(value, list | tuple) else [value])
    }


def refer(db: Connection, name: str) -> str:
    """The name of a new reference, which is one of SQL: in quotes where it must be."""
    ((made,),) = db.execute(
        "select (pydb.reference_set('public.kid', '{t_id}', 'public.t', '{id}',"
        " p_name => quote_ident(%s))).name",
        [name],
    ).fetchall()
    return str(made)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_one_word(db: Connection, name: str) -> None:
    db.execute("create table public.t (id int primary key, at timestamptz)")
    db.execute("create table public.gone (id int primary key, at timestamptz)")
    db.execute("create table public.kid (id int primary key, t_id int, at timestamptz)")
    db.execute("insert into public.t select i, now() - interval '90 days' from generate_series(1, 5) as i")
    db.execute("insert into public.kid values (1, 77, '2020-01-01')")
    # one that waits for approval, one whose table is gone, one whose last run was stopped by its fuse
    for policy, table in ((name, "t"), (f"{name}.", "gone"), (f"{name}:", "kid")):
        db.execute("select pydb.retention_policy_set(%s, %s, 'at', '30 days')", [policy, f"public.{table}"])
    with pytest.raises(psycopg.Error, match="fuse"):
        db.execute("call pydb.retention_run(%s)", [f"{name}:"])
    db.execute("select pydb.guard_set('policy', %s, p_approval => 'other')", [name])
    db.execute("drop table public.gone")
    db.execute("create table public.held (id int primary key)")
    db.execute("select pydb.hold_place(%s, 'public.held', '[{\"id\": 5}]', p_reason => 'x')", [name])
    db.execute("alter table public.held drop column id")
    reference = refer(db, name)
    db.execute("select count(*) from pydb.orphan_scan()")
    found = {}
    for command in (one for line in commands(db) for one in line.split("; then: ")):
        if MARK in command:
            words = shlex.split(command.partition(" --key …")[0])
            end = next(
                (n for n, word in enumerate(words) if word.endswith(";")), len(words)
            )  # prose may follow
            words = [word.rstrip(";") for word in words]
            mine = {name, f"{name}.", f"{name}:", reference}
            assert mine & set(words), command
            if MARK in " ".join(words[: end + 1]):
                assert mine & given(understood(words[: end + 1])), command
            found[tuple(words[1:3])] = command
    assert {("policy", "approve"), ("policy", "drop"), ("hold", "release"), ("retention", "plan")} <= set(
        found
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("options", ["", "--dry-run", "--mode quarantine --dry-run"])
def test_the_server_and_the_program_write_one_and_the_same(db: Connection, name: str, options: str) -> None:
    ((made,),) = db.execute(
        "select pydb_internal.shell_command('pydb orphans repair', array[%s, null], nullif(%s, ''))",
        [name, options],
    ).fetchall()
    ours = shell.command("pydb orphans repair", name, options=options)
    assert shlex.split(str(made)) == shlex.split(ours)
    taken = understood(shlex.split(ours))
    assert taken["reference"] == name
    assert (taken["dry_run"], taken["mode"]) == (bool(options), "quarantine" if "mode" in options else None)


def test_no_command_is_no_command(db: Connection) -> None:
    ((made, bare),) = db.execute(
        "select pydb_internal.shell_command(null, '{x}'),"
        " pydb_internal.shell_command('pydb hold list', '{NULL}')"
    ).fetchall()
    assert (made, bare) == (None, "pydb hold list")


def test_an_option_takes_a_value_that_begins_with_a_dash() -> None:
    line = f"pydb guard allow {shell.option('--for', '-1 h')}"
    assert shlex.split(line) == ["pydb", "guard", "allow", "--for=-1 h"]
    assert shell.option("--for", "1 h") == "--for '1 h'"


def test_what_a_part_of_a_reference_lacks(db: Connection) -> None:
    db.execute("create table public.t (id int primary key)")
    db.execute("create table public.kid (id int primary key, t_id int)")
    db.execute("insert into public.kid values (1, 77)")
    name = refer(db, "it's mine")
    hints: list[str] = []
    db.add_notice_handler(lambda said: hints.append(said.message_hint or ""))
    db.execute("select * from pydb.orphan_check(%s)", [name])
    assert [shlex.split(hint) for hint in hints] == [["pydb", "orphans", "repair", name, "--dry-run"]]


def test_names_are_put_into_commands_in_one_place() -> None:
    sql = [path for path in (ROOT / "sql").rglob("*.sql") if "shell_word(" in path.read_text("utf-8")]
    assert {path.parent for path in sql} == {ROOT / "sql" / "core" / "shell"}
    code = (ROOT / "pydb").rglob("*.py")
    quoting = {str(path.relative_to(ROOT)) for path in code if "shlex.quote(" in path.read_text("utf-8")}
    # what stands in none of these is a value and no name: a role, a column with its value, what was typed
    known = {"cli/_commands.py", "cli/_words.py", "cli/cascade.py", "cli/demo.py"}
    assert quoting == {"pydb/shell.py"} | {f"pydb/{one}" for one in known}
