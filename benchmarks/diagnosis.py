"""How often the findings name a planted fault, and how often they raise a false alarm.

python benchmarks/diagnosis.py FOLDER [--part PART] [--only CODE ...] [--verbose]

The studies are trained into FOLDER once (about an hour on one core) and kept, so that rules can be tried again within
seconds. ``dev`` are the cases to tune rules on; ``held_out`` was written without knowledge of the rules; so were
``blind``, ``unseen``, ``fresh``, ``last``, ``late``, ``later`` and ``latest``, one after the other, with labels that
reference trainings prove (diagnosis/*_truth*.py). The three last have ranges that end too early and healthy studies
alone. But for ``latest``, all have been tuned on since they were scored first (dev/LOG.md).
Goals: recall 95 % or more for every finding, and fewer than 5 % of the healthy studies with an alarm: any of the twenty
codes that the case does not allow.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import get_args

from diagnosis.cases import ALL, CODES
from diagnosis.plan import Case, Part, run_plan

PARTS = get_args(Part)


def found(case: Case, folder: Path) -> set[str]:
    """The codes of the findings on the case's study."""
    from luthier import explain

    return {finding.code for finding in explain(folder / case.name)}


def train(case: Case, folder: Path) -> None:
    """Trains the case's study, unless it is there."""
    done = folder / case.name / "done"
    if not done.exists():
        run_plan(case.plan(), folder / case.name)
        done.touch()


def main() -> None:
    """Prints a line for each case that went wrong, then a table of codes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--only", nargs="+", default=[*CODES, "healthy"])
    parser.add_argument("--train-only", action="store_true", help="train the studies, explain nothing")
    parser.add_argument("--verbose", action="store_true", help="a line for each case")
    given = parser.parse_args()
    chosen = [c for c in ALL if given.part in (None, c.part) and c.name.rpartition("-")[0] in given.only]
    hits, extras = Counter[str](), Counter[str]()
    for case in chosen:
        train(case, given.folder)
        if given.train_only:
            continue
        codes = found(case, given.folder)
        missed, extra = case.expected - codes, (codes & set(CODES)) - case.expected - case.allowed
        hits[case.name.rpartition("-")[0]] += not (missed or (extra and not case.expected))
        extras.update(extra)
        if missed or extra or given.verbose:
            words = [f"missed {', '.join(missed)}"] * bool(missed) + [f"extra {', '.join(sorted(extra))}"] * bool(extra)
            print(f"{case.name:24} {case.part:9} {'; '.join(words) or 'as expected'}", flush=True)
    if given.train_only:
        return
    print(f"\n{'code':20} {'recall':>8} {'cases':>6} {'extra on others':>16}")
    for code in [*CODES, "healthy"]:
        number = sum(c.name.rpartition("-")[0] == code for c in chosen)
        if number:
            share = 100 * hits[code] / number
            print(f"{code:20} {share:7.0f}% {number:6} {extras[code]:16}")
    quiet = [c for c in chosen if not c.expected]
    if quiet:
        print(f"false alarms: {len(quiet) - hits['healthy']} of {len(quiet)} healthy studies (goal: below 5 %)")


if __name__ == "__main__":
    main()
