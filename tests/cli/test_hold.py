"""``pydb hold``: place, list, show, override, release; and a cascade that a hold refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from tests.conftest import Connection


@pytest.fixture
def shop(db: Connection) -> Connection:
    db.execute("create schema if not exists shop")
    db.execute("create table shop.customer (id int primary key, tenant_id int)")
    db.execute("create table shop.sale (id int, customer int references shop.customer on delete cascade)")
    db.execute("insert into shop.customer select i, i from generate_series(1, 4) as i")
    db.execute("insert into shop.sale select i, i from generate_series(1, 4) as i")
    return db


def holds(cli: Cli, *more: str) -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", cli("hold", "list", "--json", *more).document["holds"])


def test_place_list_show_override_and_release(cli: Cli, shop: Connection) -> None:
    assert holds(cli) == []
    given = ("case-7", "shop.customer", "--key", '{"id": 2}', "--key", '{"id": 3}', "--reason", "a court")
    assert cli("hold", "place", *given).code == 0
    assert cli("hold", "place", *given).code == 64
    assert cli("hold", "place", "t", "--tenant", '{"tenant_id": 4}', "--reason", "a court").code == 0
    assert cli("hold", "place", "bad", "shop.customer", "--key", "2", "--reason", "a court").code == 64
    assert [(row["name"], row["state"], row["keys"]) for row in holds(cli)] == [
        ("t", "active", 1),
        ("case-7", "active", 2),
    ]
    assert "a court" in cli("hold", "show", "case-7").out
    assert cli("hold", "show", "nobody").code == 64
    refused = cli("cascade", "delete", "shop.customer", "2", "--yes")
    assert refused.code == 1
    assert "case-7" in refused.err
    assert shop.execute("select count(*) from pydb.audit_log where action = 'hold_refuse'").fetchone() == (1,)
    exempt = ("case-7", "shop.customer", "--key", '{"id": 2}', "--reason", "agreed", "--for", "5 minutes")
    assert cli("hold", "override", *exempt).code == 0
    assert cli("cascade", "delete", "shop.customer", "2", "--yes", "--allow-unindexed").code == 0
    document = cli("hold", "release", "case-7", "--reason", "closed", "--json").document
    (table,) = cast("list[dict[str, object]]", document["tables"])
    assert (table["relation"], table["rows"], table["still_held"], table["free"]) == (
        "shop.customer",
        1,
        0,
        1,
    )
    assert cli("hold", "release", "case-7", "--reason", "closed").code == 64
    assert [row["name"] for row in holds(cli)] == ["t"]
    assert "case-7" in {row["name"] for row in holds(cli, "--all")}
    shop.execute("alter table shop.customer rename tenant_id to tenant")
    assert "pydb hold show t" in cli("hold", "list").err


def test_a_plan_that_a_hold_blocks_is_shown_and_refused(cli: Cli, shop: Connection) -> None:
    assert cli("hold", "place", "all", "shop.sale", "--reason", "a court").code == 0
    plan = cli("cascade", "plan", "shop.customer", "2", "--json")
    assert plan.code == 1
    steps = cast("list[dict[str, object]]", plan.document["steps"])
    assert {step["relation"] for step in steps if "held" in cast("list[str]", step["codes"])} == {
        "shop.customer",
        "shop.sale",
    }


def test_a_plan_shows_which_hold_keeps_how_many_rows(cli: Cli, shop: Connection) -> None:
    shop.execute("alter table shop.customer add at timestamptz default '2024-01-01'")
    shop.execute("select pydb.retention_policy_set('p', 'shop.customer', 'at', '30 days', p_fuse_share => 1)")
    assert "held" not in cli("retention", "plan").out
    shop.execute("""select pydb.hold_place('case-7', 'shop.customer', '{"id": 2}', p_reason => 'a court')""")
    said = cli("retention", "plan").out
    assert any("blocked" in line and "held" in line for line in said.splitlines())
    assert "1: case-7" in said
