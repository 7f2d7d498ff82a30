"""Stories of questions about events: every cell that the daemon tells is counted once more, in Python, over the events that timelines tell."""
import collections
import contextlib
import datetime
import json
import math
import os
import pathlib
import random
import re
import signal
import time

import oracle
from daemon import Daemon, kith

SEED = int(os.environ.get('SEED', '1'))
PEOPLE = int(os.environ.get('PEOPLE', '300'))
DAYS = int(os.environ.get('DAYS', '40'))
SHOPPERS, ACTS_EACH = PEOPLE // 3, 40  # beside those of the synthetic brand, and busier
ZONE = 'Asia/Shanghai'
REASON = '工单 42'
KILLS = 8
LOADING_CANCELLED = 2  # in the middle of it
DRILLED = 3  # cells of an answer whose people are asked for


def is_dear(event):
    return (oracle.amount_of(event, 'amount') or 0) > 300


STEPS = ['product_viewed', 'cart_added', 'order_paid']
ANY_CART = {'any': ['cart_added', 'favourite_added']}

# kind, what the body has beside range and zone, what the oracle takes instead of it, columns of a row that are its key
QUESTIONS = [
    ('trend', {'series': [{'event': 'order_paid', 'measure': 'uniques'}, {'event': '*', 'measure': 'count'}, {'event': 'product_viewed', 'measure': 'uniques'}]}, {}, ['unit']),
    ('trend', {'breakdown': 'channel', 'top': 50, 'unit': 'week', 'series': [{'event': '*', 'measure': 'uniques'}, {'event': 'product_viewed', 'measure': 'count'}]}, {}, ['channel', 'unit']),
    ('trend', {'unit': 'month', 'series': [{'event': 'order_paid', 'measure': kind, 'value': 'amount'} for kind in ('sum', 'average', 'min', 'max', 'percentile')]}, {}, ['unit']),
    ('trend', {'zone': 'America/New_York', 'series': [{'event': '*', 'measure': 'uniques'}, {'event': '*', 'measure': 'count'}]}, {}, ['unit']),
    ('trend', {'where': "channel = 'web' and not (brand = 'muchu')", 'series': [{'event': '*', 'measure': 'uniques'}]},
     {'where': lambda e: e.get('channel') == 'web' and 'brand' in e and e['brand'] != 'muchu'}, ['unit']),
    ('funnel', {'steps': STEPS}, {}, ['step']),
    ('funnel', {'steps': STEPS, 'window': '1d', 'entry': 'first'}, {}, ['step']),
    ('funnel', {'steps': STEPS, 'breakdown': 'channel', 'top': 50}, {}, ['channel', 'step']),
    ('funnel', {'steps': STEPS, 'order': 'any'}, {}, ['step']),
    ('funnel', {'steps': ['product_viewed', ANY_CART, '*'], 'order': 'any', 'window': '2h'}, {'steps': ['product_viewed', ['cart_added', 'favourite_added'], '*']}, ['step']),
    ('funnel', {'steps': ['product_viewed', 'product_viewed', ANY_CART], 'order': 'strict'}, {'steps': ['product_viewed', 'product_viewed', ['cart_added', 'favourite_added']]}, ['step']),
    ('funnel', {'steps': ['product_viewed', ANY_CART, 'order_paid'], 'count': 'totals', 'window': '12h'}, {'steps': ['product_viewed', ['cart_added', 'favourite_added'], 'order_paid']}, ['step']),
    ('funnel', {'steps': STEPS, 'window': '3d', 'exclude': [{'event': 'page_viewed', 'after': 1, 'before': 2}]}, {}, ['step']),
    ('funnel', {'steps': STEPS, 'window': '3d', 'count': 'totals', 'exclude': [{'event': 'page_viewed'}]}, {}, ['step']),
    ('funnel', {'steps': ['order_created', 'order_paid', 'order_done'], 'subject': 'order', 'order': 'any', 'window': '30d'}, {}, ['step']),
    ('funnel', {'steps': STEPS, 'hold': ['channel'], 'breakdown': 'brand'}, {}, ['brand', 'step']),
    ('funnel', {'steps': ['product_viewed', {'event': 'order_paid', 'where': 'amount > 300'}, 'order_paid'], 'strict_increase': True, 'window': '14d'},
     {'steps': ['product_viewed', ('order_paid', is_dear), 'order_paid']}, ['step']),
    ('funnel', {'steps': STEPS, 'within': 'same_day', 'breakdown': 'brand'}, {}, ['brand', 'step']),
    ('funnel', {'steps': STEPS, 'within': 'sessions', 'sessions': 1}, {}, ['step']),
    ('funnel', {'steps': STEPS, 'unit': 'week'}, {}, ['unit', 'step']),
    ('funnel', {'steps': ['product_viewed', 'cart_added', 'order_paid'], 'window': '3d', 'dedup': True}, {}, ['step']),
    ('funnel', {'steps': ['product_viewed', 'cart_added', 'order_paid'], 'window': '3d', 'fixed': True}, {}, ['step']),
    ('funnel', {'steps': ['product_viewed', 'cart_added', 'order_paid'], 'window': '3d', 'grace_ms': 60000}, {}, ['step']),
    ('funnel', {'steps': ['product_viewed', 'product_viewed', 'cart_added'], 'count': 'sessions'}, {}, ['step']),
    *[('retention', {'start': start, 'return': back, 'unit': unit, 'periods': 4, 'mode': mode, 'clock': clock, 'cohort': cohort}, {}, ['cohort', 'period'])
      for start, back, unit, mode, clock, cohort in [
          ('product_viewed', 'product_viewed', 'day', 'on', 'calendar', 'first_time'), ('product_viewed', 'order_paid', 'week', 'on_or_after', 'calendar', 'first_time'),
          ('*', '*', 'week', 'on', 'rolling', 'first_time'), ('product_viewed', 'cart_added', 'week', 'on', 'calendar', 'recurring'),
          ('*', '*', 'week', 'streak', 'calendar', 'recurring'), ('cart_added', 'order_paid', 'day', 'on_or_before', 'rolling', 'first_time'),
          ('order_paid', '*', 'month', 'on_or_after', 'rolling', 'first_time')]],
    ('lifecycle', {'unit': 'week'}, {}, ['unit']),
    ('lifecycle', {'unit': 'day', 'event': 'product_viewed'}, {}, ['unit']),
    ('stickiness', {'unit': 'day', 'interval': 'week'}, {}, ['interval', 'active_units']),
    ('stickiness', {'unit': 'day', 'interval': 'month', 'event': 'product_viewed', 'cumulative': True}, {}, ['interval', 'active_units']),
    ('stickiness', {'measure': 'ratios', 'month_days': 30}, {}, ['day']),
    ('sessions', {'unit': 'day'}, {}, ['unit']),
    ('sessions', {'unit': 'week', 'by': 'entry', 'gap': '2h'}, {}, ['unit', 'value']),
    ('sessions', {'unit': 'week', 'by': 'exit'}, {}, ['unit', 'value']),
    ('path', {'top': 1000}, {}, ['level', 'from', 'to']),
    ('path', {'next': ['product_viewed', 'cart_added'], 'top': 1000}, {}, ['to']),
    ('path', {'next': ['page_viewed'], 'match': 'last', 'top': 1000}, {}, ['to']),
    ('distribution', {'event': 'order_paid', 'of': 'sum', 'value': 'amount', 'buckets': [0, 100, 500, 1000]}, {}, ['from', 'until']),
    ('distribution', {'event': 'product_viewed', 'buckets': [1, 2, 5, 10]}, {}, ['from', 'until']),
    ('cohort', {'event': 'order_paid', 'unit': 'week', 'periods': 4}, {}, ['cohort', 'period']),
    ('cohort', {'event': 'product_viewed', 'unit': 'day', 'periods': 5, 'measure': 'events'}, {}, ['cohort', 'period']),
    ('ltv', {'event': 'order_paid', 'value': 'amount', 'refund': 'refund_done', 'unit': 'week', 'periods': 4}, {}, ['cohort', 'period']),
    ('rfm', {'event': 'order_paid', 'value': 'amount', 'order': 'order', 'refund': 'refund_done', 'show': 'scores'}, {}, ['r', 'f', 'm']),
    ('rfm', {'event': 'order_paid', 'value': 'amount', 'order': 'order', 'refund': 'refund_done', 'show': 'scores', 'scoring': 'cut'}, {}, ['r', 'f', 'm']),
    *[('attribution', {'touches': ['page_viewed', 'product_viewed', 'store_visited'], 'conversion': 'order_paid', 'value': 'amount', 'key': 'order', 'channel': 'channel',
                       'look_back': look_back, 'touches_max': touches, 'models': models, **more}, {}, keys)
      for look_back, touches, models, more, keys in (
          ('30d', 20, ['first', 'last', 'linear', 'position'], {}, ['channel']), ('2d', 100, ['first', 'last', 'linear', 'position', 'time_decay'], {'half_life': '1d'}, ['channel']),
          ('2d', 1000, ['markov', 'shapley', 'shapley_rate'], {'channels_max': 20}, ['channel']), ('2d', 1000, ['linear', 'markov', 'shapley'], {'breakdown': 'brand'}, ['brand', 'channel']))],
]


