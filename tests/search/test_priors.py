import numpy as np
import pytest

from luthier.errors import UsageError
from luthier.records import Belief, Config, EpochCost, Outcome, Point, Slice, SliceResult, Status
from luthier.search import FreezeThaw, beliefs_around, expected, expected_choice, expected_spread
from luthier.search._axes import Axes
from luthier.search._portfolio import PORTFOLIO
from luthier.search._priors import Knowledge
from luthier.space import Space, choice, integer, log_uniform, uniform

SPACE = Space(
    lr=log_uniform(1e-4, 10), batch_size=integer(16, 256, log=True), optimizer=choice("SGD", "Adam"), epochs=9
)


def configs(space: Space, count: int, *beliefs: Belief, **setting: object) -> list[dict]:
    """The first half is drawn from the beliefs when there are any, the others from the literature alone."""
    axes = Axes(space)
    points = Knowledge(axes, setting, beliefs).draw(np.random.default_rng(0), count, believed=count // 2)
    return [axes.params(p) for p in points]


def test_the_learning_rate_follows_the_optimizer() -> None:
    drawn = configs(SPACE, 2000)
    medians = {o: np.median([c["lr"] for c in drawn if c["optimizer"] == o]) for o in ("SGD", "Adam")}
    assert medians["SGD"] == pytest.approx(0.02, rel=0.3)
    assert medians["Adam"] == pytest.approx(0.001, rel=0.3)


def test_unknown_names_are_drawn_from_all_of_their_range() -> None:
    axes = Axes(Space(temperature=uniform(0, 8)))
    values = Knowledge(axes, {}).draw(np.random.default_rng(0), 4000)[:, 0]
    assert np.histogram(values, 4, (0, 1))[0] == pytest.approx([1000] * 4, rel=0.1)


def test_a_belief_may_hold_for_one_number_of_a_range() -> None:
    space = Space(lr=log_uniform(1e-4, 10), layers=integer(1, 3))
    belief = Belief("lr", 3.0, 1.1, "", given={"layers": 2})
    drawn = configs(space, 400, belief)[:200]
    medians = {n: np.median([c["lr"] for c in drawn if c["layers"] == n]) for n in (2, 3)}
    assert medians[2] == pytest.approx(3.0, rel=0.1)
    assert medians[3] == pytest.approx(0.02, rel=0.9)


SCHEDULES = Space(schedule=choice("constant", "exponential", "cosine"), loss=choice("mae", "mse"))


def test_schedules_that_end_at_zero_are_drawn_three_times_as_often() -> None:
    drawn = configs(SCHEDULES, 6000)
    shares = [np.mean([c["schedule"] == name for c in drawn]) for name in ("constant", "exponential", "cosine")]
    assert shares == pytest.approx([0.2, 0.2, 0.6], abs=0.02)
    assert np.mean([c["loss"] == "mae" for c in drawn]) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("schedules", "first"),
    [
        (("constant", "exponential", "cosine"), "cosine"),
        (("constant", "cosine", "linear"), "linear"),
        (("step", "constant"), "step"),
    ],
)
def test_a_centre_has_the_schedule_that_is_usually_best(schedules: tuple[str, ...], first: str) -> None:
    axes = Axes(Space(schedule=choice(*schedules), loss=choice("mae", "mse")))
    centre = axes.params(Knowledge(axes, {}).away([{}], np.zeros(1, bool))[0])
    assert centre == {"loss": "mae", "schedule": first}


def test_which_choice_comes_first_is_told_with_its_source() -> None:
    value, source = expected_choice("schedule", SCHEDULES["schedule"])
    assert value == "cosine"
    assert "2310.07831" in source
    assert expected_choice("schedule", choice("constant", "step")) is None
    assert expected_choice("loss", SCHEDULES["loss"]) is None
    assert expected_choice("lr", SPACE["lr"]) is None


def test_the_names_of_other_tools_are_known() -> None:
    theirs = {"learning_rate": "lr", "train_batch_size": "batch_size", "max_units": "units"}
    ranges = {
        "learning_rate": log_uniform(1e-8, 1e4),
        "train_batch_size": integer(8, 4096, log=True),
        "max_units": integer(16, 1024),
    }
    drawn, known = (
        Knowledge(axes, {}).draw(np.random.default_rng(0), 4000)[:, [axes.names.index(name) for name in names]]
        for axes, names in (
            (Axes(Space(ranges)), list(theirs)),
            (Axes(Space({theirs[name]: r for name, r in ranges.items()})), list(theirs.values())),
        )
    )
    assert np.abs(np.median(drawn, axis=0) - np.median(known, axis=0)).max() < 0.03
    assert np.corrcoef(drawn.T)[0, 1] == pytest.approx(np.corrcoef(known.T)[0, 1], abs=0.05)


