"""Somebody who may do anything to the audit log, and what he does to it."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.conftest import Connection

# what he did, and where it must be found: (findings, any of which will do; id or block)
Trace = tuple[frozenset[str], int]
ROWS: Final = 400
BLOCK: Final = 25


def fill(db: Connection) -> None:
    """A chain of 16 blocks, with gaps between ids, odd names and nulls."""
    for number in range(ROWS // BLOCK):
        db.execute(
            "insert into pydb.audit_log (action, subject, arguments, run_id)"
            " select 'act', format('subject \"%%s\" ü', i), jsonb_build_object('n', i, 'x', null), nullif(i %% 3, 0)"
            " from generate_series(1, %s) as i",
            (BLOCK,),
        )
        with db.transaction(force_rollback=True):
            db.execute("insert into pydb.audit_log (action, subject) values ('gone', 'with its transaction')")
        assert db.execute("select pydb_internal.audit_seal_batch()").fetchone() == (BLOCK,), number
    db.execute("set session_replication_role = replica")  # triggers do not keep him from anything


def _ids(db: Connection, chance: random.Random, count: int) -> list[int]:
    ids = [
        row[0] for row in db.execute("select id from pydb.audit_log where id <= 10000 order by id").fetchall()
    ]
    return chance.sample(ids, count)


def edit(db: Connection, chance: random.Random) -> Trace:
    (one,) = _ids(db, chance, 1)
    change = chance.choice([
        "actor = actor || 'x'", "action = 'other'", "subject = left(subject, -1)", "at = at - interval '1 us'",
        "arguments = arguments || '{\"n\": -1}'", "run_id = coalesce(run_id, 0) + 1", "pid = null",
        "statement = 'select'", "action = subject, subject = action", "arguments = '{}', run_id = 7",
        # what one column loses the next one gets
        "action = action || left(subject, 1), subject = substr(subject, 2)",
    ])  # fmt: skip
    db.execute(f"update pydb.audit_log set {change} where id = %s".encode(), (one,))
    return frozenset({"edited"}), one


def delete(db: Connection, chance: random.Random) -> Trace:
    (one,) = _ids(db, chance, 1)
    db.execute("delete from pydb.audit_log where id = %s", (one,))
    return frozenset({"deleted"}), one


def insert(db: Connection, chance: random.Random) -> Trace:
    free = db.execute(
        "select i from generate_series(-2, (select to_id from pydb.audit_head)) as i"
        " where not exists (select from pydb.audit_log as a where a.id = i)"
    ).fetchall()
    (one,) = chance.choice(free)
    db.execute(
        "insert into pydb.audit_log (id, at, action, subject) overriding system value"
        " values (%s, now() - interval '1 year', 'never', 'was')",
        (one,),
    )
    return frozenset({"inserted"}), one


def reorder(db: Connection, chance: random.Random) -> Trace:
    one, other = _ids(db, chance, 2)
    db.execute("update pydb.audit_log set id = 1000000 where id = %s", (one,))
    for new, old in ((one, other), (other, 1000000)):
        # an identity that is always generated cannot be given, but it can be put in anew
        db.execute(
            "with d as (delete from pydb.audit_log where id = %s returning *)"
            " insert into pydb.audit_log overriding system value"
            " select %s, at, actor, action, subject, arguments, run_id, pid, statement from d",
            (old, new),
        )
    return frozenset({"edited"}), one


def cut(db: Connection, chance: random.Random) -> Trace:
    """The last blocks and their rows go, with or without the head."""
    (last,) = db.execute("select max(block) from pydb.audit_seal").fetchone() or (0,)
    first = chance.randint(2, last)
    db.execute(
        "delete from pydb.audit_log where id >= (select from_id from pydb.audit_seal where block = %s)",
        (first,),
    )
    db.execute("delete from pydb.audit_seal where block >= %s", (first,))
    if chance.random() < 0.5:
        db.execute(
            "update pydb.audit_head set block = s.block, hash = s.hash, to_id = s.to_id"
            " from pydb.audit_seal as s where s.block = %s",
            (first - 1,),
        )
        return frozenset({"head_unknown"}), last
    return frozenset({"tail_cut"}), last


def rewrite(db: Connection, chance: random.Random) -> Trace:
    """A row is changed, and its block is sealed anew as it is now; all that follow too, or the head, or not."""
    (last,) = db.execute("select max(block) from pydb.audit_seal").fetchone() or (0,)
    block = chance.randint(1, last)
    db.execute(
        "update pydb.audit_log set actor = 'nobody' where id = (select ids[3] from pydb.audit_seal where block = %s)",
        (block,),
    )
    until = chance.choice([block, last])
    for number in range(block, until + 1):
        db.execute(
            "update pydb.audit_seal as s set digests = (select string_agg(pydb_internal.audit_digest(a), ''::bytea"
            "  order by a.id) from pydb.audit_log as a where a.id = any(s.ids)),"
            " previous = coalesce((select p.hash from pydb.audit_seal as p where p.block = s.block - 1), '')"
            " where s.block = %s",
            (number,),
        )
        db.execute(
            "update pydb.audit_seal as s set root = pydb_internal.audit_seal_root(s.ids, s.digests)"
            " where s.block = %s",
            (number,),
        )
        db.execute(
            "update pydb.audit_seal as s set hash = pydb_internal.audit_seal_hash(s) where s.block = %s",
            (number,),
        )
    if until == last and chance.random() < 0.5:
        db.execute(
            "update pydb.audit_head set hash = s.hash from pydb.audit_seal as s where s.block = %s", (last,)
        )
        return frozenset({"head_unknown"}), last
    if until == last:
        return frozenset({"head_differs"}), last
    return frozenset({"chain_broken"}), block + 1


WAYS: Final[tuple[Callable[[Connection, random.Random], Trace], ...]] = (
    edit, delete, insert, reorder, cut, rewrite,
)  # fmt: skip


def found(db: Connection, trace: Trace, heads: list[str]) -> bool:
    """Whether it was found, by its name and in its place."""
    names, place = trace
    rows = db.execute(
        "select finding, coalesce(audit_id, block) from pydb.audit_verify(p_heads => %s)", (heads,)
    ).fetchall()
    return any(name in names and where == place for name, where in rows)


def tamper(db: Connection, chance: random.Random, count: int, heads: list[str]) -> list[str]:
    """`count` tamperings, each by itself and undone; returns those that nobody found."""
    missed = []
    for number in range(count):
        way = WAYS[number % len(WAYS)]
        with db.transaction(force_rollback=True):
            trace = way(db, chance)
            if not found(db, trace, heads):
                missed.append(f"{number}: {way.__name__} {trace}")
    return missed
