"""All cases, and what each code means here."""

from __future__ import annotations

from diagnosis import (
    blind_budget,
    blind_curves,
    blind_data,
    blind_healthy,
    blind_search,
    budget_cases,
    curve_cases,
    healthy,
    held_out_curves,
    held_out_healthy,
    held_out_search,
    search_cases,
    start_cases,
    unseen_budget,
    unseen_curves,
    unseen_data,
    unseen_healthy,
    unseen_search,
)

#: A finding tells the user something about the setting that the study ends with, or was given: the winner or, where
#: that is the worse one, the baseline.
CODES = {
    "lr-too-high": "the loss oscillates, spikes or diverges",
    "lr-too-low": "the loss is still falling steeply, or has hardly fallen, at the end: the steps are too small",
    "range-edge": "the best value of a varied hyperparameter lies at the edge of its range",
    "overfitting": "the validation loss rises well above its minimum while the training loss falls",
    "underfitting": "training and validation loss level off, both high",
    "still-improving": "a good setting still improves at its last epoch: more epochs are worth it",
    "early-stop": "the training could end a third of its epochs earlier, or more, at no loss",
    "batch-too-large": "so few steps, or past the critical size: smaller batches reach more in the same epochs",
    "batch-too-small": "a larger batch takes a fraction of the time and is as good",
    "seed-noise": "settings differ by less than the same setting does between seeds",
    "unimportant": "a varied hyperparameter that changes nothing",
    "joint": "the best value of one hyperparameter depends on another's",
    "schedule-cut-short": "the training ended with the learning rate far above where its schedule ends",
    "data-mismatch": "validation is far better or far worse than training from the first epoch on",
    "dead-start": "the loss does not move at all",
    "exploding-start": "the first loss is huge, or the first steps overflow, because of how the model starts",
    "shuffled-labels": "the training data is learned or not, the validation stays at chance level",
    "time-wasted": "most of the time went into what brought nothing: epochs after the best, or a slower setting",
    "memory-wasted": "trainings ran out of memory, or a far larger model is no better than a small one",
    "small-budget": "so few or so short trainings that little can be told",
}
ALL = [
    *curve_cases.CASES,
    *start_cases.CASES,
    *search_cases.CASES,
    *budget_cases.CASES,
    *healthy.CASES,
    *held_out_curves.CASES,
    *held_out_search.CASES,
    *held_out_healthy.CASES,
    *blind_curves.CASES,
    *blind_data.CASES,
    *blind_search.CASES,
    *blind_budget.CASES,
    *blind_healthy.CASES,
    *unseen_curves.CASES,
    *unseen_data.CASES,
    *unseen_search.CASES,
    *unseen_budget.CASES,
    *unseen_healthy.CASES,
]
