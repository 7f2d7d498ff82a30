"""A `kith serve` of one's own, for stories: on a folder, killed and started at will."""
import atexit
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
KITH = os.environ.get('KITH', str(ROOT / 'build' / 'src' / 'app' / 'kith'))


def kith(*words, **variables):
    """Runs a verb to its end, without a terminal; returns (exit code, what it printed)."""
    child = subprocess.run([KITH, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                           stdin=subprocess.DEVNULL, env={**os.environ, 'KITH_LANG': 'en', **variables})
    return child.returncode, child.stdout.decode()


class Daemon:
    def __init__(self, folder, *options):
        self.folder, self.options, self.child, self.port = pathlib.Path(folder), options, None, None
        if not (self.folder / 'main').exists():
            code, words = kith('init', self.folder)
            assert code == 0, words
        atexit.register(self.kill)  # a story that failed leaves nothing running
        self.token = (self.folder / 'main' / 'admin.token').read_text().strip()

    def kill(self):
        if self.child is not None and self.child.poll() is None:
            self.child.kill()

    def start(self):
        self.journal = open(self.folder / 'journal', 'ab')
        self.child = subprocess.Popen([KITH, 'serve', str(self.folder), '--listen', '127.0.0.1:0', *self.options],
                                      stdout=subprocess.PIPE, stderr=self.journal, env={**os.environ, 'KITH_LANG': 'en'})
        line = self.child.stdout.readline().decode()
        found = re.search(r'http://127\.0\.0\.1:(\d+)', line)
        if not found:
            raise RuntimeError(f'the daemon did not start: {line} {(self.folder / "journal").read_text()[-2000:]}')
        self.port = int(found.group(1))

    def stop(self, how=signal.SIGTERM):
        self.child.send_signal(how)
        code = self.child.wait(60)
        self.child.stdout.close()
        self.journal.close()
        self.child = None
        return code

    def ask(self, method, path, body=None, headers=None):
        """Returns (status, decoded JSON or text)."""
        link = http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)
        try:
            link.request(method, path, body=body, headers={'Authorization': f'Bearer {self.token}', **(headers or {})})
            answer = link.getresponse()
            text = answer.read().decode()
            kind = answer.getheader('Content-Type') or ''
            return answer.status, json.loads(text) if 'json' in kind and 'ndjson' not in kind else text
        finally:
            link.close()

    def send(self, events):
        body = '\n'.join(json.dumps(event, ensure_ascii=False) for event in events).encode()
        return self.ask('POST', '/api/v1/events', body)

    def wait_ready(self, seconds=30):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                if self.ask('GET', '/readyz')[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError('the daemon is not ready')
