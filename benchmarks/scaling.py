"""The measured exponent of lr against batch size on digits, and whether it predicts the best lr at another batch size.

    python benchmarks/scaling.py [--repeats 3]

For each optimizer the rule is measured at three batch sizes and asked for the best lr at a fourth, twice the largest,
which is then found by its own grid; the table sets the rule's error beside those of the rules in the literature.
"""

from __future__ import annotations

import argparse
import math

from _machine import machine

from luthier import digits, scale
from luthier.probes import scaling
from luthier.probes._slopes import best_lr
from luthier.records import Options

SETTINGS = (
    {"optimizer": "SGD", "lr": 0.1},
    {"optimizer": "SGD", "lr": 0.03, "momentum": 0.9},
    {"optimizer": "Adam", "lr": 0.002},
)
SIZES, BEYOND = (8, 16, 32), 64


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=4)
    arguments = parser.parse_args()
    print(machine())
    task, options = digits(), Options("cpu", threads=1)
    for setting in SETTINGS:
        more = {"epochs": arguments.epochs, "repeats": arguments.repeats, "options": options}
        found = scaling(task, setting, batch_sizes=SIZES, **more)
        print(setting, f"{found.seconds:.0f} s, {sum(len(r.points) for r in found.results)} epochs")
        print("  " + "\n  ".join(found.sentences()))
        if found.alpha is None:
            continue
        check = scaling(task, {**setting, "lr": found.lr_at(BEYOND)}, batch_sizes=(32, BEYOND, 128), **more)
        tried = next(t for t in check.grid if t.batch_size == BEYOND)
        truth = best_lr(tried, range(arguments.repeats))
        own = {**setting, "batch_size": SIZES[1], "lr": found.lr_at(SIZES[1])}
        for name, alpha in (
            ("measured", found.alpha.value),
            ("literature", None),
            ("square root", 0.5),
            ("linear", 1.0),
        ):
            lr = scale(own, batch_size=BEYOND, alpha=alpha)["lr"]
            off = math.exp(abs(math.log(lr / truth)))
            print(f"  best lr at {BEYOND}: {truth:.3g}; {name} rule says {lr:.3g}, a factor {off:.2f} off")


if __name__ == "__main__":
    main()
