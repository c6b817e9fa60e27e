"""What the findings say, in each language: one table of sentences by code."""

from luthier.report.sentences._table import LANGUAGES as LANGUAGES
from luthier.report.sentences._table import Sentences as Sentences
from luthier.report.sentences._table import sentences as sentences
