"""Synthesise features of unseen classes, then decide like an ordinary classifier."""

import copy
from abc import abstractmethod
from numbers import Integral

import numpy as np
import torch
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.decisions import (
    Head,
    Likelihood,
    NearestMean,
    PartsView,
    SoftmaxHead,
    TrainedGenerator,
    check_head,
    epochs_then_decisions,
)
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.exemplar import ExemplarClassifier, class_tensors
from zsl_estimators.gaussian import UnscaledGaussian
from zsl_estimators.generative._restricted import restricted
from zsl_estimators.parameters import HasMethods, Interval, StrOptions
from zsl_estimators.scaling import ATTRIBUTE_SCALING, AttributeScaler, FeatureScaler
from zsl_estimators.seeds import private_random_state
from zsl_estimators.training import ArrayData, TorchTrainingMixin


def check_decision(estimator):
    """Refuse a head that cannot decide."""
    check_head(estimator.head, estimator.synthesis)


def check_init_is_whitened(estimator):
    """Refuse an initial estimator whose covariance the network cannot represent."""
    if estimator.init is not None and estimator.feature_scaling != "whitened":
        raise ValueError(
            f"init={estimator.init!r} needs features whose covariance within a class "
            'is the identity. Use feature_scaling="whitened", or init=None.'
        )


