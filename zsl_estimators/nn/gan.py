"""Conditional Wasserstein GAN of feature vectors, as in f-CLSWGAN.

References
----------
Xian, Lorenz, Schiele, Akata: Feature generating networks for zero-shot learning,
CVPR 2018.
Gulrajani et al.: Improved training of Wasserstein GANs, NIPS 2017.
Narayan et al.: Latent embedding feedback and discriminative features for zero-shot
classification, ECCV 2020 (the penalty weight that follows the penalty).
"""

from itertools import pairwise

import torch
from torch import nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from zsl_estimators.nn.gan_terms import ClassificationTerm, row_norms
from zsl_estimators.nn.mixed_precision import full_precision

NEGATIVE_SLOPE = 0.2
# Where a penalty weight that follows the penalty wants it, and its steps.
PENALTY_RANGE, PENALTY_STEP = (1.001, 1.05), 1.1
OUTPUT_ACTIVATIONS = {
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "linear": lambda features: features,
}


class ConditionalGenerator(nn.Module):
    """Turns noise and a class description into features.

    With `coloring` it is residual: it adds its output to a sample of a normal
    distribution, whose mean is handed over, and starts at zero, so that an untrained
    generator samples that distribution.

    Parameters
    ----------
    n_features : int
        Number of features.
    n_attributes : int
        Length of a description.
    noise_dim : int
        Length of the noise vector that the network gets.
    hidden : sequence of int, default=(4096,)
        Widths of the hidden layers.
    output_activation : {"relu", "sigmoid", "tanh", "linear"}, default="relu"
        Applied to the features.
    coloring : Tensor of shape (n_features, n_features) or None, default=None
        Makes the noise of that distribution: ``standard normal rows @ coloring``.
        None: the output stands alone.
    """

    def __init__(
        self,
        n_features,
        n_attributes,
        noise_dim,
        hidden=(4096,),
        output_activation="relu",
        coloring=None,
    ):
        super().__init__()
        self.net_noise_dim = noise_dim
        self.output_activation = output_activation
        self.net = perceptron((noise_dim + n_attributes, *hidden, n_features))
        self.register_buffer("coloring", coloring)
        if coloring is not None:
            nn.init.zeros_(self.net[-1].weight)

    @property
    def noise_dim(self):
        """Length of the noise vector of one sample."""
        base_dim = 0 if self.coloring is None else len(self.coloring)
        return self.net_noise_dim + base_dim

    def forward(self, noise, attributes, centers):
        """Generate one row of features per row of noise.

        Parameters
        ----------
        noise : Tensor of shape (n_rows, noise_dim)
            Standard normal.
        attributes : Tensor of shape (n_rows, n_attributes)
            Scaled descriptions.
        centers : Tensor of shape (n_rows, n_features)
            Base means; not used without `coloring`.

        Returns
        -------
        features : Tensor of shape (n_rows, n_features)
            Scaled features.
        """
        return self.generate(noise, *self.encode_classes(attributes, centers))

    def encode_classes(self, attributes, centers):
        """What comes from the class: its part of the first layer, and its base mean.

        The first layer is linear in noise and description, so that the latter's part is
        computed once per class where there are more rows than classes.
        """
        first = self.net[0]
        from_attributes = first.weight[:, self.net_noise_dim :]
        return functional.linear(attributes, from_attributes, first.bias), centers

    def generate(self, noise, from_class, centers):
        """Generate a row of features per row of noise and of encoded classes."""
        z, base_noise = noise.tensor_split([self.net_noise_dim], dim=1)
        features = self.net[1:](self.first_layer(z, from_class))
        if self.coloring is not None:
            features = features + centers + base_noise @ self.coloring
        return OUTPUT_ACTIVATIONS[self.output_activation](features)

    def first_layer(self, z, from_class):
        """Values of the first layer for noise of the network, before activation."""
        of_noise = self.net[0].weight[:, : self.net_noise_dim]
        return torch.addmm(from_class, z, of_noise.T)

    def synthesise(self, noise, attributes, centers):
        """Generate features, see :meth:`forward`."""
        return self(noise, attributes, centers)


