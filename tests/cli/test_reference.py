"""``pydb reference``: set, list, suggest, drop."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from tests.conftest import Connection

NAME = "shop.sale.customer_id_ref"


@pytest.fixture
def shop(db: Connection) -> Connection:
    db.execute("create schema if not exists shop")
    db.execute("create table shop.customer (id int primary key, region int, unique (region, id))")
    db.execute('create table shop.sale (customer_id int, "Region, x" int)')
    db.execute("insert into shop.customer select i from generate_series(1, 10) as i")
    db.execute("insert into shop.sale select i from generate_series(1, 20) as i")
    return db


def rows(cli: Cli, *args: str, key: str) -> list[dict[str, object]]:
    result = cli(*args, "--json")
    assert result.code == 0
    return cast("list[dict[str, object]]", result.document[key])


def set_it(cli: Cli, *more: str) -> int:
    return cli("reference", "set", "shop.sale", "customer_id", "shop.customer", "id", *more).code


def test_suggest_says_what_to_type(cli: Cli, shop: Connection) -> None:
    (one,) = rows(cli, "reference", "suggest", key="suggestions")
    assert (one["rows"], one["matched"], one["orphans"], one["share"]) == (20, 10, 10, 0.5)
    shown = cli("reference", "suggest", "shop").out
    assert "50.0%" in shown
    assert str(one["command"]) in shown
    assert rows(cli, "reference", "suggest", "--no-measure", key="suggestions")[0]["rows"] is None
    shop.execute(str(one["command"]).encode())
    assert rows(cli, "reference", "suggest", key="suggestions") == []
    assert cli("reference", "suggest", "nothing").code == 64


def test_set_list_and_drop(cli: Cli, shop: Connection) -> None:
    assert set_it(cli, "--dry-run", "--on-delete", "cascade") == 0
    assert rows(cli, "reference", "list", key="references") == []
    result = cli(
        "reference", "set", "shop.sale", "customer_id", "shop.customer", "id", "--on-delete", "cascade"
    )
    assert (result.code, NAME in result.out) == (0, True)
    assert "create index concurrently on shop.sale (customer_id);" in result.err
    (one,) = rows(cli, "reference", "list", key="references")
    assert (one["reference"], one["kind"], one["on_delete"], one["status"]) == (
        NAME,
        "logical",
        "cascade",
        "ok",
    )
    assert NAME in cli("reference", "list").out
    refused = cli("reference", "drop", "customer_id_ref")
    assert (refused.code, "--yes" in refused.err) == (64, True)
    assert cli("reference", "drop", "customer_id_ref", "--dry-run").code == 0
    assert cli.on_terminal("reference", "drop", "customer_id_ref", answer=b"n\n").code == 1
    assert len(rows(cli, "reference", "list", key="references")) == 1
    assert cli("reference", "drop", "customer_id_ref", "--yes", "--json").document["dropped"] is True
    assert rows(cli, "reference", "list", key="references") == []
    assert cli("reference", "drop", "customer_id_ref", "--yes").code == 64


def test_columns_are_written_as_in_sql(cli: Cli, shop: Connection) -> None:
    given = ("shop.sale", 'Customer_Id,"Region, x"', "shop.customer", "id,region", "--name", "pair")
    result = cli("reference", "set", *given, "--json")
    stored = cast("dict[str, object]", result.document["reference"])
    assert stored["child_columns"] == ["customer_id", "Region, x"]
    assert stored["name"] == "shop.sale.pair"


@pytest.mark.parametrize(
    ("given", "sqlstate"),
    [
        (("shop.sale", "nope", "shop.customer", "id"), "YD301"),
        (("shop.sale", "a b", "shop.customer", "id"), "YD006"),
        (("shop.sale", "c" * 64, "shop.customer", "id"), "YD006"),
        (("shop.nothing", "a", "shop.customer", "id"), "YD004"),
        (("shop.sale", "customer_id", "shop.customer", "id", "--on-delete", "x"), "YD301"),
        (("shop.sale", "customer_id", "shop.customer", "id", "--name", "a b"), "YD006"),
    ],
)
def test_what_is_no_reference_is_refused(
    cli: Cli, shop: Connection, given: tuple[str, ...], sqlstate: str
) -> None:
    result = cli("reference", "set", *given, "--json")
    assert (result.code, result.error["sqlstate"]) == (64, sqlstate)
    assert result.error["hint"]


def test_a_reference_whose_table_is_gone_is_shown_and_dropped(cli: Cli, shop: Connection) -> None:
    set_it(cli)
    shop.execute("drop table shop.customer")
    assert "table shop.customer is gone" in cli("reference", "list").out
    assert cli("reference", "drop", NAME, "--yes").code == 0
