"""Other forms of the faults, and what looks like a fault and is none: losses as metrics, noise, schedules, company."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from luthier import log_uniform
from luthier.records import Finding, Status
from luthier.report.explain import explain
from luthier.task import Chance

Make = Callable[..., Any]
E = np.arange(1, 21)
JUMPS = np.where(E % 2, 1.4, 0.7)
FALLS = 0.15 + 2.1 * np.exp(-E / 1.5)
COSINE = {"schedule": "cosine"}
REGRESSION = {"metric": "loss", "direction": "minimize", "chance": Chance(1.0, 1.0)}


def found(history: Any) -> dict[str, Finding]:
    return {finding.code: finding for finding in explain(history)}


def noisy(values: Any, share: float, seed: int = 0) -> Any:
    return values * np.exp(share * np.random.default_rng(seed).normal(size=len(values)))


class TestHighRate:
    def test_a_first_blow_to_chance_that_stays(self, history: Make, training: Make) -> None:
        killed = np.r_[4.95, np.full(19, 2.32)] + 0.003 * np.sin(5 * E)
        codes = found(history(training(0, killed, metric=np.full(20, 0.1), optimizer="Adam", lr=0.2)))
        assert "too large steps destroyed" in codes["lr-too-high"].sentence
        assert codes["lr-too-high"].evidence["was"] == pytest.approx(4.95, abs=0.01)
        assert "dead-start" not in codes

    def test_learned_and_then_lost(self, history: Make, training: Make) -> None:
        lost = np.r_[2.0, 1.6, 1.3, np.full(17, 2.31)] + 0.003 * np.sin(5 * E)
        assert found(history(training(0, lost, lr=0.5)))["lr-too-high"].evidence["was"] == pytest.approx(1.3, abs=0.01)

    def test_jumps_at_a_low_loss_matter_when_the_metric_jumps(self, history: Make, training: Make) -> None:
        low = 0.12 * JUMPS
        assert "lr-too-high" in found(history(training(0, low, metric=0.95 - 0.05 * (JUMPS > 1), lr=0.5)))
        assert "lr-too-high" not in found(history(training(0, low, metric=np.full(20, 0.95), lr=0.5)))

    @pytest.mark.parametrize(("ratio", "level", "told"), [(5, 0.2, True), (5, 1.3, False), (1.1, 1.3, True)])
    def test_lower_rates_decide_where_they_were_tried(
        self, history: Make, training: Make, ratio: float, level: float, told: bool
    ) -> None:
        lower = training(1, level + 2 * np.exp(-E / 1.5), lr=0.5 / ratio)
        assert ("lr-too-high" in found(history(training(0, 0.9 * JUMPS, lr=0.5), lower))) == told

    def test_a_decay_calms_it_too_late_when_a_lower_rate_does_better(self, history: Make, training: Make) -> None:
        late = np.where(E < 14, 1.2 * JUMPS, 1.0)
        assert "lr-too-high" not in found(history(training(0, late, lr=0.5, **COSINE)))
        lower = training(1, FALLS, lr=0.1, **COSINE)
        assert "lr-too-high" in found(history(training(0, late, lr=0.5, **COSINE), lower))

    def test_a_loss_that_wanders_for_epochs_is_unsteady_too(self, history: Make, training: Make) -> None:
        wanders = 0.9 + 0.35 * np.sin(E / 1.5)
        assert found(history(training(0, wanders, lr=0.1)))["lr-too-high"].evidence["jump"] > 0.15
        calm = 0.9 + 0.05 * np.sin(E / 1.5)
        assert "lr-too-high" not in found(history(training(0, calm, lr=0.1)))


class TestLowRate:
    @pytest.mark.parametrize(("higher", "told"), [((0.4, 0.8), False), ((0.005, 0.01), True)])
    def test_a_search_that_gave_higher_rates_up_has_decided(
        self, history: Make, training: Make, higher: tuple[float, ...], told: bool
    ) -> None:
        slow = training(0, 2.3 - 0.06 * E, lr=0.1)
        others = [training(n, [2.2, 2.2, 2.2], lr=lr, epochs=20) for n, lr in enumerate(higher, 1)]
        assert ("lr-too-low" in found(history(slow, *others))) == told

    def test_the_rate_of_another_optimizer_decides_nothing(self, history: Make, training: Make) -> None:
        """The best has a lower lr, but for AdamW, for which it is high; of SGD's rates the higher ones are better."""
        slow = training(0, 2.3 - 0.06 * E, lr=0.01)
        higher = [training(n, [1.6, 1.1, 0.8], lr=lr, epochs=20) for n, lr in enumerate((0.1, 0.2), 1)]
        best = training(3, FALLS, lr=0.004, optimizer="AdamW")
        assert "lr-too-low" in found(history(slow, *higher, best))

    def test_momentum_counts_as_a_higher_rate(self, history: Make, training: Make) -> None:
        slow = training(0, 2.3 - 0.06 * E, lr=0.01)
        higher = [training(n, [2.2, 2.2, 2.2], lr=lr, epochs=20) for n, lr in enumerate((0.1, 0.2), 1)]
        pushed = training(3, FALLS, lr=0.012, momentum=0.9)
        assert "lr-too-low" in found(history(slow, *higher, pushed))

    def test_what_a_drop_of_the_rate_brings_is_no_slowness(self, history: Make, training: Make) -> None:
        step = np.r_[1.5, np.full(7, 1.25), np.full(12, 0.8)]
        assert "lr-too-low" not in found(history(training(0, step, lr=0.1, schedule="step", step_size=0.4)))

    def test_it_shows_in_the_training_loss(self, history: Make, training: Make) -> None:
        level, val = np.full(20, 0.7), np.where(E < 15, 1.5, 1.5 - 0.15 * (E - 14))
        assert "lr-too-low" not in found(history(training(0, level, val)))
        assert "lr-too-low" in found(history(training(0, 2.3 - 0.06 * E, 2.3 - 0.05 * E)))

    def test_it_is_not_where_higher_rates_are_no_better(self, history: Make, training: Make) -> None:
        slow, worse = training(0, 2.3 - 0.06 * E, lr=0.1), training(1, np.full(20, 2.2) + 0.1 * JUMPS, lr=0.4)
        assert "lr-too-low" not in found(history(slow, worse))
        assert "lr-too-low" in found(history(slow, training(1, FALLS, lr=0.4)))

    @pytest.mark.parametrize(("speed", "told"), [(0.035, True), (0.3, False)])
    def test_a_decay_ends_the_fall_and_hides_none(
        self, history: Make, training: Make, speed: float, told: bool
    ) -> None:
        """The loss falls with the way that the steps have gone: a third of it lies in the last half of the epochs."""
        way = np.cumsum(1 - (E - 0.5) / 20) * 2
        slow = 1.0 + 1.3 * (np.exp(-speed * way) if speed > 0.1 else 1 - speed * way)
        assert ("lr-too-low" in found(history(training(0, slow, lr=0.01, schedule="linear")))) == told


