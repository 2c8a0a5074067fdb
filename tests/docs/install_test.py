#!/usr/bin/env python3
"""What `cmake --install` puts in place is enough for a program elsewhere, as docs/cpp.md shows it:
install_test.py BUILD SCRATCH COMPILER"""

import pathlib
import shutil
import subprocess
import sys

from blocks import blocks

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(*command):
    print('$', *command, flush=True)
    subprocess.run([str(word) for word in command], check=True, stdin=subprocess.DEVNULL)


def write_program(folder):
    page = blocks((ROOT / 'docs/cpp.md').read_text(encoding='utf-8'))
    folder.mkdir()
    (folder / 'CMakeLists.txt').write_text(next(b.text for b in page if b.file == 'CMakeLists.txt'))
    (folder / 'main.cpp').write_text(next(b.text for b in page if 'int main(' in b.text))


def main(build, scratch, compiler):
    scratch = pathlib.Path(scratch)
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    prefix, program = scratch / 'prefix', scratch / 'program'
    run('cmake', '--install', build, '--prefix', prefix)
    run(prefix / 'bin/sluice', '--version')
    write_program(program)
    run('cmake', '-S', program, '-B', program / 'build', '-G', 'Ninja', f'-DCMAKE_PREFIX_PATH={prefix}',
        f'-DCMAKE_CXX_COMPILER={compiler}')
    run('cmake', '--build', program / 'build')
    run(program / 'build/embedded')


if __name__ == '__main__':
    main(*sys.argv[1:])
