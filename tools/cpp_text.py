"""Reads C++ just well enough to measure it: code without comments and strings, and functions."""

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r'//[^\n]*'
    r'|/\*.*?\*/'
    r'|R"(?P<mark>[^()\s]{0,16})\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'"
    r'|^[ \t]*\#(?:[^\n\\]|\\.|\\\n)*',
    re.DOTALL | re.MULTILINE)

_NOT_A_FUNCTION = re.compile(
    r'^\s*(?:template\s*<.*>\s*)?(?:inline\s+)?(?:namespace|class|struct|union|enum|extern)\b', re.DOTALL)
_CONTROL = re.compile(r'\b(?:if|for|while|switch|catch|do|else|try)\b')
_NAME = re.compile(r'([~\w:]+|operator\s*\S+?)\s*\($')


class Function(NamedTuple):
    name: str
    line: int
    lines: int


def without_comments_and_strings(text):
    """The code alone; every newline stays where it was."""
    return _TOKEN.sub(lambda match: '\n' * match.group().count('\n') or ' ', text)


def _name_of(head):
    for at, character in enumerate(head):
        if character == '(':
            found = _NAME.search(head[:at + 1])
            if found:
                return found.group(1)
    return '?'


def functions(text):
    """Every function defined at namespace or class scope. A lambda counts to the function it is in."""
    code = without_comments_and_strings(text)
    found = []
    stack = []  # 'scope', 'other', or the (name, first line) of a function
    head_start, line = 0, 1
    for at, character in enumerate(code):
        if character == '\n':
            line += 1
        elif character == '{':
            head = code[head_start:at]
            stack.append(_kind(head, line, stack))
            head_start = at + 1
        elif character == '}':
            opened = stack.pop() if stack else 'other'
            if isinstance(opened, tuple):
                found.append(Function(opened[0], opened[1], line - opened[1] + 1))
            head_start = at + 1
        elif character == ';':
            head_start = at + 1
    return found


def _kind(head, line, stack):
    inside_function = any(isinstance(entry, tuple) for entry in stack)
    if inside_function or 'other' in stack:
        return 'other'
    if _NOT_A_FUNCTION.match(head):
        return 'scope'
    if '(' in head and not _CONTROL.search(head) and not head.rstrip().endswith('='):
        body = head.lstrip()
        return (_name_of(body), line - body.count('\n'))
    return 'other'
