"""Replays as Liftoff saves them."""

import base64

import numpy as np
from numpy.typing import NDArray


def states(count: int = 30) -> NDArray[np.float32]:
    """Give `count` records of the layout POSITION_STICKS, ten a second."""
    made = np.zeros((count, 12), "<f4")
    made[:, 0] = np.arange(count)
    made[:, 3:7] = (0, 0, 0, 1)
    made[:, 7] = np.linspace(0, 1, count)
    made[:, 8:11] = (0.1, -0.2, 0.3)
    made[:, 11] = 50 + np.arange(count) / 10
    return made


def xml(records: NDArray[np.float32], *, layout: str = "POSITION_STICKS") -> str:
    text = base64.b64encode(records.astype("<f4").tobytes()).decode()
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        "<LocalGhostStatesRecording>\n  <gameVersion>1.7.2</gameVersion>\n"
        "  <name>First try</name>\n  <environment>Hannover</environment>\n"
        "  <droneConfiguration><name>Vortex</name></droneConfiguration>\n"
        f"  <stateLayout>{layout}</stateLayout>\n  <statesByte>{text[:40]}\n{text[40:]}</statesByte>\n"
        "</LocalGhostStatesRecording>\n"
    )
