"""Features for tests of the head."""

import numpy as np
import torch

from zsl_estimators.decisions._stream import StreamedFeatures


def streamed(real, y_real, centers, synthetic, n_per_class):
    """Synthetic features are the centres of their classes with a little noise."""

    def synthesise(positions):
        noise = torch.randn(len(positions), centers.shape[1])
        return torch.as_tensor(centers, dtype=torch.float32)[positions] + 0.1 * noise

    return StreamedFeatures(real, y_real, synthesise, np.array(synthetic), n_per_class)
