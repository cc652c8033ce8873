"""A denoiser of features, given the description of a class.

Notation: a clean vector `x` is noised to ``x_t = a x + b eps`` with ``a = cos(angle)``
and ``b = sin(angle)``; its velocity is ``v = a eps - b x``. For a normal distribution
with covariance 1 around a centre, the best estimate of the velocity is ``-b center``.
The network starts from it and learns the rest, here called the correction. From the
velocity follow the noise, ``eps = b x_t + a v``, and ``x = a x_t - b v``.

References
----------
Salimans, Ho: Progressive distillation for fast sampling of diffusion models, ICLR 2022.
Peebles, Xie: Scalable diffusion models with transformers, ICCV 2023 (layers that are
scaled and shifted by codes of time and class).
"""

import torch
from torch import nn
from torch.nn import functional

from zsl_estimators.nn.blocks import ROWS_PER_PASS
from zsl_estimators.nn.described import DescribedClasses
from zsl_estimators.nn.diffusion import GaussianDiffusion
from zsl_estimators.nn.embedding import SinusoidalTimeEmbedding


class TimeCode(nn.Sequential):
    """Code of a diffusion time.

    Parameters
    ----------
    dim : int
        Length of the code.
    """

    def __init__(self, dim):
        super().__init__(
            SinusoidalTimeEmbedding(dim),
            nn.Linear(dim, dim),
            nn.SiLU(),
            nn.Linear(dim, dim),
        )


class DescriptionCode(nn.Sequential):
    """Code of a class description.

    Parameters
    ----------
    n_attributes, dim : int
        Lengths of description and code.
    """

    def __init__(self, n_attributes, dim):
        super().__init__(nn.Linear(n_attributes, dim), nn.SiLU(), nn.Linear(dim, dim))


class ModulatedLayer(nn.Module):
    """Normalise, scale and shift by a code, activate, map linearly.

    Parameters
    ----------
    n_in, n_out : int
        Widths.
    code_dim : int
        Length of a code.
    """

    def __init__(self, n_in, n_out, code_dim):
        super().__init__()
        self.modulation = nn.Linear(code_dim, 2 * n_in)
        self.linear = nn.Linear(n_in, n_out)

    def modulate(self, code):
        """Scale and shift side by side, shape (..., 2 * n_in)."""
        return self.modulation(functional.silu(code))

    def activate(self, h, modulation):
        """Everything but the linear map; `modulation` broadcasts against `h`."""
        scale, shift = modulation.chunk(2, dim=-1)
        h = functional.layer_norm(h, h.shape[-1:])
        # 1 is added where there are few rows.
        return functional.silu(torch.addcmul(shift, h, 1 + scale))

    def forward(self, h, code):
        """Map `h`; codes of shape (..., code_dim) broadcast against it."""
        return self.linear(self.activate(h, self.modulate(code)))


class VelocityNetwork(nn.Module):
    """Learns the velocity of noised features of the seen classes.

    Subclasses implement `predict_velocity`.

    Parameters
    ----------
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled descriptions of the seen classes.
    class_centers : Tensor of shape (n_classes, n_features)
        Their centres.
    attribute_noise : float
        Standard deviation of noise on descriptions while training.
    n_steps : int
        Noise levels.
    schedule : {"linear", "cosine"}
        Noise schedule.
    """

    def __init__(
        self, class_attributes, class_centers, attribute_noise, n_steps, schedule
    ):
        super().__init__()
        self.register_buffer("class_attributes", class_attributes)
        self.register_buffer("class_centers", class_centers)
        self.attribute_noise = attribute_noise
        self.diffusion = GaussianDiffusion(n_steps, schedule)

    def forward(self, x_t, t, y):
        """Predict velocities of noised features of seen classes."""
        return self.predict_velocity(x_t, t, y)

    def training_output(self, x, y):
        """Noise features and predict their velocity.

        Parameters
        ----------
        x : Tensor of shape (n, n_features)
            Scaled features.
        y : Tensor of shape (n,)
            Rows of `class_attributes`.

        Returns
        -------
        error : Tensor of shape (n,)
            Mean squared error of the implied noise, the simple loss of diffusion.
        """
        t, eps = self.diffusion.random_times(len(x)), torch.randn_like(x)
        signal, noise = self.diffusion.signal_and_noise(t)
        velocity = self.predict_velocity(signal * x + noise * eps, t, y)
        error = velocity - (signal * eps - noise * x)
        return (signal * error).square().mean(dim=1)

    def predict_velocity(self, x_t, t, y):
        """Velocities of noised features of classes `y` at times `t`."""
        raise NotImplementedError

    def noised_attributes(self, y):
        """Descriptions of classes, noised while training."""
        s = self.class_attributes[y]
        if not self.training:
            return s
        return s + self.attribute_noise * torch.randn_like(s)


