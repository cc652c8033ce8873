"""Wording that the docstrings of all estimators share.

A class docstring holds lines such as ``%(ridge)s``; :func:`fill_docstring` puts the
text below in their place, so that a parameter is described once.
"""

import inspect
import re
import textwrap

SHARED = {
    "attributes": """
        attributes : DataFrame, array-like of shape (n_classes, n_attributes) or None, \
default=None
            One description row per class, seen or unseen. The index of a DataFrame
            holds the class labels, in any order. An array needs `classes`, or describes
            the integer labels 0, 1, ... in order. None gives each class in `y` a
            one-hot row: an ordinary classifier. NaN is a missing value: it is imputed
            from the rows of the other classes, with a warning.
        classes : array-like of shape (n_classes,), default=None
            Labels of the rows when `attributes` is an array.
        """,
    "sample_weight": """
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Non-negative weights of the samples. A weight is a number of repetitions: 2
            is the same as the row given twice, 0 as the row left out, also from the
            seen classes and the folds. Networks are trained on rows sampled in
            proportion to their weights, which is the same in expectation only. Weights
            with ``sum(w**2) / sum(w)`` below 1 are scaled up to the effective number of
            samples.
        """,
    "end_of_fit": """
        **unsupported : dict
            Must be empty.

        Returns
        -------
        self : object
            The fitted estimator. An error or Ctrl-C does not change the model of an
            earlier fit.

        Raises
        ------
        ValueError
            If a parameter, the class table or the data cannot be used; the message
            names the argument and the remedy.
        TypeError
            If there are other keyword arguments, or an inner estimator takes no
            weights.

        Warns
        -----
        ZeroShotWarning
            If the class table does not distinguish some classes or lacks values, if
            a column looks like labels, or if the seen penalty cannot be fitted.
        """,
    "sample_weight_around": """
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Non-negative weights of the samples, for the fit of the estimator and for
            held-out samples. A sample of weight 0 is left out.
        """,
    "ridge": """
        alpha : "auto" or float, default="auto"
            Ridge penalty, for inputs of variance 1. "auto" chooses the one of 1e-4,
            1e-3, ... 1e3 with the best AUSUC on held-out seen classes, and 0.01 where
            none can be held out.
        shrink_to : {"auto", "zero", "identity"}, default="auto"
            Map that the penalty shrinks towards. "identity" is for features and
            descriptions in one space, such as embeddings of sentences and of class
            names by the same model; it needs as many features as attributes. "auto" is
            chosen together with `alpha`.
        """,
    "attribute_scaling": """
        attribute_scaling : {"auto", "whitened", "standard", "minmax", "rms", "unit", \
"none"}, default="auto"
            Scaling of the descriptions, fitted on the seen classes. "whitened": to mean
            0 and variance 1 and then partly decorrelated, so that correlated attributes
            do not have too much weight. "standard": to mean 0 and variance 1. "minmax":
            to the range from -1 to 1. "rms": all with one factor to mean square 1.
            "unit": to mean 0, then every row to length 1. "none": unscaled. "auto"
            chooses among "whitened", "standard", "rms" and "unit" on held-out seen
            classes, and is "whitened" where none can be held out. Estimators that are
            trained use the scaling that their initial estimator has chosen; networks
            without one choose between "standard" and "unit".
        """,
    "correction_weight": """
        correction_weight : "auto" or float, default="auto"
            Weight of the learned correction that is added to the initial estimator,
            above 0 and at most 1. A weight below 1 is usually better on unseen classes.
            "auto" chooses among 0.25, 0.5, 0.75 and 1 together with the number of
            epochs, and is 0.5 where no class can be held out.
        """,
    "mean_correction_weight": """
        correction_weight : "auto" or float, default=1.0
            Weight, above 0 and at most 1, of the difference between the means of a
            class by the network and by the initial estimator, when features are
            generated. "auto" chooses among 0.25, 0.5, 0.75 and 1 together with the
            number of epochs on held-out seen classes.
        """,
    "attribute_prior": """
        attribute_prior : {"seen", "uniform"}, default="seen"
            Prior probability of an attribute: its frequency in the seen classes, or
            0.5.
        """,
    "bilinear_training": """
        init : "auto", RidgeCompatibilityClassifier or None, default="auto"
            Initial estimator of the matrix; None starts from zero. "auto" is
            :class:`RidgeCompatibilityClassifier` with the same `attribute_scaling`. If
            an estimator is given, its scaling is used, and its parameters can be
            searched as ``init__<name>``. If it has no `random_state`, it takes the one
            of this estimator.
        %(attribute_scaling)s
        %(correction_weight)s
        max_epochs : int, default=20
            Largest number of passes over the data.
        lr : float, default=1e-2
            Initial learning rate of AdamW; it decreases to 0 as a cosine.
        weight_decay : float, default=1e-4
            Weight decay of AdamW.
        """,
    "init_exemplar": """
        init : "auto", ExemplarClassifier or None, default="auto"
            Initial estimator of the network: a normal distribution per class, with a
            mean that is linear in the description. "auto" is
            :class:`ExemplarClassifier` with the same `attribute_scaling`; None is the
            network of the paper. If an estimator is given, its parameters can be
            searched as ``init__<name>``. If it has no `random_state`, it takes the one
            of this estimator.
        """,
    "whitened_features": """
        feature_scaling : {"whitened", "standard", "minmax"}, default="whitened"
            Scaling of the features in `fit`: such that the covariance within a class is
            the identity, which the initial estimator needs; to mean 0 and variance 1;
            or to the range from 0 to 1.
        """,
    "latents": """
        noise_dim : int, default=32
            Number of latents. With an initial estimator they are initialised as the
            principal components of the features within a class.
        """,
    "adversarial_weight": """
        adversarial_weight : float, default=10.0
            Weight of the critic's score (gamma in the paper) against reconstruction and
            divergence, which are sums over features and latents.
        """,
    "synthesis": """
        n_synthetic : "auto" or int, default="auto"
            Synthetic features per unseen class that the head is trained on. "auto" is
            the median number of samples of a seen class, from 20 to 500.
        n_real : int or None, default=None
            Real features per seen class that the head is trained on, a random sample if
            there are more. None is all.
        synthesis : {"once", "stream"}, default="once"
            Generate synthetic features at once, or batch by batch while the head is
            trained, so that memory does not grow with their number; needs the built-in
            head.
        head : classifier or None, default=None
            Classifier that is trained on real features of seen and synthetic ones of
            unseen classes. None is :class:`SoftmaxHead`, whose weight decay is chosen
            on held-out classes from 0.001, 0.01, 0.03 and, with ``decision="head"``,
            0.1. The parameters of another classifier can be searched as
            ``head__<name>``.
        """,
    "feature_scaling": """
        feature_scaling : {"standard", "minmax", "whitened"}, default="standard"
            Scaling of the features in `fit`: to mean 0 and variance 1; to the range
            from 0 to 1; or such that the covariance within a class is the identity.
        """,
    "head_or_gaussian": """
        decision : {"auto", "head", "gaussian"}, default="auto"
            Classify with the head, or by the nearest mean of real and generated
            features, as :class:`ExemplarClassifier` does. "auto" chooses the better one
            on held-out classes, and the head if one is given or there are no folds.
        """,
    "critic_epochs": """
        max_epochs : int, default=20
            Largest number of passes over the data by the critic.
        lr : float, default=3e-4
            Learning rate of the generator's Adam.
        """,
    "early_stopping": """
        early_stopping : bool, default=True
            Choose the number of epochs by the AUSUC on held-out seen classes, among
            numbers up to `max_epochs` that grow by a factor of about 1.2. With an
            initial estimator 0 epochs are among them, and the improvement over these
            is reduced by one standard error over hidden classes. False trains for
            `max_epochs`, and so does True where no class can be held out.
        """,
    "torch_training": """
        batch_size : "auto" or int, default="auto"
            Samples per training step. "auto" aims at 32 batches per epoch and takes 32
            to 256 samples.
        callbacks : list of skorch callbacks or None, default=None
            Callbacks of the training of the final model.
        net_params : dict or None, default=None
            Further arguments of the :class:`skorch.NeuralNet`, for instance
            ``{"optimizer": torch.optim.RMSprop}``, or ``{"n_threads": 8}``: by default
            training on the CPU uses one thread, so that the result is the same on any
            number of cores.
        warm_start : bool, default=False
            Continue from the weights of the last call of :meth:`fit`, with the present
            `lr`, `batch_size` and `max_epochs`. What else belongs to the network stays
            what it was, such as widths of layers and callbacks.
        """,
    "device": """
        device : str, default="auto"
            Device of torch: "auto" (CUDA, then MPS, then CPU), "cpu", "cuda", "cuda:1",
            "mps".
        """,
    "scaling_fitted": """
        attribute_scaling_ : str
            The scaling of the descriptions in use.
        attribute_scaler_ : object
            Scaling of the descriptions, fitted on the seen classes.
        """,
    "binary_fitted": """
        feature_scaler_ : StandardScaler
            Scaling of the features.
        attribute_scaler_ : object
            Binarises the attributes of the classes.
        """,
    "semantic_fitted": """
        feature_scaler_ : StandardScaler
            Scaling of the features.
        attribute_scaling_ : str
            The scaling of the descriptions in use.
        attribute_scaler_ : object
            Scaling of the attributes.
        """,
    "unit_fitted": """
        feature_scaler_ : StandardScaler
            Scaling of the features, which ends in rows of length 1.
        attribute_scaling_ : str
            The scaling of the descriptions in use.
        attribute_scaler_ : object
            Scaling of the attributes, which ends in rows of one length.
        """,
    "torch_fitted": """
        net_ : skorch.NeuralNet
            The trained net; what only training needs is dropped unless
            ``warm_start=True``.
        history_ : skorch.History
            One entry per epoch: the losses and the duration ``dur`` in seconds.
        n_iter_ : int
            Number of epochs trained; 0 if no number was better on held-out classes.
        """,
    "bilinear_fitted": """
        correction_weight_ : float
            Weight of the learned correction of the initial matrix.
        init_ : RidgeCompatibilityClassifier or None
            The fitted initial estimator.
        %(torch_fitted)s
        %(unit_fitted)s
        """,
    "decided": """
        decision_ : decision
            The fitted decision, with its ``name``.
        head_ : estimator
            The fitted head, if it is the decision; its inputs are scaled features.
        """,
    "generator_fitted": """
        net_ : skorch.NeuralNet
            The trained net; what only training needs is dropped unless
            ``warm_start=True``.
        n_iter_ : int
            Number of epochs trained; 0 if no number was better on held-out classes.
        held_out_decisions_ : DataFrame or None
            Like `held_out_results_`, for the chosen number of epochs: scores of every
            decision and weight decay of the head.
        init_ : ExemplarClassifier or None
            The fitted initial estimator.
        feature_scaler_ : object
            Scaling of the features.
        correction_weight_ : float
            Weight of the difference between generated means and those of the initial
            estimator.
        attribute_scaling_ : str
            The scaling of the descriptions in use.
        attribute_scaler_ : object
            Scaling of the attributes.
        """,
    "sample": """
        Parameters
        ----------
        n_per_class : int, default=1
            Number of rows per class.
        classes : array-like of shape (n_wanted,) or None, default=None
            Labels of classes, seen or unseen. None is all of them.

        Returns
        -------
        X : ndarray of shape (n_wanted * n_per_class, n_features)
            Features in the units of the training data, float64.
        y : ndarray of shape (n_wanted * n_per_class,)
            Their labels. With an integer `random_state` every call returns the same.

        Raises
        ------
        ValueError
            If a label is unknown, or there are no rows to generate.
        """,
    "seen_penalty": """
        seen_penalty : "auto" or float, default="auto"
            Constant that is subtracted from the scores of seen classes. "auto" fits it
            on folds of held-out seen classes, and on held-out samples of a further
            model, which is fitted on all seen classes. Classes can be held out if there
            are an unseen class and four seen ones, one of them with two samples.
        """,
    "n_jobs": """
        n_jobs : int or None, default=None
            Number of models that are fitted in parallel, by the joblib backend in use:
            those of the folds of held-out classes, then the final one beside that of
            the seen penalty. None is 1 unless in a ``joblib.parallel_config`` context.
            The result does not depend on it.
        """,
    "random_state": """
        random_state : int, RandomState instance or None, default=None
            Pass an int for reproducible results on one machine. None draws a new seed
            in every fit and does not change the global random state of numpy.
        verbose : int, default=0
            0 is silent, 1 shows progress, 2 prints a line per epoch where there are
            epochs.
        """,
    "joint_space": """
        space : {"shared", "mapped"}, default="shared"
            "shared": features and descriptions are points of one space, and must have
            the same number of columns. "mapped": descriptions are mapped to mean
            features by ridge regression over the seen classes, with a penalty of 0.01
            per class for standardised descriptions. The one-hot rows of
            ``attributes=None`` are always mapped, so that a class is described by the
            mean of its samples.
        centering : {"auto", True, False}, default="auto"
            Whether to subtract the means of features and of descriptions, before rows
            are scaled to length 1. In one space the means of, for instance, images and
            texts differ (the modality gap). Both means are over the seen classes with
            equal weights; without labels they are those of the rows of `X` and of all
            descriptions. "auto" chooses on held-out seen classes, and is False where
            none can be held out. Mapped descriptions are always
            centred.
        logit_scale : float, default=100.0
            Factor of the cosines; 100 is the trained value of CLIP. It matters to
            probabilities if there are no folds to fit their temperature on, such as
            without labels.
        """,
    "joint_space_fitted": """
        centering_ : bool
            Whether means are subtracted.
        feature_mean_ : ndarray of shape (n_features,)
            What is subtracted from features; zeros without centering.
        description_mean_ : ndarray of shape (n_attributes,)
            What is subtracted from descriptions; zeros without centering.
        coef_ : ndarray of shape (n_attributes, n_features) or None
            Map from descriptions to features; None if they share a space.
        feature_scaler_ : object
            Identity, because features are not scaled.
        attribute_scaler_ : object
            Identity, because descriptions are not scaled.
        """,
    "add_classes": """
        Parameters
        ----------
        attributes : DataFrame or array-like of shape (n_new, n_attributes), \
default=None
            Descriptions of the new classes, with the same attributes as in `fit`; the
            columns of a DataFrame are matched by name. NaN is imputed as in `fit`. None
            adds no class, only rows.
        classes : array-like of shape (n_new,), default=None
            Their labels when `attributes` is an array. None continues integer
            labels.
        X : array-like of shape (n_rows, n_features), default=None
            A few rows of the new classes, or of others in `unseen_classes_`.
        y : array-like of shape (n_rows,), default=None
            Labels of these rows.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a class exists already or the attributes do not match, if a row belongs
            to a seen or an unknown class, or `X` does not match the features of `fit`.

        Warns
        -----
        ZeroShotWarning
            If a new description is zero or that of another class, or was imputed.
        """,
    "several_attributes": """
        attributes : DataFrame, array-like of shape (n_rows, n_attributes) or None, \
default=None
            One description row per class, seen or unseen, or several, such as
            embeddings of the same name in several sentences: rows of one label are
            scaled to length 1 and averaged. The index of a DataFrame holds the class
            labels, in any order. An array needs `classes`, or describes the integer
            labels 0, 1, ... in order. None gives each class in `y` a one-hot row: an
            ordinary classifier. NaN is a missing value: it is imputed from the other
            rows, with a warning.
        classes : array-like of shape (n_rows,), default=None
            Labels of the rows when `attributes` is an array.
        """,
    "fitted": """
        classes_ : ndarray of shape (n_classes,)
            All class labels, seen and unseen, sorted.
        seen_classes_ : ndarray of shape (n_seen,)
            Labels that occurred in `y`.
        unseen_classes_ : ndarray of shape (n_unseen,)
            The other labels.
        class_attributes_ : ndarray of shape (n_classes, n_attributes)
            Descriptions in the order of `classes_`.
        seen_penalty_ : float
            The penalty in use, in the unit of :meth:`decision_function`. It may be
            assigned, for instance 0 for the uncalibrated model. With
            ``seen_penalty="auto"`` it is 0 if no class is unseen, fewer than four are
            seen, or none of them has two samples, because it cannot be fitted then.
        temperature_ : float
            Divisor of the scores in :meth:`predict_proba`, fitted on the folds, if
            there are any. It may be assigned.
        held_out_results_ : DataFrame or None
            AUSUC and best H of every candidate on every fold of held-out classes. None
            without folds.
        n_features_in_ : int
            Number of features seen in :meth:`fit`.
        feature_names_in_ : ndarray of shape (n_features,)
            Names of the features, when `X` was a DataFrame with string columns.
        """,
}

# What was enough for the estimator on held-out classes of several data sets.
for epochs in (5, 8, 10):
    SHARED[f"patience_{epochs}"] = f"""
        patience : int or None, default={epochs}
            Number of epochs without improvement of the mean over folds after which the
            models of the folds are not trained further. None trains them for
            `max_epochs`.
        """

_PLACEHOLDER = re.compile(r"^( *)%\((\w+)\)s$", flags=re.MULTILINE)


def fill_docstring(cls):
    """Class decorator that puts shared wording in place of its placeholders.

    Parameters
    ----------
    cls : type
        Its docstring, and those of its methods, may hold lines ``%(key)s`` with keys of
        `SHARED`.

    Returns
    -------
    cls : type
        The same class.
    """

    def shared_text(match):
        indent, key = match.groups()
        text = textwrap.dedent(SHARED[key]).strip()
        # The text may have placeholders of its own.
        return textwrap.indent(_PLACEHOLDER.sub(shared_text, text), indent)

    for documented in (cls, *filter(inspect.isfunction, vars(cls).values())):
        # Python runs with -OO have no docstrings.
        if documented.__doc__:
            documented.__doc__ = _PLACEHOLDER.sub(shared_text, documented.__doc__)
    return cls