# --- a world ---

def shopper_events(rng, first_day):
    """Of busy people: in bursts, some to the same second, with the channels and amounts that questions ask about."""
    names = ['page_viewed'] * 4 + ['product_viewed'] * 6 + ['cart_added'] * 3 + ['favourite_added'] + ['order_paid'] * 2 + ['refund_done']
    orders = collections.Counter()
    for shopper in range(SHOPPERS):
        at, brand = first_day + datetime.timedelta(days=rng.uniform(0, DAYS / 2)), rng.choice(['muchu', 'yijian', None])
        for act in range(rng.randrange(1, 2 * ACTS_EACH)):
            at += datetime.timedelta(seconds=rng.choice([1, 30, 1800, 1801, 7200, 40000, 200000]) * rng.choice([1, rng.random()]))
            if at >= first_day + datetime.timedelta(days=DAYS):
                break
            event = {'id': f's{shopper}-{act}', 'event': rng.choice(names), 'time': at.isoformat(), 'ids': [{'type': 'user_id', 'value': f'shopper{shopper}'}],
                     **({'channel': rng.choice(['web', 'app', 'pos'])} if rng.random() < 0.9 else {}), **({'brand': brand} if brand else {})}
            if event['event'] in ('order_paid', 'refund_done'):
                orders[shopper] += event['event'] == 'order_paid' and rng.random() < 0.9  # else the same one comes again
                event.update(order=f'X{shopper}-{orders[shopper]}', properties={'amount': rng.randrange(1, 60000) / 100} if rng.random() < 0.95 else {})
            if event['event'] == 'favourite_added':
                event['properties'] = {'called': 13800000000 + rng.randrange(10**8)}  # a phone, under a name that says nothing
            yield event


