"""Every display is rendered, says what it should, and writes no text over another."""

import sys
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Annotation, Text
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.common import small
from zsl_estimators import (
    ALEClassifier,
    CalibratedStackingCV,
    DiffusionClassifier,
    ExemplarClassifier,
    HeldOutScoring,
    RevCDClassifier,
    RidgeSemanticClassifier,
    VAEcFlowClassifier,
    ZeroShotEnsembleClassifier,
)
from zsl_estimators.inspection import explain_predictions
from zsl_estimators.metrics import ausuc_score, gzsl_report, harmonic_mean_scorer
from zsl_estimators.model_selection import ClassHoldoutSplit
from zsl_estimators.plotting import (
    AttributeErrorDisplay,
    DenoisingDisplay,
    EnsembleDisplay,
    ExplanationDisplay,
    GZSLConfusionDisplay,
    ReconstructionDisplay,
    SeenPenaltyDisplay,
    SeenUnseenDisplay,
    SyntheticFeaturesDisplay,
    TrainingCurvesDisplay,
)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def named(task):
    """Labels are strings, features have names."""
    names = np.array([f"animal {c}" for c in range(11)])
    return {
        "S": task.attributes.set_axis(names),
        "X": pd.DataFrame(task.X_train).add_prefix("sensor "),
        "y": names[task.y_train],
        "X_test": pd.DataFrame(task.X_test).add_prefix("sensor "),
        "y_test": names[task.y_test],
    }


def fitted(named, cls, **parameters):
    clf = small(cls, attributes=named["S"], random_state=0, **parameters)
    return make_pipeline(StandardScaler(), clf).fit(named["X"], named["y"])


@pytest.fixture(scope="module")
def ridge(named):
    return fitted(named, RidgeSemanticClassifier, alpha=0.1, shrink_to="zero")


def hidden_tick_labels(figure):
    """Labels of ticks outside of the limits, which are not drawn."""
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                if not low <= tick.get_loc() <= high:
                    yield from (tick.label1, tick.label2)


def visible_texts(figure):
    figure.draw_without_rendering()
    hidden = set(hidden_tick_labels(figure))
    return [
        (text, text.get_window_extent())
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text() and text not in hidden
    ]


def assert_legible(display):
    figure = display.figure_
    texts = visible_texts(figure)
    assert texts
    for (one, box), (other, other_box) in combinations(texts, 2):
        # The number of a tick may share a corner with that of the other axis.
        shrunk = other_box.padded(-1.5)
        overlap = box.overlaps(shrunk)
        assert not overlap, f"{one.get_text()!r} over {other.get_text()!r}"
        assert one.get_fontsize() >= 6
    page = figure.bbox.padded(2)
    for text, box in texts:
        if not isinstance(text, Annotation):
            assert page.contains(*box.min), text.get_text()
            assert page.contains(*box.max), text.get_text()


