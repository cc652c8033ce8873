import numpy as np
import pytest
import torch
from torch.nn import functional

from zsl_estimators.nn.compatibility import (
    LOSSES,
    BilinearNetwork,
    ClassNormNetwork,
    ClassStandardisation,
    CompatibilityLoss,
    warp_loss,
    warp_weights,
)

N_ROWS, N_CLASSES = 40, 9


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def scores_and_labels():
    scores = 2 * torch.randn(N_ROWS, N_CLASSES, dtype=torch.float64)
    return scores, torch.arange(N_ROWS) % N_CLASSES


def hinges(scores, y, margin):
    """Lists of positive violations per row, by plain loops."""
    for row, right in zip(scores.numpy(), y.numpy(), strict=True):
        yield [
            margin + row[c] - row[right]
            for c in range(N_CLASSES)
            if c != right and margin + row[c] - row[right] > 0
        ]


def warp_by_a_loop(found):
    rank = len(found)
    weight = sum(1 / i for i in range(1, rank + 1))
    return weight * sum(found) / rank if rank else 0.0


@pytest.mark.parametrize("margin", [0.1, 1.0, 5.0])
@pytest.mark.parametrize(
    ("kind", "of_one_row"),
    [
        ("sum", sum),
        ("max", lambda found: max(found, default=0.0)),
        ("mean", lambda found: sum(found) / (N_CLASSES - 1)),
        ("warp", warp_by_a_loop),
    ],
)
def test_losses_equal_plain_loops(kind, of_one_row, margin):
    scores, y = scores_and_labels()
    expected = np.mean([of_one_row(found) for found in hinges(scores, y, margin)])
    assert LOSSES[kind](scores, y, margin).item() == pytest.approx(expected, abs=1e-12)


def test_warp_weights_are_harmonic_numbers_over_ranks():
    actual = warp_weights(torch.arange(5), 5, torch.float64)
    expected = [0, 1, (1 + 1 / 2) / 2, (1 + 1 / 2 + 1 / 3) / 3, (25 / 12) / 4]
    torch.testing.assert_close(actual, torch.tensor(expected, dtype=torch.float64))


def test_gradient_of_warp_is_that_of_finite_differences():
    """Ranks are constant almost everywhere."""
    scores, y = scores_and_labels()
    scores.requires_grad_()
    assert torch.autograd.gradcheck(lambda s: warp_loss(s, y, 1.0), scores, eps=1e-7)


def test_softmax_is_cross_entropy():
    scores, y = scores_and_labels()
    parts = CompatibilityLoss("softmax")(scores, y)
    torch.testing.assert_close(
        parts["ranking_loss"], functional.cross_entropy(scores, y)
    )


def test_one_class_has_no_loss():
    scores, y = torch.zeros(3, 1), torch.zeros(3, dtype=torch.long)
    assert {loss(scores, y, 1.0).item() for loss in LOSSES.values()} == {0.0}


def test_bilinear_scores_are_those_of_a_loop():
    attributes, start = torch.randn(N_CLASSES, 3), torch.randn(5, 3)
    network = BilinearNetwork(attributes, start, n_maps=2).double()
    x = torch.randn(4, 5, dtype=torch.float64)
    scores = network(x)
    for i in range(4):
        for c in range(N_CLASSES):
            values = [x[i] @ part @ attributes[c].double() for part in network.weight]
            torch.testing.assert_close(scores[i, c], max(values))


def test_hidden_units_are_standardised_over_the_classes():
    layer = ClassStandardisation(6)
    hidden = layer(3 + 2 * torch.randn(50, 6))
    torch.testing.assert_close(hidden.mean(dim=0), torch.zeros(6), atol=1e-5, rtol=0)
    spread = hidden.std(dim=0, correction=0)
    torch.testing.assert_close(spread, torch.ones(6), atol=1e-4, rtol=0)
    assert ClassStandardisation(6)(torch.ones(1, 6)).tolist() == [[1.0] * 6]


def test_prototypes_of_trained_networks_do_not_depend_on_other_classes():
    attributes = torch.randn(N_CLASSES, 3)
    network = ClassNormNetwork(attributes, 5, hidden=8)
    network(torch.randn(4, 5))
    network.eval()
    x = torch.randn(4, 5)
    for n in (1, 2):
        torch.testing.assert_close(network.scores(x, attributes[:n]), network(x)[:, :n])


def test_last_layer_starts_with_the_published_variance():
    network = ClassNormNetwork(torch.randn(4, 3), 300, hidden=200)
    variance = network.prototypes[-1].weight.var().item()
    assert variance == pytest.approx(1 / (300 * 200), rel=0.05)
