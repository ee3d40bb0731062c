"""The ledger against those who would write it, read its salts, or erase twice at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.cascade.site import ONE, Site
from tests.cascade.test_erasure import erase, ledger, opened
from tests.faults.lab import Background
from tests.retention.lab import refused

if TYPE_CHECKING:
    from tests.conftest import Connection, RoleFactory


@pytest.fixture
def shop(site: Site) -> Site:
    """The shop, whose customers have an entity."""
    return opened(site)


def acting(site: Site, role: RoleFactory) -> Connection:
    """A session that may use all of pydb's routines and drafts, and look, but owns nothing."""
    name = role("user")
    site.do(
        f"""grant usage on schema pydb, pydb_internal, shop to {name};
        grant execute on all routines in schema pydb, pydb_internal to {name};
        revoke execute on function pydb_internal.erasure_enter, pydb_internal.audit_add from {name};
        grant select on all tables in schema pydb to {name}; revoke select on pydb.erasure from {name};
        grant select (id), insert on pydb_internal.draft to {name};
        grant select, update, delete on all tables in schema shop to {name}"""
    )
    return site.session(user=name)


def test_who_has_no_right_on_the_ledger_cannot_write_it(shop: Site, role: RoleFactory) -> None:
    session = acting(shop, role)
    erase(shop, 1)
    shop.delete(None, {"id": 2}, None, session, entity="customer", reason="mine")
    (first, run), (second, own) = ledger(shop, "id, run_ids[1]")
    for attack in (
        "insert into pydb.erasure (entity) values ('x')",
        "update pydb.erasure set reason = 'x'",
        "select salt from pydb.erasure",
        # an erasure of another time, or one's own with another run
        f"select pydb_internal.erasure_finish('{first}', {run}, 0)",
        f"select pydb_internal.erasure_finish('{second}', {run}, 0)",
        f"select pydb_internal.erasure_finish('{second}', {own}, 0)",
        "select pydb_internal.erasure_store(1)",
        "select pydb_internal.erasure_enter(null::pydb.erasure)",
    ):
        with refused("42501", "YD901", "YD005"):
            session.execute(attack.encode())
    assert ledger(shop, "requested_by, state, reason")[1] == (session.info.user, "completed", "mine")


def test_one_out_of_a_file_is_marked_and_has_no_runs_of_here(shop: Site, role: RoleFactory) -> None:
    session = acting(shop, role)
    entry = {
        "id": "0f5a3c0e-57bc-4b83-a0ac-5f8ec71f8ab4", "entity": "customer", "root_name": "shop.customer",
        "key_columns": ["id"], "salt": "\\x00", "key_hashes": ["\\x00"], "reason": "made up",
        "state": "completed", "requested_by": "postgres", "requested_at": "2020-01-01Z",
        "deadline": "2020-02-01Z", "finished_at": "2020-01-01Z", "remaining": 0, "job": 1, "run_ids": [1],
    }  # fmt: skip
    session.execute("select pydb.erasure_replay(%s)", (json.dumps(entry),))
    assert ledger(shop, "imported_at is not null, job, run_ids") == [(True, None, [])]
    # an entry that is there is not written over
    session.execute("select pydb.erasure_replay(%s)", (json.dumps({**entry, "reason": "another"}),))
    assert ledger(shop, "reason") == [("made up",)]
    wrongs: list[object] = [{}, {**entry, "salt": 5, "id": None}, {**entry, "key_columns": ["nothing"]}, []]
    for wrong in wrongs:
        with refused("YD301", "YD002"):
            session.execute("select pydb.erasure_replay(%s)", (json.dumps(wrong),))


def test_hashing_runs_nothing_of_the_owner_of_a_type(site: Site, role: RoleFactory) -> None:
    """A superuser who erases, verifies or replays runs no cast of somebody to json."""
    owner = role("owner")
    site.do(f"create schema theirs authorization {owner}; set role {owner}")
    site.do(
        """create domain theirs.num as int check (value > 0);
        create type theirs.mood as enum ('sad', 'ok');
        create function theirs.evil(theirs.mood) returns json language plpgsql as
            $$ begin raise exception 'run as %', current_user; end $$;
        create cast (theirs.mood as json) with function theirs.evil(theirs.mood) as implicit;
        create table theirs.t (k theirs.mood primary key, n theirs.num unique, u int unique);
        insert into theirs.t values ('sad', 1, 1), ('ok', 2, 2); reset role"""
    )
    site.do("select pydb.entity_set('t', 'theirs.t')")
    for key in ({"u": 1}, {"n": 2}):
        site.delete(None, key, None, entity="t", reason="why")
    site.do("insert into theirs.t values ('sad', 1, 1)")
    assert site.value("select count(*) filter (where not ok) from pydb.erasure_verify()") == 1


def test_two_at_once_have_an_entry_each(shop: Site) -> None:
    second = shop.session()
    with shop.db.transaction():
        erase(shop, 1)
        waiting = Background(
            second,
            "select pydb.cascade_delete(null, %s, p_entity => 'customer', p_reason => 'too')",
            json.dumps(ONE),
        )
        shop.until_blocked(second.info.backend_pid, shop.db.info.backend_pid)
    error = waiting.ended()
    assert error is None or isinstance(error, psycopg.errors.SerializationFailure)
    found = ledger(shop, "state, rows_done")
    assert sorted(found) == [("completed", 0), ("completed", 9)]