def test_what_is_expected_of_a_models_size_is_told_under_any_usual_name() -> None:
    sizes = integer(16, 1024, log=True)
    for name in ("hidden_size", "channels", "num_filters", "d_model"):
        assert expected_spread(name, sizes) == expected_spread("units", sizes) is not None
    assert expected_spread("temperature", sizes) is None


def test_the_width_of_each_kind_of_layer_is_known_beside_the_others() -> None:
    axes = Axes(Space(channels=integer(1, 101), hidden_size=integer(1, 101), embed_dim=integer(1, 101)))
    assert (np.median(Knowledge(axes, {}).draw(np.random.default_rng(0), 4000), axis=0) > 0.65).all()


def test_first_settings_differ_in_the_width_of_any_kind_of_layer_as_in_units() -> None:
    def first(*names: str) -> np.ndarray:
        axes = Axes(Space({name: integer(1, 1001) for name in names}))
        return Knowledge(axes, {}).away(PORTFOLIO, np.zeros(len(PORTFOLIO), bool))

    together, alone = first("units", "num_filters", "d_model"), first("units")
    assert len(set(alone[:, 0])) > 2
    assert (together == alone).all()


def test_of_two_that_may_be_meant_none_is() -> None:
    axes = Axes(Space(width=integer(1, 101), hidden_size=integer(1, 101)))
    assert np.median(Knowledge(axes, {}).draw(np.random.default_rng(0), 4000), axis=0) == pytest.approx(
        [0.5, 0.5], abs=0.03
    )


@pytest.mark.parametrize(("name", "rate"), [("beta1", 1e-3), ("momentum", 0.02)])
def test_averages_of_gradients_are_those_of_adam(name, rate) -> None:
    rates = [
        c["lr"]
        for c in configs(Space({"lr": log_uniform(1e-8, 10), name: uniform(0, 0.99)}), 4000)
        if 0.88 < c[name] < 0.92
    ]
    assert np.median(rates) == pytest.approx(rate, rel=0.4)


@pytest.mark.parametrize(("optimizer", "exponent"), [("SGD", 1.0), ("Adam", 0.5)])
def test_the_learning_rate_follows_the_batch_size(optimizer, exponent) -> None:
    space = Space(lr=log_uniform(1e-8, 1e4), batch_size=integer(8, 4096, log=True))
    drawn = configs(space, 4000, optimizer=optimizer)
    logs = np.log([(c["batch_size"], c["lr"]) for c in drawn]).T
    assert np.polyfit(*logs, 1)[0] == pytest.approx(exponent, abs=0.15)


def test_a_belief_replaces_the_literature_where_it_is_asked_for() -> None:
    belief = Belief("lr", 3.0, 1.5, "measured", given={"optimizer": "SGD"}, high=4.0)
    drawn = configs(SPACE, 4000, belief)
    believed = [c["lr"] for c in drawn[:2000] if c["optimizer"] == "SGD"]
    assert np.median(believed) == pytest.approx(3.0, rel=0.1)
    assert max(believed) <= 4.0
    assert np.median([c["lr"] for c in drawn[2000:] if c["optimizer"] == "SGD"]) < 0.1
    assert np.median([c["lr"] for c in drawn[:2000] if c["optimizer"] == "Adam"]) < 0.01


@pytest.mark.parametrize(
    ("rated", "centres"),
    [
        ((), [("SGD", 0.02)]),
        (("Adam",), [("SGD", 0.02), ("Adam", 0.007)]),
        (("SGD", "Adam"), [("SGD", 0.02), ("SGD", 0.007), ("Adam", 0.007)]),
    ],
)
def test_a_search_begins_with_the_centres_of_the_literature_and_of_each_learning_rate_believed(rated, centres) -> None:
    beliefs = [Belief("lr", 0.007, 2, "measured", given={"optimizer": name}) for name in rated]
    search = FreezeThaw(SPACE, max_epochs=9, beliefs=beliefs)
    begun = [cut for _ in centres for cut in search.ask() if isinstance(cut, Slice)]
    assert [(cut.config.optimizer, pytest.approx(cut.config.lr, rel=0.01)) for cut in begun] == centres