class ConditionalDenoiser(VelocityNetwork):
    """Predicts the velocity of noised features under the description of a class.

    All layers but the last are the same for every class, which makes it cheap to score
    all of them.

    Parameters
    ----------
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled descriptions of the seen classes.
    class_centers : Tensor of shape (n_classes, n_features)
        Their centres.
    hidden : int, default=256
        Width.
    n_blocks : int, default=4
        Residual blocks.
    code_dim : int, default=128
        Length of the codes of time and class.
    attribute_noise, n_steps, schedule
        See :class:`VelocityNetwork`.
    """

    def __init__(
        self,
        class_attributes,
        class_centers,
        hidden=256,
        n_blocks=4,
        code_dim=128,
        attribute_noise=0.1,
        n_steps=1000,
        schedule="linear",
    ):
        super().__init__(
            class_attributes, class_centers, attribute_noise, n_steps, schedule
        )
        n_features, n_attributes = class_centers.shape[1], class_attributes.shape[1]
        self.time = TimeCode(code_dim)
        self.describe = DescriptionCode(n_attributes, code_dim)
        self.enter = nn.Linear(n_features, hidden)
        self.blocks = nn.ModuleList(
            ModulatedLayer(hidden, hidden, code_dim) for _ in range(n_blocks)
        )
        self.leave = ModulatedLayer(hidden, n_features, code_dim)
        nn.init.zeros_(self.leave.linear.weight)
        nn.init.zeros_(self.leave.linear.bias)

    def predict_velocity(self, x_t, t, y):
        """Velocities under the descriptions of classes `y`."""
        predict = self.prepared(x_t, t)
        return predict(self.noised_attributes(y), self.class_centers[y])

    def prepared(self, x_t, t):
        """Do all that does not need the description.

        Parameters
        ----------
        x_t : Tensor of shape (n, n_features)
            Noised vectors.
        t : Tensor of shape (n,) or (1,)
            Their times.

        Returns
        -------
        velocity : callable
            ``velocity(s, centers)``.
        """
        code = self.time(t)
        noise = self.diffusion.signal_and_noise(t)[1]
        h = self.trunk(x_t, code)

        def velocity(s, centers):
            return self.leave(h, code + self.describe(s)) - noise * centers

        return velocity

    def trunk(self, x_t, time_code):
        """Last hidden layer, which does not know the class."""
        h = self.enter(x_t)
        for block in self.blocks:
            h = h + block(h, time_code)
        return h

    def with_classes(self, attributes, centers, seen):
        """Fix the classes that the denoiser is conditioned on.

        Parameters
        ----------
        attributes : Tensor of shape (n_classes, n_attributes)
            Scaled descriptions.
        centers : Tensor of shape (n_classes, n_features)
            Centres.
        seen : Tensor of shape (n_classes,)
            False for classes without training samples.

        Returns
        -------
        model : ClassDenoiser
            What decides.
        """
        return ClassDenoiser(self, attributes, centers, seen)


