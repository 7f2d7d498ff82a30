#!/usr/bin/env python3
"""Tests of the tools: that each lint rule bites, and lets good code pass; that nothing is counted twice or lost."""
import contextlib
import io
import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rules  # noqa: E402
import source  # noqa: E402
import suite  # noqa: E402

LONG = 'int f(void)\n{\n' + '    g();\n' * 95 + '}\n'
GLOSSARY = '| noun | 中文 | meaning |\n|---|---|---|\n'

# rule, files that break it (and one that almost does, where that says more)
BAD = (
    ('layers', {'src/lib/a.c': '#include "store/log.h"\n'}),
    ('layers', {'src/edge/a.c': '#include "port/smtp.h"\n'}),
    ('layers', {'src/lib/a.c': '#include "testing/test.h"\n'}),
    ('layers', {'src/lib/a.c': '#include "a.h"\n'}),
    ('layers', {'src/engine/a.c': '#include <rocksdb/c.h>\n'}),
    ('layers', {'src/domain/tag/a.c': '#include "domain/people/row.h"\n'}),
    ('layers', {'src/engine/a_test.c': '#include "app/main.h"\n'}),
    ('function-length', {'src/lib/a.c': LONG}),
    ('function-length', {'src/lib/a.c': LONG, 'tools/long-functions.txt': 'at most 1\nsrc/lib/a.c:f 97\n'}),
    ('function-length', {'src/lib/a.c': '', 'tools/long-functions.txt': 'at most 1\nsrc/lib/a.c:f 97\n'}),
    ('function-length', {'src/lib/a.c': LONG, 'tools/long-functions.txt': 'at most 2\nsrc/lib/a.c:f 98\n'}),
    ('file-length', {'src/lib/a.c': 'int a;\n' * 901}),
    ('banned-calls', {'src/lib/a.c': 'int f(char *a, char *b) { strcpy(a, b); }\n'}),
    ('banned-calls', {'src/domain/tag/a.c': 'long f(void) { return time(NULL); }\n'}),
    ('banned-calls', {'src/store/a_test.c': 'int f(void) { usleep(1); }\n'}),
    ('domain-memory', {'src/domain/tag/a.c': 'void *f(void) { return malloc(1); }\n'}),
    ('clock', {'src/store/a.c': 'int64_t f(void) { return time_now_us(); }\n'}),
    ('unfinished', {'docs/a.md': 'To do: nothing. ' + 'TO' 'DO: something.\n'}),
    ('header-guard', {'src/lib/a.h': '/* A. */\nint a;\n'}),
    ('header-comment', {'src/lib/a.h': '#pragma once\n#include <stdint.h>\nint a;\n/* A. */\n'}),
    ('whitespace', {'src/lib/a.c': 'int a; \n'}),
    ('whitespace', {'src/lib/a.c': '\tint a;\n'}),
    ('whitespace', {'src/lib/a.c': 'int a;'}),
    ('assert-is-pure', {'src/lib/a.c': 'void f(int a) { assert(a++ < 3); }\n'}),
    ('assert-is-pure', {'src/lib/a.c': 'void f(int a) { assert((a = g()) == 3); }\n'}),
    ('assert-is-pure', {'src/lib/a.c': 'void f(int a) { assert(a <<= 3); }\n'}),
    ('tested', {'src/lib/a.c': 'int a;\n', 'src/lib/b_test.c': ''}),
    ('tested', {'src/lib/a.c': '', 'src/lib/a_test.c': '', 'tools/untested.txt': 'at most 1\nsrc/lib/a.c\n'}),
    ('built', {'src/lib/a.c': 'int a;\n', 'src/lib/meson.build': "sources = ['b.c', 'ba.c']\n"}),
    ('glossary', {'src/domain/tag/a.c': 'int a;\n', 'docs/glossary.md': GLOSSARY + '| row | 行 | A row. |\n'}),
    ('glossary', {'docs/glossary.md': GLOSSARY + '| row | 行 | A row. |\n| row | 行 | A row. |\n'}),
    ('glossary', {'docs/glossary.md': GLOSSARY + '| row | 行 | A row. |\n| log | 日志 | A log. |\n'}),
    ('glossary', {'docs/glossary.md': GLOSSARY + '| row | row | A row. |\n'}),
    ('machine-paths', {'docs/a.md': 'See /ho' 'me/someone/kith.\n'}),
    ('links', {'docs/a.md': 'See [b](b.md).\n'}),
)

