"""Which frozen trainings survive a full checkpoint folder."""

import pytest

from luthier.study import Study


def frozen(folder):
    return {int(path.parent.name.split("-")[1]) for path in (folder / "checkpoints").glob("training-*/epoch-*")}


@pytest.mark.usefixtures("nothing_stays_in_memory")
def test_the_worst_are_dropped_first(run, tmp_path):
    """Of all that were frozen and can go on, those left are the best, apart from the one saved last."""
    arguments = {"budget": "60 epochs", "search": "asha"}
    run(folder=tmp_path / "roomy", **arguments)
    roomy = frozen(tmp_path / "roomy")
    size = sum(f.stat().st_size for f in (tmp_path / "roomy" / "checkpoints").rglob("*") if f.is_file())
    run(folder=tmp_path / "tight", checkpoint_gb=size / 1e9 / 4, **arguments)
    kept = frozen(tmp_path / "tight")
    best: dict[int, float] = {}
    results = Study.load(tmp_path / "tight").results()
    for result in results:
        for point in result.points:
            best[result.slice.training] = max(point.metric, best.get(result.slice.training, 0.0))
    assert 1 < len(kept) < len(roomy) / 2
    last = results[-1].slice.training
    dropped = roomy - kept
    assert min(best[n] for n in kept - {last}) >= sorted(best[n] for n in dropped)[len(dropped) // 2]
