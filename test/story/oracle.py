"""What questions about events mean, in plain Python from their definitions: slow, and written without a look at the engine.

A world is the events that a question looks at. Each function below takes a world and a question's body, and returns
{key of a row: {column: value}}; where cells have people, `people` of an `Answer` has who is in the cell of a key."""
import bisect
import collections
import datetime
import fractions
import itertools
import math
import zoneinfo

SECOND, MINUTE, HOUR, DAY = 10**6, 60 * 10**6, 3600 * 10**6, 86400 * 10**6
SPANS = {'s': SECOND, 'm': MINUTE, 'h': HOUR, 'd': DAY, 'w': 7 * DAY}
ROLLING = {'day': DAY, 'week': 7 * DAY, 'month': 30 * DAY}
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
REFERENCES = ('brand', 'channel', 'shop', 'store', 'staff', 'campaign', 'order')


def span_of(text):
    return int(text[:-1]) * SPANS[text[-1]]


def instant_of(text):
    return (datetime.datetime.fromisoformat(text) - EPOCH) // datetime.timedelta(microseconds=1)


def value_of(event, path):
    """None where there is none."""
    return event.get(path) if path in REFERENCES else event.get('properties', {}).get(path)


def amount_of(event, path):
    """Exact, as events say their decimals; None where there is no number."""
    value = value_of(event, path)
    return fractions.Fraction(str(value)) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def quantile(values, share):
    """Type 7."""
    ordered, place = sorted(values), share * (len(values) - 1)
    below = math.floor(place)
    return ordered[below] if below + 1 >= len(ordered) else ordered[below] + (ordered[below + 1] - ordered[below]) * (place - below)