class TestSeenUnseen:
    def test_figures(self, named, ridge):
        X, y = named["X_test"], named["y_test"]
        display = SeenUnseenDisplay.from_estimator(ridge, X, y)
        area = ausuc_score(
            y,
            ridge.decision_function(X),
            classes=ridge.classes_,
            seen_classes=ridge[-1].seen_classes_,
        )
        h = gzsl_report(y, ridge.predict(X), seen_classes=ridge[-1].seen_classes_).H
        assert display.ausuc == pytest.approx(area)
        labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
        assert labels[0] == f"Pipeline (AUSUC {area:.3f})"
        assert f"H {h.item():.3f}" in labels[1]
        assert f"{ridge[-1].seen_penalty_:.3g}" in labels[1]
        assert labels[2].startswith("no penalty")
        assert_legible(display)

    def test_second_curve_has_another_line(self, named, ridge):
        X, y = named["X_test"], named["y_test"]
        first = SeenUnseenDisplay.from_estimator(ridge, X, y, name="first")
        second = SeenUnseenDisplay.from_estimator(
            fitted(named, ExemplarClassifier), X, y, ax=first.ax_
        )
        assert first.line_.get_linestyle() != second.line_.get_linestyle()
        assert first.line_.get_color() != second.line_.get_color()

    def test_penalty_of_a_stacking(self, task):
        stacking = CalibratedStackingCV(
            RidgeSemanticClassifier(task.attributes, alpha=0.1), random_state=0
        ).fit(task.X_train, task.y_train)
        display = SeenUnseenDisplay.from_estimator(stacking, task.X_test, task.y_test)
        assert display.penalty == stacking.best_penalty_ > 0

    def test_penalties_inside_add_up(self, task):
        """The point without penalty is that without any."""
        clf = RidgeSemanticClassifier(task.attributes, alpha=0.1, random_state=0)
        clf.fit(task.X_train, task.y_train)
        stacking = CalibratedStackingCV(clf, cv="prefit")
        stacking.fit(task.X_test, task.y_test)
        shown = [
            SeenUnseenDisplay.from_estimator(model, task.X_test, task.y_test)
            for model in (clf, stacking)
        ]
        total = clf.seen_penalty_ + stacking.best_penalty_
        assert shown[1].penalty == pytest.approx(total)
        without = [display.ax_.lines[2].get_xydata() for display in shown]
        np.testing.assert_allclose(*without)

    def test_penalty_of_a_frozen_estimator(self, named, ridge):
        X, y = named["X_test"], named["y_test"]
        display = SeenUnseenDisplay.from_estimator(FrozenEstimator(ridge), X, y)
        assert display.penalty == ridge[-1].seen_penalty_

    def test_no_mark_where_classes_pay_a_part_of_the_penalty(self, task):
        clf = RidgeSemanticClassifier(task.attributes, alpha=0.1, seen_penalty=0.2)
        clf.fit(task.X_train, task.y_train)
        rows = np.flatnonzero(task.y_test == clf.unseen_classes_[0])[:3]
        clf.add_classes(X=task.X_test[rows], y=task.y_test[rows])
        display = SeenUnseenDisplay.from_estimator(clf, task.X_test, task.y_test)
        assert display.penalty is None

    def test_any_name_of_a_property_of_lines(self, named, ridge):
        X, y = named["X_test"], named["y_test"]
        display = SeenUnseenDisplay.from_estimator(ridge, X, y, ls=":", lw=3)
        assert display.line_.get_linestyle() == ":"
        assert display.line_.get_linewidth() == 3

    def test_needs_both_kinds(self, named, ridge):
        with pytest.raises(ValueError, match="unseen"):
            SeenUnseenDisplay.from_estimator(ridge, named["X"], named["y"])


class TestEnsemble:
    def test_marks_and_line(self, named):
        pipeline = fitted(named, ZeroShotEnsembleClassifier)
        display = EnsembleDisplay.from_estimator(pipeline)
        ensemble = pipeline[-1]
        results = ensemble.held_out_results_
        (marks,) = display.ax_.collections
        np.testing.assert_allclose(
            marks.get_offsets(),
            np.column_stack(
                [ensemble.fit_times_, results.best_H[["exemplar", "ridge"]]]
            ),
        )
        assert display.ax_.lines[0].get_ydata()[0] == results.best_H["ensemble"]
        assert {text.get_text() for text in display.ax_.texts} == {"exemplar", "ridge"}
        assert_legible(display)

    def test_nothing_to_draw(self, task, ridge):
        with pytest.raises(ValueError, match="ZeroShotEnsembleClassifier"):
            EnsembleDisplay.from_estimator(ridge)
        alone = small(ZeroShotEnsembleClassifier).fit(task.X_train, task.y_train)
        with pytest.raises(ValueError, match="not compared"):
            EnsembleDisplay.from_estimator(alone)


class TestExplanation:
    def test_bars_are_contributions(self, named, ridge):
        contributions = explain_predictions(ridge, named["X"][:1])
        display = ExplanationDisplay.from_estimator(ridge, named["X"][:1])
        row = contributions.iloc[0]
        names = [text.get_text() for text in display.ax_.get_yticklabels()]
        shown = [bar.get_width() for bar in display.bars_]
        np.testing.assert_allclose(shown, row[names])
        assert (np.diff(np.abs(shown)) >= 0).all()
        assert str(row.name[1]) in display.ax_.get_title()
        assert_legible(display)

    def test_the_rest_is_summed_up(self, named, ridge):
        contributions = explain_predictions(ridge, named["X"][:1])
        display = ExplanationDisplay.from_contributions(contributions, max_bars=3)
        widths = [bar.get_width() for bar in display.bars_]
        assert len(widths) == 3
        assert sum(widths) == pytest.approx(contributions.iloc[0].sum())
        assert "others" in display.ax_.get_yticklabels()[0].get_text()

    @pytest.mark.parametrize("max_bars", [0, -1])
    def test_no_bars(self, named, ridge, max_bars):
        display = ExplanationDisplay.from_estimator(ridge, named["X"][:1])
        with pytest.raises(ValueError, match="max_bars"):
            display.plot(max_bars=max_bars)

    def test_several_pairs(self, named, ridge):
        with pytest.raises(ValueError, match="pairs of prediction and rival"):
            ExplanationDisplay.from_estimator(ridge, named["X"])


