"""Settings: read from the environment, refused when wrong, and all of them documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pydb.errors import UsageError
from pydb.web.settings import PREFIX, TABLE, Settings
from tests.servers import ROOT

GOOD = {
    "PYDB_SERVE_HOST": "::",
    "PYDB_SERVE_PORT": "0",
    "PYDB_SERVE_TOKEN": "x" * 16,
    "PYDB_SERVE_READ_ONLY": "on",
    "PYDB_SERVE_HOSTS": "db.example.org, *.internal",
    "PYDB_SERVE_ORIGINS": "https://admin.example.org",
    "PYDB_SERVE_SESSION": "30 min",
    "PYDB_SERVE_STATEMENT_TIMEOUT": "500 ms",
    "PYDB_SERVE_BODY_LIMIT": "10 kB",
    "PYDB_SERVE_RATE": "7",
}


def test_they_are_read() -> None:
    found = Settings.from_environ({**GOOD, "PYDB_DSN": "dbname=a", "PATH": "/bin"}, port=99, dsn="dbname=b")
    assert (found.host, found.port, found.dsn) == ("::", 99, "dbname=b")
    assert found.hosts == ("db.example.org", "*.internal")
    assert found.origins == ("https://admin.example.org",)
    assert (found.session, found.statement_timeout, found.body_limit) == (1800, 0.5, 10_000)
    assert found.read_only
    assert not found.is_loopback
    assert not found.has_open_metrics
    assert Settings.from_environ({}) == Settings()
    assert Settings().has_open_metrics
    assert not Settings(hosts=("db.example.org",)).has_open_metrics  # a proxy is before it
    assert Settings(hosts=("db.example.org",), metrics="open").has_open_metrics


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "65536"),
        ("PORT", "٣"),
        ("TOKEN", "short"),
        ("TOKEN", "has a blank in it, this one"),
        ("READ_ONLY", "perhaps"),
        ("HOSTS", "a b/c"),
        ("HOSTS", "host:80"),
        ("ORIGINS", "*"),
        ("ORIGINS", "https://a.example/path"),
        ("SESSION", "12"),
        ("SESSION", "1 s"),
        ("METRICS", "maybe"),
        ("STATEMENT_TIMEOUT", "-1 s"),
        ("RATE", "0"),
        ("BODY_LIMIT", "1 GB"),
        ("CONCURENCY", "5"),
    ],
)
def test_a_wrong_one_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(UsageError) as caught:
        Settings.from_environ({PREFIX + name: value})
    assert PREFIX + name in caught.value.message
    assert name != "TOKEN" or value not in str(caught.value)


def test_a_token_and_a_file_of_tokens_are_one_too_many() -> None:
    with pytest.raises(UsageError):
        Settings.from_environ({"PYDB_SERVE_TOKEN": "x" * 16, "PYDB_SERVE_TOKEN_FILE": "/t"})
    given = Settings.from_environ({"PYDB_SERVE_TOKEN": "x" * 16}, token_file=Path("/t"))
    assert given.token is None


def test_the_page_lists_all_of_them() -> None:
    text = (ROOT / "docs" / "serve.md").read_text("utf-8")
    found = re.findall(r"^\| `(PYDB_\w+)` \| (.*?) \| (.*?) \| (.*?) \|$", text, re.MULTILINE)
    assert found == [(row.variable, row.what, row.default, row.meaning) for row in TABLE]