class TestLength:
    def test_a_small_loss_goes_on_where_it_is_the_score(self, history: Make, training: Make) -> None:
        losses = 0.1 * E**-0.8
        assert "still-improving" in found(history(training(0, losses, losses, losses), **REGRESSION))
        assert "still-improving" not in found(history(training(0, 2.3 * losses)))

    def test_poor_settings_that_settle_at_once_waste_no_time(self, history: Make, training: Make) -> None:
        poor = [training(n, np.full(20, 1.2) + 0.001 * n, lr=float(n)) for n in range(1, 8)]
        assert "time-wasted" not in found(history(training(0, 2.3 * E**-0.8), *poor))

    @pytest.mark.parametrize("seed", range(5))
    def test_a_few_noisy_epochs_that_go_on(self, history: Make, training: Make, seed: int) -> None:
        losses = 1.1 * np.arange(1, 7) ** -1.2
        assert "still-improving" in found(history(training(0, losses, noisy(losses, 0.1, seed))))

    @pytest.mark.parametrize("seed", range(5))
    def test_noise_around_a_level_does_not(self, history: Make, training: Make, seed: int) -> None:
        assert "still-improving" not in found(
            history(training(0, noisy(FALLS, 0.1, seed), noisy(FALLS, 0.1, 9 + seed)))
        )

    def test_a_loss_that_jumps_downwards_is_not_done_early(self, history: Make, training: Make) -> None:
        losses = 0.5 * JUMPS * E**-0.8
        codes = found(history(training(0, losses, losses, losses), **REGRESSION))
        assert "early-stop" not in codes
        assert "time-wasted" not in codes

    def test_one_that_was_best_just_before_a_spike_is_not_done_at_once(self, history: Make, training: Make) -> None:
        spiked = np.r_[2.3 - 0.04 * np.arange(17), 2.5, 4.5, 2.3]
        assert not {"early-stop", "time-wasted"} & found(history(training(0, spiked))).keys()

    def test_what_patience_ended_does_not_go_on(self, history: Make, training: Make) -> None:
        losses = 2.3 * E**-0.8
        assert "still-improving" not in found(history(training(0, losses, epochs=60, status=Status.STOPPED)))

    def test_a_slow_own_setting_does_not_hide_that_the_winner_goes_on(self, history: Make, training: Make) -> None:
        slow = training(0, 2.3 - 0.05 * E, lr=0.001)
        codes = found(history(slow, training(1, 1.5 * E**-0.7, lr=0.005)))
        assert codes["lr-too-low"].evidence["training"] == 0
        assert codes["still-improving"].evidence["training"] == 1

    def test_epochs_of_a_decay_are_not_wasted_until_it_is_much_too_long(self, history: Make, training: Make) -> None:
        long = np.arange(1, 41)
        for at, told in ((3, False), (0.5, True)):
            losses = 0.15 + 2 * np.exp(-long / at)
            codes = found(history(*[training(n, losses, **COSINE, seed=n) for n in range(3)]))
            assert ("time-wasted" in codes) == told

    def test_four_epochs_that_go_on(self, history: Make, training: Make) -> None:
        few = [1.397, 0.93, 0.792, 0.673]
        assert "still-improving" in found(history(training(0, few, [1.053, 0.869, 0.856, 0.754])))

    @pytest.mark.parametrize(("epochs", "told"), [(30, True), (24, False)])
    def test_a_decay_that_has_done_most_of_its_work_was_not_cut_short(
        self, history: Make, training: Make, epochs: int, told: bool
    ) -> None:
        cut = training(0, FALLS, epochs=epochs, schedule="linear", status=Status.STOPPED)
        assert ("schedule-cut-short" in found(history(cut))) == told


