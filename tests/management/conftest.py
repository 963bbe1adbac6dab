import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def simulated_capture() -> Path:
    """A simulator-made capture: 2,000 rows, one reset."""
    return Path(__file__).parent.parent / "data" / "simulated_reset.csv"


@pytest.fixture(scope="session")
def real_captures() -> Path:
    """The folder of captures of the real game; skips where there is none."""
    folder = os.environ.get("DRIFT_CAPTURE")
    if not folder:
        pytest.skip("DRIFT_CAPTURE names no folder with captures of the real game")
    return Path(folder)
