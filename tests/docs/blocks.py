"""Fenced blocks of a Markdown document: ```sh, ```cpp file=name.h, ```text …"""

import re
from typing import NamedTuple


class Block(NamedTuple):
    language: str
    file: str   # the name after file=, or ''
    text: str
    line: int   # of the opening fence


_FENCE = re.compile(r'^```(\w*)(?:[ \t]+file=(\S+))?[^\n]*\n(.*?)^```[ \t]*$', re.MULTILINE | re.DOTALL)


def blocks(markdown):
    """Every fenced block, in the order of the page."""
    return [Block(match.group(1), match.group(2) or '', match.group(3),
                  markdown.count('\n', 0, match.start()) + 1)
            for match in _FENCE.finditer(markdown)]