class TestFit:
    @pytest.mark.parametrize(
        ("rise", "metric", "told"), [(0.15, "accuracy", False), (0.15, "loss", True), (0.4, "accuracy", True)]
    )
    def test_a_loss_may_rise_a_little_beside_another_metric(
        self, history: Make, training: Make, rise: float, metric: str, told: bool
    ) -> None:
        val = 0.6 * (1 + rise * np.maximum(0, E - 8) / 12)
        about = {"metric": "loss", "direction": "minimize"} if metric == "loss" else {}
        scores = val if metric == "loss" else np.full(20, 0.9)
        over = training(0, 0.5 * np.exp(-E / 6), val, scores)
        assert ("overfitting" in found(history(over, **about))) == told

    def test_noise_in_the_targets_is_no_underfitting(self, history: Make, training: Make) -> None:
        level = 0.8 + 0.2 * np.exp(-E / 2)
        plain = training(0, level, level, level, lr=0.01)
        assert "underfitting" in found(history(plain, **REGRESSION))
        usual = level - 0.3 * (1 - np.exp(-E / 2))  # half of the variance explained
        assert "underfitting" not in found(history(training(0, usual, usual, usual, lr=0.01), **REGRESSION))
        closer = training(1, level - 0.12 * (1 - np.exp(-E / 5)), level + 0.02, level + 0.02, lr=0.05)
        assert "underfitting" not in found(history(plain, closer, **REGRESSION))

    @pytest.mark.parametrize(
        ("parameters", "level", "told"), [(100, 0.3, True), (5000, 0.3, False), (5000, 0.6, False)]
    )
    def test_only_a_model_too_small_to_learn_its_data_by_heart_is(
        self, history: Make, training: Make, parameters: int, level: float, told: bool
    ) -> None:
        high = training(0, 2.3 * (level + (1 - level) * np.exp(-E / 2)), lr=0.01, units=32)
        codes = found(history(high, parameters=parameters, targets=1000))
        assert ("underfitting" in codes) == told

    @pytest.mark.parametrize(("reference", "told"), [(0.2, True), (0.69, False), (None, True)])
    def test_a_loss_that_a_forest_of_trees_does_not_beat_is_noise(
        self, history: Make, training: Make, reference: float | None, told: bool
    ) -> None:
        high = training(0, 2.3 * (0.3 + 0.7 * np.exp(-E / 2)), lr=0.01)
        codes = found(history(high, parameters=100, targets=1000, reference=reference))
        assert ("underfitting" in codes) == told

    def test_a_penalty_that_a_forest_of_trees_beats_by_far_underfits_at_lower_losses(
        self, history: Make, training: Make
    ) -> None:
        level = 0.25 + 0.75 * np.exp(-E / 2)
        held = training(0, level, level, level, lr=0.01, weight_decay=0.05)
        assert "underfitting" in found(history(held, **REGRESSION, reference=0.05))
        assert "underfitting" not in found(history(held, **REGRESSION))

    def test_much_data_makes_no_model_small(self, history: Make, training: Make) -> None:
        high = training(0, 2.3 * (0.3 + 0.7 * np.exp(-E / 2)), lr=0.01)
        task = {"train": [100_000, ""], "validation": [400, ""]}
        assert "underfitting" not in found(history(high, task=task, parameters=5000, targets=100_000))
        assert "underfitting" in found(history(high, task=task, parameters=50, targets=100_000))

    def test_a_smaller_size_than_the_users_has_fewer_parameters(self, history: Make, training: Make) -> None:
        high = 2.3 * (0.3 + 0.7 * np.exp(-E / 2))
        own, winner = training(0, high + 0.1, units=64, lr=0.01), training(1, high, units=4, lr=0.01)
        codes = found(history(own, winner, parameters=5000, targets=1000))
        assert codes["underfitting"].evidence["training"] == 1

    def test_dropout_raises_the_training_loss_alone(self, history: Make, training: Make) -> None:
        dropped = 2.3 * (0.3 + 0.7 * np.exp(-E / 2))
        codes = found(history(training(0, dropped, 0.5 * dropped, dropout=0.3, lr=0.01), parameters=100, targets=1000))
        assert "underfitting" not in codes

    def test_a_penalty_that_lets_nothing_be_learned_is(self, history: Make, training: Make) -> None:
        still = np.full(20, 2.303) + 1e-4 * np.sin(5 * E)
        codes = found(history(training(0, still, metric=np.full(20, 0.1), weight_decay=0.5)))
        assert "underfitting" in codes
        assert "dead-start" not in codes


