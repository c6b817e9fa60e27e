"""Simplified Chinese. A pair for each code: what is so, what to do."""

WHO = {"own": "您自己的设置", "winner": "最优设置", "recommended": "推荐的设置", "both": "您自己的设置（也是最优的）"}

TABLE = {
    "lr-too-high": (
        "lr 为 {lr:n} 时，{who}（第 {training} 号训练）的训练损失在 {level:n} 附近逐轮上下跳动约 {jump:share}，学习"
        "率过大",
        "试试 lr {try_lr:n}，或使用会降低学习率的调度，例如 cosine",
    ),
    "lr-too-high.spikes": (
        "lr 为 {lr:n} 时，{who}（第 {training} 号训练）的训练损失已经下降，却在第 {spike:n} 轮突然飙升：学习率处于"
        "稳定的边缘",
        "试试 lr {try_lr:n}、0.05 的 warmup，或 clip_norm 1",
    ),
    "lr-too-high.above-chance": (
        "lr 为 {lr:n} 时，{who}（第 {training} 号训练）的训练损失在 {level:n} 附近来回跳动，比永远给出同一答案"
        "（{chance:n}）还差：学习率远远过大",
        "试试 lr {try_lr:n}",
    ),
    "lr-too-high.destroyed": (
        "lr 为 {lr:n} 时，{who}（第 {training} 号训练）的训练损失曾为 {was:n}，之后停在 {level:n}，不比永远给出同一答案"
        "（{chance:n}）好：过大的步子毁掉了模型",
        "试试 lr {try_lr:n}",
    ),
    "lr-too-high.diverged": (
        "lr 为 {lr:n} 时，{who}（第 {training} 号训练）在第 {epoch:n} 轮之后发散：学习率过大",
        "试试 lr {try_lr:n}，或 clip_norm 1",
    ),
    "lr-too-high.blew-up": (
        "lr 为 {lr:n} 时，{who}（第 {training} 号训练）在第一轮内就发散：学习率过大",
        "试试 lr {try_lr:n}，或 0.05 的 warmup",
    ),
    "lr-too-low": (
        "lr 为 {lr:n} 时，{who}（第 {training} 号训练）结束时损失仍在快速下降：验证损失全部降幅的 {share:share} 来"
        "自最后四分之一的轮次，最终为 {loss:n}；学习率过小",
        "先试试 lr {try_lr:n}，再考虑增加轮数",
    ),
    "lr-too-low.crawls": (
        "lr 为 {lr:n} 时，{who}（第 {training} 号训练）几乎原地爬行：最后一轮之后，验证损失仍是永远给出同一答案之损"
        "失（{chance:n}）的 {level:share}；学习率远远过小",
        "试试 lr {try_lr:n}",
    ),
    "lr-too-low.hardly-falls": (
        "lr 为 {lr:n} 时，{who}（第 {training} 号训练）几乎原地爬行：从第一次评估到最后一次，验证损失只从 {first:n} "
        "降到 {loss:n}，而且仍在下降；学习率过小",
        "试试 lr {try_lr:n}",
    ),
    "range-edge": (
        "{name:names} 的最优值 {value:n} 位于搜索范围的上端（{edge:n}），而且越靠近这一端成绩越好",
        "把范围上端放宽到 {to:n} 后继续；已有的训练仍然有效",
    ),
    "range-edge.low": (
        "{name:names} 的最优值 {value:n} 位于搜索范围的下端（{edge:n}），而且越靠近这一端成绩越好",
        "把范围下端放宽到 {to:n} 后继续；已有的训练仍然有效",
    ),
    "range-edge.beyond": (
        "{name:names} 的最优值 {value:n} 超出了搜索范围的上端（{edge:n}），而且越靠近这一端成绩越好",
        "把范围上端放宽到 {to:n} 后继续；已有的训练仍然有效",
    ),
    "range-edge.beyond-low": (
        "{name:names} 的最优值 {value:n} 低于搜索范围的下端（{edge:n}），而且越靠近这一端成绩越好",
        "把范围下端放宽到 {to:n} 后继续；已有的训练仍然有效",
    ),
    "overfitting": (
        "{who}（第 {training} 号训练）从第 {epoch:n} 轮起过拟合：平滑后的验证损失从 {low:n} 升到 {end:n}（上升 "
        "{rise:share}），而训练损失仍在下降",
        "在第 {epoch:n} 轮停止（patience），或增大 weight_decay、dropout、数据增强，或用更小的模型",
    ),
    "overfitting.metric": (
        "{who}（第 {training} 号训练）从第 {epoch:n} 轮起过拟合：平滑后的 {metric} 从 {high:n} 变为 {end:n}，"
        "而训练损失仍在下降",
        "在第 {epoch:n} 轮停止，或增大 weight_decay、dropout、数据增强，并检查是否有错误标签",
    ),
    "underfitting": (
        "{who}（第 {training} 号训练）欠拟合：训练损失 {train:n} 与验证损失 {val:n} 接近，都已走平且偏高，仍为“永远"
        "给出同一答案”之损失的 {level:share}",
        "试试更大的模型、更好的输入，或减小 weight_decay、l1 和 dropout；增加轮数没有帮助",
    ),
    "still-improving": (
        "{who}（第 {training} 号训练）在 {epochs:n} 轮之后仍在进步：再训练一半的轮数，验证损失预计从 {loss:n} 降到约 "
        "{later:n}（{gain:share}）",
        "再训练约 {more} 轮",
    ),
    "early-stop": (
        "{who}（第 {training} 号训练）在第 {epoch:n} 轮之后已与全部 {epochs:n} 轮之后一样好（差别在运气之内）："
        "{saved:share} 的轮次没有带来收益",
        "把 epochs 设为约 {epoch:n}，或设置 patience 让它自动停止",
    ),
    "early-stop.decayed": (
        "{who}（第 {training} 号训练）在第 {epoch:n} 轮之后已与全部 {epochs:n} 轮之后一样好（差别在运气之内）："
        "{saved:share} 的轮次没有带来收益",
        "设置 patience 让它自动停止；epochs 保持不变，因为学习率调度以它为准：轮数变少，lr 就会更早下降",
    ),
    "batch-too-large": (
        "{who}（第 {training} 号训练）的批大小 {batch_size} 已超过有用的大小：批大小为 {to} 时验证损失达到 "
        "{other_loss:n}（而非 {loss:n}），达到同样水平所需的轮数只有 1/{sooner:.1f}",
        "使用接近 {to} 的批大小，或给大批量配上更高的 lr 和更多轮数",
    ),
    "batch-too-large.few-steps": (
        "批大小为 {batch_size} 时，{who}（第 {training} 号训练）每轮只走 {steps} 步，最后四分之一的轮次里损失仍下降了 "
        "{fall:share}：批量对这份数据过大",
        "试试批大小 {to}",
    ),
    "batch-too-small": (
        "{who}（第 {training} 号训练）的批大小 {batch_size} 慢而无益：批大小为 {to} 时一轮快 {times:.1f} 倍，"
        "{metric} 为 {other_score:n}，与 {score:n} 相当",
        "使用批大小 {to}，并采用第 {other} 号训练的 lr",
    ),
    "seed-noise": (
        "换一个随机种子，{metric} 就会变化约 {spread:n}（一个标准差），而所比较的 {settings} 个设置之间相差不超过 "
        "{differ:n}：它们的排序靠的是运气",
        "选其中最省的一个，或者每个设置用 {seeds} 个以上的种子来比较",
    ),
    "unimportant": (
        "{names:names} 在其范围内没有影响：其他超参数已解释 {n} 次训练差异的 {explained:share}，加上它并没有解释得更多",
        "把它固定为最省的值，只搜索其他超参数",
    ),
    "joint": (
        "{a:names} 与 {b:names} 要一起调：一个的最优值取决于另一个，高配高（二者的组合解释了单独解释不了的部分的 "
        "{share:share}，共 {n} 次训练）",
        "改变 {a:names} 时，让 {b:names} 朝同一方向改变",
    ),
    "joint.against": (
        "{a:names} 与 {b:names} 要一起调：一个的最优值取决于另一个，高配低（二者的组合解释了单独解释不了的部分的 "
        "{share:share}，共 {n} 次训练）",
        "提高 {a:names} 时，降低 {b:names}",
    ),
    "joint.choice": (
        "{a:names} 与 {b:names} 要一起调：一个的最优值取决于另一个（二者的组合解释了单独解释不了的部分的 "
        "{share:share}，共 {n} 次训练）",
        "改变 {a:names} 与 {b:names} 之一时，要重新寻找另一个",
    ),
    "schedule-cut-short": (
        "{who}（第 {training} 号训练）在 {epochs:n} 轮中的第 {epoch:n} 轮就结束了，这时 {schedule} 调度的 lr 仍为最高值"
        "的 {now:share}，而不是计划中的 {end:share}：让结尾变好的衰减没有发生",
        "把 epochs 设为约 {epoch:n}，使调度与之相配，或让它训练到底",
    ),
    "data-mismatch": (
        "从第一轮起，{who}（第 {training} 号训练）学到的东西只有 {transfer:share} 适用于验证数据（训练损失 "
        "{train:n}，验证损失 {val:n}）：二者像是不同的数据",
        "检查两者的抽样和预处理是否相同，标签编号是否一致",
    ),
    "data-mismatch.better": (
        "在整个训练过程中，{who}（第 {training} 号训练）在验证数据上远好于训练数据（损失 {val:n} 对 {train:n}）",
        "检查验证样本是否更容易或有重复，以及 dropout 或数据增强能否解释",
    ),
    "dead-start": (
        "{who}（第 {training} 号训练）的训练损失一动不动：{epochs:n} 轮之后为 {loss:n}，与开始时相差不到 {moved:share}",
        "检查梯度能否到达参数（失活或饱和的单元、被冻结的层）、输入与初始权重的尺度，以及 lr 是否为 0",
    ),
    "dead-start.constant": (
        "{who}（第 {training} 号训练）的训练损失降到 {loss:n}，即永远给出同一答案的损失（{chance:n}），共 {epochs:n} "
        "轮都停在那里：除输出层的偏置外什么也没学到",
        "检查梯度是否能到达参数（失活或饱和的单元、冻结的层）、输入和初始权重的尺度，以及输入与目标是否对应",
    ),
    "exploding-start": (
        "{who}（第 {training} 号训练）开始时的损失为 {first:n}，是永远给出同一答案（{chance:n}）的 {times:.0f} 倍",
        "把输入和目标缩放到单位大小，并减小最后一层的初始权重",
    ),
    "exploding-start.units": (
        "{who}（第 {training} 号训练）开始时的损失为 {first:n}，因为目标的尺度远离单位大小：永远给出其均值的损失为 "
        "{chance:n}，而第一轮没有比它更好",
        "把目标（和输入）缩放到约为单位大小，再把预测乘回去",
    ),
    "exploding-start.overflow": (
        "{who}（第 {training} 号训练）在第一次评估之前就溢出（{message}）",
        "把输入和目标缩放到单位大小，减小初始权重，或降低 lr",
    ),
    "shuffled-labels": (
        "标签像是被打乱了：没有一次训练在验证数据上好于随机（{metric} 为 {best:n}，随机水平为 {chance:n}），"
        "而训练损失靠死记从 {chance_loss:n} 降到 {train:n}",
        "看几个样本和它们的标签；检查排序或打乱时输入与标签是否仍然对应",
    ),
    "same-targets": (
        "所有训练目标都相同，没有可学的东西：永远给出这个答案，训练损失就是零，{metric} 为 {chance:n}",
        "检查目标是怎样读取或筛选的；在此之前，任何训练设置都说明不了什么",
    ),
    "time-wasted": (
        "整个研究 {share:share} 的训练时间花在了各次训练已达到最好之后的轮次上",
        "减少轮数，设置 patience，或使用会提前停止训练的搜索，例如 asha",
    ),
    "time-wasted.slower": (
        "{who}（第 {training} 号训练）一轮的时间是第 {other} 号训练的 {times:.1f} 倍，而后者得分同样好（{metric} "
        "{scores:n} 对 {score:n}）",
        "采用第 {other} 号训练的设置",
    ),
    "memory-wasted": (
        "{of} 次训练中有 {count} 次内存不足，其中最小的批大小为 {batch_size}",
        "降低批大小或模型大小的范围上端",
    ),
    "memory-wasted.larger": (
        "{who}（第 {training} 号训练）的 {name:names} {value} 超过需要：{to} 的得分同样好（{metric} {other_score:n} 对 "
        "{score:n}）",
        "使用 {name:names} {to}，如第 {other} 号训练",
    ),
    "small-budget": (
        "要搜索 {ranges} 个范围，{trainings} 次训练太少：仅凭运气，就有 {missed:share} 的可能没有一次落在最好的四分"
        "之一里",
        "继续，预算至少 {needed} 次训练",
    ),
    "small-budget.short": (
        "{trainings} 次训练都太短，看不出结果：一半在 {asked:n} 轮中的第 {epochs:n} 轮之前就结束了",
        "用更大的预算继续",
    ),
    "nothing-finished": ("还没有训练返回结果，所以没有可解释的内容", "等待第一次训练完成，或用 luthier tune 继续研究"),
    "nothing-finished.failed": (
        "还没有任何评估：{trainings} 次训练中有 {count} 次失败，其余都还没有到达第一次评估；最后一次失败的信息"
        "是：{message}",
        "按信息修正后，再运行同一命令",
    ),
    "all-diverged": (
        "全部 {trainings} 次训练都发散了（{message}）",
        "把 lr 降低一百倍；如果仍然发散，检查输入、目标和初始权重的尺度",
    ),
    "all-diverged.failed": (
        "全部 {trainings} 次训练都失败了；最后一次的信息是：{message}",
        "按信息修正后，再运行同一命令",
    ),
    "failures": (
        "{of} 次训练中有 {count} 次失败；最后一次的信息是：{message}",
        "按信息修正；在此之前它们都是浪费的时间",
    ),
    "failures.where": (
        "{of} 次训练中有 {count} 次失败，它们（且只有它们）的 {name} {where}；最后一次的信息是：{message}",
        "按信息修正，或把 {name} 的这些取值从搜索空间中去掉",
    ),
    "one-training": ("研究里只有一次训练，只能说明它的情况，不能说明怎样会更好", "给更大的预算，以便比较"),
    "not-a-number": (
        "{of} 次训练中有 {count} 次的 {metric} 在某一轮不是数字",
        "检查该指标：是否除以零，或输出不是有限值",
    ),
}
