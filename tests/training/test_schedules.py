import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from luthier.hyperparameters import BATCH_SCHEDULES, SCHEDULES, complete
from luthier.training.schedules import ONE_CYCLE_END, ONE_CYCLE_START, batch_size_at, lr_at

FIXED = [name for name in BATCH_SCHEDULES if name != "noise"]
FRACTIONS = st.floats(0, 1, exclude_max=True)
SHAPES = st.fixed_dictionaries(
    {
        "schedule": st.sampled_from(SCHEDULES),
        "lr": st.floats(1e-6, 10),
        "warmup": st.sampled_from([0.0, 1e-5, 0.1, 0.5, 1.0]),
        "lr_end": st.sampled_from([0.0, 0.01, 1.0]),
        "power": st.floats(0.1, 5),
        "cooldown": st.sampled_from([0.0, 0.2, 1.0]),
        "step_size": st.floats(0.05, 1),
    }
)


def lr(done: float, epochs: int = 10, *, drops: int = 0, **values: Any) -> float:
    """The learning rate at a fraction of the training."""
    return lr_at(complete({"epochs": epochs, "lr": 1.0, **values}), done * epochs, drops)


@given(SHAPES, FRACTIONS, st.integers(1, 500), st.integers(0, 5))
def test_lr_is_positive_and_at_most_the_configs(shape: dict[str, Any], done: float, epochs: int, drops: int) -> None:
    rate = lr(done, epochs, drops=drops, **shape)
    assert 0 <= rate <= shape["lr"] * (1 + 1e-12)
    falls_to_nothing = shape["lr_end"] == 0 or shape["schedule"] == "cooldown"  # rounds to 0 just before the end
    assert rate > 0 or (falls_to_nothing and done > 0.99)


@given(SHAPES, st.integers(0, 63), st.integers(0, 6))
def test_lr_depends_on_the_fraction_done_and_not_on_epochs(shape: dict[str, Any], part: int, doublings: int) -> None:
    done = part / 64  # exact in binary, so that both see the same fraction
    assert lr(done, 2**doublings, **shape) == lr(done, 1, **shape)


@given(st.floats(0.1, 1), st.integers(1, 50), FRACTIONS, st.floats(1e-5, 10))
def test_exponential_with_gamma_is_lr_times_gamma_to_whole_epochs(
    gamma: float, epochs: int, done: float, start: float
) -> None:
    rate = lr(done, epochs, schedule="exponential", gamma=gamma, lr=start)
    assert rate == pytest.approx(start * gamma ** math.floor(done * epochs + 1e-9))


@given(st.floats(0.001, 1))
def test_exponential_without_gamma_ends_at_lr_end(end: float) -> None:
    assert lr(0, schedule="exponential", lr_end=end) == 1
    assert lr(0.5, schedule="exponential", lr_end=end) == pytest.approx(math.sqrt(end))
    assert lr(1 - 1e-9, schedule="exponential", lr_end=end) == pytest.approx(end, rel=1e-6)


@pytest.mark.parametrize("schedule", ["cosine", "linear", "polynomial"])
@given(st.floats(0, 1), st.floats(0, 0.9))
def test_a_decay_begins_at_lr_after_the_warmup_and_ends_at_lr_end(schedule: str, end: float, warmup: float) -> None:
    values = {"schedule": schedule, "lr_end": end, "warmup": warmup}
    assert lr(warmup + 1e-12, **values) == pytest.approx(1, abs=1e-6)
    assert lr(1 - 1e-9, **values) == pytest.approx(end, abs=1e-6)


@pytest.mark.parametrize(("schedule", "half"), [("cosine", 0.55), ("linear", 0.55), ("polynomial", 0.1 + 0.9 * 0.5**3)])
def test_a_decay_at_its_middle(schedule: str, half: float) -> None:
    assert lr(0.6, schedule=schedule, lr_end=0.1, warmup=0.2, power=3) == pytest.approx(half)


