"""Runs test programs and adds up what they say.

A program is anything that prints "N passed, N failed" (", N skipped" may follow) as its last line; one that prints no
such line counts as one test, by its exit code. Nothing here knows which programs there are.
"""
import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

COUNTS = re.compile(r'^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$')
NODE_COUNTS = re.compile(r'^(?:#|\u2139) (pass|fail|skipped) (\d+)$', re.M)  # how Node's own test runner ends


@dataclasses.dataclass
class Program:
    name: str
    command: list
    folder: str = '.'
    env: dict = dataclasses.field(default_factory=dict)
    timeout_s: float = 600
    alone: bool = False  # no other program runs beside it
    lines_shown: int = 60  # the last ones of its output, when it fails


@dataclasses.dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def line(self):
        """The closing line; printed once, as the last line of a verb."""
        text = f'{self.passed} passed, {self.failed} failed'
        return text + (f', {self.skipped} skipped' if self.skipped else '')

    def short(self):
        """Never looks like a closing line, so that nobody counts a test twice."""
        parts = [f'{self.passed} good']
        parts += [f'{self.failed} BAD'] if self.failed else []
        parts += [f'{self.skipped} skipped'] if self.skipped else []
        return ', '.join(parts)


def tally_of(output, exit_code):
    """What one program said. A non-zero exit is at least one failure, whatever was printed."""
    lines = output.rstrip().splitlines()
    found = COUNTS.match(lines[-1].strip()) if lines else None
    node = dict(NODE_COUNTS.findall(output))
    if found is not None:
        tally = Tally(*(int(n or 0) for n in found.groups()))
    elif 'pass' in node and 'fail' in node:
        tally = Tally(int(node['pass']), int(node['fail']), int(node.get('skipped', 0)))
    else:
        return Tally(int(exit_code == 0), int(exit_code != 0))
    if exit_code != 0 and tally.failed == 0:
        tally.failed = 1
    return tally


def ended(exit_code):
    if exit_code < 0:
        return f'killed by {signal.Signals(-exit_code).name}'
    return f'exit code {exit_code}'


def run_program(program, timeout_times=1):
    """(tally, words about the end, output). The program gets its own group, so that a time-out ends its children too."""
    env = {**os.environ, **program.env}
    child = subprocess.Popen(program.command, cwd=program.folder, env=env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        output, _ = child.communicate(timeout=program.timeout_s * timeout_times)
        end = ended(child.returncode)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        output, _ = child.communicate()
        end = f'stopped after {program.timeout_s * timeout_times:.0f} s'
    text = output.decode('utf-8', 'replace')
    return tally_of(text, child.returncode), end, text


def show_failure(program, end, text):
    lines = text.rstrip().splitlines()
    print(f'--- {program.name}: {end}')
    if len(lines) > program.lines_shown:
        print(f'  … {len(lines) - program.lines_shown} lines before')
    for line in lines[-program.lines_shown:]:
        print(f'  {line}')
    print(f'  again: {" ".join(program.command)}', flush=True)


class Progress:
    """One line that is written over on a terminal; silence elsewhere."""

    def __init__(self, title, count):
        self.title, self.count, self.seen = title, count, 0
        self.live = sys.stdout.isatty()

    def step(self, name):
        self.seen += 1
        if self.live:
            print(f'\r\033[K{self.title} {self.seen}/{self.count} {name}', end='', flush=True)

    def clear(self):
        if self.live:
            print('\r\033[K', end='', flush=True)


def run_programs(title, programs, jobs=2, timeout_times=1):
    """Runs all of them, `jobs` at a time; shows failures and a line about the whole. Returns the tally."""
    total, began = Tally(), time.monotonic()
    progress = Progress(title, len(programs))

    def run(program):
        return program, run_program(program, timeout_times)

    def take(program, result):
        tally, end, text = result
        total.add(tally)
        if tally.failed:
            progress.clear()
            show_failure(program, end, text)
        progress.step(program.name)

    with ThreadPoolExecutor(jobs) as pool:
        for program, result in pool.map(run, [p for p in programs if not p.alone]):
            take(program, result)
    for program in programs:
        if program.alone:
            take(*run(program))
    progress.clear()
    many = f'{len(programs)} programs, ' if len(programs) > 1 else ''
    print(f'{title:<10} {total.short()} ({many}{time.monotonic() - began:.1f} s)', flush=True)
    return total


def programs_of(build):
    """The tests that Meson knows in a build folder."""
    answer = subprocess.run(['meson', 'introspect', '--tests', build], check=True, stdout=subprocess.PIPE)
    return [Program(name=t['name'], command=t['cmd'], folder=t['workdir'] or build, env=t['env'],
                    timeout_s=t['timeout'] or 24 * 3600, alone=not t['is_parallel'])
            for t in json.loads(answer.stdout)]


def executable_of(build, name):
    """The path of an executable that Meson knows in a build folder, or None."""
    answer = subprocess.run(['meson', 'introspect', '--targets', build], check=True, stdout=subprocess.PIPE)
    for target in json.loads(answer.stdout):
        if target['name'] == name and target['type'] == 'executable':
            return target['filename'][0]
    return None
