from luthier import Space, choice, integer, log_uniform, uniform
from luthier.tuning.settings import DRAWS, settings

SPACE = Space(lr=log_uniform(1e-3, 1.0), momentum=uniform(0, 0.9), units=integer(4, 16, step=4), act=choice("a", "b"))


def test_the_ends_come_first_then_each_value_on_its_own_then_draws():
    found = list(settings(SPACE))
    assert found[:2] == [
        {"lr": 1.0, "momentum": 0.9, "units": 16, "act": "b"},
        {"lr": 1e-3, "momentum": 0.0, "units": 4, "act": "a"},
    ]
    assert found[2:10:2] == [{"lr": 1e-3}, {"momentum": 0.0}, {"units": 4}, {"act": "a"}]
    assert len(found) == 10 + DRAWS


def test_draws_are_values_of_the_space_and_the_same_each_time():
    draws = list(settings(SPACE))[10:]
    assert draws == list(settings(SPACE))[10:]
    for name, range_ in SPACE.items():
        assert all(range_._contains(range_.to_internal_repr(d[name])) for d in draws)
    assert {d["units"] for d in draws} == {4, 8, 12, 16}


def test_a_space_that_varies_nothing_has_no_settings_of_interest():
    assert list(settings(Space(lr=0.1))) == [{}, {}]