def send(daemon, events):
    for at in range(0, len(events), 1000):
        status, answer = daemon.send(events[at:at + 1000])
        assert status == 200 and answer['accepted'] + answer['faulty'] == len(events[at:at + 1000]), answer
        assert all('was erased' in fault['detail'] for fault in answer.get('faults', [])), answer


def asked(daemon, method, path, body=None):
    status, answer = daemon.ask(method, path, body and json.dumps(body).encode())
    assert status in (200, 201), (path, body, answer)
    return answer


def exported(daemon, what):
    status, text = daemon.ask('GET', f'/api/v1/export/{what}')
    assert status == 200, text
    return [json.loads(line) for line in text.splitlines()]


def people_of(daemon):
    """When none waits to be computed anew any more."""
    until = time.monotonic() + 20
    people = exported(daemon, 'people')
    while any(person['pending'] for person in people):
        assert time.monotonic() < until, 'people are pending for ever'
        time.sleep(0.05)
        people = exported(daemon, 'people')
    return people


def timeline_of(daemon, person):
    before = ''
    while before is not None:
        page = asked(daemon, 'GET', f'/api/v1/people/id:{person["id"]}/timeline?limit=200{before}')
        yield from page['events']
        before = f'&before={page["next"]}' if page['next'] else None


def truth_of(daemon):
    """All events, each with its person, as timelines tell them; the order of a timeline is the total one."""
    owner, rank = {}, {}
    for person in people_of(daemon):
        for place, event in enumerate(timeline_of(daemon, person)):
            assert event['position'] not in owner, ('an event of two people', event)
            owner[event['position']], rank[event['position']] = person['number'], -place
    events = exported(daemon, 'events')
    assert owner.keys() <= {event['position'] for event in events}, 'a timeline has more than all events'
    for event in events:
        event['person'], event['time'] = owner.get(event['position']), oracle.instant_of(event['time'])
        event['order_key'] = (event['time'], rank.get(event['position'], 0), event['position'])
    return sorted(events, key=lambda event: event['order_key'])


