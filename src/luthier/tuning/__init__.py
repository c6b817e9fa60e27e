"""The loop: ask the search, run slices, record them, tell the search. It ends with a result."""

from luthier.tuning.budget import Budget as Budget
from luthier.tuning.budget import parse_budget as parse_budget
from luthier.tuning.result import Best as Best
from luthier.tuning.result import Result as Result
from luthier.tuning.result import TrainResult as TrainResult
from luthier.tuning.source import load_result as load_result
from luthier.tuning.train import train as train
from luthier.tuning.tune import tune as tune
