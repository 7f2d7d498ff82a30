"""Stories of rules about people: random ones over random histories, each answered once more from the definitions (rule_meaning.py)."""
import collections
import datetime
import json
import os
import pathlib
import random
import signal
import threading
import time
import zoneinfo

import rule_chance
import rule_meaning
from analytics import asked, people_of, settle_columns, truth_of
from daemon import Daemon
from oracle import MINUTE, SECOND, instant_of

SEED = int(os.environ.get('SEED', '1'))
CROWD = int(os.environ.get('CROWD', '30'))  # people
ACTS = int(os.environ.get('ACTS', '25'))  # events of one of them
CONDITIONS = int(os.environ.get('CONDITIONS', '150'))
RULES = int(os.environ.get('RULES', '40'))
ORDERS = int(os.environ.get('ORDERS', '40'))  # of the crowd
ZONES = ['Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe']  # the last two change their clocks, one of them by half an hour
SETTLED = 30  # seconds, at most
LATE = SECOND  # a rolling window may be left so much later
PAUSE = 5  # seconds: longer than short windows, and than what is dated ahead


def begin(folder, rng):
    """A daemon somewhere on earth, and a crowd there."""
    daemon, zone = Daemon(pathlib.Path(folder)), rng.choice(ZONES)
    daemon.start()
    asked(daemon, 'PUT', '/api/v1/calendars', {'of': 'workspace', 'zone': zone})
    return daemon, rule_chance.History(rng, CROWD, zoneinfo.ZoneInfo(zone))


def send(daemon, events):
    """Some come twice."""
    status, answer = daemon.send(events)
    assert status == 200 and answer['accepted'] + answer['duplicates'] == len(events), answer


def send_lines(daemon, path, lines):
    """Relations of somebody who wasn't seen yet aren't taken."""
    status, answer = daemon.ask('POST', path, '\n'.join(json.dumps(line, ensure_ascii=False) for line in lines).encode())
    unseen = sum('Nobody has this identifier' in fault['detail'] for fault in answer.get('faults', []))
    assert status == 200 and answer['accepted'] + unseen == len(lines), answer


def orders_of(daemon, people):
    """Each order that somebody has, as it is told, and whose it is; void ones, and such as reached no state, are none."""
    things = collections.defaultdict(list)
    for line in daemon.ask('GET', '/api/v1/export/things?kind=sku')[1].splitlines():
        thing = json.loads(line)
        if 'category' in thing.get('attributes', {}):
            things[thing['id']].append((instant_of(thing['time']), thing['attributes']['category']))
    for of_one in things.values():
        of_one.sort()
    for person in people:
        for order in asked(daemon, 'GET', f'/api/v1/people/id:{person["id"]}/orders?limit=100')['orders']:
            said = asked(daemon, 'GET', f'/api/v1/orders/{order["shop"]}/{order["number"]}')
            if not said['void'] and rule_meaning.began(said) is not None:
                yield {'person': person['number'], 'time': rule_meaning.began(said), 'said': said, 'things': things}