@pytest.mark.parametrize(("step", "moved"), [(1e-6, False), (1e-1, True)])
def test_the_usual_batch_size_stands_unless_others_are_much_quicker(step: float, moved: bool) -> None:
    """A step takes so many seconds and 0.1 ms for each of its samples."""
    cost = EpochCost((16, 256), (step + 16e-4, step + 256e-4), 4096)
    first = [FreezeThaw(SPACE, max_epochs=9, in_seconds=True, cost=c).ask()[0] for c in (None, cost)]
    usual, timed = (cut.config.batch_size for cut in first if isinstance(cut, Slice))
    assert usual == 32
    assert timed > 64 if moved else timed == 32


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_the_bounds_of_a_belief_follow_what_its_centre_follows(momentum) -> None:
    follows, at = {"momentum": 1.0, "batch_size": 0.5}, {"momentum": 0.0, "batch_size": 64.0}
    belief = Belief("lr", 0.3, 3, "measured", low=0.1, high=0.6, follows=follows, at=at)
    space = Space(lr=log_uniform(1e-8, 1e4))
    drawn = configs(space, 4000, belief, optimizer="SGD", momentum=momentum, batch_size=256)[:2000]
    lrs = [c["lr"] / (1 - momentum) / 2 for c in drawn]
    assert (min(lrs), np.median(lrs), max(lrs)) == pytest.approx((0.1, 0.3, 0.6), rel=0.1)


def test_a_belief_of_momentum_is_one_of_its_distance_to_one() -> None:
    drawn = configs(Space(momentum=uniform(0, 0.999)), 4000, Belief("momentum", 0.98, 2, "measured"))
    inside = [0.96 <= c["momentum"] <= 0.99 for c in drawn[:2000]]
    assert np.mean(inside) == pytest.approx(0.68, abs=0.05)


def test_the_learning_rate_of_sgd_falls_as_momentum_nears_one() -> None:
    space = Space(lr=log_uniform(1e-8, 1e4), momentum=uniform(0, 0.999))
    drawn = configs(space, 4000, optimizer="SGD", batch_size=32)
    logs = np.log([(1 - c["momentum"], c["lr"]) for c in drawn]).T
    slope, at_one = np.polyfit(*logs, 1)
    assert slope == pytest.approx(1.0, abs=0.15)
    assert np.exp(at_one) == pytest.approx(0.2, rel=0.4)
    without = configs(Space(lr=log_uniform(1e-8, 1e4)), 2000, optimizer="SGD", batch_size=32, momentum=0.0)
    assert np.median([c["lr"] for c in without]) == pytest.approx(0.2, rel=0.2)


@pytest.mark.parametrize(
    ("name", "low", "high", "space"),
    [
        ("beta1", 0.7, 0.967, uniform(0, 0.999)),
        ("beta2", 0.992, 0.999875, uniform(0, 0.9999)),
        ("eps", 1e-10, 1e-6, log_uniform(1e-14, 100)),
        ("l1", 5e-8, 2e-5, log_uniform(1e-10, 10)),
        ("clip_norm", 0.2, 5, log_uniform(1e-3, 1e3)),
    ],
)
def test_two_in_three_draws_lie_where_the_literature_says(name, low, high, space) -> None:
    drawn = configs(Space({name: space}), 2000, optimizer="Adam")
    assert np.mean([low <= c[name] <= high for c in drawn]) == pytest.approx(0.68, abs=0.05)


def test_the_users_own_setting_as_beliefs() -> None:
    space = Space(lr=log_uniform(1e-4, 1), batch_size=integer(16, 512, log=True), dropout=uniform(0, 0.5))
    own = Config(lr=0.01, batch_size=128, dropout=0.0, optimizer="Adam", momentum=0.9)
    beliefs = {b.name: b for b in beliefs_around(own, space, "high")}
    assert set(beliefs) == {"lr", "batch_size", "dropout"}
    assert (beliefs["lr"].centre, dict(beliefs["lr"].follows), dict(beliefs["lr"].at)) == (
        0.01,
        {"batch_size": 0.5},
        {"batch_size": 128},
    )
    assert beliefs["dropout"].centre > 0
    spreads = [beliefs_around(own, space, c)[0].factor for c in ("low", "medium", "high")]
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[-1] > 1
    with pytest.raises(UsageError, match="low, medium, high"):
        beliefs_around(own, space, "very")  # type: ignore[arg-type]


