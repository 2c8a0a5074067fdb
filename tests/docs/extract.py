#!/usr/bin/env python3
"""Writes the C++ of a document into a folder: extract.py DOCUMENT FOLDER

A block marked file=NAME is written as NAME; any other block that has a main() is a program,
program_<line>.cpp; a block with neither is only compiled, part_<line>.cpp."""

import pathlib
import sys

from blocks import blocks


def name_of(block):
    if block.file:
        return block.file
    return f'{"program" if "int main(" in block.text else "part"}_{block.line}.cpp'


def main(document, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = set()
    for block in blocks(pathlib.Path(document).read_text(encoding='utf-8')):
        if block.language != 'cpp':
            continue
        path = folder / name_of(block)
        text = f'#line {block.line + 1} "{document}"\n{block.text}' if path.suffix == '.cpp' else block.text
        written.add(path)
        if not path.exists() or path.read_text(encoding='utf-8') != text:
            path.write_text(text, encoding='utf-8')
    for stale in set(folder.iterdir()) - written:
        if stale.is_file():
            stale.unlink()


if __name__ == '__main__':
    main(*sys.argv[1:])
