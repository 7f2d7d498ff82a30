"""Stories of senders that are broken, slow or hostile: what they are answered, and that nobody else feels it."""
import contextlib
import gzip
import http.client
import json
import os
import re
import resource
import socket
import threading
import time
import zlib

from daemon import Daemon, kith

MEMORY_MB_MAX = 600
SETTLED_SECONDS_MAX = 1
REQUEST_SECONDS_MAX = 5  # what compared each member with each took 23


def packed(**more):
    """One event as it goes over the wire; `more` replaces or adds members."""
    return json.dumps({'id': 'm', 'event': 'page_viewed', 'ids': [{'type': 'user_id', 'value': 'u1'}], **more}, ensure_ascii=False).encode()


def with_value(value):
    """An event whose one property is the given bytes, whatever they are."""
    return b'{"id":"raw","event":"page_viewed","properties":{"a":' + value + b'}}'


def memory_mb(daemon):
    with open(f'/proc/{daemon.child.pid}/status', encoding='ascii') as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith('VmRSS'))


def figures(daemon):
    """All of /metrics: name with labels -> number."""
    status, text = daemon.ask('GET', '/metrics')
    assert status == 200, text
    return {name: float(value) for name, value in (line.rsplit(' ', 1) for line in text.splitlines() if line and line[0] != '#')}


@contextlib.contextmanager
def moving(daemon, name, by=None):
    """The figure must grow (by exactly so much) over what happens inside."""
    before = figures(daemon).get(name, 0)
    yield
    grown = figures(daemon).get(name, 0) - before
    assert grown > 0 if by is None else grown == by, f'{name} grew by {grown}, want {by}'


def settled(daemon, n):
    """After an attack: ready, small, and a good event is taken at once."""
    began = time.monotonic()
    assert daemon.ask('GET', '/readyz')[0] == 200
    status, answer = daemon.send([{'id': f'good-{n}', 'event': 'page_viewed', 'ids': [{'type': 'user_id', 'value': 'good'}]}])
    took = time.monotonic() - began
    assert status == 200 and answer['accepted'] == 1, (status, answer)
    assert took < SETTLED_SECONDS_MAX, f'a good event took {took:.2f} s'
    assert memory_mb(daemon) < MEMORY_MB_MAX, f'{memory_mb(daemon)} MB'


def refused(daemon, body, status, words, **more):
    """The answer is a problem with these words in its detail (a pattern)."""
    got, answer = daemon.ask(more.get('method', 'POST'), more.get('path', '/api/v1/events'), body, more.get('headers'))
    assert got == status, f'{got}, want {status}: {answer} for {str(body)[:80]}'
    assert isinstance(answer, dict) and answer['status'] == status and answer['title'] and answer['type'].startswith('/problems/'), answer
    assert re.search(words, answer['detail']), f'no "{words}" in {answer} for {str(body)[:80]}'


def started(folder):
    daemon = Daemon(folder)
    daemon.start()
    daemon.wait_ready()
    return daemon