def epochs_to(goal: float, seed: int, beliefs: list[Belief]) -> float:
    """Epochs until a value of ``goal`` in a task that is best at lr 0.1 and a of 0.7."""
    space = Space(lr=log_uniform(1e-5, 10), a=uniform(0, 1), epochs=9)
    search = FreezeThaw(space, max_epochs=9, seed=seed, beliefs=beliefs)
    spent, best = 0.0, 0.0
    while best < goal:
        for cut in search.ask():
            assert isinstance(cut, Slice)
            top = 0.9 - 0.1 * abs(np.log10(cut.config.lr / 0.1)) - 0.3 * (cut.config.a - 0.7) ** 2
            epochs = range(round(cut.start) + 1, round(cut.stop) + 1)
            points = tuple(Point(e, 0, 0, top - 0.3 / (e + 1), 0, 1, 1.0) for e in epochs)
            search.tell(SliceResult(cut, points, Outcome(Status.DONE)))
            spent, best = spent + cut.stop - cut.start, max(best, points[-1].metric)
    return spent


def test_a_wrong_belief_costs_half_as_much_again_at_most() -> None:
    wrong = [Belief("lr", 1e-5, 1.5, "wrong"), Belief("a", 0.01, 1.5, "wrong")]
    without = [epochs_to(0.84, seed, []) for seed in range(4)]
    assert sum(epochs_to(0.84, seed, wrong) for seed in range(4)) <= 1.5 * sum(without)


def test_what_follows_what_follows_is_drawn_in_that_order() -> None:
    """Weight decay follows lr, which follows the batch size, whatever the order of the space."""
    ranges = {
        "weight_decay": log_uniform(1e-9, 1e3),
        "lr": log_uniform(1e-9, 1e3),
        "batch_size": integer(8, 512, log=True),
    }
    beliefs = [
        Belief("batch_size", 64, 2.0, ""),
        Belief("lr", 0.1, 1.0001, "", follows={"batch_size": 1.0}, at={"batch_size": 64}),
        Belief("weight_decay", 0.01, 1.0001, "", follows={"lr": -1.0}, at={"lr": 0.1}),
    ]
    for config in configs(Space(ranges), 40, *beliefs)[:20]:
        assert config["lr"] == pytest.approx(0.1 * config["batch_size"] / 64, rel=0.01)
        assert config["weight_decay"] == pytest.approx(0.001 / config["lr"], rel=0.01)


def test_what_is_expected_are_the_beliefs_and_the_literature_where_there_are_none() -> None:
    space = Space(lr=log_uniform(1e-4, 1), batch_size=integer(8, 512), optimizer="Adam")
    measured = Belief("lr", 0.1, 2.0, "measured", given={"optimizer": "Adam"})
    other = Belief("lr", 0.3, 2.0, "measured", given={"optimizer": "SGD"})
    assert [(b.name, b.centre) for b in expected(space, {}, [measured, other])] == [("lr", 0.1), ("batch_size", 32)]
    assert [b.centre for b in expected(Space(lr=log_uniform(1e-4, 1)), {"optimizer": "AdamW"})] == [1e-3]


def test_what_is_usual_is_no_stranger_than_its_draws_and_what_is_far_off_is() -> None:
    axes = Axes(SPACE)
    knowledge = Knowledge(axes, {})
    rng = np.random.default_rng(0)
    centre, drawn, anywhere = (
        knowledge.strangeness(points)
        for points in (knowledge.away([{}], np.zeros(1, bool)), knowledge.draw(rng, 4000), axes.uniform(rng, 4000))
    )
    assert centre[0] == pytest.approx(0.0, abs=0.02)
    assert 1 < np.mean(drawn) < 2.2  # of two numbers; some lie at the ends of their ranges
    assert np.mean(anywhere) > 1.5 * np.mean(drawn)


