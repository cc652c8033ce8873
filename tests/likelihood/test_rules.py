"""Every rule against a denoiser that is known exactly."""

import numpy as np
import pytest
import torch

from tests.likelihood.common import ExactDenoiser, random_covariance
from zsl_estimators.likelihood import (
    CrossAttentionRule,
    ErrorRule,
    InversionRule,
    LatentKNNRule,
    LikelihoodRule,
    NoiseDenoiseRule,
    NoiseDenoiseVoteRule,
    WeightsRule,
)
from zsl_estimators.likelihood.rules._error import nested_order
from zsl_estimators.nn import blocks
from zsl_estimators.nn.cross_attention import CrossAttentionDenoiser

N_CLASSES, N_FEATURES, N_ATTRIBUTES = 6, 12, 5


@pytest.fixture(scope="module")
def model():
    return ExactDenoiser.random(N_CLASSES, N_FEATURES, N_ATTRIBUTES)


@pytest.fixture(scope="module")
def samples(model):
    return model.sample(20)


def fitted(rule, model):
    return rule.fit(model, np.random.RandomState(0))


def accuracy(rule, model, samples):
    x, y = samples
    scores = fitted(rule, model).score_classes(model, x)
    return (scores.argmax(dim=1) == y).double().mean()


def test_error_is_the_log_density_of_standard_normal_classes(model, samples):
    """Opposite noise makes it exact with two draws."""
    x, _ = samples
    scores = fitted(ErrorRule(n_draws=2), model).score_classes(model, x)
    differences = (scores - model.log_density(x)).diff(dim=1)
    torch.testing.assert_close(differences, torch.zeros_like(differences))


def test_error_ranks_as_bayes_does():
    model = ExactDenoiser.random(4, 6, 3, random_covariance(6))
    x, _ = model.sample(100)
    scores = fitted(ErrorRule(n_draws=32), model).score_classes(model, x)
    agree = scores.argmax(dim=1) == model.log_density(x).argmax(dim=1)
    assert agree.double().mean() > 0.95


@pytest.mark.parametrize(
    "rule",
    [
        LikelihoodRule(),
        LatentKNNRule(mode="norm"),
        NoiseDenoiseRule(),
        NoiseDenoiseRule(distance="cosine"),
        NoiseDenoiseVoteRule(),
        NoiseDenoiseVoteRule(voting="hard"),
        InversionRule(n_iter=200),
        WeightsRule(),
    ],
    ids=str,
)
def test_class_is_recovered(rule, model, samples):
    assert accuracy(rule, model, samples) > 0.95


def test_the_odd_one_out_is_not_the_true_class(model, samples):
    """What the paper assumes does not hold, even for a perfect network."""
    assert accuracy(LatentKNNRule(mode="outlier"), model, samples) < 0.3


def test_inversion_finds_the_description(model, samples):
    """With a flat prior it solves the linear equations."""
    x, _ = samples
    rule = fitted(InversionRule(n_iter=1000, reg=0.0, lr=0.05), model)
    expected = x @ torch.linalg.pinv(model.center_map)
    found = rule.invert(model, x)
    torch.testing.assert_close(found, expected, atol=0.2, rtol=0)
    assert (found - expected).abs().mean() < 0.005


def test_inversion_with_a_prior_is_ridge_regression(model, samples):
    x, _ = samples
    rule = fitted(InversionRule(n_iter=1000, reg=3.0, lr=0.05), model)
    gram = model.center_map @ model.center_map.T + 3 * torch.eye(N_ATTRIBUTES)
    expected = torch.linalg.solve(gram, model.center_map @ x.T).T
    torch.testing.assert_close(rule.invert(model, x), expected, atol=0.02, rtol=0)


def test_entropy_makes_weights_sparser(model, samples):
    x, _ = samples
    weights = [
        fitted(WeightsRule(entropy_weight=weight), model)
        .score_classes(model, x)
        .softmax(dim=1)
        for weight in (0.0, 2.0)
    ]
    assert (weights[1].max(dim=1).values >= weights[0].max(dim=1).values - 1e-9).all()
    assert weights[1].max(dim=1).values.mean() > weights[0].max(dim=1).values.mean()


