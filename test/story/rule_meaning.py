"""What rules say of people, from the definitions alone (docs/guide/expressions.md): what is asked of events is SQL over the events that were exported,
what is done with the answers is plain Python. Slow, and written without a look at the engine.

A rule is a tree as the guide's JSON has it. None is *unknown*. Numbers are fractions, times `Instant`s, texts and truths what Python has."""
import datetime
import fractions
import functools
import json
import operator
import re
import sqlite3
import statistics
import zoneinfo

from oracle import DAY, EPOCH, HOUR, MINUTE, SECOND, instant_of

UNITS = {'second': SECOND, 'minute': MINUTE, 'hour': HOUR, 'day': DAY, 'week': 7 * DAY}
FIELDS = ('brand', 'channel', 'shop', 'store', 'staff', 'touchpoint', 'campaign', 'order', 'conversation', 'group', 'source', 'actor', 'actor_id')
MILLION = 10**6  # numbers lie in the tables as whole millionths
SCHEMA = """
create table event (id integer primary key, person integer, name text, time integer, arrived integer);
create table value (event integer, path text, item integer, kind text, value);
create index event_of on event (person, name);
create index value_of on value (event, path);
"""


class Instant(int):
    """Microseconds since 1970 in UTC."""


# --- values ---

def kept(value):
    """(kind, what the table keeps)"""
    if isinstance(value, bool):
        return 'truth', int(value)
    if isinstance(value, Instant):
        return 'time', int(value)
    if isinstance(value, str):
        return 'text', value
    return 'number', int(fractions.Fraction(str(value)) * MILLION)


def told(kind, value):
    """What `kept` kept."""
    return {'truth': bool, 'time': Instant, 'text': str, 'number': lambda millionths: fractions.Fraction(millionths, MILLION)}[kind](value)


