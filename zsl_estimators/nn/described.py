"""A network and the classes that it is conditioned on, some of them at a time."""

import torch

from zsl_estimators.nn.blocks import n_rows_per_block


class DescribedClasses:
    """A trained network together with descriptions and centres of classes.

    Parameters
    ----------
    network : nn.Module
        Has a ``diffusion``.
    attributes : Tensor of shape (n_classes, n_attributes)
        Scaled descriptions.
    centers : Tensor of shape (n_classes, n_features)
        Centres of the classes.
    seen : Tensor of shape (n_classes,)
        False for classes without training samples.
    """

    def __init__(self, network, attributes, centers, seen):
        self.network = network
        self.attributes = attributes
        self.centers = centers
        self.seen = seen

    @property
    def diffusion(self):
        """The noise schedule."""
        return self.network.diffusion

    @property
    def n_classes(self):
        """Number of classes."""
        return len(self.centers)

    @property
    def n_features(self):
        """Length of a vector."""
        return self.centers.shape[1]

    def signal_and_noise(self, t):
        """Factors `a` and `b` at one time, as numbers."""
        signal, noise = self.diffusion.signal_and_noise(t)
        return signal.item(), noise.item()

    def subset(self, columns):
        """The same network with some of the classes."""
        return type(self)(
            self.network,
            self.attributes[columns],
            self.centers[columns],
            self.seen[columns],
        )

    def per_class(self, x, function, rows_per_pair=1):
        """Apply a function to samples and classes, some of them at a time.

        Memory grows neither with the number of samples nor with that of classes.

        Parameters
        ----------
        x : Tensor of shape (n, n_features)
            Scaled features.
        function : callable
            ``function(model, rows)`` returns a tensor of shape
            ``(n_rows, model.n_classes, ...)``; `model` has some of the classes.
        rows_per_pair : int, default=1
            Rows that the function makes of one sample and one class.

        Returns
        -------
        values : Tensor of shape (n, n_classes, ...)
            What the function returned.
        """
        # Some rows at once share what is computed per class.
        n_classes = n_rows_per_block(8 * rows_per_pair)
        parts = []
        for columns in torch.arange(self.n_classes).split(n_classes):
            model = self if len(columns) == self.n_classes else self.subset(columns)
            n_rows = n_rows_per_block(len(columns) * rows_per_pair)
            rows = [function(model, rows) for rows in x.split(n_rows)]
            parts.append(torch.cat(rows))
        return torch.cat(parts, dim=1)
