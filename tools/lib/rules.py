"""The rules of `make lint`. A rule is a function of the tree that yields (path, line, words); its name is citable.

To add a rule: a function with the decorator. The docstring is what `tools/lint --list` shows.
"""
import os
import re
import subprocess

RULES = {}

FILE_LINES_MAX = 900
FUNCTION_LINES_MAX = 90

# The lowest first; equal ranks don't see each other. Outside src/ everything may be seen.
RANKS = {'base': 0, 'lib': 1, 'synth': 2, 'store': 2, 'engine': 3, 'domain': 4, 'edge': 5, 'port': 5, 'app': 6}

# A library behind one layer: who may include its headers.
FENCES = (
    (re.compile(r'^rocksdb/'), ('store',)),
    (re.compile(r'^microhttpd\.h$'), ('edge', 'app')),
    (re.compile(r'^curl/'), ('port', 'app')),
    (re.compile(r'^(nlopt|pcre2|xlsxwriter)\.h$'), ('lib',)),
    (re.compile(r'^xgboost/'), ('lib',)),
    (re.compile(r'^sqlite3\.h$'), ('app',)),
    (re.compile(r'^(libpq-fe|mysql|errmsg|mysqld_error)\.h$'), ('port',)),
)

# A call, why not, and the layers that may all the same.
WAITS = 'waits for a clock'
NETWORK_TESTED = ('edge',)  # tests there talk to real sockets, whose other end takes its time

BANNED = (
    (r'strcpy|strcat|sprintf|vsprintf|gets', 'has no bound', ()),
    (r'strtok|asctime|ctime|gmtime|localtime', 'keeps a hidden state', ()),
    (r'atoi|atol|atoll|atof', 'hides bad input', ()),
    (r'rand|srand|random|srandom|drand48', 'is a hidden input: base/rng.h', ()),
    (r'time|gettimeofday|clock_gettime|clock', 'is a hidden input: base/time.h', ('base',)),
    (r'sleep|usleep|nanosleep', WAITS, ('app', 'port')),
)


def rule(check):
    RULES[check.__name__.replace('_', '-')] = check
    return check


class Tree:
    def __init__(self, root, sources):
        self.root = root
        self.sources = sources
        self.code = [s for s in sources if s.is_code]
        self.by_path = {s.path: s for s in sources}

    def read(self, path):
        found = self.by_path.get(path)
        return found.text if found else ''


class Allowed:
    """A list of exceptions that may only shrink: its first line says how many there are, an entry that is no longer
    needed has to go, and so has the number."""

    def __init__(self, tree, path):
        self.path = path
        source = tree.by_path.get(path)
        self.entries = {}  # first word -> (line, rest)
        self.most, self.most_line = 0, 1
        for number, line in enumerate(source.lines if source else [], 1):
            words = line.split('#')[0].split()
            if words[:2] == ['at', 'most']:
                self.most, self.most_line = int(words[2]), number
            elif words:
                self.entries[words[0]] = (number, words[1:])
        self.used = set()

    def has(self, key):
        if key in self.entries:
            self.used.add(key)
        return key in self.entries

    def complaints(self):
        for key, (line, _) in self.entries.items():
            if key not in self.used:
                yield self.path, line, f'{key} needs no exception any more: take it out'
        if len(self.entries) != self.most:
            yield self.path, self.most_line, f'{len(self.entries)} entries, and the list says at most {self.most}'


def include_problem(source, name):
    """Why `source` may not include "name", or None."""
    parts = name.split('/')
    if parts[0] == 'testing':
        return None if source.is_test or source.layer == 'testing' else 'only tests may see src/testing'
    if parts[0] not in RANKS or len(parts) < 2:
        return 'an include is "layer/file.h"'
    if source.is_test and name.endswith('_test.h'):
        return None
    if parts[0] == 'domain' and len(parts) > 2 and source.domain != parts[1] and parts[2:] != [parts[1] + '.h']:
        return f'of another domain only domain/{parts[1]}/{parts[1]}.h may be seen'
    if source.layer == 'testing' or source.layer == parts[0]:
        return None
    if source.layer not in RANKS:
        return f'src/{source.layer} is no layer'
    mine, theirs = RANKS[source.layer], RANKS[parts[0]]
    if theirs > mine:
        return f'{source.layer} is below {parts[0]}'
    if theirs == mine:
        return f'{source.layer} and {parts[0]} are neighbours and don\'t know each other'
    return None


@rule
def layers(tree):
    """An include never points up; a library stays behind its layer."""
    for source in tree.code:
        if source.layer is None:
            continue
        for found in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', source.text, re.M):
            line, name = source.line_of(found.start()), found.group(2)
            problem = include_problem(source, name) if found.group(1) == '"' else None
            for fence, owners in FENCES:
                if fence.match(name) and source.layer not in owners and not source.is_test:
                    problem = f'only src/{", src/".join(owners)} may'
            if problem:
                yield source.path, line, f'includes {name}: {problem}'