class ClassDenoiser(DescribedClasses):
    """A denoiser and the classes that it is conditioned on.

    Parameters
    ----------
    network : ConditionalDenoiser
        Trained.
    attributes, centers, seen : Tensor
        See :meth:`ConditionalDenoiser.with_classes`.
    """

    def __init__(self, network, attributes, centers, seen):
        super().__init__(network, attributes, centers, seen)
        self._modulations, self._root = {}, None

    def correction(self, x_t, t):
        """Correct the velocity of one vector per class.

        Parameters
        ----------
        x_t : Tensor of shape (n, n_classes, n_features)
            Noised vectors.
        t : int
            Their time.

        Returns
        -------
        correction : Tensor of shape (n, n_classes, n_features)
            To be added to ``-b center``.
        """
        time = torch.tensor([t], device=x_t.device)
        h = self.network.trunk(x_t, self.network.time(time))
        layer = self.network.leave
        return layer.linear(layer.activate(h, self._modulation(time)[0]))

    def clean(self, x_t, t):
        """Estimate the clean vectors behind one noised vector per class."""
        signal, noise = self.signal_and_noise(t)
        velocity = self.correction(x_t, t) - noise * self.centers
        return signal * x_t - noise * velocity

    def prepared(self, x_t, t):
        """See :meth:`ConditionalDenoiser.prepared`."""
        return self.network.prepared(x_t, t)

    def squared_errors(self, x_t, t, velocity, columns=None):
        """Errors of the velocity predicted under many classes, in one pass.

        Only the activations of the last layer are made per class: with its matrix W,
        its activations g and the rest r of the velocity, the error is
        ``|r|^2 - 2 g.(W' r) + |W g|^2``.

        Parameters
        ----------
        x_t : Tensor of shape (n, n_draws, n_features)
            Noised vectors.
        t : Tensor of shape (n_draws,)
            Times.
        velocity : Tensor of shape (n, n_draws, n_features)
            True velocities.
        columns : Tensor of shape (n, n_wanted) or None, default=None
            Classes wanted for each row. None is all of them.

        Returns
        -------
        errors : Tensor of shape (n, n_draws, n_wanted)
            Squared distances.
        """
        layer, noise = self.network.leave, self.diffusion.signal_and_noise(t)[1]
        centers, modulation = self.centers, self._modulation(t)
        if columns is not None:
            centers = centers[columns]
            modulation = modulation[:, columns].transpose(0, 1)
        rest = velocity - layer.linear.bias
        lengths = rest.square().sum(dim=-1, keepdim=True)
        lengths = lengths + 2 * noise * (rest @ centers.mT)
        lengths = lengths + noise**2 * centers.square().sum(dim=-1)[..., None, :]
        h = self.network.trunk(x_t, self.network.time(t)).unsqueeze(2)
        g = layer.activate(h, modulation)
        pull = (centers @ layer.linear.weight)[..., None, :, :]
        pull = (rest @ layer.linear.weight).unsqueeze(2) + noise[:, :, None] * pull
        predicted = (g @ self._root_of_gram().T).square().sum(dim=-1)
        return lengths - 2 * (g * pull).sum(dim=-1) + predicted

    def _modulation(self, t):
        """Scales and shifts of the last layer, shape (n_times, n_classes, ...)."""
        key = tuple(t.tolist())
        if key not in self._modulations:
            n_times = sum(map(len, self._modulations)) + len(key)
            if n_times * self.n_classes > ROWS_PER_PASS:
                self._modulations.clear()
            codes = self.network.describe(self.attributes)
            codes = self.network.time(t)[:, None] + codes
            self._modulations[key] = self.network.leave.modulate(codes)
        return self._modulations[key]

    def _root_of_gram(self):
        """The last matrix, or a smaller one that gives the same lengths."""
        weight = self.network.leave.linear.weight
        if weight.shape[0] <= weight.shape[1]:
            return weight
        if self._root is None:
            # On the CPU, for not every device knows how.
            values, vectors = torch.linalg.eigh((weight.T @ weight).cpu())
            self._root = (vectors * values.clamp(min=0).sqrt()).T.to(weight.device)
        return self._root


class DenoisingLoss(nn.Module):
    """Mean of the errors that a denoiser hands over, by name."""

    def forward(self, errors, y):
        """Return the loss by name."""
        return {"denoising_loss": errors.mean()}