GOOD = {
    'src/lib/a.h': '/* What a is. */\n#pragma once\nint a(void);\n',
    'src/lib/a.c': '#include "base/bytes.h"\n#include "lib/a.h"\n'
                   'int a(void)\n{\n    /* not strcpy(a, b) */\n    assert(b <= 3 && c == \'=\' && d != e);\n'
                   '    return bytes_time("rand()") + x.time(3);\n}\n',
    'src/lib/a_more.c': 'int more;\n',
    'src/lib/a_test.c': '#include "testing/test.h"\n#include "lib/a.h"\n',
    'src/lib/other.c': 'int other;\n',
    'src/lib/another.c': 'int another;\n',
    'src/lib/whole_test.c': '/* Covers: other.c,\n * another.c */\n',
    'src/lib/meson.build': "sources = ['a.c', 'a_more.c', 'other.c', 'another.c']\ntests = ['a_test', 'whole_test']\n",
    'src/base/time.c': 'long now(void) { return time(NULL); }\n',
    'src/base/time_prop.c': 'int a;\n',
    'src/base/meson.build': "sources = ['time.c', 'time_prop.c']\n",
    'src/domain/people/people.c': '#include "domain/people/row.h"\n#include "domain/tag/tag.h"\n',
    'src/store/cold.c': '#include <rocksdb/c.h>\n',
    'src/meson.build': "sources = ['domain/people/people.c', 'store/cold.c']\n",
    'tools/untested.txt': '# why\nat most 2\nsrc/domain/people/people.c\nsrc/store/cold.c # later\n',
    'docs/glossary.md': GLOSSARY + '| log | 日志 | What happened. |\n| people | 人群 | Persons. |\n',
    'docs/a.md': 'See [the glossary](glossary.md#log), [a page](https://example.com/home/x), `[no](link)`.\n',
}


def findings(name, files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), 'w', encoding='utf-8') as f:
                f.write(text)
        return list(rules.RULES[name](rules.Tree(root, source.sources_of(root))))


class Lint(unittest.TestCase):
    def test_each_rule_bites(self):
        for name, files in BAD:
            with self.subTest(rule=name, files=files):
                self.assertTrue(findings(name, files))
        self.assertEqual({name for name, _ in BAD}, set(rules.RULES))

    def test_good_code_passes(self):
        for name in rules.RULES:
            with self.subTest(rule=name):
                self.assertEqual(findings(name, GOOD), [])

    def test_a_finding_says_where(self):
        path, line, _ = findings('banned-calls', {'src/lib/a.c': 'int a;\n\nint f(void) { gets(a); }\n'})[0]
        self.assertEqual((path, line), ('src/lib/a.c', 3))


class Suite(unittest.TestCase):
    def tally(self, output, code):
        t = suite.tally_of(output, code)
        return t.passed, t.failed, t.skipped

    def test_the_last_line_counts(self):
        self.assertEqual(self.tally('1 passed, 9 failed\nx\n3 passed, 0 failed\n', 0), (3, 0, 0))
        self.assertEqual(self.tally('3 passed, 1 failed, 2 skipped\n', 1), (3, 1, 2))

    def test_an_exit_code_is_a_test(self):
        self.assertEqual(self.tally('', 0), (1, 0, 0))
        self.assertEqual(self.tally('words\n', 7), (0, 1, 0))

    def test_a_crash_after_good_words_is_a_failure(self):
        self.assertEqual(self.tally('3 passed, 0 failed\n', -11), (3, 1, 0))

    def test_nodes_own_runner(self):
        self.assertEqual(self.tally('# tests 5\n# suites 1\n# pass 3\n# fail 2\n# cancelled 0\n# skipped 0\n', 1), (3, 2, 0))

    def run_all(self, programs, **more):
        words = io.StringIO()
        with contextlib.redirect_stdout(words):
            total = suite.run_programs('x', programs, **more)
        return total, words.getvalue()

    def test_programs_are_summed_and_failures_shown(self):
        good = suite.Program('good', ['sh', '-c', 'echo 4 passed, 0 failed'])
        bad = suite.Program('bad', ['sh', '-c', 'echo why; echo 1 passed, 2 failed; exit 1'], alone=True)
        total, words = self.run_all([good, bad])
        self.assertEqual(total.line(), '5 passed, 2 failed')
        self.assertIn('why', words)
        self.assertNotRegex(words, r'(?m)^\d+ passed')

    def test_a_program_that_hangs_is_stopped(self):
        slow = suite.Program('slow', ['sh', '-c', 'sleep 60 & wait'], timeout_s=0.2)
        total, words = self.run_all([slow])
        self.assertEqual(total.line(), '0 passed, 1 failed')
        self.assertIn('stopped after', words)


if __name__ == '__main__':
    result = unittest.main(exit=False, verbosity=0).result
    bad = len(result.failures) + len(result.errors)
    print(f'{result.testsRun - bad if result.testsRun > bad else 0} passed, {bad} failed')
    sys.exit(1 if bad else 0)
