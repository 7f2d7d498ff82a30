"""Rules and histories by chance: trees as the guide's JSON has them, the text that says the same, and the events of a small crowd."""
import datetime
import re

KEYWORDS = ('or and not between in contains starts ends matches is known unknown true false case when then else end now today where within since before').split()

EVENTS = ['page_viewed', 'product_viewed', 'cart_added', 'coupon_used', 'app_opened', '到店试穿', 'then']
TEXTS = {'channel': ['web', 'app', '小程序', '門店'], 'page': ['/', '/双11/主会场', '/雙十一', "/it's", '/sale?x=1'], '备注': ['好看😀', '尺码偏大', '鑽石會員👩‍👧', 'ok'],
         'utm-source': ['wx', 'dy', '小红书'], 'address.city': ['上海', '北京', '臺北'], 'labels': ['新品', '清仓', '🔥'],
         'item.sku': ['s1', 's2', 'S3', '裙-4'], 'item.category': ['裙装', '上衣', '鞋靴'], 'grade': ['a', 'b']}
NUMBERS = {'amount': 100, 'quantity': 1, 'item.price': 100, 'grade': 1}  # how many parts a whole one has
ALL_OF_THEM = ('labels', 'item.sku', 'item.category', 'item.price')  # an event may have several
FAVOURITES, HOUR = ('item.category', 'channel', 'page'), 'time.hour'
TRAITS = {'city': ['上海', '杭州', '臺北', '🏙'], 'level': ['金卡', '銀卡', '普通']}
ORDER_TEXTS = {'channel': ['web', 'tmall', '小程序'], 'store': ['S1', 'S2'], 'state': ['created', 'paid', 'done', 'cancelled'], 'item.sku': ['s1', 's2', 'S3'], 'item.sku.category': ['裙装', '上衣']}
ORDER_NUMBERS = {'net': 100, 'gross': 100, 'refunded': 100, 'lines': 1, 'refunds': 1, 'item.paid': 100, 'item.quantity': 1}
SKUS = ORDER_TEXTS['item.sku']
STAFF = {'G1': '店长', 'G2': '导购', '小美': '导购'}  # and what they are, each
RELATION_TYPES = {'friend': 'friend of', 'owned_by': 'owned by'}  # and how rules ask for them by id
DRAW = 'draw'  # the tag that says each person's share
GREATEST = 60
WARM = 'warm'  # the user who says every name once, before anything else


def any_number(rng, parts):
    return rng.randrange(GREATEST * parts) / parts if parts > 1 else rng.randrange(GREATEST)


# --- conditions on one event ---

def text_test(rng, name, values):
    value = rng.choice(values)
    op = rng.choice(['=', '=', '!=', 'in', 'contains', 'starts', 'ends', 'matches', '<', 'between'])
    if op == 'in':
        return {'op': op, 'name': name, 'values': rng.sample(values, rng.randrange(1, len(values)))}
    if op == 'between':
        return {'op': op, 'name': name, 'values': sorted(rng.sample(values, 2), key=str.encode)}
    piece = {'contains': value[1:] or value, 'starts': value[:2], 'ends': value[-2:], 'matches': rng.choice(['^.[1-9]', '装$', '[a-c]', '金|上'])}
    return {'op': op, 'name': name, 'value': piece.get(op, value)}


def number_test(rng, name, parts):
    op = rng.choice(['=', '!=', '<', '<=', '>', '>=', 'between', 'in'])
    values = sorted({any_number(rng, parts) for _ in range(4)})
    return {'op': op, 'name': name, **({'values': [values[0], values[-1]] if op == 'between' else values} if op in ('between', 'in') else {'value': values[0]})}


def clock_test(rng):
    """One comparison with what clocks showed."""
    if rng.random() < 0.3:
        return {'op': rng.choice(['=', '!=', '>=']), 'name': 'time.weekday', 'value': rng.randrange(1, 8)}
    return {'op': rng.choice(['<', '>=', '!=']), 'name': HOUR, 'value': rng.randrange(24)}


