"""Stories of data that goes out and comes back: what an empty workspace makes of an export."""
import json
import os
import pathlib
import random
import urllib.parse

from daemon import Daemon, kith

SEED = int(os.environ.get('SEED', '1'))
PEOPLE, DAYS, CHUNKS, ACTS_A_CHUNK = 150, 30, 8, 12
HUB_PARTNERS = 4  # so few that some identifiers wait for a review
REASON = '=工单 "42", 甲'


def lines_of(daemon, what):
    status, text = daemon.ask('GET', f'/api/v1/export/{what}')
    assert status == 200, text
    return text.splitlines()


def rows_of(daemon, what):
    return [json.loads(line) for line in lines_of(daemon, what)]


def without(row, *members):
    return {name: value for name, value in row.items() if name not in members}


def asking(daemon):
    return '--url', f'http://127.0.0.1:{daemon.port}', '--folder', daemon.folder


def run(daemon, *words):
    code, said = kith(*words, *asking(daemon))
    assert code == 0, (words, said)
    return said


# --- acts at random: many are refused, as those of people are ---

def identity_act(daemon, rng, ids):
    verb = rng.choice(['bind', 'bind', 'unbind', 'merge', 'merge', 'split', 'never-merge', 'block', 'undo', 'review', 'review'])
    body = {'reason': REASON, 'ids': rng.sample(ids, 2 if verb in ('bind', 'merge', 'never-merge') else 1)}
    if verb == 'block':
        body['blocked'] = rng.random() < 0.6
    if verb == 'undo':
        acts = daemon.ask('GET', '/api/v1/identity/acts?limit=200')[1]['acts']
        body = {'reason': REASON, 'position': rng.choice(acts)['position']} if acts else None
    if verb == 'review':
        waiting = daemon.ask('GET', '/api/v1/identity/reviews?limit=200')[1]['reviews']
        choice = rng.choice(['release', 'give', 'block'])
        body = waiting and {'reason': REASON, 'choice': choice, 'ids': [
            {name: value for name, value in rng.choice(waiting).items() if name in ('type', 'ns', 'value')},
            *([rng.choice(ids)] if choice == 'give' else [])]}
    return f'/api/v1/identity/{verb}', body


def order_act(daemon, rng, ids):
    orders = daemon.ask('GET', '/api/v1/export/orders?format=table')[1].splitlines()
    order = json.loads(rng.choice(orders))
    verb = rng.choice(['void', 'correct', 'correct', 'reassign', 'undo'])
    body = {'reason': REASON}
    if verb == 'reassign':
        body['to'] = rng.choice(ids)
    if verb == 'correct':
        body.update(rng.choice([{'field': 'seller', 'value': 'G9'}, {'part': 'payment', 'field': 'freight', 'value': '7.50'},
                                {'part': 'line', 'id': '1', 'field': 'paid', 'value': '1.25'},
                                {'part': 'state', 'field': 'paid', 'value': '2026-11-02T03:04:05.678901Z'}]))
    if verb == 'undo':
        body = order['acts'] and {'reason': REASON, 'position': rng.choice(order['acts'])['position']}
    key = '/'.join(urllib.parse.quote(order[name], safe='') for name in ('shop', 'number'))
    return f'/api/v1/orders/{key}/{verb}', body


def act(daemon, rng, ids):
    path, body = rng.choice([identity_act, identity_act, order_act])(daemon, rng, ids)
    if not body:
        return False
    status, answer = daemon.ask('POST', path, json.dumps(body).encode())
    assert status in (200, 400, 404, 409), (path, body, answer)
    return status == 200


# --- all that can be the same ---

def settle(daemon, people):
    """What is folded anew after a split stands within a second."""
    while any(person['pending'] for person in people):
        people = rows_of(daemon, 'people')
    return people


def everything(daemon):
    """But for positions, numbers and public ids, which are each workspace's own."""
    people = settle(daemon, rows_of(daemon, 'people'))
    names = {person['id']: sorted((i['type'], i.get('ns') or '', i['value'], i['state']) for i in person['identifiers']) for person in people}

    def named(text):
        for public, ids in names.items():
            text = text.replace(public, str(ids))
        return text
    profiles = []
    for person in people:
        profile, ids = without(person, 'number', 'aliases'), person['identifiers']
        for set_ in profile['evidence']:  # of identifiers that are equally good a secret of each workspace's own decides the order
            set_['members'] = sorted(json.dumps(ids[place]) for place in set_['members'])
        profile['evidence'] = sorted(json.dumps(without(set_, 'position')) for set_ in profile['evidence'])
        profile['identifiers'] = sorted(ids, key=json.dumps)
        profiles.append(named(json.dumps(profile, sort_keys=True, ensure_ascii=False)))
    orders = rows_of(daemon, 'orders?format=table')
    for order in orders:
        order['owner'] = order['owner'] and names[order['owner']]
        order['acts'] = [without(one, 'position', 'by') for one in order['acts']]
    return {'people': sorted(profiles), 'orders': orders, 'versions': lines_of(daemon, 'orders'), 'things': lines_of(daemon, 'things'),
            'relations': sorted(lines_of(daemon, 'relations')), 'events': [without(event, 'position') for event in rows_of(daemon, 'events')]}