class Critic(nn.Module):
    """Scores how real features look for a class description.

    The first layer has one matrix for features and one for descriptions, so that what
    comes from the description is computed once for real and generated rows.

    Parameters
    ----------
    n_features : int
        Number of features.
    n_attributes : int or None
        Length of a description. None: the critic is not told the class.
    hidden : sequence of int, default=(4096,)
        Widths of the hidden layers.
    """

    def __init__(self, n_features, n_attributes, hidden=(4096,)):
        super().__init__()
        self.from_features = normal_linear(n_features, hidden[0])
        self.from_attributes = (
            no_condition
            if n_attributes is None
            else normal_linear(n_attributes, hidden[0], bias=False)
        )
        self.rest = perceptron((*hidden, 1))

    @property
    def has_one_hidden_layer(self):
        """Whether the gradient has a closed form."""
        return len(self.rest) == 1

    def first_layer(self, features, attributes):
        """Values of the first hidden layer before its activation."""
        return self.from_features(features) + self.from_attributes(attributes)

    def score(self, first):
        """Score rows by the values of their first layer, shape (n_rows,)."""
        return self.rest(leaky_relu(first)).squeeze(1)

    def forward(self, features, attributes):
        """Score rows, shape (n_rows,); larger is more real."""
        return self.score(self.first_layer(features, attributes))

    def first_layers_and_gradient(self, real, fake, attributes, mix):
        """First layers of real and fake rows, gradient of the score between them.

        The gradient is that in the features, for one hidden layer.
        """
        return FirstLayersAndGradient.apply(
            torch.cat([real, fake]),
            self.from_attributes(attributes),
            mix,
            self.from_features.weight,
            self.from_features.bias,
            self.rest[0].weight,
        )


class FirstLayersAndGradient(torch.autograd.Function):
    """What a critic with one hidden layer needs of its first matrix, in few passes.

    The first layer is linear: between rows lie, mixed alike, its values. The gradient
    of the score in the features is exact, and so are the gradients of its
    parameters: the slopes are constant almost everywhere, so that they need no second
    derivative. Backward, first layers and gradient share the one large product that
    makes the gradient of the matrix.
    """

    @staticmethod
    def forward(ctx, features, from_attributes, mix, weight, bias, last):
        """First layers of real and fake rows, shape (n_rows, n_hidden); gradient."""
        first = torch.addmm(bias, features, weight.T)
        real, fake = first.unflatten(0, (2, -1)) + from_attributes
        active = torch.lerp(fake, real, mix) > 0
        slopes = torch.full_like(real, NEGATIVE_SLOPE).masked_fill_(active, 1.0)
        ctx.save_for_backward(features, weight, last, slopes)
        return real, fake, slopes * last @ weight

    @staticmethod
    @once_differentiable
    def backward(ctx, real, fake, gradient):
        """Gradients in the inputs from those in the outputs; none in `features`."""
        features, weight, last, slopes = ctx.saved_tensors
        into_layer = torch.cat([real, fake, slopes * last])
        into_weight = into_layer.T @ torch.cat([features, gradient])
        into_bias = real.sum(dim=0) + fake.sum(dim=0)
        into_last = (slopes * (gradient @ weight.T)).sum(dim=0, keepdim=True)
        return None, real + fake, None, into_weight, into_bias, into_last


def critic_losses(critic, real, fake, attributes, mix):
    """Wasserstein gaps of the critic and its gradient penalty.

    Parameters
    ----------
    critic : Critic
        Rates rows.
    real, fake : Tensor of shape (n_rows, n_features)
        Real and generated features of the same classes; nothing flows back to them.
    attributes : Tensor of shape (n_rows, n_attributes)
        Descriptions of these classes.
    mix : Tensor of shape (n_rows, 1)
        Where between fake (0) and real (1) the gradient is taken.

    Returns
    -------
    gaps : Tensor of shape (n_rows,)
        Score of each real row minus that of the fake one. Their mean estimates the
        Wasserstein distance; the critic's loss is its negative.
    penalty : Tensor
        Mean of ``(norm of the gradient - 1)^2``.
    """
    real, fake, penalty = first_layers_and_penalty(critic, real, fake, attributes, mix)
    return critic.score(real) - critic.score(fake), penalty