class World:
    """Events in their total order, of all and subject by subject (persons, or orders); `now` is an instant."""

    def __init__(self, events, zone, now, where=None, subject='person'):
        self.zone, self.now = zoneinfo.ZoneInfo(zone), now
        self.events = [event for event in events if where is None or where(event)]
        self.subjects = collections.defaultdict(list)
        for event in self.events:
            if event.get(subject) is not None:
                self.subjects[event[subject]].append(event)
        self.days = {}

    def only(self, **more):
        """The same world, less what `where` doesn't hold of, or with another zone or subject."""
        return World(self.events, **{'zone': str(self.zone), 'now': self.now, **more})

    def day(self, time):
        hour = time // (15 * MINUTE)  # no zone has other offsets
        if hour not in self.days:
            self.days[hour] = (EPOCH + datetime.timedelta(microseconds=time)).astimezone(self.zone).date()
        return self.days[hour]

    def midnight(self, date):
        """The instant at which a local date begins."""
        local = datetime.datetime.combine(date, datetime.time(), self.zone)
        return (local.astimezone(datetime.timezone.utc) - EPOCH) // datetime.timedelta(microseconds=1)

    def range(self, body):
        return tuple(self.midnight(datetime.date.fromisoformat(body[name])) for name in ('from', 'until'))

    def unit(self, time, unit):
        """The number of a time's calendar unit: the difference of two is how many lie between."""
        date = self.day(time)
        if unit == 'day':
            return date.toordinal()
        return (date.toordinal() - 1) // 7 if unit == 'week' else date.year * 12 + date.month - 1

    def begins(self, number, unit):
        """The instant at which a unit begins."""
        if unit == 'month':
            return self.midnight(datetime.date(number // 12, number % 12 + 1, 1))
        return self.midnight(datetime.date.fromordinal(number if unit == 'day' else number * 7 + 1))

    def label(self, number, unit):
        if unit == 'month':
            return f'{number // 12}-{number % 12 + 1:02}'
        date = datetime.date.fromordinal(number if unit == 'day' else number * 7 + 1)
        return date.isoformat() if unit == 'day' else '{}-W{:02}'.format(*date.isocalendar())

    def units(self, body):
        """The numbers of the range's units, cut ones too."""
        start, end = self.range(body)
        unit = body.get('unit', 'day')
        return range(self.unit(start, unit), self.unit(end - 1, unit) + 1)


class Answer:
    def __init__(self):
        self.rows, self.people = {}, {}

    def row(self, key, who=None, **cells):
        self.rows[key] = cells
        if who is not None:
            self.people[key] = set(who)


def is_event(event, name):
    """A step: a name, '*', a list of alternatives, or (name, condition)."""
    if isinstance(name, tuple):
        return is_event(event, name[0]) and name[1](event)
    return name == '*' or (event['event'] in name if isinstance(name, list) else event['event'] == name)


def shown(event, path):
    """A value as breakdowns call it."""
    value = value_of(event, path)
    return '(none)' if value is None else str(value)


# --- trend ---

def measure(series, events):
    kind, name = series['measure'], series.get('value')
    if kind == 'count':
        return len(events)
    if kind == 'uniques':
        return len({event['person'] for event in events} - {None})
    values = [amount for event in events if (amount := amount_of(event, name)) is not None]
    if not values:
        return 0 if kind == 'sum' else None
    return {'sum': sum, 'average': lambda v: sum(v) / len(v), 'min': min, 'max': max,
            'percentile': lambda v: quantile(v, fractions.Fraction(series.get('percentile', 50), 100))}[kind](values)


def trend(world, body):
    start, end = world.range(body)
    unit, path, answer = body.get('unit', 'day'), body.get('breakdown'), Answer()
    cells = collections.defaultdict(list)
    for event in world.events:
        if start <= event['time'] < end:
            for number, series in enumerate(body['series']):
                if is_event(event, series['event']):
                    cells[(shown(event, path),) if path else (), world.unit(event['time'], unit), number].append(event)
    for group in {key[0] for key in cells}:
        for number in world.units(body):
            of = [cells.get((group, number, at), []) for at in range(len(body['series']))]
            name = body['series'][0].get('value')
            who = {event['person'] for event in of[0] if name is None or amount_of(event, name) is not None} - {None}
            answer.row((*group, world.label(number, unit)), who,
                       **{chr(97 + at): measure(series, of[at]) for at, series in enumerate(body['series'])})
    return answer


# --- funnel ---

def ends(world, body, sequence, at):
    """The last instant at which the entry at this place may take a step."""
    entry = sequence[at]['time']
    if body.get('count') == 'sessions':  # the sequence is one
        return sequence[-1]['time']
    if body.get('within') == 'same_day':
        return world.midnight(world.day(entry) + datetime.timedelta(days=1)) - 1
    if body.get('within') == 'sessions':
        while at + 1 < len(sequence) and sequence[at + 1]['time'] - sequence[at]['time'] <= 30 * MINUTE:
            at += 1
        return sequence[at]['time']
    return entry + span_of(body.get('window', '7d'))


def follow(world, body, sequence, at):
    """The times of the steps that the entry at this place fills."""
    steps, entry = body['steps'], sequence[at]
    until, times = ends(world, body, sequence, at), [entry['time']]
    for event in sequence[at + 1:]:
        if event['time'] > until or len(times) == len(steps):
            break
        held = all(value_of(event, path) is not None and value_of(event, path) == value_of(entry, path) for path in body.get('hold', []))
        later = event['time'] > times[-1] or not body.get('strict_increase')
        if is_event(event, steps[len(times)]) and held and later:
            times.append(event['time'])
        elif body.get('order') == 'strict':
            break
        elif any(is_event(event, x['event']) and x.get('after', 1) <= len(times) < x.get('before', len(steps)) for x in body.get('exclude', [])):
            break
        elif body.get('dedup') and any(is_event(event, step) for step in steps[:len(times)]):
            break
        elif body.get('fixed') and any(is_event(event, step) for step in steps[len(times) + 1:]):
            break
    return times


def follow_with_grace(world, body, sequence, at):
    """The same where a step may lie a little before the one in front of it."""
    steps, grace, taken = body['steps'], body['grace_ms'] * 1000, [at]
    until = ends(world, body, sequence, at)
    while len(taken) < len(steps):
        latest = max(sequence[place]['time'] for place in taken)
        fitting = (place for place, event in enumerate(sequence) if place not in taken and latest - grace <= event['time'] <= until
                   and event['time'] >= sequence[at]['time'] - grace and is_event(event, steps[len(taken)]))
        found = next(fitting, None)
        if found is None:
            break
        taken.append(found)
    return [sequence[place]['time'] for place in taken]


def matched(world, body, sequence, at):
    """Of order any: the times at which as many steps as possible have an event of their own, each as early as can be."""
    steps, until = body['steps'], ends(world, body, sequence, at)
    taken, times = {}, []

    def place(event, seen):
        for number, step in enumerate(steps):
            if number not in seen and is_event(event, step):
                seen.add(number)
                if number not in taken or place(taken[number], seen):
                    taken[number] = event
                    return True
        return False
    for event in itertools.takewhile(lambda e: e['time'] <= until, sequence[at:]):
        if place(event, set()):
            times.append(event['time'])
    return times


def attempts(body, sequence, start, end):
    """Of count totals: one after the other, the step times of each with its entry."""
    steps, window, entry, times = body['steps'], span_of(body.get('window', '7d')), None, []
    for event in sequence:
        if entry is not None and event['time'] > entry['time'] + window:
            yield entry, times
            entry = None
        if entry is None:
            if start <= event['time'] < end and is_event(event, steps[0]):
                entry, times = event, [event['time']]
        elif is_event(event, steps[len(times)]):
            times.append(event['time'])
        elif any(is_event(event, x['event']) and x.get('after', 1) <= len(times) < x.get('before', len(steps)) for x in body.get('exclude', [])):
            yield entry, times
            entry = None
        if entry is not None and len(times) == len(steps):
            yield entry, times
            entry = None
    if entry is not None:
        yield entry, times


def chosen(world, body, sequence):
    """The attempts of a subject that count: [(breakdown value and unit, times)]."""
    start, end = world.range(body)
    path = body.get('breakdown')
    def value(entry):
        return (shown(entry, path),) if path else ()
    def unit(time):
        return (world.label(world.unit(time, body['unit']), body['unit']),) if 'unit' in body else ()
    if body.get('count') == 'sessions':
        return [(group, times) for session in cut_to_sessions([event for event in sequence if event['time'] >= start], 30 * MINUTE)
                for group, times in chosen_of(world, body, session, start, end, value, unit)]
    if body.get('count') == 'totals':
        return [((*value(entry), *unit(times[0])), times) for entry, times in attempts(body, sequence, start, end)]
    return chosen_of(world, body, sequence, start, end, value, unit)


def chosen_of(world, body, sequence, start, end, value, unit):
    """The best attempt of each breakdown value in a sequence."""
    steps, order, best = body['steps'], body.get('order', 'ordered'), {}
    way = matched if order == 'any' else follow_with_grace if body.get('grace_ms') else follow
    for at, entry in enumerate(sequence):
        begins = steps if order == 'any' else steps[:1]
        if start <= entry['time'] < end and any(is_event(entry, step) for step in begins):
            times = way(world, body, sequence, at)
            if len(times) > len(best.get(value(entry), [])):
                best[value(entry)] = times
            if body.get('entry') == 'first':
                break
    return [((*group, *unit(times[0])), times) for group, times in best.items()]


def funnel(world, body):
    depth = len(body['steps'])
    reached, gaps, answer = collections.Counter(), collections.defaultdict(list), Answer()
    who, whole = collections.defaultdict(set), collections.defaultdict(list)
    for sequence in world.subjects.values():
        for group, times in chosen(world, body, sequence):
            for number, time in enumerate(times):
                reached[group, number] += 1
                who[group, number] |= {sequence[0]['person']} - {None}
                gaps[group, number].append(time - times[number - 1])
            if len(times) == depth:
                whole[group].append(times[-1] - times[0])
    for group in {key[0] for key in reached}:
        for number in range(depth):
            count, spent = reached[group, number], gaps[group, number]
            timed = number > 0 and count > 0
            if body.get('grace_ms'):  # what came before has no time
                answer.row((*group, number + 1), who[group, number], count=count, rate=count / reached[group, 0])
                continue
            answer.row((*group, number + 1), who[group, number], count=count, rate=count / reached[group, 0],
                       median_s=quantile(spent, 0.5) / SECOND if timed else None, p90_s=quantile(spent, 0.9) / SECOND if timed else None,
                       mean_s=sum(spent) / len(spent) / SECOND if timed else None)
        answer.row(('conversions', *group), entered=reached[group, 0], converted=len(whole[group]),
                   median_s=quantile(whole[group], 0.5) / SECOND if whole[group] else None)
    return answer


# --- retention, cohorts, value ---

def births(world, body, start_event, start, end):
    """{person: events in [start, end) that begin a cohort}: the first one ever, or the first of each unit."""
    unit, out = body.get('unit', 'day'), collections.defaultdict(list)
    for person, sequence in world.subjects.items():
        seen = set()
        for event in sequence:
            number = world.unit(event['time'], unit)
            if is_event(event, start_event) and number not in seen:
                seen.add(number)
                if start <= event['time'] < end:
                    out[person].append(event)
                if body.get('cohort', 'first_time') == 'first_time':
                    break
    return out


def period_of(world, body, birth, event):
    unit = body.get('unit', 'day')
    if body.get('clock') == 'rolling' or body.get('count_periods') == 'rolling':
        return (event['time'] - birth['time']) // ROLLING[unit]
    return world.unit(event['time'], unit) - world.unit(birth['time'], unit)


def returns(world, body, birth, event_name):
    """The events from a birth on, the birth itself included, with their periods."""
    sequence = world.subjects[birth['person']]
    for event in sequence[bisect.bisect_left(sequence, birth['order_key'], key=lambda e: e['order_key']):]:
        if is_event(event, event_name):
            yield period_of(world, body, birth, event), event


def is_in(mode, periods, period):
    """Has somebody who returned in these periods returned in this one, as the mode says?"""
    return {'on': lambda: period in periods, 'on_or_after': lambda: any(p >= period for p in periods),
            'on_or_before': lambda: any(p <= period for p in periods), 'streak': lambda: all(p in periods for p in range(period + 1))}[mode]()


def retention(world, body):
    unit, mode, answer = body.get('unit', 'day'), body.get('mode', 'on'), Answer()
    size, cells = collections.defaultdict(list), collections.defaultdict(set)
    for person, begun in births(world, body, body['start'], *world.range(body)).items():
        for birth in begun:
            cohort = world.unit(birth['time'], unit)
            size[cohort].append(birth)
            periods = {period for period, _ in returns(world, body, birth, body['return'])}
            for period in range(body['periods'] + 1):
                if is_in(mode, periods, period):
                    cells[cohort, period].add(person)
    for cohort, begun in size.items():
        for period in range(body['periods'] + 1):
            count, is_rolling = len(cells[cohort, period]), body.get('clock') == 'rolling'
            opens = world.begins(cohort, unit) + period * ROLLING[unit] if is_rolling else world.begins(cohort + period, unit)
            closes = max(birth['time'] for birth in begun) + (period + 1) * ROLLING[unit] if is_rolling else world.begins(cohort + period + 1, unit)
            if opens <= world.now:  # nobody can be there before
                answer.row((world.label(cohort, unit), str(period)), cells[cohort, period], size=len(begun), count=count,
                           rate=count / len(begun), is_complete=closes <= world.now)
    return answer


def cells_of_cohorts(world, body):
    """{cohort: [births]}, {(cohort, period): [return events]}, {(cohort, period): worth} less refunds."""
    unit, whole = body.get('unit', 'day'), world.units(body)  # ranges of cohorts are of whole units
    size, came, worth = collections.defaultdict(list), collections.defaultdict(list), collections.Counter()
    for [birth] in births(world, body, body['event'], world.begins(whole[0], unit), world.begins(whole[-1] + 1, unit)).values():
        cohort = world.unit(birth['time'], unit)
        size[cohort].append(birth)
        for period, event in returns(world, body, birth, body['event']):
            came[cohort, period].append(event)
            worth[cohort, period] += amount_of(event, body['value']) or 0 if 'value' in body else 0
        for period, event in returns(world, body, birth, body.get('refund', [])):
            worth[cohort, period] -= amount_of(event, body['value']) or 0
    return size, came, worth


def cohort(world, body):
    unit, answer = body.get('unit', 'day'), Answer()
    size, came, _ = cells_of_cohorts(world, body)
    for number, begun in size.items():
        for period in range(body['periods']):
            if world.begins(number + period + 1, unit) <= world.now:
                who = {event['person'] for event in came[number, period]}
                cell = len(came[number, period]) if body.get('measure') == 'events' else len(who)
                answer.row((world.label(number, unit), period), who, size=len(begun), cell=cell)
    return answer


def ltv(world, body):
    unit, answer = body.get('unit', 'day'), Answer()
    size, _, worth = cells_of_cohorts(world, body)
    for number, begun in size.items():
        for period in range(body['periods']):
            if world.begins(number + period + 1, unit) <= world.now:
                answer.row((world.label(number, unit), period), size=len(begun), cell=sum(worth[number, p] for p in range(period + 1)) / len(begun))
    return answer


# --- life cycle, stickiness, sessions ---

def activity(world, body, unit):
    """{person: numbers of the units with such an event}, of all times."""
    out = collections.defaultdict(set)
    for event in world.events:
        if event['person'] is not None and is_event(event, body.get('event', '*')):
            out[event['person']].add(world.unit(event['time'], unit))
    return out


def standing(units, number):
    """What somebody who was active in these units is in this one."""
    if number in units:
        return 'new' if number == min(units) else 'returning' if number - 1 in units else 'resurrecting'
    return 'dormant' if number - 1 in units else None


def lifecycle(world, body):
    unit, answer = body['unit'], Answer()
    active = activity(world, body, unit)
    for number in world.units(body):
        who = collections.defaultdict(set)
        for person, units in active.items():
            who[standing(units, number)].add(person)
        answer.row((world.label(number, unit),), new=len(who['new']), returning=len(who['returning']), resurrecting=len(who['resurrecting']),
                   dormant=-len(who['dormant']), active=len(who['new'] | who['returning'] | who['resurrecting']),
                   is_complete=world.begins(number + 1, unit) <= world.now)
        for name in ('new', 'returning', 'resurrecting', 'dormant'):
            answer.people[world.label(number, unit), name] = who[name]
    return answer


def stickiness(world, body):
    interval, answer, days = body['interval'], Answer(), collections.defaultdict(set)
    whole = world.units({**body, 'unit': interval})
    for event in world.events:
        if event['person'] is not None and world.unit(event['time'], interval) in whole and is_event(event, body.get('event', '*')):
            days[world.unit(event['time'], interval), event['person']].add(world.day(event['time']))
    buckets = collections.defaultdict(set)
    for (number, person), active in days.items():
        for count in range(1 if body.get('cumulative') else len(active), len(active) + 1):
            buckets[number, count].add(person)
    for (number, count), who in buckets.items():
        answer.row((world.label(number, interval), count), who, people=len(who))
    return answer


def ratios(world, body):
    days, answer = activity(world, body, 'day'), Answer()
    for number in world.units({**body, 'unit': 'day'}):
        def within(span, last=number):
            return {person for person, active in days.items() if any(day in active for day in range(last - span + 1, last + 1))}
        dau, wau, mau = within(1), within(7), within(body['month_days'])
        answer.row((world.label(number, 'day'),), dau=len(dau), wau=len(wau), mau=len(mau), dau_mau=len(dau) / len(mau) if mau else None)
        answer.people[world.label(number, 'day'), 'wau'] = wau
    return answer


def cut_to_sessions(events, gap):
    cuts = [at for at, event in enumerate(events) if at == 0 or event['time'] - events[at - 1]['time'] > gap]
    return (events[begin:until] for begin, until in zip(cuts, cuts[1:] + [len(events)]))


def all_sessions(world, body):
    (start, end), gap = world.range(body), span_of(body.get('gap', '30m'))
    for sequence in world.subjects.values():
        yield from cut_to_sessions([event for event in sequence if start <= event['time'] < end], gap)


def sessions(world, body):
    answer, all_ = Answer(), collections.defaultdict(list)
    for session in all_sessions(world, body):
        value = {'entry': (session[0]['event'],), 'exit': (session[-1]['event'],), None: ()}[body.get('by')]
        all_[(world.label(world.unit(session[0]['time'], body['unit']), body['unit']), *value)].append(session)
    for key, of in all_.items():
        who, events = {session[0]['person'] for session in of}, sum(len(session) for session in of)
        answer.row(key, who, sessions=len(of), people=len(who), events=events, bounce=sum(len(session) == 1 for session in of) / len(of),
                   seconds_a_session=sum(session[-1]['time'] - session[0]['time'] for session in of) / len(of) / SECOND)
    return answer


# --- paths and distributions ---

PATH_NODES = 5


def path(world, body):
    if 'next' in body:
        return following(world, body)
    edges, who, answer = collections.Counter(), collections.defaultdict(set), Answer()
    for session in all_sessions(world, body):
        nodes = [name for name, _ in itertools.groupby(event['event'] for event in session)]
        way = ['(start)', *nodes[:PATH_NODES], *(['(drop-off)'] if len(nodes) < PATH_NODES else [])]
        for level, pair in enumerate(itertools.pairwise(way)):
            edges[level, *pair] += 1
            who[level, *pair].add(session[0]['person'])
    for key, count in edges.items():
        answer.row(key, who[key], count=count)
    return answer


def following(world, body):
    """What comes behind the first time, or the last, that a chain of events comes one right after the other."""
    start, end = world.range(body)
    who, answer, size = collections.defaultdict(set), Answer(), len(body['next'])
    for person, sequence in world.subjects.items():
        names = [event['event'] for event in sequence if start <= event['time'] < end]
        places = [at for at in range(len(names) - size + 1) if names[at:at + size] == body['next']]
        if places:
            behind = (places[-1] if body.get('match') == 'last' else places[0]) + size
            who[names[behind] if behind < len(names) else '(drop-off)'].add(person)
    for name, people in who.items():
        answer.row((name,), people, count=len(people), share=len(people) / sum(map(len, who.values())))
    return answer


def distribution(world, body):
    start, end = world.range(body)
    held, answer = {}, Answer()
    for person, sequence in world.subjects.items():
        events = [event for event in sequence if start <= event['time'] < end and is_event(event, body['event'])]
        amounts = [amount for event in events if (amount := amount_of(event, body.get('value', ''))) is not None]
        if amounts or (events and body.get('of') != 'sum'):
            held[person] = sum(amounts) if body.get('of') == 'sum' else len(events)
    for low, high in zip(body['buckets'], body['buckets'][1:] + [None]):
        who = {person for person, value in held.items() if low <= value and (high is None or value < high)}
        answer.row((low, high), who, count=len(who), share=len(who) / len(held) if held else None)
    return answer


# --- RFM ---

def ntile(ordered):
    """{person: 1 to 5}: fifths in this order, the first ones have one more."""
    out, at = {}, 0
    for tile in range(5):
        size = len(ordered) // 5 + (tile < len(ordered) % 5)
        out.update(dict.fromkeys(ordered[at:at + size], tile + 1))
        at += size
    return out


def scores(values, scoring):
    """{person: 1 to 5}, the least values first."""
    if scoring == 'ntile':
        return ntile(sorted(values, key=lambda person: (values[person], person)))
    cuts = [quantile(list(values.values()), fractions.Fraction(share, 5)) for share in range(1, 5)]
    return {person: 1 + sum(cut < value for cut in cuts) for person, value in values.items()}


def rfm(world, body):
    start, end = world.range(body)
    last = world.day(end - 1)
    recency, orders, worth = {}, collections.defaultdict(set), collections.Counter()
    for event in world.events:
        if event['person'] is None or not start <= event['time'] < end:
            continue
        if event['event'] == body['event']:
            recency[event['person']] = (last - world.day(event['time'])).days
            orders[event['person']].add(event['order'])
            worth[event['person']] += amount_of(event, body['value']) or 0
        elif event['event'] == body['refund']:
            worth[event['person']] -= amount_of(event, body['value']) or 0
    how = body.get('scoring', 'ntile')
    r = {person: 6 - score for person, score in scores(recency, how).items()}
    f = scores({person: len(orders[person]) for person in recency}, how)
    m = scores({person: worth[person] for person in recency}, how)
    cells, answer = collections.defaultdict(set), Answer()
    for person in recency:
        cells[r[person], f[person], m[person]].add(person)
    for key, who in cells.items():
        answer.row(key, who, people=len(who))
    return answer


# --- attribution ---

Path = collections.namedtuple('Path', 'touches conversion')  # events; of a path that led nowhere no conversion


def converting_paths(world, body):
    """Of each conversion that is read and counts: its touches in order. Of one key the first counts."""
    start, end = world.range(body)
    look_back, seen, paths = span_of(body['look_back']), set(), []
    for event in world.events:
        if event['event'] != body['conversion'] or event['person'] is None or not start - look_back <= event['time'] < end + look_back:
            continue
        key = value_of(event, body['key'])
        if key is not None and key in seen:
            continue
        seen.add(key)
        paths.append(Path([touch for touch in touches_of(world, body, event['person'])
                           if touch['order_key'] < event['order_key'] and touch['time'] >= event['time'] - look_back], event))
    return paths


def touches_of(world, body, person):
    start, end = world.range(body)
    look_back = span_of(body['look_back'])
    return [touch for touch in world.subjects[person] if touch['event'] in body['touches'] and value_of(touch, body['channel']) is not None
            and start - look_back <= touch['time'] < end + look_back]


def paths_to_nothing(world, body, converting):
    """Touches of the range that stand in no conversion's path, in paths no longer than the window; one that led somewhere parts them."""
    (start, end), look_back, paths = world.range(body), span_of(body['look_back']), []
    used = {touch['position'] for path in converting for touch in path.touches}
    for person in world.subjects:
        open_ = None
        for touch in touches_of(world, body, person):
            if touch['position'] in used:
                open_ = None
            elif start <= touch['time'] < end:
                if open_ is None or touch['time'] - open_[0]['time'] > look_back:
                    open_ = []
                    paths.append(Path(open_, None))
                open_.append(touch)
    return paths


def shares(model, times, half_life):
    """What each touch of a path gets."""
    count = len(times)
    if model == 'position':
        if count <= 2:
            return [fractions.Fraction(1, count)] * count
        return [fractions.Fraction(2, 5), *[fractions.Fraction(1, 5 * (count - 2))] * (count - 2), fractions.Fraction(2, 5)]
    if model == 'time_decay':
        weights = [2.0 ** ((time - times[-1]) / half_life) for time in times]
        return [weight / sum(weights) for weight in weights]
    return {'first': [1] + [0] * (count - 1), 'last': [0] * (count - 1) + [1], 'linear': [fractions.Fraction(1, count)] * count}[model]


def chain_value(ways, gone):
    """What a walk through the channels brings on average. A way is (channels, what it ends in); a walk that comes to the one that is gone ends in nothing."""
    leaving, ending, hops = collections.Counter(), collections.Counter(), collections.Counter()
    for channels, brought in ways:
        states = [None, *(name for name, _ in itertools.groupby(channels))]
        for state, following in itertools.pairwise(states):
            hops[state, following] += 1
        leaving.update(states)
        ending[states[-1]] += brought
    worth = dict.fromkeys(leaving, 0.0)
    for _ in range(2000):
        before = dict(worth)
        for state in worth:
            worth[state] = 0.0 if state is not None and state == gone else \
                (ending[state] + sum(count * worth[to] for (at, to), count in hops.items() if at == state)) / leaving[state]
        if all(abs(worth[state] - before[state]) <= 1e-15 * (1 + abs(worth[state])) for state in worth):
            break
    return worth[None]


def markov(ways, total, channels):
    """In the proportion of what would be lost without each."""
    whole = chain_value(ways, ())
    lost = {channel: whole - chain_value(ways, channel) for channel in channels}
    return {channel: total * loss / sum(lost.values()) if sum(lost.values()) else 0 for channel, loss in lost.items()}


def shapley_rate(ways, channels):
    """What a channel adds to what a path brings, over all orders, times the paths."""
    sets = collections.defaultdict(lambda: [0, 0])
    for way, brought in ways:
        sets[frozenset(way)][0] += brought
        sets[frozenset(way)][1] += 1
    def rate(inside):
        fitting = [worth for one, worth in sets.items() if one <= inside]
        paths = sum(count for _, count in fitting)
        return sum(brought for brought, _ in fitting) / paths if paths else 0
    count, given = len(channels), {}
    rates = {frozenset(some): float(rate(frozenset(some))) for size in range(count + 1) for some in itertools.combinations(sorted(channels), size)}
    for channel in channels:
        given[channel] = len(ways) * sum((rates[some | {channel}] - worth) / (count * math.comb(count - 1, len(some)))
                                         for some, worth in rates.items() if channel not in some)
    return given


def credits_of(body, converting, nothing):
    """{(channel, model or model_value): credit} of some conversions, seen against the paths that led nowhere."""
    credits, half_life = collections.Counter(), span_of(body.get('half_life', '7d'))
    def way_of(path):
        return [value_of(touch, body['channel']) for touch in path.touches[-body.get('touches_max', 100):]]
    worth = [(way_of(path), amount_of(path.conversion, body['value']) or 0, path) for path in converting if path.touches]
    channels = {channel for way, _, _ in worth for channel in way} | {channel for path in nothing for channel in way_of(path)}
    for model in body['models']:
        for name, brought in ((model, lambda value: 1), (f'{model}_value', lambda value: value)):
            ways = [(way, brought(value)) for way, value, _ in worth] + [(way_of(path), 0) for path in nothing]
            if model == 'markov':
                given = markov(ways, sum(brought for _, brought in ways), channels)
            elif model == 'shapley_rate':
                given = shapley_rate(ways, channels)
            else:
                given = collections.Counter()
                for way, value, path in worth:
                    split = {channel: fractions.Fraction(1, len(set(way))) for channel in set(way)}.items() if model == 'shapley' else \
                        zip(way, shares(model, [touch['time'] for touch in path.touches[-len(way):]], half_life))
                    for channel, share in split:
                        given[channel] += share * brought(value)
            credits.update({(channel, name): credit for channel, credit in given.items()})
    return credits, channels


def attribution(world, body):
    start, end = world.range(body)
    all_, answer, path = converting_paths(world, body), Answer(), body.get('breakdown')
    nothing = paths_to_nothing(world, body, all_)
    converting = [one for one in all_ if start <= one.conversion['time'] < end]
    groups = collections.defaultdict(list)
    for one in converting:
        groups[(shown(one.conversion, path),) if path else ()].append(one)
    for group, of in groups.items():
        credits, channels = credits_of(body, of, nothing)
        for channel in channels:
            who = [one.conversion['person'] for one in of if channel in {value_of(touch, body['channel']) for touch in one.touches[-body.get('touches_max', 100):]}]
            answer.row((*group, channel), who if who else None, converted=len(who),
                       **{name: credits[channel, name] for model in body['models'] for name in (model, f'{model}_value')})
    answer.row(('totals',), conversions=len(converting), without_touch=sum(not one.touches for one in converting),
               value=sum(amount_of(one.conversion, body['value']) or 0 for one in converting))
    return answer