def what_cannot_be_read_is_refused_with_its_place(folder):
    daemon = started(folder)
    faults = [
        (b'hello', r'line 1, column 1 .*value was expected'),
        (b'{"id":"a","event":', r'line 1, column 19 .*ends too early'),
        (b'\n\n{"id":"a","event":', r'line 3, column 19'),
        (b'3', 'an event is an object, this is a number'),
        (packed(event=''), 'needs a name'),
        (packed(event={}), 'event: want a text, this is an object'),
        (packed(event=3), 'event: want a text, this is a number'),
        (packed(id={}), 'id: want a text'),
        (packed(ids='x'), 'ids: want a list'),
        (packed(ids=[1]), 'ids: each one needs a "type"'),
        (packed(ids=[{'type': 'phone', 'value': '1', 'role': 3}]), 'role'),
        (packed(traits=[1]), 'traits: want an object'),
        (packed(properties='x'), 'properties: want an object'),
        (packed(items={}), 'items: want a list'),
        (packed(consents={}), 'consents: want a list'),
        (packed(other=3), 'other: want an object'),
        (packed(actor=3), 'actor'),
        (packed(propertys={}), "no member 'propertys'; the nearest is 'properties'"),
        (packed(time={}), 'time: '),
        (packed(time='soon'), "time: 'soon' is not a time: want"),
        (packed(time='2026-02-30T00:00:00Z'), 'is not a time'),
        (packed(time=9e99), 'time is outside the years'),
        (b'{"event":"a","time":1e400}', 'time is outside the years'),
        (with_value(b'1e400'), 'properties: a: the number 1e400 is too large'),
        (with_value(b'9' * 5000), 'too large'),
        (with_value(b'NaN'), r'column \d+'),
        (with_value(b'01'), 'begins with 0'),
        (with_value(b'"\xff\xfe"'), r'line 1, column 54 \(byte 53\): not UTF-8'),
        (with_value('"王小明"'.encode('gb18030')), r'line 1, column \d+ \(byte \d+\): not UTF-8'),
        (with_value(b'"\0"'), 'control character'),
        (with_value(b'"x\\u0000y"'), 'properties: a: .*NUL'),
        (packed(properties={'a\0b': 1}), 'NUL'),
        (packed(event='a\0b'), 'NUL'),
        (packed(id='a\0b'), 'NUL'),
        (packed(brand='a\0b'), 'brand: .*NUL'),
        (with_value(b'[' * 1000 + b']' * 1000), 'too many levels'),
        (with_value(b'[' * 20 + b']' * 20), 'nested deeper than 16'),
        (packed(properties={f'p{i}': i for i in range(100000)}), 'at most 32768'),
        (packed(properties={f'p{i}': i for i in range(2000)}), 'more than 1000 members'),
    ]
    with moving(daemon, 'kith_collect_faulty_total', len(faults)), moving(daemon, 'kith_http_answers_total{status="4xx"}', len(faults)):
        for body, words in faults:
            refused(daemon, body, 400, words)
    status, answer = daemon.ask('POST', '/api/v1/events', b'[{"id":"list","event":"page_viewed"},')
    assert status == 200 and answer['accepted'] == 1 and answer['faulty'] == 1, answer
    assert answer['faults'][0]['line'] == 2 and 'line 1, column' in answer['faults'][0]['detail'], answer
    status, answer = daemon.ask('POST', '/api/v1/events', b'hello\n3')
    assert status == 400 and [fault['line'] for fault in answer['faults']] == [1, 2], answer
    refused(daemon, b'[' * 3000000, 413, 'too many levels')
    refused(daemon, b'{"batch":3}', 400, 'batch: want a list', path='/v1/batch')
    refused(daemon, b'{', 400, 'line 1, column 2', path='/v1/track')
    settled(daemon, 1)
    assert daemon.stop() == 0


def what_is_too_large_is_refused_and_costs_nothing(folder):
    daemon = started(folder)
    refused(daemon, b'x' * (10 << 20), 413, r'at most \d+ bytes')
    refused(daemon, packed(properties={'a': 'x' * (6 << 20)}), 413, r'at most \d+ bytes')
    refused(daemon, b'\n'.join(packed(id=f'{i}') for i in range(6000)), 413, 'more than 5000 events')
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeroes = bytes(8 << 20)
    bomb = b''.join(squeeze.compress(zeroes) for _ in range(128)) + squeeze.flush()
    with moving(daemon, 'kith_http_answers_total{status="4xx"}', 11):
        for _ in range(8):
            refused(daemon, bomb, 413, 'larger than the bound once unpacked')
        refused(daemon, gzip.compress(gzip.compress(bomb)), 400, 'not UTF-8|value was expected')
        refused(daemon, gzip.compress(packed())[:-5], 400, 'ends too early')
        refused(daemon, b'\x1f\x8b\x08xxxxxxxx', 400, 'damaged')
    assert memory_mb(daemon) < MEMORY_MB_MAX, memory_mb(daemon)
    settled(daemon, 1)
    assert daemon.stop() == 0


