"""Wheels and sdists as hatchling makes them, without a process, a network or an environment of their own."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT: Final = Path(__file__).resolve().parents[2]
_BUILDERS: Final = {"sdist": SdistBuilder, "wheel": WheelBuilder}


def build(target: str, source: Path, out: Path) -> Path:
    """Build a wheel or an sdist with the hatchling that is installed."""
    (made,) = _BUILDERS[target](str(source)).build(directory=str(out))
    return Path(made)


def payload(wheel: Path) -> set[str]:
    """Return the wheel's files without its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}
