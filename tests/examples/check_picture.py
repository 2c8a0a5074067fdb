#!/usr/bin/env python3
"""A picture was drawn: check_picture.py PATH TEXT...

PATH.png is a PNG with ink of several colours, PATH.svg is XML that holds every TEXT."""

import struct
import sys
import xml.etree.ElementTree
import zlib


def check_png(path):
    """Size and pixels, decompressed: a blank page has next to nothing in it."""
    with open(path, 'rb') as file:
        data = file.read()
    if data[:8] != b'\x89PNG\r\n\x1a\n' or data[-8:-4] != b'IEND':
        sys.exit(f'{path} is no whole PNG')
    width, height = struct.unpack('>II', data[16:24])
    place, pixels = 8, b''
    while place < len(data):
        size, kind = struct.unpack('>I4s', data[place:place + 8])
        if kind == b'IDAT':
            pixels += data[place + 8:place + 8 + size]
        place += size + 12
    raw = zlib.decompress(pixels)
    if min(width, height) < 400 or len(set(raw)) < 32 or len(pixels) < 10000:
        sys.exit(f'{path}: {width} x {height}, {len(pixels)} bytes of {len(set(raw))} kinds, looks empty')


def check_svg(path, texts):
    svg = xml.etree.ElementTree.parse(path).getroot()
    written = ' '.join(''.join(node.itertext()) for node in svg.iter() if node.tag.endswith('text'))
    missing = [text for text in texts if text not in ' '.join(written.split())]
    if missing:
        sys.exit(f'{path} does not say {", ".join(missing)}')


if __name__ == '__main__':
    check_png(sys.argv[1] + '.png')
    check_svg(sys.argv[1] + '.svg', sys.argv[2:])