def odd_but_honest_values_are_kept(folder):
    """Numbers at the edges, clocks that are wrong, names of all scripts: taken, kept, and given back as valid JSON."""
    daemon = started(folder)
    names = ['王小明', '繁體:龍鳳呈祥', '𠮷野家', '👩‍👩‍👧‍👦', 'é́́́', '\u202eright to left', 'x' * 200]
    numbers = ['9223372036854775808', '-9223372036854775809', '1' * 60, '0.' + '1' * 60, '1e-400', '-0', '1E+10']
    times = ['1970-01-01T00:00:00Z', 0, -1, '2262-04-12T00:00:00Z', '9999-12-31T23:59:59Z']
    with moving(daemon, 'kith_collect_accepted_total', len(names) + len(numbers) + len(times) + 2):
        with moving(daemon, 'kith_collect_clamped_times_total', len(times)):
            for i, moment in enumerate(times):
                assert daemon.ask('POST', '/api/v1/events', packed(id=f't{i}', time=moment))[1]['accepted'] == 1, moment
        tomorrow = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + 80000))
        assert daemon.ask('POST', '/api/v1/events', packed(id='tomorrow', time=tomorrow))[1]['accepted'] == 1
        for i, name in enumerate(names):
            assert daemon.send([{'id': f'n{i}', 'event': 'signed_up', 'ids': [{'type': 'user_id', 'value': f'name{i}'}], 'traits': {'name': name}}])[1]['accepted'] == 1
        for i, number in enumerate(numbers):
            body = with_value(number.encode()).replace(b'raw', f'num{i}'.encode())
            assert daemon.ask('POST', '/api/v1/events', body)[1]['accepted'] == 1, number
        body = with_value(b'"\\ud800"').replace(b'raw', b'half a pair')
        assert daemon.ask('POST', '/api/v1/events', body)[1]['accepted'] == 1
    for i, name in enumerate(names):
        status, person = daemon.ask('GET', f'/api/v1/people/user_id:name{i}')
        assert status == 200 and [t['value'] for t in person['traits'] if t['name'] == 'name'] == [name], (name, person)
    status, line = daemon.ask('GET', '/api/v1/people/user_id:u1/timeline?limit=50')
    assert status == 200 and len(line['events']) == len(times) + 1, line
    settled(daemon, 1)
    assert daemon.stop() == 0


def what_names_nobody_joins_nobody(folder):
    daemon = started(folder)
    bad = {'empty': [''], 'blocked': ['null', '0', 'undefined', '00000000000', 'nil'], 'masked': ['138****1234'],
           'virtual': ['13812345678-1234', '13812345678转8888', '13812345678 ext 123']}
    n = 0
    for reason, values in bad.items():
        with moving(daemon, f'kith_collect_unlinked_total{{reason="{reason}"}}', 2 * len(values)):
            for value in values:
                for _ in range(2):  # two people who would be one if it counted
                    n += 1
                    ids = [{'type': 'user_id', 'value': f'lonely{n}'}, {'type': 'phone', 'value': value}]
                    assert daemon.send([{'id': f'x{n}', 'event': 'page_viewed', 'ids': ids}])[1]['accepted'] == 1, value
    _, stats = daemon.ask('GET', '/api/v1/stats')
    assert stats['people'] == n, (stats['people'], n)
    settled(daemon, 1)
    assert daemon.stop() == 0


