"""Every routine that writes says who made the session read-only, before the server refuses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import psycopg

from tests.lint import sqltree

if TYPE_CHECKING:
    from tests.lint.sqltree import SqlFile

# a claim answers what it can without writing, and its library knows 25006; who completes has claimed before
ANSWERS: Final = {
    "idempotency_claim", "idempotency_complete", "idempotency_fail", "idempotency_heartbeat"
}  # fmt: skip
# reads the entry that it is given, and hands it to cascade_delete, which says it
HANDS_ON: Final = {"erasure_replay"}
# looks where nobody may write too, and then leaves no word of it
LOOKS: Final = {"orphan_check"}
# arguments that get as far as the look; for all others null is good enough
GIVEN: Final = {
    "archive_export_run": "1, gen_random_uuid()",
    "cascade_delete": """'public.t', '[{"id": 1}]'""",
    "cascade_request": """'public.t', '[{"id": 1}]'""",
    "entity_set": "'t', 'public.t'",
    "retention_batch": "'p'",
    "retention_export_run": "'p', gen_random_uuid()",
    "retention_policy_drop": "'p'",
    "reference_set": "'public.c', '{t_id}', 'public.t', '{id}', 'cascade'",
    "retention_policy_set": "'p', 'public.t', 'at', '30 days'",
}
REQUIRED: Final = """
select p.prokind = 'p', array_to_string(array_fill('null'::text, array[p.pronargs - p.pronargdefaults]), ', ')
from pg_proc as p where p.pronamespace = 'pydb'::regnamespace and p.proname = %s
"""


def writers() -> dict[str, SqlFile]:
    """Public routines whose header says that they write, or does not say that they write nothing."""
    return {
        name: file
        for name, file in sqltree.read().routines.items()
        if not file.is_private and not re.search(r"writes nothing\b(?!\.)", " ".join(file.header))
    }


def test_whatever_writes_says_it(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("create table t (id int primary key, at timestamptz); create table c (t_id int)")
        owner.execute("select pydb.retention_policy_set('p', 'public.t', 'at', '30 days')")
        owner.execute(f"alter database {owner.info.dbname} set default_transaction_read_only = on")
    said: dict[str, tuple[str | None, str | None]] = {}
    procedures: set[str] = set()
    with psycopg.connect(dsn, autocommit=True) as session:
        warned: list[str | None] = []
        session.add_notice_handler(lambda diagnostic: warned.append(diagnostic.sqlstate))
        session.execute("set default_transaction_read_only = on")  # a run obeys the session alone
        for name in writers():
            is_procedure, nulls = session.execute(REQUIRED, [name]).fetchone() or (None, "")
            statement = f"{'call' if is_procedure else 'select'} pydb.{name}({GIVEN.get(name, nulls)})"
            warned.clear()
            try:
                session.execute(statement.encode())
                said[name] = (warned[0] if warned else None, None)
            except psycopg.Error as error:
                said[name] = (error.sqlstate, error.diag.message_detail)
            if is_procedure:
                procedures.add(name)
    assert {"archive_restore", "archive_keep_set", "setting_set", "retention_batch"} <= said.keys()
    others = {name: code for name, (code, _) in said.items() if code != "YD007"}
    assert others.keys() <= ANSWERS | HANDS_ON | LOOKS, others
    for name in said.keys() - ANSWERS - HANDS_ON - LOOKS - procedures:
        assert "session" in (said[name][1] or ""), name
