"""The report's tables as plain rows, and as CSV files."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from luthier.files import written_whole
from luthier.report.axes import acting, axes
from luthier.report.finals import final_values
from luthier.report.front import front, spending
from luthier.report.history import History, Trained
from luthier.report.importance import importances, interactions
from luthier.report.origins import Origin
from luthier.report.recommend import recommend

Table = list[dict[str, Any]]


def state(training: Trained) -> str:
    """finished, paused or running, or how it failed."""
    if training.outcome is None:
        return "running"
    if training.outcome.status.final:
        return training.outcome.status.value
    epochs = training.config.get("epochs")
    whole = isinstance(epochs, (int, float)) and training.curve.epoch >= epochs - 1e-9
    return "finished" if whole else "paused"


def trainings(history: History) -> Table:
    """One row for each training, in the order they were begun."""
    names, finals = list(axes(history)), final_values(history)
    rows = []
    for training in history.trainings:
        best = history.best_point(training)
        rows.append(
            {
                "training": training.number,
                "state": state(training),
                "confirms": training.confirms,
                "seed": training.seed,
                "metric": best.metric if best else None,
                "val_loss": best.val_loss if best else None,
                "train_loss": best.train_loss if best else None,
                "best_epoch": best.epoch if best else None,
                "predicted_final": finals.get(training.number),
                "epochs_run": training.curve.epoch,
                "seconds": training.curve.seconds,
                **{name: acting(training.config, name) for name in names},
            }
        )
    return rows


def points(history: History) -> Table:
    """One row for each evaluation."""
    columns = ("epoch", "train_loss", "val_loss", "metric", "lr", "batch_size", "seconds")
    return [
        {"training": t.number, **{name: getattr(p, name) for name in columns}}
        for t in history.trainings
        for p in t.curve
    ]


def all_tables(history: History, ranges: Sequence[Origin] = ()) -> Mapping[str, Table]:
    """Every table of the report by name, ``ranges`` among them; empty ones are left out."""
    found = recommend(history)
    tables = {
        "trainings": trainings(history),
        "points": points(history),
        "importances": [{"name": i.name, "share": i.share, "chance": i.chance} for i in importances(history)],
        "interactions": [
            {"first": i.names[0], "second": i.names[1], "share": i.share, "p_value": i.p_value}
            for i in interactions(history)
        ],
        "ranges": [
            {
                "name": row.name,
                "range": row.range,
                "range_from": row.range_source,
                "expected": row.expected,
                "expected_from": row.expected_source,
            }
            for row in ranges
        ],
        "front": [
            {"training": d.training, "epoch": d.epoch, "seconds": d.seconds, "metric": d.metric} for d in front(history)
        ],
        "budget": [
            {"spent_on": s.kind, "seconds": s.seconds, "epochs": s.epochs, "trainings": s.trainings}
            for s in spending(history)
        ],
        "fresh_seeds": [
            {"training": c.training.number, "seeds": len(c.scores), **c.measured()}
            for c in (found.candidates if found else ())
        ],
    }
    return {name: table for name, table in tables.items() if table}


def write_tables(history: History, folder: Path, ranges: Sequence[Origin] = ()) -> list[Path]:
    """Writes each table as ``folder/NAME.csv``; the files written. Raises OSError."""
    written = []
    for name, table in all_tables(history, ranges).items():
        path = folder / f"{name}.csv"
        with written_whole(path) as file:
            file.write(_csv(table).encode())
        written.append(path)
    return written


def _csv(table: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()