# --- answers and what they should be ---

def is_same(told, true):
    if true is None or told is None or isinstance(true, (str, bool)):
        return told == true or (told or 0) == (true or 0) == 0
    return math.isclose(told, true, rel_tol=1e-9, abs_tol=1e-9)


def is_same_credit(name, told, true):
    """Credits are whole millionths and cents, of which the largest remainders get one more."""
    return abs(told - true) < (0.0100001 if name.endswith('_value') else 0.0000011)


def told_rows(kind, answer, keys):
    """{key: {column: value}}; of cohorts a row for each cell."""
    names, rows = [column['name'] for column in answer['columns']], {}
    for row in (dict(zip(names, row)) for row in answer['rows']):
        if kind in ('cohort', 'ltv'):
            rows.update({(row['cohort'], period): {'size': row['size'], 'cell': row[f'period_{period}']} for period in range(row['complete_periods'])})
        else:
            rows[tuple(row[key] for key in keys)] = {name: value for name, value in row.items() if name not in keys}
    if kind == 'funnel':
        rows.update({('conversions', *of['of']): of for of in answer['conversions']})
    if kind == 'attribution':
        rows['totals',] = answer['totals']
    return rows


def is_empty(row):
    """Units, steps and channels of which there is nothing: an answer may tell them or not."""
    return all(not value for name, value in row.items() if name not in ('is_complete', 'touches') and not isinstance(value, str))


def differences(kind, told, true):
    for key in told.keys() | true.rows.keys():
        row, wanted = told.get(key), true.rows.get(key)
        if row is None or wanted is None:
            if not is_empty(row or wanted) and not (kind in ('cohort', 'ltv') and not (row or wanted)['size']):
                yield key, row, wanted
            continue
        for name, value in wanted.items():
            if not (is_same_credit(name, row[name], value) if kind == 'attribution' else is_same(row[name], value)):
                yield key, name, row[name], value if value is None or isinstance(value, (str, bool)) else float(value)


def cell_of(kind, body, key):
    """What an answer calls the cell of a row, or None: the row isn't one of people."""
    if kind == 'trend':
        return {'unit': key[-1], 'series': 1, **({'value': key[0]} if 'breakdown' in body else {})}
    if kind == 'funnel':
        return {'step': key[-1], **({'value': key[0]} if 'breakdown' in body else {}), **({'unit': key[0]} if 'unit' in body else {})}
    if kind == 'retention':
        return {'cohort': key[0], 'period': int(key[1])}
    if kind == 'lifecycle':
        return {'unit': key[0], 'standing': key[1]}
    if kind == 'stickiness':
        return {'day': key[0], 'people': 'wau'} if body.get('measure') else {'interval': key[0], 'active_units': key[1]}
    if kind == 'sessions':
        return {'unit': key[0], **({'value': key[1]} if 'by' in body else {})}
    if kind == 'cohort':
        return {'cohort': key[0], 'period': key[1]}
    if kind == 'path':
        return {'to': key[0]} if 'next' in body else dict(zip(('level', 'from', 'to'), key))
    if kind == 'distribution':
        return {name: bound for name, bound in zip(('from', 'until'), key) if bound is not None}
    if kind == 'rfm':
        return dict(zip('rfm', key))
    return {'channel': key[-1], 'outcome': 'converted', **({'value': key[0]} if 'breakdown' in body else {})}


def people_in(daemon, kind, body, cell):
    people, after = set(), None
    while True:
        page = asked(daemon, 'POST', f'/api/v1/analytics/{kind}/people', {'question': body, 'cell': cell, 'limit': 1000, **({'after': after} if after else {})})
        people |= {person['number'] for person in page['people']}
        after = page['next']
        if not after:
            assert page['total'] == len(people), (kind, body, cell, page['total'], len(people))
            return people


