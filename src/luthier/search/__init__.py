"""Which slice is run next."""

from luthier.search._base import Forecasting as Forecasting
from luthier.search._base import Search as Search
from luthier.search._forecasts import Choice as Choice
from luthier.search._halving import Halving as Halving
from luthier.search._literature import NEAR_ONE as NEAR_ONE
from luthier.search._literature import USUAL_NOISE_SCALE as USUAL_NOISE_SCALE
from luthier.search._literature import Confidence as Confidence
from luthier.search._literature import quickest_batch as quickest_batch
from luthier.search._names import DEFAULT_SEARCH as DEFAULT_SEARCH
from luthier.search._names import INFORMED as INFORMED
from luthier.search._names import SEARCHES as SEARCHES
from luthier.search._names import make_search as make_search
from luthier.search._optuna import OptunaSearch as OptunaSearch
from luthier.search._priors import beliefs_around as beliefs_around
from luthier.search._priors import expected as expected
from luthier.search._priors import expected_choice as expected_choice
from luthier.search._priors import expected_spread as expected_spread
from luthier.search._ranks import first_look as first_look
from luthier.search.cooldown import Cooldown as Cooldown
from luthier.search.freeze_thaw import FreezeThaw as FreezeThaw
from luthier.search.median_stopping import MedianStopping as MedianStopping
from luthier.search.pbt import PBT as PBT
