"""Boosted decision trees as plain arrays: evaluated with a few lines of numpy, no learning library at run time.

References
----------
.. [1] J. H. Friedman, "Greedy function approximation: a gradient boosting machine," Ann Statist 29:1189-1232, 2001,
   doi:10.1214/aos/1013203451.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.signal.motion import Float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trees:
    """A sum of decision trees. All trees' nodes stand in one row; a leaf points at itself.

    Source: additive trees as boosting makes them [1]_; trained in alerts/training, laid out so by this project.

    Attributes
    ----------
    feature : ndarray, shape (nodes,)
        Which feature a node asks for. [-]
    threshold : ndarray, shape (nodes,)
        Up to this value the way goes left. [unit of the feature]
    left, right : ndarray, shape (nodes,)
        Where it goes on. [-]
    missing_left : ndarray, shape (nodes,), bool
        Where a missing (NaN) feature goes. [-]
    value : ndarray, shape (nodes,)
        What a leaf adds to the log-odds. [-]
    root : ndarray, shape (trees,)
        The first node of each tree. [-]
    depth : int
        The longest way from a root to a leaf. [nodes]
    offset : float
        Log-odds before any tree. [-]
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    missing_left: NDArray[np.bool_]
    value: NDArray[np.float32]
    root: NDArray[np.int32]
    depth: int
    offset: float

    def log_odds(self, features: Float) -> float:
        """Return the sum over all trees for one row of features.

        Parameters
        ----------
        features : ndarray, shape (n,)
            In the order in which the trees were trained; NaN is missing. [unit of each feature]

        Returns
        -------
        float
            Natural logarithm of the odds. [-]
        """
        row = features.astype(np.float32)
        asked = row.take(self.feature)
        lower = asked <= self.threshold
        if np.isnan(row).any():
            lower |= np.isnan(asked) & self.missing_left
        after = np.where(lower, self.left, self.right)  # of all nodes at once: less than of those on the way, in turn
        node = self.root
        for _ in range(self.depth):
            node = after.take(node)
        return self.offset + float(self.value.take(node).sum(dtype=np.float64))

    def log_odds_of(self, rows: NDArray[np.floating[Any]]) -> Float:
        """Return the sum over all trees for many rows at once, as `log_odds` does for one.

        Parameters
        ----------
        rows : ndarray, shape (rows, n)
            In the order in which the trees were trained; NaN is missing. [unit of each feature]

        Returns
        -------
        ndarray, shape (rows,)
            Natural logarithm of the odds. [-]
        """
        asked_of = rows.astype(np.float32)
        node = np.repeat(self.root[None, :], len(asked_of), axis=0)
        for _ in range(self.depth):
            asked = np.take_along_axis(asked_of, self.feature[node], axis=1)
            lower = (asked <= self.threshold[node]) | (np.isnan(asked) & self.missing_left[node])
            node = np.where(lower, self.left[node], self.right[node])
        summed: Float = self.offset + self.value[node].sum(axis=1, dtype=np.float64)
        return summed

    def probability(self, features: Float) -> float:
        """Return the probability for one row of features.

        Parameters
        ----------
        features : ndarray, shape (n,)
            As of `log_odds`. [unit of each feature]

        Returns
        -------
        float
            0 to 1. [-]
        """
        return float(1.0 / (1.0 + np.exp(-np.clip(self.log_odds(features), -50.0, 50.0))))

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """Return the arrays of an ``.npz`` file, each under ``name/...``.

        Parameters
        ----------
        name : str
            Of the model.

        Returns
        -------
        dict of str to ndarray, shape (nodes,) or (trees,)
            What `load_trees` reads. [as of the attributes]
        """
        return {
            f"{name}/feature": self.feature.astype(np.int16),
            f"{name}/threshold": self.threshold,
            f"{name}/left": self.left.astype(np.uint16),
            f"{name}/right": self.right.astype(np.uint16),
            f"{name}/missing_left": self.missing_left,
            f"{name}/value": self.value,
            f"{name}/root": self.root.astype(np.uint16),
            f"{name}/depth_offset": np.array([self.depth, self.offset]),
        }


def load_trees(path: Path, name: str) -> Trees:
    """Read the trees stored under a name in an ``.npz`` file.

    Source: this project's own layout of a file.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        Of the model in it.

    Returns
    -------
    Trees
        As `Trees.arrays` described them.

    Raises
    ------
    KeyError
        If the file holds no such model.
    """
    with np.load(path, allow_pickle=False) as stored:
        depth, offset = stored[f"{name}/depth_offset"]
        return Trees(
            feature=stored[f"{name}/feature"].astype(np.int32),
            threshold=stored[f"{name}/threshold"],
            left=stored[f"{name}/left"].astype(np.int32),
            right=stored[f"{name}/right"].astype(np.int32),
            missing_left=stored[f"{name}/missing_left"],
            value=stored[f"{name}/value"],
            root=stored[f"{name}/root"].astype(np.int32),
            depth=int(depth),
            offset=float(offset),
        )
