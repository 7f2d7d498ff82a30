"""Stories of people who leave: what is left of them in any file, in books and in a copy made before."""
import contextlib
import http.server
import json
import pathlib
import struct
import threading
import time
import zipfile

from daemon import Daemon, kith

PHONE, GIVER = '13987651234', '13800000001'
# Values of who is erased, of every sort; each is unlike anything else.
TRACES = [PHONE, 'secret.person', '慕容秘密', '祕密路', 'oSECRETUNION', '秘密页面', '秘密备注', '秘密刻字', '秘密原因', 'CARD-SECRET-7', '139-8765-1234']


def packed_traces():
    """As identifiers and values are packed: a number as a varint, or as eight bytes of which six tell."""
    def varint(x):
        out = bytearray()
        while x >= 0x80:
            out.append(x & 0x7f | 0x80)
            x >>= 7
        return bytes(out + bytes([x]))
    numbers = [int(PHONE), int('86' + PHONE)]
    return [varint(n) for n in numbers] + [struct.pack('<Q', n)[:6] for n in numbers]


def files_with_traces(folder):
    needles = [text.encode() for text in TRACES] + packed_traces()
    found = []
    for path in pathlib.Path(folder).rglob('*'):
        if path.is_file():
            content = path.read_bytes()
            found += [(str(path), needle) for needle in needles if needle in content]
    return found


def person(value, **more):
    return {'ids': [{'type': 'phone', 'value': value}], **more}


def order(shop, number, buyer, **more):
    return {'shop': shop, 'number': number, 'version': 1, 'complete': True, 'modified': '2026-10-02T10:00:00+08:00',
            'states': {'created': '2026-10-02T09:00:00+08:00', 'paid': '2026-10-02T09:01:00+08:00', 'done': '2026-10-05T09:01:00+08:00'},
            'buyer': [{'type': 'phone', 'value': buyer}], 'payment': {'total': 199.00}, 'lines': [{'line': '1', 'sku': 'A', 'name': '裙子', 'quantity': 1, 'paid': 199.00}], **more}


ORDERS = [
    order('tmall', 'T1', PHONE, remark='秘密备注', receiver={'name': '慕容秘密', 'phone': PHONE, 'address': '祕密路九十九號'}),
    order('tmall', 'T2', PHONE, receiver={'name': '慕容秘密', 'phone': PHONE, 'address': '祕密路九十九號'}),
    order('tmall', 'T3', GIVER, receiver={'name': '慕容秘密', 'phone': '139-8765-1234', 'address': '祕密路九十九號'}),  # a gift
    order('tmall', 'T4', GIVER, receiver={'name': '王小明', 'phone': GIVER, 'address': '南京路1号'}),
]


@contextlib.contextmanager
def refusing_server():
    """Takes nothing of what hooks send it: so all of it becomes dead letters."""
    class Refusing(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers['Content-Length']))
            self.send_error(410)

        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f'http://127.0.0.1:{server.server_port}/hook'
    finally:
        server.shutdown()


def live(daemon, refused):
    """What all of it is: events with traits, of others that name the person, relations, orders, acts, hooks that can't be told."""
    daemon.start()
    url, folder = f'http://127.0.0.1:{daemon.port}', daemon.folder
    asking = ['--url', url, '--folder', folder]
    assert kith('hook', 'add', 'file', 'facts.ndjson', '--causes', 'live,late,import', *asking)[0] == 0
    assert kith('hook', 'add', 'web', 'http://127.0.0.1:1/none', *asking)[0] == 0  # stays in the outbox
    assert kith('hook', 'add', 'gone', refused, *asking)[0] == 0
    events = [
        person(PHONE, id='e1', event='registered', traits={'name': '慕容秘密🎀', 'address': '祕密路九十九號'}, brand='lumi'),
        person(PHONE, id='e2', event='page_viewed', properties={'page': '秘密页面'}),
        {'id': 'e3', 'event': 'login', 'ids': [{'type': 'phone', 'value': PHONE}, {'type': 'unionid', 'value': 'oSECRETUNION77', 'ns': 'wx1'},
                                               {'type': 'email', 'value': 'secret.person@example.com'}]},
        person(GIVER, id='e4', event='referral_made', traits={'name': '王小明'}, other={'ids': [{'type': 'phone', 'value': PHONE}]}),
        {'id': 'e5', 'event': 'gift_sent', 'ids': [{'type': 'phone', 'value': GIVER}, {'type': 'phone', 'value': PHONE, 'role': 'receiver'}],
         'properties': {'note': 'kept'}},
    ]
    status, answer = daemon.send(events)
    assert status == 200 and answer['accepted'] == len(events), answer
    body = '\n'.join(json.dumps(o, ensure_ascii=False) for o in ORDERS).encode()
    status, answer = daemon.ask('POST', '/api/v1/orders', body)
    assert status == 200 and answer['accepted'] == len(ORDERS), answer
    assert kith('bind', f'phone:{PHONE}', 'pos_card:CARD-SECRET-7', '--reason', '秘密原因', *asking)[0] == 0
    assert kith('order', 'correct', 'tmall', 'T2', 'remark', '秘密刻字', '--reason', '秘密原因', *asking)[0] == 0
    code, words = kith('relation', 'begin', f'phone:{GIVER}', 'household', f'phone:{PHONE}', *asking)
    code_too, words_too = kith('relation', 'begin', f'phone:{GIVER}', 'referred', f'phone:{PHONE}', *asking)
    assert code == 0 or code_too == 0, (words, words_too)
    until = time.monotonic() + 20
    while not daemon.ask('GET', '/api/v1/ports/dead')[1]['dead'] and time.monotonic() < until:
        time.sleep(0.05)
    assert daemon.ask('GET', '/api/v1/ports/dead')[1]['dead'], 'no dead letters'
    assert kith('settings', 'event.fold_events', '1', *asking)[0] == 0
    columns = pathlib.Path(folder) / 'main' / 'columns'
    until = time.monotonic() + 20
    while not any('秘密页面'.encode() in path.read_bytes() for path in columns.glob('*.col')) and time.monotonic() < until:
        time.sleep(0.05)
    assert any('秘密页面'.encode() in path.read_bytes() for path in columns.glob('*.col')), 'no column file has them'
    assert kith('checkpoint', *asking)[0] == 0
    return asking


