"""GAN of features whose critic also classifies, with visual pivots.

References
----------
Zhu, Elhoseiny, Liu, Peng, Elgammal: A generative adversarial approach for zero-shot
learning from noisy texts, CVPR 2018.
Odena, Olah, Shlens: Conditional image synthesis with auxiliary classifier GANs, ICML
2017 (a critic that classifies).
"""

import torch
from torch import nn
from torch.nn import functional

from zsl_estimators.nn.gan import (
    AdversarialLoss,
    AdversarialNetwork,
    ConditionalGenerator,
    Critic,
    leaky_relu,
    normal_linear,
)
from zsl_estimators.nn.gan_terms import GroupLassoTerm, PivotTerm, WeightDecayTerm

# Of the classification loss in that of the generator, relative to the critic's.
GENERATOR_SHARE = 0.5


class ConditionedGenerator(nn.Module):
    """A generator that gets descriptions through a linear layer, to suppress noise.

    Parameters
    ----------
    n_attributes : int
        Length of a description.
    condition_dim : int
        Width of the layer.
    new_generator : callable
        Makes the generator, a :class:`ConditionalGenerator`, given the length of what
        it gets as description.
    """

    def __init__(self, n_attributes, condition_dim, new_generator):
        super().__init__()
        self.condition = normal_linear(n_attributes, condition_dim)
        self.generator = new_generator(condition_dim)

    @property
    def noise_dim(self):
        """Length of the noise vector of one sample."""
        return self.generator.noise_dim

    def forward(self, noise, attributes, centers):
        """Generate one row of features per row of noise."""
        return self.generator(noise, self.condition(attributes), centers)

    def encode_classes(self, attributes, centers):
        """What comes from the class, see :class:`ConditionalGenerator`."""
        return self.generator.encode_classes(self.condition(attributes), centers)

    def generate(self, noise, from_class, centers):
        """Generate a row of features per row of noise and of encoded classes."""
        return self.generator.generate(noise, from_class, centers)

    def synthesise(self, noise, attributes, centers):
        """Generate features, see :meth:`forward`."""
        return self(noise, attributes, centers)


class ClassifyingCritic(Critic):
    """Scores how real features look, of whatever class, and classifies them.

    Parameters
    ----------
    n_features : int
        Number of features.
    n_classes : int
        Number of seen classes.
    hidden : sequence of int, default=(4096,)
        Widths of the hidden layers, which score and logits share.
    """

    def __init__(self, n_features, n_classes, hidden=(4096,)):
        super().__init__(n_features, None, hidden)
        self.class_head = normal_linear(hidden[-1], n_classes)

    def score_and_logits(self, first):
        """Scores and logits of rows by the values of their first layer."""
        last_hidden = self.rest[:-1](leaky_relu(first))
        return self.rest[-1](last_hidden).squeeze(1), self.class_head(last_hidden)


class GAZSLNetwork(AdversarialNetwork):
    """Generator and classifying critic of GAZSL.

    Parameters
    ----------
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled descriptions of the seen classes.
    class_centers : Tensor of shape (n_classes, n_features)
        Base means of the seen classes.
    coloring : Tensor of shape (n_features, n_features) or None
        See :class:`ConditionalGenerator`.
    noise_dim : int
        Noise of the generator.
    generator_hidden, critic_hidden : sequence of int
        Widths of the hidden layers.
    output_activation : {"relu", "sigmoid", "tanh", "linear"}
        See :class:`ConditionalGenerator`.
    condition_dim : int or None, default=None
        Width of a linear layer between descriptions and generator. None: there is
        none.
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
        condition_dim=None,
    ):
        n_classes, n_features = class_centers.shape
        n_attributes = class_attributes.shape[1]

        def new_generator(n_conditions):
            return ConditionalGenerator(
                n_features,
                n_conditions,
                noise_dim,
                generator_hidden,
                output_activation,
                coloring,
            )

        if condition_dim is None:
            generator = new_generator(n_attributes)
        else:
            generator = ConditionedGenerator(n_attributes, condition_dim, new_generator)
        critic = ClassifyingCritic(n_features, n_classes, critic_hidden)
        super().__init__(generator, critic, class_attributes, class_centers)


class GAZSLLoss(AdversarialLoss):
    """Losses of the critic and of the generator of GAZSL.

    Parameters
    ----------
    class_means : Tensor of shape (n_classes, n_features)
        Means of the real features of the seen classes.
    gp_weight : float, default=10.0
        Weight of the gradient penalty.
    cls_weight : float, default=1.0
        Weight of the classification of real and of generated features in the loss of
        the critic; in that of the generator it is half.
    pivot_weight : float, default=5.0
        Weight of the visual pivot.
    pivot_rows : {"pairs", "batch"}, default="pairs"
        See :class:`~zsl_estimators.nn.gan_terms.PivotTerm`.
    weight_decay : float, default=1e-3
        Weight of the squared weights of the generator.
    lasso_weight : float, default=0.0
        Weight of the group lasso of the layer between descriptions and generator; 0
        where there is none.
    """

    def __init__(
        self,
        class_means,
        gp_weight=10.0,
        cls_weight=1.0,
        pivot_weight=5.0,
        pivot_rows="pairs",
        weight_decay=1e-3,
        lasso_weight=0.0,
    ):
        terms = {
            "pivot": PivotTerm(pivot_weight, class_means, pivot_rows),
            "decay": WeightDecayTerm(weight_decay),
            "lasso": GroupLassoTerm(lasso_weight),
        }
        super().__init__(
            gp_weight, {name: term for name, term in terms.items() if term.weight}
        )
        self.cls_weight = cls_weight

    def critic(self, network, x, y):
        """Loss of the critic on a batch, and its parts by name."""
        with torch.no_grad():
            fake = network.synthesise_like(y)
        real, fake, penalty = self.first_layers_and_penalty(
            network.critic, x, fake, network.class_attributes[y]
        )
        score_real, logits_real = network.critic.score_and_logits(real)
        score_fake, logits_fake = network.critic.score_and_logits(fake)
        distance = (score_real - score_fake).mean()
        entropy = functional.cross_entropy(logits_real, y)
        entropy = entropy + functional.cross_entropy(logits_fake, y)
        classification = self.cls_weight * entropy
        parts = {
            "wasserstein_estimate": distance,
            "penalty_loss": penalty,
            "critic_classification_loss": classification,
        }
        return penalty - distance + classification, parts

    def generator(self, network, x, y):
        """Loss of the generator for the labels of a batch, and its parts by name."""
        fake = network.synthesise_like(y)
        first = network.critic.first_layer(fake, network.class_attributes[y])
        score, logits = network.critic.score_and_logits(first)
        entropy = functional.cross_entropy(logits, y)
        parts = {
            "adversarial_loss": -score.mean(),
            "classification_loss": GENERATOR_SHARE * self.cls_weight * entropy,
            **self.term_parts(network, fake, y),
        }
        return sum(parts.values()), parts
