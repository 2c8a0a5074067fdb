#!/usr/bin/env python3
"""Holds the tree to ARCHITECTURE.md: arrows, sizes, one registry, and what the library never does.

Prints one line per fault, `path:line: sentence`, and exits with 1 if there is any."""

import pathlib
import re
import subprocess
import sys

from cpp_text import functions, without_comments_and_strings

ROOT = pathlib.Path(__file__).resolve().parent.parent
CODE = {'.h', '.cpp', '.def', '.py', '.sh'}
FILE_LINES_WARN, FILE_LINES_FAIL = 400, 600
FUNCTION_LINES, TEST_TABLE_LINES = 80, 120  # a table of cases is data, and may be longer

faults, warnings = [], []


def fault(path, line, sentence):
    faults.append(f'{path}:{line}: {sentence}')


def tracked():
    """Files that git tracks or would track."""
    command = ['git', 'ls-files', '--cached', '--others', '--exclude-standard']
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [pathlib.PurePath(name) for name in sorted(set(names.split('\n'))) if (ROOT / name).is_file()]


def read(path):
    return (ROOT / path).read_text(encoding='utf-8')


def arrows():
    """Folder -> every folder it may include, from the one table in cmake/library.cmake."""
    table = dict(re.findall(r'^set\(SLUICE_LINKS_(\w+) "?([\w ]*)"?\)', read('cmake/library.cmake'), re.M))
    closure = {}

    def reach(folder):
        if folder not in closure:
            closure[folder] = {folder}
            for other in table[folder].split():
                closure[folder] |= reach(other)
        return closure[folder]

    for folder in table:
        reach(folder)
    return closure


def check_arrows(path, text, allowed):
    folder = path.parts[1]
    if folder not in allowed:
        fault(path, 1, f'folder sluice/{folder} has no row SLUICE_LINKS_{folder} in cmake/library.cmake')
        return
    for number, line in enumerate(text.splitlines(), 1):
        quoted = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not quoted:
            continue
        target = pathlib.PurePath(quoted.group(1))
        if target.parts[0] != 'sluice':
            fault(path, number, f'"{target}" is not a path from the root ("sluice/folder/file.h")')
        elif target.parts[1] not in allowed[folder]:
            fault(path, number, f'{folder} may not include {target.parts[1]} (ARCHITECTURE.md, the arrows)')
        elif not (ROOT / target).is_file():
            fault(path, number, f'"{target}" does not exist')


def check_cell(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r'\s*#\s*(include|pragma|if|define)', line):
            fault(path, number, 'a cell file includes nothing and has no guard')


PRIVATE = 'Not a public header'


def check_header(path, text):
    if 'No include guard' in text[:1000]:
        return  # included more than once on purpose, and says so
    private = PRIVATE in text[:1000]
    if '#pragma once' not in text:
        fault(path, 1, 'a header starts with #pragma once')
    for number, line in enumerate(text.splitlines(), 1):
        foreign = re.match(r'\s*#\s*include\s+<([^>]*[./][^>]*)>', line)
        if foreign and not private:
            fault(path, number, f'<{foreign.group(1)}> in a public header: only the standard library belongs there'
                                f' (one for our own sources says "{PRIVATE}")')


NEVER = re.compile(r'\bstd::(?:cout|cerr|clog|exit|abort|terminate|quick_exit)\b'
                   r'|(?<![\w:.])(?:printf|fprintf|puts|putchar|perror|exit|_exit|abort)\s*\(')


def check_never(path, text):
    for number, line in enumerate(without_comments_and_strings(text).splitlines(), 1):
        found = NEVER.search(line)
        if found:
            fault(path, number, f'the library never prints, exits or aborts: {found.group().rstrip("( ")}')


def check_sizes(path, text):
    lines = text.count('\n')
    if lines > FILE_LINES_FAIL:
        fault(path, 1, f'{lines} lines; the limit is {FILE_LINES_FAIL}')
    elif lines > FILE_LINES_WARN:
        warnings.append(f'{path}:1: {lines} lines; {FILE_LINES_WARN} is the aim')
    if path.suffix in {'.h', '.cpp'}:
        limit = TEST_TABLE_LINES if path.parts[0] == 'tests' else FUNCTION_LINES
        for function in functions(text):
            if function.lines > limit:
                fault(path, function.line, f'{function.name} has {function.lines} lines; the limit is {limit}')


