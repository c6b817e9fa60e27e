"""Ranks agree with SciPy's, ties included."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from luthier.report._ranks import ranked


@given(st.lists(st.sampled_from([-1.0, 0.0, 0.5, 2.0, 1e9]) | st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_equals_share_their_mean_rank(values: list[float]) -> None:
    assert np.array_equal(ranked(values), rankdata(values))
