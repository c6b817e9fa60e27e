"""Faults that look alike are told apart."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from luthier import choice, integer, log_uniform
from luthier.records import Finding, Status
from luthier.report.explain import explain
from luthier.task import Chance

Make = Callable[..., Any]
E20 = np.arange(1, 21)
WORDS = "the training loss is 2.78e+03, more than 1000 times the first ones, {first}"


def found(history: Any) -> dict[str, Finding]:
    return {finding.code: finding for finding in explain(history)}


class TestStarts:
    @pytest.mark.parametrize(("first", "code"), [(2.5, "lr-too-high"), (1e4, "exploding-start")])
    def test_an_overflow_is_of_the_rate_where_the_first_loss_was_ordinary(
        self, history: Make, training: Make, first: float, code: str
    ) -> None:
        blown = training(0, [], status=Status.DIVERGED, message=WORDS.format(first=first), lr=0.6, epochs=10)
        codes = found(history(blown, training(1, [2.0, 1.5, 1.2], lr=0.6, epochs=3)))
        assert code in codes
        assert first > 100 or "exploding-start" not in codes

    @pytest.mark.parametrize(("lr", "told"), [(0.05, False), (1e-4, True)])
    def test_a_bold_rate_makes_a_high_first_epoch(self, history: Make, training: Make, lr: float, told: bool) -> None:
        losses = np.r_[25.0, np.linspace(0.9, 0.5, 11)]
        codes = found(history(training(0, losses, val=np.r_[2.0, losses[1:]], optimizer="RMSprop", lr=lr)))
        assert ("exploding-start" in codes) == told

    @pytest.mark.parametrize(("size", "told"), [(3e4, True), (1.0, False)])
    def test_targets_far_from_unit_size(self, history: Make, training: Make, size: float, told: bool) -> None:
        losses = size * np.r_[2.0, 0.6 * 0.8 ** np.arange(11)]
        made = history(
            training(0, losses, metric=losses, lr=1e-3, optimizer="Adam"),
            metric="loss",
            direction="minimize",
            chance=Chance(size, size, size),
        )
        codes = found(made)
        assert ("exploding-start" in codes) == told
        if told:
            assert "far from unit size" in codes["exploding-start"].sentence
            assert "单位" in explain(made, lang="zh")[0].sentence

    def test_where_the_best_is_dead_no_rate_is_too_low(self, history: Make, training: Make) -> None:
        slow = training(0, 2.32 - 0.0008 * E20, lr=0.05)
        dead = training(1, 2.3001 + 0.0001 * (-1.0) ** E20, lr=0.2, metric=np.full(20, 0.3))
        codes = found(history(slow, dead))
        assert "dead-start" in codes
        assert "lr-too-low" not in codes


class TestRates:
    @pytest.mark.parametrize(("lr", "code"), [(3e-3, "still-improving"), (1e-4, "lr-too-low")])
    def test_few_epochs_at_a_usual_rate_are_few_epochs(
        self, history: Make, training: Make, lr: float, code: str
    ) -> None:
        losses = np.linspace(2.2, 1.2, 8)
        codes = found(history(training(0, losses, optimizer="Adam", lr=lr, val=losses * 1.01)))
        assert {"still-improving", "lr-too-low"} & set(codes) == {code}

    def test_an_even_crawl_near_chance_is_slow_at_any_rate(self, history: Make, training: Make) -> None:
        losses = np.linspace(2.29, 1.95, 12)
        codes = found(history(training(0, losses, optimizer="Adam", lr=3e-3, val=losses * 1.01)))
        assert {"still-improving", "lr-too-low"} & set(codes) == {"lr-too-low"}

    @pytest.mark.parametrize(("after", "told"), [(1.5, True), (0.95, False)])
    def test_a_training_loss_that_rose_for_good_had_too_high_a_rate(
        self, history: Make, training: Make, after: float, told: bool
    ) -> None:
        losses = np.r_[np.linspace(2.2, 1.0, 10), [1.5, 1.5], np.full(8, after)]
        codes = found(history(training(0, losses, lr=0.3)))
        assert ("lr-too-high" in codes) == told

    @pytest.mark.parametrize(("lr", "trees", "told"), [(0.1, 0.5, True), (0.1, 2.2, False), (1e-3, 0.5, False)])
    def test_a_bold_rate_flings_a_start_far_off(
        self, history: Make, training: Make, lr: float, trees: float, told: bool
    ) -> None:
        losses = np.r_[80.0, np.linspace(2.2, 1.9, 14)]
        made = training(0, losses, val=np.r_[2.3, losses[1:]], optimizer="RMSprop", lr=lr)
        assert ("lr-too-high" in found(history(made, reference=trees))) == told

    def test_a_training_that_was_cut_off_has_its_fall_ahead(self, history: Make, training: Make) -> None:
        cut = training(0, 2.3 - 0.06 * E20, lr=0.01, epochs=60, status=Status.PAUSED)
        assert "lr-too-low" not in found(history(cut))

    def test_a_steady_fall_above_chance_is_no_bouncing(self, history: Make, training: Make) -> None:
        falling = training(0, 400.0 * np.arange(1, 16.0) ** -1.5, lr=0.05, optimizer="Adam")
        assert "lr-too-high" not in found(history(falling))

    def test_the_curve_of_a_winner_at_the_edge_says_where_to_go(self, history: Make, training: Make) -> None:
        lrs = np.geomspace(1e-4, 1e-2, 8)
        trainings = [
            training(n, 2.31 - 0.4 * lr * E20, metric=np.full(20, 0.15 + lr), lr=float(lr)) for n, lr in enumerate(lrs)
        ]
        codes = found(history(*trainings, ranges={"lr": log_uniform(1e-4, 1e-2)}))
        assert "lr-too-low" in codes
        assert codes["range-edge"].evidence["name"] == "lr"

    def test_losses_tell_an_edge_that_few_samples_hide(self, history: Make, training: Make) -> None:
        lrs = np.geomspace(1e-4, 1e-2, 10)
        ends = np.linspace(2.0, 1.0, 10)
        trainings = []
        for n, (lr, end) in enumerate(zip(lrs, ends, strict=True)):
            losses = end + (2.3 - end) * np.exp(-E20 / 2)
            trainings.append(training(n, losses, metric=np.full(20, 0.5 + 0.005 * n), lr=float(lr)))
        codes = found(history(*trainings, ranges={"lr": log_uniform(1e-4, 1e-2)}))
        assert "range-edge" in codes


class TestData:
    def shuffled(self, training: Make, **more: Any) -> Any:
        falling = np.r_[2.31, 2.3, 2.3 - 0.06 * np.arange(1, 19)]
        given = {"metric": 0.1 + 0.01 * (-1.0) ** E20, "optimizer": "Adam", "lr": 1e-3, **more}
        return training(0, falling, val=2.3 + 0.02 * E20, **given)

    @pytest.mark.parametrize(
        ("more", "told"),
        [
            ({"parameters": 20_000}, True),
            ({"parameters": 100}, False),  # no room to learn 1000 labels by heart
            ({"parameters": 20_000, "reference": 1.2}, False),  # trees learn from them
        ],
    )
    def test_labels_are_learned_by_heart_only_with_room_for_it(
        self, history: Make, training: Make, more: dict[str, Any], told: bool
    ) -> None:
        codes = found(history(self.shuffled(training), targets=1000, **more))
        assert ("shuffled-labels" in codes) == told

    def test_one_answer_to_all_is_of_inputs_of_another_kind(self, history: Make, training: Make) -> None:
        falling = np.r_[2.31, 2.2, 1.5 * 0.8 ** np.arange(18)]
        made = training(0, falling, val=2.3 * np.arange(1, 21), metric=np.full(20, 0.1), optimizer="Adam", lr=1e-3)
        codes = found(history(made, targets=1000, parameters=20_000))
        assert "data-mismatch" in codes
        assert "shuffled-labels" not in codes

    @pytest.mark.parametrize(("samples", "told"), [(2000, True), (60, False)])
    def test_a_share_that_transfers_has_an_error(self, history: Make, training: Make, samples: int, told: bool) -> None:
        falling = 2.3 * np.r_[0.95, 0.8, 0.65, 0.55 * 0.9 ** np.arange(17)]
        val = 2.3 * np.r_[0.97, 0.94, 0.92, np.linspace(0.92, 0.95, 17)]
        made = history(training(0, falling, val=val), task={"train": [1000, ""], "validation": [samples, ""]})
        assert ("data-mismatch" in found(made)) == told


class TestSizes:
    @pytest.mark.parametrize(("other", "told"), [(None, True), (0.4, False)])
    def test_a_large_batch_is_not_blamed_where_one_as_large_does_better(
        self, history: Make, training: Make, other: float | None, told: bool
    ) -> None:
        slow = training(0, 2.3 - 0.05 * E20, batch_size=500, lr=0.01)
        better = [] if other is None else [training(1, other + 1.9 * np.exp(-E20 / 2), batch_size=500, lr=0.5)]
        assert ("batch-too-large" in found(history(slow, *better))) == told

    @pytest.mark.parametrize(("reference", "told"), [(0.9, True), (1.9, False)])
    def test_trees_that_learn_far_more_prove_a_model_too_small(
        self, history: Make, training: Make, reference: float, told: bool
    ) -> None:
        level = 1.95 + 0.35 * np.exp(-np.arange(1, 31) / 2)
        made = training(0, level, units=2)
        codes = found(history(made, reference=reference, parameters=60, targets=1000, ranges={"units": integer(1, 4)}))
        assert ("underfitting" in codes) == told


@pytest.mark.parametrize(
    ("seconds", "who"),
    [(0.5, "The recommended setting (training 1)"), (2.0, "Your own setting, which also won, (training 0)")],
)
def test_what_is_recommended_in_place_of_the_winner_is_not_called_the_winner(
    history: Make, training: Make, seconds: float, who: str
) -> None:
    rises = np.r_[np.linspace(2.0, 0.5, 8), np.linspace(0.55, 1.2, 12)]
    settings = [(0, 0.01, 1.0, 0.94), (1, 0.02, seconds, 0.935)]
    made = [
        training(
            n + 2 * k,
            2.2 * 0.8**E20,
            rises,
            np.full(20, score + 0.01 * (k == 1)),
            lr=lr,
            seconds=time,
            seed=k,
            confirms=n if k else None,
        )
        for k in range(3)
        for n, lr, time, score in settings
    ]
    sentences = [f.sentence for f in explain(history(*made)) if f.code == "overfitting"]
    assert sentences[0].startswith(who)


class TestSecondLooks:
    """Cases that the first rules took for others, or missed."""

    @pytest.mark.parametrize(("end", "told"), [(0.6, False), (0.719, True)])
    def test_a_decay_that_still_lowers_the_loss_is_not_stopped_early(
        self, history: Make, training: Make, end: float, told: bool
    ) -> None:
        val = np.r_[1.0, 0.83, 0.77, 0.75, 0.735, 0.72, np.linspace(0.72, end, 14)] + 0.025 * (-1.0) ** E20
        metric = np.r_[0.5, 0.64, 0.69, 0.7, 0.725, 0.735, np.full(14, 0.74)]
        codes = found(history(training(0, val * 0.98, val=val, metric=metric, lr=0.1, schedule="cosine")))
        assert ("early-stop" in codes) == told

    def test_a_likelihood_below_zero_can_be_stopped_early(self, history: Make, training: Make) -> None:
        val = -0.67 + 0.23 * np.exp(-np.arange(50) / 1.5)
        made = history(training(0, val - 0.1, val=val, metric=val, lr=0.02), metric="loss", direction="minimize")
        assert "early-stop" in found(made)

    @pytest.mark.parametrize(("harm", "both"), [(0.0, True), (1.0, False)])
    def test_overfitting_is_told_too_where_labels_may_carry_something(
        self, history: Make, training: Make, harm: float, both: bool
    ) -> None:
        """Labels at random raise the validation loss by what is learned of them from the first epochs on."""
        learned = np.r_[0.0, 0.04, 0.06, 0.09, 0.15, np.linspace(0.2, 0.9, 15)]
        lost = (
            np.r_[-0.01, -0.01, -0.01, -0.01, 0.0, np.linspace(0.3, 3.0, 15)] + harm * np.r_[learned[:5], np.zeros(15)]
        )
        val, metric = 2.3 * (1 + lost), np.full(20, 0.1) + 0.01 * (-1.0) ** E20
        made = history(
            training(0, 2.3 * (1 - learned), val=val, metric=metric, lr=0.01), parameters=20_000, targets=1000
        )
        codes = found(made)
        assert "shuffled-labels" in codes
        assert ("overfitting" in codes) == both

    @pytest.mark.parametrize(("again", "told"), [(2.2, True), (0.9, False)])
    def test_a_spike_on_another_seed_counts(self, history: Make, training: Make, again: float, told: bool) -> None:
        even = np.r_[2.0, 1.5, np.full(18, 0.8) + 0.01 * (-1.0) ** np.arange(18)]
        spiked = even.copy()
        spiked[9] = again
        seeds = [
            training(n, losses, lr=0.3, seed=n, confirms=0 if n else None) for n, losses in enumerate((even, spiked))
        ]
        assert ("lr-too-high" in found(history(*seeds))) == told

    def test_a_huge_loss_is_no_mismatch(self, history: Make, training: Make) -> None:
        losses = 4e5 * np.linspace(2.0, 1.0, 15)
        made = history(
            training(0, losses, val=losses * 0.6, metric=losses * 0.6, lr=0.03, optimizer="Adam"),
            metric="loss",
            direction="minimize",
            chance=Chance(1.0, 1.0, 1.0),
        )
        assert "data-mismatch" not in found(made)

    def test_the_edge_shows_where_all_else_is_worse_than_chance(self, history: Make, training: Make) -> None:
        rates = [0.16, 0.4, 0.45, 0.5, 0.55, 0.7, 0.8, 1.4]
        finals = [1.7, 2.6, 2.7, 3.0, 3.3, 3.8, 7.0, 16.0]
        made = history(
            *(
                training(n, np.full(12, loss) + 0.3 * (-1.0) ** np.arange(12), metric=np.full(12, loss), lr=lr)
                for n, (lr, loss) in enumerate(zip(rates, finals, strict=True))
            ),
            ranges={"lr": log_uniform(0.15, 1.5)},
            metric="loss",
            direction="minimize",
            chance=Chance(2.3, 2.3, 2.3),
        )
        codes = found(made)
        assert "lr-too-high" in codes
        assert "range-edge" in codes

    @pytest.mark.parametrize(("power", "told"), [(0.3, True), (0.0, False)])
    def test_a_small_loss_that_falls_evenly_towards_the_end_of_a_range(
        self, history: Make, training: Make, power: float, told: bool
    ) -> None:
        decays = [0.035, 0.06, 0.08, 0.1, 0.15, 0.18, 0.28, 0.4, 0.5, 0.9]
        rng = np.random.default_rng(0)
        losses = [0.4 * decay**power * (1 + 0.01 * rng.normal()) for decay in decays]
        made = history(
            *(
                training(n, np.r_[2.0, 1.0, np.full(10, loss)], metric=np.full(12, loss), weight_decay=decay)
                for n, (decay, loss) in enumerate(zip(decays, losses, strict=True))
            ),
            ranges={"weight_decay": log_uniform(0.03, 1.0)},
            metric="loss",
            direction="minimize",
            task={"train": [1000, ""], "validation": [400, ""], "loss": "MSELoss()"},
        )
        assert ("range-edge" in found(made)) == told

    @pytest.mark.filterwarnings("error")
    def test_a_few_values_tried_again_and_again_make_no_curve(self, history: Make, training: Make) -> None:
        units = [8, 8, 8, 16, 16, 16, 16, 32, 32, 32]
        made = history(
            *(
                training(n, np.r_[2.0, np.full(9, 4 / width)], metric=np.full(10, 4 / width), units=width)
                for n, width in enumerate(units)
            ),
            ranges={"units": integer(8, 32)},
            metric="loss",
            direction="minimize",
            task={"train": [1000, ""], "validation": [400, ""], "loss": "MSELoss()"},
        )
        assert "range-edge" in found(made)

    @pytest.mark.parametrize(("parameters", "told"), [(60, True), (400, False)])
    def test_trees_that_cannot_see_do_not_excuse_a_tiny_model(
        self, history: Make, training: Make, parameters: int, told: bool
    ) -> None:
        losses = 0.95 + 0.43 * np.exp(-np.arange(30) / 1.5)
        made = history(
            training(0, losses, lr=0.02, optimizer="Adam"),
            chance=Chance(1.4, 0.25, 1.4),
            reference=1.3,
            parameters=parameters,
            targets=1000,
        )
        assert ("underfitting" in found(made)) == told

    @pytest.mark.parametrize(("last", "told"), [(0.84, True), (0.7, False)])
    def test_the_last_of_few_values_may_be_no_better_by_luck(
        self, history: Make, training: Make, last: float, told: bool
    ) -> None:
        finals = {1: 0.4, 2: 0.5, 3: 0.6, 4: 0.68, 5: 0.83, 6: last}
        made = history(
            *(
                training(n, np.linspace(2.2, 0.5, 12), metric=np.full(12, score), units=units)
                for n, (units, score) in enumerate(finals.items())
            ),
            ranges={"units": integer(1, 6)},
        )
        assert ("range-edge" in found(made)) == told

    @pytest.mark.parametrize(
        ("losses", "told"), [([63, 48, 46, 35.5, 35.1], True), ([63, 40, 35.3, 35.2, 35.1], False)]
    )
    def test_five_losses_in_order_that_do_not_level_off(
        self, history: Make, training: Make, losses: list[float], told: bool
    ) -> None:
        made = history(
            *(
                training(n, np.linspace(90, loss, 12), metric=np.full(12, loss), code=n + 1)
                for n, loss in enumerate(losses)
            ),
            ranges={"code": integer(1, 5)},
            metric="loss",
            direction="minimize",
            chance=Chance(100.0, 100.0, 100.0),
            task={"train": [1000, ""], "validation": [250, ""], "loss": "MSELoss()"},
        )
        assert ("range-edge" in found(made)) == told

    @pytest.mark.parametrize(("schedule", "told"), [("step", True), ("linear", False)])
    def test_epochs_after_the_rate_is_nothing_are_waste(
        self, history: Make, training: Make, schedule: str, told: bool
    ) -> None:
        losses = 0.45 + np.exp(-np.arange(60) / 3.5)
        runs = [
            training(n, losses, lr=0.1, schedule=schedule, step_size=0.1, seed=n, confirms=0 if n else None)
            for n in range(3)
        ]
        assert (
            "time-wasted"
            in found(history(*runs, training(3, losses, lr=0.1, schedule=schedule, step_size=0.1, units=9)))
        ) == told

    @pytest.mark.parametrize(("size", "told"), [(1000, True), (100, False)])
    def test_a_step_an_epoch_is_too_few_while_the_loss_falls(
        self, history: Make, training: Make, size: int, told: bool
    ) -> None:
        losses = 0.15 + 0.9 * np.exp(-E20 / 7)
        codes = found(
            history(training(0, losses, lr=0.04, optimizer="Adam", batch_size=size, metric=np.linspace(0.3, 0.9, 20)))
        )
        assert ("batch-too-large" in codes) == told

    @pytest.mark.parametrize(("shift", "told"), [(3.0, True), (0.0, False)])
    def test_the_best_rate_of_each_optimizer(self, history: Make, training: Make, shift: float, told: bool) -> None:
        made = []
        for n, lr in enumerate(np.geomspace(1e-3, 3, 24)):
            optimizer = ("SGD", "Adam")[n % 2]
            place = np.log(lr / 0.05) + (shift / 2 if optimizer == "Adam" else -shift / 2)
            loss = 0.2 + min(2.0, 0.3 * place**2) + 0.05 * (optimizer == "SGD")
            made.append(
                training(n, np.r_[2.2, np.full(9, loss)], metric=np.full(10, loss), lr=float(lr), optimizer=optimizer)
            )
        study = history(
            *made,
            ranges={"lr": log_uniform(1e-3, 3), "optimizer": choice("SGD", "Adam")},
            metric="loss",
            direction="minimize",
        )
        codes = found(study)
        assert ("joint" in codes) == told
        if told:
            assert "high goes with" not in codes["joint"].sentence
            assert any("optimizer" in f.sentence and "要一起调" in f.sentence for f in explain(study, lang="zh"))
