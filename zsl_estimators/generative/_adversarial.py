"""What classifiers share whose generator is trained against a critic."""

import torch

from zsl_estimators.decisions import SoftmaxHead
from zsl_estimators.seeds import LARGEST_SEED
from zsl_estimators.training import float32

# Those of FGANClassifier, for methods that differ from it in the loss.
SMALL_NETWORK = {
    "noise_dim": 32,
    "generator_hidden": (256,),
    "critic_hidden": (256,),
    "output_activation": "linear",
}
GP_WEIGHT = 10.0
CRITIC_TRAINING = {"n_critic": 5, "critic_lr": 3e-3}


def check_output_fits_init(estimator):
    """Refuse an activation that the initial features do not survive."""
    given = (estimator.net_params or {}).get("module__output_activation")
    activation = getattr(estimator, "output_activation", given)
    if estimator.init is not None and activation in ("sigmoid", "tanh"):
        raise ValueError(
            f'output_activation="{activation}" restricts the features of the initial '
            'estimator. Use output_activation="linear", or init=None.'
        )


def network_parameters(estimator, **network):
    """Parameters of a network whose generator starts from the initial estimator.

    Parameters
    ----------
    estimator : FeatureGeneratingClassifier
        Its initial estimator and scalers are fitted.
    **network : dict
        More parameters of the network.

    Returns
    -------
    parameters : dict
        By name.
    """
    attributes, centers = estimator._seen_tensors()
    return {
        "class_attributes": attributes,
        "class_centers": centers,
        "coloring": scaled_coloring(estimator.init_, estimator.feature_scaler_),
        **network,
    }


def scaled_coloring(init, feature_scaler):
    """Makes the noise of the initial estimator in scaled units; None without one."""
    if init is None:
        return None
    noise = init.gaussian_.coloring * init.feature_scaler_.scale_
    return torch.tensor(float32(feature_scaler.scaled_noise(noise)))


def seen_classifier(estimator, problem):
    """Linear softmax of the seen classes for a net that is to be trained, else None."""
    if not estimator._is_trained:
        return None
    seed = problem.random_state.randint(LARGEST_SEED)
    classifier = SoftmaxHead(hidden=(), device=estimator.device, random_state=seed)
    rows, weights = problem.rows.float32(), problem.weights
    return classifier.fit(rows, problem.y, sample_weight=weights).module_