def legal_token(asking):
    code, words = kith('token', 'add', 'privacy', '--roles', 'legal', *asking)
    assert code == 0, words
    return next(word for word in words.split() if word.startswith('kith_'))


def who_is_erased_now_is_in_no_file_and_the_books_agree(folder):
    daemon = Daemon(folder)
    with refusing_server() as refused:
        asking = live(daemon, refused)
    url = ['--url', f'http://127.0.0.1:{daemon.port}', '--token', legal_token(asking)]
    copy = pathlib.Path(folder).parent / (pathlib.Path(folder).name + '-copy.zip')
    code, words = kith('export', 'person', f'phone:{PHONE}', '--out', copy, *url)
    assert code == 0, words
    with zipfile.ZipFile(copy) as archive:
        held = {name: archive.read(name).decode() for name in archive.namelist()}
    copy.unlink()
    assert set(held) == {'person.json', 'orders.ndjson', 'events.ndjson', 'index.html'}, held.keys()
    whole = ''.join(held.values())
    for trace in ['secret.person', '慕容秘密', '祕密路', 'oSECRETUNION', '秘密页面', '秘密备注', 'CARD-SECRET-7']:
        assert trace in whole, trace
    assert len(held['orders.ndjson'].splitlines()) == 2 and '王小明' not in held['orders.ndjson']
    assert json.loads(held['person.json'])['recipients']['hooks'], held['person.json']
    assert kith('export', 'person', f'phone:{PHONE}', '--out', copy, *asking)[0] == 1  # not with any token

    _, days = daemon.ask('GET', '/api/v1/reconcile?shop=tmall&from=2026-10-01&to=2026-10-31')
    assert files_with_traces(folder), 'nothing to be purged'
    code, words = kith('erase', f'phone:{PHONE}', '--reason', '工单 42', '--now', '--yes', '--json', *asking)
    assert code == 0, words
    receipt = json.loads(words.strip().splitlines()[-1])
    assert receipt['events_purged'] and receipt['log_purged'] and receipt['kept_settled'], receipt
    kept = receipt['kept'][0]
    assert kept['class'] == 'orders' and kept['items'] == 2 and kept['until'].startswith('2029-10'), kept
    assert files_with_traces(folder) == []
    assert daemon.ask('GET', '/api/v1/reconcile?shop=tmall&from=2026-10-01&to=2026-10-31')[1] == days

    assert daemon.ask('GET', '/api/v1/orders/tmall/T1')[0] == 404
    assert daemon.ask('GET', '/api/v1/custody/orders/tmall/T1?purpose=tax')[0] == 403  # an administrator has no such right by itself
    exported = daemon.ask('GET', '/api/v1/export/orders')[1]
    assert 'T3' in exported and 'T1' not in exported, exported
    code, words = kith('custody', 'tmall', 'T1', '--purpose', '税务检查', '--json', *url)
    locked = json.loads(words)
    assert code == 0 and locked['buyer'][0]['value'].startswith('erased-') and locked['sums']['amount'] == 199.0, words
    assert '税务检查' in kith('reads', *asking)[1]
    gift = daemon.ask('GET', '/api/v1/orders/tmall/T3')[1]
    assert gift['buyer'] and gift['receiver']['name'].startswith('erased-'), gift
    assert daemon.ask('GET', '/api/v1/orders/tmall/T4')[1]['receiver']['name'] == '王小明'
    events = daemon.ask('GET', f'/api/v1/people/phone:{GIVER}/timeline?limit=50')[1]['events']
    assert {'referral_made', 'gift_sent'} <= {e['event'] for e in events}, events
    assert all('other' not in e for e in events) and 'kept' in json.dumps(events), events

    old = pathlib.Path(folder).parent / (pathlib.Path(folder).name + '-old.ndjson')
    old.write_text(json.dumps(person(PHONE, id='old', event='page_viewed', time='2026-01-05T08:00:00+08:00')) + '\n')
    code, words = kith('import', old, '--rejects', f'{old}.rejects', *asking)
    refused = ''.join(path.read_text() for path in old.parent.glob(old.name + '.*'))  # beside the file, outside of the workspace
    assert code == 1 and 'was erased' in refused, (words, refused)
    status, answer = daemon.ask('POST', '/api/v1/orders?import=1', json.dumps(order('tmall', 'T0', PHONE)).encode())
    assert status == 400 and 'was erased' in json.dumps(answer), answer
    for path in old.parent.glob(old.name + '*'):
        path.unlink()
    status, answer = daemon.send([person(PHONE, id='new', event='page_viewed')])
    assert answer['accepted'] == 1, answer  # a live act is somebody new
    _, anew = daemon.ask('GET', f'/api/v1/people/phone:{PHONE}')
    assert anew['id'] != receipt['person'] and daemon.ask('GET', f'/api/v1/people/phone:{PHONE}/orders')[1]['orders'] == []
    assert daemon.stop() == 0
    code, words = kith('audit', folder)
    assert code == 0, words