def test_a_learning_rate_is_as_strange_as_the_batch_size_and_the_optimizer_make_it() -> None:
    axes = Axes(SPACE)
    rates = {("SGD", 32): 0.02, ("SGD", 256): 0.16, ("Adam", 32): 0.001}
    strangeness = [
        Knowledge(axes, {}).strangeness(axes.point({"lr": rate, "batch_size": batch, "optimizer": optimizer})[None])[0]
        - Knowledge(Axes(Space(batch_size=SPACE["batch_size"])), {}).strangeness(
            Axes(Space(batch_size=SPACE["batch_size"])).point({"batch_size": batch})[None]
        )[0]
        for (optimizer, batch), rate in rates.items()
    ]
    assert strangeness == pytest.approx([0.0] * 3, abs=1e-6)


def test_what_is_believed_is_not_strange_and_neither_is_what_is_usual() -> None:
    axes = Axes(Space(lr=log_uniform(1e-6, 10)))
    knowledge = Knowledge(axes, {}, [Belief("lr", 1.0, 3.0, "mine")])
    usual, mine, far = (knowledge.strangeness(axes.point({"lr": rate})[None])[0] for rate in (0.02, 1.0, 1e-6))
    assert usual == pytest.approx(0.0, abs=1e-6)
    assert mine == pytest.approx(0.0, abs=1e-6)
    assert far == pytest.approx(9.0)


def test_one_standard_deviation_of_dropout_or_of_a_models_size_is_one() -> None:
    axes = Axes(Space(dropout=uniform(0, 1), units=uniform(0, 100)))
    points = np.array([[0.3, 0.75], [0.5, 0.75], [0.3, 0.45]])
    assert Knowledge(axes, {}).strangeness(points) == pytest.approx([0.0, 1.0, 1.0])


def test_what_is_usual_is_expected_to_be_better_than_what_is_not() -> None:
    """Both as far from what was seen."""
    search = FreezeThaw(Space(lr=log_uniform(2e-4, 2e4), batch_size=32, epochs=9), max_epochs=9)
    config = Config(lr=2.0, batch_size=32, epochs=9)
    for number, top in enumerate((0.5, 0.6)):
        points = tuple(Point(e, 0, 0, top, 0, 1, 1.0) for e in range(1, 10))
        search.tell(SliceResult(Slice(number, config, 0, 9, number), points, Outcome(Status.DONE)))
    usual, unusual = (search.predict({"lr": lr, "batch_size": 32, "epochs": 9}, 9) for lr in (0.02, 200.0))
    assert usual.mean > unusual.mean


def test_a_setting_lies_so_many_deviations_from_what_is_expected() -> None:
    ranges = {"lr": log_uniform(1e-8, 1e4), "batch_size": integer(1, 4096, log=True), "layers": integer(1, 101)}
    axes = Axes(Space(**ranges, dropout=uniform(0, 1), optimizer="SGD"))
    knowledge = Knowledge(axes, {"optimizer": "SGD"}, [Belief("lr", 3.0, 2.0, "measured")])
    settings = [{}, {"lr": 1.0, "batch_size": 1.0, "layers": -1.0, "dropout": 0.5}]
    usual, away = (axes.params(p) for p in knowledge.away(settings, np.zeros(2, bool)))
    assert usual == pytest.approx({"lr": 0.02, "batch_size": 32, "layers": 76, "dropout": 0.3}, rel=0.01)
    assert away == pytest.approx({"lr": 0.02 * 6 * 2.5, "batch_size": 80, "layers": 46, "dropout": 0.4}, rel=0.01)
    _, of_belief = (axes.params(p) for p in knowledge.away(settings, np.ones(2, bool)))
    assert of_belief["lr"] == pytest.approx(6.0)
    assert of_belief["batch_size"] == 80


def test_settings_take_the_optimizers_in_turn_and_the_best_known_of_other_choices() -> None:
    axes = Axes(Space(lr=log_uniform(1e-6, 1), optimizer=choice("Adam", "SGD"), schedule=choice("constant", "cosine")))
    found = [axes.params(p) for p in Knowledge(axes, {}).away([{}, {}, {"lr": 1.0}], np.zeros(3, bool))]
    assert [c["optimizer"] for c in found] == ["Adam", "SGD", "Adam"]
    assert [c["lr"] for c in found] == pytest.approx([0.001, 0.02, 0.006])
    assert {c["schedule"] for c in found} == {"cosine"}