class TestSeenPenalty:
    def test_means_of_folds(self, task):
        stacking = CalibratedStackingCV(
            RidgeSemanticClassifier(task.attributes, alpha=0.1, random_state=0),
            cv=3,
            random_state=0,
        ).fit(task.X_train, task.y_train)
        display = SeenPenaltyDisplay.from_estimator(stacking)
        lines = {line.get_label(): line for line in display.ax_.lines}
        h = lines["harmonic mean, H"]
        assert h.get_ydata().max() == pytest.approx(stacking.best_score_, abs=0.02)
        nearly = h.get_xdata()[h.get_ydata() >= 0.95 * h.get_ydata().max()]
        assert nearly.min() < stacking.best_penalty_ < nearly.max()
        assert_legible(display)

    def test_of_an_estimator_with_the_known_seen_side(self, task):
        clf = RidgeSemanticClassifier(task.attributes, alpha=0.1, random_state=0)
        display = SeenPenaltyDisplay.from_estimator(clf.fit(task.X_train, task.y_train))
        assert display.best_penalty == clf.seen_penalty_
        lines = {line.get_label(): line for line in display.ax_.lines}
        known = clf._held_out_performance.known
        seen = lines["seen classes, S"]
        middle = len(seen.get_xdata()) // 2
        assert seen.get_ydata()[middle] == pytest.approx(
            known.at(seen.get_xdata()[middle])[0], abs=0.05
        )
        assert_legible(display)

    def test_inside_a_search(self, task):
        search = GridSearchCV(
            CalibratedStackingCV(RidgeSemanticClassifier(task.attributes, alpha=0.1)),
            {"cv": [2]},
            cv=ClassHoldoutSplit(2, random_state=0),
            scoring=harmonic_mean_scorer,
            error_score="raise",
        ).fit(task.X_train, task.y_train)
        display = SeenPenaltyDisplay.from_estimator(search)
        assert display.best_penalty == search.best_estimator_.best_penalty_

    def test_steps_at_the_ends(self):
        """One gap: all samples move at once."""
        results = {
            "fold": [0, 0],
            "penalty": [-np.inf, np.inf],
            "S": [1.0, 0.0],
            "U": [0.0, 1.0],
            "H": [0.0, 0.0],
        }
        display = SeenPenaltyDisplay(results, best_penalty=0.5).plot()
        seen = display.ax_.lines[0]
        assert set(seen.get_ydata()) == {0.0, 1.0}

    def test_nothing_to_draw(self, named, ridge):
        with pytest.raises(ValueError, match="CalibratedStackingCV"):
            SeenPenaltyDisplay.from_estimator(StandardScaler().fit(named["X"]))
        fixed = fitted(named, RidgeSemanticClassifier, seen_penalty=0.1)
        with pytest.raises(ValueError, match="the penalty was given"):
            SeenPenaltyDisplay.from_estimator(fixed)


class TestConfusion:
    def test_blocks(self, named, ridge):
        X, y = named["X_test"], named["y_test"]
        display = GZSLConfusionDisplay.from_estimator(ridge, X, y)
        seen_classes = ridge[-1].seen_classes_
        n_seen = display.n_seen
        assert set(display.classes[:n_seen]) == set(seen_classes)
        report = gzsl_report(y, ridge.predict(X), seen_classes=seen_classes).iloc[0]
        diagonal = np.diag(display.confusion_matrix)
        assert diagonal[:n_seen].mean() == pytest.approx(report.S)
        assert diagonal[n_seen:].mean() == pytest.approx(report.U)
        np.testing.assert_allclose(display.block_rates.sum(axis=1), 1)
        assert_legible(display)

    def test_many_classes_have_no_labels(self):
        classes = np.arange(60)
        display = GZSLConfusionDisplay.from_predictions(
            classes, classes[::-1], seen_classes=classes[:40]
        )
        assert len(display.ax_.get_xticks()) == 0
        assert display.block_rates.loc["unseen", "seen"] == 1
        assert_legible(display)

    def test_labels_outside_are_refused(self):
        with pytest.raises(ValueError, match=r"\[5\]"):
            GZSLConfusionDisplay.from_predictions(
                [0, 1], [0, 5], seen_classes=[0], classes=[0, 1]
            )

    def test_only_seen_classes(self):
        display = GZSLConfusionDisplay.from_predictions(
            [0, 1], [0, 1], seen_classes=[0, 1], classes=[0, 1, 2]
        )
        assert display.block_rates.loc["unseen"].isna().all()
        assert "nan" not in display.ax_.get_title(loc="left")