class TestStart:
    def test_slow_is_not_dead(self, history: Make, training: Make) -> None:
        slow = 2.302 - 0.0002 * E
        codes = found(history(training(0, slow, slow, np.full(20, 0.1), lr=0.0003)))
        assert "dead-start" not in codes
        assert "crawls" in codes["lr-too-low"].sentence

    def test_a_model_too_small_to_learn_anything_is_not_dead(self, history: Make, training: Make) -> None:
        rng = np.random.default_rng(0)
        level = np.r_[2.5, np.full(19, 2.3)] + 0.004 * rng.normal(size=20)
        scores = 0.13 + 0.02 * rng.normal(size=20)
        codes = found(history(training(0, level, level, scores, lr=0.05), parameters=20, targets=1000))
        assert "underfitting" in codes
        assert "dead-start" not in codes

    def test_a_first_loss_of_three_times_chance_is_not_huge(self, history: Make, training: Make) -> None:
        losses = np.r_[7.0, FALLS[1:]]
        lower = training(1, np.r_[7.0, FALLS[1:] + 0.3], lr=0.01)
        assert "exploding-start" not in found(history(training(0, losses, lr=0.1), lower))

    @pytest.mark.parametrize(("first", "told"), [(9.0, True), (1.0, False)])
    def test_lower_rates_tell_a_start_from_a_rate(
        self, history: Make, training: Make, first: float, told: bool
    ) -> None:
        losses = np.r_[12.0, FALLS[1:]]
        lower = training(1, np.r_[first, FALLS[1:] + 0.3], lr=0.01)
        assert ("exploding-start" in found(history(training(0, losses, lr=0.1), lower))) == told

    def test_only_the_bias_learns(self, history: Make, training: Make) -> None:
        dead = np.r_[2.6, 1.4, np.full(18, 1.0)] + 1e-3 * np.sin(5 * E)
        codes = found(history(training(0, dead, dead, dead, lr=0.01), **REGRESSION))
        assert "nothing but the output's bias" in codes["dead-start"].sentence
        assert "lr-too-high" not in codes


