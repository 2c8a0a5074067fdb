#!/usr/bin/env python3
"""Compares docs/reference.md with what the registries say: reference_page.py PROGRAM [--write]"""

import pathlib
import subprocess
import sys

PAGE = pathlib.Path(__file__).resolve().parents[2] / 'docs/reference.md'


def main(program, *options):
    printed = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    if '--write' in options:
        PAGE.write_text(printed, encoding='utf-8')
    elif PAGE.read_text(encoding='utf-8') != printed:
        sys.exit('docs/reference.md is not what the registries say; make docs writes it anew')


if __name__ == '__main__':
    main(*sys.argv[1:])
