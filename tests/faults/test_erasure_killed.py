"""The command that exports or replays a ledger of erasures is killed in the middle, or its session is."""

from __future__ import annotations

import contextlib
import json
import signal
import time
from typing import TYPE_CHECKING

import pytest

from pydb import erasure
from tests.cascade.site import Site
from tests.cascade.test_erasure import erase, ledger, opened, verified
from tests.cli.conftest import Cli
from tests.servers import PAUSE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def shop(dsn: str) -> Iterator[Site]:
    """The shop, whose customers have an entity."""
    with contextlib.closing(Site(dsn)) as made:
        yield opened(made)


@pytest.mark.parametrize("how", ["command", "session"])
def test_a_replay_that_was_killed_is_finished_by_the_next(shop: Site, tmp_path: Path, how: str) -> None:
    cli, copy = Cli(shop.dsn, tmp_path), tmp_path / "ledger.jsonl"
    for key in (1, 2, 3):
        erase(shop, key)
    assert cli("erasure", "export", str(copy)).code == 0
    shop.do("insert into shop.customer values (1), (2), (3); insert into shop.sale values (900, 2)")
    with shop.gate_on("shop.customer", 2):
        process = cli.start("erasure", "replay", str(copy), "--yes", "--json")
        pid = shop.at_the_gate()
        if how == "command":
            process.send_signal(signal.SIGKILL)
            process.wait()
        else:
            shop.do(f"select pg_terminate_backend({pid})")
            assert cli.finish(process).code == 69
    shop.until(f"select not exists (select from pg_stat_activity where pid = {pid})")
    # an entry is whole or not at all
    assert shop.counts_of("shop.customer", "shop.sale") == [2, 1]
    assert ledger(shop, "state") == [("completed",)] * 4
    again = cli("erasure", "replay", str(copy), "--yes", "--json")
    assert again.code == 0, again
    results = again.document["results"]
    assert isinstance(results, list)
    assert [one["outcome"] for one in results] == ["nothing", "deleted", "deleted"]
    assert all(ok for ok, *_ in verified(shop))


def test_an_export_that_is_killed_leaves_the_file_as_it_was(shop: Site, tmp_path: Path) -> None:
    """Killed as soon as it writes, at its beginning or its end; what it leaves the next one takes away."""
    cli, copy = Cli(shop.dsn, tmp_path), tmp_path / "out" / "ledger.jsonl"
    copy.parent.mkdir()
    erase(shop, 1)
    assert cli("erasure", "export", str(copy)).code == 0
    old = copy.read_bytes()
    shop.setting("erasure_edge_keys", "1000000")
    shop.do("insert into shop.sale select i, 2 from generate_series(10000, 60000) as i")
    erase(shop, 2)  # an entry of megabytes
    killed = cli.start("erasure", "export", str(copy))
    while not [path for path in copy.parent.iterdir() if path.suffix == ".tmp"] and killed.poll() is None:
        time.sleep(PAUSE)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    entries = erasure.read(copy).entries
    assert len(entries) == 2 or copy.read_bytes() == old
    (copy.parent / f".{copy.name}.left.tmp").write_text(json.dumps({}))
    assert cli("erasure", "export", str(copy)).code == 0
    assert len(erasure.read(copy).entries) == 2
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]
