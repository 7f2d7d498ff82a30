"""Stories of the machine around the daemon: a disk that fills, a process that is stopped, started twice, or told to go."""
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import time

from daemon import Daemon, kith

EXIT_BUSY = 5


class Load:
    """Senders that go on until `end`; `taken` holds every id whose event was answered."""

    def __init__(self, daemon, senders=3):
        self.daemon, self.taken, self.over, self.lock = daemon, set(), threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self.send, args=(k,)) for k in range(senders)]
        for t in self.threads:
            t.start()

    def send(self, k):
        n = 0
        while not self.over.is_set():
            ids = [f'{k}-{n + i}' for i in range(20)]
            events = [{'id': i, 'event': 'page_viewed', 'ids': [{'type': 'user_id', 'value': f'u{hash(i) % 500}'}]} for i in ids]
            status = 0
            with contextlib.suppress(Exception):  # whatever a process that goes away leaves us with: not answered
                status, answer = self.daemon.send(events)
            if status == 200 and answer['accepted'] + answer['duplicates'] == len(ids):
                with self.lock:
                    self.taken.update(ids)
                n += len(ids)
            elif status == 0:
                self.over.wait(0.02)

    def end(self):
        self.over.set()
        for t in self.threads:
            t.join(60)
        return len(self.taken)


def counted(daemon):
    _, stats = daemon.ask('GET', '/api/v1/stats')
    return sum(row['count'] for row in stats['events_by_name'])


def told_to_go_under_load_it_keeps_what_it_answered(folder):
    daemon = Daemon(folder)
    daemon.start()
    load = Load(daemon)
    for _ in range(2):
        time.sleep(0.7)
        child, journal = daemon.child, daemon.journal
        child.send_signal(signal.SIGTERM)
        assert child.wait(30) == 0, child.returncode
        child.stdout.close()
        journal.close()
        daemon.start()
    time.sleep(0.3)
    answered = load.end()
    daemon.wait_ready()
    assert answered > 100, answered
    # What was on its way at a stop may be there without its answer: at most one batch a sender a stop.
    assert answered <= counted(daemon) <= answered + 3 * 3 * 20, (answered, counted(daemon))
    for k in range(3):
        again = [{'id': i, 'event': 'page_viewed'} for i in sorted(load.taken) if i.startswith(f'{k}-')]
        for at in range(0, len(again), 1000):
            answer = daemon.send(again[at:at + 1000])[1]
            assert answer['accepted'] == 0, answer  # all of them are known
    assert daemon.stop() == 0


def stopped_for_two_seconds_it_goes_on(folder):
    daemon = Daemon(folder)
    daemon.start()
    load = Load(daemon)
    time.sleep(0.3)
    daemon.child.send_signal(signal.SIGSTOP)
    time.sleep(2)
    daemon.child.send_signal(signal.SIGCONT)
    before = len(load.taken)
    time.sleep(1)
    after = load.end()
    assert after > before, (before, after)
    assert counted(daemon) == after, (counted(daemon), after)
    assert daemon.ask('GET', '/readyz')[0] == 200
    assert daemon.stop() == 0


def a_second_daemon_or_a_taken_port_is_refused(folder):
    daemon = Daemon(folder)
    daemon.start()
    code, words = kith('serve', folder, '--listen', '127.0.0.1:0')
    assert code == EXIT_BUSY and 'another process' in words, (code, words)
    with tempfile.TemporaryDirectory(prefix='kith-story-') as other, socket.socket() as taken:
        assert kith('init', other)[0] == 0
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, words = kith('serve', other, '--listen', f'127.0.0.1:{port}')
        assert code != 0 and f'port {port}' in words and 'in use' in words, (code, words)
    assert daemon.ask('GET', '/readyz')[0] == 200
    assert daemon.stop() == 0


@contextlib.contextmanager
def small_disk(folder, size_mb):
    """A file system of its own; None where that may not be."""
    at = pathlib.Path(folder) / 'disk'
    at.mkdir()
    made = os.geteuid() == 0 and subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size_mb}m', 'none', str(at)], check=False,
                                                stderr=subprocess.DEVNULL).returncode == 0
    try:
        yield at if made else None
    finally:
        if made:
            subprocess.run(['umount', '-l', str(at)], check=True)