def any_test(rng, day):
    """One comparison."""
    chance = rng.random()
    if chance < 0.45:
        return text_test(rng, *rng.choice(sorted(TEXTS.items())))
    if chance < 0.7:
        return number_test(rng, *rng.choice(sorted(NUMBERS.items())))
    if chance < 0.77:
        return clock_test(rng)
    if chance < 0.85:
        return {'op': rng.choice(['is known', 'is unknown']), 'name': rng.choice([*TEXTS, *NUMBERS])}
    if chance < 0.9:
        return {'op': rng.choice(['=', '!=']), 'name': 'flag', 'value': rng.random() < 0.5}
    if chance < 0.95:
        return {'op': rng.choice(['=', '!=']), 'name': 'event', 'value': rng.choice(EVENTS)}
    return {'op': rng.choice(['<', '<=', '>', '>=']), 'name': 'time', 'value': (day - datetime.timedelta(days=rng.randrange(20))).isoformat()}


def joined(rng, part, depth):
    """Parts under `and`, `or` and `not`."""
    chance = rng.random()
    if depth == 0 or chance < 0.4:
        return part()
    if chance < 0.55:
        return {'op': 'not', 'of': [joined(rng, part, depth - 1)]}
    return {'op': rng.choice(['and', 'or']), 'of': [joined(rng, part, depth - 1) for _ in range(rng.choice([2, 2, 3]))]}


def event_condition(rng, day):
    return joined(rng, lambda: any_test(rng, day), 2)


def order_test(rng):
    """One comparison on an order."""
    chance = rng.random()
    if chance < 0.55:
        return text_test(rng, *rng.choice(sorted(ORDER_TEXTS.items())))
    if chance < 0.75:
        return number_test(rng, *rng.choice(sorted(ORDER_NUMBERS.items())))
    if chance < 0.82:
        return clock_test(rng)
    if chance < 0.9:
        return {'op': rng.choice(['is known', 'is unknown']), 'name': rng.choice(['store', 'channel', 'item.sku.category'])}
    return {'op': rng.choice(['=', '!=']), 'name': 'paid', 'value': rng.random() < 0.5}


# --- rules ---