def oracle_of(kind, body):
    return oracle.ratios if body.get('measure') == 'ratios' else getattr(oracle, kind)


def compare(daemon, rng, world, days, **more):
    """Asks all questions; returns what is wrong, a line each."""
    wrong = []
    for kind, said, instead, keys in QUESTIONS:
        body = {'zone': ZONE, **days, **said, **more}
        seen = world.only(zone=body['zone'], where=instead.get('where'), subject=body.get('subject', 'person'))
        true = oracle_of(kind, body)(seen, {**body, **instead})
        told = told_rows(kind, asked(daemon, 'POST', f'/api/v1/analytics/{kind}', body), keys)
        wrong += [(kind, said, *difference) for difference in differences(kind, told, true)][:4]
        for key in rng.sample(sorted(true.people, key=str), min(DRILLED, len(true.people))):
            who = people_in(daemon, kind, body, cell_of(kind, body, key))
            if who != true.people[key]:
                wrong.append((kind, said, 'people of', key, sorted(who - true.people[key])[:5], sorted(true.people[key] - who)[:5]))
    return wrong


def check(daemon, rng, days, state):
    events, now = truth_of(daemon), time.time_ns() // 1000
    world = oracle.World(events, ZONE, now)
    wrong = [(state, *difference) for difference in compare(daemon, rng, world, days)]
    assert not wrong, (SEED, len(wrong), '\n'.join(map(str, wrong[:40])))
    return events, world


# --- states ---

def settle_columns(daemon):
    """Waits until all that can be is folded, into runs and then into columns; returns how many events columns have."""
    until = time.monotonic() + 30
    while True:
        metrics = daemon.ask('GET', '/metrics')[1]
        had, waiting = (int(re.search(rf'^kith_column_{name}(?:{{.*}})? (\d+)', metrics, re.M).group(1)) for name in ('events', 'waiting'))
        if had > 0 and waiting == 0:
            return had
        assert time.monotonic() < until, ('columns are never done', had, waiting)
        time.sleep(0.1)


def set_(daemon, name, value):
    asked(daemon, 'PUT', '/api/v1/settings', {'name': name, 'value': value})


def decide_by_hand(daemon, rng):
    """Merges, binds and splits, so that what is folded is somebody else's; then erases two, and returns the positions of their events."""
    people = [person for person in people_of(daemon) if person['identifiers']]
    rng.shuffle(people)
    def first_of(person):
        return {name: person['identifiers'][0][name] for name in ('type', 'ns', 'value') if name in person['identifiers'][0]}
    for one, other in zip(people[:24:2], people[1:24:2]):
        verb = rng.choice(['merge', 'merge', 'bind'])
        daemon.ask('POST', f'/api/v1/identity/{verb}', json.dumps({'ids': [first_of(one), first_of(other)], 'reason': REASON}).encode())
    merged = [person for person in people_of(daemon) if len(person['identifiers']) > 2]
    accepted = 0
    for person in rng.sample(merged, min(8, len(merged))):
        accepted += daemon.ask('POST', '/api/v1/identity/split', json.dumps({'ids': [first_of(person)], 'reason': REASON}).encode())[0] == 200
    assert accepted > 0, 'no split was accepted'
    gone = rng.sample(people_of(daemon), 2)
    positions = {event['position'] for person in gone for event in timeline_of(daemon, person)}
    for person in gone:
        asked(daemon, 'POST', f'/api/v1/people/id:{person["id"]}/erase', {'reason': REASON})
    return positions


