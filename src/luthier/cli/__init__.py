"""The command line: renders events and results."""

from luthier.cli.app import app as app
from luthier.cli.app import main as main
