import copy

import pytest
import torch
import zuko
from torch.distributions import AffineTransform

from zsl_estimators.nn.flow import ActNorm, Coupling, Flow, Permutation


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def trained_flow(n_dims, coupling):
    """A flow in double precision that is far from where it starts."""
    flow = Flow(n_dims, n_blocks=3, hidden=(8, 6), coupling=coupling).double()
    flow.train()(torch.randn(50, n_dims, dtype=torch.float64))
    for parameter in flow.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return flow.eval()


cases = pytest.mark.parametrize("coupling", ["additive", "affine"])
sizes = pytest.mark.parametrize("n_dims", [1, 2, 5, 8])


@cases
@sizes
def test_inverse(n_dims, coupling):
    flow = trained_flow(n_dims, coupling)
    x = torch.randn(20, n_dims, dtype=torch.float64)
    torch.testing.assert_close(flow.inverse(flow(x)[0]), x, atol=1e-9, rtol=0)


@cases
@sizes
def test_log_determinant_is_that_of_the_jacobian(n_dims, coupling):
    flow = trained_flow(n_dims, coupling)
    for row in torch.randn(5, n_dims, dtype=torch.float64):
        jacobian = torch.autograd.functional.jacobian(
            lambda x: flow(x[None])[0][0], row
        )
        expected = torch.linalg.slogdet(jacobian).logabsdet
        torch.testing.assert_close(flow(row[None])[1][0], expected)


@cases
def test_density_is_that_of_zuko(coupling):
    """zuko builds the same map from its own parts."""
    n_dims = 5
    flow = trained_flow(n_dims, coupling)
    transform = zuko.transforms.ComposedTransform(
        *[part for block in flow.blocks for part in as_zuko(block)]
    )
    base = zuko.distributions.DiagNormal(
        torch.zeros(n_dims).double(), torch.ones(n_dims).double()
    )
    x = torch.randn(30, n_dims, dtype=torch.float64)
    expected = zuko.distributions.NormalizingFlow(transform, base).log_prob(x)
    z, log_det = flow(x)
    torch.testing.assert_close(base.log_prob(z) + log_det, expected)


def as_zuko(block):
    """Transforms of zuko that do what one block of ours does."""
    if isinstance(block, ActNorm):
        scale = block.log_scale.exp()
        rows = AffineTransform(block.shift * scale, scale)
        return [zuko.transforms.DependentTransform(rows, 1)]
    if isinstance(block, Permutation):
        return [zuko.transforms.PermutationTransform(block.order)]

    def changed_half(kept):
        out = block.net(kept)
        shift, raw = (
            out.chunk(2, 1) if block.is_affine else (out, torch.zeros_like(out))
        )
        scale = raw.tanh().exp()
        return zuko.transforms.DependentTransform(AffineTransform(shift, scale), 1)

    mask = torch.arange(block.n_kept + block.n_changed) < block.n_kept
    return [zuko.transforms.CouplingTransform(changed_half, mask)]


def test_actnorm_starts_with_mean_0_and_variance_1():
    norm = ActNorm(3)
    x = torch.randn(500, 3) * torch.tensor([3.0, 0.1, 0.0]) + 5
    z, _ = norm(x)
    torch.testing.assert_close(z.mean(dim=0), torch.zeros(3), atol=1e-5, rtol=0)
    expected = torch.tensor([1.0, 1.0, 0.0])
    torch.testing.assert_close(z.std(dim=0), expected, atol=0.01, rtol=0)
    again, _ = norm(x * 2)
    assert not torch.allclose(again.std(dim=0), expected, atol=0.1)


def test_actnorm_starts_only_in_training():
    norm = ActNorm(3).eval()
    x = torch.randn(5, 3)
    torch.testing.assert_close(norm(x)[0], x)
    assert not norm.started


def test_loaded_actnorm_does_not_start_again():
    norm, other = ActNorm(3), ActNorm(3)
    norm(torch.randn(50, 3) * 4 + 1)
    other.load_state_dict(norm.state_dict())
    x = torch.randn(5, 3)
    torch.testing.assert_close(other(x)[0], norm(x)[0])
    torch.testing.assert_close(copy.deepcopy(norm)(x)[0], norm(x)[0])


def test_untrained_flow_without_data_start_only_permutes():
    flow = Flow(6, hidden=(4,), data_start=False)
    x = torch.randn(10, 6)
    z, log_det = flow(x)
    torch.testing.assert_close(z, flow.in_last_order(x))
    torch.testing.assert_close(log_det, torch.zeros(10))


def test_odd_dimensions_change_the_larger_half():
    coupling = Coupling(5, (4,))
    assert (coupling.n_kept, coupling.n_changed) == (2, 3)