def one(daemon, n):
    return daemon.send([{'id': f'one-{n}', 'event': 'page_viewed', 'ids': [{'type': 'user_id', 'value': f'u{n}'}], 'properties': {'a': 'x' * 200}}])


def until(what, seconds=15):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, 'it did not come'
        time.sleep(0.05)


def free_mb(at):
    about = os.statvfs(at)
    return about.f_bavail * about.f_frsize >> 20


def a_disk_that_fills_stops_the_writing_and_nothing_else(folder):
    with small_disk(folder, 400) as at:
        if at is None:
            print('skipped: a disk that fills needs the right to mount a tmpfs')
            return
        daemon = Daemon(at / 'data')
        daemon.start()
        n = iter(range(10000))
        assert one(daemon, next(n))[0] == 200  # a small disk isn't a full one
        ballast = at / 'ballast'
        with open(ballast, 'wb') as file:
            file.write(bytes((free_mb(at) - 30) << 20))  # less than the reserve of a tenth, yet room for a checkpoint
        until(lambda: one(daemon, next(n))[0] == 503)
        status, answer = one(daemon, next(n))
        assert status == 503 and answer['title'] and 'send the request again' in answer['detail'], answer
        text = daemon.ask('GET', '/metrics')[1]
        assert 'kith_accepting{workspace="main"} 0' in text, text
        assert free_mb(at) >= 10, free_mb(at)
        before = daemon.ask('GET', '/api/v1/stats')[1]
        assert daemon.ask('GET', '/api/v1/people/user_id:u0')[0] == 200
        assert daemon.stop() == 0  # with its checkpoint
        daemon.start()
        until(lambda: daemon.ask('GET', '/readyz')[0] == 503)  # it is of no use to who sends
        assert 'disk' in daemon.ask('GET', '/readyz')[1]['detail']
        after = daemon.ask('GET', '/api/v1/stats')[1]
        assert (after['people'], after['events']) == (before['people'], before['events']), (after, before)
        assert one(daemon, next(n))[0] == 503
        ballast.unlink()
        until(lambda: one(daemon, next(n))[0] == 200)
        assert daemon.ask('GET', '/readyz')[0] == 200
        assert daemon.stop() == 0


def a_disk_filled_by_events_keeps_room_for_a_checkpoint(folder):
    """Large batches as fast as they are taken: the reserve, 10 MB of 100, is mostly left when it stops."""
    with small_disk(folder, 100) as at:
        if at is None:
            print('skipped: a disk that fills needs the right to mount a tmpfs')
            return
        daemon, taken, status = Daemon(at / 'data'), 0, 200
        daemon.start()
        while status == 200:
            assert taken < 200, 'it never fills'
            status, answer = daemon.send([{'id': f'{taken}-{i}', 'event': 'page_viewed', 'ids': [{'type': 'user_id', 'value': f'u{taken}-{i}'}],
                                           'properties': {'a': 'x' * 1000}} for i in range(500)])
            assert status == 503 or answer['accepted'] == 500, answer
            taken += status == 200
        assert status == 503 and free_mb(at) >= 5, (status, free_mb(at))
        assert daemon.ask('GET', '/api/v1/people/user_id:u0-0')[0] == 200
        assert daemon.stop() == 0
        daemon.start()
        stats = daemon.ask('GET', '/api/v1/stats')[1]
        assert stats['events'] >= 500 * taken and stats['replayed'] == 0, (taken, stats)
        assert daemon.stop() == 0


def a_disk_filled_by_events_gets_room_by_itself(folder):
    """The log goes, once its events are in runs and two checkpoints stand behind them, though no command comes any more."""
    with small_disk(folder, 400) as at:
        if at is None:
            print('skipped: a disk that fills needs the right to mount a tmpfs')
            return
        daemon, taken, status = Daemon(at / 'data'), 0, 200
        daemon.start()
        while status == 200:
            assert taken < 2000, 'it never fills'
            status, _ = daemon.send([{'id': f'{taken}-{i}', 'event': 'page_viewed', 'ids': [{'type': 'user_id', 'value': f'u{taken}-{i}'}],
                                      'properties': {'a': 'x' * 400}} for i in range(500)])
            taken += status == 200
        assert status == 503, status
        until(lambda: one(daemon, 0)[0] == 200, 40)
        assert counted(daemon) >= 500 * taken + 1
        assert daemon.stop() == 0