class Rules:
    """Of one day: what windows and days are chosen around. `others`: names of segments that rules may name; `tags`: those of tags, and whether each is a number."""

    def __init__(self, rng, day):
        self.rng, self.day, self.others, self.tags = rng, day, [], {}

    def calendar(self):
        rng = self.rng
        begin, until = sorted((self.day - datetime.timedelta(days=rng.randrange(40))).isoformat() for _ in range(2))
        return rng.choice([None, {'kind': 'in last', 'count': rng.choice([1, 2, 3, 7, 14, 30, 90]), 'unit': 'day'}, {'kind': 'in last', 'count': rng.randrange(1, 5), 'unit': rng.choice(['week', 'month'])},
                           {'kind': 'in this', 'unit': rng.choice(['week', 'month', 'quarter', 'year'])}, {'kind': 'from', 'from': begin, 'until': until},
                           {'kind': 'since', 'from': begin}, {'kind': 'before', 'until': until}])

    def rolling(self):
        return {'kind': 'within', **self.rng.choice([{'count': count, 'unit': unit} for count, unit in ((2, 'second'), (5, 'second'), (3, 'minute'), (1, 'hour'), (30, 'hour'), (2, 'day'))])}

    def events(self, with_any):
        """`with_any`: perhaps all there are."""
        return ['event'] if with_any and self.rng.random() < 0.1 else self.rng.sample(EVENTS, self.rng.choice([1, 1, 2]))

    def source(self, window, path=None):
        where = event_condition(self.rng, self.day) if self.rng.random() < 0.4 else None
        return {'events': self.events(with_any=path is None), **({'path': path} if path else {}), **({'where': where} if where else {}), **({'window': window} if window else {})}

    def aggregate(self):
        """A tree, and numbers that it may be compared with."""
        rng, number = self.rng, self.rng.choice(sorted(set(NUMBERS) - {'grade'}))
        kind = rng.choice(['count', 'count', 'count', 'sum', 'sum', 'avg', 'min', 'max', 'days', 'median_gap', 'distinct'])
        if kind == 'count':
            return {'op': kind, **self.source(self.rolling() if rng.random() < 0.4 else self.calendar())}, range(6)
        if kind == 'sum':
            return {'op': kind, **self.source(self.rolling() if rng.random() < 0.3 else self.calendar(), number)}, range(0, 200, 20)
        if kind in ('days', 'median_gap'):
            return {'op': kind, **self.source(self.rolling() if rng.random() < 0.2 else self.calendar())}, range(5)
        if kind == 'distinct':
            return {'op': kind, **self.source(self.calendar(), rng.choice(['channel', 'item.sku', 'item.category', 'page']))}, range(4)
        return {'op': kind, **self.source(self.calendar(), number)}, range(0, 60, 5)

    def order_source(self, window, path=None):
        where = joined(self.rng, lambda: order_test(self.rng), 1) if self.rng.random() < 0.5 else None
        return {'events': ['order'], **({'path': path} if path else {}), **({'where': where} if where else {}), **({'window': window} if window else {})}

    def order_aggregate(self):
        """The same of orders."""
        rng, window = self.rng, self.rolling() if self.rng.random() < 0.3 else self.calendar()
        kind = rng.choice(['count', 'count', 'sum', 'sum', 'avg', 'min', 'max', 'days', 'median_gap', 'distinct'])
        if kind in ('count', 'days', 'median_gap'):
            return {'op': kind, **self.order_source(window)}, range(4)
        if kind == 'distinct':
            return {'op': kind, **self.order_source(window, rng.choice(['item.sku', 'item.sku.category', 'store']))}, range(3)
        return {'op': kind, **self.order_source(window, rng.choice(sorted(ORDER_NUMBERS)))}, range(0, 120, 20)

    def of_orders(self):
        rng, chance = self.rng, self.rng.random()
        if chance < 0.6:
            tree, numbers = self.order_aggregate()
            return {'op': rng.choice(['>=', '>', '<', '=']), 'of': [tree, rng.choice(numbers)]}
        if chance < 0.75:
            return {'op': '=', 'of': [{'op': 'most_frequent', **self.order_source(self.calendar(), 'item.sku')}, rng.choice(SKUS)]}
        if chance < 0.9:
            last = {'op': rng.choice(['first', 'last']), **self.order_source(self.calendar()), 'member': 'time'}
            return {'op': rng.choice(['>=', '<']), 'of': [{'op': 'call', 'words': 'days_since', 'of': [last]}, rng.randrange(9)]}
        return {'op': '=', 'of': [{'op': rng.choice(['first', 'last']), **self.order_source(self.calendar()), 'member': 'channel'}, rng.choice(ORDER_TEXTS['channel'])]}

    def measured(self):
        tree, numbers = self.aggregate()
        if self.rng.random() < 0.2:
            other, _ = self.aggregate()
            tree = {'op': self.rng.choice('+-*/'), 'of': [tree, other]}
        return {'op': self.rng.choice(['>=', '>=', '>', '<', '<=', '=', '!=']), 'of': [tree, self.rng.choice(numbers)]}

    def first_or_last(self):
        rng, op = self.rng, self.rng.choice(['first', 'last'])
        name = rng.choice(['channel', 'page', 'amount', 'time', 'time', 'time'])
        tree = {'op': op, **self.source(self.calendar()), 'member': name}
        if name != 'time':
            return {'op': rng.choice(['=', '!=']), 'of': [tree, rng.choice(TEXTS[name]) if name in TEXTS else any_number(rng, 1)]}
        return rng.choice([{'op': rng.choice(['>', '<']), 'of': [tree, {'op': 'ago', 'span': {'count': rng.choice([3, 4]), 'unit': rng.choice(['second', 'hour', 'day'])}}]},
                           {'op': rng.choice(['<', '<=', '>', '>=']), 'of': [tree, self.day.isoformat()]},
                           {'op': 'during', 'of': [tree], 'window': {'kind': 'in last', 'count': rng.randrange(1, 9), 'unit': 'day'}},
                           {'op': rng.choice(['>=', '<']), 'of': [{'op': 'call', 'words': 'days_since', 'of': [tree]}, rng.randrange(9)]}])

    def favourite(self, paths=(*FAVOURITES, HOUR)):
        """The most frequent of texts or of hours, and what it may be compared with."""
        path = self.rng.choice(paths)
        return {'op': '=', 'of': [{'op': 'most_frequent', **self.source(self.calendar(), path)}, self.rng.choice(TEXTS.get(path, range(24)))]}

    def step(self):
        return self.source(None)

    def done(self):
        rng = self.rng
        kind = rng.choice(['one', 'one', 'first time', 'each', 'then', 'then', 'then no', 'between'])
        if kind == 'one':
            return {'op': 'did', 'steps': [self.step()], **({'window': window} if (window := rng.choice([self.calendar(), self.rolling()])) else {})}
        if kind == 'first time':
            return {'op': 'did', 'steps': [self.step()], 'first_time': True, 'window': {'kind': 'in last', 'count': rng.choice([1, 7, 30]), 'unit': 'day'}}
        if kind == 'each':
            return {'op': 'did', 'steps': [self.step()], 'window': {'kind': 'in each of last', 'count': rng.randrange(1, 4), 'unit': rng.choice(['day', 'day', 'week', 'month'])}}
        steps = [self.step(), {'no': True, **self.step()}, self.step()]
        if kind == 'then':
            steps = [self.step() for _ in range(rng.choice([2, 2, 3]))]
        if kind == 'then no':
            steps.pop()
        span = rng.choice([None, {'count': rng.choice([2, 3]), 'unit': rng.choice(['second', 'minute', 'hour', 'day'])}])
        window = rng.choice([None, {'kind': 'in last', 'count': rng.choice([2, 7, 30]), 'unit': 'day'}, self.calendar()])
        return {'op': 'did', 'steps': steps, **({'span': span} if span else {}), **({'window': window} if window else {})}

    def trait(self):
        rng, chance = self.rng, self.rng.random()
        if chance < 0.4:
            return text_test(rng, *rng.choice(sorted(TRAITS.items())))
        if chance < 0.6:
            return number_test(rng, 'score', 10)
        if chance < 0.75:
            return {'op': rng.choice(['is known', 'is unknown']), 'name': rng.choice([*TRAITS, 'score', 'birthday', 'user_id', 'phone', 'anonymous_id'])}
        if chance < 0.85:
            return {'op': '=', 'name': 'vip', 'value': rng.random() < 0.5}
        return {'op': rng.choice(['<=', '>']), 'of': [{'op': 'call', 'words': 'until_anniversary', 'of': [{'name': 'birthday'}]}, rng.randrange(60)]}

    def case(self):
        branches = [part for name in ('新', '活躍') for part in (self.plain(), name)]
        return {'op': '=', 'of': [{'op': 'case', 'of': branches + ['沉默']}, self.rng.choice(['新', '活躍', '沉默'])]}

    def related(self):
        """An open relation, by whom it leads to, or by what is said of it."""
        rng, kind = self.rng, self.rng.choice(sorted(RELATION_TYPES))
        if rng.random() < 0.4:
            return {'op': 'call', 'words': RELATION_TYPES[kind], 'of': rng.sample(sorted(STAFF), rng.choice([0, 1, 1, 2]))}
        begun = {'op': 'during', 'of': [{'name': 'begun'}], 'window': {'kind': 'in last', 'count': rng.randrange(1, 9), 'unit': 'day'}}
        condition = rng.choice([begun, text_test(rng, 'id', sorted(STAFF)), {'op': '=', 'name': 'staff.position', 'value': rng.choice(sorted(set(STAFF.values())))},
                                {'op': 'and', 'of': [{'op': '!=', 'name': 'id', 'value': 'G1'}, begun]}])
        return {'op': 'call', 'words': f'has {kind}', 'of': [condition]}

    def consented(self):
        return {'op': 'call', 'words': 'consents', 'of': self.rng.choice([['marketing'], ['marketing', 'sms'], ['service', 'sms']])}

    def drawn(self):
        return {'op': self.rng.choice(['<', '>=']), 'of': [{'op': 'call', 'words': 'share', 'of': [DRAW]}, self.rng.choice([0.1, 0.5, 0.75])]}

    def tagged(self):
        if not self.tags:
            return self.drawn()
        name = self.rng.choice(sorted(self.tags))
        tag = {'op': 'call', 'words': 'tag', 'of': [name]}
        if self.rng.random() < 0.2:
            return tag
        if self.tags[name]:
            return {'op': self.rng.choice(['>=', '<', '=']), 'of': [tag, self.rng.randrange(5)]}
        return {'op': self.rng.choice(['=', '!=']), 'of': [tag, self.rng.choice([*TEXTS['item.category'], *TEXTS['channel'], '新', '沉默'])]}

    def plain(self):
        return self.rng.choice([self.measured, self.measured, self.first_or_last, self.favourite, self.done, self.done, self.trait, self.of_orders, self.of_orders,
                                self.related, self.consented, self.drawn])()

    def part(self):
        chance = self.rng.random()
        if chance < 0.12 and self.others:
            return {'op': 'call', 'words': 'segment', 'of': [self.rng.choice(self.others)]} if self.rng.random() < 0.5 else self.tagged()
        return self.case() if chance < 0.2 else self.plain()

    def rule(self):
        return joined(self.rng, self.part, 2)

    def valued(self, is_number):
        """What a tag may say: a number or a word."""
        numbers, words = [self.aggregate, self.order_aggregate, lambda: self.favourite([HOUR])['of']], [lambda: self.favourite(FAVOURITES)['of'], lambda: self.case()['of'], lambda: [self.last_value()]]
        return self.rng.choice(numbers if is_number else words)()[0]

    def last_value(self):
        return {'op': self.rng.choice(['first', 'last']), **self.source(self.calendar()), 'member': self.rng.choice(['channel', 'page'])}


