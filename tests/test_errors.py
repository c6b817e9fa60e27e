import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luthier import errors
from luthier.errors import ALIASES, LuthierError, RunError, UsageError, nearest
from luthier.hyperparameters import HYPERPARAMETERS

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if c.__module__ == errors.__name__]


@pytest.mark.parametrize("error", CLASSES)
def test_every_error_stands_in_the_drawn_tree_and_is_either_the_users_or_ours(error: type) -> None:
    assert error.__name__ in (errors.__doc__ or "")
    if error is not LuthierError:
        assert issubclass(error, UsageError) != issubclass(error, RunError)


@pytest.mark.parametrize(
    ("given_name", "known", "hint"),
    [
        ("learning_rate", ["lr", "epochs"], " Did you mean 'lr'?"),
        ("Learning_Rate", ["lr", "epochs"], " Did you mean 'lr'?"),
        ("learning_rate", ["epochs"], ""),
        ("lerning_rate", ["lr", "epochs", "warmup"], " Did you mean 'lr'?"),
        ("num_epoch", ["lr", "epochs"], " Did you mean 'epochs'?"),
        ("batchsize", ["lr", "batch_size"], " Did you mean 'batch_size'?"),
        ("adm", ["SGD", "Adam"], " Did you mean 'Adam'?"),
        ("xyzzy", ["SGD", "Adam"], ""),
        ("lr", [], ""),
    ],
)
def test_nearest_hints_at_what_was_meant(given_name: str, known: list[str], hint: str) -> None:
    assert nearest(given_name, known) == hint


@given(st.sampled_from(list(HYPERPARAMETERS)), st.integers(0, 30), st.booleans())
def test_one_slip_in_a_longer_name_still_finds_it(name: str, where: int, upper: bool) -> None:
    slipped = name[: where % len(name)] + name[where % len(name) + 1 :]
    if len(name) > 4 and slipped not in HYPERPARAMETERS and slipped not in ALIASES:
        hint = nearest(slipped.upper() if upper else slipped, HYPERPARAMETERS)
        assert hint.startswith(" Did you mean '")
        assert hint[15:-2] in HYPERPARAMETERS


def test_every_alias_names_a_hyperparameter() -> None:
    assert set(ALIASES.values()) <= set(HYPERPARAMETERS)
    assert not set(ALIASES) & set(HYPERPARAMETERS)
