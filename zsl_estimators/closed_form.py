"""Models that are solved, not trained: all that the folds compare share one fit."""

from abc import abstractmethod
from collections.abc import Hashable
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from zsl_estimators.scaling import scalings_to_compare


class Solution(NamedTuple):
    """One of the models that the folds choose from.

    Parameters
    ----------
    attribute_scaling : str
        Of the descriptions.
    settings : hashable
        What else the folds choose, such as a penalty; None where there is nothing.
    """

    attribute_scaling: str
    settings: Hashable

    def as_row(self):
        """How it stands in the table of what the folds showed."""
        return {
            "candidate": self.settings,
            "attribute_scaling": self.attribute_scaling,
        }


class ClosedFormMixin:
    """Solve for one candidate after the other, in every scaling of the descriptions.

    Stands left of a zero-shot base class whose estimators have a parameter
    `attribute_scaling`. Subclasses implement `_settings_to_compare`,
    `_default_settings` and `_solutions`.
    """

    # The models of the folds choose it, with all else.
    _takes_over_scaling = False

    def _settings_to_compare(self):
        """List what the folds choose from in one scaling of the descriptions."""
        return [self._default_settings()]

    def _default_settings(self):
        """What is taken where there are no folds."""
        return None

    def _precomputed(self, problem):
        """Compute what does not depend on the descriptions, once for all solutions."""
        return None

    @abstractmethod
    def _solutions(self, problem, precomputed, settings):
        """Become one model after the other.

        Parameters
        ----------
        problem : Problem
            With the descriptions scaled.
        precomputed : object
            What `_precomputed` has returned.
        settings : list
            Those to solve for.

        Yields
        ------
        settings : hashable
            The one of the model by now.
        """

    def _fit(self, problem, choice, random_state):
        default = Solution(self.attribute_scaling_, self._default_settings())
        for _ in self._become(problem, [choice.candidate(default)]):
            pass

    def _fit_candidates(self, problem, random_state):
        candidates = [
            Solution(scaling, settings)
            for scaling in scalings_to_compare(self.attribute_scaling)
            for settings in self._settings_to_compare()
        ]
        return self._become(problem, candidates) if len(candidates) > 1 else None

    def _become(self, problem, candidates):
        """Become one candidate after the other; those of one scaling in a row."""
        precomputed = self._precomputed(problem)
        for scaling, alike in groupby(candidates, attrgetter("attribute_scaling")):
            problem = self._rescaled(problem, scaling)
            wanted = [candidate.settings for candidate in alike]
            for settings in self._solutions(problem, precomputed, wanted):
                yield Solution(scaling, settings)

    def _rescaled(self, problem, scaling):
        """The problem with its descriptions in a scaling, from now on in use.

        A model that has tried several may be in any of them, whatever the problem is.
        """
        self.attribute_scaling_ = scaling
        self._fit_attribute_scaler(problem.random_state)
        return replace(problem, S=self._scaled_attributes())