@pytest.mark.parametrize("schedule", [s for s in SCHEDULES if s != "one-cycle"])
@given(st.floats(0.05, 1), st.floats(0.05, 0.99))
def test_warmup_rises_in_proportion(schedule: str, warmup: float, share: float) -> None:
    assert lr(share * warmup, schedule=schedule, warmup=warmup) == pytest.approx(share)
    assert lr(0, schedule=schedule, warmup=warmup) > 0


def test_a_warmup_shorter_than_a_step_does_not_exceed_lr() -> None:
    assert lr(0, warmup=1e-5) == 1


@given(st.floats(0.01, 0.99))
def test_one_cycle_peaks_at_lr_where_its_rise_ends(rise: float) -> None:
    values = {"schedule": "one-cycle", "warmup": rise}
    assert lr(rise, **values) == pytest.approx(1)
    assert lr(0, **values) == pytest.approx(1 / ONE_CYCLE_START)
    assert lr(1 - 1e-12, **values) == pytest.approx(1 / ONE_CYCLE_END, rel=1e-3)
    rising = [lr(rise * i / 50, **values) for i in range(50)]
    falling = [lr(rise + (1 - rise) * i / 50, **values) for i in range(50)]
    assert rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)


def test_one_cycle_is_that_of_torch() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1)
    torchs = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=101, pct_start=0.31)
    for step in range(100):
        # torch's rise ends at step pct_start * total_steps - 1, and its end stands at its last step
        assert lr(step / 100, schedule="one-cycle", warmup=0.3031) == pytest.approx(torchs.get_last_lr()[0], rel=1e-6)
        optimizer.step()
        torchs.step()


@given(st.floats(0.01, 1), FRACTIONS)
def test_step_drops_after_every_step_size(size: float, done: float) -> None:
    rate = lr(done, schedule="step", step_size=size, gamma=0.5)
    assert rate == 0.5 ** math.floor(done / size + 1e-9)


def test_step_thirds_by_default() -> None:
    assert [lr(done, schedule="step") for done in (0, 0.33, 1 / 3, 0.66, 2 / 3, 0.99)] == pytest.approx(
        [1, 1, 0.1, 0.1, 0.01, 0.01]
    )


@given(st.floats(0.05, 1))
def test_cooldown_is_constant_then_one_minus_a_square_root(share: float) -> None:
    values = {"schedule": "cooldown", "cooldown": share}
    if share < 1:
        assert lr((1 - share) * 0.99, **values) == 1
    assert lr(1 - share * 0.75, **values) == pytest.approx(0.5)
    assert lr(1 - 1e-12, **values) == pytest.approx(0, abs=1e-4)


def test_no_cooldown_is_constant() -> None:
    assert lr(0.999, schedule="cooldown", cooldown=0) == 1


@given(FRACTIONS, st.integers(0, 5))
def test_plateau_multiplies_by_gamma_at_every_drop(done: float, drops: int) -> None:
    assert lr(done, schedule="plateau", drops=drops) == pytest.approx(0.1**drops)
    assert lr(done, schedule="plateau", drops=drops, gamma=0.5) == 0.5**drops


@given(
    st.sampled_from(FIXED),
    st.integers(1, 4096),
    st.integers(1, 4096),
    st.integers(1, 60),
    st.integers(2, 8),
)
def test_batch_sizes_go_one_way_from_start_to_end(
    schedule: str, first: int, last: int, epochs: int, stages: int
) -> None:
    config = complete(
        {
            "batch_schedule": schedule,
            "batch_size": first,
            "batch_size_end": last,
            "epochs": epochs,
            "batch_stages": stages,
        }
    )
    sizes = [batch_size_at(config, epoch) for epoch in range(epochs)]
    moves = schedule != "constant" and epochs > 1
    assert sizes[0] == first
    assert sizes[-1] == (last if moves else first)
    assert sizes == sorted(sizes, reverse=sizes[-1] < sizes[0])
    if schedule == "steps" and moves:
        assert len(set(sizes)) <= min(stages, epochs)


def test_batch_size_stages_in_equal_ratios_and_of_equal_length() -> None:
    values = {"batch_schedule": "steps", "batch_size": 16, "batch_size_end": 256, "epochs": 9}
    assert [batch_size_at(complete(values), e) for e in range(9)] == [16] * 3 + [64] * 3 + [256] * 3