def begin(folder, rng):
    """A daemon with the synthetic brand; returns it, the days of the world, and the busy people's events that come later."""
    code, words = kith('sim', folder / 'brand', '--people', PEOPLE, '--days', DAYS, '--seed', SEED)
    assert code == 0, words
    brand = (folder / 'brand' / 'events.ndjson').read_text().splitlines()
    first, last = (datetime.datetime.fromisoformat(json.loads(brand[at])['time']) for at in (0, -1))
    daemon = Daemon(folder / 'data')
    daemon.start()
    asking = ('--url', f'http://127.0.0.1:{daemon.port}', '--folder', daemon.folder)
    for words in (('import', folder / 'brand' / 'things.ndjson', '--things'), ('order', 'put', folder / 'brand' / 'orders.ndjson', '--import'),
                  ('import', folder / 'brand' / 'events.ndjson')):
        code, said = kith(*words, *asking)
        assert code == 0, said
    shoppers = list(shopper_events(rng, first.replace(hour=8)))
    rng.shuffle(shoppers)  # most are late
    monday = first.date() - datetime.timedelta(days=first.weekday())
    return daemon, {'from': (monday + datetime.timedelta(days=7)).isoformat(), 'until': (last.date() + datetime.timedelta(days=1)).isoformat()}, shoppers


def token_of_brand(daemon, brand):
    return asked(daemon, 'POST', '/api/v1/tokens', {'name': f'desk-{brand}', 'roles': ['read'], 'brands': [brand]})['secret']


@contextlib.contextmanager
def speaking_as(daemon, secret):
    admin, daemon.token = daemon.token, secret
    try:
        yield
    finally:
        daemon.token = admin


def check_scope(daemon, rng, days, events, world):
    """A token of a brand gets what there would be if only events of the brand, and of none, had ever come."""
    for brand in ('muchu', 'gujin'):
        seen = world.only(where=lambda event, brand=brand: event.get('brand') in (None, brand))
        with speaking_as(daemon, token_of_brand(daemon, brand)):
            wrong = compare(daemon, rng, seen, days)
        assert not wrong, (SEED, brand, len(wrong), '\n'.join(map(str, wrong[:40])))


def check_masked(daemon, rng, days, world):
    """A token that may not see personal data counts what others do, and nothing finds out by asking what is masked: numbers that are phones no more than texts."""
    calls = [event for event in world.events if oracle.value_of(event, 'called') is not None]
    def count_of(where):
        return asked(daemon, 'POST', '/api/v1/analytics/trend', {'zone': ZONE, **days, 'unit': 'year', 'where': where, 'series': ['*']})['totals'][0][0]
    start, end = world.range(days)
    inside = sum(start <= event['time'] < end for event in calls)
    some = oracle.value_of(calls[0], 'called')
    assert count_of('called >= 13000000000') == inside > 0
    secret = asked(daemon, 'POST', '/api/v1/tokens', {'name': 'masked', 'roles': ['read'], 'masked': True})['secret']
    with speaking_as(daemon, secret):
        wrong = compare(daemon, rng, world, days)
        assert count_of(f'called = {some}') == count_of('called >= 13000000000') == count_of(f'called in ({some}, {some + 1})') == 0
        assert count_of('called is known') == inside
    assert not wrong, (SEED, len(wrong), '\n'.join(map(str, wrong[:40])))