def leaves(path, value):
    """(path, value) of all that isn't an object or a list."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(f'{path}.{name}' if path else name, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(path, inner)
    elif value is not None:
        yield path, value


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


# --- comparisons ---

ORDERS = {'=': operator.eq, '<': operator.lt, '<=': operator.le, '>': operator.gt, '>=': operator.ge}
TEXT_TESTS = {'contains': lambda text, part: part in text, 'starts': str.startswith, 'ends': str.endswith,
              'matches': lambda text, pattern: re.search(pattern, text) is not None}
# How an instant stands to a span of time, from its begin until its end, that isn't in it any more.
DAY_ORDERS = {'=': lambda at, begin, end: begin <= at < end, '<': lambda at, begin, end: at < begin, '<=': lambda at, begin, end: at < end,
              '>': lambda at, begin, end: at >= end, '>=': lambda at, begin, end: at >= begin}


def comparable(value):
    """(what it can be compared with, what it is there)"""
    if isinstance(value, (bool, Instant)):
        return type(value), value
    if isinstance(value, str):
        return str, value.encode()  # by their bytes
    return fractions.Fraction, fractions.Fraction(str(value))


class Zone:
    """Days of a zone."""

    def __init__(self, name):
        self.zone = zoneinfo.ZoneInfo(name)

    def local(self, time):
        return (EPOCH + datetime.timedelta(microseconds=time)).astimezone(self.zone)

    def date(self, time):
        return self.local(time).date()

    def clocks(self, time):
        """(path, number of the item, value) of what clocks and calendars show then."""
        return ('time.hour', None, self.local(time).hour), ('time.weekday', None, self.local(time).isoweekday())

    def instant(self, local):
        return Instant((local.replace(tzinfo=self.zone).astimezone(datetime.timezone.utc) - EPOCH) // datetime.timedelta(microseconds=1))

    def back(self, time, count, unit):
        """So long before: days are those of the calendar, at the same time of day."""
        if unit != 'day':
            return Instant(time - count * UNITS[unit])
        return self.instant(self.local(time).replace(tzinfo=None) - datetime.timedelta(days=count))

    def midnight(self, date):
        return self.instant(datetime.datetime.combine(date, datetime.time()))

    def span_of(self, text):
        """(begin, end) of what a text says: a day, or one instant."""
        if len(text) == len('2026-11-01'):
            date = datetime.date.fromisoformat(text)
            return self.midnight(date), self.midnight(date + datetime.timedelta(days=1))
        said = datetime.datetime.fromisoformat(text)
        at = self.instant(said) if said.tzinfo is None else Instant(instant_of(text))
        return at, at + 1

    def holds(self, op, value, others):
        """Does a comparison of what is known hold?"""
        if op == '!=':
            return not self.holds('=', value, others)
        if op == 'in':
            return any(self.holds('=', value, [other]) for other in others)
        if op == 'between':
            return self.holds('>=', value, others[:1]) and self.holds('<=', value, others[1:])
        [other] = others
        if op in TEXT_TESTS:
            return isinstance(value, str) and TEXT_TESTS[op](value, other)
        if isinstance(value, Instant) and isinstance(other, str):
            return DAY_ORDERS[op](value, *self.span_of(other))
        (kind, one), (other_kind, two) = comparable(value), comparable(other)
        return kind is other_kind and ORDERS[op](one, two)


# --- the past ---

class Past:
    """All that happened. `orders` are documents as they are told, of whoever has them (orders_of). `events` in their total order, each with the number of its person or None, and its time as an instant (analytics.truth_of);
    `people` as they are exported. `draws`: each one's share; `positions`: what staff are."""

    def __init__(self, events, people, zone, orders=(), draws=None, positions=None):
        self.zone, self.events = Zone(zone), events
        self.people = [person['number'] for person in people]
        self.names = {person['number']: names_of(person) for person in people}
        self.relations = {person['number']: person.get('relations', []) for person in people}
        self.words, self.draws, self.positions = words_of(events), draws or {}, positions or {}
        self.base = sqlite3.connect(':memory:')
        self.base.executescript(SCHEMA)
        self.base.create_function('holds', 4, self.holds_in_sql, deterministic=True)
        self.base.create_function('day', 1, functools.cache(lambda time: self.zone.date(time).toordinal()), deterministic=True)
        for place, event in enumerate(events):
            self.base.execute('insert into event values (?, ?, ?, ?, ?)', (place, event['person'], event['event'], event['time'], instant_of(event['received_at'])))
            self.base.executemany('insert into value values (?, ?, ?, ?, ?)', ((place, path, item, *kept(value)) for path, item, value in (*values_of(event), *self.zone.clocks(event['time']))))
        for place, order in enumerate(sorted(orders, key=lambda order: order['time']), len(events)):
            self.base.execute('insert into event values (?, ?, ?, ?, ?)', (place, order['person'], ORDER, order['time'], 0))
            self.base.executemany('insert into value values (?, ?, ?, ?, ?)', ((place, path, item, *kept(value)) for path, item, value in (*values_of_order(order), *self.zone.clocks(order['time']))))

    def holds_in_sql(self, op, others, kind, value):
        return self.zone.holds(op, told(kind, value), json.loads(others))

    def rows(self, words):
        return self.base.execute(words).fetchall()


ORDER = 'order'  # the name of an order among events
HEAD = ('shop', 'brand', 'channel', 'store', 'campaign', 'till', 'seller', 'remark')
SUMS = ('net', 'gross', 'amount', 'refunded', 'discount', 'freight', 'list', 'lines')
STATES = ('created', 'paid', 'shipped', 'delivered', 'done', 'cancelled', 'closed')


def began(order):
    """The instant when an order was created, else when the first state was reached; None: none was."""
    states = {name: instant_of(time) for name, time in order['states'].items()}
    return states.get('created', min(states.values(), default=None))


