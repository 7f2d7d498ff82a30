"""Stories of `kith watch`: files that are dropped into a folder by those who write slowly, again, in parts, into days, or without the right to read them."""
import contextlib
import os
import pathlib
import signal
import subprocess
import time

import daemon as run
from daemon import Daemon, kith

EXIT_BUSY, EXIT_REFUSED = 5, 1
SECONDS_MAX = 30
MAP = '{"source": "shop", "event": {"event": "seen", "properties": {"no": "${no}"}, "ids": [{"type": "user_id", "value": "${no}"}]}}'
JOINED_MAP = ('{"source": "shop", "join": {"file": "lines.csv", "key": "no", "prefix": "l.", "every": true},'
              ' "event": {"event": "seen", "properties": {"no": "${no}", "sku": "${l.sku}"}}}')


class Drop:
    """A daemon, a folder, and the words that bring them together."""

    def __init__(self, folder, map_text=MAP):
        self.root = pathlib.Path(folder)
        self.at = self.root / 'drop'
        self.at.mkdir()
        self.map = self.root / 'map.json'
        self.map.write_text(map_text)
        self.daemon = Daemon(self.root / 'data')
        self.begin()

    def begin(self):
        self.daemon.start()
        self.daemon.wait_ready()

    def words(self, *more):
        return ['watch', str(self.at), '--map', str(self.map), '--url', f'http://127.0.0.1:{self.daemon.port}', '--token', self.daemon.token, *more]

    def once(self, *more, language='en'):
        return kith(*self.words('--once', '--settle', '0', *more), KITH_LANG=language)

    @contextlib.contextmanager
    def watching(self, *more, **how):
        """A watch that runs beside the story; it must end by itself when it is told to."""
        child = subprocess.Popen([run.KITH, *self.words('--every', '1', *more)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 env={**os.environ, 'KITH_LANG': 'en'}, **how)
        try:
            yield child
            child.send_signal(signal.SIGTERM)
            assert child.wait(SECONDS_MAX) == 0, child.returncode
        finally:
            child.kill()
            self.heard = child.communicate()[0].decode()

    def put(self, name, numbers, head='no\n'):
        path = self.at / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(head + ''.join(f'{n}\n' for n in numbers))
        return path

    def until(self, what, *files):
        end = time.monotonic() + SECONDS_MAX
        while not (self.events() == what and all((self.at / name).exists() for name in files)):
            assert time.monotonic() < end, (self.events(), what, self.names())
            time.sleep(0.1)

    def events(self):
        return self.daemon.ask('GET', '/api/v1/stats')[1]['events']

    def names(self):
        return sorted(str(path.relative_to(self.at)) for path in self.at.rglob('*') if path.is_file() and not path.name.startswith('.'))


def what_is_still_written_waits(folder):
    """A slow writer, one that renames, one that comes again with the same, and one with something else under the same name."""
    drop = Drop(folder)
    with drop.watching('--settle', '2s'):
        with open(drop.at / 'slow.csv', 'w', encoding='utf-8') as file:
            for n in range(12):
                file.write('no\n' if n == 0 else f'{n}\n')
                file.flush()
                time.sleep(0.5)
                assert drop.events() == 0, n
        drop.until(11, 'done/slow.csv')
        drop.put('b.csv.part', [20, 21])
        drop.put('c.csv.tmp', [30])
        drop.put('.d.csv', [40])
        time.sleep(4)
        assert drop.events() == 11
        (drop.at / 'b.csv.part').rename(drop.at / 'b.csv')
        drop.until(13, 'done/b.csv')
        drop.put('b.csv', [20, 21])  # the same again: nothing changes
        drop.until(13, 'done/b.csv.2')
        drop.put('b.csv', [22])  # another one
        drop.until(14, 'done/b.csv.3')
        code, words = drop.once()
        assert code == EXIT_BUSY and 'another `kith watch`' in words, (code, words)
    assert drop.names() == ['c.csv.tmp', 'done/b.csv', 'done/b.csv.2', 'done/b.csv.3', 'done/slow.csv'], drop.names()
    assert drop.daemon.stop() == 0


def markers_and_folders_of_days(folder):
    drop = Drop(folder)
    drop.put('2026-11-12/o.csv', [3])
    drop.put('2026-11-11/o.csv', [1, 2])
    drop.put('2026-11-13/o.csv', [4])
    for day in ('2026-11-11', '2026-11-12'):
        (drop.at / day / 'o.csv.ok').touch()
    code, words = drop.once('--subfolders', '--marker', '.ok')
    assert code == 0 and '2 files imported' in words and '1 files wait' in words, (code, words)
    assert drop.names() == ['2026-11-13/o.csv', 'done/2026-11-11/o.csv', 'done/2026-11-11/o.csv.ok', 'done/2026-11-12/o.csv', 'done/2026-11-12/o.csv.ok']
    code, words = drop.once('--subfolders', '--marker', '.ok', language='zh')
    assert code == 0 and words == '1 个文件等待中:可能仍在写入,或所需的文件尚未到齐。\n', (code, words)
    (drop.at / '2026-11-13' / 'o.ok').touch()
    assert drop.once('--subfolders', '--marker', '.ok')[0] == 0
    assert drop.events() == 4
    drop.put('plain.csv', [5])
    drop.put('later/x.csv', [6])
    assert drop.once()[0] == 0  # subfolders are others'
    assert drop.events() == 5 and (drop.at / 'later/x.csv').exists()
    assert drop.daemon.stop() == 0


def what_cannot_be_read_is_put_aside_with_its_reason(folder):
    drop = Drop(folder)
    for language, words in (('en', 'the map: "event": "properties": "no": there is no column "no"; did you mean "number"?'),
                            ('zh', '映射:"event":"properties":"no":没有「no」这一列;是不是「number」?')):
        drop.put('a.csv', [1], head='number\n')
        drop.put('day/b.csv', ['1,2', '2'])
        code, said = drop.once('--subfolders', language=language)
        assert code == EXIT_REFUSED and words in said, (code, said)
        number = '' if language == 'en' else '.2'
        assert words in (drop.at / f'failed/a.csv{number}.reason.txt').read_text()
        rejects = (drop.at / f'rejects/day/b.csv{number}.csv').read_text(encoding='utf-8-sig')
        assert ('the row has 2 cells' if language == 'en' else '该行有 2 个单元格') in rejects, rejects
    assert (drop.at / 'done/day/b.csv.2').exists() and (drop.at / 'failed/a.csv').exists()
    assert drop.events() == 1, 'the same row of the same file counts once'
    assert drop.daemon.stop() == 0


def a_file_that_may_not_be_read_holds_nobody_up(folder):
    if os.geteuid() != 0 or subprocess.run([run.KITH, 'version'], user='nobody', check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd='/').returncode != 0:
        print('skipped: a file that may not be read needs a user beside root who may run kith')
        return
    pathlib.Path(folder).chmod(0o755)
    drop = Drop(folder)
    drop.map.chmod(0o644)
    drop.at.chmod(0o777)
    secret = drop.put('a.csv', [1])
    secret.chmod(0o600)
    drop.put('b.csv', [2]).chmod(0o644)
    with drop.watching('--settle', '1', user='nobody', cwd='/'):
        drop.until(1, 'done/b.csv')
        time.sleep(3)
        secret.chmod(0o644)
        drop.until(2, 'done/a.csv')
    assert drop.heard.count("can't read") == 1 and 'a.csv: Permission denied' in drop.heard, drop.heard  # it is said once
    assert drop.daemon.stop() == 0


def joined_files_come_in_any_order(folder):
    """The second file of an export comes later than the first, and is theirs alone: it goes where the first one goes."""
    drop = Drop(folder, JOINED_MAP)
    drop.put('o.csv', [1, 2])
    code, words = drop.once()
    assert code == 0 and '1 files wait' in words, (code, words)
    drop.put('lines.csv', ['1,A', '2,B'], head='no,sku\n')
    assert drop.once()[0] == 0
    assert drop.names() == ['done/lines.csv', 'done/o.csv'] and drop.events() == 2, drop.names()
    drop.put('o.csv', [3])
    assert '1 files wait' in drop.once()[1]  # those of yesterday are none of today's
    assert drop.daemon.stop() == 0


def killed_and_without_a_daemon_it_loses_and_doubles_nothing(folder):
    drop = Drop(folder)
    for k in range(6):
        drop.put(f'f{k}.csv', range(k * 5000, (k + 1) * 5000))
    for _ in range(4):
        child = subprocess.Popen([run.KITH, *drop.words('--once', '--settle', '0')], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.05)
        child.kill()
        child.wait()
    drop.daemon.stop(signal.SIGKILL)
    drop.put('f6.csv', range(30000, 35000))  # however fast the machine is, something is left
    code, words = drop.once(language='zh')
    assert code == 3 and '守护进程' in words, (code, words)
    assert 'f6.csv' in drop.names(), drop.names()
    drop.begin()
    assert drop.once()[0] == 0
    assert drop.events() == 35000 and len(drop.names()) == 7, (drop.events(), drop.names())
    code, words = kith(*drop.words('--every', '10m', '--at', '02:30'), KITH_LANG='zh')
    assert code == EXIT_REFUSED and words == 'kith:--every 与 --at 只能用其一\n', (code, words)
    code, words = kith(*drop.words('--at', '25:00'))
    assert code == EXIT_REFUSED and "'25:00' is no time of the day" in words, (code, words)
    assert drop.daemon.stop() == 0


STORIES = [what_is_still_written_waits, markers_and_folders_of_days, what_cannot_be_read_is_put_aside_with_its_reason,
           a_file_that_may_not_be_read_holds_nobody_up, joined_files_come_in_any_order, killed_and_without_a_daemon_it_loses_and_doubles_nothing]
