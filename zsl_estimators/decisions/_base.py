"""What a decision of a generative classifier is."""

from abc import ABC, abstractmethod

from zsl_estimators.onnx_export import CannotExport
from zsl_estimators.persistence import Storable


class Decision(Storable, ABC):
    """How to score classes with a trained generator.

    A small object that is held by a classifier. It keeps everything that scoring
    needs, but for the generator.

    Attributes
    ----------
    name : str
        Names the decision and its settings. Decisions of the same name are equal, so
        that the models of several folds can compare theirs.
    """

    name: str

    @abstractmethod
    def fit(self, generator, problem, random_state):
        """Learn to decide.

        Parameters
        ----------
        generator : TrainedGenerator
            Generates features of all classes.
        problem : Problem
            Scaled features of the seen classes.
        random_state : RandomState
            The only source of randomness.

        Returns
        -------
        self : Decision
            Ready to score.
        """

    @abstractmethod
    def score_classes(self, new_generator, Z):
        """Score every class.

        Parameters
        ----------
        new_generator : callable
            Returns the TrainedGenerator, for decisions that need it.
        Z : ndarray of shape (n_samples, n_scaled)
            Scaled features.

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes)
            Float64, larger is better.
        """

    @abstractmethod
    def extend(self, generator, positions, old, random_state):
        """Learn classes that were added; the scores of the others stay.

        What the decision holds is replaced and not changed in place, so that a copy of
        the decision stays what it was.

        Parameters
        ----------
        generator : TrainedGenerator
            Knows the new classes.
        positions : ndarray of shape (n_new,)
            Their positions.
        old : ndarray of shape (n_old,)
            Positions of the other classes that may be predicted.
        random_state : RandomState
            The only source of randomness.
        """

    def lacking(self, positions):
        """Which of some classes it has to learn before it can score them.

        Parameters
        ----------
        positions : ndarray of shape (n_positions,)
            Of classes that may be predicted.

        Returns
        -------
        lacking : ndarray of shape (n_lacking,)
            Those that were removed while others were learned, and came back.
        """
        return positions[:0]

    def scoring_module(self, new_generator):
        """Make a torch module that scores classes as :meth:`score_classes` does.

        Parameters
        ----------
        new_generator : callable
            Returns the TrainedGenerator, for decisions that need it.

        Returns
        -------
        module : nn.Module
            From scaled features to scores, in double precision.

        Raises
        ------
        CannotExport
            If there is none.
        """
        raise CannotExport(
            f"the decision {self.name!r} runs the generator once per class",
            'Fit the estimator with decision="head", or store it with skops.io.dump.',
        )

    def __eq__(self, other):
        return isinstance(other, Decision) and self.name == other.name

    def __hash__(self):
        return hash(self.name)

    def __repr__(self):
        return f"<decision: {self.name}>"