def functions_of(tree):
    """(path, name, line, lines) of each function, from ctags."""
    paths = [s.path for s in tree.code]
    if not paths:
        return
    answer = subprocess.run(
        ['ctags', '--quiet=yes', '--options=NONE', '--languages=C,C++', '--langmap=C:.c.h', '--kinds-C=f', '--kinds-C++=f',
         '--fields=ne', '--excmd=number', '-o', '-', '-L', '-'], cwd=tree.root,
        input='\n'.join(paths).encode(), stdout=subprocess.PIPE, check=True)
    for line in answer.stdout.decode('utf-8', 'replace').splitlines():
        fields = line.split('\t')
        ends = [f[4:] for f in fields if f.startswith('end:')]
        starts = [f[5:] for f in fields if f.startswith('line:')]
        if not line.startswith('!') and ends and starts:
            yield fields[1], fields[0], int(starts[0]), int(ends[0]) - int(starts[0]) + 1


@rule
def function_length(tree):
    """A function has at most 90 lines (about 70 is the aim), or stands in tools/long-functions.txt, which shrinks."""
    allowed = Allowed(tree, 'tools/long-functions.txt')
    for path, name, line, lines in functions_of(tree):
        if lines <= FUNCTION_LINES_MAX:
            continue
        key = f'{path}:{name}'
        limit = int(allowed.entries[key][1][0]) if allowed.has(key) else FUNCTION_LINES_MAX
        if lines > limit:
            yield path, line, f'{name} has {lines} lines, at most {limit}'
    yield from allowed.complaints()


@rule
def file_length(tree):
    """A file of code has at most 900 lines (about 600 is the aim)."""
    for source in tree.code:
        if len(source.lines) > FILE_LINES_MAX:
            yield source.path, len(source.lines), f'{len(source.lines)} lines, at most {FILE_LINES_MAX}'


@rule
def banned_calls(tree):
    """No call without a bound, with a hidden state or with a hidden input."""
    for source in tree.code:
        if source.layer is None:
            continue
        for names, why, layers_free in BANNED:
            if source.layer not in layers_free and not (source.is_test and source.layer in NETWORK_TESTED and why == WAITS):
                for line, call in source.find(rf'(?<![\w.>])(?:{names})\s*\('):
                    yield source.path, line, f'{call[:-1].strip()} {why}'


@rule
def domain_memory(tree):
    """A domain takes memory from the step's arena, never from malloc."""
    for source in tree.code:
        if source.layer == 'domain' and not source.is_test:
            for line, call in source.find(r'\b(malloc|calloc|realloc|strdup|strndup|aligned_alloc)\s*\('):
                yield source.path, line, f'{call[:-1].strip()}: use the arena'


@rule
def clock(tree):
    """Below the engine, and in a domain, time is handed in."""
    for source in tree.code:
        if source.layer in ('lib', 'synth', 'store', 'domain'):
            for line, call in source.find(r'\btime_(now|monotonic)_us\s*\('):
                yield source.path, line, f'{call[:-1].strip()}: only app, edge, port and the engine\'s loop ask a clock'


@rule
def unfinished(tree):
    """No note about work that isn't done: do it, or file an issue."""
    words = '|'.join(('TO' 'DO', 'FIX' 'ME', 'X' 'XX', 'HA' 'CK'))
    for source in tree.sources:
        for line, word in source.find(rf'\b({words})\b', source.text):
            yield source.path, line, word


@rule
def header_guard(tree):
    """A header has `#pragma once`, once, and no guard macro."""
    for source in tree.code:
        if source.path.endswith('.h'):
            count = len(re.findall(r'^#pragma once$', source.text, re.M))
            if count != 1:
                yield source.path, 1, f'{count} times #pragma once'


@rule
def header_comment(tree):
    """A header says what it is for before its first declaration."""
    for source in tree.code:
        if not source.path.endswith('.h'):
            continue
        for number, line in enumerate(source.lines, 1):
            text = line.strip()
            if text.startswith(('/*', '//')):
                break
            if text and not text.startswith('#'):
                yield source.path, number, 'a declaration before any comment'
                break


@rule
def whitespace(tree):
    """No tab, no space at the end of a line, a newline at the end of a file."""
    for source in tree.sources:
        for number, line in enumerate(source.lines, 1):
            if line != line.rstrip():
                yield source.path, number, 'space at the end of the line'
            if '\t' in line and source.path != 'Makefile':
                yield source.path, number, 'a tab'
        if source.text and not source.text.endswith('\n'):
            yield source.path, len(source.lines), 'no newline at the end'


def argument_of(code, start):
    """The text between the parenthesis that opens at `start` and the one that closes it."""
    depth = 0
    for at in range(start, len(code)):
        depth += {'(': 1, ')': -1}.get(code[at], 0)
        if depth == 0:
            return code[start + 1:at]
    return code[start + 1:]


