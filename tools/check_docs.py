#!/usr/bin/env python3
"""What the documents name exists: files, links, make targets, CMake presets.

With --command PATH, also every verb and --flag of `sluice` that a document shows.
Prints one line per fault, `path:line: sentence`, and exits with 1 if there is any."""

import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = {'sluice', 'cli', 'tests', 'tools', 'docs', 'examples', 'experiments', 'bench', 'cmake', '.ci'}

LINK = re.compile(r'\]\(([^)\s#]+)(?:#[^)]*)?\)')
SPAN = re.compile(r'`([^`\n]+)`')
PATH = re.compile(r'[\w.*+-]+(?:/[\w.*+-]+)+/?|[\w-]+\.(?:md|json)|Makefile|VERSION|LICENSE')
faults = []


def documents():
    command = ['git', 'ls-files', '--cached', '--others', '--exclude-standard', '*.md']
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in names.split('\n') if name and (ROOT / name).is_file()]


def fault(document, number, sentence):
    faults.append(f'{document.relative_to(ROOT)}:{number}: {sentence}')


def exists(document, name):
    """A path from the root or from the document's own folder; * stands for anything."""
    for base in (ROOT, document.parent):
        if '*' in name:
            if any(base.glob(name)):
                return True
        elif (base / name).exists():
            return True
    return False


def check_paths(document, number, line):
    for target in LINK.findall(line):
        if '://' not in target and not (document.parent / target).exists():
            fault(document, number, f'the link to {target} leads nowhere')
    for span in SPAN.findall(line):
        if not PATH.fullmatch(span) or not ('/' not in span or span.split('/')[0] in FOLDERS):
            continue
        if not exists(document, span):
            fault(document, number, f'{span} does not exist')


def check_make(document, number, line, targets):
    for text in SPAN.findall(line) + re.findall(r'^\s*(make [\w-].*)$', line):
        words = text.split()
        if words[:1] != ['make'] or len(words) < 2:
            continue
        for word in words[1:]:
            if re.fullmatch(r'[a-z-]+', word) and not word.startswith('-') and word not in targets:
                fault(document, number, f'make has no target {word}')
            if not re.fullmatch(r'[a-z-]+', word):
                break


def check_presets(document, number, line, presets):
    for name in re.findall(r'--preset[= ]([\w-]+)', line):
        if name not in presets:
            fault(document, number, f'CMakePresets.json has no preset {name}')


class Command:
    """The verbs and flags that the command itself lists."""

    def __init__(self, path):
        self.path = path
        top = self.help([])
        self.verbs = set(re.findall(r'^  ([a-z]+)\s{2,}', top, re.M))
        self.flags = {'': self.flags_of(top)}
        for verb in self.verbs:
            self.flags[verb] = self.flags_of(self.help([verb]))

    def help(self, words):
        run = subprocess.run([self.path, *words, '--help'], capture_output=True, text=True, check=True)
        return run.stdout

    @staticmethod
    def flags_of(text):
        return set(re.findall(r'(?<![\w-])--[a-z][a-z-]*', text))


def check_command(document, number, line, command):
    for text in re.findall(r'(?:^|[`$(]|&& |\| )\s*(?:\S*/)?sluice ([a-z]+(?: [^`|]*)?)', line):
        words = text.split()
        verb = words[0]
        if verb not in command.verbs:
            if command.verbs and re.search(r'[`\s]sluice ' + verb + r'\b[` ]', f' {line} ') and '|' not in line:
                fault(document, number, f'the command has no verb "{verb}"')
            continue
        known = command.flags[verb] | command.flags['']
        for flag in re.findall(r'(?<![\w-])--[a-z][a-z-]*', text):
            if flag not in known:
                fault(document, number, f'sluice {verb} has no option {flag}')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--command', help='path of the built sluice')
    options = parser.parse_args()
    command = Command(options.command) if options.command else None
    targets = set(re.findall(r'^([a-z-]+):', (ROOT / 'Makefile').read_text(), re.M))
    settings = json.loads((ROOT / 'CMakePresets.json').read_text())
    presets = {preset['name'] for preset in settings['configurePresets'] if not preset.get('hidden')}
    pages = documents()
    for document in pages:
        for number, line in enumerate(document.read_text(encoding='utf-8').splitlines(), 1):
            check_paths(document, number, line)
            check_make(document, number, line, targets)
            check_presets(document, number, line, presets)
            if command:
                check_command(document, number, line, command)
    for sentence in faults:
        print(sentence)
    print(f'document check: {len(pages)} documents, {len(faults)} faults')
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
