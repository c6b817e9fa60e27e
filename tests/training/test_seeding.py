import torch
from hypothesis import given
from hypothesis import strategies as st

from luthier.training.seeding import derive, sample_order


@given(st.integers(0, 2**31), st.integers(0, 1000), st.integers(1, 500))
def test_an_order_is_a_permutation_that_depends_on_seed_and_epoch(seed: int, epoch: int, samples: int) -> None:
    order = sample_order(seed, epoch, samples)
    assert sorted(order.tolist()) == list(range(samples))
    assert torch.equal(order, sample_order(seed, epoch, samples))


def test_seeds_and_epochs_have_orders_of_their_own() -> None:
    orders = {tuple(sample_order(seed, epoch, 50).tolist()) for seed in range(5) for epoch in range(5)}
    assert len(orders) == 25


@given(st.lists(st.tuples(st.integers(), st.sampled_from(["init", "data"]), st.integers()), unique=True, max_size=20))
def test_purposes_and_places_have_seeds_of_their_own(keys: list[tuple[int, str, int]]) -> None:
    seeds = [derive(*key) for key in keys]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_an_order_leaves_the_global_stream_alone() -> None:
    before = torch.get_rng_state()
    sample_order(0, 0, 10)
    assert torch.equal(before, torch.get_rng_state())
