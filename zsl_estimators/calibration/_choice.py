"""What the folds have chosen, for the final fit."""

from dataclasses import dataclass, replace

import pandas as pd

from zsl_estimators.calibration._beside import Beside
from zsl_estimators.calibration._held_out import best_seen_penalty
from zsl_estimators.calibration._report import HeldOutPerformance
from zsl_estimators.calibration._scores import HeldOutScores
from zsl_estimators.calibration._temperature import best_temperature


@dataclass(frozen=True)
class Choice:
    """What the folds have chosen, for the final fit.

    Parameters
    ----------
    penalty : float, default=0.0
        Amount to take from the scores of seen classes.
    records : list of HeldOutRecord, default=()
        One per stage: for instance which epoch, then which decision. Without folds
        there is none.
    share_of_rows : float, default=1.0
        Mean number of rows that the models of the folds were fitted on, as a share of
        those of the final fit.
    performance : HeldOutPerformance or None, default=None
        How the best model did, where the seen accuracy is known.
    known : HeldOutScores or None, default=None
        Some scores of held-out samples of seen classes among the real unseen ones.
    scores : tuple of HeldOutScores, default=()
        Of the best model on the folds, then of the model of all seen classes, where
        somebody asked for them.
    beside : Beside or None, default=None
        `known`, before it is there: it is computed beside the final model.
    """

    penalty: float = 0.0
    records: tuple = ()
    share_of_rows: float = 1.0
    performance: HeldOutPerformance | None = None
    known: HeldOutScores | None = None
    scores: tuple = ()
    beside: Beside | None = None

    def completed(self):
        """The choice with all that was computed beside the final model."""
        return self if self.beside is None else self.with_known(self.beside.result())

    def abandon(self):
        """Go on without the final model, and what is computed beside it."""
        if self.beside is not None:
            self.beside.abandon()

    def best(self, stage, default):
        """The best candidate of a stage, or what to take where nothing was chosen."""
        if len(self.records) <= stage:
            return default
        best = self.records[stage].best_candidate
        # The only candidate of a model without a choice.
        return default if best is None else best

    def with_known(self, known):
        """The choice with a penalty for which the seen accuracy is known.

        Parameters
        ----------
        known : HeldOutScores
            See :func:`~zsl_estimators.calibration.fold_of_seen_classes`.
        """
        curves, curve = self.records[-1].best_curves, known.curve
        penalty, _ = best_seen_penalty(curves, known=curve)
        return replace(
            self,
            penalty=penalty,
            performance=HeldOutPerformance(curves, curve, self.records[0].of_start),
            known=known.few(seed=0),
            beside=None,
        )

    @property
    def temperature(self):
        """What scores are divided by for probabilities; None where no fold tells."""
        few = self.records[-1].best_few if self.records else []
        return best_temperature(few, self.penalty, self.known) if few else None

    @property
    def area(self):
        """AUSUC of the best candidate, averaged over folds; 0 without folds."""
        return self.records[-1].best_area if self.records else 0.0

    def candidate(self, default=None):
        """The best candidate of the first stage, see :meth:`best`."""
        return self.best(0, default)

    def frame(self, stage=0, n_stages=1):
        """Table of what the folds showed in some stages; None without folds."""
        records = self.records[stage : stage + n_stages]
        if not records:
            return None
        frames = [record.to_frame() for record in records]
        return pd.concat(frames, ignore_index=True)
