"""What is to be typed next is safe to copy, whatever things are called: a name is one word of a shell."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        if hint is not None and "pydb " in str(hint):
            yield str(hint)[str(hint).index("pydb ") :]


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
    for command in commands(db):
        if MARK in command:
            words = [word.rstrip(";") for word in shlex.split(command)]  # prose may follow
            assert {name, f"{name}.", f"{name}:", reference} & set(words), command
            # what stands behind -- is no option any more
            behind = words[words.index("--") + 2 :] if "--" in words else []
            assert not [word for word in behind if word.startswith("--")], command
            found[tuple(words[1:3])] = command
    assert {("policy", "approve"), ("policy", "drop"), ("hold", "release"), ("retention", "plan")} <= set(
        found
    )


def test_what_a_part_of_a_reference_lacks(db: Connection) -> None:
    db.execute("create table public.t (id int primary key)")
    db.execute("create table public.kid (id int primary key, t_id int)")
    db.execute("insert into public.kid values (1, 77)")
    name = refer(db, "it's mine")
    hints: list[str] = []
    db.add_notice_handler(lambda said: hints.append(said.message_hint or ""))
    db.execute("select * from pydb.orphan_check(%s)", [name])
    assert [shlex.split(hint) for hint in hints] == [["pydb", "orphans", "repair", name, "--dry-run"]]
