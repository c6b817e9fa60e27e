"""Proves the labels of the latest healthy cases' second half, without Luthier's findings.

python benchmarks/diagnosis/latest_healthy_b_truth.py [PATTERN]

As later_healthy_truth.py does.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from diagnosis import latest_healthy_b
from diagnosis.blind_truth import CASES, prove
from diagnosis.later_healthy_truth import healthy

CASES |= {case.name: case for case in latest_healthy_b.CASES}


if __name__ == "__main__":
    prove([], healthy, [case.name for case in latest_healthy_b.CASES])
