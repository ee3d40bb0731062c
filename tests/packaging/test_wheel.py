"""The wheel carries the SQL and the migrations, and works where no checkout is near."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import psycopg
import pytest
import virtualenv

from pydb import __version__
from tests.packaging.building import ROOT, build, payload


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bin directory of a clean environment with the wheel in it and our dependencies in sight.

    A .pth file names our site-packages as a plain directory: the .pth files in it (an editable pydb) stay
    unread.
    """
    clean = tmp_path_factory.mktemp("clean")
    venv.create(clean, with_pip=False)
    python = clean / "bin/python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-qq", "--no-deps", "--no-index", str(wheel)], check=True)
    (packages,) = clean.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    return clean / "bin"


def run(*command: str | Path) -> str:
    """Run a command from / without our PYTHONPATH and return its standard output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(part) for part in command], cwd="/", env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def sources(folder: str) -> set[str]:
    return {
        f"pydb/_{folder}/{path.relative_to(ROOT / folder).as_posix()}"
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_wheel_carries_exactly_the_sources(wheel: Path) -> None:
    files = payload(wheel)
    assert {name for name in files if name.startswith("pydb/_sql/")} == sources("sql")
    assert {name for name in files if name.startswith("pydb/_migrations/")} == sources("migrations")
    assert {"pydb/py.typed", "pydb/__main__.py"} <= files
    (page,) = (name for name in files if not name.startswith("pydb/"))
    assert page.endswith(".data/data/share/man/man1/pydb.1")


def test_wheel_from_the_sdist_is_the_same(wheel: Path, tmp_path: Path) -> None:
    for folder in ("sdist", "wheel", "unpacked"):
        (tmp_path / folder).mkdir()
    with tarfile.open(build("sdist", ROOT, tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    for name in (
        *(
            "README.md",
            "LICENSE",
            "CHANGELOG.md",
            "CONTRIBUTING.md",
            "SECURITY.md",
            "Makefile",
            "pyproject.toml",
        ),
        *(".ci/run", ".editorconfig", ".github/workflows/check.yml", ".gitignore", ".pre-commit-config.yaml"),
        *("examples/alembic/deploy.sh", "examples/fastapi/app.py", "examples/policies/policies.toml"),
    ):
        assert (unpacked / name).is_file(), name
    assert payload(build("wheel", unpacked, tmp_path / "wheel")) == payload(wheel)


def test_installed_package_is_not_the_checkout(installed: Path) -> None:
    where = run(
        installed / "python", "-c", "import pydb.sources as s; print(s.sql_dir()); print(s.migrations_dir())"
    )
    for line in where.splitlines():
        assert line.startswith(str(installed.parent)), line


def test_command_runs_outside_of_the_checkout(installed: Path) -> None:
    assert run(installed / "pydb", "--version") == f"pydb {__version__}\n"


def test_types_are_seen_by_who_uses_the_package(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "uses.py").write_text(
        "from pydb.errors import ExitCode, PydbError\n"
        "reveal_type(ExitCode.ATTENTION.value)\n"
        "raise PydbError('what', hint=42)\n"
    )
    mypy = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", ".cache"]
    words = ["--python-executable", str(installed / "python"), "uses.py"]
    done = subprocess.run([*mypy, *words], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert [line.split(": ", 2)[1:] for line in done.stdout.splitlines()] == [
        ["note", 'Revealed type is "Literal[1]?"'],
        [
            "error",
            'Argument "hint" to "PydbError" has incompatible type "int"; expected "str | None"  [arg-type]',
        ],
    ], done.stdout


def dependencies(folder: Path) -> Path:
    """Return a wheel that puts into sight all that is installed here but pydb: no network is needed."""
    shown = folder / "shown"
    shown.mkdir()
    for packages in map(Path, site.getsitepackages()):
        for entry in packages.iterdir():
            if "pydb" not in entry.name and entry.suffix != ".pth":
                (shown / entry.name).symlink_to(entry)
    wheel = folder / "dependencies-0-py3-none-any.whl"
    info = "dependencies-0.dist-info"
    files = {
        "dependencies.pth": f"{shown}\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: dependencies\nVersion: 0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": "".join(f"{name},,\n" for name in files)}.items():
            archive.writestr(name, text)
    return wheel


def test_pipx_installs_it(wheel: Path, tmp_path: Path) -> None:
    embedded = Path(virtualenv.__file__).parent / "seed/wheels/embed"  # pipx wants a pip that is new
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP"))},
        **{f"PIPX_{name}": str(tmp_path / name) for name in ("HOME", "BIN_DIR", "MAN_DIR")},
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(embedded),
    }
    install = [sys.executable, "-m", "pipx", "install"]
    command = [*install, "--preinstall", str(dependencies(tmp_path)), str(wheel)]
    done = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    pydb = tmp_path / "BIN_DIR/pydb"
    assert run(pydb, "--version").startswith("pydb ")
    assert "--rows" in run(pydb, "demo", "--help")
    assert (tmp_path / "MAN_DIR/man1/pydb.1").read_bytes() == (ROOT / "docs/pydb.1").read_bytes()


def test_wheel_migrates_a_database(installed: Path, empty_dsn: str) -> None:
    run(installed / "pydb", "--dsn", empty_dsn, "migrate", "up")
    with psycopg.connect(empty_dsn) as connection:
        assert connection.execute("select to_regclass('pydb.retention_policy')::text").fetchone() == (
            "pydb.retention_policy",
        )
