"""How much a reader must know of each estimator: classes, parameters, call chains.

Usage::

    python benchmarks/structure.py [--chain RevCDClassifier]

For every public estimator: classes of the package in its method resolution order, how
many of them are mixins, constructor parameters, methods that more than one of these
classes defines, and the deepest chain of calls inside the package during a fit on a
small task. The last line counts the members of the base class that subclasses override.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pandas as pd

import zsl_estimators
from tests.common import public_estimators, small
from zsl_estimators import BaseZeroShotClassifier
from zsl_estimators.datasets import make_gzsl

ROOT = str(Path(zsl_estimators.__file__).parent)


def own_classes(cls):
    """Classes of the package in the method resolution order."""
    return [c for c in cls.__mro__ if c.__module__.startswith("zsl_estimators")]


def own_methods(cls):
    """Names of functions and properties that a class defines, but its constructor."""
    kinds = (property, staticmethod, classmethod)
    return {
        name
        for name, value in vars(cls).items()
        if (callable(value) or isinstance(value, kinds)) and name != "__init__"
    }


def n_defined_twice(cls):
    """Number of methods that more than one class defines."""
    names = [name for c in own_classes(cls) for name in own_methods(c)]
    return sum(names.count(name) > 1 for name in set(names))


class Depth:
    """Counts the frames of the package on the stack, as a profiler."""

    def __init__(self):
        self.now = self.deepest = 0
        self.chain, self.deepest_chain = [], []

    def __call__(self, frame, event, argument):
        code = frame.f_code
        # Lambdas and comprehensions are part of the function that they stand in.
        if not code.co_filename.startswith(ROOT) or code.co_name.startswith("<"):
            return
        if event == "call":
            self.now += 1
            self.chain.append(code.co_qualname)
            if self.now > self.deepest:
                self.deepest, self.deepest_chain = self.now, list(self.chain)
        elif event == "return" and self.now:
            self.now -= 1
            self.chain.pop()


def call_chain(cls):
    """Deepest chain of calls inside the package during a fit."""
    data = make_gzsl(30, n_seen=8, n_unseen=3, n_features=6, random_state=1)
    clf = small(cls, attributes=data.attributes, random_state=0)
    if "head" in clf.get_params(deep=False):
        clf.set_params(head=None, max_epochs=2)
    depth = Depth()
    sys.setprofile(depth)
    try:
        clf.fit(data.X_train, data.y_train)
    finally:
        sys.setprofile(None)
    return depth


def overridden_members():
    """Members of the base class that some subclass in the package overrides."""
    base, found = own_methods(BaseZeroShotClassifier), set()
    for cls in public_estimators():
        for c in own_classes(cls):
            if c is not BaseZeroShotClassifier and c not in own_classes(
                BaseZeroShotClassifier
            ):
                found |= own_methods(c) & base
    return sorted(found)


def figures(cls, depth):
    """One row of the table."""
    return {
        "classes": len(own_classes(cls)),
        "mixins": sum("Mixin" in c.__name__ for c in own_classes(cls)),
        "parameters": len(cls._get_param_names()),
        "defined twice": n_defined_twice(cls),
        "deepest chain": depth.deepest,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chain", help="estimator whose deepest chain is printed")
    options = parser.parse_args()
    chains = {cls.__name__: call_chain(cls) for cls in public_estimators()}
    rows = {
        cls.__name__: figures(cls, chains[cls.__name__]) for cls in public_estimators()
    }
    print(pd.DataFrame(rows).T.to_string())
    print("\noverridden members of the base:", ", ".join(overridden_members()))
    if options.chain:
        print(*chains[options.chain].deepest_chain, sep="\n")


if __name__ == "__main__":
    main()