def keys_and_addresses_that_are_wrong(folder):
    daemon = started(folder)
    for value in ['', 'Bearer', 'Bearer x', 'Bearer ' + 'x' * 20000, 'Basic !!!', 'Bearer ' + daemon.token + 'x']:
        refused(daemon, packed(), 401, 'token', headers={'Authorization': value})
    refused(daemon, None, 431, '24576 bytes', method='GET', path='/api/v1/stats', headers={'Authorization': 'Bearer ' + 'x' * 26000})
    refused(daemon, packed(), 401, 'token', path='/v1/track', headers={'Authorization': ''})
    refused(daemon, None, 404, 'openapi', method='GET', path='/api/v1/nope')
    refused(daemon, b'', 405, 'openapi', method='DELETE', path='/readyz')
    refused(daemon, packed(), 404, r'a\.b: no such workspace', path='/w/a.b/api/v1/events')
    refused(daemon, packed(), 400, 'steps', path='/w/%2e%2e/api/v1/events')
    for name in ['a.b', '..', '.', 'a/b', '', 'A']:
        code, words = kith('init', folder, '--workspace', name)
        assert code != 0 and words.startswith('kith'), (name, code, words)
    settled(daemon, 1)
    assert daemon.stop() == 0


def one_bad_event_costs_the_others_nothing(folder):
    daemon = started(folder)
    lines = [packed(id=f'b{i}') for i in range(500)]
    lines[250] = with_value('"王小明"'.encode('gb18030'))
    with moving(daemon, 'kith_collect_faulty_total', 1):
        status, answer = daemon.ask('POST', '/api/v1/events', b'\n'.join(lines))
    assert status == 200 and answer['accepted'] == 499 and answer['faulty'] == 1, answer
    assert answer['faults'][0]['line'] == 251 and answer['faults'][0]['detail'].startswith('line 251, '), answer
    settled(daemon, 1)
    assert daemon.stop() == 0


def what_was_sent_twice_counts_once(folder):
    daemon = started(folder)
    status, made = daemon.ask('POST', '/api/v1/tokens', json.dumps({'name': 'other-shop', 'roles': ['collect']}))
    assert status < 300, made
    other = {'Authorization': f'Bearer {made["secret"]}'}
    batch = b'\n'.join(packed(id=f'd{i % 50}') for i in range(100))
    with moving(daemon, 'kith_collect_duplicates_total', 50 + 100):
        assert daemon.ask('POST', '/api/v1/events', batch)[1] | {'faults': 0} == {'accepted': 50, 'duplicates': 50, 'faulty': 0, 'faults': 0}
        assert daemon.ask('POST', '/api/v1/events', batch)[1]['duplicates'] == 100
    assert daemon.ask('POST', '/api/v1/events', packed(id='d1'), other)[1]['accepted'] == 1, 'ids are a source\'s own'
    _, stats = daemon.ask('GET', '/api/v1/stats')
    assert sum(row['count'] for row in stats['events_by_name']) == 51, stats
    daemon.stop()
    daemon.start()
    daemon.wait_ready()
    assert daemon.ask('POST', '/api/v1/events', batch)[1]['duplicates'] == 100
    settled(daemon, 1)
    assert daemon.stop() == 0


def raw_request(daemon, body):
    return (f'POST /api/v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {daemon.token}\r\nContent-Length: {len(body)}\r\n'
            f'Connection: close\r\n\r\n').encode() + body


def read_all(link):
    parts = []
    while part := link.recv(65536):
        parts.append(part)
    return b''.join(parts)


def slow_and_half_closed_clients_are_answered(folder):
    daemon = started(folder)
    links = []
    for n in range(20):
        link = socket.create_connection(('127.0.0.1', daemon.port), timeout=20)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        links.append((link, raw_request(daemon, packed(id=f'slow{n}'))))
    for at in range(max(len(text) for _, text in links)):
        for link, text in links:
            link.sendall(text[at:at + 1])
        if at % 50 == 0:
            settled(daemon, at)
    for link, _ in links:
        link.shutdown(socket.SHUT_WR)
        answer = read_all(link)
        assert b' 200 ' in answer and b'"accepted":1' in answer, answer
        link.close()
    with moving(daemon, 'kith_http_aborted_total'):  # half a request, and gone
        for n in range(20):
            link = socket.create_connection(('127.0.0.1', daemon.port), timeout=20)
            link.sendall(raw_request(daemon, packed(id=f'cut{n}'))[:-10])
            link.close()
        time.sleep(0.3)
    settled(daemon, 'end')
    assert daemon.stop() == 0


