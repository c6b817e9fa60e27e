"""What a study of the common claims about learning rate, batch size and epochs says about each of them."""

from luthier.report.claims.evidence import MOST_REPLICATES as MOST_REPLICATES
from luthier.report.claims.evidence import NOTE as NOTE
from luthier.report.claims.evidence import Role as Role
from luthier.report.claims.evidence import of_claims as of_claims
from luthier.report.claims.judge import Extent as Extent
from luthier.report.claims.judge import extent as extent
from luthier.report.claims.judge import judge as judge
from luthier.report.claims.verdict import LEAST_REPLICATES as LEAST_REPLICATES
from luthier.report.claims.verdict import Verdict as Verdict
from luthier.report.claims.words import LANGUAGES as LANGUAGES
from luthier.report.claims.words import Told as Told
from luthier.report.claims.words import advice as advice
from luthier.report.claims.words import headline as headline
from luthier.report.claims.words import tell as tell
