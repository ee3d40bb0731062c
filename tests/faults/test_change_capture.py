"""Deletes say by which run they go: in application_name, and, if set, in a message for logical decoding."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.servers import TestServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Connection

SETUP = """
create table public.t (id int primary key, at timestamptz);
insert into public.t select i, timestamptz '2024-06-01Z' from generate_series(1, 5) as i;
create table public.seen (name text);
create function public.see() returns trigger language plpgsql as
$$ begin insert into public.seen values (current_setting('application_name')); return old; end $$;
create trigger see after delete on public.t for each statement execute function public.see();
create table public.root (id int primary key);
insert into public.root values (1), (2);
create publication p for table public.t, public.root;
select pydb.retention_policy_set('p', 'public.t', 'at', '30 days', p_fuse_share => 1);
"""
TEXT = (
    "select data from pg_logical_slot_get_changes('text', null, null)"
    " where data ~ 'prefix: pydb|public.(t|root):'"
)
BINARY = (
    "select data from pg_logical_slot_get_binary_changes("
    "'binary', null, null, 'proto_version', '1', 'publication_names', 'p', 'messages', %s)"
)


@pytest.fixture(scope="module")
def decoding(mortal_name: str) -> Iterator[TestServer]:
    """A server whose WAL can be decoded."""
    # decoded is what has reached the disk
    settings: dict[str, str | int | bool] = {
        "wal_level": "logical", "max_replication_slots": 4, "max_wal_senders": 4, "synchronous_commit": "on",
    }  # fmt: skip
    with TestServer(mortal_name, settings) as server:
        yield server


@pytest.fixture
def tapped(decoding: TestServer) -> Iterator[Connection]:
    """A database with a slot for each of two decoders."""
    with (
        decoding.database(migrated=True) as database,
        psycopg.connect(database.dsn, autocommit=True, application_name="mine") as db,
    ):
        db.execute(SETUP.encode())
        db.execute("select pg_create_logical_replication_slot('text', 'test_decoding')")
        db.execute("select pg_create_logical_replication_slot('binary', 'pgoutput')")
        yield db
        db.execute("select pg_drop_replication_slot(slot_name) from pg_replication_slots")


def messages(db: Connection) -> list[dict[str, object]]:
    """The messages among the binary changes; each must come with deletes in its transaction."""
    found = [bytes(data) for (data,) in db.execute(BINARY.encode(), ("true",)).fetchall()]
    told = []
    for data in found:
        if data[:1] == b"M":
            # flags and an LSN of nine bytes, whatever these are; the prefix; a length of four bytes; the text
            prefix, _, text = data[10:].partition(b"\0")
            assert prefix == b"pydb"
            told.append(json.loads(text[4:]))
    return told


def test_deletes_say_by_which_run_they_go(tapped: Connection) -> None:
    db = tapped
    # nobody asked for messages
    db.execute("call pydb.retention_run('p', p_max_rows => 1)")
    assert [line.split(":")[0] for (line,) in db.execute(TEXT.encode()).fetchall()] == ["table public.t"]
    assert messages(db) == []
    # to code of the application, and to whoever reads the log, in any case
    assert db.execute("select * from public.seen").fetchall() == [("pydb run 1",)]
    assert db.execute("show application_name").fetchone() == ("mine",)

    db.execute("select pydb.setting_set('logical_messages', 'on')")
    db.execute("call pydb.retention_run('p', p_dry_run => true)")
    db.execute("call pydb.retention_run('p', p_max_rows => 2)")
    run = db.execute("select max(id) from pydb.job_run").fetchone()
    assert run is not None
    lines = [line for (line,) in db.execute(TEXT.encode()).fetchall()]
    assert lines[0].startswith("message: transactional: 1 prefix: pydb")
    assert [line.split(": ")[1] for line in lines[1:]] == ["DELETE"] * 2
    assert messages(db) == [{"run": run[0], "kind": "retention", "subject": "p"}]


def test_what_is_one_transaction_says_so_in_it_and_what_is_rolled_back_does_not(tapped: Connection) -> None:
    db = tapped
    db.execute("select pydb.setting_set('logical_messages', 'on')")
    db.execute("""select * from pydb.cascade_delete('public.root', '[{"id": 1}]')""")
    db.execute("select * from pydb.retention_batch('p', 2)")
    with db.transaction(force_rollback=True):
        db.execute("""select * from pydb.cascade_delete('public.root', '[{"id": 2}]')""")
        db.execute("select * from pydb.retention_batch('p', 2)")
    run = db.execute("select id from pydb.job_run where kind = 'cascade'").fetchone()
    assert run is not None
    assert messages(db) == [
        {"run": run[0], "kind": "cascade", "subject": "public.root"},
        {"run": None, "kind": "retention", "subject": "p"},
    ]
