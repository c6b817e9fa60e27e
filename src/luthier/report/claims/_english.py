"""The claims in English."""

from luthier.report.claims._texts import Language, Text

ENGLISH = Language(
    claims={
        "large-lr": Text(
            "a large learning rate oscillates",
            "the share of epochs in which the training loss rises is larger at lr {high} than at lr {low} by {effect} "
            "({diverged} of {of} diverged)",
            "Stay below lr {high}; a loss that goes up and down is the sign to lower lr.",
            "Even lr {high} is steady here: try larger ones.",
            "Even lr {high} is steady here: try larger ones.",
            "Whether lr {high} oscillates here is not clear yet.",
        ),
        "small-lr": Text(
            "a small learning rate crawls",
            "of the fall of the log training loss within {epochs} epochs at lr {best}, lr {low} lacks a share of "
            "{effect}",
            "Do not go down to lr {low}; it wastes epochs.",
            "Even lr {low} comes most of the way within {epochs} epochs: lr may be chosen for the final result alone.",
            "lr {low} gets further than lr {best}: search lower.",
            "How much is lost at small lr is not clear yet.",
        ),
        "decay": Text(
            "a learning rate that decays helps the end",
            "without decay the last validation loss is {effect} times that with a decay over the last fifth (lr {lr})",
            "Let lr fall at the end: --schedule cooldown, cosine or linear.",
            "A constant lr does as well here; a decay is one thing less to tune.",
            "Keep lr constant: the decay lets the training overfit or stops it too soon.",
            "A decay costs nothing; keep it while that is unclear.",
        ),
        "gradient-variance": Text(
            "a larger batch has less gradient variance",
            "from batch {small} to {large} the variance falls as 1 / batch size to the power {effect} (independent "
            "samples: 1)",
            "Four times the batch halves the noise of a step: larger batches pay until steps, not noise, limit you.",
            "The noise does not fall with the batch; look for batch norm or repeated samples.",
            "The noise grows with the batch; look for batch norm or a loss that sums over the batch.",
            "The variance was not measured often enough.",
        ),
        "small-batch": Text(
            "a smaller batch generalises better",
            "each at its best lr, batch {large} has {effect} times the lowest validation loss of batch {small} within "
            "{epochs} epochs",
            "Prefer a batch near {small}, if its time per epoch can be afforded.",
            "Batch {large} is as good: choose the batch for speed.",
            "Batch {large} is better: prefer large batches here.",
            "Choose the batch for speed while that is unclear.",
        ),
        "lr-with-batch": Text(
            "a larger batch wants a larger learning rate",
            "from batch {small} to {large} the best lr goes as the batch size to the power {effect} (linear "
            "rule: 1, square root rule: 0.5)",
            "When you change the batch size, change lr with it by that power.",
            "Leave lr as it is when the batch size changes.",
            "Lower lr when you raise the batch size.",
            "Search lr again after changing the batch size.",
        ),
        "epochs-with-batch": Text(
            "a larger batch needs more epochs",
            "to the same validation loss batch {large} takes {effect} times the epochs of batch {small}, each at its "
            "best lr",
            "Count time, not epochs, when you compare batch sizes, and give large batches more epochs.",
            "Large batches need no more epochs here: they are the cheaper choice.",
            "Large batches need fewer epochs here: use them.",
            "How many more epochs is not clear yet.",
        ),
        "epochs-with-lr": Text(
            "a lower learning rate needs more epochs",
            "to the same validation loss lr {low} takes {effect} times the epochs of lr {best}",
            "Halving lr is not free: plan more epochs for it.",
            "lr {low} is as quick as lr {best}.",
            "lr {low} is quicker than lr {best}: search lower.",
            "How many more epochs is not clear yet.",
        ),
        "overfit": Text(
            "more epochs overfit",
            "at epoch {last} the validation loss is {effect} times that around epoch {epoch}, the lowest in the other "
            "replicates",
            "Stop around epoch {epoch}, keep the best epoch's weights, or regularise.",
            "More epochs do no harm up to {last}.",
            "More epochs still help at {last}.",
            "Keep the best epoch's weights, which is safe either way.",
        ),
        "early-stop": Text(
            "stopping at the validation minimum gives the best model",
            "on data that chose nothing, the last epoch ({last}) has {effect} times the loss of the epoch chosen by "
            "validation (around {epoch}), which is {regret} above the best epoch in hindsight",
            "Use --patience, or keep the best epoch's weights.",
            "Early stopping saves time here, not quality.",
            "Train to the end: the chosen epoch is worse on new data, so the validation data is too small or unlike.",
            "Keep the best epoch's weights, which is safe either way.",
        ),
        "batch-schedule": Text(
            "a batch that grows beats one that shrinks",
            "the last validation loss of a batch going from {large} to {small} is {effect} times that from {small} to "
            "{large}",
            "If you change the batch during a training, let it grow.",
            "The order does not matter: a constant batch is simpler.",
            "If you change the batch during a training, let it shrink.",
            "Keep the batch constant while that is unclear.",
        ),
    },
    holds="holds",
    fails="does not hold",
    opposite="does not hold: the contrary does",
    undecided="undecided",
    reasons={
        "budget": "not measured: the budget ended before",
        "pilot": "not measured: no learning rate of the pilot worked, from the lowest to the highest",
        "edge": "not measured: the best lr ({best}) lies at the edge of the grid, with none beyond it to compare with",
        "sizes": "not measured: there is too little training data for several batch sizes",
        "held-out": "not measured: no data is left that chose nothing; give the task test data, as tensors",
        "diverged": "not measured: the trainings that it compares diverged",
        "undertrained": "Batch {large} is not trained out in {epochs} epochs: its training loss is behind as well, so "
        "the difference is of speed, which claim 7 tells; train longer to see which generalises better.",
        "flat": "not measured: even at lr {best} the training loss hardly falls within {epochs} epochs",
        "coarse": "not measured: the validation loss to compare at is reached before the first evaluation; evaluate "
        "more often, with Task(evaluations_per_epoch=...)",
    },
    few="{sentence}; {replicates} replicates are too few for an interval",
    interval="{sentence} (between {low} and {high}, {replicates} replicates; of interest from {least})",
    bounds={"at least": "at least {effect}", "at most": "at most {effect}"},
    bounded="{sentence} ({replicates} replicates; of interest from {least})",
    headline="{holds} of {all} claims hold on {task}, {fails} do not, {undecided} are undecided",
    more="For the undecided ones run the same command with a larger --budget; it goes on from here.",
    needed="The first verdicts take three replicates, here about --budget {needed}: run the same command with that; it "
    "goes on from here.",
    complete="All {replicates} replicates are done, so a larger --budget changes nothing here. For the undecided ones "
    "train longer: --set epochs={epochs} with another --folder and a larger --budget.",
)
