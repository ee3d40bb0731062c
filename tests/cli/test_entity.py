"""``pydb entity``: set, list, drop."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from tests.conftest import Connection


@pytest.fixture
def shop(db: Connection) -> Connection:
    db.execute("create schema if not exists shop")
    db.execute("create table shop.customer (id int primary key)")
    db.execute('create table shop.sale (id int constraint "a=b" references shop.customer)')
    return db


def entities(cli: Cli) -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", cli("entity", "list", "--json").document["entities"])


def test_set_list_and_drop(cli: Cli, shop: Connection) -> None:
    given = ("customer", "shop.customer", "--edge", '"a=b"=nullify', "--others", "delete", "--grace", "1 day")
    assert cli("entity", "set", *given, "--dry-run").code == 0
    assert entities(cli) == []
    result = cli("entity", "set", *given, "--approval", "--json")
    assert result.document["entity"] == entities(cli)[0]
    (one,) = entities(cli)
    assert one["edges"] == {'shop.sale."a=b"': "nullify", "*": "delete"}
    assert (one["name"], one["root_name"], one["approval"], one["grace"]) == (
        *("customer", "shop.customer", True, "1 day"),
    )
    assert "shop.customer" in cli("entity", "list").out
    assert cli("entity", "drop", "customer").code == 64
    assert cli("entity", "drop", "customer", "--dry-run").code == 0
    assert cli.on_terminal("entity", "drop", "customer", answer=b"n\n").code == 1
    assert cli("entity", "drop", "customer", "--yes", "--json").document["dropped"] is True
    assert entities(cli) == []
    assert cli("entity", "drop", "customer", "--yes", "--json").error["sqlstate"] == "YD002"


@pytest.mark.parametrize(
    ("given", "sqlstate"),
    [
        (("customer", "shop.customer", "--edge", "nothing=delete"), "YD301"),
        (("customer", "shop.customer", "--edge", '"a=b"=x'), "YD301"),
        (("customer", "shop.customer", "--edge", "nonsense"), None),
        (("customer", "shop.customer", "--edge", "=delete"), None),
        (("customer", "shop.customer", "--edge", "f=delete", "--edge", "f=block"), None),
        (("customer", "shop.customer", "--others", "nullify"), "YD301"),
        (("customer", "shop.customer", "--grace", "soon"), "22007"),
        (("customer", "shop.sale"), "YD301"),
        (("Customer", "shop.customer"), "YD006"),
        (("customer", "shop.nothing"), "YD004"),
    ],
)
def test_what_is_no_entity_is_refused(
    cli: Cli, shop: Connection, given: tuple[str, ...], sqlstate: str | None
) -> None:
    result = cli("entity", "set", *given, "--json")
    assert (result.code, result.error["sqlstate"]) == (64, sqlstate)
    assert entities(cli) == []


def test_one_that_wants_a_second_person_is_deleted_by_a_job(cli: Cli, shop: Connection) -> None:
    shop.execute("insert into shop.customer values (1)")
    assert cli("entity", "set", "customer", "shop.customer", "--approval").code == 0
    for name in ("customer", "shop.customer"):
        refused = cli("cascade", "delete", name, "1", "--yes", "--json")
        assert refused.error["sqlstate"] == "YD306"
        assert "--durable" in str(refused.error["hint"])
    assert cli("cascade", "delete", "customer", "1", "--durable", "--yes").code == 0
    assert shop.execute("select approval, state from pydb.cascade_job").fetchall() == [(True, "requested")]
