"""The judge on schemas made by hand, whose ends are written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cascade.fixed import CASES
from tests.cascade.judge import Court
from tests.cascade.many import MANY
from tests.cascade.meetings import MEETINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.cascade.judge import Bench


@pytest.mark.parametrize("name", [*CASES, *MEETINGS, *MANY])
def test_the_end_is_postgresqls_own(bench: Bench, name: str) -> None:
    case = {**CASES, **MEETINGS, **MANY}[name]
    with bench.schema(case.script) as db:
        court = Court(db, "public.root", [dict(key) for key in case.keys])
        verdict = court.judge()
        assert (verdict.refusal is not None) is case.refused
        if not case.refused:
            assert _plain(verdict.gone) == case.gone
            assert _plain(verdict.changed) == case.changed
        verdict = court.judge(court.all_delete())
        assert verdict.refusal is None
        assert _plain(verdict.gone) == (case.gone if case.all_gone is None else case.all_gone)


def _plain(counts: Mapping[str, int]) -> dict[str, int]:
    return {name.removeprefix("public."): count for name, count in counts.items()}
