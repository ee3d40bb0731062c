"""``pydb orphans``: what a scan finds is the exit code, nothing is changed unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli, Result
    from tests.conftest import Connection

NAME = "app.child.parent_id_ref"


@pytest.fixture
def shop(db: Connection) -> Connection:
    """Ten of a hundred children have no parent; the reference is logical and says cascade."""
    db.execute(
        """create schema if not exists app;
        create table app.parent (id int primary key);
        create table app.child (id int primary key, parent_id int);
        insert into app.parent select i from generate_series(2, 10) as i;
        insert into app.child select i, (i - 1) % 10 + 1 from generate_series(1, 100) as i;
        select pydb.reference_set('app.child', '{parent_id}', 'app.parent', '{id}', 'cascade');
        select pydb.setting_set('orphan_min_age', '0')"""
    )
    return db


def rows(result: Result, key: str) -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", result.document[key])


def left(db: Connection) -> int:
    row = db.execute("select count(*) from app.child").fetchone()
    assert row is not None
    return cast("int", row[0])


def test_scan_document(cli: Cli, shop: Connection) -> None:
    result = cli("orphans", "scan", "--json")
    assert (result.code, result.document["document"]) == (1, "orphans.scan")
    (reference,) = rows(result, "references")
    assert set(reference) == {
        *("reference", "kind", "child", "parent", "on_delete", "status", "reason", "sqlstate", "orphans"),
        *("unconfirmed", "partly_null", "checked_rows", "coverage", "sample", "looked_at", "scanned_at"),
        *("first_seen", "last_seen"),
    }
    assert (reference["reference"], reference["orphans"], reference["checked_rows"]) == (NAME, 10, 100)
    coverage = cast("dict[str, object]", result.document["coverage"])
    assert (coverage["total"], coverage["complete"], coverage["orphans"]) == (1, 1, 10)
    (run,) = rows(result, "runs")
    assert (run["kind"], run["subject"], run["state"]) == ("orphans", "scan", "completed")


def test_scan_without_orphans_is_done(cli: Cli, shop: Connection) -> None:
    shop.execute("insert into app.parent values (1)")
    result = cli("orphans", "scan")
    assert result.code == 0
    assert "coverage: 1 of 1 references checked completely; 0 orphans in 0 references" in result.out


def test_scan_that_cannot_check_everything_needs_attention(cli: Cli, shop: Connection) -> None:
    shop.execute("insert into app.parent values (1)")
    shop.execute(
        "create table app.other (p int); select pydb.reference_set('app.other', '{p}', 'app.parent', '{id}')"
    )
    shop.execute("alter table app.other drop column p")
    result = cli("orphans", "scan")
    assert result.code == 1
    assert "1 of 2 references checked completely (1 skipped)" in result.out
    assert "column p of app.other is gone" in result.out
    assert cli("orphans", "scan", "parent_id_ref").code == 0


def test_scan_that_fails(cli: Cli, shop: Connection) -> None:
    shop.execute("alter table app.child alter parent_id type text")
    result = cli("orphans", "scan", "--json")
    assert (result.code, rows(result, "references")[0]["status"]) == (2, "error")


def test_scan_with_a_budget(cli: Cli, shop: Connection) -> None:
    result = cli("orphans", "scan", "--max-runtime", "1 microsecond", "--json")
    assert (result.code, rows(result, "runs")[0]["stop_reason"]) == (1, "time_budget")
    assert rows(cli("orphans", "scan", "--restart", "--json"), "references")[0]["status"] == "complete"


def test_unknown_reference(cli: Cli, shop: Connection) -> None:
    for args in (("scan", "x"), ("list", "x"), ("repair", "x", "--yes"), ("close", "x", "--yes")):
        result = cli("orphans", *args, "--json")
        assert (result.code, result.error["sqlstate"]) == (64, "YD301")


def test_list_reads_only(cli: Cli, shop: Connection) -> None:
    result = cli("orphans", "list")
    assert result.code == 0
    assert "1 not looked at" in result.out
    cli("orphans", "scan")
    result = cli("orphans", "list", "parent_id_ref")
    assert "id 11, parent_id 1" in result.out
    (reference,) = rows(cli("orphans", "list", "--json"), "references")
    assert reference["orphans"] == 10


def test_repair_shows_the_dry_run_and_asks(cli: Cli, shop: Connection) -> None:
    result = cli("orphans", "repair", "parent_id_ref")
    assert result.code == 64
    assert "Delete 10 rows without a parent in app.child.parent_id_ref?" in result.err
    assert left(shop) == 100
    refused = cli.on_terminal("orphans", "repair", "parent_id_ref", answer=b"n\n")
    assert (refused.code, left(shop)) == (1, 100)
    agreed = cli.on_terminal("orphans", "repair", "parent_id_ref", answer=b"y\n")
    assert (agreed.code, left(shop)) == (0, 90)


def test_dry_run_changes_nothing(cli: Cli, shop: Connection) -> None:
    result = cli("orphans", "repair", "parent_id_ref", "--dry-run", "--json")
    (run,) = rows(result, "runs")
    assert (result.code, run["dry_run"], run["rows_planned"], left(shop)) == (0, True, 10, 100)


def test_repair_without_an_action_says_what_to_choose(cli: Cli, shop: Connection) -> None:
    shop.execute("update pydb.reference set on_delete = 'no action'")
    result = cli("orphans", "repair", "parent_id_ref", "--yes")
    assert (result.code, left(shop)) == (1, 100)
    assert "--mode quarantine" in result.err
    assert "YD401" in result.out


def test_quarantine_and_restore(cli: Cli, shop: Connection) -> None:
    result = cli("orphans", "repair", "parent_id_ref", "--mode", "quarantine", "--yes", "--json")
    (run,) = rows(result, "runs")
    assert (result.code, run["rows_done"], left(shop)) == (0, 10, 90)
    number = str(run["id"])
    rehearsal = cli("orphans", "restore", number, "--dry-run", "--json")
    assert (rehearsal.code, rows(rehearsal, "relations")[0]["restored"], left(shop)) == (0, 10, 90)
    shop.execute("insert into app.child values (1, 5)")
    result = cli("orphans", "restore", number)
    assert (result.code, left(shop)) == (1, 100)
    assert "child_pkey" in result.out
    result = cli("orphans", "restore", "4711", "--json")
    assert (result.code, result.error["sqlstate"]) == (64, "YD405")


def test_close(cli: Cli, shop: Connection) -> None:
    result = cli("orphans", "close", "parent_id_ref", "--yes", "--json")
    assert (result.code, result.error["sqlstate"]) == (1, "YD407")
    assert cli("orphans", "repair", "parent_id_ref", "--yes").code == 0
    result = cli("orphans", "close", "parent_id_ref", "--yes")
    assert result.code == 0
    assert "reference app.child.parent_id_ref is a valid foreign key" in result.out
    assert "validate constraint parent_id_ref" in result.err
    assert cli("orphans", "close", "parent_id_ref").code == 64


def test_read_only_server(cli: Cli, shop: Connection) -> None:
    for verb in (("scan",), ("repair", "parent_id_ref", "--yes"), ("close", "parent_id_ref", "--yes")):
        result = cli("orphans", *verb, "--json", PGOPTIONS="-c default_transaction_read_only=on")
        assert (result.code, result.error["sqlstate"]) == (1, "YD007")