UNFINISHED = re.compile(r'\b(?:TO' r'DO|FIX' r'ME|X' r'XX|HA' r'CK)\b')
VAGUE = {'util', 'utils', 'misc', 'common', 'helper', 'helpers'}
# Absolute folders of one person's machine have no place in a repository.
MACHINE_PATH = re.compile(r'(?<![\w.$}])/(?:home|root|Users|work|tmp|opt)/\w+')


def check_words(path, text):
    for part in path.parts:
        if part.split('.')[0].lower() in VAGUE:
            fault(path, 1, f'"{part}" says nothing; name what the file holds')
    for number, line in enumerate(text.splitlines(), 1):
        found = UNFINISHED.search(line)
        if found:
            fault(path, number, f'"{found.group()}": do it, or say in plain words what is not there yet')
        found = MACHINE_PATH.search(line)
        if found and path.parts[0] != 'tests':
            fault(path, number, f'"{found.group()}" exists on one machine only')


def check_cell_registry():
    """sluice/cells/registry.def and the files of the folder name the same cells."""
    folder = ROOT / 'sluice/cells'
    registry = pathlib.PurePath('sluice/cells/registry.def')
    rows = re.findall(r'^SLUICE_CELL\((\w+),\s*(\w+)\)', read(registry), re.M)
    files = {file.stem for file in folder.glob('*.h')} - {'cell'}
    for name, struct in rows:
        if name not in files:
            fault(registry, 1, f'cell {name} has no file sluice/cells/{name}.h')
        elif not re.search(rf'^struct {struct}\b', read(f'sluice/cells/{name}.h'), re.M):
            fault(registry, 1, f'sluice/cells/{name}.h does not define struct {struct}')
    for name in files - {row[0] for row in rows}:
        fault(registry, 1, f'sluice/cells/{name}.h is not in the registry')
    if len(rows) != len(set(rows)):
        fault(registry, 1, 'a cell is registered twice')


def registries(sources):
    """Source -> the names it registers: first texts of the rows of a file that defines *_registry()."""
    found = {pathlib.PurePath('sluice/cells/registry.def'):
             set(re.findall(r'^SLUICE_CELL\((\w+),', read('sluice/cells/registry.def'), re.M))}
    for path, text in sources.items():
        if re.search(r'_registry\(\) *\{', text):
            # A row is {"name", "what it is", {options} or a function; an option is three texts.
            found[path] = set(re.findall(r'\{\s*"(\w+)",\s*(?:"(?:\\.|[^"\\])*"\s*)+,\s*[{\w&]', text))
    return found


def check_second_lists(paths):
    """No other source lists most of the names of a registry in one pair of braces: they are asked for."""
    sources = {path: read(path) for path in paths
               if path.parts[0] in {'sluice', 'cli'} and path.suffix in {'.h', '.cpp'}}
    for home, names in registries(sources).items():
        for path, text in sources.items():
            if path == home:
                continue
            for group in re.findall(r'\{[^{}]*\}', text):
                written = names & set(re.findall(r'"(\w+)"', group))
                if len(written) >= 3 and len(written) > len(names) / 2:
                    fault(path, 1, f'lists {", ".join(sorted(written))} a second time; {home} has them')


def check_version(paths):
    version = read('VERSION').strip()
    for path in paths:
        if path.name in {'VERSION', 'CHANGELOG.md'} or path.suffix not in CODE | {'.md', '.txt', '.cmake', '.json'}:
            continue
        if path.parts[0] in {'sluice', 'cli', 'cmake', 'CMakeLists.txt', 'README.md'}:
            for number, line in enumerate(read(path).splitlines(), 1):
                if re.search(rf'(?<![\d.]){re.escape(version)}(?![\d.])', line):
                    fault(path, number, f'the version {version} is written down a second time; VERSION has it')


def check_file(path, allowed):
    text = read(path)
    check_sizes(path, text)
    check_words(path, text)
    if path.parts[0] != 'sluice' or path.suffix not in {'.h', '.cpp', '.def'}:
        return
    check_arrows(path, text, allowed)
    check_never(path, text)
    if path.parts[1] == 'cells' and path.suffix == '.h':
        check_cell(path, text)
    elif path.suffix == '.h' and not path.name.endswith('-inl.h'):
        check_header(path, text)


def main():
    paths = tracked()
    allowed = arrows()
    for path in paths:
        if path.suffix in CODE:
            check_file(path, allowed)
    check_cell_registry()
    check_second_lists(paths)
    check_version(paths)
    for line in warnings:
        print(f'note: {line}')
    for line in faults:
        print(line)
    print(f'tree check: {len(paths)} files, {len(faults)} faults, {len(warnings)} notes')
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
