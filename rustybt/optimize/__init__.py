"""Searches over the parameters of a strategy: spaces, algorithms, workers, and a record that a kill does not break."""

from rustybt.optimize._algorithm import Algorithm, Searcher
from rustybt.optimize._bayesian import Bayesian
from rustybt.optimize._combinatorial import Combinatorial, CrossValidation, cross_validate
from rustybt.optimize._genetic import Genetic
from rustybt.optimize._grid import Grid
from rustybt.optimize._objective import Objective, ranked, turnover
from rustybt.optimize._optuna import OptunaSearch
from rustybt.optimize._parameters import Choice, Integer, Normal, Parameter, Real
from rustybt.optimize._points import Points
from rustybt.optimize._random_search import RandomSearch
from rustybt.optimize._registry import Registry
from rustybt.optimize._search import Search
from rustybt.optimize._sensitivity import Sensitivity, sensitivity
from rustybt.optimize._sobol import Sobol
from rustybt.optimize._space import ParameterSpace
from rustybt.optimize._start import resume, search
from rustybt.optimize._trial import Trial, TrialState
from rustybt.optimize._walk_forward import WalkForward, walk_forward
from rustybt.optimize._windows import Anchored, Expanding, Rolling, Window

__all__ = [
    "Algorithm",
    "Anchored",
    "Bayesian",
    "Choice",
    "Combinatorial",
    "CrossValidation",
    "Expanding",
    "Genetic",
    "Grid",
    "Integer",
    "Normal",
    "Objective",
    "OptunaSearch",
    "Parameter",
    "ParameterSpace",
    "Points",
    "RandomSearch",
    "Real",
    "Registry",
    "Rolling",
    "Search",
    "Searcher",
    "Sensitivity",
    "Sobol",
    "Trial",
    "TrialState",
    "WalkForward",
    "Window",
    "cross_validate",
    "ranked",
    "resume",
    "search",
    "sensitivity",
    "turnover",
    "walk_forward",
]


def __dir__() -> list[str]:
    return sorted(__all__)
