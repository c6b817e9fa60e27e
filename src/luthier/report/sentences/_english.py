"""English. A pair for each code: what is so, what to do."""

WHO = {
    "own": "your own setting",
    "winner": "the winner",
    "recommended": "the recommended setting",
    "both": "your own setting, which also won,",
}

TABLE = {
    "lr-too-high": (
        "with lr {lr:n} the training loss of {who} (training {training}) jumps up and down by about {jump:share} from "
        "epoch to epoch around {level:n}, so the learning rate is too high",
        "try lr {try_lr:n}, or a schedule that lowers it, such as cosine",
    ),
    "lr-too-high.spikes": (
        "with lr {lr:n} the training loss of {who} (training {training}) had come down and shot up again in epoch "
        "{spike:n}: the learning rate is at the edge of what is stable",
        "try lr {try_lr:n}, a warmup of 0.05, or clip_norm 1",
    ),
    "lr-too-high.above-chance": (
        "with lr {lr:n} the training loss of {who} (training {training}) bounces around {level:n}, worse than the "
        "{chance:n} of always giving the same answer: the learning rate is far too high",
        "try lr {try_lr:n}",
    ),
    "lr-too-high.destroyed": (
        "with lr {lr:n} the training loss of {who} (training {training}) had been at {was:n} and then stays at "
        "{level:n}, no better than always giving the same answer ({chance:n}): too large steps destroyed the model",
        "try lr {try_lr:n}",
    ),
    "lr-too-high.diverged": (
        "with lr {lr:n} {who} (training {training}) diverged after epoch {epoch:n}: the learning rate is too high",
        "try lr {try_lr:n}, or clip_norm 1",
    ),
    "lr-too-high.blew-up": (
        "with lr {lr:n} {who} (training {training}) diverged within its first epoch: the learning rate is too high",
        "try lr {try_lr:n}, or a warmup of 0.05",
    ),
    "lr-too-low": (
        "with lr {lr:n} {who} (training {training}) was still falling steeply when it ended: the last quarter of its "
        "epochs brought {share:share} of all that the validation loss fell, to {loss:n}; the learning rate is too low",
        "try lr {try_lr:n} before you give it more epochs",
    ),
    "lr-too-low.crawls": (
        "with lr {lr:n} {who} (training {training}) crawls: after its last epoch the validation loss is still "
        "{level:share} of what always giving the same answer costs ({chance:n}); the learning rate is far too low",
        "try lr {try_lr:n}",
    ),
    "lr-too-low.hardly-falls": (
        "with lr {lr:n} {who} (training {training}) crawls: from its first evaluation to its last the validation loss "
        "came down from {first:n} to {loss:n} and no further, and was still falling; the learning rate is too low",
        "try lr {try_lr:n}",
    ),
    "range-edge": (
        "the best {name:names}, {value:n}, lies at the upper end of its range ({edge:n}), and scores still got "
        "better towards that end",
        "widen the range up to {to:n} and continue; the trainings so far stay valid",
    ),
    "range-edge.low": (
        "the best {name:names}, {value:n}, lies at the lower end of its range ({edge:n}), and scores still got "
        "better towards that end",
        "widen the range down to {to:n} and continue; the trainings so far stay valid",
    ),
    "range-edge.beyond": (
        "the best {name:names}, {value:n}, lies beyond the upper end of its range ({edge:n}), and scores still got "
        "better towards that end",
        "widen the range up to {to:n} and continue; the trainings so far stay valid",
    ),
    "range-edge.beyond-low": (
        "the best {name:names}, {value:n}, lies below the lower end of its range ({edge:n}), and scores still got "
        "better towards that end",
        "widen the range down to {to:n} and continue; the trainings so far stay valid",
    ),
    "overfitting": (
        "{who} (training {training}) overfits from epoch {epoch:n} on: its validation loss, smoothed, rises from "
        "{low:n} to {end:n} (by {rise:share}) while the training loss goes on falling",
        "stop at epoch {epoch:n} (patience), or try more weight_decay, dropout, augmentation or a smaller model",
    ),
    "overfitting.metric": (
        "{who} (training {training}) overfits from epoch {epoch:n} on: its {metric}, smoothed, goes from {high:n} to "
        "{end:n} while the training loss goes on falling",
        "stop at epoch {epoch:n}, or try more weight_decay, dropout, augmentation, and look for wrong labels",
    ),
    "underfitting": (
        "{who} (training {training}) underfits: training loss {train:n} and validation loss {val:n} have levelled off "
        "near each other and high, at {level:share} of what always giving the same answer costs",
        "try a larger model, better inputs, or less weight_decay, l1 and dropout; more epochs will not help",
    ),
    "still-improving": (
        "{who} (training {training}) was still improving after {epochs:epochs}: half as many again would lower the "
        "validation loss from {loss:n} to about {later:n} ({gain:share})",
        "train about {more:epochs} more",
    ),
    "early-stop": (
        "{who} (training {training}) was as good after epoch {epoch:n} as after all {epochs:n}, within luck: "
        "{saved:share} of its epochs brought nothing",
        "set epochs to about {epoch:n}, or patience to stop by itself",
    ),
    "early-stop.decayed": (
        "{who} (training {training}) was as good after epoch {epoch:n} as after all {epochs:n}, within luck: "
        "{saved:share} of its epochs brought nothing",
        "set patience to stop by itself; keep epochs, which its schedule goes by: with fewer, lr would fall sooner",
    ),
    "batch-too-large": (
        "batch size {batch_size} of {who} (training {training}) is past the useful size: with {to} the validation loss "
        "reaches {other_loss:n} in place of {loss:n}, and the same level in {sooner:.1f} times fewer epochs",
        "use a batch size near {to}, or give the large batch a higher lr and more epochs",
    ),
    "batch-too-large.few-steps": (
        "with batch size {batch_size} {who} (training {training}) makes only {steps} steps in an epoch and was still "
        "falling by {fall:share} in its last quarter: the batch is too large for this data",
        "try batch size {to}",
    ),
    "batch-too-small": (
        "batch size {batch_size} of {who} (training {training}) is slow for no gain: an epoch with {to} takes "
        "{times:.1f} times less and scores {other_score:n} against {score:n} ({metric})",
        "use batch size {to}, with the lr of training {other}",
    ),
    "seed-noise": (
        "another seed changes the {metric} by about {spread:n} (one standard deviation), and the {settings} settings "
        "compared differ by no more than {differ:n}: their order is luck",
        "take the cheapest of them, or compare each on {seeds} seeds or more",
    ),
    "unimportant": (
        "nothing depends on {names:names} within its range: the other hyperparameters explain {explained:share} of how "
        "the {n} trainings differ, and it adds nothing to that",
        "fix it at its cheapest value and search the others",
    ),
    "joint": (
        "two belong together, {a:names} and {b:names}: what is best for one depends on the other, and high goes "
        "with high (the pair explains {share:share} of what each alone leaves open, {n} trainings)",
        "when you change {a:names}, change {b:names} in the same direction",
    ),
    "joint.against": (
        "two belong together, {a:names} and {b:names}: what is best for one depends on the other, and high goes "
        "with low (the pair explains {share:share} of what each alone leaves open, {n} trainings)",
        "when you raise {a:names}, lower {b:names}",
    ),
    "joint.choice": (
        "two belong together, {a:names} and {b:names}: what is best for one depends on the other (the pair explains "
        "{share:share} of what each alone leaves open, {n} trainings)",
        "when you change one of {a:names} and {b:names}, look for the other anew",
    ),
    "schedule-cut-short": (
        "{who} (training {training}) ended at epoch {epoch:n} of {epochs:n}, where its {schedule} schedule still "
        "held lr at {now:share} of its highest in place of {end:share}: the decay that makes the end good never "
        "came",
        "set epochs to about {epoch:n}, so that the schedule fits, or let it run to its end",
    ),
    "data-mismatch": (
        "from the first epoch on only {transfer:share} of what {who} (training {training}) learns holds for the "
        "validation data (training loss {train:n}, validation loss {val:n}): they look like different kinds of data",
        "check that both are drawn and preprocessed alike, and that labels have the same numbers in both",
    ),
    "data-mismatch.better": (
        "{who} (training {training}) does far better on the validation data than on the training data (loss {val:n} "
        "against {train:n}) over the whole training",
        "check whether validation samples are easier, or repeated, and whether dropout or augmentation explains it",
    ),
    "dead-start": (
        "the training loss of {who} (training {training}) does not move: {loss:n} after {epochs:epochs}, within "
        "{moved:share} of where it began",
        "check that gradients reach the parameters (dead or saturated units, frozen layers), the scale of inputs "
        "and of initial weights, and that lr is not 0",
    ),
    "dead-start.constant": (
        "the training loss of {who} (training {training}) comes to {loss:n}, what always giving the same answer costs "
        "({chance:n}), and stays there for {epochs:epochs}: nothing but the output's bias learns",
        "check that gradients reach the parameters (dead or saturated units, frozen layers), the scale of inputs "
        "and of initial weights, and that inputs and targets belong together",
    ),
    "exploding-start": (
        "{who} (training {training}) starts with a loss of {first:n}, {times:.0f} times what always giving the same "
        "answer costs ({chance:n})",
        "scale inputs and targets to about unit size, and make the last layer's initial weights smaller",
    ),
    "exploding-start.units": (
        "{who} (training {training}) starts with a loss of {first:n}, since the targets are far from unit size: always "
        "giving their mean costs {chance:n}, and the first epoch gets no further",
        "scale the targets (and inputs) to about unit size, and multiply the predictions back",
    ),
    "exploding-start.overflow": (
        "{who} (training {training}) overflowed before its first evaluation ({message})",
        "scale inputs and targets to about unit size, make initial weights smaller, or lower lr",
    ),
    "shuffled-labels": (
        "the labels look shuffled: no training does better than chance on the validation data ({metric} {best:n}, "
        "chance is {chance:n}), while the training loss comes down to {train:n} of {chance_loss:n} by memorising",
        "look at a few samples with their labels; check that sorting or shuffling kept inputs and labels together",
    ),
    "same-targets": (
        "all training targets are the same, so there is nothing to learn: always giving that answer has no training "
        "loss, and {metric} {chance:n}",
        "look at how the targets are read or selected; no setting of the training can tell anything before that",
    ),
    "time-wasted": (
        "{share:share} of the study's training time went into epochs after a training had reached its best",
        "use fewer epochs, or set patience, or a search that stops trainings early, such as asha",
    ),
    "time-wasted.slower": (
        "an epoch of {who} (training {training}) takes {times:.1f} times as long as one of training {other}, which "
        "scores as well ({metric} {scores:n} against {score:n})",
        "use the setting of training {other}",
    ),
    "memory-wasted": (
        "{count} of {of} trainings ran out of memory, the smallest of them with batch size {batch_size}",
        "lower the upper end of the range of batch size or of the model's size",
    ),
    "memory-wasted.larger": (
        "{name:names} {value} of {who} (training {training}) is larger than it needs to be: {to} scores as well "
        "({metric} {other_score:n} against {score:n})",
        "use {name:names} {to}, as in training {other}",
    ),
    "small-budget": (
        "{trainings:trainings} too few to search {ranges:ranges}: by chance alone there is a {missed:share} "
        "probability that none of them is in the best quarter",
        "continue with a budget of {needed} trainings or more",
    ),
    "small-budget.short": (
        "the {trainings} trainings are too short to tell: half of them ended by epoch {epochs:n} of {asked:n}",
        "continue with a larger budget",
    ),
    "nothing-finished": (
        "no training has come back yet, so there is nothing to explain",
        "wait for the first training, or continue the study with luthier tune",
    ),
    "nothing-finished.failed": (
        "nothing was evaluated: {count} of {trainings} trainings failed and none of the others has come to its first "
        "evaluation; the last failure said: {message}",
        "mend what it says, then run the same command again",
    ),
    "all-diverged": (
        "all {trainings} trainings diverged ({message})",
        "lower lr a hundredfold; if that diverges too, look at the scale of inputs, targets and initial weights",
    ),
    "all-diverged.failed": (
        "all {trainings} trainings failed; the last one said: {message}",
        "mend what it says, then run the same command again",
    ),
    "failures": (
        "{count} of {of} trainings failed; the last one said: {message}",
        "mend what it says; until then they are lost time",
    ),
    "failures.where": (
        "{count} of {of} trainings failed, all of them and no others with {name} {where}; the last one said: {message}",
        "mend what it says, or leave these values of {name} out of the space",
    ),
    "one-training": (
        "the study has one training, so it says how that went and not what would be better",
        "give it a larger budget, to have something to compare",
    ),
    "not-a-number": (
        "the {metric} of {count} of {of} trainings was not a number at some epoch",
        "look at the metric: a division by zero, or an output that is not finite",
    ),
}
