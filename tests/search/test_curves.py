"""The model of curves. How good its predictions are is measured by the benchmarks."""

import numpy as np
from threadpoolctl import threadpool_limits

from luthier.search._curves import CurveModel, Rows


def test_its_sums_are_the_same_however_many_threads_there_are():
    rng = np.random.default_rng(0)
    points = rng.random((60, 8))
    training = np.repeat(np.arange(60), 4)
    remaining = np.tile([1.0, 0.6, 0.3, 0.0], 60)
    value = -(points[training] ** 2).sum(1) - remaining + 0.05 * rng.normal(size=240)
    new = rng.random((500, 8))
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads, user_api="blas"):
            model = CurveModel(8)
            model.fit(Rows(points[training], training, remaining, value))
            model.condition(Rows(points[training], training, remaining, value))
            found.append((model.lengths, *model.predict(new, np.zeros((3, 500)))))
    assert all(np.array_equal(one, two) for one, two in zip(*found, strict=True))
