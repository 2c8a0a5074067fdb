"""Learning rates of PyTorch's schedules, one for every epoch or update.

Run `python make_schedules.py`; it rewrites schedules.safetensors.
"""

import warnings

import numpy
import torch
from golden import Draws, GoldenFile
from torch.optim import lr_scheduler

RATE, EPOCHS, BATCHES = 0.1, 20, 7


def optimizer():
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=RATE)


def warm_cosine(sgd, warmup, period):
    start = lr_scheduler.LinearLR(sgd, start_factor=1 / warmup, total_iters=warmup - 1)
    wave = lr_scheduler.CosineAnnealingLR(sgd, period - warmup, eta_min=0.01)
    return lr_scheduler.SequentialLR(sgd, [start, wave], [warmup])


# name -> our schedule and options, whether a rate belongs to an update, PyTorch's schedule
CASES = {
    "step": ("step", {"every": 6, "factor": 0.3}, False,
             lambda sgd: lr_scheduler.StepLR(sgd, 6, gamma=0.3)),
    "exponential": ("exponential", {"factor": 0.8}, False,
                    lambda sgd: lr_scheduler.ExponentialLR(sgd, 0.8)),
    "cosine": ("cosine", {"minimum": 0.02}, False,
               lambda sgd: lr_scheduler.CosineAnnealingLR(sgd, EPOCHS, eta_min=0.02)),
    "cosine_warmup": ("cosine", {"minimum": 0.01, "warmup": 5}, False,
                      lambda sgd: warm_cosine(sgd, 5, EPOCHS)),
    "cosine_warmup_updates": ("cosine", {"minimum": 0.01, "warmup": 2, "by": "update"}, True,
                              lambda sgd: warm_cosine(sgd, 2 * BATCHES, EPOCHS * BATCHES)),
    "one_cycle": ("one_cycle", {}, True,
                  lambda sgd: lr_scheduler.OneCycleLR(sgd, RATE, total_steps=EPOCHS * BATCHES)),
    "one_cycle_epochs": ("one_cycle", {"rise": 0.5, "start_divisor": 10, "end_divisor": 100,
                                       "by": "epoch"}, False,
                         lambda sgd: lr_scheduler.OneCycleLR(sgd, RATE, total_steps=EPOCHS,
                                                             pct_start=0.5, div_factor=10,
                                                             final_div_factor=100)),
    "plateau": ("plateau", {"factor": 0.5, "patience": 2, "minimum": 0.02}, False,
                lambda sgd: lr_scheduler.ReduceLROnPlateau(sgd, factor=0.5, patience=2,
                                                           min_lr=0.02)),
    "plateau_cooldown": ("plateau", {"factor": 0.5, "patience": 1, "cooldown": 2,
                                     "threshold": 0.1}, False,
                         lambda sgd: lr_scheduler.ReduceLROnPlateau(sgd, factor=0.5, patience=1,
                                                                    cooldown=2, threshold=0.1)),
}


def run(make, updates, losses):
    sgd = optimizer()
    schedule = make(sgd)
    rates = []
    times = EPOCHS * BATCHES if updates else EPOCHS
    for time in range(times):
        rates.append(sgd.param_groups[0]["lr"])
        sgd.step()
        if isinstance(schedule, lr_scheduler.ReduceLROnPlateau):
            schedule.step(losses[time])
        elif time + 1 < times:  # one_cycle refuses a step behind its last
            schedule.step()
    return numpy.array(rates)


def main():
    warnings.simplefilter("ignore", UserWarning)  # a chained schedule passes an epoch that is noted
    file = GoldenFile("schedules", torch=torch.__version__)
    for name, (ours, options, updates, make) in CASES.items():
        losses = 1 + Draws(name).uniform(EPOCHS, bound=0.5).astype(numpy.float64)
        description = {"schedule": ours, "learning_rate": RATE, "epochs": EPOCHS,
                       "batches": BATCHES if updates else 1,
                       "options": {key: str(value) for key, value in options.items()}}
        file.add(name, description, {"rates": run(make, updates, losses), "losses": losses})
    file.write()


if __name__ == "__main__":
    main()