class TestTrainingCurves:
    def test_losses_and_chosen_epoch(self, named):
        pipeline = fitted(named, ALEClassifier)
        display = TrainingCurvesDisplay.from_estimator(pipeline)
        losses, held_out = display.axes_
        assert len(losses.lines) == (pipeline[-1].n_iter_ > 0)
        (line,) = [line for line in held_out.lines if line.get_label() == "mean"]
        of_epochs = dict(zip(line.get_xdata(), line.get_ydata(), strict=True))
        # The chosen one is better than the start, but need not be the best.
        chosen = of_epochs[pipeline[-1].n_iter_]
        assert of_epochs[0] <= chosen <= max(of_epochs.values())
        assert_legible(display)

    def test_parts_of_a_loss(self, named):
        pipeline = fitted(
            named, VAEcFlowClassifier, early_stopping=False, seen_penalty=0.0
        )
        history = pipeline[-1].history_
        display = TrainingCurvesDisplay.from_history(history)
        labels = [line.get_label() for line in display.axes_[0].lines]
        assert labels[0] == "train loss"
        assert len(labels) > 2
        np.testing.assert_array_equal(
            display.axes_[0].lines[0].get_ydata(), history[:, "train_loss"]
        )
        assert_legible(display)

    def test_figures_of_a_callback(self, task):
        clf = small(
            ALEClassifier,
            attributes=task.attributes,
            early_stopping=False,
            callbacks=[HeldOutScoring(task.X_test, task.y_test)],
        ).fit(task.X_train, task.y_train)
        display = TrainingCurvesDisplay.from_estimator(clf)
        lines = {line.get_label(): line for line in display.axes_[1].lines}
        np.testing.assert_allclose(
            lines["mean"].get_ydata(), clf.history_[:, "held_out_AUSUC"]
        )
        assert_legible(display)

    def test_a_list_as_history(self, named):
        clf = fitted(named, ALEClassifier, early_stopping=False)[-1]
        of_list, of_history = (
            TrainingCurvesDisplay.from_history(history)
            for history in (list(clf.history_), clf.history_)
        )
        assert of_list.losses == of_history.losses != {}

    def test_zero_epochs(self):
        display = TrainingCurvesDisplay({})
        assert "0 epochs" in display.plot().axes_[0].get_title()

    def test_closed_forms_have_no_epochs(self, ridge):
        with pytest.raises(ValueError, match="epochs"):
            TrainingCurvesDisplay.from_estimator(ridge)


class TestSyntheticFeatures:
    @pytest.mark.parametrize("method", ["pca", "tsne"])
    def test_map(self, named, method):
        pipeline = fitted(
            named,
            VAEcFlowClassifier,
            early_stopping=False,
            seen_penalty=0.0,
            decision="gaussian",
        )
        display = SyntheticFeaturesDisplay.from_estimator(
            pipeline, named["X_test"], named["y_test"], n_per_class=20, method=method
        )
        assert set(pipeline[-1].unseen_classes_) <= set(display.y_synthetic)
        assert len(display.synthetic) == 20 * 6
        assert len(display.real) == np.isin(named["y_test"], display.y_synthetic).sum()
        display.figure_.draw_without_rendering()

    def test_well_separated_classes_are_legible(self):
        rng = np.random.RandomState(0)
        centers = np.array([[0, 0, 0], [9, 0, 0], [0, 9, 0]])
        X = np.repeat(centers, 10, axis=0) + rng.normal(size=(30, 3))
        y = np.repeat(["cat", "dog", "eel"], 10)
        assert_legible(SyntheticFeaturesDisplay.from_features(X, y, X + 0.1, y))

    def test_mistakes(self, named, ridge):
        X, y = np.eye(12), np.arange(12)
        with pytest.raises(ValueError, match="at most 10"):
            SyntheticFeaturesDisplay.from_features(X, y, X, y)
        with pytest.raises(ValueError, match="umap"):
            SyntheticFeaturesDisplay.from_features(X, y, X, y, method="umap")
        with pytest.raises(ValueError, match="sample"):
            SyntheticFeaturesDisplay.from_estimator(ridge, named["X"], named["y"])
        with pytest.raises(ValueError, match="two features"):
            SyntheticFeaturesDisplay.from_features(X[:, :1], y % 2, X[:, :1], y % 2)

    def test_labels_of_another_length(self, task):
        clf = small(VAEcFlowClassifier, attributes=task.attributes, random_state=0)
        clf.set_params(early_stopping=False, seen_penalty=0.0)
        clf.fit(task.X_train, task.y_train)
        with pytest.raises(ValueError, match="inconsistent"):
            SyntheticFeaturesDisplay.from_estimator(clf, task.X_test, task.y_test[:-1])

    def test_tsne_of_few_samples(self):
        X, y = np.random.RandomState(0).normal(size=(6, 3)), np.arange(6) % 2
        display = SyntheticFeaturesDisplay.from_features(X, y, X, y, method="tsne")
        assert np.isfinite(display.real).all()


