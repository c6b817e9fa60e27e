import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from luthier.training import _masks
from luthier.training._masks import Mask


@pytest.mark.parametrize("quick", [True, False], ids=["by uniform numbers", "by torch"])
@given(st.integers(1, 30), st.integers(1, 40), st.floats(0.01, 0.99), st.integers(0, 2**32))
def test_a_mask_is_that_of_torchs_dropout_and_leaves_the_generator_as_it_does(
    quick: bool, batch: int, width: int, share: float, seed: int
) -> None:
    with torch.random.fork_rng(), pytest.MonkeyPatch.context() as patch:
        if not quick:
            patch.setattr(_masks, "_bernoulli_compares_uniforms", lambda: False)
        mask = Mask(batch, width, share)
        torch.manual_seed(seed)
        for _ in range(2):
            mask.draw()
        after = torch.get_rng_state()
        torch.manual_seed(seed)
        expected = [nn.functional.dropout(torch.ones(batch, width), share) for _ in range(2)][-1]
        assert torch.equal(mask.values, expected)
        assert torch.equal(after, torch.get_rng_state())


def test_torchs_own_masks_are_taken_where_they_come_from_other_random_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(mask: Tensor, kept: float, *, generator: torch.Generator) -> Tensor:
        return mask.copy_(torch.rand(mask.shape, generator=generator) < kept)  # of single precision

    monkeypatch.setattr(Tensor, "bernoulli_", other)
    assert not _masks._bernoulli_compares_uniforms.__wrapped__()
