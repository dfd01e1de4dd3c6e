"""A learned model on disk: its trees, and its card, which says who was left out of which."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from alerts.signal.trees import Trees, load_trees

FOLDER: Final = Path(__file__).parents[1] / "models"
SHIPPED: Final = "shipped"


class ModelFile:
    """The models of one name under ``alerts/models``; each is read once.

    Source: this project (`alerts.training` writes them).

    Parameters
    ----------
    name : str
        Of both files, without their ending.
    """

    def __init__(self, name: str) -> None:
        self.trees_file = FOLDER / f"{name}.npz"
        self.card_file = FOLDER / f"{name}.json"
        self._trees: dict[str, Trees] = {}

    @cached_property
    def _content(self) -> Mapping[str, Any]:
        content: Mapping[str, Any] = json.loads(self.card_file.read_text("utf-8"))
        return content

    def card(self) -> Mapping[str, Any]:
        """Return what is written about the models: settings, who was left out of which, how odds became probabilities.

        Returns
        -------
        mapping
            The content of the file.
        """
        return self._content

    def without(self, person: str) -> str:
        """Return the name of a model that did not see a person: for measuring honestly.

        Parameters
        ----------
        person : str
            Set and person or record, as ``mitdb/201``.

        Returns
        -------
        str
            The shipped one if none saw the person.
        """
        left_out: Mapping[str, str] = self.card()["left_out"]
        return left_out.get(person, SHIPPED)

    def without_set(self, dataset: str) -> str:
        """Return the name of a model that did not see a whole set.

        Parameters
        ----------
        dataset : str
            Folder of the set.

        Returns
        -------
        str
            The shipped one if that is no set of the training.
        """
        name = f"without_{dataset}"
        return name if name in self.card()["calibration"] else SHIPPED

    def calibration(self, name: str = SHIPPED) -> tuple[float, float]:
        """Return how the log-odds of a model become those that are as right as they say.

        Parameters
        ----------
        name : str
            Of the model.

        Returns
        -------
        tuple of float
            Slope and offset, fitted on people whom the trees did not see. [-]
        """
        slope, offset = self.card()["calibration"][name]
        return float(slope), float(offset)

    def trees(self, name: str = SHIPPED) -> Trees:
        """Return a stored model.

        Parameters
        ----------
        name : str
            Of the model; `KeyError` if there is none.

        Returns
        -------
        Trees
            Over the features that it was trained on.
        """
        if name not in self._trees:
            self._trees[name] = load_trees(self.trees_file, name)
        return self._trees[name]
