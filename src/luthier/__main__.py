"""``python -m luthier`` is the command ``luthier``."""

from luthier.cli import main

main()