# --- the text of a tree ---

def name_of(path):
    return '.'.join(part if re.fullmatch(r'[^\W][\w$]*', part) and part.lower() not in KEYWORDS else f'`{part}`' for part in path.split('.'))


def literal(value):
    if isinstance(value, bool):
        return str(value).lower()
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else f'{value}'


def span_text(span):
    return f'{span["count"]} {span["unit"]}' + ('' if span['count'] == 1 else 's')


def window_text(window):
    kind = window['kind']
    if kind == 'in this':
        return f' in this {window["unit"]}'
    if 'unit' in window:
        return f' {kind} {span_text(window)}'
    return {'from': ' from {} to {}', 'since': ' since {}', 'before': ' before {}'}[kind].format(*(literal(window[name]) for name in ('from', 'until') if name in window))


def source_text(tree):
    names = [name_of(name) for name in tree['events']]
    events = names[0] if len(names) == 1 else '(' + ' or '.join(names) + ')'
    where = f' where {text_of(tree["where"])}' if 'where' in tree else ''
    return events + (f'.{name_of(tree["path"])}' if 'path' in tree else '') + where + (window_text(tree['window']) if 'window' in tree else '')


def did_text(tree):
    steps = ' then '.join(('no ' if step.get('no') else '') + source_text(step) for step in tree['steps'])
    span = f' within {span_text(tree["span"])}' if 'span' in tree else ''
    return f'did({steps}{span}{" for the first time" if tree.get("first_time") else ""}{window_text(tree["window"]) if "window" in tree else ""})'


