import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import Callback

from zsl_estimators import (
    ESZSLClassifier,
    ExemplarClassifier,
    GaussianSemanticClassifier,
    RevCDClassifier,
    RidgeSemanticClassifier,
)
from zsl_estimators.calibration._folds import fold_parameters
from zsl_estimators.datasets import load_digits_gzsl, make_gzsl
from zsl_estimators.metrics import GZSLScorer, gzsl_scorer, harmonic_mean_score
from zsl_estimators.model_selection import ClassHoldoutSplit
from zsl_estimators.nn import (
    ConditionalAttributeGAN,
    ConditionalAttributeGANLoss,
    ConditionalAttributeVAE,
    ConditionalAttributeVAELoss,
)
from zsl_estimators.semantic._similarity import SIMILARITIES
from zsl_estimators.training import scoped_seed

GENERATORS = {
    "vae": {
        "module": ConditionalAttributeVAE,
        "criterion": ConditionalAttributeVAELoss,
    },
    "gan": {
        "module": ConditionalAttributeGAN,
        "criterion": ConditionalAttributeGANLoss,
        "optimizer__betas": (0.0, 0.9),
        "optimizer__param_groups": [("critic.*", {"lr": 1e-2})],
    },
}
SMALL = {"hidden": (32, 16), "condition_dim": 16, "random_state": 0}


@pytest.fixture(scope="module")
def data():
    return make_gzsl(20, n_seen=8, n_unseen=3, nonlinearity=0.5, random_state=0)


@pytest.fixture(scope="module")
def digits():
    return load_digits_gzsl(unseen=(3, 8))


def fit(data, **parameters):
    parameters = {"max_epochs": 2, "seen_penalty": 0.1, **SMALL, **parameters}
    return RevCDClassifier(data.attributes, **parameters).fit(
        data.X_train, data.y_train
    )


def fit_without_folds(data, **parameters):
    init = RidgeSemanticClassifier(alpha=0.01, attribute_scaling="whitened")
    parameters = {"init": init, **parameters}
    return fit(data, early_stopping=False, **parameters)


def test_zero_epochs_is_the_initial_estimator(data):
    """Before training the network repeats the ridge baseline."""
    clf = fit_without_folds(data)
    clf.net_.module_.load_state_dict(fresh_network(clf).state_dict())
    ridge = clone(clf.init_).set_params(seen_penalty=0.1)
    ridge.fit(data.X_train, data.y_train)
    np.testing.assert_allclose(
        clf.decision_function(data.X_test), ridge.decision_function(data.X_test)
    )


def fresh_network(clf):
    arguments = {
        key.removeprefix("module__"): value
        for key, value in clf.net_.get_params().items()
        if key.startswith("module__")
    }
    with scoped_seed(0, torch.device("cpu")):
        return type(clf.net_.module_)(**arguments)


def test_initial_estimator_is_chosen_once_and_shared_with_the_folds(data):
    clf = fit(data)
    assert fold_parameters(clf)["init"].alpha == clf.init_.alpha_
    assert clf.init_.held_out_results_ is not None
    assert clf.init_.seen_penalty_ == 0


def test_number_of_epochs_is_chosen_on_held_out_classes(data):
    clf = fit(data, max_epochs=3)
    means = clf.held_out_results_.groupby("candidate").AUSUC.max()
    assert list(means.index) == [0, 1, 2, 3]
    assert means[clf.n_iter_] >= means[0]


def test_all_epochs_without_early_stopping(data):
    settings = {"early_stopping": False, "seen_penalty": "auto", "max_epochs": 3}
    clf = fit(data, correction_weight=1.0, **settings)
    assert clf.n_iter_ == 3
    assert clf.held_out_results_.candidate.isna().all()
    clf = fit(data, **settings)
    assert clf.n_iter_ == 3
    assert set(clf.held_out_results_.candidate) == {3}


def test_learns_what_the_ridge_cannot():
    """On a nonlinear task the network predicts attributes better than a ridge map."""
    data = make_gzsl(20, n_seen=12, n_unseen=3, nonlinearity=1.0, random_state=0)
    truth = data.attributes.loc[data.y_train].to_numpy()

    def error(clf):
        return np.abs(clf.predict_attributes(data.X_train) - truth).mean()

    ridge = RidgeSemanticClassifier(data.attributes, alpha=0.01, seen_penalty=0.0)
    ridge.fit(data.X_train, data.y_train)
    clf = fit_without_folds(
        data, max_epochs=60, lr=3e-3, cls_weight=0.1, correction_weight=1.0
    )
    assert clf.history_[-1, "train_loss"] < clf.history_[0, "train_loss"]
    assert error(clf) < 0.8 * error(ridge)


@pytest.mark.parametrize("prediction_type", ["x0", "eps", "v"])
@pytest.mark.parametrize("sampler", ["one_shot", "ddim", "ddpm"])
def test_every_prediction_type_and_sampler(data, prediction_type, sampler):
    clf = fit_without_folds(
        data, prediction_type=prediction_type, sampler=sampler, sampling_steps=3
    )
    scores = clf.decision_function(data.X_test)
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(scores, clf.decision_function(data.X_test))


