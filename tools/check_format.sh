#!/usr/bin/env bash
# Every C++ file is as clang-format 19 writes it; --fix rewrites those that are not.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mapfile -t files < <(git ls-files --cached --others --exclude-standard '*.h' '*.cpp' '*.def')
if [ "${1:-}" = --fix ]; then
  clang-format-19 -i "${files[@]}"
else
  clang-format-19 --dry-run -Werror "${files[@]}" || {
    echo "format check: some files differ; make format rewrites them" >&2
    exit 1
  }
  echo "format check: ${#files[@]} files"
fi