class TestAttributeError:
    def test_errors_in_standard_deviations(self, named, ridge):
        X, y = named["X_test"], named["y_test"]
        display = AttributeErrorDisplay.from_estimator(ridge, X, y)
        label, attribute = "animal 5", named["S"].columns[1]
        predicted = ridge[-1].predict_attributes(ridge[:-1].transform(X[y == label]))
        miss = np.abs(predicted[:, 1] - named["S"].loc[label, attribute]).mean()
        expected = miss / named["S"][attribute].std(ddof=0)
        assert display.errors.loc[label, attribute] == pytest.approx(expected, 1e-4)
        assert list(display.errors.columns) == list(named["S"].columns)
        assert_legible(display)

    def test_columns_of_predictions_by_name(self, task):
        attributes, y = task.attributes, task.y_test
        noise = np.random.RandomState(0).normal(size=(len(y), attributes.shape[1]))
        predicted = attributes.loc[y] + noise
        other_order, expected = (
            AttributeErrorDisplay.from_predictions(
                y, frame, attributes=attributes, seen_classes=task.seen_classes
            )
            for frame in (predicted[predicted.columns[::-1]], predicted.to_numpy())
        )
        pd.testing.assert_frame_equal(other_order.errors, expected.errors)
        renamed = predicted.rename(columns={predicted.columns[0]: "other"})
        with pytest.raises(ValueError, match="other columns than attributes"):
            AttributeErrorDisplay.from_predictions(
                y, renamed, attributes=attributes, seen_classes=task.seen_classes
            )
        with pytest.raises(ValueError, match="one column per attribute"):
            AttributeErrorDisplay.from_predictions(
                y,
                predicted.to_numpy()[:, 1:],
                attributes=attributes,
                seen_classes=task.seen_classes,
            )

    def test_pipeline_of_one_step(self, task):
        clf = make_pipeline(
            RidgeSemanticClassifier(task.attributes, alpha=0.1, random_state=0)
        )
        clf.fit(task.X_train, task.y_train)
        display = AttributeErrorDisplay.from_estimator(
            FrozenEstimator(clf), task.X_test, task.y_test
        )
        assert display.errors.shape == (11, 4)

    def test_inside_a_calibrated_pipeline(self, named, ridge):
        X, y = named["X_test"], named["y_test"]
        stacking = CalibratedStackingCV(ridge, random_state=0)
        stacking.fit(named["X"], named["y"])
        display = AttributeErrorDisplay.from_estimator(stacking, X, y)
        plain = AttributeErrorDisplay.from_estimator(ridge, X, y)
        pd.testing.assert_frame_equal(display.errors, plain.errors)

    def test_needs_attributes(self, named):
        with pytest.raises(ValueError, match="predict_attributes"):
            AttributeErrorDisplay.from_estimator(
                fitted(named, ExemplarClassifier), named["X"], named["y"]
            )


