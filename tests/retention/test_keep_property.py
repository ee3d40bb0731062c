"""The first law under rules: whatever columns, mappings and last rows keep, planned = logged = gone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.retention.lab import NOW, Lab
from tests.retention.test_property import FILTERS, LAYOUTS, UNITS, prune

if TYPE_CHECKING:
    from collections.abc import Callable

KEEP: Final = timedelta(days=30)
ENDLESS: Final = timedelta(days=999_999)
KEEPS: Final = (timedelta(days=-3), timedelta(days=10), timedelta(days=60), ENDLESS, None)
# how old rows are: about each cutoff, to the second
AGES: Final = tuple(
    timedelta(days=days, seconds=seconds) for days in (3, 7, 10, 30, 60, 400) for seconds in (-1, 0, 1)
)
TYPES: Final = {
    "timestamptz": None,
    "timestamp": None,
    "date": None,
    "bigint": "ms",
    "float8": "s",
    "uuid": None,
}


@dataclass(frozen=True)
class Case:
    """A table, its mapping, the rules of its policy, and the way to prune it."""

    kind: str
    layout: str
    ages: list[timedelta | None]
    numbers: list[int | None]
    owns: list[timedelta | None]
    mapping: dict[int, timedelta | None] | None
    has_column: bool
    in_days: bool
    floor: timedelta
    last: int | None
    groups: tuple[str, ...]
    combine: str | None
    filter: str | None
    child: list[int]
    index: bool
    strategy: str
    how: str
    size: int
    takes_others: bool = False

    def at(self, number: int) -> datetime | None:
        age = self.ages[number]
        return None if age is None else NOW - age

    def old(self, at: datetime, keep: timedelta) -> bool:
        cut = NOW - keep
        return at.date() < cut.date() if self.kind == "date" else at < cut

    def keep(self, number: int) -> timedelta | None:
        """How long the row is kept; None = for ever."""
        found: timedelta | None = KEEP
        own, key = self.owns[number], self.numbers[number]
        if self.has_column and own is not None:
            found = own
        elif self.mapping is not None and key in self.mapping:
            found = self.mapping[key]
        return None if found is None or found == ENDLESS else max(found, self.floor)

    def survivors(self) -> set[int]:
        """What must be left, by the plainest possible reckoning."""
        rows = [
            (number, at)
            for number in range(len(self.ages))
            if (at := self.at(number)) is not None and FILTERS[self.filter](number, self.numbers[number])  # type: ignore[no-untyped-call]
        ]
        aged = {n for n, at in rows if (keep := self.keep(n)) is not None and self.old(at, keep)}
        gone = aged
        if self.last is not None:
            ranked: dict[object, list[int]] = {}
            for number, _at in sorted(rows, key=lambda row: (self._order(row[1]), row[0] % 3, row[0])):
                if self.combine == "and" or number not in aged:
                    ranked.setdefault(self._group(number), []).append(number)
            beyond = {number for group in ranked.values() for number in group[: -self.last]}
            gone = (
                aged & beyond
                if self.combine == "and"
                else aged
                | {
                    number
                    for number, at in rows
                    if number in beyond and self.keep(number) is not None and self.old(at, self.floor)
                }
            )
        return set(range(len(self.ages))) - (gone - set(self.child))

    def _order(self, at: datetime) -> object:
        return at.date() if self.kind == "date" else at

    def _group(self, number: int) -> object:
        values: dict[str, Callable[[], object]] = {
            "rows": lambda: self.numbers[number],
            "part": lambda: number % 3,
        }
        return tuple(values[name]() for name in self.groups)

    def value(self, number: int) -> str | None:
        at = self.at(number)
        if at is None:
            return None
        if self.kind == "uuid":
            return f"{int(at.timestamp()) * 1000:012x}7abc8def{number:012x}"
        unit = TYPES[self.kind]
        return str(int(at.timestamp()) * UNITS[unit][1]) if unit else at.isoformat()


@st.composite
def cases(draw: st.DrawFn) -> Case:
    size = draw(st.integers(1, 24))
    numbers = range(size)
    keep = st.sampled_from(KEEPS)
    last = draw(st.none() | st.integers(1, 3))
    mapping = draw(st.none() | st.dictionaries(st.integers(0, 3), keep, min_size=1))
    has_column = draw(st.booleans()) or (mapping is None and last is None)
    return Case(
        kind=draw(st.sampled_from(sorted(TYPES))),
        layout=draw(st.sampled_from(sorted(LAYOUTS))),
        ages=[draw(st.none() | st.sampled_from(AGES)) for _ in numbers],
        numbers=[draw(st.none() | st.integers(0, 4)) for _ in numbers],
        owns=[draw(keep) for _ in numbers],
        mapping=mapping,
        has_column=has_column,
        in_days=draw(st.booleans()),
        floor=timedelta(days=draw(st.sampled_from([3, 7, 30]))),
        last=last,
        groups=draw(st.sampled_from([(), ("rows",), ("part",), ("rows", "part")])) if last else (),
        combine=draw(st.sampled_from(["and", "or"])) if last else None,
        filter=draw(st.sampled_from(list(FILTERS))),
        child=draw(st.lists(st.sampled_from(numbers), max_size=4)),
        index=draw(st.booleans()),
        strategy=draw(st.sampled_from(["auto", "heap", "index"])),
        how=draw(st.sampled_from(["run", "budget", "batch"])),
        size=draw(st.integers(1, 12)),
    )


def build(lab: Lab, case: Case) -> None:
    """Columns are named as our own text names things, and not in ASCII."""
    of = "bigint" if case.in_days else "interval"
    lab.do(
        f"""create schema if not exists x; drop table if exists x.t, x.c, x."k of € by" cascade;
        delete from pydb.job_run; delete from pydb.retention_policy;
        create table x.t (part int, id int, "wann €" {case.kind}, n int, "rows" int, "t" {of}, fat text,
            primary key (part, id)) {LAYOUTS[case.layout]};
        create table x."k of € by" ("new" int, k int, t {of}, primary key (k, "new"));
        create table x.c (part int, id int, foreign key (part, id) references x.t);"""
    )
    if case.last is not None:
        lab.do(f"""create index on x.t ({", ".join((*(f'"{name}"' for name in case.groups), '"wann €"'))})""")
    if case.index or case.strategy == "index":
        lab.do('create index on x.t ("wann €")')
    with lab.db.cursor() as cursor:
        cursor.executemany(
            f"""insert into x.t
            values (%s, %s, %s::text::{case.kind}, %s, %s, %s::text::{of}, repeat('x', 2000))""".encode(),
            [
                (
                    number % 3,
                    number,
                    case.value(number),
                    case.numbers[number],
                    case.numbers[number],
                    _keep(case, own),
                )
                for number, own in enumerate(case.owns)
            ],
        )
        # a key of two columns: one row for each part of a number
        cursor.executemany(
            f'insert into x."k of € by" (k, "new", t) values (%s, %s, %s::text::{of})'.encode(),
            [
                (key, part, _keep(case, keep))
                for key, keep in (case.mapping or {}).items()
                for part in range(3)
            ],
        )
        cursor.executemany("insert into x.c values (%s, %s)", [(number % 3, number) for number in case.child])


def _keep(case: Case, keep: timedelta | None) -> str | None:
    if keep is None:
        return None
    if keep == ENDLESS:
        return "9999999" if case.in_days else "6000 years"
    return str(keep.days) if case.in_days else f"{keep.days} days"


@settings(
    max_examples=max(1, (settings.default.max_examples if settings.default else 0) // 6),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=cases())
def test_planned_is_logged_is_gone_under_rules(lab: Lab, case: Case) -> None:
    build(lab, case)
    rules: dict[str, object] = {"keep_floor": case.floor}
    if case.has_column:
        rules["keep_column"] = "t"
    if case.mapping is not None:
        rules |= {
            "keep_table": 'x."k of € by"',
            "keep_by": ["rows", "part"],
            "keep_key": ["k", "new"],
            "keep_value": "t",
        }
    if case.last is not None:
        rules |= {"keep_last": case.last, "keep_last_by": list(case.groups) or None, "combine": case.combine}
    lab.policy(
        table="x.t",
        column="wann €",
        keep=KEEP,
        time_unit=TYPES[case.kind],
        filter=case.filter,
        strategy=case.strategy,
        **rules,
    )
    survivors = case.survivors()
    for number in {0, len(case.ages) - 1}:
        key = json.dumps({"part": number % 3, "id": number})
        query = "select is_due from pydb.retention_row_explain('p', %s::jsonb, %s)"
        assert lab.one(query, key, NOW) == (number not in survivors)
    planned = lab.planned()
    assert planned == len(case.ages) - len(survivors)
    assert prune(lab, case, planned) == planned  # type: ignore[arg-type]
    assert set(lab.ids("x.t")) == survivors
