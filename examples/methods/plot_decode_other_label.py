"""
Decoding a sample with another label
====================================

A diffusion model maps a sample to a latent vector and back, both given the label of a
class. This example encodes handwritten digits with one label and decodes them with
another one. (After Figures 2 to 4 and 11 of Startsev and Singh.)
"""

# %%
# One model of digits
# -------------------
#
# There are no training samples of 3 and 8, only their descriptions.

import matplotlib.pyplot as plt
import numpy as np

from zsl_estimators import DiffusionClassifier
from zsl_estimators.datasets import load_digits_gzsl
from zsl_estimators.likelihood import NoiseDenoiseRule, slerp
from zsl_estimators.plotting import ReconstructionDisplay

data = load_digits_gzsl(unseen=(3, 8))
clf = DiffusionClassifier(
    data.attributes,
    hidden=128,
    early_stopping=False,
    max_epochs=20,
    seen_penalty=0.0,
    random_state=0,
).fit(data.X_train, data.y_train)


def show(rows, row_titles, column_titles):
    """Pictures in a grid."""
    shape = len(rows), len(rows[0])
    _, axes = plt.subplots(
        *shape, figsize=(1.1 * shape[1], 1.1 * shape[0]), layout="constrained"
    )
    for ax, picture in zip(axes.flat, np.concatenate(rows), strict=True):
        ax.imshow(picture.reshape(8, 8), cmap="gray_r", vmin=0, vmax=16)
        ax.set(xticks=[], yticks=[])
    for ax, title in zip(axes[:, 0], row_titles, strict=True):
        ax.set_ylabel(title, fontsize="small")
    for ax, title in zip(axes[0], column_titles, strict=True):
        ax.set_title(title, fontsize="small")


# %%
# Encode with one label, decode with all
# --------------------------------------
#
# Rows differ in the label that a 5 is encoded with, columns in the label that it is
# decoded with. With the same label decoding is the inverse of encoding. With another
# one the strokes that both digits share remain, and the rest changes towards the other
# digit. This is weak for 3 and 8, which have no training samples.

five = data.X_test[data.y_test == 5][:1]
labels = [5, 0, 3, 8]
rows = [
    [clf.decode(clf.encode(five, encoded), decoded)[0] for decoded in clf.classes_]
    for encoded in labels
]
show(rows, [f"as {label}" for label in labels], [f"to {c}" for c in clf.classes_])

# %%
# Interpolation between two samples
# ---------------------------------
#
# Two samples of the same digit are encoded, with their own label or a wrong one. Latent
# vectors interpolated between both are decoded, again with either label.

pair = data.X_test[data.y_test == 5][:2]
weights = np.linspace(0, 1, 7)
rows, titles = [], []
for encoded in (5, 0):
    latents = clf.encode(pair, encoded)
    for decoded in (5, 0):
        rows.append(clf.decode(slerp(*latents, weights), decoded))
        titles.append(f"{encoded} to {decoded}")
show(rows, titles, weights.round(2))

# %%
# Noise level and separation of classes
# -------------------------------------
#
# With little noise the reconstruction is close to the sample for every class. With much
# noise it is typical of the class. The rule ``NoiseDenoiseRule`` works well at noise
# levels where the distance of the true class is clearly below those of the others. The
# distance may be any function, here also the largest difference of any feature.


def largest_difference(x, back):
    return (x - back).abs().amax(dim=1)


figure, axes = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
for ax, rule in zip(
    axes,
    (NoiseDenoiseRule(), NoiseDenoiseRule(distance=largest_difference)),
    strict=True,
):
    ReconstructionDisplay.from_estimator(
        clf, data.X_test[:100], data.y_test[:100], rule=rule, ax=ax
    )
axes[0].get_legend().remove()
axes[0].set_title("half the squared distance")
axes[1].set_title("largest difference")
plt.show()
