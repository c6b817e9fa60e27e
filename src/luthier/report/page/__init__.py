"""The report: one HTML file with everything inside."""

from luthier.report.page._story import sentences as sentences
from luthier.report.page.page import Source as Source
from luthier.report.page.page import render as render
from luthier.report.page.page import write_page as write_page
from luthier.report.page.words import Words as Words
