"""Sparse rows that are centred and scaled without being made dense."""

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.utils import gen_batches

# Numbers of a block of products; with float64 that is 32 MiB.
NUMBERS_PER_PRODUCT = 2**22
# What is less than this share of the sum of squares is rounding, not a length.
ROUNDING = 1e-14


class CenteredRows:
    """Rows ``factors * (sparse - offset)``, where the difference is never formed.

    Subtracting the offset would fill the matrix. All that linear models need are
    products, and there the offset is a correction of rank one.

    Parameters
    ----------
    sparse : sparse array of shape (n_rows, n_columns)
        CSR, float64, no entry twice.
    offset : ndarray of shape (n_columns,)
        Is subtracted from every row.
    factors : ndarray of shape (n_rows,) or None, default=None
        Every row is multiplied by one; None is 1.
    """

    # Else numpy would take the operators of arrays on the left of one of these.
    __array_ufunc__ = None

    def __init__(self, sparse, offset, factors=None):
        self.sparse = sparse
        self.offset = offset
        self.factors = np.ones(sparse.shape[0]) if factors is None else factors

    @classmethod
    def scaled(cls, X, offset, scale=None):
        """Rows ``(X - offset) / scale``.

        Parameters
        ----------
        X : sparse matrix or array of shape (n_rows, n_columns)
            CSR, of any precision; stays untouched.
        offset : ndarray of shape (n_columns,)
            In the units of `X`.
        scale : ndarray of shape (n_columns,) or None, default=None
            None is 1.

        Returns
        -------
        rows : CenteredRows
            In double precision.
        """
        data = X.data.astype(np.float64)
        if scale is not None:
            data /= scale[X.indices]
            offset = offset / scale
        return cls(csr_array((data, X.indices, X.indptr), shape=X.shape), offset)

    @property
    def shape(self):
        """Number of rows and of columns."""
        return self.sparse.shape

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        return CenteredRows(self.sparse[rows], self.offset, self.factors[rows])

    def __matmul__(self, matrix):
        """Products with a matrix of shape (n_columns, n); an ndarray."""
        products = self.sparse @ matrix
        products -= self.offset @ matrix
        products *= self.factors[:, None]
        return products

    def __pow__(self, exponent):
        """Squares of all numbers; the mixed terms go to the stored entries."""
        if exponent != 2:
            return NotImplemented
        sparse, offset = self.sparse, self.offset
        data = sparse.data * (sparse.data - 2 * offset[sparse.indices])
        squares = csr_array((data, sparse.indices, sparse.indptr), shape=sparse.shape)
        return CenteredRows(squares, -(offset**2), self.factors**2)

    def minus(self, row):
        """Subtract one row of shape (n_columns,) from all; they have no factors yet."""
        if (self.factors != 1).any():
            raise ValueError("Rows with factors have no offset in common.")
        return CenteredRows(self.sparse, self.offset + row)

    def __mul__(self, factors):
        """Multiply every row by one number, given as shape (n_rows, 1)."""
        return CenteredRows(self.sparse, self.offset, self.factors * factors[:, 0])

    def __truediv__(self, divisors):
        """Divide every row by one number, given as shape (n_rows, 1)."""
        return self * (1 / divisors)

    def unit_rows(self, shortest=0.0):
        """Rows of length 1; what is shorter than a number or rounding becomes zero."""
        squares = ((self**2) @ np.ones((self.shape[1], 1)))[:, 0]
        stored = csr_array(
            (self.sparse.data**2, self.sparse.indices, self.sparse.indptr),
            shape=self.shape,
        )
        terms = stored.sum(axis=1) + self.offset @ self.offset
        smallest = np.maximum(ROUNDING * terms * self.factors**2, shortest**2)
        is_zero = squares <= smallest
        return self / np.sqrt(np.where(is_zero, np.inf, squares))[:, None]

    def products_from_left(self, matrix):
        """Products ``matrix @ rows``.

        Parameters
        ----------
        matrix : ndarray or sparse array of shape (n, n_rows)
            Left factor.

        Returns
        -------
        products : ndarray of shape (n, n_columns)
            All of them.
        """
        if issparse(matrix):
            weighted = matrix.multiply(self.factors)
            products = (weighted @ self.sparse).toarray()
        else:
            weighted = matrix * self.factors
            products = (self.sparse.T @ weighted.T).T
        products -= np.outer(weighted.sum(axis=1), self.offset)
        return products

    def gram(self):
        """Products of all pairs of columns, shape (n_columns, n_columns)."""
        weighted = self.sparse.multiply(self.factors[:, None])
        gram = (weighted.T @ weighted).toarray()
        sums, offset = self.factors @ weighted, self.offset
        gram -= np.outer(sums, offset)
        gram -= np.outer(offset, sums - (self.factors @ self.factors) * offset)
        return gram

    def kernel(self):
        """Products of all pairs of rows, shape (n_rows, n_rows)."""
        kernel = np.empty((len(self), len(self)))
        of_offset, columns = self.sparse @ self.offset, self.sparse.T.tocsr()
        step = max(NUMBERS_PER_PRODUCT // max(len(self), 1), 1)
        for rows in gen_batches(len(self), step):
            block = (self.sparse[rows] @ columns).toarray()
            block -= of_offset[rows, None]
            block -= of_offset - self.offset @ self.offset
            block *= self.factors[rows, None]
            np.multiply(block, self.factors, out=kernel[rows])
        return kernel

    def toarray(self):
        """All numbers as an ndarray, for a few rows at a time."""
        array = self.sparse.toarray()
        array -= self.offset
        array *= self.factors[:, None]
        return array


def as_dense(rows):
    """Rows as an ndarray, whether they are sparse or not."""
    return rows.toarray() if isinstance(rows, CenteredRows) else rows


def without_duplicates(X):
    """A CSR matrix in which no entry is stored twice; anything else as it is."""
    if not issparse(X) or X.has_canonical_format:
        return X
    X = X.copy()
    X.sum_duplicates()
    return X
