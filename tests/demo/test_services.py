"""``pydb demo NAME``: each service as a user runs it, smaller; and a claim which does not hold is seen."""

from __future__ import annotations

import io
import json
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from psycopg import sql

from pydb.cli import main
from pydb.demo.screen import Screen
from pydb.demo.services import SERVICES, load, runner
from pydb.demo.services.runner import SETTINGS
from pydb.demo.services.stage import DATABASE, Stage, Stopped, parse_limits
from tests.demo.test_command import run
from tests.servers import TestServer, have_it_everywhere

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]


class Small(NamedTuple):
    """How a service is run here.

    Rows, proofs that it has at least, a limit that cannot hold, and limits of what other tests make slower.
    """

    rows: int
    proofs: int
    broken: str
    busy: tuple[str, ...] = ()


SMALL: Mapping[str, Small] = {
    "telemetry-lab": Small(20_000, 19, "tables=6"),
    "weather-archive": Small(50_000, 23, "cleaned=0", ("warm=100",)),
    "lighting-controller": Small(20_000, 25, "refused=yes"),
    "trading-back-end": Small(
        20_000, 35, "tune_once=0", ("tune_seconds=60", "model_seconds=60", "model_others=60")
    ),
    "coaching-platform": Small(20_000, 28, "tables=0", ("quiet=3",)),  # all but p95
}


def test_every_service_is_run_here_and_has_its_section() -> None:
    assert set(SMALL) == set(SERVICES)
    page = (ROOT / "docs/services.md").read_text("utf-8")
    assert [name for name in SERVICES if f"pydb demo {name}" not in page] == []


# which installs pydb itself: the only one whose server a copy would not be like
COMMAND = "lighting-controller"


def test_a_service_proves_what_it_claims() -> None:
    done = run(COMMAND, "--rows", str(SMALL[COMMAND].rows), "--json")
    assert done.stdout, done.stderr
    document = json.loads(done.stdout)
    failed = [proof for proof in document["proofs"] if not proof["ok"]]
    assert (done.returncode, failed) == (0, []), done.stderr
    assert (document["document"], document["service"], document["holds"]) == ("demo-service", COMMAND, True)
    assert "What was proved" in done.stderr
    assert f"All {len(document['proofs'])} claims hold." in done.stderr
    _proves(COMMAND, [(proof["key"], proof["claim"]) for proof in document["proofs"]])


@pytest.mark.parametrize("name", [entry.name for entry in SERVICES.values() if not entry.installs])
def test_a_service_proves_what_it_claims_on_a_server_of_its_own(name: str, tmp_path: Path) -> None:
    small = SMALL[name]
    with TestServer("pg18", SETTINGS) as server:
        screen = Screen(io.StringIO())
        stage = Stage(server, _made(server, DATABASE), small.rows, tmp_path, screen, parse_limits(small.busy))
        load(SERVICES[name]).prove(stage)
    assert [proof for proof in stage.proofs if not proof.ok] == []
    assert stage.limits == {}
    assert json.loads(json.dumps(stage.result)) == stage.result
    _proves(name, [(proof.key, proof.claim) for proof in stage.proofs])


def _proves(name: str, proofs: list[tuple[str, str]]) -> None:
    """Enough, each once, and what the page shows."""
    assert len(proofs) >= SMALL[name].proofs
    assert len({key for key, _ in proofs}) == len(proofs)
    claims = {_plain(claim) for _, claim in proofs}
    assert [line for line in _shown(name) if not any(line.startswith(f"{one}:") for one in claims)] == []


def _shown(name: str) -> list[str]:
    """The claims that the page shows of a service."""
    page = (ROOT / "docs/services.md").read_text("utf-8")
    section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    return [_plain(line) for line in re.findall(r"^   ok  (.*)$", section, re.MULTILINE)]


def _plain(text: str) -> str:
    """Without what another size changes."""
    return re.sub(r"[\d,.]*\d", "#", text)


class Grown(TestServer):
    """A server like that of the demo, in a moment: a copy, on which each new database has pydb already."""

    def __init__(self, settings: Mapping[str, str | int | bool]) -> None:
        super().__init__("pg18", settings)

    def start(self) -> None:
        super().start()
        have_it_everywhere(self, self.migrated())


@pytest.fixture
def grown(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command takes such a server, so it runs here; its handlers of signals go with it."""
    monkeypatch.setattr(runner, "Server", Grown)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("grown")
def test_a_service_fails_where_a_claim_does(capsys: pytest.CaptureFixture[str]) -> None:
    name = "telemetry-lab"
    small = SMALL[name]
    key = small.broken.partition("=")[0]
    code = main(["demo", name, "--rows", str(small.rows), "--limit", small.broken, "--stop", "--json"])
    told = capsys.readouterr()
    assert code == 1, told.err
    document = json.loads(told.out)
    assert (document["exit_code"], document["holds"]) == (1, False)
    assert [proof["key"] for proof in document["proofs"] if not proof["ok"]] == [key]
    assert f"NOT all claims hold: {key}." in told.err


@pytest.fixture(scope="module")
def prepared() -> Iterator[Callable[[str], tuple[TestServer, str]]]:
    """Makes databases as the demo does, by copies: on a server that has the roles of each service once."""
    with TestServer("pg18", SETTINGS) as server:
        yield lambda name: (server, _made(server, name))


def _made(server: TestServer, name: str) -> str:
    server.tell("create database {} template {}", sql.Identifier(name), sql.Identifier(server.migrated()))
    return server.dsn(name)


@pytest.mark.parametrize("name", [entry.name for entry in SERVICES.values() if not entry.installs])
def test_a_service_stops_where_a_claim_does_not_hold(
    name: str, prepared: Callable[[str], tuple[TestServer, str]], tmp_path: Path
) -> None:
    small = SMALL[name]
    server, dsn = prepared(name)
    screen = Screen(io.StringIO())
    stage = Stage(server, dsn, small.rows, tmp_path, screen, parse_limits([small.broken]), stop=True)
    with pytest.raises(Stopped):
        load(SERVICES[name]).prove(stage)
    assert not stage.holds
    assert [proof.key for proof in stage.proofs if not proof.ok] == [small.broken.partition("=")[0]]
    assert stage.limits == {}


def test_the_list() -> None:
    listed = run("--list")
    assert listed.returncode == 0
    assert [line.split()[0] for line in listed.stdout.splitlines()[3:] if line.strip()] == list(SERVICES)
    assert "next: pydb demo SERVICE" in listed.stderr
    document = json.loads(run("--list", "--json").stdout)
    assert [entry["name"] for entry in document["services"]] == list(SERVICES)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["no-such"], "there is no demo no-such"),
        (["telemetry-lab", "--keep"], "no --dsn, no --keep"),
        (["telemetry-lab", "--limit", "memory"], "a limit is KEY=VALUE"),
        (["--limit", "memory=1"], "are for a service"),
    ],
)
def test_what_is_refused(args: list[str], told: str) -> None:
    done = run(*args)
    assert done.returncode == 64
    assert told in done.stderr