def first_layers_and_penalty(critic, real, fake, attributes, mix):
    """First layers of real and fake rows and the penalty; see :func:`critic_losses`."""
    if not critic.has_one_hidden_layer:
        between = torch.lerp(fake, real, mix)
        penalty = gradient_penalty(critic, between, attributes)
        first = (critic.first_layer(rows, attributes) for rows in (real, fake))
        return *first, penalty
    real, fake, gradient = critic.first_layers_and_gradient(real, fake, attributes, mix)
    return real, fake, unit_norm_penalty(gradient)


def gradient_penalty(critic, features, attributes):
    """Gradient penalty of any critic, by double backward."""
    features = features.detach().requires_grad_()
    with full_precision():
        scores = critic(features, attributes).sum()
    (gradient,) = torch.autograd.grad(scores, features, create_graph=True)
    return unit_norm_penalty(gradient)


def unit_norm_penalty(gradient):
    """Mean squared distance of row norms from 1; smooth where a row is zero."""
    return (row_norms(gradient) - 1).square().mean()


class AdversarialNetwork(nn.Module):
    """Generator and critic, with the tables of the seen classes.

    Parameters
    ----------
    generator : Module
        Such as :class:`ConditionalGenerator`.
    critic : Module
        Such as :class:`Critic`.
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled descriptions of the seen classes.
    class_centers : Tensor of shape (n_classes, n_features)
        Base means of the seen classes.
    """

    def __init__(self, generator, critic, class_attributes, class_centers):
        super().__init__()
        self.generator = generator
        self.critic = critic
        self.register_buffer("class_attributes", class_attributes)
        self.register_buffer("class_centers", class_centers)

    def forward(self, noise, attributes, centers):
        """Generate features, see :class:`ConditionalGenerator`."""
        return self.generator(noise, attributes, centers)

    def synthesise_like(self, y):
        """Generate one row of features for every label of seen classes."""
        return self.synthesise_from(self.class_attributes[y], self.class_centers[y])

    def synthesise_from(self, attributes, centers):
        """Generate one row of features for every description with its base mean."""
        n_rows, device = len(attributes), attributes.device
        noise = torch.randn(n_rows, self.generator.noise_dim, device=device)
        return self.generator(noise, attributes, centers)

    def fake_like(self, x, y):
        """Generate what the critic should tell from a real batch."""
        return self.synthesise_like(y)


class FGANNetwork(AdversarialNetwork):
    """Generator and critic of f-CLSWGAN.

    Parameters
    ----------
    class_attributes, class_centers : Tensor
        See :class:`AdversarialNetwork`.
    coloring : Tensor of shape (n_features, n_features) or None
        See :class:`ConditionalGenerator`.
    noise_dim : int
        Noise of the generator.
    generator_hidden, critic_hidden : sequence of int
        Widths of the hidden layers.
    output_activation : {"relu", "sigmoid", "tanh", "linear"}
        See :class:`ConditionalGenerator`.
    """

    def __init__(
        self,
        class_attributes,
        class_centers,
        coloring,
        noise_dim,
        generator_hidden,
        critic_hidden,
        output_activation,
    ):
        n_features, n_attributes = class_centers.shape[1], class_attributes.shape[1]
        generator = ConditionalGenerator(
            n_features,
            n_attributes,
            noise_dim,
            generator_hidden,
            output_activation,
            coloring,
        )
        critic = Critic(n_features, n_attributes, critic_hidden)
        super().__init__(generator, critic, class_attributes, class_centers)


class PenaltyWeight(nn.Module):
    """Weight of gradient penalties, which may follow their size.

    Parameters
    ----------
    weight : float
        The weight at first.
    adaptive : bool, default=False
        Whether it moves, once per step of the generator, until the penalty of the steps
        of the critic before lies within `PENALTY_RANGE`, as TF-VAEGAN does.
    """

    def __init__(self, weight, adaptive=False):
        super().__init__()
        self.adaptive = adaptive
        self.register_buffer("weight", torch.tensor(float(weight)))
        self.register_buffer("penalty_sum", torch.tensor(0.0))
        self.n_penalties = 0

    def forward(self, penalty):
        """Weigh the penalty of a step of the critic."""
        if self.adaptive:
            self.penalty_sum += penalty.detach()
            self.n_penalties += 1
        return self.weight * penalty

    def adapt(self):
        """Move the weight; nothing happens without a new penalty."""
        if self.n_penalties:
            low, high = PENALTY_RANGE
            usual = self.penalty_sum / self.n_penalties
            exponent = (usual > high).float() - (usual < low).float()
            self.weight *= PENALTY_STEP**exponent
            self.penalty_sum.zero_()
            self.n_penalties = 0


