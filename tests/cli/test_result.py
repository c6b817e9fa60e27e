import io
import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cli.conftest import trained
from rich.console import Console, RenderableType

from luthier import Budget, TrainResult
from luthier.cli.documents import plain, train_document, tune_document
from luthier.cli.result import go_on, report, training_report
from luthier.events import BudgetState
from luthier.hyperparameters import complete
from luthier.records import Config, Curve, Forecast, Outcome, Point, Prospect, Status
from luthier.report.history import Trained
from luthier.report.recommend import Candidate, Interval, Recommendation

Make = Callable[..., Any]
COMMAND = ["tune", "my file.py:task", "--budget", "60s", "--set", "lr=0.1"]


def text(renderable: RenderableType, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(renderable)
    return console.file.getvalue()  # type: ignore[attr-defined]


def row(shown: str, title: str) -> list[str]:
    """The cells of a table's row, by its first words."""
    line = next(line for line in shown.splitlines() if line.startswith(title + "  "))
    return line.removeprefix(title).split()


class TestReport:
    def test_the_winner_stands_beside_the_users_own_setting(self, result: Make) -> None:
        shown = text(report(result(), COMMAND))
        assert "accuracy 0.9722 is the best after 12 trainings, 184 epochs in 1 min" in shown
        assert "That is 0.0139 better than the baseline (accuracy 0.9583)." in shown
        assert "0.970 ± 0.003" in shown
        assert row(shown, "lr") == ["0.0313", "0.01"]
        assert row(shown, "units") == ["128", "64"]
        assert row(shown, "accuracy") == ["0.9722", "0.9583"]
        assert row(shown, "at epoch") == ["8", "8"]
        assert row(shown, "time") == ["2.0", "s", "2.0", "s"]
        assert "weight decay" not in shown, "a row that nobody set"

    def test_failures_and_repetitions_are_counted_apart(self, result: Make) -> None:
        shown = text(report(result(failed=2, repeated=6), COMMAND), width=120)
        assert "is the best after 12 trainings (2 failed, 6 on fresh seeds), 184 epochs" in shown
        assert "12 trainings (6 on fresh seeds), 184" in text(report(result(repeated=6), COMMAND), width=120)

    def test_what_going_on_is_expected_to_bring(self, result: Make) -> None:
        gain = Forecast(0.0021, 0.0, 0.0083)
        again = text(report(result(prospect=Prospect("seconds", 60.0, False, gain)), COMMAND), width=300)
        would = "improve accuracy by 0.0021 (90 % interval 0.0000 to 0.0083)"
        assert f"As much again (1 min) is expected to {would}." in again
        rest = text(report(result(prospect=Prospect("epochs", 12.0, True, gain)), COMMAND), width=300)
        assert f"The rest of the budget (12 epochs) is expected to {would}." in rest

    def test_that_the_search_had_enough(self, result: Make) -> None:
        prospect = Prospect("seconds", 37.0, True, Forecast(0.0021, 0.0, 0.0083), 0.005)
        shown = text(report(result(prospect=prospect), [*COMMAND, "--enough", "0.005"]), width=300)
        assert "Stopped by itself: the rest of the budget (37 s) was expected to improve accuracy by 0.0021" in shown
        assert "(90 % interval 0.0000 to 0.0083), less than 0.005." in shown
        assert "luthier tune 'my file.py:task' --budget 60s --set lr=0.1\n" in re.sub(" +\n", "\n", shown)
        document = tune_document(result(prospect=prospect), "digits")
        assert document["prospect"]["enough"] == 0.005
        assert document["prospect"]["gain"] == {"mean": 0.0021, "low": 0.0, "high": 0.0083}

    @pytest.mark.parametrize(
        ("epochs", "lr", "sentence"),
        [
            (5.0, 0.1, "It deserves 5 of its 8 epochs: later ones brought no more than luck (0.003).\n"),
            (5.0, 0.01, "luck (0.003). Keep epochs, which its schedule goes by, and set patience to stop by itself.\n"),
            (8.0, 0.1, "It deserves all of its 8 epochs.\n"),
            (9.0, 0.1, "It had 8 epochs and is expected to gain more than luck (0.003) until epoch 9.\n"),
        ],
    )
    def test_how_many_epochs_it_deserves(self, result: Make, epochs: float, lr: float, sentence: str) -> None:
        best = trained(7, 0.9722, epochs=8)
        best = replace(best, curve=Curve((*best.curve.points[:-1], replace(best.curve.points[-1], lr=lr))))
        chosen = Trained(7, best.config, 0, {}, None, best.curve, (), None, True)
        prospect = Prospect("seconds", 37.0, True, Forecast(0.0, 0.0, 0.0), None, 7, epochs, 0.003)
        found = Recommendation(chosen, None, (), None, None, False)
        shown = text(report(result(prospect=prospect, recommendation=found), COMMAND), width=300)
        assert sentence in shown
        other = replace(prospect, training=6)
        assert sentence not in text(report(result(prospect=other, recommendation=found), COMMAND), width=300)

    def test_it_says_where_things_lie_and_how_to_go_on(self, result: Make) -> None:
        shown = text(report(result(), COMMAND), width=120)
        assert row(shown, "weights") == ["luthier-studies/digits/best.pt"]
        for command in ("explain", "report", "export"):
            assert f"luthier {command} luthier-studies/digits" in shown
        assert "luthier tune 'my file.py:task' --set lr=0.1 --budget 2m" in shown
        assert "go on" not in text(report(result(exhausted=True), COMMAND), width=120)

    def test_the_curve_is_drawn(self, result: Make) -> None:
        shown = text(report(result(), COMMAND))
        assert "accuracy by epoch" in shown
        assert "┤" in shown
        best = result().best
        short = replace(best, curve=Curve(best.curve.points[:1]))
        assert "┤" not in text(report(result(best=short), COMMAND))

    def test_no_gain_is_told_as_such(self, result: Make) -> None:
        found = result(best=result().baseline)
        assert "Nothing beat the baseline (accuracy 0.9583)." in text(report(found, COMMAND))

    def test_that_nothing_else_was_trained_is_told_as_such(self, result: Make) -> None:
        found = result(best=result().baseline, trainings=4, repeated=3)
        assert "Nothing but the baseline was trained (accuracy 0.9583)." in text(report(found, COMMAND))

    def test_a_setting_of_the_users_that_is_not_at_its_end_is_told_with_its_epochs(self, result: Make) -> None:
        own = result().baseline
        part = replace(own, curve=Curve(own.curve.points[:2]), config=own.config.replace(epochs=40))
        shown = text(report(result(baseline=part), COMMAND))
        assert "better than the baseline (accuracy 0.9583 after 2 of 40 epochs)." in " ".join(shown.split())

    def test_without_a_comparison_there_is_no_gain(self, result: Make) -> None:
        assert "better than the baseline" not in text(report(result(baseline=None), COMMAND))

    @pytest.mark.parametrize(("status", "said"), [(Status.DIVERGED, "diverged"), (Status.FAILED, "failed")])
    def test_a_setting_of_the_users_that_failed_is_told(self, result: Make, status: Status, said: str) -> None:
        found = result(baseline=None, baseline_failed=status)
        shown = text(report(found, COMMAND), width=120)
        assert f"Your own setting {said}, so there is no gain over it to tell." in shown
        assert tune_document(found, "digits")["baseline_failed"] == said

    def test_an_interrupted_search_goes_on_with_the_same_command(self, result: Make) -> None:
        shown = text(report(result(interrupted=True), COMMAND), width=120)
        assert shown.startswith("stopped early: accuracy 0.9722")
        assert "luthier tune 'my file.py:task' --budget 60s --set lr=0.1" in shown

    def test_nothing_found(self, result: Make) -> None:
        shown = text(report(result(best=None, baseline=None, trainings=1, epochs=0), COMMAND))
        assert shown.startswith("nothing to show yet after 1 training, 0 epochs")
        assert "luthier tune" in shown
        assert "export" not in shown

    def test_fresh_seeds_say_what_to_use_and_the_gain_with_its_interval(self, result: Make) -> None:
        def training(best: Any) -> Trained:
            return Trained(best.training, best.config, 0, {}, None, best.curve, (), None, True)

        winner, own, cheap = result().best, result().baseline, trained(3, 0.97, lr=0.02, batch_size=64)
        scores = {7: (0.97, 0.96, 0.98), 3: (0.965, 0.975, 0.97), 0: (0.95, 0.951, 0.952)}
        settings = [
            Candidate(training(b), scores[b.training], 0, 9.0 - b.training, i, tied)
            for i, (b, tied) in enumerate([(winner, True), (cheap, True), (own, False)])
        ]
        gain = Interval(0.019, 0.005, 0.033)
        found = Recommendation(settings[0].training, settings[0], tuple(settings), 0.019, gain, True)
        shown = " ".join(text(report(result(recommendation=found), COMMAND)).split())
        assert "Use it: 0.9700 ± 0.01 on 3 fresh seeds" in shown
        assert "It ties with training 3 (0.9700, 6.0 s) and is among the quickest, 2.0 s." in shown
        assert "fresh seeds: +0.0190 (95 % interval +0.0050 to +0.0330)." in shown
        other = replace(found, training=settings[1].training, confirmed=settings[1])
        shown = text(report(result(recommendation=other), COMMAND))
        assert "Use training 3 in its place" in shown
        assert "best.pt (the winner)" in shown
        assert row(shown, "batch size") == ["32", "64", "64"], "winner, what to use, baseline"
        even = replace(settings[1], scores=(0.97, 0.97, 0.97))
        shown = " ".join(text(report(result(recommendation=replace(other, confirmed=even)), COMMAND)).split())
        assert "0.9700 on each of 3 fresh seeds" in shown

    def test_that_it_is_better_than_others_is_said_of_others_alone(self, result: Make) -> None:
        """How it does beside the baseline is what the gain tells."""
        found = [
            Candidate(Trained(b.training, b.config, 0, {}, None, b.curve, (), None, True), scores, 0, 1.0, i, not i)
            for i, (b, scores) in enumerate(
                [
                    (result().best, (0.97, 0.971, 0.972)),
                    (result().baseline, (0.95, 0.951, 0.952)),
                    (trained(3, 0.96, lr=0.02), (0.94, 0.941, 0.942)),
                ]
            )
        ]

        def shown(*candidates: Candidate) -> str:
            told = Recommendation(candidates[0].training, candidates[0], candidates, 0.02, None, True)
            return " ".join(text(report(result(recommendation=told), COMMAND)).split())

        assert "better than what else was run on them" in shown(*found)
        assert "better than what else" not in shown(*found[:2])

    def test_what_is_wrong_with_scores_is_told_and_not_the_budget(self, result: Make) -> None:
        nothing = {"best": None, "baseline": None, "trainings": 4}
        assert "no accuracy is a number" in text(report(result(**nothing), COMMAND), width=120)
        assert "all of them failed" in text(report(result(**nothing, failed=4), COMMAND), width=120)

    def test_a_failure_is_named_in_place_of_a_larger_budget(self, result: Make) -> None:
        nothing = {"best": None, "baseline": None, "trainings": 2, "failed": 1, "epochs": 0.0}
        shown = text(report(result(**nothing, failure="KeyError: 'x'"), COMMAND), width=200)
        assert "1 failed, the last with KeyError: 'x'" in shown
        assert "larger budget" not in shown
        assert "larger budget" in text(report(result(**{**nothing, "failed": 0}), COMMAND), width=200)

    def test_a_study_in_a_database_is_named_with_it(self, result: Make) -> None:
        shown = text(report(result(), COMMAND, storage="sqlite:///s.db"), width=120)
        assert "luthier explain luthier-studies/digits --storage sqlite:///s.db" in shown

    @pytest.mark.parametrize("width", [60, 80, 160])
    def test_it_fits_the_terminal(self, result: Make, width: int) -> None:
        shown = text(report(result(), COMMAND, width), width)
        assert all(len(line.rstrip()) <= width for line in shown.splitlines())
        assert "…" not in shown


@pytest.mark.parametrize(
    ("command", "budget", "next_command"),
    [
        (["tune", "digits"], ("seconds", 300), ["tune", "digits", "--budget", "10m"]),
        (["tune", "--budget=60s", "digits"], ("seconds", 60), ["tune", "digits", "--budget", "2m"]),
        (["tune", "digits", "--budget", "50epochs"], ("epochs", 50), ["tune", "digits", "--budget", "100epochs"]),
        (["show"], ("trainings", 5), ["show", "--budget", "10trainings"]),
    ],
)
def test_the_next_command_doubles_the_budget(
    result: Make, command: list[str], budget: tuple[Any, float], next_command: list[str]
) -> None:
    found = result(asked=Budget(*budget), budget=BudgetState(budget[0], budget[1], budget[1], 9.0))
    assert go_on(found, command) == next_command


def test_one_training() -> None:
    point = Point(3.0, 0.1, 0.2, 0.9, 0.1, 64, 1.0)
    curve = Curve(tuple(replace(point, epoch=float(e), metric=e / 10) for e in range(1, 5)))
    training = TrainResult(Config(lr=0.1, epochs=4), curve, Outcome(Status.DONE), point, None, "accuracy", "maximize")
    shown = text(training_report(training, point))
    assert shown.startswith("accuracy 0.9000 at epoch 3 of 4\nlr 0.1, epochs 4\n")
    assert "weights" not in shown


class TestTraining:
    @staticmethod
    def shown(outcome: Outcome, losses: list[float], **values: Any) -> str:
        curve = Curve(tuple(Point(e, 0.1, loss, e / 10, 0.1, 64, 1.0) for e, loss in enumerate(losses, 1)))
        config = complete({"epochs": 60, **values})
        return text(training_report(TrainResult(config, curve, outcome, *_rest(curve)), curve.points[-1]), 200)

    def test_that_it_stopped_early_and_why(self) -> None:
        outcome = Outcome(Status.STOPPED, "the validation loss has not fallen since epoch 2")
        shown = self.shown(outcome, [0.3, 0.1, 0.2, 0.25])
        assert shown.startswith("accuracy 0.4000 at epoch 4 of 60\n")
        assert "Stopped early after epoch 4 of 60: the validation loss has not fallen since epoch 2.\n" in shown
        lowest = "the validation loss was lowest at epoch 2 (0.1000, at epoch 4 0.2500).\n"
        assert f"Epoch 4 has the best accuracy, which decides; {lowest}" in shown

    def test_that_it_was_interrupted(self) -> None:
        assert "Interrupted after epoch 2 of 60.\n" in self.shown(Outcome(Status.PAUSED, "paused"), [0.3, 0.2])

    def test_nothing_is_told_of_one_that_ended_at_its_best(self) -> None:
        shown = self.shown(Outcome(Status.DONE), [0.3, 0.2, 0.2], epochs=3)
        assert "validation loss" not in shown
        assert "epoch 3 of 3\n" in shown
        assert "after epoch" not in shown

    def test_what_has_no_effect_is_not_shown(self) -> None:
        shown = self.shown(Outcome(Status.DONE), [0.3], gamma=0.9, batch_size_end=128, momentum=0.5)
        assert "momentum 0.5" in shown
        assert "gamma" not in shown
        assert "batch size end" not in shown


def _rest(curve: Curve) -> tuple[Any, ...]:
    return curve.points[-1], None, "accuracy", "maximize"


class TestDocuments:
    def test_a_search(self, result: Make) -> None:
        document = json.loads(json.dumps(tune_document(result(), "digits"), allow_nan=False))
        assert document["format"] == 1
        assert document["best"]["config"]["units"] == 128
        assert document["best"]["point"]["metric"] == 0.9722
        assert document["best"]["curve"]["epoch"] == list(range(1, 9))
        assert document["baseline"]["training"] == 0
        assert (document["trainings"], document["budget"]["unit"]) == (12, "seconds")
        assert document["gain"] == pytest.approx(0.0139)

    def test_a_search_that_found_nothing(self, result: Make) -> None:
        document = tune_document(result(best=None, baseline=None), "digits")
        assert (document["best"], document["baseline"], document["gain"]) == (None, None, None)

    def test_a_training_that_diverged(self) -> None:
        nan = Point(1.0, math.nan, math.inf, math.nan, 10.0, 64, 1.0)
        outcome = Outcome(Status.DIVERGED, "the loss is nan")
        result = TrainResult(Config(lr=10.0), Curve((nan,)), outcome, None, None, "accuracy", "maximize")
        document = train_document(result, "digits")
        read = json.loads(json.dumps(document, allow_nan=False))
        assert read["outcome"] == {"status": "diverged", "message": "the loss is nan"}
        assert read["curve"]["val_loss"] == [None]
        assert read["best"] is None

    def test_json_has_no_nan(self) -> None:
        assert plain({"a": [math.nan, 1.0, -math.inf], "b": "nan"}) == {"a": [None, 1.0, None], "b": "nan"}