def case_text(tree):
    parts, words = list(tree['of']), 'case'
    while len(parts) > 1:
        condition, term, *parts = parts
        words += f' when {text_of(condition)} then {text_of(term)}'
    return words + (f' else {text_of(parts[0])}' if parts else '') + ' end'


def comparison_text(tree):
    op, parts = tree['op'], [text_of(part) for part in ([{'name': tree['name']}] if 'name' in tree else tree['of'])]
    parts += [literal(value) for value in tree.get('values', [tree['value']] if 'value' in tree else [])]
    if op in ('is known', 'is unknown'):
        return f'{parts[0]} {op}'
    if op == 'between':
        return '{} between {} and {}'.format(*parts)
    return f'{parts[0]} in ({", ".join(parts[1:])})' if op == 'in' else f'{parts[0]} {op} {parts[1]}'


def text_of(tree):
    """An expression as people write it. What stands in another has parentheses where it might need them."""
    if not isinstance(tree, dict):
        return literal(tree)
    op = tree.get('op', 'name')
    if op in ('and', 'or', *'+-*/'):
        return '(' + f' {op} '.join(text_of(part) for part in tree['of']) + ')'
    if op in ('first', 'last', 'most_frequent', 'count', 'sum', 'avg', 'min', 'max', 'days', 'median_gap', 'distinct'):
        return f'{op}({source_text(tree)})' + (f'.{name_of(tree["member"])}' if 'member' in tree else '')
    if op == 'call':
        return f'{tree["words"]}({", ".join(map(text_of, tree["of"]))})'
    return {'not': lambda: f'not ({text_of(tree["of"][0])})', 'name': lambda: name_of(tree['name']), 'did': lambda: did_text(tree), 'case': lambda: case_text(tree),
            'ago': lambda: f'ago({span_text(tree["span"])})', 'during': lambda: text_of(tree['of'][0]) + window_text(tree['window'])}.get(op, lambda: comparison_text(tree))()


