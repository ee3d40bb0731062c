"""What sampling keeps says the same as all of it; errors and slow requests are all kept."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from pydb.telemetry.sampling import Sampler
from tests.telemetry.conftest import exact

if TYPE_CHECKING:
    from tests.telemetry.conftest import MakeWriter, Read


@pytest.mark.parametrize("rate", [1.0, 0.7, 0.5, 0.3, 0.1, 0.01, 0.0137, 1e-9])
def test_what_is_kept_stands_for_as_many_as_there_were(rate: float) -> None:
    sampler = Sampler(rate)
    asked = 20_000
    kept = [found for found in (sampler.take() for _ in range(asked)) if found is not None]
    assert sum(1 / found for found in kept) == pytest.approx(asked, abs=1 / rate + 1)
    assert all(abs(1 / found - 1 / rate) < 1 for found in kept)


def test_each_place_of_a_block_is_kept_as_often_as_any_other() -> None:
    random.seed(5)
    sampler = Sampler(0.1)
    kept = [0] * 10
    for number in range(100_000):
        if sampler.take() is not None:
            kept[number % 10] += 1
    assert sum(kept) == 10_000
    assert max(kept) - min(kept) < 200


def test_at_one_per_cent_views_are_within_five_per_cent_of_the_truth(
    make_writer: MakeWriter, read: Read
) -> None:
    random.seed(11)
    writer = make_writer(rate=0.01, capacity=50_000)
    truth: list[float] = []
    errors = 0
    for number in range(150_000):
        duration = random.lognormvariate(-2.3, 0.5)
        status = 500 if random.uniform(0, 1) < 0.004 else 404 if number % 50 == 0 else 200  # noqa: S311
        errors += status == 500
        truth.append(duration)
        writer.request(method="GET", path=f"/o/{number}", route="/o/{id}", status=status, duration=duration)
    assert writer.flush(30)
    truth.sort()
    slow = sum(duration >= writer.slow for duration in truth)
    ((requests, average, p95, most, share, sampled),) = read(
        "select requests, average_seconds, p95_seconds, maximum_seconds, error_share, sampled"
        " from app.slowest_route"
    )
    assert requests == pytest.approx(len(truth), rel=0.01)
    assert average == pytest.approx(sum(truth) / len(truth), rel=0.05)
    assert p95 == pytest.approx(truth[int(len(truth) * 0.95)], rel=0.05)
    assert share == pytest.approx(errors / len(truth), rel=0.05)
    assert most == (truth[-1] if truth[-1] >= writer.slow else most)
    assert int(str(sampled)) < 1500 + errors + slow + 1
    assert read("select count(*)::int from app.recent_error where requests = 1") == [(errors,)]
    baselines = {
        row[0]: row[1] for row in read("select baseline, measured::float8 from pydb.telemetry_status()")
    }
    assert baselines["error_share"] == pytest.approx(errors / len(truth), rel=0.05)
    assert baselines["p95"] == pytest.approx(p95)
    exact(writer)
