"""Writes what the docs take from the code.

python docs/make.py hyperparameters   # docs/hyperparameters.md
python docs/make.py picture           # docs/demo.svg: runs luthier tune digits for a minute
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from pathlib import Path

from luthier.hyperparameters import HYPERPARAMETERS, Hyperparameter

HERE = Path(__file__).parent
SCHEDULES = """\
## Learning-rate schedules

With p the fraction of the training that is done (0 to 1), e the epochs done, lr the config's `lr`:

| schedule | learning rate of a step |
|---|---|
| `constant` | lr |
| `exponential` | lr · gammaᵉ, e in whole epochs; without `gamma`: lr · (`lr_end`)ᵖ, 0 counting as 10⁻¹² |
| `step` | lr · gammaᵏ, k = ⌊p / `step_size`⌋; gamma 0.1 when not given |
| `cosine` | from lr to lr · `lr_end` along half a cosine |
| `linear` | from lr to lr · `lr_end` in a straight line |
| `polynomial` | the same with (1 - p) to the power of `power` |
| `one-cycle` | cosine from lr / 25 up to lr over `warmup` (0.3 when not given), cosine down to lr / 250,000 |
| `plateau` | lr · gammaᵏ, k = how often the validation loss did not fall for `plateau_patience` of the training |
| `cooldown` | lr, then lr · (1 - √q) over the last `cooldown` of the training, q the fraction of it that is done |

`warmup` raises the learning rate from 0 in a straight line over that fraction of the training, before any schedule.
Schedules are functions of p, so another number of epochs stretches them; only `exponential` with a `gamma` of its own
counts epochs.

## Batch-size schedules

`steps` goes from `batch_size` to `batch_size_end` in `batch_stages` equal stretches, `geometric` a little every epoch;
both in equal ratios, upwards or downwards. `noise` measures the gradient noise scale at the start of every epoch (an
eighth of an epoch or less) and doubles the batch, up to `batch_size_end`, when the noise scale has reached the doubled
batch; lr follows by `lr_exponent` (0: the larger batch takes the place of a decay of lr). Momentum stays.

```python
import luthier

growing = {"batch_size": 16, "batch_size_end": 256, "batch_schedule": "steps", "epochs": 6, "lr": 0.1}
result = luthier.train("digits", growing)
print([int(point.batch_size) for point in result.curve])  # 16, 16, 64, 64, 256, 256
```

## Early stopping

A training stops when the validation loss has not fallen by more than `min_delta` for `patience` epochs. The best epoch,
whose weights are kept, is the one with the best metric of the task; of epochs with equal metrics, the one with the
lowest validation loss. So it need not be the epoch at which the validation loss was lowest; where it is another one,
`luthier train` says so. To keep the epoch of the lowest validation loss, judge the task by it:
`Task(..., metric="loss")`.

## Files

A config or a space can be a YAML or TOML file: [examples/space.yaml](../examples/space.yaml).
"""


def row(hyperparameter: Hyperparameter) -> str:
    """A line of the table."""
    value = hyperparameter.default
    shown = {None: "", True: "true", False: "false"}.get(value) if value is None or isinstance(value, bool) else value
    default = f"{shown:.3g}" if isinstance(shown, (int, float)) else shown
    return f"| `{hyperparameter.name}` | {default} | {hyperparameter.allowed} | {hyperparameter.help} |"


def hyperparameters() -> str:
    """The page on hyperparameters."""
    head = (
        "# Hyperparameters\n\n"
        "The names that Luthier understands by itself. Any other name goes to the model builder.\n\n"
        "| name | default | allowed | meaning |\n|---|---|---|---|\n"
    )
    return head + "\n".join(row(h) for h in HYPERPARAMETERS.values()) + "\n\n" + SCHEDULES


def picture() -> str:
    """A minute of ``luthier tune digits`` as an SVG of the terminal."""
    from rich.console import Console

    import luthier
    from luthier.cli.result import report

    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        result = luthier.tune("digits", budget="60s")
    with open(os.devnull, "w") as nowhere:
        console = Console(record=True, width=92, file=nowhere)
        console.print("$ luthier tune digits --budget 60s", style="bold")
        console.print(report(result, ["tune", "digits", "--budget", "60s"], console.width))
    svg = console.export_svg(title="luthier")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # no font from the network


def main() -> None:
    """Writes the file that the argument names."""
    made = {"hyperparameters": ("hyperparameters.md", hyperparameters), "picture": ("demo.svg", picture)}
    if len(sys.argv) != 2 or sys.argv[1] not in made:
        sys.exit(f"usage: python docs/make.py {'|'.join(made)}")
    name, make = made[sys.argv[1]]
    (HERE / name).write_text(make())


if __name__ == "__main__":
    main()