KEYBOARD = {'!=': '≠', '<=': '≤', '>=': '≥', '(': '（', ')': '）', ',': '，', '=': '＝', '<': '＜', '>': '＞'}


def spelled(rng, text):
    """The same as other keyboards and hands write it."""
    wide, loud = rng.random() < 0.5, rng.random() < 0.5
    def respelled(piece):
        if loud:
            piece = re.sub(r'\b(and|or|not|where|between|is known|is unknown)\b', lambda word: word[0].upper(), piece)
        return re.sub('|'.join(map(re.escape, KEYBOARD)), lambda mark: KEYBOARD[mark[0]], piece) if wide else piece
    return ''.join(piece if at % 2 else respelled(piece) for at, piece in enumerate(re.split(r"('(?:[^']|'')*'|`[^`]*`)", text)))


# --- histories ---

def any_ids(rng, number):
    """Some identifiers of somebody; now and then a device of somebody else."""
    ids = [{'type': 'user_id', 'value': f'u{number}'}, {'type': 'phone', 'value': f'1381234{5000 + number}'}, {'type': 'anonymous_id', 'value': f'a{number}'}]
    if rng.random() < 0.03:
        ids[2] = {'type': 'anonymous_id', 'value': f'a{number + 1}'}
    return rng.sample(ids, rng.choice([1, 1, 1, 2, 3]))