@fill_docstring
class FeatureGeneratingClassifier(TorchTrainingMixin, BaseZeroShotClassifier):
    """Base of classifiers that generate features and train a head on them.

    Subclasses implement `_net_arguments`: a module with a ``noise_dim`` and a method
    ``synthesise(noise, attributes, centers)``, which turns rows of standard normal
    noise, scaled descriptions and scaled base means into scaled features.

    On the folds a generator is scored by the distance to the mean of generated
    features, which takes milliseconds. The head is trained when the generator has been
    chosen, and compared with the other decisions. A module whose ``forward(x,
    attributes, centers)`` returns log densities of rows under classes can have
    ``"likelihood"`` among the decisions.
    """

    _parameter_constraints = {
        **BaseZeroShotClassifier._parameter_constraints,
        **TorchTrainingMixin._torch_constraints,
        **TorchTrainingMixin._correction_constraints,
        "init": [StrOptions({"auto"}), ExemplarClassifier, None],
        "feature_scaling": [StrOptions(set(FeatureScaler.SCALINGS))],
        "attribute_scaling": ATTRIBUTE_SCALING,
        "decision": [StrOptions({"auto", "head", "gaussian"})],
        "head": [HasMethods(["fit", "predict"]), None],
        "n_synthetic": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "n_real": [Interval(Integral, 1, None, closed="left"), None],
        "synthesis": [StrOptions({"once", "stream"})],
    }
    _parameter_checks = (check_decision,)
    # What decision="auto" chooses from, the default first.
    _decisions = ("head", "gaussian")
    # Multiplies the variance of the noise that features are generated from.
    _noise_variance = 1.0

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        init="auto",
        feature_scaling="whitened",
        attribute_scaling="auto",
        correction_weight=1.0,
        decision="auto",
        n_synthetic="auto",
        n_real=None,
        synthesis="once",
        head=None,
        max_epochs=20,
        early_stopping=True,
        patience=8,
        batch_size="auto",
        lr=1e-3,
        callbacks=None,
        net_params=None,
        warm_start=False,
        seen_penalty="auto",
        n_jobs=None,
        device="auto",
        random_state=None,
        verbose=0,
    ):
        super().__init__(
            attributes,
            classes=classes,
            seen_penalty=seen_penalty,
            n_jobs=n_jobs,
            random_state=random_state,
            verbose=verbose,
        )
        self.init = init
        self.feature_scaling = feature_scaling
        self.attribute_scaling = attribute_scaling
        self.correction_weight = correction_weight
        self.decision = decision
        self.n_synthetic = n_synthetic
        self.n_real = n_real
        self.synthesis = synthesis
        self.head = head
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.patience = patience
        self.batch_size = batch_size
        self.lr = lr
        self.callbacks = callbacks
        self.net_params = net_params
        self.warm_start = warm_start
        self.device = device

    @abstractmethod
    def _net_arguments(self, problem):
        """Keyword arguments of the net: module, criterion, optimizer, their own."""

    # -- for users ----------------------------------------------------------------

    def add_classes(self, attributes=None, classes=None, *, X=None, y=None):
        """Add new, unseen classes to the fitted model.

        The generator is not trained further. A head learns the new classes from
        synthetic features of old and new classes. With the built-in head and the other
        decisions the scores of the old classes do not change; another classifier is
        fitted again, on synthetic features of seen classes too, because the training
        data is not kept. Labelled rows do not train the head: its scores are combined
        with those of normal distributions, see :ref:`few_shot`.

        %(add_classes)s
        """
        return super().add_classes(attributes, classes, X=X, y=y)

    def sample(self, n_per_class=1, classes=None):
        """Generate features.

        %(sample)s
        """
        check_is_fitted(self)
        check_scalar(n_per_class, "n_per_class", Integral, min_val=1)
        labels = self._table.known(self.classes_ if classes is None else classes)
        random_state = private_random_state(self.random_state)
        positions = np.repeat(self._table.rows(labels), n_per_class)
        with self._predict_context():
            X = self._generator().features(positions, random_state)
        return X, np.repeat(labels, n_per_class)

    def with_head_for(self, classes=None):
        """Make a classifier of some classes, with a head trained for these alone.

        ``predict(X, classes=unseen)`` compares the scores of a head that was trained on
        all classes. For conventional zero-shot learning (T1) papers train another head
        instead, on synthetic features of the unseen classes alone, as this method does.

        The result is a new fitted estimator with these ``classes_``; this classifier
        does not change. The generator is not trained further. The new head has the
        settings of the old one and is trained on synthetic features only, also of seen
        classes, because the training data is not kept. ``seen_penalty_`` is 0, and
        other results of the folds do not change.

        The parameters are those of this classifier: another fit, or a clone, is of all
        classes again.

        Parameters
        ----------
        classes : array-like of shape (n_classes,), default=None
            Labels, at least two. None are the unseen classes.

        Returns
        -------
        classifier : object
            A new, fitted estimator of these classes.

        Raises
        ------
        ValueError
            If the decision is not a head, if a label is unknown, or if there are not
            two classes.

        Examples
        --------
        >>> from zsl_estimators import CVAEClassifier
        >>> from zsl_estimators.datasets import make_gzsl
        >>> data = make_gzsl(20, random_state=0)
        >>> clf = CVAEClassifier(
        ...     data.attributes, decision="head", max_epochs=2, random_state=0
        ... )
        >>> clf.fit(data.X_train, data.y_train).with_head_for().classes_
        array([ 0,  4,  5, 13])
        """
        check_is_fitted(self)
        return restricted(self, classes)

    @property
    def head_(self):
        """The fitted classifier inside the decision."""
        if not isinstance(self.decision_, Head):
            raise AttributeError(
                f"there is no head: the decision is {self.decision_.name!r}."
            )
        return self.decision_.estimator_

    # -- fit ----------------------------------------------------------------------

    def _new_inits(self):
        return [ExemplarClassifier(attribute_scaling=self.attribute_scaling)]

    def _new_scalers(self, random_state):
        gaussian = None if self.init_ is None else self.init_.gaussian_
        return (
            FeatureScaler(self.feature_scaling, gaussian),
            AttributeScaler(self.attribute_scaling_),
        )

    def _fit(self, problem, choice, random_state):
        self.held_out_decisions_ = choice.frame(1)
        self._train(problem, self._chosen_net(choice), random_state)
        decisions = self._new_decisions()
        # Of the same name as the best one, which belongs to the model of a fold.
        best = decisions.index(choice.best(1, default=decisions[0]))
        self._decide_by(decisions[best], problem, random_state)

    def _fit_candidates(self, problem, random_state):
        # A former fit may have chosen zero epochs; decisions depend on it.
        self._is_trained = True
        if not self._chooses_net and len(self._new_decisions()) == 1:
            return None
        return epochs_then_decisions(self, random_state)

    def _training_data(self, problem):
        return ArrayData({"x": problem.rows.single(), "y": problem.y}, problem.y)

    # -- decisions ----------------------------------------------------------------

    def _new_decisions(self):
        """The decisions that the folds compare, the default first."""
        is_auto = self.decision == "auto"
        wanted = self._decisions_to_compare() if is_auto else (self.decision,)
        if self.head is not None and "head" in wanted:
            # A classifier that was given is meant to decide.
            return self._new_heads()
        return [new for name in wanted for new in self._decisions_called(name)]

    def _decisions_to_compare(self):
        """Names of what decision="auto" chooses from."""
        return self._decisions

    def _decisions_called(self, name):
        if name == "likelihood":
            return [Likelihood()]
        return self._new_heads() if name == "head" else [NearestMean(self._within())]

    def _new_heads(self):
        return self._heads_of_decays()

    def _heads_of_decays(self, view=None):
        """A head of every weight decay, each of which goes on from the one before."""
        decays = (None,)
        if self.head is None:
            is_alone = self.decision == "head"
            decays = Head.WEIGHT_DECAYS if is_alone else Head.WEIGHT_DECAYS[:-1]
        heads = [None]
        for decay in decays:
            heads.append(self._new_head(decay, view, start=heads[-1]))
        return heads[1:]

    def _heads_of_views(self, names):
        """Heads with every weight decay on the first view, and one on the others."""
        first, *others = [PartsView(name, self.n_features_in_) for name in names]
        heads = self._heads_of_decays(first)
        usual = heads[(len(heads) - 1) // 2].weight_decay
        return heads + [self._new_head(usual, view) for view in others]

    def _new_head(self, weight_decay, view=None, start=None):
        return Head(
            self.head,
            weight_decay=weight_decay,
            n_synthetic=self.n_synthetic,
            n_real=self.n_real,
            synthesis=self.synthesis,
            device=self.device,
            view=view,
            start=start,
        )

    def _proxy_decision(self, problem):
        """What the folds follow the net with."""
        if self.decision == "likelihood":
            return Likelihood()
        within = self._within()
        if within is None:
            within = UnscaledGaussian.fit(
                problem.rows.X, problem.y, problem.n_seen, problem.weights
            )
        return NearestMean(within)

    def _decide_by(self, decision, problem, random_state):
        """Fit a decision and decide by it from now on."""
        self.decision_ = decision.fit(self._generator(), problem, random_state)

    def _update_decision(self, problem):
        proxy = self._proxy_decision(problem)
        self._decide_by(proxy, problem, np.random.RandomState(0))

    def _within(self):
        """The covariance within a class, where the initial estimator knows it."""
        return None if self.init_ is None else self.init_.within_class

    def _generator(self, module=None):
        """A generator with some module; with the network itself as it was trained.

        That one generates while it is not trained.
        """
        attributes, centers = self._class_tensors()
        return TrainedGenerator(
            self.net_.inference_module.eval() if module is None else module,
            attributes,
            centers,
            self.feature_scaler_,
            self._table.seen,
            self._noise_variance,
            self.correction_weight_,
        )

    def _class_tensors(self):
        """Scaled descriptions and base means of all classes, float32."""
        return class_tensors(
            self._scaled_attributes(),
            self.init_,
            self._table.matrix,
            self.feature_scaler_,
            self.n_features_in_,
        )

    def _seen_tensors(self):
        """Scaled descriptions and base means of the seen classes, float32."""
        return self._tensors_of(self._table.seen)

    def _tensors_of(self, wanted):
        """Scaled descriptions and base means of the classes where `wanted` is True."""
        wanted = torch.as_tensor(wanted)
        return tuple(part[wanted] for part in self._class_tensors())

    def _follow_table(self, former):
        super()._follow_table(former)
        lacking = self.decision_.lacking(self._table.present)
        if len(lacking):
            self._add_classes(lacking)

    def _add_classes(self, positions):
        random_state = private_random_state(self.random_state)
        # Copies of this model that share the decision stay what they are.
        self.decision_ = copy.copy(self.decision_)
        old = np.setdiff1d(self._table.present, positions)
        self.decision_.extend(self._generator(), positions, old, random_state)

    def _gaussian_of_scores(self):
        if isinstance(self.decision_, NearestMean):
            return self.decision_.gaussian_
        return None

    def _means_of_scores(self, positions):
        if isinstance(self.decision_, NearestMean):
            return self.decision_.means_[positions]
        return None

    def _score_classes(self, Z):
        return self.decision_.score_classes(self._generator_to_score_with, Z)

    def _generator_to_score_with(self):
        return self._generator(self._module_to_predict_with())

    def _scoring_module(self):
        # An export moves its module and changes its precision: it gets a copy.
        def new_generator():
            return self._generator(self._module_for_prediction())

        return self.decision_.scoring_module(new_generator)


def view_of(decision):
    """Name of what a decision sees of a row; without a head it is the features."""
    return decision.view.name if isinstance(decision, Head) else "V"


def paper_head(batch_size, max_epochs, lr=1e-3, betas=(0.5, 0.999), weight_decay=0):
    """The linear softmax of the papers: Adam at a constant learning rate."""
    return SoftmaxHead(
        hidden=(),
        max_epochs=max_epochs,
        lr=lr,
        lr_schedule="constant",
        betas=betas,
        batch_size=batch_size,
        weight_decay=weight_decay,
    )