def values_of_order(order):
    """The same of an order. `things` has what was known of each SKU: [(since when, category)], the newest last."""
    said, states = order['said'], order['said']['states']
    yield 'time', None, Instant(order['time'])
    yield 'state', None, next(state for state in reversed(STATES) if state in states)
    yield 'paid', None, any(state in states for state in ('paid', 'shipped', 'delivered', 'done'))
    yield 'refunds', None, sum('done' in refund['states'] for refund in said['refunds'])
    yield from ((name, None, said['sums'][name]) for name in SUMS)
    yield from ((name, None, said[name]) for name in HEAD if said.get(name) is not None)
    for number, line in enumerate(said['lines']):
        yield from ((f'item.{name}', number, line[name]) for name in ('sku', 'quantity', 'paid') if name in line)
        known = [category for since, category in order['things'].get(line.get('sku'), []) if since <= order['time']]
        if known:
            yield 'item.sku.category', number, known[-1]


def words_of(events):
    """{person: {identifier: [consents, the newest first]}}; such events name one identifier."""
    words = {}
    for event in reversed(events):
        for consent in event.get('consents', []) if event['person'] is not None else []:
            [one] = event['ids']
            words.setdefault(event['person'], {}).setdefault((one['type'], one['value']), []).append(consent)
    return words


def names_of(person):
    """{name: value} of what a person's names are: traits, and before these identifiers."""
    held = {one['type']: one['value'] for one in person.get('identifiers', []) if one['state'] == 'in_force'}
    return {**{trait['name']: trait['value'] for trait in person['traits']}, **held}


def values_of(event):
    """(path, number of the item, value) of all that a condition on one event may ask for."""
    yield 'event', None, event['event']
    yield 'time', None, Instant(event['time'])
    for path, value in leaves('', {**{field: event.get(field) for field in FIELDS}, **event.get('properties', {})}):
        yield path, None, value
    for number, item in enumerate(event.get('items', [])):
        for path, value in leaves('item', item):
            yield path, number, value


# --- one instant ---

AGGREGATES = {'count': 'count(*)', 'days': 'count(distinct day(e.time))', 'distinct': "count(distinct v.kind || ' ' || v.value)",
              'sum': 'sum(v.value)', 'avg': 'sum(v.value), count(*)', 'min': 'min(v.value)', 'max': 'max(v.value)', 'first': 'min(e.id)', 'last': 'max(e.id)',
              'median_gap': 'group_concat(distinct day(e.time))'}
OF_NOTHING = {'count': 0, 'days': 0, 'distinct': 0, 'sum': 0}  # the others are unknown
OF_NUMBERS = ('sum', 'avg', 'min', 'max')


def both(one, other):
    """`and` of three values."""
    return False if False in (one, other) else None if None in (one, other) else True


def median_gap(days):
    """Between days that follow each other; unknown of a single one."""
    gaps = [fractions.Fraction(later - earlier) for earlier, later in zip(days, days[1:])]
    return statistics.median(gaps) if gaps else None


def is_of_item(path):
    return path.startswith('item.')


def is_anniversary(date, text):
    """Does the day of a text, of a year or of none, come round?"""
    leap, day = '02-29', text[-len('02-29'):]
    return date.strftime('%m-%d') == day or (day == leap and date.strftime('%m-%d') == '02-28' and (date + datetime.timedelta(days=1)).day == 1)


def opposite(value):
    return None if value is None else not value