def any_values(rng):
    """What an event may say beside its name: members of the event, `properties` and `items` among them."""
    said, item_parts = {'properties': {}}, [path for path in [*TEXTS, *NUMBERS] if path.startswith('item.')]
    def value_of(path):
        return any_number(rng, NUMBERS[path]) if path in NUMBERS and (path not in TEXTS or rng.random() < 0.5) else rng.choice(TEXTS[path])
    for path in [*TEXTS, *NUMBERS]:
        if path in item_parts or rng.random() < 0.4:
            continue
        *outer, name = path.split('.')
        place = said if path == 'channel' else said['properties'].setdefault(outer[0], {}) if outer else said['properties']
        place[name] = [value_of(path) for _ in range(rng.randrange(1, 4))] if path in ALL_OF_THEM else value_of(path)
    if rng.random() < 0.5:
        said['properties']['flag'] = rng.random() < 0.5
    if rng.random() < 0.5:
        said['items'] = [{path[len('item.'):]: value_of(path) for path in item_parts if rng.random() < 0.8} for _ in range(rng.randrange(1, 4))]
    return said


def any_traits(rng, day):
    traits = {name: rng.choice(values) for name, values in TRAITS.items() if rng.random() < 0.5}
    birthday = day.replace(year=1960 + rng.randrange(50), day=1) + datetime.timedelta(days=rng.randrange(60))
    return {**traits, **({'score': any_number(rng, 10)} if rng.random() < 0.5 else {}), **({'vip': rng.random() < 0.5} if rng.random() < 0.3 else {}),
            **({'birthday': birthday.isoformat()[rng.choice([0, 0, 5]):]} if rng.random() < 0.3 else {})}


def categories(now):
    """Things that orders name, with what became of them: lines for POST /api/v1/things. Of the last SKU nothing is known."""
    then = (now - datetime.timedelta(days=30)).isoformat()
    since = (now - datetime.timedelta(days=400)).isoformat()
    said = [('s1', since, '裙装'), ('s1', then, '上衣'), ('s2', since, '上衣')]
    return [{'kind': 'sku', 'id': sku, 'time': time, 'attributes': {'category': category}} for sku, time, category in said]


def staff(now):
    """Whom relations lead to: lines for POST /api/v1/things."""
    since = (now - datetime.timedelta(days=400)).isoformat()
    return [{'kind': 'staff', 'id': number, 'time': since, 'attributes': {'position': position}} for number, position in STAFF.items()]


def any_consent(rng, now):
    """One word; some of them end soon."""
    return {'purpose': rng.choice(['marketing', 'marketing', 'service']), 'given': rng.random() < 0.7, **({'channel': rng.choice(['sms', 'sms', 'email'])} if rng.random() < 0.6 else {}),
            **({'until': (now + datetime.timedelta(seconds=rng.choice([2, 4, 86400]))).isoformat()} if rng.random() < 0.2 else {})}


def warm_up():
    """Events that say each name once, so that rules may be saved that ask for it."""
    said = {'channel': 'web', 'properties': {'flag': True, 'address': {'city': '上海'}, 'labels': ['新品'], 'page': '/', '备注': 'ok', 'utm-source': 'wx', 'amount': 1.5, 'quantity': 1},
            'items': [{'sku': 's1', 'category': '裙装', 'price': 1.5}], 'traits': {'city': '上海', 'level': '金卡', 'score': 1.5, 'vip': True, 'birthday': '1990-01-01'}}
    grades = [{'properties': {'grade': grade}} for grade in ('a', 1)]
    return [{'id': f'{WARM}-{number}-{name}', 'event': name, 'ids': [{'type': 'user_id', 'value': WARM}], **more} for number, more in enumerate([said, *grades]) for name in EVENTS]