def say_all_names(daemon, history):
    """So that rules may ask for them: properties are known from when on they are in columns. Half of what happens is in them, too."""
    now = datetime.datetime.now(history.zone)
    send_lines(daemon, '/api/v1/things', rule_chance.categories(now) + rule_chance.staff(now))
    send_lines(daemon, '/api/v1/orders', history.orders(ORDERS, ORDERS))
    asked(daemon, 'PUT', '/api/v1/settings', {'name': 'event.fold_events', 'value': 1})
    send(daemon, rule_chance.warm_up() + history.events(CROWD * ACTS // 2) + history.consents(CROWD))
    send_lines(daemon, '/api/v1/relations', history.relations(CROWD))
    settle_columns(daemon)
    asked(daemon, 'PUT', '/api/v1/settings', {'name': 'event.fold_events', 'value': 400000})


# --- the oracle itself ---

NOW = '2026-11-22T12:00:00+08:00'
HERE = zoneinfo.ZoneInfo('Asia/Shanghai')
PAST = [  # (person, day of November or a whole time, event, more)
    (1, '01T09:00', 'page_viewed', {'channel': 'web', 'properties': {'amount': 5}}),
    (1, '20T23:59:59.999999', 'page_viewed', {'channel': 'app', 'properties': {'amount': 0.1}}),
    (1, '21T00:00', 'cart_added', {'items': [{'sku': 'a', 'price': 2}, {'sku': 'b', 'price': 3}]}),
    (1, '22T11:00', 'bought', {'properties': {'amount': 0.2}}),
    (2, '22T11:30', 'cart_added', {'items': [{'sku': 'b'}]}),
    (2, '22T11:59:58', 'page_viewed', {'channel': '小程序', 'ids': [{'type': 'user_id', 'value': 'u2'}], 'consents': [{'purpose': 'marketing', 'channel': 'sms', 'given': True}]}),
    (3, '22T12:00:01', 'page_viewed', {}),  # not yet
    (None, '22T11:00', 'page_viewed', {}),
]
PAGES = {'events': ['page_viewed']}
FRIENDS = [{'type': 'friend', 'to': {'id': 'G1'}, 'periods': [{'begin': '2026-11-21T09:00:00+08:00', 'end': None}]},
           {'type': 'friend', 'to': {'id': 'G2'}, 'periods': [{'begin': None, 'end': '2026-11-21T09:00:00+08:00'}]}]


def count_of(events='page_viewed', op='count', **more):
    return {'op': op, 'events': [events], **more}


def did(*steps, **more):
    return {'op': 'did', 'steps': [{'events': [step.removeprefix('no ')], **({'no': True} if step.startswith('no ') else {})} for step in steps], **more}


def within(count, unit):
    return {'kind': 'within', 'count': count, 'unit': unit}


def last_of(count, unit='day'):
    return {'kind': 'in last', 'count': count, 'unit': unit}


def of_events(op, value, name='channel'):
    return count_of(where={'op': op, 'name': name, 'value': value})


# An expression, its text, and what it is of people 1 and 2.
EXAMPLES = [
    (count_of(), 'count(page_viewed)', 2, 1),
    (count_of(window=last_of(3)), 'count(page_viewed in last 3 days)', 1, 1),
    (count_of(window=last_of(2)), 'count(page_viewed in last 2 days)', 0, 1),
    (count_of(window=last_of(3, 'week')), 'count(page_viewed in last 3 weeks)', 1, 1),
    (count_of(window=last_of(1, 'month')), 'count(page_viewed in last 1 month)', 2, 1),
    (count_of(window={'kind': 'in this', 'unit': 'week'}), 'count(page_viewed in this week)', 1, 1),
    (count_of(window=within(2, 'second')), 'count(page_viewed within 2 seconds)', 0, 0),
    (count_of(window=within(3, 'second')), 'count(page_viewed within 3 seconds)', 0, 1),
    (count_of(window={'kind': 'from', 'from': '2026-11-01', 'until': '2026-11-20'}), "count(page_viewed from '2026-11-01' to '2026-11-20')", 2, 0),
    (count_of(window={'kind': 'before', 'until': '2026-11-20'}), "count(page_viewed before '2026-11-20')", 1, 0),
    (count_of(window={'kind': 'since', 'from': '2026-11-20'}), "count(page_viewed since '2026-11-20')", 1, 1),
    (of_events('=', 'web'), "count(page_viewed where channel = 'web')", 1, 0),
    (of_events('!=', 'web'), "count(page_viewed where channel != 'web')", 1, 1),
    (of_events('!=', 'a', 'item.sku'), "count(page_viewed where item.sku != 'a')", 0, 0),
    (count_of('cart_added', where={'op': '!=', 'name': 'item.sku', 'value': 'a'}), "count(cart_added where item.sku != 'a')", 1, 1),
    (count_of('cart_added', where={'op': 'not', 'of': [{'op': '=', 'name': 'item.sku', 'value': 'a'}]}), "count(cart_added where not (item.sku = 'a'))", 0, 1),
    (count_of(where={'op': 'not', 'of': [{'op': '>', 'name': 'amount', 'value': 1}]}), 'count(page_viewed where not (amount > 1))', 1, 0),
    (of_events('<=', '2026-11-20', 'time'), "count(page_viewed where time <= '2026-11-20')", 2, 0),
    (of_events('>', '2026-11-20', 'time'), "count(page_viewed where time > '2026-11-20')", 0, 1),
    (of_events('>', 'w', 'amount'), "count(page_viewed where amount > 'w')", 0, 0),
    ({'op': '=', 'of': [count_of(op='sum', path='amount'), 5.1]}, 'sum(page_viewed.amount) = 5.1', True, False),
    ({'op': '=', 'of': [{'op': 'sum', 'events': ['page_viewed', 'bought'], 'path': 'amount'}, 5.3]}, 'sum((page_viewed or bought).amount) = 5.3', True, False),
    (count_of(op='avg', path='amount'), 'avg(page_viewed.amount)', rule_meaning.fractions.Fraction('2.55'), None),
    (count_of('cart_added', 'max', path='item.price'), 'max(cart_added.item.price)', 3, None),
    ({**count_of('cart_added', 'sum', path='item.price'), 'where': {'op': '!=', 'name': 'item.sku', 'value': 'a'}}, "sum(cart_added.item.price where item.sku != 'a')", 3, 0),
    (count_of('event', where={'op': 'is unknown', 'name': 'channel'}), 'count(event where channel is unknown)', 2, 1),
    (did('page_viewed', window={'kind': 'in each of last', 'count': 3, 'unit': 'week'}), 'did(page_viewed in each of last 3 weeks)', False, False),
    (did('event', window={'kind': 'in each of last', 'count': 1, 'unit': 'month'}), 'did(event in each of last 1 month)', True, True),
    (count_of('cart_added', 'distinct', path='item.sku'), 'distinct(cart_added.item.sku)', 2, 1),
    (count_of(op='days'), 'days(page_viewed)', 2, 1),
    (count_of(op='median_gap'), 'median_gap(page_viewed)', 19, None),
    (count_of('event', 'median_gap'), 'median_gap(event)', 1, None),
    (of_events('>=', 12, 'time.hour'), 'count(page_viewed where time.hour >= 12)', 1, 0),
    (of_events('=', 7, 'time.weekday'), 'count(page_viewed where time.weekday = 7)', 1, 1),
    (count_of('event', 'most_frequent', path='time.hour'), 'most_frequent(event.time.hour)', 0, 11),
    (count_of(op='first', member='channel'), 'first(page_viewed).channel', 'web', '小程序'),
    (count_of(op='last', member='amount'), 'last(page_viewed).amount', rule_meaning.fractions.Fraction('0.1'), None),
    (count_of(op='most_frequent', path='channel'), 'most_frequent(page_viewed.channel)', 'app', '小程序'),  # as often, but on a later day
    (did('page_viewed', 'cart_added'), 'did(page_viewed then cart_added)', True, False),
    (did('cart_added', 'no bought'), 'did(cart_added then no bought)', False, True),
    (did('cart_added', 'no bought', span={'count': 2, 'unit': 'hour'}), 'did(cart_added then no bought within 2 hours)', True, False),
    (did('cart_added', 'no bought', span={'count': 30, 'unit': 'minute'}), 'did(cart_added then no bought within 30 minutes)', True, True),
    (did('page_viewed', 'no cart_added', 'bought'), 'did(page_viewed then no cart_added then bought)', False, False),
    (did('page_viewed', 'bought', span={'count': 36, 'unit': 'hour'}), 'did(page_viewed then bought within 36 hours)', True, False),
    (did('page_viewed', 'bought', span={'count': 35, 'unit': 'hour'}), 'did(page_viewed then bought within 35 hours)', False, False),
    (did('page_viewed', 'page_viewed', window=last_of(3)), 'did(page_viewed then page_viewed in last 3 days)', False, False),
    (did('page_viewed', first_time=True, window=last_of(3)), 'did(page_viewed for the first time in last 3 days)', False, True),
    (did('cart_added', window={'kind': 'in each of last', 'count': 2, 'unit': 'day'}), 'did(cart_added in each of last 2 days)', False, False),
    ({'op': '=', 'name': 'city', 'value': '上海'}, "city = '上海'", True, None),
    ({'op': 'not', 'of': [{'op': '=', 'name': 'city', 'value': '上海'}]}, "not (city = '上海')", False, None),
    ({'op': 'or', 'of': [{'op': '=', 'name': 'city', 'value': '上海'}, did('cart_added')]}, "(city = '上海' or did(cart_added))", True, True),
    ({'op': 'is unknown', 'name': 'city'}, 'city is unknown', False, True),
    ({'op': 'call', 'words': 'until_anniversary', 'of': [{'name': 'birthday'}]}, 'until_anniversary(birthday)', 0, 364),
    ({'op': 'call', 'words': 'days_since', 'of': [count_of(op='last', member='time')]}, 'days_since(last(page_viewed).time)', 2, 0),
    ({'op': '>', 'of': [count_of(op='last', member='time'), {'op': 'ago', 'span': {'count': 2, 'unit': 'second'}}]}, 'last(page_viewed).time > ago(2 seconds)', False, False),
    ({'op': '/', 'of': [count_of('bought'), count_of('cart_added')]}, '(count(bought) / count(cart_added))', 1, 0),
    ({'op': '/', 'of': [1, count_of('bought')]}, '(1 / count(bought))', 1, None),
    ({'op': 'case', 'of': [{'op': '=', 'name': 'city', 'value': '上海'}, '是', '否']}, "case when city = '上海' then '是' else '否' end", '是', '否'),
    (did('page_viewed', 'no cart_added', window={'kind': 'from', 'from': '2026-11-20', 'until': '2026-11-20'}), "did(page_viewed then no cart_added from '2026-11-20' to '2026-11-20')", True, False),
    (did('page_viewed', 'cart_added', window={'kind': 'from', 'from': '2026-11-20', 'until': '2026-11-21'}), "did(page_viewed then cart_added from '2026-11-20' to '2026-11-21')", True, False),
    (did('page_viewed', 'cart_added', window={'kind': 'before', 'until': '2026-11-21'}), "did(page_viewed then cart_added before '2026-11-21')", False, False),
    ({'op': 'call', 'words': 'friend of', 'of': []}, 'friend of()', True, False),
    ({'op': 'call', 'words': 'friend of', 'of': ['G2']}, "friend of('G2')", False, False),
    ({'op': 'call', 'words': 'has friend', 'of': [{'op': '=', 'name': 'staff.position', 'value': '店长'}]}, "has friend(staff.position = '店长')", True, False),
    ({'op': 'call', 'words': 'has friend', 'of': [{'op': 'during', 'of': [{'name': 'begun'}], 'window': last_of(1)}]}, 'has friend(begun in last 1 day)', False, False),
    ({'op': 'call', 'words': 'consents', 'of': ['marketing', 'sms']}, "consents('marketing', 'sms')", False, True),
    ({'op': 'call', 'words': 'consents', 'of': ['marketing']}, "consents('marketing')", False, False),
    ({'op': '<', 'of': [{'op': 'call', 'words': 'share', 'of': ['draw']}, 0.5]}, "share('draw') < 0.5", True, False),
    ({'op': 'not', 'of': [{'op': 'call', 'words': 'segment', 'of': ['x']}]}, "not (segment('x'))", False, None),
]


def the_oracle_says_what_examples_say(_):
    """Written by hand, so that an error in what rules are compared with is seen here."""
    events = [{'person': person, 'time': instant_of(f'2026-11-{at}+08:00'), 'received_at': NOW, 'event': name, **more} for person, at, name, more in PAST]
    people = [{'number': number, 'traits': [{'name': name, 'value': value} for name, value in traits.items()]}
              for number, traits in ((1, {'city': '上海', 'birthday': '1990-11-22'}), (2, {'birthday': '2001-11-21'}))]
    people[0]['relations'] = FRIENDS
    draws = {1: rule_meaning.fractions.Fraction('0.4'), 2: rule_meaning.fractions.Fraction('0.5')}
    past = rule_meaning.Past(sorted(events, key=lambda event: event['time']), people, 'Asia/Shanghai', draws=draws, positions=rule_chance.STAFF)
    reading = rule_meaning.Reading(past, instant_of(NOW), {'x': {'op': '=', 'name': 'city', 'value': '上海'}})
    for tree, text, *wanted in EXAMPLES:
        assert rule_chance.text_of(tree) == text, rule_chance.text_of(tree)
        assert [reading.value(tree, person) for person in (1, 2)] == wanted, (text, [reading.value(tree, person) for person in (1, 2)], wanted)
    later = rule_meaning.Reading(past, instant_of(NOW) + 30 * MINUTE)
    assert later.value(did('cart_added', 'no bought', span={'count': 1, 'unit': 'hour'}), 2) is True


# --- conditions on one event ---

def conditions_hold_of_the_same_events(folder):
    """The property part, through questions: fresh events and folded ones. Each condition is written as people write it, and with other keyboards."""
    rng = random.Random(SEED)
    daemon, history = begin(folder, rng)
    zone = history.zone.key
    say_all_names(daemon, history)
    send(daemon, history.events(CROWD * ACTS // 2))
    time.sleep(max(0, max(datetime.datetime.fromisoformat(event['time']).timestamp() for event in history.sent) - time.time()))
    past = rule_meaning.Past(truth_of(daemon), people_of(daemon), zone)
    today, holding = datetime.datetime.now(history.zone).date(), 0
    for _ in range(CONDITIONS):
        tree = rule_chance.event_condition(rng, today)
        text = rule_chance.spelled(rng, rule_chance.text_of(tree))
        question = {'from': '2020-01-01', 'until': '2030-01-01', 'unit': 'year', 'zone': zone, 'where': text, 'series': ['*', {'event': '*', 'measure': 'uniques'}]}
        [[count, people]] = asked(daemon, 'POST', '/api/v1/analytics/trend', question)['totals']
        held = past.rows(f'select e.id, e.person from event e where {rule_meaning.Reading(past, 0).on_event(tree, "e")}')
        whose = {person for _, person in held} - {None}  # an order that nobody owns is told, and is nobody's
        assert (count, people) == (len(held), len(whose)), (SEED, text, count, people, len(held), [past.events[at] for at, _ in held[:3]])
        holding += 0 < count < len(past.events)
    assert holding > CONDITIONS // 2, f'only {holding} conditions say anything'
    assert daemon.stop() == 0


# --- rules, live ---

class Audience:
    """Segments and tags of a daemon, and what they should be."""

    def __init__(self, daemon, rng, zone):
        self.daemon, self.rng, self.zone, self.trees, self.draws = daemon, rng, zone.key, {}, {}
        asked(daemon, 'PUT', '/api/v1/tags', {'name': rule_chance.DRAW, 'text': f"share('{rule_chance.DRAW}')"})
        self.rules = rule_chance.Rules(rng, datetime.datetime.now(zone).date())

    def save(self, kind, name):
        """A new one, or another in its place: as text, or as JSON. One that names itself by way of others is refused, and nothing changes."""
        is_number = self.rules.tags.get(name, self.rng.random() < 0.5)
        tree = self.rules.rule() if kind == 'segments' else self.rules.valued(is_number)
        text = rule_chance.spelled(self.rng, rule_chance.text_of(tree))
        said = tree if self.rng.random() < 0.3 else text
        status, answer = self.daemon.ask('PUT', f'/api/v1/{kind}', json.dumps({'name': name, 'text': said}, ensure_ascii=False).encode())
        assert status in (200, 400), (SEED, text, answer)
        if status == 400:
            assert 'that is a circle' in answer['detail'], (SEED, text, answer)
            return
        self.trees[kind, name] = tree
        if kind == 'segments':
            self.rules.others = sorted({*self.rules.others, name})
        else:
            self.rules.tags[name] = is_number

    def save_all(self, name, count):
        for number in range(count):
            self.save('tags' if number % 4 == 3 else 'segments', f'{name}{number}')
        self.settle()

    def settle(self):
        """When all that was saved is in force."""
        until = time.monotonic() + SETTLED
        while True:
            waiting = {kind: [one['name'] for one in asked(self.daemon, 'GET', f'/api/v1/{kind}')[kind] if one['state'] != 'in_force'] for kind in ('segments', 'tags')}
            if not any(waiting.values()):
                return
            assert time.monotonic() < until, ('never in force', waiting)
            time.sleep(0.05)

    def of_person(self, person):
        """{(kind, name): value} of one, when nothing of theirs is pending."""
        until = time.monotonic() + SETTLED
        while (answer := asked(self.daemon, 'GET', f'/api/v1/people/id:{person["id"]}/segments'))['pending']:
            assert time.monotonic() < until, ('pending for ever', person)
            time.sleep(0.02)
        return {**{('segments', one['name']): True for one in answer['segments']}, **{('tags', one['name']): one['value'] for one in answer['tags']}}

    def members(self, name):
        people, after = set(), ''
        while after is not None:
            page = asked(self.daemon, 'GET', f'/api/v1/segments/{name}/people?limit=100{after}')
            people |= {person['number'] for person in page['people']}
            after = f'&after={page["next"]}' if page['next'] else None
        return people

    def told(self, people):
        """{person: {(kind, name): value}} of everybody."""
        return {person['number']: self.of_person(person) for person in people}

    def past(self, people, told):
        return rule_meaning.Past(truth_of(self.daemon), people, self.zone, orders_of(self.daemon, people), self.draws_of(told, people), rule_chance.STAFF)

    def named(self):
        return {name: tree for (_, name), tree in self.trees.items()}

    def draws_of(self, told, people):
        """{person: share}: from 0 to below 1, of one person always the same."""
        draws = {person['number']: told[person['number']].get(('tags', rule_chance.DRAW)) for person in people}
        for person in people:
            draw = draws[person['number']]
            assert draw is not None and 0 <= draw < 1 and self.draws.setdefault(person['id'], draw) == draw, (person['id'], draw, self.draws.get(person['id']))
        assert len(set(draws.values())) > len(people) // 2, draws
        return {number: rule_meaning.fractions.Fraction(str(draw)) for number, draw in draws.items()}

    def check(self, state):
        """Everybody, every rule, asked of the person and of the segment. While it is asked, time may turn a rule: both answers are right then."""
        people, began = people_of(self.daemon), now_us()
        told = self.told(people)
        sets = {name: self.members(name) for kind, name in self.trees if kind == 'segments'}
        ended = now_us()
        past, named = self.past(people, told), self.named()
        readings = [rule_meaning.Reading(past, at, named) for at in (began - LATE, began, ended)]
        wrong, holding = [], collections.Counter()
        for (kind, name), tree in self.trees.items():
            for number in past.people:
                true = [(reading.condition if kind == 'segments' else reading.value)(tree, number) for reading in readings]
                holding[name] += true[-1] not in (None, False)
                answers = [told[number].get((kind, name)), *([number in sets[name]] if kind == 'segments' else [])]
                if not all(is_told(kind, answer, true) for answer in answers):
                    wrong.append((kind, name, rule_chance.text_of(tree), number, answers, list(map(str, true)), [event for event in past.events if event['person'] == number]))
        if wrong:
            rules = sorted({(name, text) for _, name, text, *_ in wrong})
            lines = [*(f'{name}: {text}' for name, text in rules), *(f'{name} of person {number}: told {answers}, true {true}' for _, name, _, number, answers, true, _ in wrong[:20]),
                     *(json.dumps(event, ensure_ascii=False) for event in wrong[0][-1])]
            raise AssertionError(f'{state}, SEED={SEED}: {len(wrong)} differences of {len(rules)} rules\n' + '\n'.join(lines))
        return sum(0 < count < len(past.people) for count in holding.values())


def now_us():
    return time.time_ns() // 1000


def is_told(kind, answer, true):
    """Is an answer one of those that are right?"""
    if kind == 'segments':
        return bool(answer) in [value is True for value in true]
    return any(answer == value if value is None or answer is None or isinstance(value, (str, bool)) else abs(answer - value) <= 1e-6 for value in true)


def decide_by_hand(daemon, rng):
    """Merges and splits; how many of each were accepted."""
    accepted = collections.Counter()
    def decide(verb, *people):
        ids = [{name: value for name, value in rng.choice(person['identifiers']).items() if name in ('type', 'ns', 'value')} for person in people]
        accepted[verb] += daemon.ask('POST', f'/api/v1/identity/{verb}', json.dumps({'ids': ids, 'reason': 'oracle'}).encode())[0] == 200
    people = people_of(daemon)
    for _ in range(4):
        decide('merge', *rng.sample(people, 2))
    for person in [person for person in people_of(daemon) if len(person['identifiers']) > 1][:6]:
        decide('split', person)
    assert accepted['merge'] and accepted['split'], accepted
    for _ in range(6):
        number, person = rng.randrange(ORDERS), rng.choice(people)
        to = next(one for one in person['identifiers'] if 'ns' not in one or one['ns'] is None)
        accepted['reassign'] += daemon.ask('POST', f'/api/v1/orders/shop/{number}/reassign', json.dumps({'to': f'{to["type"]}:{to["value"]}', 'reason': 'oracle'}).encode())[0] == 200
    for number in rng.sample(range(ORDERS), 3):
        accepted['void'] += daemon.ask('POST', f'/api/v1/orders/shop/{number}/void', b'{"reason":"oracle"}')[0] == 200
    assert accepted['reassign'] and accepted['void'], accepted


def edit_under_traffic(audience, history):
    """Some rules become others while people go on; each answers all the time."""
    over = threading.Event()
    def go_on():
        while not over.is_set():
            send(audience.daemon, history.events(10))
    traffic = threading.Thread(target=go_on)
    traffic.start()
    try:
        for kind, name in audience.rng.sample(sorted(audience.trees), len(audience.trees) // 3):
            audience.save(kind, name)
            assert asked(audience.daemon, 'GET', f'/api/v1/{kind}/{name}')['answers']
        audience.settle()
    finally:
        over.set()
        traffic.join()


def rules_hold_of_the_same_people(folder):
    """Live, after late events, merges, splits and a kill, saved before and after what happened, edited under traffic, and as time goes on."""
    rng = random.Random(SEED)
    daemon, history = begin(folder, rng)
    audience = Audience(daemon, rng, history.zone)
    say_all_names(daemon, history)
    audience.save_all('before', RULES // 2)
    for part in range(4):  # each has late ones
        send(daemon, history.events(CROWD * ACTS // 4) + history.consents(CROWD // 2))
        send_lines(daemon, '/api/v1/relations', history.relations(CROWD // 2))
        send_lines(daemon, '/api/v1/orders', history.orders(ORDERS // 2, ORDERS))
        audience.check(f'live, part {part}')
    decide_by_hand(daemon, rng)
    audience.check('merged and split')
    daemon.stop(signal.SIGKILL)
    daemon.start()
    daemon.wait_ready()
    audience.check('killed')
    audience.save_all('after', RULES // 2)
    audience.check('saved afterwards')
    edit_under_traffic(audience, rule_chance.History(random.Random(SEED), CROWD, history.zone, 'traffic'))
    audience.check('edited')
    decide_by_hand(daemon, rng)
    time.sleep(PAUSE)
    telling = audience.check('time has passed')
    assert telling > RULES // 3, f'only {telling} rules say anything'
    assert daemon.stop() == 0


STORIES = [the_oracle_says_what_examples_say, conditions_hold_of_the_same_events, rules_hold_of_the_same_people]
