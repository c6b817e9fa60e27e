"""Histories whose curves follow known laws; the judge must find the laws again."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from luthier.hyperparameters import complete
from luthier.records import Curve, Outcome, Point, Slice, SliceResult, Status
from luthier.report.claims import NOTE, Extent, Verdict, extent, judge, tell
from luthier.report.history import History, Trained

EPOCHS, LONG = 20, 60
LRS = [0.001 * 3.0**k for k in range(6)]
SIZES = [16, 64, 256]


def curve(losses: np.ndarray, training: np.ndarray | None = None) -> tuple[Point, ...]:
    training = losses if training is None else training
    rows = enumerate(zip(losses, training, strict=True), 1)
    return tuple(Point(float(e), float(t), float(v), -float(v), 0.1, 1, 0.1) for e, (v, t) in rows)


class World:
    """Losses that depend on lr, batch size and epoch by given laws."""

    def __init__(
        self,
        *,
        exponent: float = 0.5,
        floor: float = 0.0,
        slower: float = 0.0,
        rise: float = 0.0,
        gap: bool = False,
    ) -> None:
        self.exponent, self.floor, self.slower, self.rise = exponent, floor, slower, rise
        self.gap = gap  # the floor is of the validation loss alone
        self.trainings: list[Trained] = []

    def losses(self, lr: float, size: int, epochs: int, luck: float) -> np.ndarray:
        best = 0.03 * (size / 64) ** self.exponent
        off = math.log(lr / best) ** 2
        pace = 0.3 * (size / 64) ** -self.slower / (1 + 0.3 * off)
        t = np.arange(1, epochs + 1)
        settled = 0.1 * (size / 64) ** self.floor * math.exp(0.1 * off + luck)
        return settled + np.exp(-pace * t) + self.rise * np.maximum(0, t - EPOCHS)

    def add(
        self,
        role: str,
        replicate: int,
        points: tuple[Point, ...],
        lr: float,
        size: int,
        status: Status = Status.DONE,
        **more: Any,
    ) -> None:
        about = {"role": role, "replicate": replicate, "epochs": EPOCHS, "batch_size": 64, **more}
        config = complete({"lr": lr, "batch_size": size, "epochs": LONG})
        cut = Slice(len(self.trainings), config, 0.0, points[-1].epoch, replicate, {NOTE: about})
        outcome = Outcome(status)
        result = SliceResult(cut, points, outcome)
        self.trainings.append(
            Trained(cut.training, config, replicate, cut.note, None, Curve(points), (result,), outcome, True)
        )

    def verdicts(self, replicates: int = 5, variance: Mapping[str, float] | None = None) -> dict[str, Verdict]:
        rng = np.random.default_rng(0)
        for r in range(replicates):
            for size in SIZES:
                for lr in LRS:
                    long = size == 64 and lr == LRS[3]
                    losses = self.losses(lr, size, LONG if long else EPOCHS, rng.normal(0, 0.01))
                    more = {"gradient_variance": dict(variance)} if long and variance else {}
                    training = World().losses(lr, size, len(losses), 0.0) if self.gap else None
                    self.add("grid", r, curve(losses, training), lr, size, **more)
        return {verdict.code: verdict for verdict in judge(self.history())}

    def history(self, *, varied: bool = False) -> History:
        description = {"name": "t", "metric": "loss", "direction": "minimize", "seed": 0, "search": "claims"}
        return History(
            task={},
            space={"ranges": {"batch_size": {}}} if varied else {},
            seconds=1.0,
            trainings=tuple(self.trainings),
            **description,
        )  # type: ignore[arg-type]


@pytest.mark.parametrize("exponent", [-0.5, 0.0, 0.5, 1.0])
def test_the_exponent_of_the_learning_rate(exponent: float) -> None:
    verdict = World(exponent=exponent).verdicts()["lr-with-batch"]
    assert verdict.effect == pytest.approx(exponent, abs=0.15)
    assert verdict.answer == ("holds" if exponent > 0 else "does not hold")
    assert verdict.opposite == (exponent < 0)


def test_a_larger_batch_that_settles_higher_generalises_worse() -> None:
    verdict = World(floor=0.2, slower=0.0, gap=True).verdicts()["small-batch"]
    assert verdict.answer == "holds"
    assert math.log(verdict.effect or 0) == pytest.approx(0.2 * math.log(16), abs=0.1)
    assert World(floor=0.0).verdicts()["small-batch"].answer == "does not hold"


def test_a_larger_batch_that_is_behind_in_training_too_is_not_said_to_generalise_worse() -> None:
    for world in (World(floor=0.2), World(slower=0.5)):
        verdict = world.verdicts()["small-batch"]
        assert (verdict.answer, verdict.reason) == ("undecided", "undertrained")
        assert (verdict.low or 0) > verdict.least
        assert "Batch 256 is not trained out in 20 epochs" in tell([verdict])[0].follows
    assert World(floor=-0.2, slower=0.3).verdicts()["small-batch"].answer == "does not hold"


def test_a_larger_batch_that_falls_more_slowly_needs_more_epochs() -> None:
    assert World(slower=0.5).verdicts()["epochs-with-batch"].answer == "holds"
    assert World(slower=-0.5).verdicts()["epochs-with-batch"].opposite


def test_lower_learning_rates_crawl() -> None:
    verdicts = World().verdicts()
    assert verdicts["epochs-with-lr"].answer == "holds"
    assert verdicts["epochs-with-lr"].values["low"] < verdicts["epochs-with-lr"].values["best"]


@pytest.mark.parametrize(
    ("low", "best", "answer", "follows"),
    [
        (0.650, 0.369, "holds", "it wastes epochs"),  # of a loss that stays above half of chance too
        (0.6, 0.05, "holds", "it wastes epochs"),
        (0.055, 0.05, "does not hold", "comes most of the way"),
        (0.05, 0.3, "does not hold", "gets further"),
        (0.69, 0.68, "undecided", ""),
    ],
)
def test_a_small_rate_crawls_where_it_lacks_much_of_the_fall(
    low: float, best: float, answer: str, follows: str
) -> None:
    world, way = World(), np.linspace(0, 1, EPOCHS)
    for r in range(3):
        for lr, end in zip(LRS[:4], (low, 1.0, 1.0, best), strict=True):
            train = 0.695 * (end / 0.695) ** way * (1 + 0.001 * r)
            world.add("grid", r, curve(np.full(EPOCHS, 0.5 if end == best else 0.9), train), lr, 64)
    verdict = {v.code: v for v in judge(world.history())}["small-lr"]
    told = tell([verdict])[0]
    assert (verdict.answer, verdict.values["low"]) == (answer, LRS[0])
    assert follows in told.follows
    assert (verdict.reason == "flat") == ("hardly falls" in told.measured) == (answer == "undecided")


def test_epochs_that_the_first_evaluation_hides_give_a_bound() -> None:
    """At the best lr the loss is where the lower lr ends before it is evaluated at all."""

    def verdict(*rows: tuple[list[float], list[float]]) -> Verdict:
        world = World()
        for r, (low, best) in enumerate(rows):
            for lr, losses in zip(LRS[1:4], (low, low, best), strict=True):
                world.add("grid", r, curve(np.array(losses + losses[-1:] * (EPOCHS - len(losses)))), lr, 64)
        return {v.code: v for v in judge(world.history())}["epochs-with-lr"]

    fast, slow, swift = [0.4, 0.3], [2.0] * 18 + [1.0, 0.5], [1.0, 0.4]
    hidden = verdict(*[(slow, fast)] * 3)
    assert (hidden.answer, hidden.bound, hidden.high) == ("holds", "at least", None)
    assert hidden.effect == hidden.low == pytest.approx(20.0)
    told = tell([hidden])[0].measured
    assert "takes at least 20 times the epochs" in told
    assert "between" not in told

    mixed = verdict((slow, fast), (slow, fast), (slow, swift))
    assert (mixed.bound, mixed.high) == ("at least", None)
    assert (mixed.low or 0) < (mixed.effect or 0) < 20
    assert f"at least {mixed.low:.2f} times" in tell([mixed])[0].measured

    exact = verdict(*[(slow, swift)] * 3)
    assert (exact.bound, exact.effect) == ("", pytest.approx(20 / (1 + 0.5 / 0.6)))
    early, late = [0.5, 0.6], [2.0, 1.0, 0.4]
    most = verdict(*[(early, late)] * 3)
    assert (most.answer, most.bound, most.low) == ("does not hold", "at most", None)
    assert f"at most {most.high:.2f} times" in tell([most])[0].measured
    for rows in ([(early, late), (slow, fast), (slow, fast)], [(early, fast)] * 3):
        unknown = verdict(*rows)
        assert (unknown.answer, unknown.effect) == ("undecided", None)
        assert "evaluate more often" in tell([unknown])[0].measured


def test_a_loss_that_rises_after_its_minimum_overfits() -> None:
    verdict = World(rise=0.01).verdicts()["overfit"]
    assert verdict.answer == "holds"
    assert verdict.values["epoch"] == pytest.approx(EPOCHS, abs=3)
    assert World(rise=0.0).verdicts()["overfit"].answer == "does not hold"


def test_sentences_have_the_sign_of_their_interval_and_compare_with_what_was_measured() -> None:
    verdicts = World(rise=0.01).verdicts(variance={str(s): 3.0 * s**-0.8 for s in (4, 8, 16, 32)})
    assert "to the power 0.80 (independent samples: 1) (between 0." in tell([verdicts["gradient-variance"]])[0].measured
    assert "the lowest in the other replicates" in tell([verdicts["overfit"]])[0].measured


def test_the_law_of_the_gradient_variance() -> None:
    verdict = World().verdicts(variance={str(s): 3.0 * s**-0.8 for s in (4, 8, 16, 32)})["gradient-variance"]
    assert verdict.effect == pytest.approx(0.8)
    assert verdict.answer == "holds"


def test_oscillation_is_the_share_of_epochs_in_which_the_loss_rises() -> None:
    world = World()
    swing = 1 + 0.5 * (-1.0) ** np.arange(EPOCHS)
    losses = World.losses
    world.losses = lambda lr, size, epochs, luck: (  # type: ignore[method-assign]
        losses(world, lr, size, epochs, luck) * (swing if lr > LRS[4] else 1.0)
    )
    verdict = world.verdicts()["large-lr"]
    assert verdict.answer == "holds"
    assert 0.3 < (verdict.effect or 0) < 0.6


def test_a_decay_and_batch_schedules_are_compared_pairwise() -> None:
    world = World()
    for r in range(4):
        end = 0.11 * math.exp(0.01 * r)
        world.add("cooldown", r, curve(np.linspace(1, end * 0.5, EPOCHS)), LRS[3], 64)
        world.add("grow", r, curve(np.linspace(1, end, EPOCHS)), LRS[3], 16)
        world.add("shrink", r, curve(np.linspace(1, end * 0.8, EPOCHS)), LRS[3], 256)
    verdicts = world.verdicts()
    assert verdicts["decay"].answer == "holds"
    assert verdicts["batch-schedule"].opposite
    assert verdicts["batch-schedule"].effect == pytest.approx(0.8)


def test_early_stopping_is_judged_on_what_chose_nothing() -> None:
    world = World(rise=0.01)
    for r in range(5):
        held = np.concatenate([np.linspace(2, 0.2, 30), np.linspace(0.2, 0.4, 30)])
        world.add("held-out", r, curve(held), LRS[3], 64, share=0.0)
    verdict = world.verdicts()["early-stop"]
    assert verdict.effect is not None
    stop = int(verdict.values["epoch"])
    assert math.log(verdict.effect) == pytest.approx(math.log(0.4 / held[stop - 1]), abs=0.1)


@pytest.mark.parametrize("held", [False, True])
def test_all_is_done_when_the_last_replicate_has_its_last_look(*, held: bool) -> None:
    world = World()
    for r in range(8):
        if held and r < 7:
            world.add("held-out", r, curve(np.ones(LONG)), LRS[3], 64, share=0.0)
    world.verdicts(replicates=8, variance={"4": 1.0})
    assert extent(world.history()) == Extent(8, EPOCHS, not held)
    if held:
        world.add("held-out", 7, curve(np.ones(LONG)), LRS[3], 64, share=0.0)
        assert extent(world.history()).complete
    fewer = World()
    fewer.verdicts(replicates=7, variance={"4": 1.0})
    assert not extent(fewer.history()).complete


def test_what_was_not_measured_says_why() -> None:
    falling = World()  # the larger lr the better
    for size in SIZES[1:]:
        for place, lr in enumerate(LRS):
            falling.add("grid", 0, curve(np.linspace(2, 1 - 0.1 * place, EPOCHS)), lr, size)
    reasons = {v.code: v.reason for v in judge(falling.history(varied=True))}
    assert reasons["large-lr"] == "edge"
    assert reasons["decay"] == reasons["batch-schedule"] == "budget"
    assert {v.code: v.reason for v in judge(falling.history())}["batch-schedule"] == "sizes"

    begun = World()  # the lr beyond are yet to come
    for lr in LRS[:2]:
        begun.add("grid", 0, curve(np.linspace(2, 1 - lr, EPOCHS)), lr, 64)
    assert {v.code: v.reason for v in judge(begun.history())}["large-lr"] == "budget"

    world = World()
    world.verdicts(replicates=8, variance={"4": 1.0})
    reasons = {v.code: v.reason for v in judge(world.history(varied=True))}
    assert (reasons["early-stop"], reasons["decay"]) == ("held-out", "diverged")

    hopeless = World()
    for lr in LRS:
        hopeless.add("pilot", 0, curve(np.full(EPOCHS, 1e9)), lr, 64, status=Status.DIVERGED)
    assert {v.reason for v in judge(hopeless.history())} == {"pilot"}


def test_nothing_is_said_of_an_empty_study() -> None:
    verdicts = World().verdicts(replicates=0)
    assert len(verdicts) == 11
    assert {v.answer for v in verdicts.values()} == {"undecided"}
    assert {v.effect for v in verdicts.values()} == {None}
