"""Real and synthetic features on their way to the head."""

import numpy as np
import torch

from zsl_estimators.training import on_device


class StreamedFeatures(torch.utils.data.Dataset):
    """Real features, and synthetic ones that are generated when they are read.

    Memory does not depend on the number of synthetic features.

    Parameters
    ----------
    real : ndarray of shape (n_real, n_features)
        Float32, may have no rows.
    y_real : ndarray of shape (n_real,)
        Positions of their classes.
    synthesise : callable
        ``synthesise(positions)`` returns a tensor of one row of features per position
        of a class, made with torch's global generator.
    synthetic_classes : ndarray of shape (n_synthetic_classes,)
        Positions of the classes to synthesise.
    n_per_class : int
        Number of synthetic features per class and epoch.
    weights : ndarray of shape (n_real,) or None, default=None
        Weights of the real features, where a synthetic one has 1; None is 1.
    """

    def __init__(
        self, real, y_real, synthesise, synthetic_classes, n_per_class, weights=None
    ):
        self.n_features = real.shape[1]
        self.real = real
        self.y_real = y_real
        self.synthesise = synthesise
        self.synthetic_classes = synthetic_classes
        self.n_per_class = n_per_class
        self.weights = weights

    def __len__(self):
        return len(self.y_real) + len(self.synthetic_classes) * self.n_per_class

    def all_rows(self):
        """All features and labels at once, as arrays."""
        labels = np.repeat(self.synthetic_classes, self.n_per_class)
        synthetic = self.synthesise(torch.as_tensor(labels)).cpu().numpy()
        X = np.concatenate([self.real, synthetic])
        return X, np.concatenate([self.y_real, labels])

    def all_weights(self):
        """Weights of :meth:`all_rows`; None where all weigh alike."""
        if self.weights is None:
            return None
        n_synthetic = len(self) - len(self.y_real)
        return np.concatenate([self.weights, np.ones(n_synthetic)])

    def to(self, device):
        """Copy the real features to the device."""
        self.device = device
        self.real = on_device(self.real, device)
        return self

    def __getitem__(self, index):
        """Rows and labels of an array of numbers, real ones first.

        Numbers stay on the host, which would have to wait for the device to know how
        many of them are real.
        """
        is_real = index < len(self.y_real)
        real = index[is_real]
        wanted = (index[~is_real] - len(self.y_real)) // self.n_per_class
        y_synthetic = self.synthetic_classes[wanted]
        y = on_device(np.concatenate([self.y_real[real], y_synthetic]), self.device)
        synthetic = self.synthesise(y[len(real) :])
        x = torch.cat([self.real[on_device(real, self.device)], synthetic])
        return {"x": x}, y
