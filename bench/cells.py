#!/usr/bin/env python3
"""What every cell, every dropout and ragged rows cost beside the LSTM, in training steps.

    python3 bench/cells.py
    python3 bench/cells.py --tables cells,dropout --workloads mid --rounds 15
    python3 bench/cells.py --tables peers --python peers/bin/python

Each row is measured in turns with what it is compared with (A B A B …), in processor time, and
the median of the ratios of neighbouring samples counts: what the machine's other users do strikes
both.
"""

import argparse
import itertools
import json
import os
import statistics
import sys

from driver import check, measure, summary
from programs import CAPS, Lost, Unsupported, start_ours, start_peers
from table import number, print_cells, print_rule, print_title
from workloads import SEQUENCES

# The most that a cell's step may take, against the LSTM's: by its products, per operation ...
GOALS = {"one": 1.15, "depth": 1.15, "two": 1.5, "projection": 1.5, "norm": 1.5}
# ... or, where there is little or no product on the way round, per unit and step.
UNIT_GOAL = 1.0
RAGGED_GOALS = {"mid": 1.2, "hydro": 1.1}
DROPOUT_GOAL = 1.1

# Cells as they are, from the registry; these are layers of them.
LAYERS = [("lstm", "projection_size={half}"), ("slstm", "heads=4")]
RAGGED = ["lstm", "gru", "rnn"]
DROPOUTS = ["dropout=0.2", "input_dropout=0.2", "output_dropout=0.2", "variational_input=0.2",
            "variational_hidden=0.2", "variational_input=0.2 variational_mask=untied",
            "variational_hidden=0.2 variational_mask=untied", "update_dropout=0.2",
            "update_dropout=0.2 update_mask=sequence", "cell_dropout=0.2", "weight_dropout=0.2",
            "weight_dropout=0.2 weight_mask=row", "zoneout_hidden=0.2", "zoneout_cell=0.2",
            "zoneout_hidden=0.2 zoneout_cell=0.2"]
PEERS = [("rnn", ""), ("gru", ""), ("lstm", ""), ("lstm", "ragged=1"), ("peephole", "")]


CLOCK = "processor_time=1"  # every side runs on one core


class Pair:
    """Two processes of our program: what is measured, and what it is compared with."""

    def __init__(self, options, cores):
        self.rounds = options.rounds
        self.sides = []
        for _ in range(2):
            program, why = start_ours("train_step", options.build, cores,
                                      options.instruction_set, options.seconds)
            if not program:
                sys.exit(f"Nothing to measure: {why}.")
            self.sides.append(program)
        self.cells = self.sides[0].ask("cells").split()

    def work(self, workload, cell, options):
        """Operations and unit steps of a training step, and how its products stand."""
        operations, unit_steps, products = self.sides[0].ask(
            workload.line("count", cell, "train", options)).split()
        return float(operations), float(unit_steps), products

    def compare(self, workload, measured, against):
        """Best milliseconds of the first, median ratio of both, and every sample."""
        lines = [f"{workload.line('case', *words)} {CLOCK}" for words in (measured, against)]
        samples = []
        for round_number in range(self.rounds + 1):  # the first prepares and is not counted
            pair = [float(side.ask(line)) for side, line in zip(self.sides, lines)]
            if round_number > 0:
                samples.append(pair)
        ratio = statistics.median(mine / other for mine, other in samples)
        return min(mine for mine, _ in samples), ratio, samples

    def end(self):
        for side in self.sides:
            side.end()


def verdict(value, goal):
    """The goal, and whether it is met to the two digits that are printed."""
    if goal is None:
        return "–"
    return f"{goal:.2f} {'met' if round(value, 2) <= goal else 'MISSED'}"


def row(results, table, workload, what, cells, numbers):
    print_cells([workload.name, what, *cells])
    results.append({"table": table, "workload": workload.name, "what": what, **numbers})


