"""Stories of those who take changes: whatever happens to the daemon, they hear of each one, and of nobody who is gone."""
import http.client
import json
import os
import random
import signal
import subprocess
import threading
import time

from daemon import KITH, Daemon, kith
from operations import Load

SEED = int(os.environ.get('SEED', '1'))


def lines_of(daemon, query):
    """(changes, where to go on, is there more)"""
    status, text = daemon.ask('GET', f'/api/v1/changes?{query}')
    assert status == 200, (status, text)
    *changes, last = [json.loads(line) for line in text.splitlines()]
    return changes, last['cursor'], last['more']


def all_of(daemon, query='', after='start'):
    found, more = [], True
    while more:
        some, after, more = lines_of(daemon, f'after={after}&limit=700&{query}')
        found += some
    return found


def put(daemon, name, **said):
    status, answer = daemon.ask('PUT', f'/api/v1/consumers/{name}', json.dumps(said))
    assert status == 200, (status, answer)


class Taker:
    """A consumer that acknowledges what it has taken, and goes on whatever happens."""

    def __init__(self, daemon):
        self.daemon, self.taken, self.twice, self.over = daemon, {}, 0, threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.over.is_set():
            try:
                changes, cursor, _ = lines_of(self.daemon, 'consumer=copy&wait=1&limit=400')
            except (OSError, ValueError, AttributeError, TypeError, http.client.HTTPException):
                self.over.wait(0.02)  # the daemon is gone, or going
                continue
            for change in changes:
                known = self.taken.setdefault(change['cursor'], change)
                assert known['data'] == change['data'], (known, change)
                self.twice += known is not change
            try:
                put(self.daemon, 'copy', acknowledged=cursor)
            except (OSError, AssertionError, ValueError, AttributeError, TypeError, http.client.HTTPException):
                pass  # it comes again

    def end(self):
        self.over.set()
        self.thread.join(60)


def order(change):
    return change['position'], change['index']


def every_change_comes_through_kills(folder):
    """Clients send, a consumer takes, the process is killed: what was answered has come, once by its cursor, in order."""
    rng = random.Random(SEED)
    daemon = Daemon(folder, '--memory', '64M')
    daemon.start()
    put(daemon, 'copy', **{'from': 'now'})
    taker, load = Taker(daemon), Load(daemon)
    for turn in range(6):
        time.sleep(rng.uniform(0.1, 0.5))
        daemon.stop(signal.SIGKILL if turn < 4 else signal.SIGTERM)
        daemon.start()
    daemon.wait_ready()
    sent = load.end()
    _, stats = daemon.ask('GET', '/api/v1/stats')
    for _ in range(200):
        _, consumers = daemon.ask('GET', '/api/v1/consumers')
        if consumers['consumers'][0]['lag'] == 0:
            break
        time.sleep(0.05)
    taker.end()
    whole = all_of(daemon)
    assert [c['cursor'] for c in whole] == [c['cursor'] for c in sorted(taker.taken.values(), key=order)], (len(whole), len(taker.taken))
    assert len({order(c) for c in whole}) == len(whole)
    events = [c['data']['event']['id'] for c in whole if c['fact'] == 'event_arrived']
    assert len(events) == len(set(events)) == stats['events'] >= sent, (len(events), stats['events'], sent)
    assert load.taken <= set(events)
    status, text = daemon.ask('GET', '/api/v1/export/events')
    assert status == 200
    exported = [json.loads(line)['position'] for line in text.splitlines()]
    assert exported == [c['position'] for c in whole if c['fact'] == 'event_arrived']
    assert daemon.stop() == 0


def bytes_in(folder, *words):
    """Which of the words stand in any file of the workspace."""
    found = set()
    for root, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(root, name), 'rb') as file:
                text = file.read()
            found |= {word for word in words if word.encode() in text}
    return found


def who_is_erased_is_in_no_kept_change(folder):
    daemon = Daemon(folder)
    daemon.start()
    put(daemon, 'copy', **{'from': 'now'})
    gone = {'id': 'g1', 'event': 'login', 'ids': [{'type': 'phone', 'value': '13987654321'}], 'traits': {'nickname': '临风听雨眠'}}
    stays = {'id': 's1', 'event': 'login', 'ids': [{'type': 'phone', 'value': '13711112222'}], 'properties': {'note': '留下来的'}}
    assert daemon.send([gone, stays] + [{**stays, 'id': f's-{n}'} for n in range(600)])[0] == 200
    assert any('临风听雨眠' in json.dumps(c, ensure_ascii=False) for c in all_of(daemon, 'state=1'))
    code, words = kith('erase', 'phone:13987654321', '--reason', '42', '--now', '--yes', '--folder', folder, '--url',
                       f'http://127.0.0.1:{daemon.port}')
    assert code == 0, words
    told = all_of(daemon, 'state=1')
    assert '13987654321' not in json.dumps(told) and '临风听雨眠' not in json.dumps(told, ensure_ascii=False)
    assert sum(c['fact'] == 'person_erased' for c in told) == 1
    # The log is cut now: what stays is read out of runs.
    assert sum(c['fact'] == 'event_arrived' and c['data']['event']['properties']['note'] == '留下来的' for c in told) == 601
    left = bytes_in(daemon.folder / 'main', '13987654321', '临风听雨眠')
    assert not left, left
    assert daemon.stop() == 0


