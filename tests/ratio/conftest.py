"""The head to be relit, from the front and turned."""

from __future__ import annotations

import numpy as np
import pytest

from relume.face import HeadModel
from relume.face.pose import Pose

from ..studio import Studio


@pytest.fixture(params=[0.0, 0.35], ids=["frontal", "turned"])
def studio(request: pytest.FixtureRequest) -> Studio:
    pose = Pose(request.param, 0.05, 0.1, 240.0, 190.0, 330.0)
    head = HeadModel.load()
    # With landmarks to see a warp by, but flat where skin is sampled for the light.
    stripes = 0.3 + 0.08 * np.sin(60 * head.mean[:, :1]) * (1 - head.skin[:, None])
    return Studio(pose, head, stripes * [1.0, 0.8, 0.7])
