"""What the weather archive tries again, and what it does not."""

from __future__ import annotations

import httpx
import pytest

from pydb.demo.services.weather_archive import fetching, stations

REQUEST = httpx.Request("GET", "http://localhost/lyon/2025.csv")


def status(code: int) -> httpx.HTTPStatusError:
    return httpx.HTTPStatusError("no", request=REQUEST, response=httpx.Response(code, request=REQUEST))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (status(429), "429"),
        (status(500), "5xx"),
        (status(503), "5xx"),
        (status(599), "5xx"),
        (status(400), None),
        (status(401), None),
        (status(404), None),
        (status(410), None),
        (httpx.ReadTimeout(""), "time-out"),
        (httpx.ConnectTimeout(""), "time-out"),
        (httpx.PoolTimeout(""), "time-out"),
        (httpx.ReadError(""), "reset"),
        (httpx.ConnectError(""), "reset"),
        (httpx.RemoteProtocolError(""), "reset"),
        (httpx.UnsupportedProtocol(""), None),
        (httpx.DecodingError(""), None),
        (fetching.BadData(""), None),
        (ZeroDivisionError(), None),
    ],
)
def test_errors_are_told_apart(error: Exception, reason: str | None) -> None:
    assert fetching.reason(error) == reason


def test_a_record_is_a_record() -> None:
    good = b"2025-01-01T00:00Z,-3.2,88,1015.4,5.2\n"
    fetching.refuse_bad(good * 3)
    bad = (b"", b"\n", good[:-1], good.replace(b"88", b"warm"), good + b"x\n", good.replace(b",88", b""))
    for text in bad:
        with pytest.raises(fetching.BadData):
            fetching.refuse_bad(text)
    with pytest.raises(fetching.BadData, match="line 3 is no record"):
        fetching.refuse_bad(good * 2 + b"end of file\n")


def test_each_kind_of_fault_is_got_over() -> None:
    file = ("lyon", 2025)
    with (
        stations.serving({file: ("429", "500", "503", "reset", "short")}) as service,
        httpx.Client(base_url=service.url, timeout=30, trust_env=False) as client,
    ):
        told = fetching.Told()
        assert fetching.fetch(client, file, told) == stations.text(*file)
    assert told.retried == {"429": 1, "5xx": 2, "reset": 2}
    assert told.requests == service.asked[file] == 6
    assert min(pause for why, pause in told.pauses if why == "429") >= stations.RETRY_AFTER
    assert told.bytes_wire > len(stations.packed(*file))


@pytest.mark.parametrize(
    ("station", "error", "requests"),
    [
        (stations.UNKNOWN, httpx.HTTPStatusError, 1),
        (stations.DAMAGED, fetching.BadData, 1),
        (stations.DOWN, httpx.HTTPStatusError, fetching.ATTEMPTS),
    ],
)
def test_what_is_fatal_and_what_is_given_up(station: str, error: type[Exception], requests: int) -> None:
    with (
        stations.serving({}) as service,
        httpx.Client(base_url=service.url, timeout=30, trust_env=False) as client,
        pytest.raises(error),
    ):
        fetching.fetch(client, (station, 2025), fetching.Told())
    assert service.asked[station, 2025] == requests
