"""The rules that compare trainings, and studies that are none."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any, ClassVar

import numpy as np
import pytest
from scipy.stats import f_oneway

from luthier import choice, integer, log_uniform, uniform
from luthier.records import Finding, Status
from luthier.report.explain import explain
from luthier.task import Chance

Make = Callable[..., Any]
E = np.arange(1, 11)


def found(history: Any) -> dict[str, Finding]:
    return {finding.code: finding for finding in explain(history)}


def curve(end: float, wobble: int = 0) -> np.ndarray:
    """A loss that falls to ``end`` and stays."""
    noise = 1 + 0.01 * np.random.default_rng(wobble).normal(size=10)
    falling: np.ndarray = (end + (2.3 - end) * np.exp(-E)) * noise
    return falling


def studied(training: Make, configs: list[dict[str, Any]], ends: Any) -> list[Any]:
    return [training(n, curve(end, n), **c) for n, (c, end) in enumerate(zip(configs, ends, strict=True))]


class TestRanges:
    def test_scores_that_rise_to_the_edge_say_so_and_how_far_to_widen(self, history: Make, training: Make) -> None:
        lrs = np.geomspace(1e-3, 1e-2, 8)
        trainings = studied(training, [{"lr": float(lr)} for lr in lrs], np.linspace(1.8, 0.4, 8))
        finding = found(history(*trainings, ranges={"lr": log_uniform(1e-3, 1e-2)}))["range-edge"]
        assert finding.evidence["name"] == "lr"
        assert finding.evidence["to"] == pytest.approx(0.032)
        assert "widen the range up to 0.032" in finding.next_step.lower()

    def test_a_rate_is_not_too_high_where_higher_ones_do_better(self, history: Make, training: Make) -> None:
        lrs = [float(lr) for lr in np.geomspace(1e-3, 1e-2, 8)]
        trainings = studied(training, [{"lr": lr} for lr in lrs], np.linspace(1.8, 0.9, 8))
        trainings[-1] = training(7, 0.8 * np.where(E % 2, 1.4, 0.7), lr=lrs[-1])
        assert "lr-too-high" in found(history(trainings[-1]))
        codes = found(history(*trainings, ranges={"lr": log_uniform(1e-3, 1e-2)}))
        assert "range-edge" in codes
        assert "lr-too-high" not in codes

    def test_a_best_value_inside_or_a_level_end_does_not(self, history: Make, training: Make) -> None:
        lrs = np.geomspace(1e-3, 1, 9)
        ranges = {"lr": log_uniform(1e-3, 1)}
        inside = 0.3 + 0.1 * (np.arange(9) - 5) ** 2
        assert "range-edge" not in found(
            history(*studied(training, [{"lr": float(v)} for v in lrs], inside), ranges=ranges)
        )
        level = np.array([2.0, 1.5, 1.0, 0.6, 0.4, 0.34, 0.32, 0.31, 0.305])
        assert "range-edge" not in found(
            history(*studied(training, [{"lr": float(v)} for v in lrs], level), ranges=ranges)
        )

    def test_the_end_of_what_is_possible_is_no_edge(self, history: Make, training: Make) -> None:
        momenta = np.linspace(0, 0.9, 8)
        trainings = studied(training, [{"momentum": float(m)} for m in momenta], np.linspace(0.4, 1.8, 8))
        assert "range-edge" not in found(history(*trainings, ranges={"momentum": uniform(0, 0.9)}))

    @pytest.mark.parametrize(("low", "told"), [(0.3, True), (0.0, False)])
    def test_a_share_can_be_lower_and_nothing_is_below_none(
        self, history: Make, training: Make, low: float, told: bool
    ) -> None:
        shares = np.linspace(low, 0.8, 8)
        trainings = studied(training, [{"dropout": float(v)} for v in shares], np.linspace(0.4, 1.8, 8))
        codes = found(history(*trainings, ranges={"dropout": uniform(low, 0.8)}))
        assert ("range-edge" in codes) == told

    def test_what_adds_nothing_is_unimportant(self, history: Make, training: Make) -> None:
        rng = np.random.default_rng(1)
        configs = [
            {"lr": float(10**a), "weight_decay": float(10**b)} for a, b in rng.uniform([-3, -6], [0, -3], (24, 2))
        ]
        ends = [0.3 + 0.4 * (np.log10(c["lr"]) + 1.2) ** 2 for c in configs]
        ranges = {"lr": log_uniform(1e-3, 1), "weight_decay": log_uniform(1e-6, 1e-3)}
        codes = found(history(*studied(training, configs, ends), ranges=ranges))
        assert codes["unimportant"].evidence["names"] == ["weight_decay"]
        assert "joint" not in codes

    @pytest.mark.parametrize(("sign", "word"), [(1, "high goes with high"), (-1, "high goes with low")])
    def test_a_ridge_is_joint(self, history: Make, training: Make, sign: int, word: str) -> None:
        rng = np.random.default_rng(2)
        rows = rng.uniform(-1, 1, (30, 2))
        configs = [{"lr": float(10 ** (a - 1)), "weight_decay": float(10 ** (b - 4))} for a, b in rows]
        ends = [0.3 + 0.5 * (a - sign * b) ** 2 for a, b in rows]
        ranges = {"lr": log_uniform(0.01, 1), "weight_decay": log_uniform(1e-5, 1e-3)}
        codes = found(history(*studied(training, configs, ends), ranges=ranges))
        assert word in codes["joint"].sentence
        assert "unimportant" not in codes


class TestBatch:
    ranges: ClassVar = {"batch_size": integer(8, 512, log=True)}

    def test_smaller_batches_that_get_further_make_the_users_too_large(self, history: Make, training: Make) -> None:
        trainings = [training(0, 2.3 - 0.05 * E, batch_size=512)]
        trainings += [training(n, curve(0.2 + 0.1 * n, n), batch_size=8 * 2**n) for n in range(1, 5)]
        finding = found(history(*trainings, ranges=self.ranges))["batch-too-large"]
        assert finding.evidence["batch_size"] == 512
        assert finding.evidence["to"] == 16
        assert finding.evidence["sooner"] > 2

    @pytest.mark.parametrize(("levels", "told"), [((0.2, 0.35, 0.5), True), ((0.5, 0.35, 0.2), False)])
    def test_a_batch_is_not_too_large_where_the_smaller_ones_do_better_as_they_grow(
        self, history: Make, training: Make, levels: tuple[float, ...], told: bool
    ) -> None:
        trainings = [training(0, 1.3 - 0.03 * E, batch_size=512)]
        trainings += [training(n, curve(x, n), batch_size=8 * 2**n) for n, x in enumerate(levels, 1)]
        assert ("batch-too-large" in found(history(*trainings, ranges=self.ranges))) == told

    def test_a_single_training_of_few_steps_shows_it_too(self, history: Make, training: Make) -> None:
        finding = found(history(training(0, 2.3 - 0.05 * E, batch_size=500)))["batch-too-large"]
        assert finding.evidence["steps"] == 2

    @pytest.mark.parametrize(("scaled", "told"), [(1.0, True), (0.001, False)])
    def test_the_smaller_batches_may_have_rates_that_went_down_with_them(
        self, history: Make, training: Make, scaled: float, told: bool
    ) -> None:
        trainings = [training(0, 1.3 - 0.03 * E, batch_size=512, lr=0.8)]
        trainings += [
            training(n, curve(0.2 + 0.1 * n, n), batch_size=size, lr=0.8 * scaled * size / 512)
            for n, size in enumerate((16, 32, 64), 1)
        ]
        assert ("batch-too-large" in found(history(*trainings, ranges=self.ranges))) == told

    @pytest.mark.parametrize(("samples", "told"), [(2400, True), (8000, False)])
    def test_a_large_batch_makes_some_steps_and_still_too_few(
        self, history: Make, training: Make, samples: int, told: bool
    ) -> None:
        task = {"train": [samples, ""], "validation": [400, ""]}
        codes = found(history(training(0, 2.3 - 0.05 * E, batch_size=300), task=task))
        assert ("batch-too-large" in codes) == told

    @pytest.mark.parametrize(("size", "told"), [(8, True), (32, False)])
    def test_a_usual_batch_is_not_too_small_for_being_four_times_as_slow(
        self, history: Make, training: Make, size: int, told: bool
    ) -> None:
        small = training(0, curve(0.2), batch_size=size, seconds=4.0)
        larger = training(1, curve(0.2), batch_size=4 * size, seconds=1.0)
        codes = found(history(small, larger, ranges=self.ranges)).keys()
        assert ("batch-too-small" in codes, "time-wasted" in codes) == (told, told)

    def test_one_with_a_higher_loss_is_not_as_good(self, history: Make, training: Make) -> None:
        small = training(0, curve(0.2), metric=np.full(10, 0.9), batch_size=8, seconds=8.0)
        worse = training(1, curve(0.5), metric=np.full(10, 0.9), batch_size=64, seconds=1.0)
        codes = found(history(small, worse, ranges=self.ranges))
        assert not {"batch-too-small", "time-wasted"} & codes.keys()

    def test_a_larger_batch_as_good_in_a_fraction_of_the_time_makes_it_too_small(
        self, history: Make, training: Make
    ) -> None:
        small = training(0, curve(0.2), batch_size=8, seconds=8.0)
        others = [training(n, curve(0.2, n), batch_size=64 * n, seconds=1.0 / n) for n in (1, 2)]
        finding = found(history(small, *others, ranges=self.ranges))["batch-too-small"]
        assert finding.evidence["times"] >= 8
        slow = [training(n, curve(0.2, n), batch_size=64 * n, seconds=7.0) for n in (1, 2)]
        assert "batch-too-small" not in found(history(small, *slow, ranges=self.ranges))


class TestNoise:
    def scores(self, training: Make, centres: list[float], spread: float) -> list[Any]:
        rng = np.random.default_rng(3)
        rows = [(lr, s) for lr in range(len(centres)) for s in range(4)]
        return [
            training(n, curve(0.3), metric=np.full(10, centres[k] + spread * rng.normal()), lr=0.1 * (k + 1), seed=s)
            for n, (k, s) in enumerate(rows)
        ]

    def test_settings_that_differ_less_than_seeds_are_noise(self, history: Make, training: Make) -> None:
        scores = self.scores(training, [0.9, 0.9, 0.9, 0.9], 0.02)
        finding = found(history(*scores))["seed-noise"]
        assert finding.evidence["spread"] == pytest.approx(0.02, rel=0.5)
        values = np.array([t.curve.points[0].metric for t in scores]).reshape(4, 4)
        assert finding.evidence["p"] == pytest.approx(f_oneway(*values).pvalue)

    def test_settings_that_differ_more_are_not(self, history: Make, training: Make) -> None:
        assert "seed-noise" not in found(history(*self.scores(training, [0.5, 0.7, 0.8, 0.9], 0.01)))

    def test_a_few_trainings_for_several_ranges_are_a_small_budget(self, history: Make, training: Make) -> None:
        ranges = {"lr": log_uniform(1e-3, 1), "momentum": uniform(0, 0.9), "weight_decay": log_uniform(1e-6, 1e-3)}
        trainings = [training(n, curve(0.3 + 0.05 * n), lr=0.1 / (n + 1)) for n in range(4)]
        assert found(history(*trainings, ranges=ranges))["small-budget"].evidence["needed"] == 10

    def test_trainings_that_hardly_miss_what_is_good_are_not(self, history: Make, training: Make) -> None:
        names = [f"r{k}" for k in range(10)]
        for count, said in ((10, True), (12, False)):  # 0.75 to these powers: 0.056 and 0.032
            trainings = [
                training(n, curve(0.3 + 0.01 * n), **{name: (n * 7 + k) % 11 / 11 for k, name in enumerate(names)})
                for n in range(count)
            ]
            findings = found(history(*trainings, ranges={name: uniform(0, 1) for name in names}))
            assert ("small-budget" in findings) == said

    def test_all_settings_of_a_small_space_are_not_too_few(self, history: Make, training: Make) -> None:
        ranges = {"batch_size": choice(16, 32), "units": integer(4, 5), "optimizer": choice("SGD", "Adam")}
        settings = list(product((16, 32), (4, 5), ("SGD", "Adam")))
        trainings = [
            training(n, curve(0.3 + 0.05 * n), batch_size=size, units=units, optimizer=optimizer)
            for n, (size, units, optimizer) in enumerate(settings)
        ]
        assert "small-budget" not in found(history(*trainings, ranges=ranges))
        assert "small-budget" in found(history(*trainings[:6], ranges=ranges))

    def test_so_are_trainings_of_an_epoch_each(self, history: Make, training: Make) -> None:
        trainings = [training(n, [2.0], lr=0.1 / (n + 1), epochs=20) for n in range(8)]
        assert "too short" in found(history(*trainings, ranges={"lr": log_uniform(1e-3, 1)}))["small-budget"].sentence


class TestWaste:
    def test_epochs_after_the_best_are_wasted_time(self, history: Make, training: Make) -> None:
        long = 0.1 + 2.2 * np.exp(-np.arange(1, 61) / 1.5)
        assert found(history(training(0, long)))["time-wasted"].evidence["share"] > 0.67

    def test_so_is_a_slow_model_no_better_than_a_quick_one(self, history: Make, training: Make) -> None:
        trainings = [
            training(0, curve(0.2), units=512, seconds=9.0),
            training(1, curve(0.2, 1), units=256, seconds=1.0),
        ]
        codes = found(history(*trainings, ranges={"units": integer(16, 1024)}))
        assert codes["time-wasted"].evidence["times"] == pytest.approx(9)

    def test_running_out_of_memory_is_told_with_the_smallest_batch(self, history: Make, training: Make) -> None:
        full = [training(n, status=Status.OUT_OF_MEMORY, batch_size=2**n * 64) for n in (1, 2)]
        finding = found(history(training(0, curve(0.2)), *full))["memory-wasted"]
        assert (finding.evidence["count"], finding.evidence["batch_size"]) == (2, 128)

    def test_a_far_larger_model_that_is_no_better_wastes_memory(self, history: Make, training: Make) -> None:
        trainings = [training(0, curve(0.2), units=1024), training(1, curve(0.2, 1), units=32)]
        finding = found(history(*trainings, ranges={"units": integer(16, 1024)}))["memory-wasted"]
        assert (finding.evidence["value"], finding.evidence["to"]) == (1024, 32)


class TestOdd:
    def test_an_empty_study_says_so(self, history: Make) -> None:
        assert set(found(history())) == {"nothing-finished"}

    def test_where_nothing_was_evaluated_the_last_failure_is_told(self, history: Make, training: Make) -> None:
        under_way = replace(training(1), slices=(), outcome=None, over=False)
        failed = training(0, status=Status.FAILED, message="KeyError: 'x'")
        codes = found(history(failed, under_way))
        assert set(codes) == {"nothing-finished"}
        assert "1 of 2 trainings failed" in codes["nothing-finished"].sentence
        assert "KeyError: 'x'" in codes["nothing-finished"].sentence
        assert set(found(history(training(0, status=Status.PAUSED), under_way))) == {"nothing-finished"}

    @pytest.mark.parametrize(
        ("loss", "train", "told"),
        [
            ("CrossEntropyLoss()", 0.0, True),
            ("CrossEntropyLoss()", 0.0005, True),  # class 1 of two: the other counts as half a label
            ("CrossEntropyLoss()", 0.009, False),  # one label of a thousand is another
            ("BCEWithLogitsLoss()", 1.1e-6, True),
            ("MSELoss()", 1e-7, False),
        ],
    )
    def test_targets_that_are_all_the_same_are_told_and_nothing_else(
        self, history: Make, training: Make, loss: str, train: float, told: bool
    ) -> None:
        task = {"train": [1000, ""], "validation": [400, ""], "loss": loss}
        trainings = [training(n, 0.7 * np.exp(-E / 2), lr=lr) for n, lr in enumerate((0.01, 0.1, 0.3))]
        codes = found(history(*trainings, task=task, chance=Chance(train, 1.0, train)))
        assert ("same-targets" in codes) == told
        assert not told or set(codes) == {"same-targets"}

    def test_first_losses_of_zero_are_no_level_to_divide_by(self, history: Make, training: Make) -> None:
        assert found(replace(history(training(0, np.zeros(10)), training(1, np.zeros(10), lr=0.3)), chance=None)) != {}

    def test_a_study_whose_trainings_all_diverged_says_so(self, history: Make, training: Make) -> None:
        trainings = [training(n, status=Status.DIVERGED, message="the training loss is nan", lr=1.0) for n in range(3)]
        assert "all 3 trainings diverged" in found(history(*trainings))["all-diverged"].sentence.lower()

    def test_one_that_failed_quotes_why(self, history: Make, training: Make) -> None:
        failed = training(0, status=Status.FAILED, message="KeyError: 'x'")
        assert "KeyError: 'x'" in found(history(failed))["all-diverged"].sentence

    def test_a_metric_that_is_not_a_number_is_told_and_harms_no_rule(self, history: Make, training: Make) -> None:
        broken = training(0, curve(0.3), metric=np.where(E == 3, np.nan, 0.9))
        codes = found(history(broken, training(1, curve(0.3), metric=np.full(10, np.nan))))
        assert codes["not-a-number"].evidence["count"] == 2

    def test_a_part_that_failed_is_told_with_what_it_has_in_common(self, history: Make, training: Make) -> None:
        def study(
            *units: int, worked: tuple[int, ...] = (16, 32), ranges: object = integer(16, 1024)
        ) -> dict[str, Any]:
            good = [training(n, curve(0.3, n), units=u) for n, u in enumerate(worked)]
            bad = [
                training(len(good) + n, status=Status.FAILED, message="MemoryError: no", units=u)
                for n, u in enumerate(units)
            ]
            return found(history(*good, *bad, ranges={"units": ranges}))

        told = study(128, 512, 256)["failures"]
        assert "3 of 5 trainings failed, all of them and no others with units >= 128" in told.sentence
        assert "MemoryError: no" in told.sentence
        assert "units <= 64" in study(64, 32, worked=(128, 256))["failures"].sentence
        apart = study(8, 512)["failures"]
        assert apart.sentence.startswith("2 of 4 trainings failed; the last one said")
        assert (
            "units = gelu"
            in study("gelu", "gelu", worked=("relu",), ranges=choice("gelu", "relu"))["failures"].sentence
        )
        assert "failures" not in study(512)
        assert "failures" not in study(512, 256, worked=tuple(range(16, 60)))

    def test_trainings_that_failed_searched_nothing(self, history: Make, training: Make) -> None:
        lost = [training(n, status=Status.FAILED, message="no", lr=0.1) for n in range(1, 8)]
        finding = found(history(training(0, curve(0.3)), *lost, ranges={"lr": log_uniform(1e-4, 1)}))["small-budget"]
        assert finding.evidence["trainings"] == 1
