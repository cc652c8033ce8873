"""
Training on ImageNet-21k
========================

The largest published experiment has 1,000 seen and 20,345 unseen classes, 1.28 million
training rows and 500-dimensional word vectors. The files may not be distributed here.
This page runs the same code on an artificial task of the same layout with 50 times
fewer classes and 200 times fewer rows, and says what to change for the real one.
"""

# %%
# Features in a file
# ------------------
#
# Features stay in half precision in a memory-mapped file and are read some rows at a
# time. For the real data this is one call, ``load_imagenet_gzsl(folder, split="all")``.

import tempfile

import matplotlib.pyplot as plt
import numpy as np

from zsl_estimators import SoftmaxHead, VAEcFlowClassifier
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import hit_at_k_score

data = make_gzsl(
    n_samples_per_class=60,
    n_test_per_class=5,
    n_seen=100,
    n_unseen=300,
    n_features=64,
    n_attributes=16,
    class_sep=0.5,
    dtype=np.float16,
    memmap=tempfile.mkdtemp(),
    random_state=0,
)
print(type(data.X_train).__name__, data.X_train.shape, data.X_train.dtype)

# %%
# A flow, and a head that is trained on a stream
# ----------------------------------------------
#
# The head is trained on features that are generated batch by batch, so that memory
# does not grow with ``n_synthetic``, and with the classes only by the weights of the
# head. The network starts from a closed form, so a few epochs are enough.
#
# The settings of the paper are ``VAEcFlowClassifier.paper_params("ImageNet",
# source="paper")``. They start from random weights and take 150,000 steps, for which a
# GPU is needed.

clf = VAEcFlowClassifier(
    data.attributes,
    decision="head",
    head=SoftmaxHead(hidden=(), max_epochs=5),
    synthesis="stream",
    n_synthetic=100,
    max_epochs=3,
    early_stopping=False,
    seen_penalty=0.0,
    random_state=0,
)
clf.fit(data.X_train, data.y_train)

# %%
# Hit@k among the unseen classes
# ------------------------------
#
# The metric of ImageNet is the share of samples whose class is among the k best, out of
# the unseen classes alone, or of all classes.

is_unseen = np.isin(data.y_test, clf.unseen_classes_)
X, y = data.X_test[is_unseen], data.y_test[is_unseen]
among_unseen = clf.predict_log_proba(X, classes=clf.unseen_classes_)
among_all = clf.predict_log_proba(X)
ks = [1, 2, 5, 10, 20]
hits = {
    "unseen classes only": (among_unseen, clf.unseen_classes_),
    "all classes": (among_all, clf.classes_),
}
ax = plt.figure(figsize=(6, 3.8), layout="constrained").subplots()
for (name, (scores, classes)), style in zip(hits.items(), ("o-", "s--"), strict=True):
    values = [
        hit_at_k_score(y, scores, classes=classes, k=k, average="sample") for k in ks
    ]
    print(f"{name}:", dict(zip(ks, np.round(values, 2).tolist(), strict=True)))
    ax.plot(ks, values, style, label=name)
ax.set(xlabel="k", ylabel="hit@k", xticks=ks, ylim=(0, 1))
ax.legend()
plt.show()

# %%
# As in the paper there is no seen penalty. ``seen_penalty="auto"`` fits one, which
# takes a fit per fold.
#
# ``benchmarks/imagenet.py --classes 21345 --rows 1281167 --device cuda`` runs the whole
# size on artificial data, prints memory and time of every part, and resumes after an
# interruption.
