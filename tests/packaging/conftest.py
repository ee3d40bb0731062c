"""The wheel, built once for what looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.packaging.building import ROOT, build

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))
