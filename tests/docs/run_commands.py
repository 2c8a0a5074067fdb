#!/usr/bin/env python3
"""Runs the commands of a document as a reader would: run_commands.py DOCUMENT COMMAND SCRATCH

Every ```sh block runs in order in one scratch folder that sees the repository's data/ and examples/, with
the built `sluice` first on the path; a block marked file=NAME is written there first. A ```text
block right after a command must be what the command printed: words as they stand, numbers within
two percent (instruction sets differ in the last digits), and a line `...` stands for any lines."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

from blocks import blocks

ROOT = pathlib.Path(__file__).resolve().parents[2]
NUMBER = re.compile(r'[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?')


def same_line(shown, printed):
    """Equal but for the last digits of numbers."""
    words = [re.sub(r'\s+', ' ', NUMBER.sub('#', line)).strip() for line in (shown, printed)]
    numbers = [[float(text) for text in NUMBER.findall(line)] for line in (shown, printed)]
    close = all(abs(a - b) <= 0.02 * max(abs(a), abs(b)) + 1e-12 for a, b in zip(*numbers))
    return words[0] == words[1] and close


def matches(shown, printed):
    """Whether the printed lines are the shown ones, `...` standing for any number of lines."""
    if not shown:
        return not printed
    if shown[0].strip() == '...':
        return any(matches(shown[1:], printed[skip:]) for skip in range(len(printed) + 1))
    return bool(printed) and same_line(shown[0], printed[0]) and matches(shown[1:], printed[1:])


def run(text, folder, command):
    environment = dict(os.environ, PATH=f'{pathlib.Path(command).parent}:{os.environ["PATH"]}')
    return subprocess.run(['bash', '-euo', 'pipefail', '-c', text], cwd=folder, env=environment,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def prepare(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ('examples', 'data'):
        (folder / name).symlink_to(ROOT / name)


def main(document, command, folder):
    folder = pathlib.Path(folder)
    prepare(folder)
    ran, previous, output = 0, None, ''
    for block in blocks(pathlib.Path(document).read_text(encoding='utf-8')):
        place = f'{document}:{block.line}'
        if block.file and block.language != 'cpp':
            (folder / block.file).write_text(block.text, encoding='utf-8')
        elif block.language == 'sh':
            result = run(block.text, folder, command)
            output = result.stdout
            print(f'{place}\n{block.text}{output}{result.stderr}', flush=True)
            if result.returncode != 0:
                sys.exit(f'{place}: the command exits with {result.returncode}')
            ran += 1
        elif block.language == 'text' and previous == 'sh':
            if not matches(block.text.splitlines(), output.splitlines()):
                sys.exit(f'{place}: this is not what the command printed (above)')
        previous = block.language
    print(f'{document}: {ran} commands')
    if ran == 0:
        sys.exit(f'{document}: no command was run')


if __name__ == '__main__':
    main(*sys.argv[1:])
