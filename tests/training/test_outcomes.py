"""How a training ends, and what it keeps."""

import math
from collections.abc import Callable

import pytest
import torch
from small_trainings import begin, classify, normed, regress, run
from torch import Tensor, nn

from luthier import Task
from luthier.errors import StorageError
from luthier.records import Outcome, Point, Status
from luthier.training import evaluate, freeze, thaw


class Exploding(nn.Linear):
    """Counts its training batches and breaks in one of them."""

    def __init__(self, breaks: Callable[[Tensor], Tensor], at: int = 3) -> None:
        super().__init__(4, 2)
        self.breaks, self.at, self.count = breaks, at, 0

    def forward(self, input: Tensor) -> Tensor:
        if self.training:
            self.count += 1
            if self.count >= self.at:
                return self.breaks(super().forward(input))
        return super().forward(input)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_ends_the_training_at_once(value: float) -> None:
    training, outcome = run(classify(lambda config: Exploding(lambda out: out * value)), epochs=3)
    assert outcome.status is Status.DIVERGED
    assert "the training loss is nan" in outcome.message
    assert training.model.count == 3  # of five batches
    assert len(training.curve) == 0


def test_an_exploding_loss_ends_the_training_before_the_epoch_does() -> None:
    training, outcome = run(regress(), epochs=50, lr=30.0)
    assert outcome.status is Status.DIVERGED
    assert "times the first ones" in outcome.message
    assert len(training.curve) == 0


def test_a_small_batch_that_explodes_is_told_with_the_very_first_loss() -> None:
    """Those of the first steps are large already."""
    begun = begin(regress(), epochs=50, lr=30.0, batch_size=2)
    with torch.no_grad():
        inputs, targets = begun.task.train.sample(torch.device("cpu"), 200)
        usual = float(nn.functional.mse_loss(begun.model(inputs), targets))
    outcome = begun.advance(50)
    assert outcome.status is Status.DIVERGED
    assert float(outcome.message.partition("it began at ")[2]) < 20 * usual


def test_a_good_start_is_not_an_explosion() -> None:
    """A first loss near 0 allows losses of a usual size."""
    training = begin(classify(), epochs=1)
    training.first_loss = 1e-9
    assert training.advance(1).status is Status.DONE


def test_one_lucky_first_sample_does_not_make_a_usual_loss_an_explosion() -> None:
    inputs, targets = torch.ones(64, 1), torch.full((64, 1), 30.0)

    class Lucky(nn.Linear):
        def forward(self, input: Tensor) -> Tensor:
            out, self.seen = super().forward(input), getattr(self, "seen", 0) + 1
            return targets[:1] + 0 * out if self.seen == 1 else out  # the first batch has loss 0

    task = Task(lambda config: Lucky(1, 1), (inputs, targets), (inputs, targets), loss=nn.MSELoss(), metric=None)
    training = begin(task, epochs=1, batch_size=1, lr=1e-6)
    assert training.advance(1).status is Status.DONE


def test_a_validation_loss_that_is_not_finite_is_a_divergence() -> None:
    class Blind(nn.Linear):
        def forward(self, input: Tensor) -> Tensor:
            return super().forward(input) * (1 if self.training else math.nan)

    _, outcome = run(classify(lambda config: Blind(4, 2)), epochs=1)
    assert outcome == Outcome(Status.DIVERGED, "the validation loss is nan after epoch 1")


def allocate_too_much(out: Tensor) -> Tensor:
    torch.empty(10**15)  # 4 PB
    return out


def test_memory_that_does_not_suffice_is_told_as_such() -> None:
    _, outcome = run(classify(lambda config: Exploding(allocate_too_much, at=1)), epochs=1)
    assert outcome.status is Status.OUT_OF_MEMORY
    assert "4000000000000000 bytes" in outcome.message


def raise_in_user_code(out: Tensor) -> Tensor:
    raise ValueError("my layer is broken")


def test_an_exception_of_the_model_is_kept_with_its_traceback() -> None:
    _, outcome = run(classify(lambda config: Exploding(raise_in_user_code)), epochs=1)
    line = raise_in_user_code.__code__.co_firstlineno + 1
    assert outcome.status is Status.FAILED
    assert outcome.message == f"ValueError: my layer is broken (test_outcomes.py, line {line})"
    assert "in raise_in_user_code" in outcome.traceback


def test_an_exception_of_the_metric_is_kept() -> None:
    def metric(outputs: Tensor, targets: Tensor) -> float:
        return 1 / 0

    _, outcome = run(classify(metric=metric, direction="maximize"), epochs=1)
    assert outcome.status is Status.FAILED
    assert "ZeroDivisionError" in outcome.message


def interrupt(out: Tensor) -> Tensor:
    raise KeyboardInterrupt


def test_ctrl_c_passes_and_leaves_the_random_streams_alone() -> None:
    training = begin(classify(lambda config: Exploding(interrupt)), epochs=1)
    before = torch.get_rng_state()
    with pytest.raises(KeyboardInterrupt):
        training.advance(1)
    assert torch.equal(torch.get_rng_state(), before)


def test_an_error_of_luthiers_own_passes() -> None:
    def full_disk(point: Point) -> None:
        raise StorageError("the disk is full")

    with pytest.raises(StorageError):
        begin(classify(), epochs=1).advance(1, on_point=full_disk)


def test_interrupted_before_the_first_interval_nothing_was_done() -> None:
    training = begin(classify(), epochs=1)
    assert training.advance(1, interrupted=lambda: True) == Outcome(Status.PAUSED, "paused at epoch 0")
    assert training.epoch == 0


def test_early_stopping_keeps_the_best_weights_and_stays_stopped() -> None:
    task = regress(metric="loss")
    training = begin(task, epochs=20, patience=2, min_delta=1e9)
    outcome = training.advance(20)
    assert outcome == Outcome(Status.STOPPED, "the validation loss has not fallen since epoch 1")
    assert training.epoch == 3
    before = freeze(training)["loop"]["curve"]
    assert training.advance(20) == outcome
    again = begin(task, epochs=20, patience=2, min_delta=1e9)
    thaw(again, freeze(training))
    assert again.advance(20) == outcome
    assert freeze(again)["loop"]["curve"] == before


@pytest.mark.parametrize("metric", ["accuracy", "error", "loss"])
def test_the_best_weights_give_the_best_metric_again(metric: str) -> None:
    task = classify(normed, metric=metric)
    training, _ = run(task, epochs=8, lr=3.0, momentum=0.9)  # far too high: the best epoch is not the last
    assert training.best is not None
    assert training.best == training.curve.best(task.direction)
    assert training.best != training.curve.points[-1]
    training.model.load_state_dict(training.best_weights)
    source = task.validation.source(training.device)
    loss, value = evaluate(training.model, source, training.loss, task.metric, training.options, 4096)
    assert (loss, value) == (training.best.val_loss, training.best.metric)


def test_a_metric_that_is_not_a_number_is_never_the_best() -> None:
    values = iter([math.nan, 0.2, math.nan, 0.1])
    task = classify(metric=lambda outputs, targets: next(values), direction="maximize")
    training, outcome = run(task, epochs=4)
    assert outcome.status is Status.DONE
    assert training.best is training.curve.points[1]
    assert freeze(training)["loop"]["best"] == 1


def test_a_training_without_any_metric_has_no_best() -> None:
    task = classify(metric=lambda outputs, targets: math.nan, direction="maximize")
    training, _ = run(task, epochs=2)
    assert training.best is None
    later = begin(task, epochs=2)
    thaw(later, freeze(training))
    assert later.best is None
