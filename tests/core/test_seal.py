"""The audit log is sealed afterwards, in blocks: nothing of it is changed without being found and located."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from psycopg.errors import Error

from tests.core import tamper

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection

SEAL = "select pydb_internal.audit_seal_batch()"
ADD = "select pydb_internal.audit_add('act', %s, '{}', null)"
VERIFY = "select finding, block, audit_id from pydb.audit_verify()"


def head(db: Connection) -> str:
    row = db.execute("select format('%s:%s', block, encode(hash, 'hex')) from pydb.audit_head").fetchone()
    assert row is not None
    return str(row[0])


def seal(db: Connection) -> object:
    row = db.execute(SEAL).fetchone()
    assert row is not None
    return row[0]


def unsealed(db: Connection) -> list[object]:
    query = "select subject from pydb.audit_log where id > (select to_id from pydb.audit_head) order by id"
    return [row[0] for row in db.execute(query).fetchall()]


def test_each_way_of_tampering_is_found_and_located(db: Connection) -> None:
    tamper.fill(db)
    heads = [head(db)]
    assert db.execute(VERIFY).fetchall() == []
    assert tamper.tamper(db, random.Random(7), 30, heads) == []  # noqa: S311
    assert db.execute("select finding from pydb.audit_verify(p_heads => %s)", (heads,)).fetchall() == []


def test_a_row_that_comes_late_is_in_a_later_block_and_nothing_passes_it(
    db: Connection, connect: Connect
) -> None:
    db.execute(ADD, ("first",))
    assert seal(db) != 0
    late = connect(autocommit=False)
    late.execute(ADD, ("late",))
    db.execute(ADD, ("early",))
    # its id is lower, and it may still come: nothing behind it is sealed
    assert seal(db) == 0
    assert seal(db) == 0
    assert unsealed(db) == ["early"]
    late.commit()
    assert seal(db) == 2
    assert unsealed(db) == []
    # one that has a number and no row yet keeps what comes after it
    late.execute("select pg_current_xact_id()")
    db.execute(ADD, ("after",))
    assert seal(db) == 0
    late.execute(ADD, ("of it",))
    late.rollback()
    assert seal(db) == 1
    assert db.execute(VERIFY).fetchall() == []


def test_a_mark_that_was_made_is_sealed_while_others_go_on(db: Connection, connect: Connect) -> None:
    seal(db)
    first, second = connect(autocommit=False), connect(autocommit=False)
    first.execute(ADD, ("one",))
    first.commit()
    first.execute(ADD, ("two",))
    assert seal(db) == 0  # the mark is behind two
    second.execute("select pg_current_xact_id()")
    second.execute(ADD, ("three",))
    first.commit()
    assert seal(db) == 2
    assert unsealed(db) == []
    second.commit()
    assert seal(db) == 1


def test_two_sealers_at_once_do_not_wait_for_each_other(db: Connection, connect: Connect) -> None:
    db.execute(ADD, ("x",))
    other = connect(autocommit=False)
    other.execute(SEAL)
    assert seal(db) == 0
    other.commit()
    assert db.execute(VERIFY).fetchall() == []


def test_the_procedure_seals_all_and_a_run_seals_what_is_due(db: Connection) -> None:
    db.execute("select pydb_internal.audit_add('act', 'x', '{}', null) from generate_series(1, 1500)")
    db.execute("call pydb.audit_seal_run()")
    assert unsealed(db) == []
    blocks = db.execute("select count(*), sum(rows) >= 1500 from pydb.audit_seal").fetchall()
    assert blocks[0][1] is True
    db.execute("create table t (id bigint primary key, at timestamptz not null)")
    db.execute("insert into t select i, now() - (i || ' days')::interval from generate_series(1, 60) as i")
    db.execute("select pydb.retention_policy_set('p', 't', 'at', '30 days', p_fuse_share => 1)")
    db.execute("call pydb.retention_run('p')")
    assert unsealed(db) == ["p", "p"]  # the last block is younger than a minute
    db.execute("update pydb.audit_head set sealed_at = sealed_at - interval '2 minutes'")
    db.execute("call pydb.retention_run('p')")
    assert unsealed(db) == []


def test_what_was_verified_is_noted_and_doctor_looks_at_the_rest(db: Connection) -> None:
    doctor = "select status, reason_code from pydb.doctor() where component = 'audit'"
    tamper.fill(db)
    db.execute("set session_replication_role = origin")
    db.execute("select pydb.audit_verified()")
    assert db.execute(doctor).fetchall() == [("ok", "audit_sealed")]
    db.execute(ADD, ("x",))
    seal(db)
    db.execute("set session_replication_role = replica")
    db.execute("update pydb.audit_log set actor = 'nobody' where subject = 'x'")
    assert db.execute(doctor).fetchall() == [("error", "audit_broken")]
    with pytest.raises(Error) as said:
        db.execute("select pydb.audit_verified()")
    assert said.value.sqlstate == "YD861"


def test_seals_are_append_only(db: Connection) -> None:
    db.execute(ADD, ("x",))
    seal(db)
    for statement in (
        "update pydb.audit_seal set rows = 0",
        "delete from pydb.audit_seal",
        "truncate pydb.audit_seal",
    ):
        with pytest.raises(Error) as said:
            db.execute(statement.encode())
        assert said.value.sqlstate == "YD009"


def test_the_digest_does_not_depend_on_the_session(db: Connection) -> None:
    db.execute(ADD, ("x",))
    digests = set()
    for settings in ("timezone = 'Asia/Kolkata'", "datestyle = 'German'", "bytea_output = escape"):
        db.execute(f"set {settings}".encode())
        digests |= set(db.execute("select pydb_internal.audit_digest(a) from pydb.audit_log as a").fetchall())
    rows = db.execute("select count(*) from pydb.audit_log").fetchone()
    assert rows == (len(digests),)