def acts_of(path):
    """As they were decided; which one an undo takes back is told by its place among them."""
    acts = [json.loads(line) for line in path.read_text().splitlines()]
    places = {one['position']: place for place, one in enumerate(acts) if 'position' in one}
    for one in acts:
        if 'position' in one['body']:
            one['body']['position'] = places[one['body']['position']]
    return [without(one, 'position') for one in acts]


def make_world(daemon, rng, brand):
    """The synthetic brand, with acts between its events; returns how many were accepted."""
    run(daemon, 'import', brand / 'things.ndjson', '--things')
    run(daemon, 'order', 'put', brand / 'orders.ndjson', '--import')
    events = (brand / 'events.ndjson').read_text().splitlines()
    ids = sorted({f"{i['type']}:{i['ns'] + ':' if 'ns' in i else ''}{i['value']}" for line in events for i in json.loads(line).get('ids', [])})
    accepted = 0
    for at in range(CHUNKS):
        chunk = events[len(events) * at // CHUNKS:len(events) * (at + 1) // CHUNKS]
        status, answer = daemon.ask('POST', '/api/v1/events?import=1', '\n'.join(chunk).encode())
        assert status == 200, answer
        accepted += sum(act(daemon, rng, ids) for _ in range(ACTS_A_CHUNK))
    for reason, who in ((None, ids[0]), ('离职', ids[0]), (None, ids[1])):
        body = {'person': who, 'type': 'owned_by', 'to': 'staff/G17', 'act': 'end' if reason else 'begin', 'reason': reason, 'attributes': {'store': 'SH01'}}
        assert daemon.ask('POST', '/api/v1/relations', json.dumps(body).encode())[0] in (200, 400)  # a blocked one is nobody's
    return accepted


def export_all(daemon, folder):
    folder.mkdir()
    for what in ('events', 'things', 'orders', 'relations', 'acts'):
        run(daemon, 'export', what, '--out', folder / f'{what}.ndjson')


def take_all(daemon, folder):
    run(daemon, 'redo', folder / 'acts.ndjson', '--types')
    run(daemon, 'import', folder / 'things.ndjson', '--things')
    run(daemon, 'order', 'put', folder / 'orders.ndjson', '--import', '--told')
    said = run(daemon, 'redo', folder / 'acts.ndjson', '--events', folder / 'events.ndjson')
    assert ' 0 refused' in said, said
    run(daemon, 'relation', 'put', folder / 'relations.ndjson', '--import')


def a_world_comes_back_as_it_was(folder):
    """Acts stand between events, orders have versions, and what is made of the export is the same in all that can be."""
    folder, rng = pathlib.Path(folder), random.Random(SEED)
    code, words = kith('sim', folder / 'brand', '--people', PEOPLE, '--days', DAYS, '--seed', SEED)
    assert code == 0, words
    first, copy = Daemon(folder / 'first'), Daemon(folder / 'copy')
    for daemon in (first, copy):
        daemon.start()
        run(daemon, 'settings', 'identity.hub_partners', HUB_PARTNERS)
    accepted = make_world(first, rng, folder / 'brand')
    assert accepted >= CHUNKS * ACTS_A_CHUNK // 4, accepted
    export_all(first, folder / 'out')
    take_all(copy, folder / 'out')
    was, became = everything(first), everything(copy)
    for what, rows in was.items():
        different = [pair for pair in zip(rows, became[what]) if pair[0] != pair[1]]
        assert rows == became[what], (SEED, what, len(rows), len(became[what]), different[:1])
    export_all(copy, folder / 'again')
    assert acts_of(folder / 'out' / 'acts.ndjson') == acts_of(folder / 'again' / 'acts.ndjson')
    words = run(copy, 'import', folder / 'out' / 'events.ndjson')  # the same again, another way
    assert '0 are faulty' in words, words
    assert len(lines_of(copy, 'events')) == len(was['events'])
    assert first.stop() == 0 and copy.stop() == 0


def an_export_that_is_killed_goes_on(folder):
    """The daemon dies in the middle: what came and what comes behind it are all, once."""
    daemon = Daemon(folder)
    daemon.start()
    total = 20000
    for at in range(0, total, 1000):
        status, answer = daemon.send([{'id': f'e{n}', 'event': 'page_viewed', 'ids': [{'type': 'user_id', 'value': f'u{n % 997}'}]}
                                      for n in range(at, at + 1000)])
        assert status == 200 and answer['accepted'] == 1000, answer
    whole = lines_of(daemon, 'events')
    assert len(whole) == total
    came = whole[:7001]
    assert daemon.stop(9) != 0
    daemon.start()
    rest = lines_of(daemon, f'events?after={json.loads(came[-1])["position"]}')
    assert came + rest == whole
    assert daemon.stop() == 0
    daemon.start()  # folded or not, from a checkpoint
    assert lines_of(daemon, 'events') == whole
    assert daemon.stop() == 0


STORIES = [a_world_comes_back_as_it_was, an_export_that_is_killed_goes_on]
