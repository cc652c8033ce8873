import torch

from zsl_estimators.nn.regression import SquaredLoss, TanhRegression


def test_network_is_the_papers_formula():
    network = TanhRegression(4, 7, 3)
    first, _, second = network
    x = torch.randn(5, 4)
    expected = torch.tanh(x @ first.weight.T + first.bias) @ second.weight.T
    torch.testing.assert_close(network(x), expected + second.bias)


def test_loss_is_the_mean_square():
    loss = SquaredLoss()(torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, 4.0]]))
    assert loss["squared_loss"].item() == 2.5
