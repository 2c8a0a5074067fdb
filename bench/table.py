"""Prints the benchmark's tables, line by line as results come, in Markdown."""

import pathlib

WIDTH = 14


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"


def print_title(options, cores, programs, missing):
    count = len(cores)
    print(f"\n## {options.benchmark}, {count} core{'s' * (count > 1)} of {processor()}\n")
    for program in programs:
        print(f"- {program.name} {program.version}")
    for name, reason in missing.items():
        print(f"- {name} is absent: {reason}")
    if options.instruction_set:
        print(f"- instruction set capped to {options.instruction_set} "
              "(ONNX Runtime cannot be capped, TensorFlow in part)")
    print(flush=True)


def unit_of(mode):
    return ("µs", 1e3) if mode == "stream" else ("ms", 1.0)


def print_cells(cells):
    print("| " + " | ".join(str(cell).rjust(WIDTH) for cell in cells) + " |", flush=True)


def print_rule(words, numbers):
    """The line under a head: columns of words, then columns of numbers."""
    print_cells(["-" * WIDTH] * words + ["-" * (WIDTH - 1) + ":"] * numbers)


def print_header(programs, mode):
    unit, _ = unit_of(mode)
    columns = ["workload", "cell", *(f"{p.name}, {unit}" for p in programs),
               "fastest peer", "× fastest peer"]
    columns += [] if mode == "stream" else ["GFLOP/s", "% of peak"]
    print_cells(columns)
    print_rule(2, len(columns) - 2)


def number(value, digits=3):
    """`digits` significant digits without exponent; a dash for what was not measured."""
    if value is None:
        return "–"
    text = f"{value:.{digits}g}"
    return f"{value:.0f}" if "e" in text else text


def print_row(programs, workload, cell, mode, row):
    _, factor = unit_of(mode)
    best = row["best_ms"]
    cells = [workload.name, cell]
    cells += [number(best[p.name] * factor if p.name in best else None) for p in programs]
    cells += [row["fastest_peer"] or "–", number(row.get("ratio"))]
    if mode != "stream":
        cells += [number(row.get("gflops"), 4), number(row.get("percent_of_peak"))]
    print_cells(cells)