def a_small_disk_is_used_to_its_end(folder):
    """Others have a third of it, and stay. Where nothing more can be taken the log has gone all the same: nothing but what is known is left.
    When the others go it comes back by itself."""
    with small_disk(folder, 64) as at:
        if at is None:
            print('skipped: a disk that fills needs the right to mount a tmpfs')
            return
        daemon, taken, last = Daemon(at / 'data'), 0, time.monotonic()
        daemon.start()
        others = at / 'others'
        others.write_bytes(bytes(20 << 20))
        while time.monotonic() < last + 10:
            assert taken < 2000, 'it never fills'
            status, _ = daemon.send([{'id': f'{taken}-{i}', 'event': 'page_viewed', 'properties': {'a': i},
                                      'ids': [{'type': kind, 'value': f'u{taken}-{i}'} for kind in ('user_id', 'anonymous_id')]} for i in range(500)])
            taken += status == 200
            if status == 200:
                last = time.monotonic()
            else:
                time.sleep(0.2)
        log_mb = sum(path.stat().st_blocks * 512 for path in (at / 'data' / 'main' / 'log').iterdir()) >> 20
        assert log_mb <= 8, log_mb
        assert daemon.ask('GET', '/api/v1/people/user_id:u0-0')[0] == 200
        others.unlink()
        until(lambda: one(daemon, 0)[0] == 200)
        assert counted(daemon) >= 500 * taken + 1
        assert daemon.stop() == 0


def a_backup_under_load_is_what_was_there(folder):
    """Events, folding and checkpoints go on while it is taken; what was answered before it is in it, and somebody is erased meanwhile."""
    daemon = Daemon(pathlib.Path(folder) / 'data')
    daemon.start()
    url, backups = f'http://127.0.0.1:{daemon.port}', pathlib.Path(folder) / 'backups'
    assert kith('settings', 'event.fold_events', 2000, '--url', url, '--folder', daemon.folder)[0] == 0
    load = Load(daemon)
    for k in range(3):
        time.sleep(0.5)
        with load.lock:
            before = len(load.taken)
        code, words = kith('backup', daemon.folder, '--to', backups, '--url', url)
        assert code == 0, words
        code, words = kith('checkpoint', '--url', url, '--folder', daemon.folder)
        assert code == 0, words
        if k < 2:
            code, words = kith('erase', f'user_id:u{k}', '--now', '--yes', '--url', url, '--folder', daemon.folder)
            assert code in (0, 1), words  # nobody may have had it
    answered = load.end()
    assert answered > before > 50, (answered, before)
    names = sorted(path.name.removesuffix('.backup') for path in (backups / 'main').glob('*.backup'))
    for name in names:
        code, words = kith('backup', 'verify', backups, '--name', name)
        assert code == 0 and 'the state is what it was' in words, words
    assert daemon.stop() == 0
    code, words = kith('restore', backups, '--to', pathlib.Path(folder) / 'back')
    assert code == 0, words
    restored = Daemon(pathlib.Path(folder) / 'back')
    restored.start()
    assert before <= counted(restored) <= answered, (before, counted(restored), answered)
    assert restored.ask('GET', '/api/v1/ports')[1]['paused'] is True
    assert restored.stop() == 0
    code, words = kith('audit', restored.folder)
    assert code in (0, 1), words  # 1: there is one checkpoint only


STORIES = [a_backup_under_load_is_what_was_there, told_to_go_under_load_it_keeps_what_it_answered, stopped_for_two_seconds_it_goes_on, a_second_daemon_or_a_taken_port_is_refused,
           a_disk_that_fills_stops_the_writing_and_nothing_else, a_disk_filled_by_events_keeps_room_for_a_checkpoint,
           a_disk_filled_by_events_gets_room_by_itself, a_small_disk_is_used_to_its_end]
