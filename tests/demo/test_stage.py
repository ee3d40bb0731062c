"""What a service proved: a line, its limit, and whether it holds."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pydb.demo.screen import Screen
from pydb.demo.services.stage import Stage, Stopped, parse_limits, refuse_unused
from pydb.embedded import Server
from pydb.errors import UsageError


def stage(*limits: str, stop: bool = False) -> Stage:
    server = Server.__new__(Server)  # nobody asks it
    return Stage(server, "", 1, Path(), Screen(io.StringIO()), parse_limits(limits), stop)


def test_a_claim_holds_up_to_its_limit() -> None:
    shown = stage()
    assert not shown.holds  # nothing was proved
    shown.at_most("a", "memory", 10.0, 10.0, "%")
    shown.at_least("b", "rows a second", 1_234_567, 1_000_000)
    shown.equal("c", "it is there", measured=True, wanted=True)
    assert shown.holds
    assert [(one.measured, one.limit) for one in shown.proofs] == [
        ("10 %", "<= 10 %"),
        ("1,234,567", ">= 1,000,000"),
        ("yes", "yes"),
    ]
    shown.at_most("d", "pause", 0.1234, 0.1, "s")
    assert not shown.holds
    assert (shown.proofs[-1].measured, shown.proofs[-1].ok) == ("0.123 s", False)


@pytest.mark.parametrize(
    ("given", "ok"),
    [("a=9.9", False), ("a=10", True), ("b=11", False), ("b=9", True), ("c=no", False), ("c=yes", True)],
)
def test_another_limit(given: str, ok: bool) -> None:
    shown = stage(given)
    shown.at_most("a", "memory", 10.0, 10.0)
    shown.at_least("b", "rows", 10, 10)
    shown.equal("c", "it is there", measured=True, wanted=True)
    assert shown.holds is ok
    assert shown.limits == {}


def test_numbers_may_be_given_as_they_are_shown_or_as_they_are_typed() -> None:
    for given in ("rows=1,000", "rows=1000"):
        shown = stage(given)
        shown.equal("rows", "rows", 1000, 7)
        assert shown.holds


def test_it_stops_at_the_first_that_does_not_hold() -> None:
    shown = stage("b=0", stop=True)
    shown.equal("a", "one", 1, 1)
    with pytest.raises(Stopped):
        shown.equal("b", "one", 1, 1)


def test_a_limit_that_nobody_asks_for_is_a_mistake() -> None:
    shown = stage("memori=3")
    shown.at_most("memory", "memory", 1, 2)
    with pytest.raises(UsageError, match="no proof has the key memori"):
        refuse_unused(shown.limits, shown.proofs)
    with pytest.raises(UsageError, match="is a number"):
        stage("memory=much").at_most("memory", "memory", 1, 2)