@pytest.fixture(scope="module")
def plain_scores(data):
    return fit_without_folds(data).decision_function(data.X_test)


@pytest.mark.parametrize(
    "parameters",
    [
        {"noise_schedule": "cosine"},
        {"net_params": {"criterion__noise_loss": "capped"}},
        {"net_params": {"criterion__noise_loss": "literal"}},
        {"ema_decay": 0.9},
        {"guidance_scale": 2.0},
        {"condition_dropout": 0.0},
        {"init": None},
        {"init": RidgeSemanticClassifier(alpha=0.01, attribute_scaling="rms")},
        {"init": ESZSLClassifier()},
        {"init": None, "attribute_scaling": "minmax"},
        {"n_diffusion_steps": 50},
        {"n_draws": 1},
        {"hidden": [16]},
    ],
    ids=str,
)
def test_options_change_the_model(data, plain_scores, parameters):
    scores = fit_without_folds(data, **parameters).decision_function(data.X_test)
    assert np.isfinite(scores).all()
    assert not np.allclose(scores, plain_scores)


def test_samplers_agree_on_digits(digits):
    """Accuracies of one-shot, DDIM and DDPM lie within five points."""
    # Without folds: no figure depends on the penalty. One seed is few: the random
    # numbers are those of the CPU.
    settings = {"max_epochs": 8, "early_stopping": False, "seen_penalty": 0.0}
    settings |= {"device": "cpu"}
    settings |= {"init": RidgeSemanticClassifier(alpha=0.1), "correction_weight": 1.0}
    clf = RevCDClassifier(digits.attributes, random_state=0, **settings)
    scores = {}
    for sampler in ("one_shot", "ddim", "ddpm"):
        clf.set_params(sampler=sampler, n_draws=8)
        clf.fit(digits.X_train[::2], digits.y_train[::2])
        scores[sampler] = gzsl_scorer(clf, digits.X_test, digits.y_test)
    for metric in ("T1", "AUSUC"):
        values = [score[metric] for score in scores.values()]
        assert max(values) - min(values) < 0.05, scores


def test_trajectory_goes_from_noise_to_the_prediction(data):
    settings = {"sampler": "ddim", "sampling_steps": 4, "correction_weight": 1.0}
    clf = fit_without_folds(data, n_draws=1, **settings)
    path, times = clf.denoising_trajectory(data.X_test)
    assert times.tolist() == [999, 749, 499, 249, -1]
    assert path.shape == (5, len(data.X_test), 8)
    np.testing.assert_allclose(path[-1], clf.predict_attributes(data.X_test))
    scaled = clf.attribute_scaler_.transform(path[0])
    np.testing.assert_allclose(scaled, np.tile(clf.noise_[0, 0], (len(scaled), 1)))


def test_mean_of_draws(data):
    clf = fit_without_folds(data, n_draws=3, correction_weight=1.0)
    ends = [clf.denoising_trajectory(data.X_test, draw=k)[0][-1] for k in range(3)]
    np.testing.assert_allclose(
        clf.predict_attributes(data.X_test), np.mean(ends, axis=0)
    )
    with pytest.raises(ValueError, match="draw must be from 0 to"):
        clf.denoising_trajectory(data.X_test, draw=99)


def test_passes_per_sample(data, monkeypatch):
    """The default spends at most twenty network passes on a sample."""
    clf = fit_without_folds(data)
    rows = []
    unet = type(clf.net_.module_.unet)
    forward = unet.forward
    monkeypatch.setattr(
        unet, "forward", lambda self, s, *a: rows.append(len(s)) or forward(self, s, *a)
    )
    clf.predict(data.X_test)
    assert 0 < sum(rows) <= 20 * len(data.X_test)


def test_loss_parts_are_in_the_history(data):
    capped = {"criterion__noise_loss": "capped"}
    history = fit_without_folds(data, net_params=capped).history_
    for part in ("reconstruction_loss", "classification_loss", "noise_loss"):
        assert np.isfinite(history[:, part]).all()


def test_net_params_and_callbacks_reach_the_net(data):
    class Count(Callback):
        epochs = 0

        def on_epoch_end(self, net, **kwargs):
            Count.epochs += 1

    clf = fit_without_folds(
        data,
        net_params={"optimizer": torch.optim.SGD, "optimizer__momentum": 0.5},
        callbacks=[Count()],
    )
    assert Count.epochs == clf.n_iter_ == 2


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("hidden", ()),
        ("hidden", (0,)),
        ("dropout", 1.0),
        ("sampler", "euler"),
        ("cls_weight", 2),
        ("max_epochs", 0),
        ("n_draws", 0),
        ("lr", 0.0),
    ],
)
def test_impossible_parameters(data, parameter, value):
    with pytest.raises(ValueError, match=parameter):
        fit(data, **{parameter: value})


