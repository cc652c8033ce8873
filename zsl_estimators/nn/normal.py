"""Closed forms of normal distributions with diagonal covariance."""


def normal_divergence(mean, log_variance):
    """KL divergence of rows of normal distributions from standard normal."""
    return (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1) / 2


def normal_divergences(rows, priors):
    """KL divergences of normal distributions with diagonal covariance.

    Parameters
    ----------
    rows : tuple of Tensor of shape (n_rows, n_dimensions)
        Means and log variances.
    priors : tuple of Tensor of shape (n_priors, n_dimensions)
        Means and log variances.

    Returns
    -------
    divergences : Tensor of shape (n_rows, n_priors)
        In nats, of every row from every prior.
    """
    (mean, log_variance), (prior_mean, prior_log_variance) = rows, priors
    squares = expected_squares(
        mean,
        log_variance.exp() + mean.square(),
        prior_mean,
        (-prior_log_variance).exp(),
    )
    volumes = prior_log_variance.sum(dim=1) - log_variance.sum(dim=1, keepdim=True)
    return (squares + volumes - mean.shape[1]) / 2


def expected_squares(mean, second_moment, centers, precision):
    """Expected squared distances of rows from centres, in their own units.

    Parameters
    ----------
    mean, second_moment : Tensor of shape (n_rows, n_dimensions)
        Expectations of the rows and of their squares.
    centers : Tensor of shape (n_centers, n_dimensions)
        Centres.
    precision : Tensor of shape (n_centers, n_dimensions) or (1, n_dimensions)
        Weights of the squares.

    Returns
    -------
    squares : Tensor of shape (n_rows, n_centers)
        Summed over dimensions.
    """
    # Squares of a difference, multiplied out: one matrix product for all centres.
    of_centers = (precision * centers.square()).sum(dim=1)
    products = mean @ (precision * centers).T
    return second_moment @ precision.T - 2 * products + of_centers