def a_copy_is_as_good_as_the_original(folder):
    """Whoever takes a cursor, then an export, then the changes behind the cursor has what there is."""
    daemon = Daemon(folder)
    daemon.start()
    put(daemon, 'copy', **{'from': 'now'})
    store = {'kind': 'store', 'attributes': {'city': '上海'}}

    def things(low, high, **more):
        body = '\n'.join(json.dumps({**store, 'id': f'S{n}', **more}) for n in range(low, high))
        status, answer = daemon.ask('POST', '/api/v1/things', body.encode())
        assert status == 200, answer

    things(0, 300)
    _, cursor, _ = lines_of(daemon, 'after=now')
    things(200, 400, attributes={'city': '杭州'})
    _, text = daemon.ask('GET', '/api/v1/export/things?format=table')
    copy = {row['id']: row for row in map(json.loads, text.splitlines())}
    things(100, 150, attributes={'city': '苏州'})
    status, answer = daemon.ask('DELETE', '/api/v1/things/store/S7')
    assert status == 200, answer
    for change in all_of(daemon, 'facts=thing_changed&state=1', cursor):
        if change['data']['change'] == 'deleted':
            copy.pop(change['data']['id'], None)
        else:
            copy[change['data']['id']] = change['state']
    _, text = daemon.ask('GET', '/api/v1/export/things?format=table')
    assert copy == {row['id']: row for row in map(json.loads, text.splitlines())}
    assert daemon.stop() == 0


def whoever_waits_hears_at_once(folder):
    daemon = Daemon(folder)
    daemon.start()
    put(daemon, 'copy', **{'from': 'now'})
    _, cursor, _ = lines_of(daemon, 'after=now')
    heard = []

    def wait():
        begin = time.monotonic()
        changes, _, _ = lines_of(daemon, f'after={cursor}&wait=25&facts=event_arrived')
        heard.append((time.monotonic() - begin, changes))

    waiter = threading.Thread(target=wait)
    waiter.start()
    time.sleep(1)
    assert not heard
    assert daemon.send([{'id': 'w1', 'event': 'login', 'ids': [{'type': 'user_id', 'value': 'ann'}]}])[0] == 200
    waiter.join(20)
    assert len(heard) == 1 and heard[0][0] < 10, heard
    assert [c['data']['event']['id'] for c in heard[0][1]] == ['w1'], heard
    waiter = threading.Thread(target=wait)  # one that still waits holds nobody up
    cursor = lines_of(daemon, 'after=now')[1]
    waiter.start()
    time.sleep(0.3)
    begin = time.monotonic()
    assert daemon.stop() == 0
    assert time.monotonic() - begin < 5
    waiter.join(20)


def the_command_line_follows(folder):
    """`kith changes --follow` goes on behind what it wrote, over a restart and over its own end."""
    daemon = Daemon(folder)
    daemon.start()
    url = ['--folder', folder, '--url', f'http://127.0.0.1:{daemon.port}']
    code, words = kith('changes', *url)
    assert code == 1 and 'kith consumer add' in words, (code, words)
    code, words = kith('changes', *url, KITH_LANG='zh')
    assert code == 1 and '没有消费者' in words, (code, words)
    code, words = kith('consumer', 'add', 'copy', *url)
    assert code == 0, words

    def send(n):
        status, _ = daemon.send([{'id': f'c{n}', 'event': 'login', 'brand': '露米', 'ids': [{'type': 'user_id', 'value': f'u{n}'}]}])
        assert status == 200

    def follow():
        return subprocess.Popen([KITH, 'changes', '--consumer', 'copy', '--facts', 'event_arrived', '--follow', '--json', *url],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def heard(child):
        return json.loads(child.stdout.readline())['data']['event']['id']

    send(0)
    child = follow()
    try:
        assert heard(child) == 'c0'
        send(1)
        assert heard(child) == 'c1'
        for _ in range(100):
            if daemon.ask('GET', '/api/v1/consumers')[1]['consumers'][0]['lag'] == 0:
                break
            time.sleep(0.05)
    finally:
        child.terminate()
        child.wait()
        child.stdout.close()
    send(2)
    child = follow()
    try:
        assert heard(child) == 'c2'
    finally:
        child.terminate()
        child.wait()
        child.stdout.close()
    code, words = kith('changes', '--from', 'start', '--facts', 'event_arrived', *url, KITH_LANG='zh')
    assert code == 0 and words.count('事件到达') == 3 and 'login' in words, words
    code, words = kith('consumer', 'list', *url, KITH_LANG='zh')
    assert code == 0 and 'copy' in words and '消费者' in words, words
    code, words = kith('stats', *url, KITH_LANG='zh')
    assert code == 0 and '未确认的变更' in words, words
    code, words = kith('consumer', 'remove', 'copy', *url)
    assert code == 0, words
    assert daemon.stop() == 0


STORIES = [every_change_comes_through_kills, who_is_erased_is_in_no_kept_change, a_copy_is_as_good_as_the_original,
           whoever_waits_hears_at_once, the_command_line_follows]