def test_attention_is_the_posterior_among_seen_classes():
    torch.manual_seed(0)
    seen = torch.tensor([True, True, True, False])
    attributes, centers = torch.randn(4, 3), 3 * torch.randn(4, 8)
    network = CrossAttentionDenoiser(attributes[seen], centers[seen], n_chunks=2)
    model = network.with_classes(attributes, centers, seen)
    x = centers + torch.randn_like(centers)
    rule = fitted(CrossAttentionRule(n_draws=2, aggregate="log_mean"), model)
    with torch.no_grad():
        scores = rule.score_classes(model, x)
        expected = torch.zeros_like(scores)
        for t, noise in zip(rule.times_, rule.noise_, strict=True):
            a, b = model.signal_and_noise(int(t))
            x_t = a * x + b * torch.tensor(noise, dtype=x.dtype)
            everything = torch.cat([centers, network.null_center[None]])
            normal = torch.distributions.Normal(a * everything, 1.0)
            log_joint = normal.log_prob(x_t[:, None]).sum(dim=-1)
            for c in range(4):
                context = log_joint[:, [0, 1, 2, 4] + [3] * (c == 3)]
                expected[:, c] += log_joint[:, c] - context.logsumexp(dim=1)
    torch.testing.assert_close(scores, expected / 2, atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("threshold", [None, 0.02, 0.5, 0.9])
def test_share_counts_the_heads_above_the_threshold(threshold):
    """Attention of one draw, chunk and head at a time."""
    torch.manual_seed(0)
    seen = torch.tensor([True, True, True, False])
    attributes, centers = torch.randn(4, 3), torch.randn(4, 8)
    network = CrossAttentionDenoiser(attributes[seen], centers[seen], n_chunks=2)
    torch.nn.init.normal_(network.query[-1].weight)
    model = network.with_classes(attributes, centers, seen)
    x = centers + torch.randn_like(centers)
    rule = CrossAttentionRule(n_draws=6, aggregate="share", threshold=threshold)
    with torch.no_grad():
        scores = fitted(rule, model).score_classes(model, x)
        t = torch.as_tensor(rule.times_)
        a, b = model.diffusion.signal_and_noise(t)
        noise = torch.as_tensor(rule.noise_).to(x)
        logits = torch.cat(model.logits(a * x[:, None] + b * noise, t), dim=-1)
    # The unseen class competes with the seen ones and with none, but they not with it.
    above = np.zeros((4, 4))
    for row, draw, chunk, head in np.ndindex(logits.shape[:-1]):
        masses = logits[row, draw, chunk, head].double().exp()
        for c in range(4):
            total = masses.sum() if c == 3 else masses.sum() - masses[3]
            above[row, c] += masses[c] / total > (threshold or 1 / 4)
    expected = torch.as_tensor(above / (6 * 2 * 2)).to(scores)
    torch.testing.assert_close(scores, expected)
    assert 0 < expected.mean() < 1


@pytest.mark.parametrize("threshold", [0.0, 1.0, -0.5])
def test_impossible_thresholds_are_refused(model, threshold):
    with pytest.raises(ValueError, match="threshold"):
        fitted(CrossAttentionRule(threshold=threshold), model)


# -- noise and denoise ------------------------------------------------------------


@pytest.mark.parametrize("cls", [NoiseDenoiseRule, NoiseDenoiseVoteRule])
@pytest.mark.parametrize("name", ["euclidean", "cosine"])
def test_own_distance_like_a_built_in_one(model, samples, cls, name):
    def own(x, back):
        if name == "euclidean":
            return torch.linalg.vector_norm(x - back, dim=1) ** 2 / 2
        lengths = x.norm(dim=1) * back.norm(dim=1)
        return 1 - torch.einsum("nd,nd->n", x, back) / lengths

    x, _ = samples
    scores = [
        fitted(cls(distance=distance), model).score_classes(model, x)
        for distance in (name, own)
    ]
    torch.testing.assert_close(*scores)


def test_own_distance_decides(model, samples):
    """Along one feature only, against what one step back to an exact centre makes."""
    x, _ = samples
    rule = NoiseDenoiseRule(
        level=0.5, n_steps=1, n_draws=1, distance=lambda x, back: (x - back)[:, 3].abs()
    )
    scores = fitted(rule, model).score_classes(model, x)
    a, b = model.signal_and_noise(499)
    noised = a * x[:, 3] + b * rule.noise_[0, 3]
    centers = model.centers[:, 3]
    back = centers + a * (noised[:, None] - a * centers)
    torch.testing.assert_close(scores, -(x[:, 3, None] - back).abs())


def test_own_distance_of_a_wrong_shape_is_refused(model, samples):
    x, _ = samples
    rule = fitted(NoiseDenoiseRule(distance=lambda x, back: (x - back).abs()), model)
    with pytest.raises(ValueError, match="one number per row"):
        rule.score_classes(model, x)


# -- elimination ------------------------------------------------------------------


def test_elimination_keeps_the_winner():
    model = ExactDenoiser.random(30, 10, 6, random_covariance(10))
    x, _ = model.sample(10)
    full = fitted(ErrorRule(n_draws=32), model)
    staged = fitted(ErrorRule(n_draws=(4, 32), keep=(3,)), model)
    np.testing.assert_array_equal(full.noise_, staged.noise_)
    one, other = (rule.score_classes(model, x) for rule in (full, staged))
    for kind in (model.seen, ~model.seen):
        best = one[:, kind].argmax(dim=1), other[:, kind].argmax(dim=1)
        assert (best[0] == best[1]).double().mean() > 0.97


def test_elimination_of_none_changes_nothing(model, samples):
    x, _ = samples
    full = fitted(ErrorRule(n_draws=8), model).score_classes(model, x)
    staged = fitted(ErrorRule(n_draws=(2, 8), keep=(N_CLASSES,)), model)
    torch.testing.assert_close(staged.score_classes(model, x), full)


def test_slices_of_the_stages_are_bounded_and_change_nothing(
    model, samples, monkeypatch
):
    x, _ = samples
    rule = fitted(ErrorRule(n_draws=(4, 10), keep=(2,)), model)
    together = rule.score_classes(model, x)
    sizes = []
    plain = ExactDenoiser.squared_errors

    def recorded(self, x_t, t, velocity, columns=None):
        errors = plain(self, x_t, t, velocity, columns)
        sizes.append(errors.numel())
        return errors

    monkeypatch.setattr(ExactDenoiser, "squared_errors", recorded)
    monkeypatch.setattr(blocks, "ROWS_PER_PASS", 16)
    torch.testing.assert_close(rule.score_classes(model, x), together)
    assert max(sizes) <= 16


@pytest.mark.parametrize("keep", [(2, 2), (2, 1)])
def test_evaluations_are_counted_as_they_happen(model, samples, monkeypatch, keep):
    rule = fitted(ErrorRule(n_draws=(4, 10, 12), keep=keep), model)
    x, _ = samples
    happened = []
    plain = ExactDenoiser.squared_errors

    def counted(self, x_t, t, velocity, columns=None):
        errors = plain(self, x_t, t, velocity, columns)
        happened.append(errors.numel())
        return errors

    monkeypatch.setattr(ExactDenoiser, "squared_errors", counted)
    rule.score_classes(model, x)
    assert sum(happened) == len(x) * rule.n_evaluations(N_CLASSES)


def test_order_of_draws_is_spread_at_every_beginning():
    assert sorted(nested_order(7)) == list(range(7))
    np.testing.assert_array_equal(nested_order(8), [0, 4, 2, 6, 1, 5, 3, 7])


@pytest.mark.parametrize(
    ("n_draws", "keep"),
    [
        ((16, 4), (5,)),
        ((2, 4, 8), (2, 4)),
        ((4, 16), ()),
        (16, (5,)),
        ((4, 16), (0,)),
        ((0, 4), (2,)),
    ],
)
def test_impossible_stages_are_refused(model, n_draws, keep):
    with pytest.raises(ValueError, match=r"n_draws=\(4, 16\) and keep=\(5,\)"):
        fitted(ErrorRule(n_draws=n_draws, keep=keep), model)


@pytest.mark.parametrize("levels", [(), (0.0,), (1.5,), 0.3])
def test_impossible_levels_are_refused(model, levels):
    with pytest.raises(ValueError, match="levels"):
        fitted(NoiseDenoiseVoteRule(levels=levels), model)


def test_impossible_range_of_levels_is_refused(model):
    with pytest.raises(ValueError, match="rising"):
        fitted(CrossAttentionRule(levels=(0.5, 0.1)), model)


def test_parameters_of_rules_are_validated(model):
    with pytest.raises(ValueError, match="n_steps"):
        fitted(LikelihoodRule(n_steps=0), model)