@rule
def assert_is_pure(tree):
    """An assert changes nothing."""
    for source in tree.code:
        for found in re.finditer(r'\bassert\s*(?=\()', source.code):
            argument = argument_of(source.code, found.end())
            if re.search(r'\+\+|--|(?:<<|>>|[^=!<>])=(?!=)', argument):
                yield source.path, source.line_of(found.start()), f'assert({" ".join(argument.split())})'


COVERS = re.compile(r'\bCovers:\s*(?:\*\s*)?([\w./]+(?:,\s*(?:\*\s*)?[\w./]+)*)')


def covered_by(tests):
    """What the tests say they cover: those whose subject is a folder name its files, as `Covers: a.c, sub/b.c`."""
    covered = set()
    for test in tests:
        for names in COVERS.findall(test.text):
            covered.update(os.path.normpath(os.path.join(os.path.dirname(test.path), name)) for name in re.findall(r'[\w./]+', names))
    return covered


def has_test_beside(path, tests):
    """x_test.c or x_prop.c, or that of a part of its name: log_test.c stands for log_read.c."""
    folder, name = os.path.split(path)
    words = name.rsplit('.', 1)[0].split('_')
    stems = ('_'.join(words[:count]) for count in range(len(words), 0, -1))
    return any(os.path.join(folder, stem + ending) in tests for stem in stems for ending in ('_test.c', '_prop.c'))


@rule
def tested(tree):
    """Every .c of src/ has a test beside it, is named by one (`Covers: x.c`), or stands in tools/untested.txt,
    which shrinks."""
    allowed = Allowed(tree, 'tools/untested.txt')
    tests = {s.path: s for s in tree.code if s.is_test}
    covered = covered_by(tests.values())
    for source in tree.code:
        if source.layer in (None, 'testing') or source.path.endswith('.h') or source.is_test:
            continue
        if source.path not in covered and not has_test_beside(source.path, tests) and not allowed.has(source.path):
            yield source.path, 1, 'has no test beside it'
    yield from allowed.complaints()


@rule
def built(tree):
    """Every .c is named in a meson.build of its folder or above: no dead file. (Fuzz targets are found by name.)"""
    for source in tree.code:
        if source.path.endswith('.h') or source.path.endswith('_fuzz.c'):
            continue
        folder, found = os.path.dirname(source.path), False
        while True:
            name = os.path.relpath(source.path, folder or '.')
            stem = name.rsplit('.', 1)[0]
            text = tree.read(os.path.join(folder, 'meson.build'))
            found = found or f"'{name}'" in text or f"'{stem}'" in text
            if not folder:
                break
            folder = os.path.dirname(folder)
        if not found:
            yield source.path, 1, 'no meson.build names it'


def glossary_rows(tree):
    """(line, noun) of each row of the glossary's tables."""
    path = 'docs/glossary.md'
    for number, line in enumerate(tree.by_path[path].lines if path in tree.by_path else [], 1):
        cells = [c.strip() for c in line.strip().strip('|').split('|')]
        if line.startswith('|') and len(cells) == 3 and cells[0] not in ('noun', '---'):
            yield number, cells


@rule
def glossary(tree):
    """Each noun stands once in docs/glossary.md, in order, in both languages; a domain is named by one."""
    seen, before = {}, ''
    for number, (noun, chinese, meaning) in glossary_rows(tree):
        if noun in seen:
            yield 'docs/glossary.md', number, f'{noun} stands in line {seen[noun]} already'
        if noun.lower() < before.lower():
            yield 'docs/glossary.md', number, f'{noun} comes before {before}'
        if not re.search(r'[\u4e00-\u9fff]', chinese) or not meaning:
            yield 'docs/glossary.md', number, f'{noun} has no Chinese or no meaning'
        seen.setdefault(noun, number)
        before = noun
    for domain in sorted({s.domain for s in tree.code if s.domain}):
        if domain not in seen:
            yield 'docs/glossary.md', 1, f'src/domain/{domain}: the noun is missing'


@rule
def machine_paths(tree):
    """No path of one person's machine."""
    pattern = r'(?<![\w.}>-])/(?:wo' r'rk|tmp/bash' r'_jobs|home/\w+|Users/\w+)/'
    for source in tree.sources:
        for line, path in source.find(pattern, source.text):
            yield source.path, line, path


@rule
def links(tree):
    """A link of one page to a file of the tree leads somewhere."""
    for source in tree.sources:
        if not source.path.endswith('.md'):
            continue
        text = re.sub(r'```.*?```|`[^`\n]*`', lambda m: re.sub(r'[^\n]', ' ', m.group()), source.text, flags=re.S)
        for found in re.finditer(r'\]\(([^)\s#]+)(?:#[^)]*)?\)', text):
            target = found.group(1)
            there = os.path.join(tree.root, os.path.dirname(source.path), target)
            if not re.match(r'[a-z]+:', target) and not os.path.exists(there):
                yield source.path, source.line_of(found.start()), f'{target} is not there'
