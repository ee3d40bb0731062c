"""Write docs/pictures: what the terminal and the page show, of the example of ``pydb demo``.

python docs/pictures.py     on an embedded server of its own; needs Chromium (apt-get install chromium)
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

from pydb import db, migrate, orphans, policyfile, retention
from pydb.demo import dataset, example
from pydb.embedded import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE: Final = Path(__file__).resolve().parent
PICTURES: Final = HERE / "pictures"
WIDTH: Final = 120
PORT: Final = 8439
TOKEN: Final = "shown-on-no-picture"  # noqa: S105
# what differs from run to run in the names that Rich gives to its styles, and fonts from elsewhere
_NAMES: Final = re.compile(r"terminal-\d+")
_FONTS: Final = re.compile(r"@font-face \{[^}]*\}\s*")

TERMINAL: Final = {
    "terminal-plan": ("retention", "plan"),
    "terminal-tree": ("cascade", "plan", dataset.ENTITY, str(dataset.DATASET)),
}
PAGES: Final = {
    "page-health": ("/admin/system/health", "light"),
    "page-health-dark": ("/admin/system/health", "dark"),
}


def main() -> None:
    """Make them all."""
    PICTURES.mkdir(exist_ok=True)
    with Server() as server:
        prepare(server.dsn())
        for name, words in TERMINAL.items():
            (PICTURES / f"{name}.svg").write_text(terminal(server.dsn(), words))
        with served(server.dsn()):
            photograph()


def prepare(dsn: str) -> None:
    """Load the example with its policies, and let one night pass."""
    migrate.up(dsn)
    with db.connect(dsn) as conn:
        example.load(conn, 200_000, lambda *_: None)
        policyfile.apply(conn, policyfile.parse(example.POLICIES.read_bytes(), str(example.POLICIES)))
        dataset.define(conn)
        retention.run(conn, policy=example.LOCKED_POLICY)
        orphans.scan(conn)


def terminal(dsn: str, words: tuple[str, ...]) -> str:
    """What a command prints on a terminal, in its colours, as SVG."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, WIDTH, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "pydb", *words],
        env={**os.environ, "PYDB_DSN": dsn, "TERM": "xterm-256color"},
        stdin=subprocess.DEVNULL,
        stdout=its,
        stderr=its,
    )
    os.close(its)
    printed = b""
    # the end of a terminal is an error
    with contextlib.suppress(OSError):
        while piece := os.read(ours, 65536):
            printed += piece
    os.close(ours)
    process.wait()
    text = f"$ pydb {' '.join(words)}\n{printed.decode()}".replace("\r", "")
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere)
        console.print(Text.from_ansi(text))
        return _FONTS.sub("", _NAMES.sub("terminal", console.export_svg(title="pydb")))


@contextmanager
def served(dsn: str) -> Iterator[None]:
    """`pydb serve` on loopback, with `pydb schedule run` beside it."""
    with tempfile.TemporaryFile() as words, contextlib.ExitStack() as stack:
        for command in (("schedule", "run"), ("serve", "--port", str(PORT))):
            process = subprocess.Popen(
                [sys.executable, "-m", "pydb", *command],
                env={**os.environ, "PYDB_DSN": dsn, "PYDB_SERVE_TOKEN": TOKEN},
                stdout=words,
                stderr=words,
            )
            stack.callback(process.wait, 30)
            stack.callback(process.terminate)
        while not is_up():
            time.sleep(0.1)
        yield


def is_up() -> bool:
    """Whether it answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/livez", timeout=5):
            return True
    except OSError:
        return False


def photograph() -> None:
    """Each page at the width of a desktop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        for name, (path, colours) in PAGES.items():
            context = browser.new_context(
                base_url=f"http://127.0.0.1:{PORT}",
                color_scheme=colours,
                viewport={"width": 1100, "height": 900},
            )
            tab = context.new_page()
            tab.goto(f"/admin/sign-in?next={path}")
            tab.get_by_label("Your name").fill("ann")
            tab.get_by_label("Admin token").fill(TOKEN)
            tab.get_by_role("button", name="Sign in").click()
            tab.wait_for_url(f"**{path}")
            tab.screenshot(path=PICTURES / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
