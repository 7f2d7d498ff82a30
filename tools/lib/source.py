"""Source files as the lint sees them: the text, and the code without comments and strings."""
import os
import re

SKIPPED_FOLDERS = re.compile(r'^(\.git|\.venv|build.*|node_modules|dist|__pycache__)$')
TEXT_ENDINGS = ('.c', '.h', '.cpp', '.py', '.sh', '.md', '.txt', '.build', '.ts', '.tsx', '.css', '.html', '.yml')
CODE_ENDINGS = ('.c', '.h', '.cpp')
# Bytes that others wrote, or that a tool writes: kept as they are.
DATA = re.compile(r'^(test/formats/\d|fuzz/corpus/|bench/history/)')
TEST_FILE = re.compile(r'_(test|prop|fuzz)\.(c|cpp|h)$')

# A comment, a string or a character: the first that starts wins, so a "//" in a string is no comment.
PIECE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(found):
    """Spaces of the same shape, so that lines and columns stay; quotes stay too."""
    text = found.group()
    if text[0] in '"\'':
        return text[0] + ' ' * (len(text) - 2) + text[-1]
    return re.sub(r'[^\n]', ' ', text)


class Source:
    """One file, its path relative to the root."""

    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), encoding='utf-8', errors='replace') as f:
            self.text = f.read()
        self.lines = self.text.splitlines()
        self.is_code = path.endswith(CODE_ENDINGS)
        self.is_test = bool(TEST_FILE.search(path))
        self.code = PIECE.sub(blank, self.text) if self.is_code else ''
        parts = path.split('/')
        self.layer = parts[1] if parts[0] == 'src' and len(parts) > 2 else None
        self.domain = parts[2] if self.layer == 'domain' and len(parts) > 3 else None

    def line_of(self, offset):
        return self.text.count('\n', 0, offset) + 1

    def find(self, pattern, text=None):
        """(line, what matched) for each match in the code, or in `text`, which has the same shape."""
        text = self.code if text is None else text
        for found in re.finditer(pattern, text):
            yield self.line_of(found.start()), found.group().strip()


def is_text(path):
    name = os.path.basename(path)
    if name in ('Makefile', 'LICENSE', 'package-lock.json') or DATA.match(path):
        return name == 'Makefile'
    return path.endswith(TEXT_ENDINGS) or ('.' not in name and path.startswith(('tools/', '.ci/')))


def sources_of(root):
    """All text files of the tree, by path."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if not SKIPPED_FOLDERS.match(f))
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), root)
            if is_text(path) and not os.path.islink(os.path.join(root, path)):
                found.append(Source(root, path))
    return found
