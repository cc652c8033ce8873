"""The second critic of f-VAEGAN-D2, which compares with rows of unknown classes.

References
----------
Xian, Sharma, Schiele, Akata: f-VAEGAN-D2: A feature generating framework for any-shot
learning, CVPR 2019.
"""

import torch
from torch import nn

from zsl_estimators.nn.gan import Critic, PenaltyWeight, critic_losses


class UnlabelledCritic(nn.Module):
    """Scores how much rows look like unlabelled ones; it is told no class.

    Parameters
    ----------
    attributes : Tensor of shape (n_classes, n_attributes)
        Scaled descriptions of the classes that the rows may be of.
    centers : Tensor of shape (n_classes, n_features)
        Base means of these.
    hidden : sequence of int
        Widths of the hidden layers.

    Attributes
    ----------
    rows : Tensor of shape (n_rows, n_features) or None
        The unlabelled rows, scaled; :meth:`give_rows` sets them.
    """

    def __init__(self, attributes, centers, hidden):
        super().__init__()
        self.score = Critic(centers.shape[1], None, hidden)
        self.register_buffer("attributes", attributes)
        self.register_buffer("centers", centers)
        self.register_buffer("rows", None)

    def give_rows(self, rows):
        """Set the unlabelled rows."""
        self.rows = rows.to(self.centers)

    def forward(self, features):
        """Score rows, shape (n_rows,); larger is more like unlabelled ones."""
        # In the place of descriptions, which this critic does not look at.
        return self.score(features, features)

    def draw_rows(self, n_rows):
        """Draw unlabelled rows, with replacement."""
        return self.rows[self._draw(len(self.rows), n_rows)]

    def draw_classes(self, n_rows):
        """Descriptions and base means of classes, all of which are equally likely."""
        y = self._draw(len(self.attributes), n_rows)
        return self.attributes[y], self.centers[y]

    def _draw(self, n, n_drawn):
        return torch.randint(n, (n_drawn,), device=self.centers.device)


class UnlabelledLoss(nn.Module):
    """Losses of the second critic, and of the generator by it.

    Parameters
    ----------
    weight : float
        Weight of the score in the loss of the generator. That of the critic has none:
        its steps hardly depend on it.
    gp_weight : float
        Weight of the gradient penalty, at first.
    adaptive_penalty : bool, default=False
        See :class:`~zsl_estimators.nn.gan.PenaltyWeight`; it follows the penalty of
        this critic alone.
    """

    def __init__(self, weight, gp_weight, adaptive_penalty=False):
        super().__init__()
        self.weight = weight
        self.penalty_weight = PenaltyWeight(gp_weight, adaptive_penalty)

    def critic(self, network, n_rows):
        """Loss of the critic on as many rows, and its parts by name.

        Parameters
        ----------
        network : FVAEGANNetwork
            Its critic has a part ``unlabelled``.
        n_rows : int
            How many rows to draw, and to generate.

        Returns
        -------
        loss : Tensor
            The gradient penalty less the Wasserstein distance.
        parts : dict
            Both.
        """
        critic = network.critic.unlabelled
        with torch.no_grad():
            fake = network.fake_unseen(n_rows)
        real, mix = critic.draw_rows(n_rows), torch.rand(n_rows, 1, device=fake.device)
        gaps, penalty = critic_losses(critic.score, real, fake, real, mix)
        distance, penalty = gaps.mean(), self.penalty_weight(penalty)
        parts = {
            "unlabelled_wasserstein_estimate": distance,
            "unlabelled_penalty_loss": penalty,
        }
        return penalty - distance, parts

    def generator(self, network, n_rows):
        """Loss of the generator on as many generated rows.

        Parameters
        ----------
        network : FVAEGANNetwork
            Its critic has a part ``unlabelled``.
        n_rows : int
            How many rows to generate.

        Returns
        -------
        loss : Tensor
            The weighted negative score.
        """
        self.penalty_weight.adapt()
        fake = network.fake_unseen(n_rows)
        return -self.weight * network.critic.unlabelled(fake).mean()
