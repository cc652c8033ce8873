"""What all rules of one trained network have in common."""

import numpy as np
from sklearn.base import clone

# A rule that each kind of network is trained for.
RULE_OF_NETWORK = {"denoiser": "error", "attention": "cross_attention"}


class TrainedRules:
    """How rules of one trained network are fitted, and what their seen penalties are.

    Parameters
    ----------
    network : {"denoiser", "attention"}
        Kind of the network.
    n_classes : int
        Number of classes that rules are fitted to.

    Attributes
    ----------
    seed : int
        Of all that is random in fitting a rule; 0 on folds.
    penalties : dict or None
        Seen penalties by the names of rules, where several were compared.
    """

    def __init__(self, network, n_classes):
        self.network = network
        self.n_classes = n_classes
        self.seed = 0
        self.penalties = None

    def fit(self, rule, model_of):
        """Fit a rule.

        Parameters
        ----------
        rule : DecisionRule
            Not fitted; it stays so.
        model_of : callable
            From positions of classes to the network that is conditioned on them.

        Returns
        -------
        fitted : DecisionRule
            A clone.

        Raises
        ------
        ValueError
            If the rule needs another network.
        """
        self.check_network(rule.network, rule)
        # Classes that were added since must not change the scores of others.
        model = model_of(np.arange(self.n_classes))
        return clone(rule).fit(model, np.random.RandomState(self.seed))

    def check_network(self, wanted, what):
        """Raise a ValueError where `what` needs another kind of network."""
        if wanted != self.network:
            raise ValueError(
                f"{what} needs another network than that of the fitted rule. Fit a "
                f'classifier with rule="{RULE_OF_NETWORK[wanted]}".'
            )

    def keep_penalties(self, choice):
        """Keep the seen penalties of all rules that a Choice has compared on folds."""
        if len(choice.records) > 1:
            self.penalties = choice.records[1].penalties()

    def correct_penalty(self, name, penalty):
        """Replace the penalty of the rule that was chosen.

        Of it more is known than the folds tell. Nothing happens where none is known.
        """
        if self.penalties is not None:
            self.penalties[name] = penalty

    def penalty(self, name):
        """Seen penalty of a rule by its name.

        Returns
        -------
        penalty : float
            0 where nothing was compared on folds.

        Raises
        ------
        ValueError
            If other rules were compared, and not this one.
        """
        if self.penalties is None:
            return 0.0
        if name not in self.penalties:
            raise ValueError(
                f"the seen penalty of the rule {name} is not known. Name the rule when "
                f"fitting, rule={[*self.penalties, name]}, or give seen_penalty here."
            )
        return self.penalties[name]
