"""The rules that read a study: each sees one kind of fault, and says how sure it is."""

from luthier.report.findings._view import Sign as Sign
from luthier.report.findings._view import View as View
from luthier.report.findings.rules import signs_of as signs_of
