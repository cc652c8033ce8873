from types import SimpleNamespace

import pytest
import torch

from zsl_estimators.nn.gan import AdversarialLoss, FGANNetwork
from zsl_estimators.nn.gan_terms import ClassificationTerm, CycleTerm
from zsl_estimators.nn.regression import solved_linear

N_FEATURES, N_ATTRIBUTES, N_CLASSES, N_ROWS = 7, 3, 4, 10


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def double(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def network():
    made = FGANNetwork(
        double(N_CLASSES, N_ATTRIBUTES),
        double(N_CLASSES, N_FEATURES),
        torch.eye(N_FEATURES, dtype=torch.float64),
        noise_dim=2,
        generator_hidden=(5,),
        critic_hidden=(6,),
        output_activation="linear",
    ).double()
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter)
    # Noise in single precision would not fit.
    made.synthesise_from = lambda s, centers: made.generator(
        double(len(s), made.generator.noise_dim), s, centers
    )
    return made


def regressor():
    return solved_linear(double(N_FEATURES, N_ATTRIBUTES), double(N_ATTRIBUTES))


def labels():
    return torch.arange(N_ROWS) % N_CLASSES


def test_cycle_loss_is_that_of_plain_loops():
    made, term = network(), CycleTerm(0.3, regressor(), squared_length=2.5)
    fake, y = double(N_ROWS, N_FEATURES), labels()
    total = 0.0
    for row, label in zip(fake, y, strict=True):
        for k in range(N_ATTRIBUTES):
            found = term.regressor.bias[k]
            for j in range(N_FEATURES):
                found = found + row[j] * term.regressor.weight[k, j]
            total += (found - made.class_attributes[label, k]) ** 2
    expected = 0.3 * total / N_ROWS / 2.5
    torch.testing.assert_close(term(made, fake, y), expected)


def test_unseen_classes_add_the_mean_of_their_own_error():
    """All unseen classes are one, so that nothing depends on which are drawn."""
    made, row, center = network(), double(1, N_ATTRIBUTES), double(1, N_FEATURES)
    seen = CycleTerm(1.0, regressor())
    both = CycleTerm(1.0, seen.regressor, 1.0, row.expand(3, -1), center.expand(3, -1))
    fake, y = double(20_000, N_FEATURES), torch.zeros(20_000, dtype=torch.int64)
    more = both(made, fake, y) - seen(made, fake, y)
    rows = made.synthesise_from(row.expand(20_000, -1), center.expand(20_000, -1))
    expected = (seen.regressor(rows) - row).square().sum(dim=1).mean()
    torch.testing.assert_close(more, expected, rtol=0.05, atol=0)


@pytest.mark.parametrize("with_unseen", [False, True])
def test_gradient_through_the_cycle_is_that_of_finite_differences(with_unseen):
    made = network()
    unseen = (double(3, N_ATTRIBUTES), double(3, N_FEATURES)) if with_unseen else ()
    term = CycleTerm(0.7, regressor(), 1.5, *unseen)

    def loss():
        torch.manual_seed(1)
        return term(made, made.synthesise_like(labels()), labels())

    loss().backward()
    assert term.regressor.weight.grad is None
    for parameter in made.generator.parameters():
        for index in (0, parameter.numel() - 1):
            flat, step = parameter.data.view(-1), 1e-6
            flat[index] += step
            above = loss()
            flat[index] -= 2 * step
            below = loss()
            flat[index] += step
            torch.testing.assert_close(
                parameter.grad.view(-1)[index],
                (above - below) / (2 * step),
                rtol=1e-5,
                atol=1e-7,
            )


def test_linear_generator_has_a_closed_form():
    """Least squares to real features and the cycle: (I + b R'R)^-1 (G + b R')."""
    S, X = double(N_ROWS, N_ATTRIBUTES), double(N_ROWS, N_FEATURES)
    weight, R = 0.4, double(N_ATTRIBUTES, N_FEATURES)
    term = CycleTerm(weight, solved_linear(R.T, torch.zeros(N_ATTRIBUTES).double()))
    least_squares = torch.linalg.lstsq(S, X).solution.T
    eye = torch.eye(N_FEATURES, dtype=torch.float64)
    solution = torch.linalg.solve(
        eye + weight * R.T @ R, least_squares + weight * R.T
    ).requires_grad_()
    table = SimpleNamespace(class_attributes=S)
    fake = S @ solution.T
    loss = (fake - X).square().sum(dim=1).mean()
    (loss + term(table, fake, torch.arange(N_ROWS))).backward()
    torch.testing.assert_close(
        solution.grad, torch.zeros_like(solution), atol=1e-12, rtol=0
    )


def test_classification_term_is_weighted_cross_entropy():
    made, classifier = network(), torch.nn.Linear(N_FEATURES, N_CLASSES).double()
    fake, y = double(N_ROWS, N_FEATURES), labels()
    loss = ClassificationTerm(0.2, classifier)(made, fake, y)
    probabilities = torch.softmax(classifier(fake), dim=1)[torch.arange(N_ROWS), y]
    torch.testing.assert_close(loss, -0.2 * probabilities.log().mean())


def test_terms_are_added_to_the_score_and_named():
    made, y = network(), labels()
    terms = {"cycle": CycleTerm(0.3, regressor())}
    plain, with_terms = AdversarialLoss(10.0, {}), AdversarialLoss(10.0, terms)
    losses = []
    for loss in (plain, with_terms):
        torch.manual_seed(2)
        losses.append(loss.generator(made, None, y))
    (alone, parts), (total, more) = losses
    assert set(parts) == {"adversarial_loss"}
    assert set(more) == {"adversarial_loss", "cycle_loss"}
    torch.testing.assert_close(total, alone + more["cycle_loss"])