def one_request_costs_no_more_than_its_bytes(folder):
    """Half a megabyte of gzip with two million members, sent by a key that stands in every browser."""
    daemon = started(folder)
    members = ','.join(f'"{i:x}":1' for i in range(999))
    lines = '\n'.join(f'{{"event":"x","id":"m{i}","properties":{{{members}}}}}' for i in range(1900))
    body, answers = gzip.compress(lines.encode(), 1), []
    senders = [threading.Thread(target=lambda: answers.append(daemon.ask('POST', '/api/v1/events', body))) for _ in range(2)]
    began = time.monotonic()
    for sender in senders:
        sender.start()
    slowest = 0
    while any(sender.is_alive() for sender in senders):
        asked = time.monotonic()
        assert daemon.ask('GET', '/healthz')[0] == 200
        slowest = max(slowest, time.monotonic() - asked)
    took = time.monotonic() - began
    assert all(status == 200 for status, _ in answers), answers
    assert sum(answer['accepted'] for _, answer in answers) == 1900, answers
    assert took < REQUEST_SECONDS_MAX and slowest < REQUEST_SECONDS_MAX, f'{took:.2f} s, /healthz up to {slowest:.2f} s'
    assert daemon.stop() == 0


def two_thousand_silent_connections_are_borne(folder):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
    daemon = started(folder)
    links = [socket.create_connection(('127.0.0.1', daemon.port), timeout=20) for _ in range(2000)]
    for link in links[::2]:
        link.sendall(b'POST /api/v1/events HTTP/1.1\r\nHost: a\r\nContent-Le')
    assert figures(daemon)['kith_http_connections'] >= 2000
    settled(daemon, 1)
    for link in links:
        link.close()
    settled(daemon, 2)
    assert daemon.stop() == 0


def all_at_once_it_stays_small(folder):
    """The worst bodies from many sides at the same time, while a good sender goes on."""
    daemon = started(folder)
    bomb = gzip.compress(bytes(64 << 20), 1)
    deep, long, wide = b'[' * 3000000, b'x' * (10 << 20), packed(properties={f'p{i}': i for i in range(100000)})
    over, sizes, slow = threading.Event(), [], []

    def attack(body):
        while not over.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException):
                status = daemon.ask('POST', '/api/v1/events', body)[0]
                assert status in (400, 413, 503), status

    attackers = [threading.Thread(target=attack, args=(body,)) for body in [bomb, deep, long, wide] * 3]
    for a in attackers:
        a.start()
    until, n = time.monotonic() + 4, 0
    while time.monotonic() < until:
        began = time.monotonic()
        status, answer = daemon.send([{'id': f'ok{n}', 'event': 'page_viewed', 'ids': [{'type': 'user_id', 'value': f'u{n}'}]}])
        slow.append(time.monotonic() - began)
        assert status == 503 or answer['accepted'] == 1, answer
        sizes.append(memory_mb(daemon))
        n += 1
    over.set()
    for a in attackers:
        a.join(30)
    assert max(sizes) < MEMORY_MB_MAX, f'{max(sizes)} MB'
    settled(daemon, 'end')
    if os.environ.get('VERBOSE'):
        print(f'under attack: {max(sizes)} MB at most, {n} good events, the slowest {max(slow) * 1000:.0f} ms')
    assert daemon.stop() == 0


STORIES = [what_cannot_be_read_is_refused_with_its_place, what_is_too_large_is_refused_and_costs_nothing, odd_but_honest_values_are_kept,
           what_names_nobody_joins_nobody, keys_and_addresses_that_are_wrong, one_bad_event_costs_the_others_nothing,
           what_was_sent_twice_counts_once, slow_and_half_closed_clients_are_answered, one_request_costs_no_more_than_its_bytes,
           two_thousand_silent_connections_are_borne, all_at_once_it_stays_small]
