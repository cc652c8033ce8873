"""The schedule and its closed forms, in float64."""

import numpy as np
import pytest
import torch

from zsl_estimators.nn import GaussianDiffusion, make_betas, reverse_process

TYPES = ("x0", "eps", "v")


@pytest.fixture(autouse=True)
def double():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture(params=["linear", "cosine"])
def diffusion(request):
    return GaussianDiffusion(1000, request.param)


@pytest.fixture
def vectors():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(2, 6, 4, generator=generator)


def test_linear_schedule_is_that_of_the_ddpm_paper():
    betas = make_betas(1000, "linear")
    assert betas[0] == pytest.approx(1e-4)
    assert betas[-1] == pytest.approx(0.02)
    # sqrt(abar_T) is about 1 / 157.
    final = GaussianDiffusion(1000, "linear").alpha_bar[-1]
    assert 1 / final.sqrt() == pytest.approx(157, abs=1)


def test_cosine_schedule_follows_its_curve():
    """abar_t = f(t) / f(0) with f a squared cosine, wherever no beta is clipped."""
    alpha_bar = GaussianDiffusion(1000, "cosine").alpha_bar

    def f(t):
        return np.cos((t / 1000 + 0.008) / 1.008 * np.pi / 2) ** 2

    t = np.arange(1, 999)
    np.testing.assert_allclose(alpha_bar[:998], f(t) / f(0), rtol=1e-9)


@pytest.mark.parametrize("n_steps", [2, 10, 1000])
@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_signal_falls_and_variance_is_preserved(n_steps, schedule):
    diffusion = GaussianDiffusion(n_steps, schedule)
    signal, noise = diffusion.signal_and_noise(torch.arange(n_steps))
    np.testing.assert_allclose(signal**2 + noise**2, 1, rtol=1e-14)
    assert (signal.diff(dim=0) < 0).all()
    assert signal.min() > 0


def test_forward_process_composes_single_steps(diffusion):
    """Adding noise step by step gives the same mean and variance as at once."""
    alphas = 1 - make_betas(1000, "linear")
    if not torch.allclose(torch.cumprod(alphas, 0), diffusion.alpha_bar):
        alphas = diffusion.alpha_bar / torch.cat(
            [torch.ones(1), diffusion.alpha_bar[:-1]]
        )
    factor, variance = 1.0, 0.0
    for alpha in alphas[:501]:
        factor, variance = factor * alpha.sqrt(), variance * alpha + 1 - alpha
    signal, noise = diffusion.signal_and_noise(500)
    assert factor.item() == pytest.approx(signal.item(), rel=1e-10)
    assert variance.item() == pytest.approx(noise.item() ** 2, rel=1e-10)


@pytest.mark.parametrize(("t", "t_next"), [(1, 0), (500, 499), (999, 899), (400, 10)])
def test_posterior_is_a_product_of_gaussians(diffusion, vectors, t, t_next):
    """q(s_next | s_t, s0) is proportional to q(s_t | s_next) q(s_next | s0)."""
    s0, s_t = vectors
    mean, variance = diffusion.posterior(s0, s_t, t, t_next)
    signal = diffusion.signal_and_noise(t)[0]
    signal_next, noise_next = diffusion.signal_and_noise(t_next)
    step = signal / signal_next
    step_variance = 1 - step**2
    precision = step**2 / step_variance + 1 / noise_next**2
    weighted = step * s_t / step_variance + signal_next * s0 / noise_next**2
    np.testing.assert_allclose(variance, 1 / precision, rtol=1e-7)
    np.testing.assert_allclose(mean, weighted / precision, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("t", [100, 999])
def test_posterior_towards_clean_has_no_variance(diffusion, vectors, t):
    mean, variance = diffusion.posterior(*vectors, t, -1)
    np.testing.assert_allclose(mean, vectors[0], atol=1e-9)
    assert variance.abs().max() < 1e-15


@pytest.mark.parametrize("prediction_type", TYPES)
@pytest.mark.parametrize("t", [0, 10, 500, 999])
def test_predictions_convert_to_clean_and_back(diffusion, vectors, prediction_type, t):
    s0, eps = vectors
    s_t = diffusion.add_noise(s0, eps, t)
    target = diffusion.target(s0, eps, t, prediction_type)
    clean = diffusion.to_clean(target, s_t, t, prediction_type)
    np.testing.assert_allclose(clean, s0, atol=1e-8)
    np.testing.assert_allclose(diffusion.to_noise(clean, s_t, t), eps, atol=1e-6)


def test_noise_error_is_the_clean_error_times_snr(diffusion, vectors):
    s0, eps = vectors
    guess = s0 + 0.1
    s_t = diffusion.add_noise(s0, eps, 300)
    noise_error = (diffusion.to_noise(guess, s_t, 300) - eps).square()
    expected = diffusion.snr(300) * (guess - s0).square()
    np.testing.assert_allclose(noise_error, expected, rtol=1e-9)


@pytest.mark.parametrize("n_passes", [1, 4, 10])
@pytest.mark.parametrize("ancestral", [False, True])
def test_perfect_denoiser_recovers_the_clean_vector(
    diffusion, vectors, n_passes, ancestral
):
    s0, start = vectors
    noise = torch.randn(n_passes, 1, 4) if ancestral else None
    times = diffusion.times(n_passes)
    path = list(reverse_process(lambda s, t: s0, diffusion, start, times, noise))
    assert path[-1][0] == -1
    np.testing.assert_allclose(path[-1][1], s0, atol=1e-9)


def test_ddim_with_a_perfect_denoiser_stays_on_the_forward_path(diffusion, vectors):
    s0, eps = vectors
    times = diffusion.times(5)
    start = diffusion.add_noise(s0, eps, times[0])
    for t, s, _ in reverse_process(lambda s, t: s0, diffusion, start, times):
        expected = s0 if t < 0 else diffusion.add_noise(s0, eps, t)
        np.testing.assert_allclose(s, expected, atol=1e-7)


def test_ancestral_sampling_has_the_right_spread(diffusion):
    """With a perfect denoiser the vectors at each time follow q(s_t | s0)."""
    torch.manual_seed(0)
    s0 = torch.full((20_000, 1), 2.0)
    times = diffusion.times(4)
    start = diffusion.add_noise(s0, torch.randn_like(s0), times[0])
    noise = torch.randn(4, 20_000, 1)
    for t, s, _ in reverse_process(lambda s, t: s0, diffusion, start, times, noise):
        signal, spread = diffusion.signal_and_noise(t)
        assert s.mean().item() == pytest.approx(2 * signal.item(), abs=0.03)
        assert s.std().item() == pytest.approx(spread.item(), abs=0.03)


def test_times_fall_and_start_at_the_last():
    diffusion = GaussianDiffusion(1000)
    assert diffusion.times(1) == [999]
    assert diffusion.times(10) == [999, 899, 799, 699, 599, 499, 399, 299, 199, 99]
    assert diffusion.times(1000) == list(range(999, -1, -1))