def cell_table(pair, workloads, wanted, results):
    """Time per operation, and per unit and step, of every cell."""
    print_cells(["workload", "cell", "products", "ms", "GFLOP/s", "ns / unit, step",
                 "× per FLOP", "× per unit", "goal"])
    print_rule(3, 6)
    for workload in workloads:
        lstm = pair.work(workload, "lstm", "")
        for cell, words in [(cell, "") for cell in pair.cells] + LAYERS:
            if wanted and cell not in wanted:
                continue
            words = words.format(half=workload.hidden_size // 2)
            operations, unit_steps, products = pair.work(workload, cell, words)
            best, ratio, samples = pair.compare(workload, (cell, "train", words),
                                                ("lstm", "train"))
            per_operation, per_unit = ratio * lstm[0] / operations, ratio * lstm[1] / unit_steps
            goal = verdict(per_operation, GOALS[products]) if products in GOALS else verdict(
                per_unit, UNIT_GOAL)
            row(results, "cells", workload, f"{cell} {words}".rstrip(),
                [products, number(best), number(operations / best / 1e6),
                 number(1e6 * best / unit_steps), f"{per_operation:.2f}", f"{per_unit:.2f}", goal],
                {"best_ms": best, "per_operation": per_operation, "per_unit": per_unit,
                 "products": products, "samples_ms": samples})


def ragged_table(pair, workloads, wanted, results):
    """Rows of 1 to T steps, against the time that the steps really there take of a whole batch."""
    print_cells(["workload", "cell", "ms", "steps there", "× their time", "goal"])
    print_rule(2, 4)
    for workload in workloads:
        for cell in wanted or RAGGED:
            there = (pair.work(workload, cell, "ragged=1")[1] / pair.work(workload, cell, "")[1])
            best, ratio, samples = pair.compare(workload, (cell, "train", "ragged=1"),
                                                (cell, "train"))
            row(results, "ragged", workload, cell,
                [number(best), f"{there:.3f}", f"{ratio / there:.2f}",
                 verdict(ratio / there, RAGGED_GOALS.get(workload.name))],
                {"best_ms": best, "ratio": ratio / there, "samples_ms": samples})


def dropout_table(pair, workloads, wanted, results):
    """Each way to drop out, against none."""
    print_cells(["workload", "cell", "dropout", "ms", "× none", "goal"])
    print_rule(3, 3)
    for workload, cell, words in itertools.product(workloads, wanted or ["lstm"], DROPOUTS):
        if words.startswith("dropout") and workload.layers == 1:
            continue  # falls between layers
        best, ratio, samples = pair.compare(workload, (cell, "train", words), (cell, "train"))
        row(results, "dropout", workload, cell,
            [words, number(best), f"{ratio:.2f}", verdict(ratio, DROPOUT_GOAL)],
            {"dropout": words, "best_ms": best, "ratio": ratio, "samples_ms": samples})


def peer_table(options, cores, workloads, results):
    """Beside PyTorch: nn.RNN, nn.GRU, nn.LSTM, packed rows, a peephole LSTM written by hand."""
    ours, why = start_ours("train_step", options.build, cores, options.instruction_set,
                           options.seconds)
    peers, missing = start_peers("cells", options.python, cores, options.instruction_set,
                                 options.seconds, None)
    programs = ([ours] if ours else []) + peers
    missing |= {} if ours else {"sluice": why}
    for name, reason in missing.items():
        print(f"{name} is absent: {reason}.")
    try:
        if options.check:
            same = [check(programs, workload, cell, "train", words)
                    for workload in workloads for cell, words in PEERS]
            if not all(same):
                sys.exit("The sides do not do the same work.")
            return
        print_cells(["workload", "cell", *(f"{p.name}, ms" for p in programs), "× fastest peer"])
        print_rule(2, len(programs) + 1)
        for workload in workloads:
            for cell, words in PEERS:
                case = (workload, cell, "train", f"{words} {CLOCK}")
                samples, peaks = measure(programs, ours, case, options.rounds)
                numbers = summary(samples, peaks, 0)
                row(results, "peers", workload, f"{cell} {words}".rstrip(),
                    [*(number(numbers["best_ms"].get(p.name)) for p in programs),
                     number(numbers.get("ratio"))], numbers)
    finally:
        for program in programs:
            program.end()


TABLES = {"cells": cell_table, "ragged": ragged_table, "dropout": dropout_table}


def parse():
    def words(text):
        return [word for word in text.split(",") if word]

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/bench", help="folder the benchmarks are built in")
    parser.add_argument("--python", default=sys.executable, help="Python that has PyTorch")
    parser.add_argument("--tables", type=words, default=[*TABLES, "peers"],
                        help="cells, ragged, dropout, peers")
    parser.add_argument("--workloads", type=words, default=["mid", "hydro"])
    parser.add_argument("--cells", type=words, help="of the registry; all, unless named: lstm,gru")
    parser.add_argument("--rounds", type=int, default=9, help="samples of each side")
    parser.add_argument("--seconds", type=float, default=900, help="longest wait for an answer")
    parser.add_argument("--core", type=int, help="the core to run on; the first there is")
    parser.add_argument("--instruction-set", choices=CAPS, help="caps who can be capped")
    parser.add_argument("--check", action="store_true",
                        help="compare the peers' results instead of times")
    parser.add_argument("--json", metavar="FILE", help="also write every sample")
    options = parser.parse_args()
    known = {workload.name for workload in SEQUENCES}
    for given, allowed, what in ((options.tables, [*TABLES, "peers"], "table"),
                                 (options.workloads, known, "workload")):
        for word in given:
            if word not in allowed:
                parser.error(f"no {what} is called {word}; there are {', '.join(sorted(allowed))}")
    return options


def main():
    options = parse()
    cores = [min(os.sched_getaffinity(0)) if options.core is None else options.core]
    workloads = [workload for workload in SEQUENCES if workload.name in options.workloads]
    results = []
    if options.check:
        peer_table(options, cores, workloads, results)
        return
    pair = Pair(options, cores)
    options.benchmark = "cells"
    pair.sides[0].version += ", " + pair.sides[0].ask("peak").split()[-1]
    print_title(options, cores, pair.sides[:1], {})
    try:
        for name in options.tables:
            if name in TABLES:
                TABLES[name](pair, workloads, options.cells, results)
                print()
    finally:
        pair.end()
    if "peers" in options.tables:
        peer_table(options, cores, workloads, results)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    try:
        main()
    except (Lost, Unsupported) as reason:
        sys.exit(f"sluice: {reason}")
