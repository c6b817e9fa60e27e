from hypothesis import given
from hypothesis import strategies as st

from luthier.hyperparameters import complete
from luthier.records import Outcome, Slice, SliceResult, Status
from luthier.search import make_search
from luthier.search._memory import Memory
from luthier.space import Space, choice, integer, log_uniform, uniform

SPACE = Space(
    lr=log_uniform(1e-4, 1),
    batch_size=integer(16, 256),
    units=integer(8, 512, log=True),
    layers=choice(1, 2, 3),
    dropout=uniform(0, 0.5),
)


def test_a_large_model_says_nothing_of_smaller_ones() -> None:
    memory = Memory(dict(SPACE))
    memory.refuse(64, {"units": 256, "layers": 2, "dropout": 0.1})
    assert memory.bound({"units": 256, "layers": 2, "dropout": 0.4}) == 64
    assert memory.bound({"units": 512, "layers": 3, "dropout": 0.0}) == 64
    assert memory.bound({"units": 255, "layers": 3, "dropout": 0.1}) is None
    assert memory.bound({"units": 512, "layers": 1, "dropout": 0.1}) is None
    memory.refuse(128, {"units": 32, "layers": 1})
    assert memory.bound({"units": 40, "layers": 3}) == 128
    assert memory.bound({"units": 300, "layers": 3}) == 64
    assert memory.allowed({"units": 300, "layers": 3})["batch_size"].high == 63
    assert memory.allowed({"units": 8, "layers": 3})["batch_size"].high == 256


def test_what_holds_for_any_model_holds_for_all() -> None:
    memory = Memory(dict(SPACE))
    memory.refuse(100, None)
    assert memory.bound({"units": 8, "layers": 1}) == 100
    assert not memory.of_one_model
    assert Memory({"lr": SPACE["lr"], "batch_size": SPACE["batch_size"]}).of_one_model


@given(st.lists(st.tuples(st.integers(1, 300), st.integers(8, 512), st.integers(1, 3)), max_size=8), st.data())
def test_a_larger_model_is_never_allowed_a_larger_batch(
    refused: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    memory = Memory(dict(SPACE))
    for batch_size, units, layers in refused:
        memory.refuse(batch_size, {"units": units, "layers": layers})
    units, layers = data.draw(st.integers(8, 512)), data.draw(st.integers(1, 3))
    more = {"units": units + data.draw(st.integers(0, 100)), "layers": min(3, layers + data.draw(st.integers(0, 2)))}
    small, large = memory.bound({"units": units, "layers": layers}), memory.bound(more)
    assert small is None or (large is not None and large <= small)


def test_small_models_keep_their_large_batches_when_large_ones_run_out_of_memory() -> None:
    space = Space({**SPACE, "epochs": 9})
    for name in ("random", "freeze-thaw", "asha"):
        search = make_search(name, space, max_epochs=9, direction="maximize", complete=complete, seed=1)
        sizes: dict[bool, list[int]] = {True: [], False: []}
        for _ in range(60):
            for cut in [d for d in search.ask() if isinstance(d, Slice)]:
                large = cut.config["units"] >= 256
                sizes[large].append(cut.config.batch_size)
                gone = large and cut.config.batch_size > 32
                search.tell(SliceResult(cut, (), Outcome(Status.OUT_OF_MEMORY if gone else Status.DIVERGED)))
        assert max(sizes[False]) > 100
        half = len(sizes[True]) // 2
        first, later = (sum(size > 32 for size in part) for part in (sizes[True][:half], sizes[True][half:]))
        assert later < first
