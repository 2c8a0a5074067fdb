#!/usr/bin/env python3
"""The checks of tools/ and of the documents find what they are for."""

import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools'))

import check_tree  # noqa: E402
from blocks import blocks  # noqa: E402
from cpp_text import functions, without_comments_and_strings  # noqa: E402
from run_commands import matches  # noqa: E402

SOURCE = '''namespace sluice {
// void comment() {
template <class T>
std::vector<T> first(int a,
                     int b) const {
  if (a) { return {}; }
  auto call = [&](int x) {
    return x;
  };
  return "} not a brace";
}
struct Thing {
  int second() const { return '}'; }
  int value = f(3);
};
}  // namespace sluice
'''


class CppText(unittest.TestCase):
    def test_functions_have_names_and_lengths(self):
        self.assertEqual([(f.name, f.lines) for f in functions(SOURCE)], [('first', 9), ('second', 1)])

    def test_comments_and_strings_go_and_lines_stay(self):
        code = without_comments_and_strings(SOURCE)
        self.assertNotIn('comment', code)
        self.assertNotIn('brace', code)
        self.assertEqual(code.count('\n'), SOURCE.count('\n'))


class Tree(unittest.TestCase):
    def faults_of(self, check, path, text, *more):
        check_tree.faults.clear()
        check(pathlib.PurePath(path), text, *more)
        return check_tree.faults

    def test_arrows(self):
        allowed = check_tree.arrows()
        bad = self.faults_of(check_tree.check_arrows, 'sluice/base/a.h',
                             '#include "sluice/tensor/tensor.h"\n', allowed)
        self.assertEqual(len(bad), 1)
        good = self.faults_of(check_tree.check_arrows, 'sluice/layers/a.h',
                              '#include "sluice/base/error.h"\n', allowed)
        self.assertEqual(good, [])

    def test_the_library_never_prints(self):
        bad = self.faults_of(check_tree.check_never, 'sluice/base/a.cpp', 'void f() { std::abort(); }\n')
        self.assertEqual(len(bad), 1)
        good = self.faults_of(check_tree.check_never, 'sluice/base/a.cpp', '// printf("x")\nsnprintf(a, 1, b);\n')
        self.assertEqual(good, [])

    def test_long_functions_and_files(self):
        body = 'void f() {\n' + '  g();\n' * 90 + '}\n'
        self.assertEqual(len(self.faults_of(check_tree.check_sizes, 'sluice/base/a.cpp', body)), 1)
        self.assertEqual(len(self.faults_of(check_tree.check_sizes, 'sluice/base/a.cpp', '\n' * 601)), 1)

    def test_cells_include_nothing(self):
        self.assertEqual(len(self.faults_of(check_tree.check_cell, 'sluice/cells/a.h', '#pragma once\n')), 1)

    def test_headers_hold_the_standard_library_only(self):
        text = '#pragma once\n#include <vector>\n#include <fmt/format.h>\n'
        self.assertEqual(len(self.faults_of(check_tree.check_header, 'sluice/base/a.h', text)), 1)


class Documents(unittest.TestCase):
    def test_blocks(self):
        found = blocks('a\n```sh\nls\n```\n\n```cpp file=foo.h\nint x;\n```\n')
        self.assertEqual([(b.language, b.file, b.text, b.line) for b in found],
                         [('sh', '', 'ls\n', 2), ('cpp', 'foo.h', 'int x;\n', 6)])

    def test_shown_output(self):
        self.assertTrue(matches(['rmse 15.94', '...', 'end'], ['rmse  15.95', 'x', 'y', 'end']))
        self.assertFalse(matches(['rmse 15.94'], ['rmse 17.94']))
        self.assertFalse(matches(['rmse 15.94'], ['mae 15.94']))


if __name__ == '__main__':
    unittest.main()
