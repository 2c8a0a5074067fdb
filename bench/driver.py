#!/usr/bin/env python3
"""Runs a benchmark beside the peers that are installed and prints the table.

    python3 bench/driver.py train_step
    python3 bench/driver.py infer --cores 1 --cells gru --workloads mid,ptb
    python3 bench/driver.py stream_step --python peers/bin/python
    python3 bench/driver.py layers

One process a side, pinned to the same cores, samples interleaved (A B C A B C …).
"""

import argparse
import json
import os
import statistics
import sys

from programs import CAPS, PEERS, Lost, Unsupported, start_ours, start_peers
from table import print_header, print_row, print_title
from workloads import GATES, MODES, cells_of, workloads_of

CHECK_TOLERANCE = (1e-3, 1e-3, 5e-2)  # loss, dX², and the loss after one update (see README)


def measure(programs, ours, case, rounds):
    """Samples of ms by program, and GFLOP/s of the peak measured between them. A case is a
    workload and the words of its line: cell, mode, and options where there are any."""
    workload, cell, mode, *_ = case
    line = workload.line("case", *case[1:])
    samples, peaks, remaining = {}, [], list(programs)
    for round_number in range(rounds + 1):  # the first prepares and is not counted
        for program in list(remaining):
            try:
                if program is ours and mode != "stream":
                    peaks.append(float(program.ask("peak").split()[0]))
                milliseconds = float(program.ask(line))
            except (Lost, Unsupported) as reason:
                print(f"  {program.name}, {workload.name} {cell}: {reason}", file=sys.stderr)
                remaining.remove(program)
                samples.pop(program.name, None)
                if isinstance(reason, Lost):
                    program.start()  # a crash in one workload leaves the others measurable
                continue
            if round_number > 0:
                samples.setdefault(program.name, []).append(milliseconds)
    return samples, peaks


def summary(samples, peaks, operations, ours_name="sluice"):
    """The row's numbers; the best sample of each side counts, the median is kept beside it."""
    best = {name: min(values) for name, values in samples.items()}
    peers = {name: value for name, value in best.items() if name != ours_name}
    fastest = min(peers, key=peers.get, default=None)
    row = {"best_ms": best, "fastest_peer": fastest, "samples_ms": samples, "peak": peaks,
           "median_ms": {name: statistics.median(values) for name, values in samples.items()}}
    if ours_name in best:
        row["gflops"] = operations / best[ours_name] / 1e6
        if fastest:
            row["ratio"] = peers[fastest] / best[ours_name]
        if peaks:
            row["percent_of_peak"] = 100 * row["gflops"] / max(peaks)
    return row


def check(programs, workload, cell, mode, options=""):
    """Every side must answer the same numbers for the same weights: the same work is done."""
    answers = {}
    for program in programs:
        try:
            answers[program.name] = [float(value) for value in program.ask(
                workload.line("check", cell, mode, options)).split()]
        except Unsupported:
            continue
        except Lost as reason:
            print(f"{workload.name} {cell}: {program.name} {reason}")
            program.start()
            return False
    first_name, first = max(answers.items(), key=lambda item: len(item[1]))
    same = True
    for name, values in answers.items():
        for value, expected, tolerance in zip(values, first, CHECK_TOLERANCE):
            if not abs(value - expected) <= tolerance * abs(expected):
                print(f"{workload.name} {cell}: {name} has {values}, {first_name} has {first}")
                same = False
                break
    print(f"{workload.name} {cell}: {', '.join(answers)} {'agree' if same else 'DIFFER'}")
    return same


def run(options, cores):
    """One table: every workload and cell on these cores. Returns its rows, or None on a failed
    check."""
    ours, why = start_ours(options.benchmark, options.build, cores, options.instruction_set,
                           options.seconds)
    peers, missing = start_peers(options.benchmark, options.python, cores,
                                 options.instruction_set, options.seconds, options.peers)
    programs = ([ours] if ours else []) + peers
    if not programs:
        sys.exit(f"Nothing to measure. sluice: {why}. " + " ".join(
            f"{name}: {reason}." for name, reason in missing.items()))
    if ours:
        ours.version += ", " + ours.ask("peak").split()[-1]
    mode = MODES[options.benchmark]
    print_title(options, cores, programs, missing | ({} if ours else {"sluice": why}))
    pairs = [(workload, cell) for workload in workloads_of(options.benchmark)
             if not options.workloads or workload.name in options.workloads
             for cell in cells_of(workload, options.cells)]
    try:
        if options.check:
            return [] if all([check(programs, *pair, mode) for pair in pairs]) else None
        print_header(programs, mode)
        return [row_of(options, programs, ours, workload, cell) for workload, cell in pairs]
    finally:
        for program in programs:
            program.end()


def row_of(options, programs, ours, workload, cell):
    mode = MODES[options.benchmark]
    clock = ("processor_time=1",) if options.processor_time else ()
    samples, peaks = measure(programs, ours, (workload, cell, mode, *clock), options.rounds)
    row = summary(samples, peaks, workload.operations(cell, mode))
    print_row(programs, workload, cell, mode, row)
    return {"workload": workload.name, "cell": cell, **row}


def parse():
    def words(text):
        return [word for word in text.split(",") if word]

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark", choices=MODES)
    parser.add_argument("--build", default="build/bench", help="folder the benchmarks are built in")
    parser.add_argument("--python", default=sys.executable, help="Python that has the peers")
    parser.add_argument("--cores", type=words, default=["1", "2"], help="numbers of cores: 1,2")
    parser.add_argument("--cells", type=words, default=["lstm", "gru"])
    parser.add_argument("--workloads", type=words, help="all, unless named: mid,ptb")
    parser.add_argument("--peers", type=words, help=f"all, unless named: {','.join(PEERS)}")
    parser.add_argument("--rounds", type=int, default=7, help="samples of each side")
    parser.add_argument("--seconds", type=float, default=300, help="longest wait for an answer")
    parser.add_argument("--instruction-set", choices=CAPS, help="caps who can be capped")
    parser.add_argument("--processor-time", action="store_true",
                        help="the time that a side got instead of that which passed: for one core")
    parser.add_argument("--check", action="store_true", help="compare results instead of times")
    parser.add_argument("--json", metavar="FILE", help="also write every sample")
    options = parser.parse_args()
    known = {workload.name for workload in workloads_of(options.benchmark)}
    for given, allowed, what in ((options.cells, GATES, "cell"), (options.peers, PEERS, "peer"),
                                 (options.workloads, known, "workload")):
        for word in given or []:
            if word not in allowed:
                parser.error(f"no {what} is called {word}; there are {', '.join(sorted(allowed))}")
    return options


def main():
    options = parse()
    available = sorted(os.sched_getaffinity(0))
    tables = []
    for count in map(int, options.cores):
        if count > len(available):
            print(f"Only {len(available)} cores here: no table for {count}.")
            continue
        rows = run(options, available[:count])
        if rows is None:
            sys.exit("The sides do not do the same work.")
        tables.append({"benchmark": options.benchmark, "cores": count, "rows": rows})
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(tables, file, indent=1)


if __name__ == "__main__":
    main()