class TestDenoising:
    def test_paths_end_at_the_estimate(self, named):
        pipeline = fitted(
            named,
            RevCDClassifier,
            sampler="ddim",
            n_draws=1,
            correction_weight=1.0,
            early_stopping=False,
            seen_penalty=0.0,
        )
        X, y = named["X_test"][:3], named["y_test"][:3]
        display = DenoisingDisplay.from_estimator(pipeline, X, y)
        clf = pipeline[-1]
        assert display.paths.shape == (clf.sampling_steps + 1, 3, 2)
        described = clf.predict_attributes(pipeline[:-1].transform(X))
        direct = DenoisingDisplay.from_trajectory(
            described[None],
            class_attributes=clf.class_attributes_,
            classes=clf.classes_,
            seen_classes=clf.seen_classes_,
        )
        np.testing.assert_allclose(direct.paths[0], display.paths[-1], atol=1e-5)
        display.figure_.draw_without_rendering()

    def test_labels_keep_clear_of_each_other(self):
        """Two classes lie at almost the same place."""
        attributes = np.array([[0.0, 0], [4, 0], [0, 3], [0.05, 0.05]])
        display = DenoisingDisplay.from_trajectory(
            np.array([[[1.0, 1.0]], [[2.0, 2.0]]]),
            class_attributes=attributes,
            classes=["cat", "dog", "eel", "fox"],
            seen_classes=["cat", "dog"],
            y_true=["eel"],
        )
        assert_legible(display)

    def test_class_attributes_may_be_a_frame(self):
        table = pd.DataFrame([[0.0, 0], [4, 0], [0, 3]], columns=["legs", "fins"])
        options = {"classes": [0, 1, 2], "seen_classes": [0, 1]}
        given, expected = (
            DenoisingDisplay.from_trajectory(
                np.array([[[1.0, 1.0]]]), class_attributes=attributes, **options
            )
            for attributes in (table, table.to_numpy())
        )
        np.testing.assert_array_equal(given.paths, expected.paths)
        np.testing.assert_array_equal(given.places, expected.places)

    def test_needs_a_trajectory(self, named, ridge):
        with pytest.raises(ValueError, match="RevCDClassifier"):
            DenoisingDisplay.from_estimator(ridge, named["X"])

    def test_what_cannot_be_drawn(self):
        options = {"class_attributes": np.eye(3), "classes": [0, 1, 2]}
        options |= {"seen_classes": [0, 1], "trajectory": np.zeros((2, 3, 3))}
        draw = DenoisingDisplay.from_trajectory
        with pytest.raises(ValueError, match="inconsistent"):
            draw(**options | {"y_true": [0, 1]})
        with pytest.raises(ValueError, match="two classes"):
            draw(**options | {"class_attributes": np.eye(3)[:1], "classes": [0]})


class TestReconstruction:
    def test_lines_by_a_plain_loop(self):
        distances = np.random.default_rng(0).uniform(1, 2, size=(3, 4, 5))
        classes, y = np.array(list("abcde")), np.array(list("ebac"))
        display = ReconstructionDisplay(
            np.array([0.1, 0.5, 1.0]), distances, classes=classes, y_true=y
        ).plot()
        for level in range(3):
            own, others = [], []
            for sample, label in enumerate(y):
                column = list(classes).index(label)
                own.append(distances[level, sample, column])
                others.append(np.delete(distances[level, sample], column))
            assert display.true_[level] == pytest.approx(np.mean(own))
            assert display.nearest_[level] == pytest.approx(np.min(others, 1).mean())
            assert display.farthest_[level] == pytest.approx(np.max(others, 1).mean())
            assert display.mean_[level] == pytest.approx(np.mean(others))
        (line,) = (x for x in display.ax_.lines if x.get_label() == "true class")
        np.testing.assert_allclose(line.get_ydata(), display.true_)
        assert_legible(display)

    def test_from_a_pipeline(self, named):
        pipeline = fitted(named, DiffusionClassifier, early_stopping=False)
        X, y = named["X_test"][:6], named["y_test"][:6]
        display = ReconstructionDisplay.from_estimator(pipeline, X, y)
        clf = pipeline[-1]
        direct = clf.reconstruction_distances(pipeline[:-1].transform(X))
        np.testing.assert_array_equal(display.distances, direct)
        np.testing.assert_allclose(display.levels, np.arange(1, 11) / 10)
        assert_legible(display)
        with pytest.raises(ValueError, match=r"does not know.*nobody"):
            ReconstructionDisplay.from_estimator(pipeline, X[:1], ["nobody"])
        with pytest.raises(ValueError, match="inconsistent"):
            ReconstructionDisplay.from_estimator(pipeline, X, y[:2])

    def test_needs_reconstructions(self, named, ridge):
        with pytest.raises(ValueError, match="DiffusionClassifier"):
            ReconstructionDisplay.from_estimator(ridge, named["X"], named["y"])


def test_other_estimators_are_refused(named):
    clf = LogisticRegression().fit(np.eye(3), [0, 1, 2])
    with pytest.raises(TypeError, match="seen_classes_"):
        SeenUnseenDisplay.from_estimator(clf, np.eye(3), [0, 1, 2])


def test_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        TrainingCurvesDisplay({}).plot()
