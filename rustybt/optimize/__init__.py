"""Searches over the parameters of a strategy: spaces, algorithms, workers, and a record that a kill does not break."""

from rustybt.optimize._algorithm import Algorithm, Searcher
from rustybt.optimize._grid import Grid
from rustybt.optimize._objective import Objective, ranked, turnover
from rustybt.optimize._parameters import Choice, Integer, Normal, Parameter, Real
from rustybt.optimize._random_search import RandomSearch
from rustybt.optimize._registry import Registry
from rustybt.optimize._search import Search
from rustybt.optimize._sobol import Sobol
from rustybt.optimize._space import ParameterSpace
from rustybt.optimize._start import resume, search
from rustybt.optimize._trial import Trial, TrialState

__all__ = [
    "Algorithm",
    "Choice",
    "Grid",
    "Integer",
    "Normal",
    "Objective",
    "Parameter",
    "ParameterSpace",
    "RandomSearch",
    "Real",
    "Registry",
    "Search",
    "Searcher",
    "Sobol",
    "Trial",
    "TrialState",
    "ranked",
    "resume",
    "search",
    "turnover",
]


def __dir__() -> list[str]:
    return sorted(__all__)