class WassersteinLoss(nn.Module):
    """Loss of a critic, the base of losses that add one for the generator.

    Parameters
    ----------
    gp_weight : float
        Weight of the gradient penalty (lambda in the papers).
    adaptive_penalty : bool, default=False
        See :class:`PenaltyWeight`.
    """

    def __init__(self, gp_weight, adaptive_penalty=False):
        super().__init__()
        self.penalty_weight = PenaltyWeight(gp_weight, adaptive_penalty)

    def critic(self, network, x, y):
        """Loss of the critic on a batch, and its parts by name."""
        with torch.no_grad():
            fake = network.fake_like(x, y)
        return self._critic_loss(network.critic, x, fake, network.class_attributes[y])

    def _critic_loss(self, critic, x, fake, attributes):
        real, fake, penalty = self.first_layers_and_penalty(critic, x, fake, attributes)
        distance = (critic.score(real) - critic.score(fake)).mean()
        parts = {"wasserstein_estimate": distance, "penalty_loss": penalty}
        return penalty - distance, parts

    def first_layers_and_penalty(self, critic, x, fake, attributes):
        """First layers of the critic for real and fake rows, and the penalty."""
        mix = torch.rand(len(x), 1, device=x.device)
        real, fake, penalty = first_layers_and_penalty(critic, x, fake, attributes, mix)
        return real, fake, self.penalty_weight(penalty)


class AdversarialLoss(WassersteinLoss):
    """Losses of the critic and of the generator.

    Parameters
    ----------
    gp_weight : float
        Weight of the gradient penalty.
    terms : dict of str to Module
        By name, what is added to the loss of the generator, see
        :mod:`~zsl_estimators.nn.gan_terms`.
    """

    def __init__(self, gp_weight, terms):
        super().__init__(gp_weight)
        self.terms = nn.ModuleDict(terms)

    def generator(self, network, x, y):
        """Loss of the generator for the labels of a batch, and its parts by name."""
        fake = network.synthesise_like(y)
        score = network.critic(fake, network.class_attributes[y]).mean()
        parts = {"adversarial_loss": -score}
        parts |= self.term_parts(network, fake, y)
        return sum(parts.values()), parts

    def term_parts(self, network, fake, y):
        """Losses of the terms for generated features of classes, by name."""
        return {
            f"{name}_loss": term(network, fake, y) for name, term in self.terms.items()
        }


class FGANLoss(AdversarialLoss):
    """Losses of the critic and of the generator of f-CLSWGAN.

    Parameters
    ----------
    gp_weight : float
        Weight of the gradient penalty (lambda in the paper).
    cls_weight : float
        Weight of the classification loss (beta in the paper).
    classifier : Module or None
        See :class:`~zsl_estimators.nn.gan_terms.ClassificationTerm`.
    """

    def __init__(self, gp_weight, cls_weight, classifier):
        term = ClassificationTerm(cls_weight, classifier)
        super().__init__(gp_weight, {"classification": term})


def perceptron(widths):
    """Linear layers with leaky ReLU between them."""
    layers = [normal_linear(*widths[:2])]
    for n_in, n_out in pairwise(widths[1:]):
        layers += [nn.LeakyReLU(NEGATIVE_SLOPE), normal_linear(n_in, n_out)]
    return nn.Sequential(*layers)


def no_condition(attributes):
    """What comes from the description where a critic is not told it."""
    return attributes.new_zeros(())


def normal_linear(n_in, n_out, bias=True):
    """Linear layer with weights from N(0, 0.02^2) and intercept 0, as in DCGAN."""
    layer = nn.Linear(n_in, n_out, bias=bias)
    nn.init.normal_(layer.weight, std=0.02)
    if bias:
        nn.init.zeros_(layer.bias)
    return layer


def leaky_relu(values):
    """The activation of all hidden layers."""
    return functional.leaky_relu(values, NEGATIVE_SLOPE)