class TestData:
    @pytest.mark.parametrize(("pace", "code"), [(1.5, "data-mismatch"), (12, "shuffled-labels")])
    def test_what_is_learned_at_once_was_not_learned_by_heart(
        self, history: Make, training: Make, pace: float, code: str
    ) -> None:
        train = 2.3 * np.exp(-np.maximum(0, E - pace / 4) / pace)
        alone = training(0, train, 2.3 + 0.3 * (2.3 - train), np.full(20, 0.12) + 0.001 * E)
        assert {"data-mismatch", "shuffled-labels"} & found(history(alone)).keys() == {code}

    def test_targets_of_another_size_are_measured_against_themselves(self, history: Make, training: Make) -> None:
        train = 0.02 + np.exp(-E)
        shifted = {**REGRESSION, "chance": Chance(16.0, 16.0, 1.0)}
        val = 15.0 + 0.1 * np.exp(-E)
        assert "data-mismatch" in found(history(training(0, train, val, val), **shifted))
        held = 16.0 * train
        assert "data-mismatch" not in found(history(training(0, train, held, held), **shifted))

    def test_a_small_model_learns_nothing_by_heart(self, history: Make, training: Make) -> None:
        little = training(0, 2.3 - 0.003 * np.maximum(0, E - 3), np.full(20, 2.31), np.full(20, 0.12))
        assert "shuffled-labels" in found(history(little))
        assert "shuffled-labels" not in found(history(little, parameters=50, targets=1000))

    def test_shuffled_targets_of_a_regression(self, history: Make, training: Make) -> None:
        val = 1.0 + 0.04 * E
        train = 1.0 - 0.05 * np.maximum(0, E - 3)
        codes = found(history(training(0, train, val, val), **REGRESSION))
        assert "shuffled-labels" in codes

    def test_a_hard_sample_more_in_the_training_data_is_no_mismatch(self, history: Make, training: Make) -> None:
        assert "data-mismatch" not in found(history(training(0, 0.05 + FALLS - 0.15, 0.015 + FALLS - 0.15)))


def test_an_end_that_levels_off_within_luck_is_no_edge(history: Make, training: Make) -> None:
    lrs, scores = np.geomspace(0.005, 0.64, 9), [0.2, 0.3, 0.5, 0.7, 0.85, 0.91, 0.945, 0.965, 0.968]
    trainings = [
        training(n, FALLS, metric=np.r_[np.full(5, 0.1), np.full(15, s)], lr=float(lr))
        for n, (lr, s) in enumerate(zip(lrs, scores, strict=True))
    ]
    assert "range-edge" not in found(history(*trainings, ranges={"lr": log_uniform(0.003, 1)}))


def test_a_slower_epoch_that_the_config_does_not_explain_is_the_machines(history: Make, training: Make) -> None:
    for units, told in ((75, False), (30, True)):
        slow, quick = training(0, FALLS, units=96, seconds=4.0, **COSINE), training(1, FALLS, units=units, **COSINE)
        assert ("time-wasted" in found(history(slow, quick))) == told
