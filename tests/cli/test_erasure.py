"""``pydb erasure`` and ``pydb cascade receipt``: what an auditor and a restored database need."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli, Result
    from tests.conftest import Connection


@pytest.fixture
def people(db: Connection) -> Connection:
    """Five people with two visits each, and an entity."""
    db.execute(
        """create schema if not exists app; create table app.person (id int primary key, email text unique);
        create table app.visit (id int primary key, person int references app.person on delete cascade);
        create index on app.visit (person);
        insert into app.person select i, i || '@example.com' from generate_series(1, 5) as i;
        insert into app.visit select i, 1 + i % 5 from generate_series(1, 10) as i;
        select pydb.entity_set('person', 'app.person')"""
    )
    return db


def erase(cli: Cli, *more: str) -> Result:
    return cli("cascade", "delete", "person", *more, "--reason", "art. 17", "--yes")


def listed(cli: Cli, *more: str) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", cli("erasure", "list", *more, "--json").document["erasures"])


def test_a_receipt_as_text_and_as_a_document(cli: Cli, people: Connection) -> None:
    assert erase(cli, "1").code == 0
    (run,) = listed(cli)[0]["run_ids"]
    found = cast("dict[str, Any]", cli("cascade", "receipt", "--run", str(run), "--json").document["receipt"])
    assert (found["reason"], found["tables"]) == ("art. 17", {"app.person": 1, "app.visit": 2})
    told = cli("cascade", "receipt", "--run", str(run)).out
    for line in ("app.visit: 2 rows deleted", found["keys_sha256"], "nothing found", "archived: nothing"):
        assert line in told
    assert "example.com" not in told
    assert erase(cli, "email=2@example.com", "--durable", "--deadline", "3 days").code == 0
    assert cli("cascade", "resume", "1", "--yes").code == 0
    assert "completed" in cli("cascade", "receipt", "1").out
    for wrong in ((), ("1", "--run", str(run))):
        assert cli("cascade", "receipt", *wrong).code == 64
    unknown = cli("cascade", "receipt", "7", "--json")
    assert (unknown.code, unknown.error["sqlstate"]) == (1, "YD306")


def test_what_was_refused_is_in_the_ledger(cli: Cli, people: Connection) -> None:
    people.execute(
        "create table app.bar (id int references app.person); insert into app.bar values (1);"
        "select pydb.entity_set('guarded', 'app.visit', p_approval => true)"
    )
    refused = erase(cli, "1")
    assert refused.code == 1
    assert "in the ledger" in refused.err
    assert erase(cli, "1", "--durable").code == 1
    assert cli("cascade", "delete", "guarded", "3", "--reason", "x", "--yes").code == 1
    assert erase(cli, "77").code == 0
    assert [(one["state"], one["refusal"], one["keys"]) for one in listed(cli)] == [
        *(("completed", None, 1), ("refused", "not_approved", 1)),
        *(("refused", "blocked", 1), ("refused", "blocked", 1)),
    ]
    assert people.execute("select count(*) from app.person").fetchone() == (5,)
    # without a reason it is no erasure
    assert cli("cascade", "delete", "person", "1", "--yes").code == 1
    assert len(listed(cli)) == 4


def test_a_deadline_that_is_over_needs_attention(cli: Cli, people: Connection) -> None:
    assert erase(cli, "1", "--durable", "--deadline", "1 ms").code == 0
    assert erase(cli, "2", "--durable").code == 0
    assert cli("erasure", "list").code == 1
    assert [one["overdue"] for one in listed(cli, "--open")] == [True, False]
    assert cli("cascade", "cancel", "1").code == 0
    assert cli("erasure", "list").code == 0
    assert len(listed(cli, "--open")) == 1
    assert cli("cascade", "delete", "person", "3", "--deadline", "1 day", "--yes").code == 64
    assert erase(cli, "3", "--deadline", "-1 day").code == 64


def test_export_verify_and_replay(cli: Cli, people: Connection) -> None:
    assert erase(cli, "1", "2").code == 0
    assert erase(cli, "3").code == 0
    made = cli("erasure", "export", "ledger.jsonl", "--json").document
    assert made["entries"] == 2
    head, first, *_ = (cli.cwd / "ledger.jsonl").read_text("utf-8").splitlines()
    assert json.loads(head)["format"] == "pydb erasures"
    assert "example.com" not in first
    assert cli("erasure", "verify", "--json").document["ok"] is True
    people.execute("insert into app.person values (2, '2@example.com'), (3, '3@example.com')")
    looked = cli("erasure", "verify")
    assert looked.code == 1
    assert "app.person: 1" in looked.out
    assert cli("erasure", "replay", "ledger.jsonl", "--dry-run").code == 1
    assert cli("erasure", "replay", "ledger.jsonl").code == 64  # nobody can be asked
    assert people.execute("select count(*) from app.person").fetchone() == (4,)
    done = cli("erasure", "replay", "ledger.jsonl", "--yes", "--json")
    assert done.code == 0
    results = cast("list[dict[str, Any]]", done.document["results"])
    assert [(one["outcome"], one["back"]) for one in results] == [("deleted", 1), ("deleted", 1)]
    assert "2 with nobody back" in cli("erasure", "replay", "ledger.jsonl", "--yes").out
    assert cli("erasure", "verify").code == 0
    people.execute("insert into app.person values (3, '3@example.com'); select pydb.entity_drop('person')")
    lost = cli("erasure", "replay", "ledger.jsonl", "--yes", "--json")
    assert lost.code == 2
    assert {one["sqlstate"] for one in cast("list[dict[str, Any]]", lost.document["results"])} == {"YD002"}
    assert cli("erasure", "replay", "nothing.jsonl", "--yes").code == 64


def test_one_for_good_from_its_plan_to_its_receipt(cli: Cli, people: Connection) -> None:
    assert cli("cascade", "delete", "app.visit", "1", "--archive", "--yes").code == 0
    plan = cli("cascade", "plan", "person", "2", "--purge")
    assert plan.code == 0
    assert "pydb_archive.app__visit" in plan.out
    assert "would delete 3 rows in 3 tables" in plan.out
    good = ("--durable", "--purge")
    for wrong in (("--purge",), (*good, "--archive")):
        assert erase(cli, "2", *wrong).code == 64
    assert cli("cascade", "delete", "person", "2", *good, "--yes").code == 64
    dry = cli("cascade", "delete", "person", "2", *good, "--reason", "x", "--dry-run", "--json").document
    assert dry["rows"] == {"delete": 3, "update": 0}
    assert erase(cli, "2", *good).code == 0
    assert cli("cascade", "resume", "1", "--yes").code == 0
    told = cli("cascade", "receipt", "1").out
    assert "pydb_archive.app__visit: 1 row purged for good" in told
    assert cli("erasure", "verify", "--edges").code == 0
    found = cli("erasure", "verify", "--edges", "--json").document
    edges = cast("list[dict[str, Any]]", found["edges"])
    assert {(one["place"], one["state"]) for one in edges} == {
        *(("live", "verified"), ("archive", "verified"), ("quarantine", "verified")),
    }
    # what cannot be known is neither found nor verified
    people.execute("alter table app.visit drop constraint visit_person_fkey")
    unknown = cli("erasure", "verify", "--json")
    assert (unknown.code, unknown.document["ok"]) == (3, False)
