"""Decision rules as users give them: names, instances, and lists of both."""

from zsl_estimators.likelihood.rules._base import DecisionRule
from zsl_estimators.likelihood.rules._cross_attention import CrossAttentionRule
from zsl_estimators.likelihood.rules._error import ErrorRule
from zsl_estimators.likelihood.rules._inversion import InversionRule
from zsl_estimators.likelihood.rules._latent_knn import LatentKNNRule
from zsl_estimators.likelihood.rules._likelihood import LikelihoodRule
from zsl_estimators.likelihood.rules._noise_denoise import NoiseDenoiseRule
from zsl_estimators.likelihood.rules._noise_denoise_vote import NoiseDenoiseVoteRule
from zsl_estimators.likelihood.rules._weights import WeightsRule

RULES = {
    "error": ErrorRule,
    "likelihood": LikelihoodRule,
    "latent_knn": LatentKNNRule,
    "noise_denoise": NoiseDenoiseRule,
    "noise_denoise_vote": NoiseDenoiseVoteRule,
    "cross_attention": CrossAttentionRule,
    "inversion": InversionRule,
    "weights": WeightsRule,
}


def given_rules(rule):
    """Collect the rules that are to be compared on one fitted network.

    Parameters
    ----------
    rule : str, DecisionRule, or list of these
        As a user gives it.

    Returns
    -------
    rules : dict of DecisionRule
        By name; not fitted.

    Raises
    ------
    ValueError
        If there is none, or they need several networks.
    """
    given = rule if isinstance(rule, list | tuple) else [rule]
    rules = {rule_name(one): as_rule(one) for one in given}
    if not rules:
        raise ValueError('rule must name at least one rule, such as rule="error".')
    if len({one.network for one in rules.values()}) > 1:
        raise ValueError(
            '"cross_attention" needs a network of its own and cannot be compared '
            f"with others on one fitted model, got rule={rule}. Fit it alone."
        )
    return rules


def rule_name(rule):
    """Name of a rule: what it was given as, or its settings."""
    return rule if isinstance(rule, str) else str(rule)


def as_rule(rule):
    """Turn a name into a rule with its defaults."""
    if isinstance(rule, str):
        if rule not in RULES:
            raise ValueError(
                f"there is no rule {rule!r}. Choose among {', '.join(RULES)}, or give "
                "an instance."
            )
        return RULES[rule]()
    if not isinstance(rule, DecisionRule):
        raise TypeError(f"a rule is a name or a DecisionRule, got {rule!r}.")
    return rule