class History:
    """A crowd that goes on doing things. `name` begins the ids of its events."""

    def __init__(self, rng, people, zone, name='m'):
        self.rng, self.people, self.zone, self.name, self.sent = rng, people, zone, name, []

    def any_time(self, now):
        """Mostly days ago, often around midnight, sometimes this second, and now and then shortly ahead."""
        rng, chance = self.rng, self.rng.random()
        second = datetime.timedelta(seconds=1)
        if chance < 0.45:
            return now - second * rng.randrange(86400 * rng.choice([2, 10, 120]))
        if chance < 0.65:
            midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) - datetime.timedelta(days=rng.randrange(8))
            return min(now, midnight + rng.choice([-1, 0, 1, 60, -3600]) * second)
        if chance < 0.97:
            return now - second * rng.uniform(0, rng.choice([1, 5, 200]))
        return now + second * rng.uniform(1, 4)

    def relations(self, count):
        """What is said of whom, some of it twice over: lines for POST /api/v1/relations."""
        rng, fresh = self.rng, []
        now = datetime.datetime.now(self.zone)
        for _ in range(count):
            one = any_ids(rng, rng.randrange(self.people))[0]
            time = min(now, self.any_time(now)) + datetime.timedelta(microseconds=rng.randrange(10**6)) - datetime.timedelta(seconds=1)
            fresh.append({'person': f'{one["type"]}:{one["value"]}', 'act': rng.choice(['begin', 'begin', 'end']), 'type': rng.choice(sorted(RELATION_TYPES)), 'to': f'staff/{rng.choice(sorted(STAFF))}',
                          'time': time.isoformat()})
        return fresh

    def consents(self, count):
        """Events that do nothing but give or withdraw consent, each of one identifier."""
        rng = self.rng
        now = datetime.datetime.now(self.zone)
        for number in range(len(self.sent), len(self.sent) + count):
            self.sent.append({'id': f'{self.name}-{number}', 'event': 'page_viewed', 'time': min(now, self.any_time(now)).isoformat(), 'ids': any_ids(rng, rng.randrange(self.people))[:1],
                              'consents': [any_consent(rng, now)]})
        return self.sent[-count:]

    def orders(self, count, numbers):
        """Versions of orders, some of the same order: `numbers` different ones. The buyer may be said later than the order, or never."""
        rng, fresh = self.rng, []
        now = datetime.datetime.now(self.zone)
        for at in range(count):
            created, number = self.any_time(now) + datetime.timedelta(microseconds=rng.randrange(10**6)), rng.randrange(numbers)
            states = {'created': created, **({'paid': created} if rng.random() < 0.7 else {}), **({'cancelled': created} if rng.random() < 0.1 else {}), **({'done': created} if rng.random() < 0.2 else {})}
            lines = [{'line': str(line), 'sku': rng.choice(SKUS), 'quantity': rng.randrange(1, 4), 'paid': any_number(rng, 100)} for line in range(rng.randrange(4))]
            refunds = [{'refund': 'R', 'amount': any_number(rng, 100) / 4 // 0.01 / 100, 'kind': 'refund', 'states': {'done': now.isoformat()}}] if rng.random() < 0.2 else []
            fresh.append({'shop': 'shop', 'number': str(number), 'version': rng.randrange(1, 9), 'complete': rng.random() < 0.3, 'states': {name: time.isoformat() for name, time in states.items()},
                          **({'buyer': any_ids(rng, rng.randrange(self.people))} if rng.random() < 0.8 else {}), **({'store': rng.choice(ORDER_TEXTS['store'])} if rng.random() < 0.5 else {}),
                          **({'channel': rng.choice(ORDER_TEXTS['channel'])} if rng.random() < 0.7 else {}), 'lines': lines, 'refunds': refunds})
        return fresh

    def events(self, count, now=None):
        """New ones, in the order they are sent; a few come twice. `now` is an instant with a zone, else it is this moment."""
        rng, fresh = self.rng, []
        now = now or datetime.datetime.now(self.zone)
        for number in range(len(self.sent), len(self.sent) + count):
            traits = any_traits(rng, now.date()) if rng.random() < 0.2 else {}
            event = {'id': f'{self.name}-{number}', 'event': rng.choice(EVENTS), 'time': self.any_time(now).isoformat(), 'ids': any_ids(rng, rng.randrange(self.people)),
                     **any_values(rng), **({'traits': traits} if traits else {})}
            self.sent.append(event)
            fresh += [event, rng.choice(self.sent)] if rng.random() < 0.05 else [event]
        return fresh