def test_guidance_needs_condition_dropout(data):
    with pytest.raises(ValueError, match="condition_dropout"):
        fit(data, guidance_scale=2.0, condition_dropout=0.0)


def test_parameters_of_the_initial_estimator_can_be_searched(data):
    search = GridSearchCV(
        RevCDClassifier(
            data.attributes,
            init=RidgeSemanticClassifier(),
            early_stopping=False,
            seen_penalty=0.0,
            max_epochs=1,
            **SMALL,
        ),
        {"init__alpha": [0.1, 10.0]},
        scoring=GZSLScorer("AUSUC"),
        cv=ClassHoldoutSplit(1, random_state=0),
    ).fit(data.X_train, data.y_train)
    best = search.best_params_["init__alpha"]
    assert search.best_estimator_.init_.alpha_ == best


def test_scaling_of_the_initial_estimator_is_taken_over(data):
    init = RidgeSemanticClassifier(attribute_scaling="unit")
    clf = fit_without_folds(data, init=init)
    assert clf.attribute_scaler_.scaling == "unit"
    assert not hasattr(init, "coef_")


def test_only_predictors_of_attributes_can_be_the_start(data):
    with pytest.raises(ValueError, match="'init' parameter"):
        fit(data, init=ExemplarClassifier())


@pytest.mark.parametrize("dataset", ["AWA2", "cub", "SUN", "aPY"])
def test_settings_of_the_paper_fit(data, dataset):
    small = {"hidden": (16, 8), "condition_dim": 8, "sampling_steps": 5}
    settings = {**RevCDClassifier.paper_params(dataset), **small, "max_epochs": 2}
    clf = RevCDClassifier(data.attributes, random_state=0, **settings)
    clf.fit(data.X_train, data.y_train)
    assert clf.init_ is None
    assert clf.n_iter_ == 2
    assert np.isfinite(clf.decision_function(data.X_test)).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("FLO",), "AWA2, CUB, SUN, APY"), (("CUB", "code"), "from source='paper'")],
)
def test_what_the_paper_does_not_have(arguments, message):
    with pytest.raises(ValueError, match=message):
        RevCDClassifier.paper_params(*arguments)


@pytest.mark.parametrize("similarity", ["cosine", "distance"])
def test_compares_attributes_as_its_start_does(data, similarity):
    init = GaussianSemanticClassifier(
        alpha=0.1, shrinkage=0.1, similarity=similarity, attribute_scaling="rms"
    )
    clf = fit(data, init=init, early_stopping=False)
    assert clf.similarity_ == clf.net_.get_params()["criterion__similarity"]
    assert clf.similarity_ == similarity
    scaler = clf.attribute_scaler_
    predicted = scaler.transform(clf.predict_attributes(data.X_test))
    classes = scaler.transform(clf.class_attributes_)
    seen = np.isin(clf.classes_, clf.seen_classes_)
    expected = SIMILARITIES[similarity](predicted, classes) - 0.1 * seen
    np.testing.assert_allclose(clf.decision_function(data.X_test), expected, atol=1e-9)


# -- other generators of descriptions ---------------------------------------------


@pytest.mark.parametrize("name", GENERATORS)
def test_other_generators_come_close_to_the_best_possible_answer(name):
    data = make_gzsl(40, n_seen=12, n_unseen=4, n_attributes=5, random_state=0)
    clf = fit(
        data,
        early_stopping=False,
        max_epochs=6,
        lr=1e-3,
        correction_weight=1.0,
        seen_penalty="auto",
        net_params=GENERATORS[name],
    )
    best = data.density.posterior(data.X_test).argmax(axis=1)
    limit, reached = (
        harmonic_mean_score(data.y_test, y, seen_classes=data.seen_classes)
        for y in (best, clf.predict(data.X_test))
    )
    assert reached > limit - 0.05


@pytest.mark.parametrize("name", GENERATORS)
def test_other_generators_learn_without_classification_loss(data, name):
    """By the generative loss alone, from a random start, in the unit of the table."""
    clf = fit(
        data,
        init=None,
        attribute_scaling="standard",
        early_stopping=False,
        max_epochs=60,
        lr=1e-3,
        cls_weight=0.0,
        net_params=GENERATORS[name],
    )
    seen = np.isin(data.y_test, data.seen_classes)
    X, y = data.X_test[seen], data.y_test[seen]
    error = np.abs(clf.predict_attributes(X) - data.attributes.loc[y]).to_numpy()
    # Of an answer that knows the table but not the sample.
    table = data.attributes.loc[data.seen_classes]
    guess = np.abs(table.mean() - data.attributes.loc[y]).to_numpy()
    assert error.mean() < 0.6 * guess.mean()
    assert clf.history_[-1]["classification_loss"] == 0


@pytest.mark.parametrize("name", GENERATORS)
def test_other_generators_have_one_step(data, name):
    with pytest.raises(ValueError, match='sampler="one_shot"'):
        fit_without_folds(data, sampler="ddim", net_params=GENERATORS[name]).predict(
            data.X_test
        )