def a_copy_from_before_forgets_whom_the_list_names(folder):
    """Somebody is erased who, in the backup, was one with somebody else; the list says nothing without its key."""
    folder = pathlib.Path(folder)
    daemon = Daemon(folder / 'data')
    daemon.start()
    asking = ['--url', f'http://127.0.0.1:{daemon.port}', '--folder', daemon.folder]
    daemon.send([{'id': '1', 'event': 'login', 'time': '2026-01-05T08:00:00+08:00',
                  'ids': [{'type': 'phone', 'value': GIVER}, {'type': 'email', 'value': 'secret.person@example.com'}]},
                 person(PHONE, id='2', event='login', time='2026-01-05T08:00:00+08:00')])
    assert kith('backup', daemon.folder, '--to', folder / 'set', *asking[:2])[0] == 0
    daemon.send([person('13700000007', id='3', event='login', time='2026-01-06T08:00:00+08:00')])  # not in the backup
    assert kith('split', 'email:secret.person@example.com', *asking)[0] == 0
    for who in ['email:secret.person@example.com', f'phone:{PHONE}', 'phone:13700000007']:
        code, words = kith('erase', who, '--yes', *asking)
        assert code == 0, words
    names, key = folder / 'erased.list', folder / 'erased.key'
    assert kith('erase', 'list', '--out', names, *asking)[0] == 2
    assert kith('erase', 'list', '--out', names, '--key', key, *asking)[0] == 0
    assert kith('erase', 'list', '--out', names, '--key', key, *asking)[0] == 0  # the same key again
    assert len(names.read_text().splitlines()) == 3 and key.stat().st_mode & 0o077 == 0 and names.stat().st_mode & 0o077 == 0
    assert daemon.stop() == 0
    (folder / 'other.key').write_text('00' * 32)
    for more in ([], ['--key', folder / 'other.key']):
        code, words = kith('restore', folder / 'set', '--to', folder / 'none', '--erased', names, *more)
        assert code != 0 and 'sealed' in words, words
    code, words = kith('restore', folder / 'set', '--to', folder / 'back', '--erased', names, '--key', key)
    assert code == 0 and '2 people who were erased' in words, words
    back = Daemon(folder / 'back')
    back.start()
    asking = ['--url', f'http://127.0.0.1:{back.port}', '--folder', back.folder]
    assert back.ask('GET', f'/api/v1/people/phone:{GIVER}')[0] == 200  # the other one is there still, alone
    assert 'secret.person' not in json.dumps(back.ask('GET', f'/api/v1/people/phone:{GIVER}?timeline=9')[1]['identifiers'])
    for who in ['email:secret.person@example.com', f'phone:{PHONE}', 'phone:13700000007']:
        assert back.ask('GET', f'/api/v1/people/{who}')[0] == 404, who
    old = folder / 'old.ndjson'
    old.write_text(''.join(json.dumps(person(phone, id=f'old{phone}', event='page_viewed', time='2026-01-04T08:00:00+08:00')) + '\n'
                           for phone in [PHONE, '13700000007', GIVER]))
    code, words = kith('import', old, '--rejects', folder / 'old.rejects', *asking)
    assert code == 1 and (folder / 'old.rejects').read_text().count('was erased') == 2, words
    assert back.stop() == 0


STORIES = [who_is_erased_now_is_in_no_file_and_the_books_agree, a_copy_from_before_forgets_whom_the_list_names]
