"""From the fault to the page: real faults on real servers, a real Prometheus, runbooks that name them."""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import psycopg
import pytest

from tests import forked
from tests.alerts import faults
from tests.alerts.faults import CHAINS, OMISSIONS, REBOOT, Clock, Fault, World
from tests.alerts.paging import Exporter, Prometheus, type_it, until
from tests.alerts.rulebook import alerts
from tests.faults.test_standby import standby_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.alerts.paging import Labels
    from tests.conftest import CronServerFactory

# seconds of healthy work that wake nobody; `make soak` gives it half an hour
SOAK: Final = int(os.environ.get("PYDB_TEST_SOAK", "10"))
# commands of runbooks at a time: each is a process of its own
TYPISTS: Final = threading.BoundedSemaphore(2)


@pytest.fixture(scope="module")
def paged(new_cron_server: CronServerFactory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(new_cron_server())
        folder = tmp_path_factory.mktemp("prometheus")
        app = Exporter(server.app_dsn, folder)
        spare = Exporter(server.add("spare"), folder)
        standby = stack.enter_context(standby_of(server))  # type: ignore[arg-type]
        for exporter, prepare in ((app, faults.prepare), (spare, faults.prepare_spare)):
            with psycopg.connect(exporter.dsn, autocommit=True) as session:
                prepare(session)
            exporter.start()
            stack.callback(exporter.stop)
        clock = Clock(app.dsn)
        clock.start()
        stack.callback(clock.over.set)
        prometheus = stack.enter_context(Prometheus(folder, [app.address, spare.address]))
        tools = folder / "bin"
        tools.mkdir()
        forked.install(tools / "pydb")
        made = World(server, standby, app, spare, clock, prometheus, tools)
        yield made
        for session in made.sessions:
            session.close()


def happens(world: World, fault: Fault) -> list[str]:
    """Let a fault happen, be told of, named and repaired; returns what was not as it should be."""
    wrong = []
    exporter = world.spare if fault.of_spare else world.app
    fired: dict[str, Labels] = {}
    with fault.happen(world):
        wanted = {
            name: {"alertname": name, "instance": exporter.address, "job": "lifecycle", **labels}
            for name, (labels, _) in fault.alerts.items()
        }
        for name, (labels, said) in world.prometheus.await_firing(wanted).items():
            fired[name] = labels
            if any("<no value>" in text or "<error" in text for text in said.values()):
                wrong.append(f"{name} says: {said}")
        wrong += [f"{fault.name}: never fires: {wanted[name]}" for name in wanted.keys() - fired.keys()]
        for name, found in fired.items():
            named = fault.alerts[name][1]
            with TYPISTS:
                printed = type_it(name, exporter.dsn, found, str(world.tools))
            if not re.search(named, printed):
                wrong.append(f"{name}: its runbook does not name {named}: {printed}")
    for labels in fired.values():
        try:
            world.prometheus.await_cleared(labels)
        except AssertionError as error:
            wrong.append(f"{fault.name}: {error}")
    return wrong


def test_every_alert_has_its_fault() -> None:
    of_budgets = {alert.name for alert in alerts() if alert.group == "lifecycle-burn"}
    told = {name for chain in (*OMISSIONS, (REBOOT,), *CHAINS) for fault in chain for name in fault.alerts}
    assert told == {alert.name for alert in alerts()} - of_budgets
    assert len(told) == 28


@pytest.mark.timeout(SOAK + 400)
def test_nobody_is_woken_while_all_is_well_and_each_fault_wakes_somebody(paged: World) -> None:
    # Prometheus was there first, and missed what it had not scraped yet
    until(lambda: len(paged.prometheus.query("lifecycle_build_info")) == 2, "both databases are seen")
    until(lambda: not paged.prometheus.firing(), "it has seen them long enough")
    began = time.monotonic()
    until(lambda: time.monotonic() - began > SOAK, "all is well for a while", SOAK + 60)
    fired = paged.prometheus.fired(SOAK - 1)
    assert not fired, "\n".join(map(str, sorted(fired)))

    def one_after_the_other(chain: tuple[Fault, ...]) -> list[str]:
        return [said for fault in chain for said in happens(paged, fault)]

    with ThreadPoolExecutor(len(OMISSIONS) + len(CHAINS)) as pool:
        chains = [pool.submit(one_after_the_other, chain) for chain in OMISSIONS]
        wrong = happens(paged, REBOOT)
        chains += [pool.submit(one_after_the_other, chain) for chain in CHAINS]
    for chain in chains:
        wrong += chain.result()
    assert not wrong, "\n".join(wrong)
