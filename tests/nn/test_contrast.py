import numpy as np
import torch
from torch.nn import functional

from zsl_estimators.nn.contrast import ContrastiveNetwork, SupervisedContrast


def by_hand(projected, y, temperature):
    """The formula of the paper (Eq. 2), with loops."""
    terms = []
    for i in range(len(y)):
        others = [a for a in range(len(y)) if a != i]
        companions = [p for p in others if y[p] == y[i]]
        if companions:
            exponents = {a: projected[i] @ projected[a] / temperature for a in others}
            total = np.log(sum(np.exp(value) for value in exponents.values()))
            terms.append(-np.mean([exponents[p] - total for p in companions]))
    return np.mean(terms)


def test_loss_follows_the_formula():
    torch.manual_seed(0)
    projected = functional.normalize(torch.randn(9, 4, dtype=torch.float64), dim=1)
    y = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 3])
    loss = SupervisedContrast(0.3)(projected, y)["contrastive_loss"]
    np.testing.assert_allclose(loss, by_hand(projected.numpy(), y.numpy(), 0.3))


def test_a_batch_without_companions_has_no_loss():
    projected = torch.eye(3, requires_grad=True)
    loss = SupervisedContrast()(projected, torch.arange(3))["contrastive_loss"]
    loss.backward()
    assert loss == 0
    assert (projected.grad == 0).all()


def test_training_gathers_classes():
    torch.manual_seed(0)
    y = torch.arange(60) % 3
    x = torch.randn(60, 8) + 2 * torch.eye(8)[y]
    network, contrast = ContrastiveNetwork(8, (32, 16)), SupervisedContrast()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)

    def loss():
        return contrast(network.training_output(x), y)["contrastive_loss"]

    before = loss().item()
    for _ in range(30):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
    network.eval()
    assert loss().item() < before - 0.5
    assert network(x).shape == (60, 16)
    assert torch.equal(network.training_output(x), network.training_output(x))