def months_back(date, months):
    """The same day so many months ago, or the last one of a shorter month."""
    month = date.year * 12 + date.month - 1 - months
    begin, behind = (datetime.date(of // 12, of % 12 + 1, 1) for of in (month, month + 1))
    return min(begin + datetime.timedelta(days=date.day - 1), behind - datetime.timedelta(days=1))


class Reading:
    """What rules say at an instant. `definitions` has the trees that `segment('…')` and `tag('…')` name.

    An event that came with a time that lay before it counts however old the instant is: so an instant shortly before the last event says what would be, had only the
    clock not gone on."""

    def __init__(self, past, now, definitions=()):
        self.past, self.zone, self.now, self.definitions = past, past.zone, now, dict(definitions)
        self.today, self.gathered = past.zone.date(now), {}

    # windows

    def window(self, tree):
        """(begin, end): from the first on, before the second; None: no end but the instant itself."""
        kind, days = tree['kind'], datetime.timedelta(days=1)
        if kind == 'within':
            return self.now - tree['count'] * UNITS[tree['unit']] + 1, None
        if kind == 'in last':
            return self.zone.midnight(self.back(tree['count'], tree['unit']) + days), None
        if kind == 'in this':
            month = {'quarter': (self.today.month - 1) // 3 * 3 + 1, 'year': 1}.get(tree['unit'], self.today.month)
            begin = self.today - days * self.today.weekday() if tree['unit'] == 'week' else self.today.replace(month=month, day=1)
            return self.zone.midnight(begin), None
        return (self.zone.span_of(tree['from'])[0] if 'from' in tree else 0,
                self.zone.span_of(tree['until'])[1 if kind == 'from' else 0] if 'until' in tree else None)

    def back(self, count, unit):
        if unit in ('day', 'week'):
            return self.today - datetime.timedelta(days=count * UNITS[unit] // DAY)
        return months_back(self.today, count * {'month': 1, 'year': 12}[unit])

    # conditions on one event, as SQL

    def on_event(self, tree, of, item=None):
        """Of an event, or of one of its items: `item` is what has its number."""
        op = tree['op']
        if op in ('and', 'or'):
            return '(' + f' {op} '.join(self.on_event(part, of, item) for part in tree['of']) + ')'
        if op == 'not':
            return f'(not {self.on_event(tree["of"][0], of, item)})'
        values = f'from value o where o.event = {of}.id and o.path = {quoted(tree["name"])}' + (f' and o.item = {item}' if item and is_of_item(tree['name']) else '')
        if op in ('is known', 'is unknown'):
            return f'({"not" if op == "is unknown" else ""} exists (select 1 {values}))'
        others = json.dumps(tree['values'] if 'values' in tree else [tree['value']], ensure_ascii=False)
        return f'(select max(holds({quoted(op)}, {quoted(others)}, o.kind, o.value)) {values})'

    def has_come(self, of):
        return f'{of}.time <= max({self.now}, {of}.arrived)'

    def which(self, tree, of='e', window=None, item=None):
        """The events that an aggregate or a step speaks of: those whose time has come."""
        named = f'{of}.name != {quoted(ORDER)}' if 'event' in tree['events'] else f'{of}.name in ({", ".join(map(quoted, tree["events"]))})'
        parts = [f'{of}.person is not null', named, self.has_come(of)]
        if window:
            begin, end = self.window(window)
            parts += [f'{of}.time >= {begin}', *([f'{of}.time < {end}'] if end is not None else [])]
        return ' and '.join(parts + ([self.on_event(tree['where'], of, item)] if 'where' in tree else []))

    # aggregates

    def gather(self, tree):
        """{person: value} of an aggregate."""
        op, path = tree['op'], tree.get('path')
        source = f'event e join value v on v.event = e.id and v.path = {quoted(path)}' if path else 'event e'
        which = self.which(tree, window=tree.get('window'), item='v.item' if path and is_of_item(path) else None) + (" and v.kind = 'number'" if op in OF_NUMBERS else '')
        if op == 'most_frequent':
            rows = self.past.rows(f'select e.person, v.kind, v.value, count(*), max(day(e.time)) from {source} where {which} group by 1, 2, 3')
            moves = (tree.get('window') or {}).get('kind') in ('in last', 'in this') or ORDER in tree['events']
            rows.sort(key=lambda row: (-row[3], -row[4] if moves else 0, row[1], comparable(row[2])[1]))  # of several, that of a later day where days are told apart, then the least
            return {person: told(kind, value) for person, kind, value, *_ in reversed(rows)}
        rows = self.past.rows(f'select e.person, {AGGREGATES[op]} from {source} where {which} group by e.person')
        if op in ('first', 'last'):
            return {person: self.of_event(event, tree['member']) for person, event in rows}
        if op == 'median_gap':
            return {person: median_gap(sorted(map(int, days.split(',')))) for person, days in rows}
        if op == 'avg':
            return {person: fractions.Fraction(total, MILLION * count) for person, total, count in rows}
        return {person: fractions.Fraction(number, MILLION if op in OF_NUMBERS else 1) for person, number in rows}

    def of_event(self, event, path):
        rows = self.past.rows(f'select kind, value from value where event = {event} and path = {quoted(path)}')
        return told(*rows[0]) if rows else None

    # sequences

    def did(self, tree):
        """Who did a sequence, or one step."""
        window, steps = tree.get('window'), tree['steps']
        if window and window['kind'] == 'in each of last':
            begins = [self.back(ago, window['unit']) for ago in range(window['count'] + 1)]  # each the day before
            spans = [{'kind': 'from', 'from': (begin + datetime.timedelta(days=1)).isoformat(), 'until': until.isoformat()} for until, begin in zip(begins, begins[1:])]
            return set.intersection(*(self.did({**tree, 'window': span}) for span in spans))
        if tree.get('first_time'):
            begin, end = self.window(window)
            rows = self.past.rows(f'select e.person, min(e.time) from event e where {self.which(steps[0])} group by e.person')
            return {person for person, time in rows if time >= begin and (end is None or time < end)}
        return {person for person, in self.past.rows(self.sequence(steps, tree.get('span'), window))}

    def sequence(self, steps, span, window):
        done = [at for at, step in enumerate(steps) if not step.get('no')]
        names = {at: f'e{at}' for at in done}
        parts = [self.which(steps[at], names[at], window) for at in done]
        parts += [f'{names[at]}.person = {names[before]}.person and {names[at]}.id > {names[before]}.id' for before, at in zip(done, done[1:])]
        ends = f'{names[0]}.time + {span["count"] * UNITS[span["unit"]]}' if span else None
        if ends:
            parts.append(f'{names[done[-1]]}.time <= {ends}')
        for at, step in enumerate(steps):
            if step.get('no'):
                before, behind = max(name for name in done if name < at), min((name for name in done if name > at), default=None)
                until = f'n.id < {names[behind]}.id' if behind else f'n.time <= {ends}' if ends else 'true'
                parts.append(f'not exists (select 1 from event n where n.person = {names[0]}.person and n.id > {names[before]}.id and {until} and {self.which(step, "n", window)})')
        if steps[-1].get('no') and ends:
            parts.append(f'{ends} <= {self.now}')  # before, it may still happen
        return f'select distinct {names[0]}.person from {", ".join(f"event {name}" for name in names.values())} where {" and ".join(parts)}'

    # terms and conditions of a person

    def known_of(self, tree, compute):
        key = json.dumps(tree, sort_keys=True)
        if key not in self.gathered:
            self.gathered[key] = compute(tree)
        return self.gathered[key]

    def value(self, tree, person):
        """What an expression is of a person."""
        if not isinstance(tree, dict):
            return tree if isinstance(tree, (str, bool, Instant)) else fractions.Fraction(str(tree))
        op = tree.get('op', 'name')
        if op in AGGREGATES or op == 'most_frequent':
            return self.known_of(tree, self.gather).get(person, OF_NOTHING.get(op))
        if op == 'did':
            return person in self.known_of(tree, self.did)
        return MEANINGS[op](self, tree, person)

    def named(self, tree, person):
        value = self.past.names[person].get(tree['name'])
        return None if value is None else self.value(value, person)

    def compared(self, tree, person):
        said = tree['values'] if 'values' in tree else [tree['value']] if 'value' in tree else []
        value, *others = [self.value(part, person) for part in ([{'name': tree['name']}] if 'name' in tree else tree['of']) + said]
        if tree['op'] in ('is known', 'is unknown'):
            return (value is None) == (tree['op'] == 'is unknown')
        return None if None in (value, *others) else self.zone.holds(tree['op'], value, others)

    def joined(self, tree, person):
        values = [self.condition(part, person) for part in tree['of']]
        if tree['op'] == 'and':
            return functools.reduce(both, values)
        return opposite(functools.reduce(both, map(opposite, values)))

    def calculated(self, tree, person):
        one, other = [self.value(part, person) for part in tree['of']]
        if one is None or other is None or (tree['op'] == '/' and other == 0):
            return None
        return {'+': operator.add, '-': operator.sub, '*': operator.mul, '/': operator.truediv}[tree['op']](one, other)

    def chosen(self, tree, person):
        parts = list(tree['of'])
        while len(parts) > 1:
            condition, term, *parts = parts
            if self.condition(condition, person):
                return self.value(term, person)
        return self.value(parts[0], person) if parts else None

    def during(self, tree, person):
        time, (begin, end) = self.value(tree['of'][0], person), self.window(tree['window'])
        return None if time is None else begin <= time <= self.now and (end is None or time < end)

    # what else is known of a person

    def is_related(self, kind, person, holds):
        """Is a relation open of which this holds?"""
        for relation in self.past.relations[person]:
            for period in relation['periods'] if relation['type'] == kind else []:
                begun, end = (time and Instant(instant_of(time)) for time in (period['begin'], period['end']))  # None: nobody said when; it is open
                if (begun is None or begun <= self.now) and (end is None or self.now < end) and holds(relation['to']['id'], begun):
                    return True
        return False

    def of_relation(self, tree, thing, begun):
        """A condition on what is at the other end."""
        if tree['op'] == 'and':
            return all(self.of_relation(part, thing, begun) for part in tree['of'])
        if tree['op'] == 'during':
            begin, end = self.window(tree['window'])
            return begun is not None and begin <= begun and (end is None or begun < end)
        value = thing if tree['name'] == 'id' else self.past.positions.get(thing)
        return value is not None and self.zone.holds(tree['op'], value, tree['values'] if 'values' in tree else [tree['value']])

    def consents(self, person, purpose, channel=None):
        """Of one identifier the newest word counts; of several one that withdrew wins. Of all channels also who withdrew for one speaks."""
        def is_about(word):
            return word['purpose'] == purpose and (word.get('channel') in (None, channel) or (channel is None and not word['given']))
        newest = [next((word for word in words if is_about(word)), None) for words in self.past.words.get(person, {}).values()]
        newest = [word for word in newest if word is not None]
        return all(word['given'] for word in newest) and any('until' not in word or self.now < instant_of(word['until']) for word in newest)

    def called(self, tree, person):
        words, arguments = tree['words'], tree['of']
        if words.startswith('has '):
            return self.is_related(words.removeprefix('has '), person, lambda thing, begun: self.of_relation(arguments[0], thing, begun))
        if words in ('friend of', 'owned by'):
            return self.is_related({'friend of': 'friend', 'owned by': 'owned_by'}[words], person, lambda thing, _: not arguments or thing in arguments)
        if words == 'consents':
            return self.consents(person, *arguments)
        [argument] = arguments
        if words == 'share':
            return self.past.draws[person]
        if words in ('segment', 'tag'):
            return self.value(self.definitions[argument], person)
        value = self.value(argument, person)
        if value is None:
            return None
        if words == 'days_since':
            return fractions.Fraction((self.today - self.zone.date(value)).days)
        ahead = next(days for days in range(367) if is_anniversary(self.today + datetime.timedelta(days=days), value))
        return fractions.Fraction(ahead)

    def condition(self, tree, person):
        """Where a condition is wanted, a tag with values holds when it has one."""
        value = self.value(tree, person)
        is_tag = isinstance(tree, dict) and tree.get('words') == 'tag'
        return value is not None if is_tag else value

    def members(self, tree):
        """The numbers of those of whom a condition holds."""
        return {person for person in self.past.people if self.condition(tree, person) is True}


MEANINGS = {
    **dict.fromkeys([*ORDERS, *TEXT_TESTS, '!=', 'in', 'between', 'is known', 'is unknown'], Reading.compared),
    **dict.fromkeys(['and', 'or'], Reading.joined), **dict.fromkeys('+-*/', Reading.calculated),
    'not': lambda reading, tree, person: opposite(reading.condition(tree['of'][0], person)),
    'ago': lambda reading, tree, person: reading.zone.back(reading.now, **tree['span']),
    'name': Reading.named, 'case': Reading.chosen, 'during': Reading.during, 'call': Reading.called,
}