def check_people(daemon, rng, days, world):
    """A list of people: those and nobody else."""
    numbers = {person['id']: person['number'] for person in people_of(daemon)}
    listed = rng.sample(sorted(numbers), len(numbers) // 5)
    inside = {numbers[public] for public in listed}
    wrong = compare(daemon, rng, world.only(where=lambda event: event['person'] in inside), days, people=[f'id:{public}' for public in listed])
    assert not wrong, (SEED, len(wrong), '\n'.join(map(str, wrong[:40])))


def answers_are_what_the_definitions_say(folder):
    """Fresh, half folded, folded with late events, scoped, after acts by hand and erasures, and after a kill."""
    rng = random.Random(SEED)
    daemon, days, shoppers = begin(pathlib.Path(folder), rng)
    third = len(shoppers) // 3
    send(daemon, shoppers[:third])
    check(daemon, rng, days, 'fresh')
    set_(daemon, 'event.fold_events', 1)
    assert settle_columns(daemon) > 0
    send(daemon, shoppers[third:2 * third])
    settle_columns(daemon)
    check(daemon, rng, days, 'folded')
    set_(daemon, 'event.fold_events', 400000)
    send(daemon, shoppers[2 * third:])
    events, world = check(daemon, rng, days, 'half folded')
    check_scope(daemon, rng, days, events, world)
    check_masked(daemon, rng, days, world)
    check_people(daemon, rng, days, world)
    gone = decide_by_hand(daemon, rng)
    events, _ = check(daemon, rng, days, 'moved and erased')
    assert gone and not gone & {event['position'] for event in events}, 'erased people have events'
    daemon.stop(signal.SIGKILL)
    daemon.start()
    daemon.wait_ready()
    again, _ = check(daemon, rng, days, 'killed')
    assert again == events, 'other events after a kill'
    set_(daemon, 'event.fold_events', 1)
    settle_columns(daemon)
    check(daemon, rng, days, 'folded again')
    assert daemon.stop() == 0


def killed_while_it_folds_it_answers_the_same(folder):
    """The process dies at any moment of folding, with late events, merges and erasures in between: no event is told twice or missed."""
    rng = random.Random(SEED)
    daemon, days, shoppers = begin(pathlib.Path(folder), rng)
    set_(daemon, 'event.fold_events', 1)
    whole = {'from': '2020-01-01', 'until': '2030-01-01', 'unit': 'year', 'series': ['*', {'event': '*', 'measure': 'uniques'}]}
    for turn in range(KILLS):
        send(daemon, shoppers[len(shoppers) * turn // KILLS:len(shoppers) * (turn + 1) // KILLS])
        if turn == KILLS // 2:
            decide_by_hand(daemon, rng)
        time.sleep(rng.uniform(0, 0.3))
        daemon.stop(signal.SIGKILL)
        daemon.start()
        daemon.wait_ready()
        events = truth_of(daemon)
        [[count, _]] = asked(daemon, 'POST', '/api/v1/analytics/trend', whole)['totals']
        assert count == len(events), (SEED, turn, count, len(events))
    check(daemon, rng, days, 'killed again and again')
    settle_columns(daemon)
    check(daemon, rng, days, 'folded at last')
    assert daemon.stop() == 0


def merge_two(daemon, people):
    """So that rows of who moved are to be made anew, of all files: loading takes a moment."""
    ids = [{'type': 'user_id', 'value': f'shopper{people.pop()}'} for _ in range(2)]
    asked(daemon, 'POST', '/api/v1/identity/merge', {'ids': ids, 'reason': REASON})


def cancelled_at_any_moment_it_leaves_nothing(folder):
    """A question is cancelled while it waits, loads or is worked on, as chance has it, until some were in the middle of loading: it is gone, and who asks next is answered."""
    rng = random.Random(SEED)
    daemon, days, shoppers = begin(pathlib.Path(folder), rng)
    set_(daemon, 'event.fold_events', 1)
    send(daemon, shoppers)
    settle_columns(daemon)
    whole = {'from': '2020-01-01', 'until': '2030-01-01', 'unit': 'year', 'series': ['*']}
    [[count]] = asked(daemon, 'POST', '/api/v1/analytics/trend', whole)['totals']
    people, states, cancelled = list(range(SHOPPERS)), collections.Counter(), 0
    while len(people) > 2 and states['loading'] < LOADING_CANCELLED:
        merge_two(daemon, people)
        status, told = daemon.ask('POST', '/api/v1/analytics/trend?wait_ms=0', json.dumps(whole).encode())
        assert status == 202, told
        study = f'/api/v1/analytics/studies/{told["study"]}'
        status, told = daemon.ask('GET', f'{study}?wait_ms=0')
        states[told['state'] if status == 202 else 'answered'] += 1
        status, _ = daemon.ask('DELETE', study)
        assert status == (200 if 'state' in told else 404), (status, told)
        cancelled += status == 200
        assert daemon.ask('GET', study)[0] == 404
    assert states['loading'] == LOADING_CANCELLED, states
    assert asked(daemon, 'POST', '/api/v1/analytics/trend', whole)['totals'] == [[count]]
    check(daemon, rng, days, 'cancelled')
    ended = {end: int(number) for end, number in re.findall(r'^kith_questions_total{end="(\w+)"} (\d+)', daemon.ask('GET', '/metrics')[1], re.M)}
    assert 0 < ended['cancelled'] <= cancelled and ended['failed'] == 0, (ended, cancelled)
    assert daemon.stop() == 0


STORIES = [answers_are_what_the_definitions_say, killed_while_it_folds_it_answers_the_same, cancelled_at_any_moment_it_leaves_nothing]
