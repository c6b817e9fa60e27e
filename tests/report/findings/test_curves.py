"""The rules on one training's curve."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from luthier.records import Finding, Status
from luthier.report.explain import explain
from luthier.task import Chance

Make = Callable[..., Any]
E = np.arange(1, 21)


def found(history: Any) -> dict[str, Finding]:
    return {finding.code: finding for finding in explain(history)}


def test_a_good_training_gets_no_finding_but_that_it_is_alone(history: Make, training: Make, healthy: Any) -> None:
    assert set(found(history(training(0, healthy)))) <= {"one-training", "early-stop"}


class TestLearningRate:
    def test_a_loss_that_jumps_up_and_down_has_too_high_a_lr(self, history: Make, training: Make) -> None:
        jumping = 0.9 * np.where(E % 2, 1.4, 0.7)
        finding = found(history(training(0, jumping, lr=0.5)))["lr-too-high"]
        assert "With lr 0.5" in finding.sentence
        assert finding.evidence["jump"] > 0.3
        assert finding.evidence["training"] == 0
        assert finding.evidence["try_lr"] == pytest.approx(0.1)

    def test_one_that_spikes_late_has_too(self, history: Make, training: Make, healthy: Any) -> None:
        healthy[14] = 2.0
        assert "epoch 15" in found(history(training(0, healthy)))["lr-too-high"].sentence

    def test_jumps_that_a_decay_calms_are_no_fault(self, history: Make, training: Make, healthy: Any) -> None:
        healthy[3:10] *= np.where(E[3:10] % 2, 1.3, 0.8)
        assert "lr-too-high" not in found(history(training(0, healthy, schedule="cosine")))

    def test_a_divergence_is_told_with_its_epoch(self, history: Make, training: Make, healthy: Any) -> None:
        diverged = training(0, healthy[:5], status=Status.DIVERGED, lr=2.0, epochs=20)
        assert (
            "diverged after epoch 5" in found(history(diverged, training(1, healthy, lr=0.1)))["lr-too-high"].sentence
        )

    def test_a_loss_that_stays_above_chance_has_too_high_a_lr(self, history: Make, training: Make) -> None:
        finding = found(history(training(0, 3.1 + 0.2 * np.sin(7 * E))))["lr-too-high"]
        assert "far too high" in finding.sentence

    @pytest.mark.parametrize(("rise", "told"), [(0.0, False), (1e9, True)])
    def test_a_huge_start_that_only_falls_was_not_destroyed_by_steps(
        self, history: Make, training: Make, rise: float, told: bool
    ) -> None:
        falling = np.r_[2.57e11, 2.47e11, 2.28e11, 2.1e11, 1.99e11, 1.95e11 + 2e10 * (rise > 0)]
        far = training(0, falling, metric=falling, lr=1.0, optimizer="AdamW")
        good = training(1, 1e9 * np.r_[2.0, 1.0, 0.6, 0.3, 0.2, 0.1], metric=np.full(6, 3e11), lr=0.1)
        codes = found(history(far, good, metric="mae", direction="minimize", chance=Chance(1.07e9, 3e4, 1.07e9)))
        assert ("lr-too-high" in codes) == told
        assert "exploding-start" in codes

    def test_a_loss_that_falls_steadily_to_the_end_has_too_low_a_lr(self, history: Make, training: Make) -> None:
        finding = found(history(training(0, 2.3 - 0.06 * E, lr=0.001)))["lr-too-low"]
        assert finding.evidence["share"] == pytest.approx(0.25, abs=0.05)
        assert finding.evidence["try_lr"] == pytest.approx(0.01)

    def test_a_setting_of_the_users_that_was_put_aside_is_not_blamed(self, history: Make, training: Make) -> None:
        good = training(1, 0.3 + 2 * np.exp(-E / 3), lr=0.1)
        own = training(0, 2.3 - 0.004 * E, metric=0.1 + 0.002 * E)
        assert "lr-too-low" in found(history(own, good))
        assert "lr-too-low" not in found(history(replace(own, over=False), good))

    def test_one_that_has_hardly_fallen_crawls(self, history: Make, training: Make) -> None:
        finding = found(history(training(0, 2.3 - 0.004 * E, metric=0.1 + 0.002 * E)))["lr-too-low"]
        assert "crawls" in finding.sentence


class TestStart:
    def test_a_loss_that_does_not_move_is_a_dead_start(self, history: Make, training: Make) -> None:
        still = np.full(20, 2.31) + 1e-3 * np.sin(5 * E)
        assert "does not move" in found(history(training(0, still, metric=np.full(20, 0.1))))["dead-start"].sentence

    def test_what_a_higher_rate_moves_is_not_dead(self, history: Make, training: Make, healthy: Any) -> None:
        still = np.full(20, 2.31) + 1e-3 * np.sin(5 * E)
        own = training(0, still, metric=np.full(20, 0.1), lr=1e-4)
        assert "dead-start" not in found(history(own, training(1, healthy, lr=1e-2)))
        assert "dead-start" in found(history(own, training(1, still, metric=np.full(20, 0.1), lr=1e-2)))

    def test_what_learns_at_a_higher_rate_with_another_penalty_is_not_dead(
        self, history: Make, training: Make, healthy: Any
    ) -> None:
        own = training(0, np.full(20, 2.31) + 1e-3 * np.sin(5 * E), metric=np.full(20, 0.1), lr=1e-4, units=16)
        decayed = training(1, healthy, lr=1e-2, weight_decay=1e-5, units=16)
        assert "dead-start" not in found(history(own, decayed))
        larger = training(1, healthy, lr=1e-2, weight_decay=1e-5, units=64)
        assert "dead-start" in found(history(own, larger))  # another model, which proves nothing

    def test_a_loss_that_was_learned_at_once_is_not(self, history: Make, training: Make) -> None:
        assert "dead-start" not in found(history(training(0, np.full(20, 0.02))))

    def test_a_huge_first_loss_is_an_exploding_start(self, history: Make, training: Make, healthy: Any) -> None:
        healthy[0] = 60.0
        assert found(history(training(0, healthy)))["exploding-start"].evidence["times"] == pytest.approx(60 / 2.3)

    def test_so_is_an_overflow_before_the_first_point(self, history: Make, training: Make) -> None:
        message = "the training loss is 9e+09, more than 1000 times the first ones, 4e+05"
        codes = found(history(training(0, status=Status.DIVERGED, message=message)))
        assert codes["exploding-start"].confidence >= 0.9
        assert "all-diverged" in codes

    def test_a_blow_up_that_lower_rates_survive_is_the_rates(self, history: Make, training: Make, healthy: Any) -> None:
        blown = training(0, status=Status.DIVERGED, message="the training loss is nan", lr=9.0)
        assert found(history(blown, training(1, healthy, lr=0.1)))["lr-too-high"].confidence >= 0.9


class TestFit:
    def test_overfitting_names_the_epoch_of_the_lowest_validation_loss(self, history: Make, training: Make) -> None:
        train = 2.3 * np.exp(-E / 4)
        val = 0.6 + 0.03 * np.abs(E - 8) ** 1.3
        finding = found(history(training(0, train, val)))["overfitting"]
        assert finding.evidence["epoch"] == pytest.approx(8, abs=1)
        assert finding.evidence["rise"] > 0.3

    def test_a_metric_that_falls_is_overfitting_too(self, history: Make, training: Make) -> None:
        train, metric = 2.3 * np.exp(-E / 8), 0.95 - 0.012 * np.maximum(0, E - 6)
        finding = found(history(training(0, train, np.full(20, 0.5), metric)))["overfitting"]
        assert "accuracy, smoothed, goes from 0.95" in finding.sentence

    def test_a_rise_within_the_noise_is_none(self, history: Make, training: Make) -> None:
        val = 0.5 + 0.05 * np.random.default_rng(0).normal(size=20)
        assert "overfitting" not in found(history(training(0, 2.3 * np.exp(-E / 4), val)))

    def test_both_losses_level_and_high_is_underfitting(self, history: Make, training: Make) -> None:
        finding = found(history(training(0, 1.4 + 0.9 * np.exp(-E / 2))))["underfitting"]
        assert finding.evidence["level"] == pytest.approx(1.4 / 2.3, rel=0.02)


class TestLength:
    def test_a_power_law_that_goes_on_is_still_improving(self, history: Make, training: Make) -> None:
        finding = found(history(training(0, 2.3 * E**-0.8)))["still-improving"]
        assert finding.evidence["later"] == pytest.approx(1.02 * 2.3 * 30**-0.8, rel=0.15)
        assert finding.evidence["more"] >= 10

    def test_one_whose_schedule_has_ended_is_not_extrapolated(self, history: Make, training: Make) -> None:
        assert "still-improving" not in found(history(training(0, 2.3 * E**-0.8, schedule="cosine")))

    def test_a_training_that_was_done_early_could_stop_there(self, history: Make, training: Make) -> None:
        long = 0.1 + 2.2 * np.exp(-np.arange(1, 61) / 2)
        finding = found(history(training(0, long)))["early-stop"]
        assert 6 <= finding.evidence["epoch"] <= 15
        assert finding.evidence["saved"] > 0.7
        assert finding.next_step.startswith("Set epochs to about")
        decayed = found(history(training(0, long, schedule="cosine")))["early-stop"]
        assert decayed.next_step.startswith("Set patience")
        assert "keep epochs" in decayed.next_step

    def test_a_schedule_that_never_decayed_was_cut_short(self, history: Make, training: Make, healthy: Any) -> None:
        cut = training(0, healthy, status=Status.STOPPED, epochs=60, schedule="cosine")
        assert found(history(cut))["schedule-cut-short"].evidence["now"] > 0.7
        assert "schedule-cut-short" not in found(history(training(0, healthy, schedule="cosine")))


class TestData:
    def test_validation_far_worse_from_the_first_epoch_on_is_a_mismatch(
        self, history: Make, training: Make, healthy: Any
    ) -> None:
        finding = found(history(training(0, healthy, 1.6 + 0.3 * healthy)))["data-mismatch"]
        assert finding.evidence["transfer"] < 0.6

    def test_validation_far_better_to_the_end_is_too(self, history: Make, training: Make) -> None:
        train = 0.8 + 1.5 * np.exp(-E / 3)
        assert "far better" in found(history(training(0, train, 0.25 * train)))["data-mismatch"].sentence

    def test_memorising_with_validation_at_chance_is_shuffled_labels(self, history: Make, training: Make) -> None:
        rng = np.random.default_rng(0)
        memorised = training(0, 2.3 - 0.09 * np.maximum(0, E - 2), 2.31 + 0.05 * E, 0.1 + 0.015 * rng.normal(size=20))
        codes = found(history(memorised))
        assert "shuffled" in codes["shuffled-labels"].sentence
        assert "overfitting" not in codes
        assert "data-mismatch" not in codes


@pytest.mark.parametrize(("lr", "expected"), [(0.02, True), (2.0, False)])
def test_a_bold_rate_whose_loss_falls_with_its_decay_is_not_too_low(
    history: Make, training: Make, lr: float, expected: bool
) -> None:
    losses = np.r_[1.108, 1.079, 1.015, 1.009, 0.969, 0.996, 0.96, 0.953, 0.915, 0.887, 0.878, 0.861, 0.856, 0.85]
    made = training(0, losses, val=losses * 0.99, lr=lr, momentum=0.66, schedule="cosine")
    assert ("lr-too-low" in found(history(made, chance=Chance(1.1, 0.3, 1.1)))) == expected


@pytest.mark.parametrize(("learned", "expected"), [(0.4, True), (1.0, False)])
def test_a_training_loss_that_has_come_far_from_chance_was_not_slow(
    history: Make, training: Make, learned: float, expected: bool
) -> None:
    val = np.r_[1.018, 0.986, 0.921, 0.883, 0.878, 0.879]
    train = 1 - learned * (1 - np.r_[1.24, 0.87, 0.8, 0.71, 0.62, 0.58])
    made = training(0, train, val=val, metric=val, lr=0.05, schedule="cosine")
    about = {"chance": Chance(1.0, 1.0, 1.0), "metric": "loss", "direction": "minimize"}
    assert ("lr-too-low" in found(history(made, **about))) == expected


def test_what_only_chance_can_tell_is_not_told_without_it(history: Make, training: Make) -> None:
    level = history(training(0, 1.4 + 0.9 * np.exp(-E / 2)))
    assert "underfitting" in found(level)
    assert "underfitting" not in found(replace(level, chance=None))


@pytest.mark.parametrize(("lr", "told"), [(1e-4, True), (0.1, False)])
def test_a_crawl_without_chance_is_told_by_its_own_losses(history: Make, training: Make, lr: float, told: bool) -> None:
    """A usual rate may have learned all there is before the first evaluation."""
    crawling, quick = training(0, 3.3 - 0.004 * E, lr=lr, momentum=0.0), training(1, 0.5 * E**-0.2, lr=lr * 99)
    assert "same answer" in found(history(crawling, quick, chance=Chance(3.4, 0.1, 3.4)))["lr-too-low"].sentence
    findings = found(replace(history(crawling, quick), chance=None))
    assert ("lr-too-low" in findings) == told
    assert not any("same answer" in f.sentence for f in findings.values())
    if told:
        assert "came down from 3.36 to 3.28 and no further" in findings["lr-too-low"].sentence
        assert not {"chance", "level"} & set(findings["lr-too-low"].evidence)


@pytest.mark.parametrize(("targets", "expected"), [(1000, True), (60_000, False)])
def test_answers_that_share_few_parameters_are_examples_of_the_same(
    history: Make, training: Make, targets: int, expected: bool
) -> None:
    """A convolution that answers for 60 cells of each sample learns from each of them."""
    losses = 0.5 + 0.2 * np.exp(-E / 2)
    made = training(0, losses, lr=0.02, optimizer="Adam", metric=np.full(20, 0.8))
    about = {"chance": Chance(0.69, 0.6, 0.69), "reference": 1.2}
    assert (
        "underfitting" in found(history(made, parameters=60 if expected else 640, targets=targets, **about))
    ) == expected
