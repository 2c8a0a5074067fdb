#!/usr/bin/env python3
"""The report of a job's recipe in a real browser: check_report.py COMMAND SCRATCH RECIPE [DATA_SCRIPT]

Fits the recipe for three epochs, writes its page and opens it: every chart has ink, no script failed, nothing was asked for
from elsewhere. Exits with 77, skipped, where there is no Chromium (SLUICE_BROWSER names one)."""

import os
import pathlib
import re
import shutil
import subprocess
import sys


def find_browser():
    names = [os.environ.get('SLUICE_BROWSER', ''), 'chromium', 'chromium-browser', 'google-chrome']
    return next((path for path in map(shutil.which, names) if path), None)


def done(words, **options):
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **options)
    if result.returncode != 0:
        sys.exit(f'{words}: exits with {result.returncode}\n{result.stdout}{result.stderr}')
    return result


def main(command, scratch, recipe, script=''):
    browser = find_browser()
    if not browser:
        print('no Chromium (SLUICE_BROWSER names one)')
        sys.exit(77)
    folder = pathlib.Path(scratch).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    words = [command, 'fit', recipe, 'epochs=3', 'seeds=1', '--model', folder / 'job.sluice']
    if script:
        (folder / 'data.csv').write_text(done([sys.executable, script]).stdout, encoding='utf-8')
        words.append(f'data={folder / "data.csv"}')
    done(words)
    done([command, 'report', folder / 'job.sluice', '--out', folder / 'job.html'])
    visit = done([browser, '--headless', '--no-sandbox', '--disable-gpu', '--enable-logging=stderr',
                  f'--user-data-dir={folder / "profile"}', '--window-size=1200,900', '--dump-dom',
                  f'file://{folder / "job.html"}#check'], timeout=120)
    root = visit.stdout.split('<head>')[0]
    print(root)
    drawn = re.search(r'data-charts="(\d+)"', root)
    canvases = visit.stdout.count('<canvas')
    if not drawn or int(drawn.group(1)) != canvases or canvases < 2:
        sys.exit(f'not every one of {canvases} charts has ink')
    if 'data-errors="0"' not in root or 'data-requests="0"' not in root or 'CONSOLE' in visit.stderr:
        sys.exit(f'a script failed, or something was asked for\n{visit.stderr}')


if __name__ == '__main__':
    main(*sys.argv[1:])
