"""Stories of what is told of whole tags and segments, counted again from other roads: growth from the facts that hooks were told, who was in it at an instant from
the definitions (rule_meaning.py), sizes, overlaps, exports and questions from who is in it, lists from the acts."""
import collections
import datetime
import json
import random
import signal
import time

import audience_oracle
import rule_chance
import rule_meaning
from analytics import asked, exported, people_of, truth_of
from oracle import DAY, instant_of

RULES = 16
INSTANTS = 4
EXPLAINED = 6  # people, of each rule
ROLLING_LATE = 3  # seconds until a turn by time is told, at most
CAUSES = ('live', 'late', 'import', 'switch', 'merge', 'split')
FACTS = {'segment_entered': 'entered', 'segment_left': 'left', 'tag_changed': 'changed'}


def answered(daemon, method, path, body=None):
    """A study that is waited for; rows as dictionaries."""
    answer = asked(daemon, method, path, body)
    names = [column['name'] for column in answer['columns']]
    return answer, [dict(zip(names, row)) for row in answer['rows']]


# --- growth and facts ---

def facts_of(daemon):
    path = daemon.folder / 'main' / 'out' / 'turns.ndjson'
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def moves_of_facts(daemon, name):
    """How many came and left today, by cause."""
    moves = collections.Counter()
    for fact in facts_of(daemon):
        if fact['data'].get('segment') == name:
            moves[FACTS[fact['fact']], 'time' if fact['data']['by_time'] else fact['cause']] += 1
    return moves


def moves_of_growth(daemon, name):
    moves = collections.Counter()
    for row in answered(daemon, 'GET', f'/api/v1/segments/{name}/growth')[1]:
        for column, count in row.items():
            move, _, cause = column.partition('_')
            if move in FACTS.values() and cause and count:
                moves[move, cause] += count
    return moves


def growth_is_what_facts_say(audience):
    daemon = audience.daemon
    for kind, name in audience.trees:
        if kind != 'segments':
            continue
        end = time.monotonic() + ROLLING_LATE
        while (told := moves_of_growth(daemon, name)) != (facts := moves_of_facts(daemon, name)) and time.monotonic() < end:
            time.sleep(0.1)
        assert told == facts, (name, told, facts)


# --- sizes, pages, exports, questions ---

def wholes_are_what_pages_say(audience):
    """Of segments that time alone doesn't turn while we ask."""
    daemon, rng = audience.daemon, audience.rng
    names = [name for kind, name in audience.trees if kind == 'segments']
    events = None
    for name in names:
        members = audience.members(name)
        size = asked(daemon, 'GET', f'/api/v1/segments/{name}')['size']
        rows = exported(daemon, f'people?of=segment:{name}')
        reach, _ = answered(daemon, 'GET', f'/api/v1/segments/{name}/reach?sample=0')
        question = {'from': '2020-01-01', 'until': '2030-01-01', 'unit': 'year', 'zone': audience.zone, 'segment': name, 'series': ['*', {'event': '*', 'measure': 'uniques'}]}
        [[count, uniques]] = asked(daemon, 'POST', '/api/v1/analytics/trend', question)['totals']
        if audience.members(name) != members:
            continue
        events = events or truth_of(daemon)
        of_members = [event for event in events if event['person'] in members]
        assert {row['number'] for row in rows} == members and size == len(members) == reach['people'], (name, size, len(members), len(rows), reach['people'])
        assert (count, uniques) == (len(of_members), len({event['person'] for event in of_members})), (name, count, len(of_members), uniques)
    chosen = rng.sample(names, 4)
    inside = {f'segment:{name}': audience.members(name) for name in chosen}
    answer, rows = answered(daemon, 'POST', '/api/v1/segments/overlap', {'of': list(inside), 'top': 100})
    if {f'segment:{name}': audience.members(name) for name in chosen} == inside:
        assert all(row['both'] == len(inside[row['set']] & inside[row['with']]) for row in rows), (inside, rows)
        exactly = collections.Counter(tuple(name for name in inside if number in inside[name]) for number in set.union(*inside.values()))
        assert {tuple(one['sets']): one['people'] for one in answer['combinations']} == exactly, (exactly, answer['combinations'])


# --- at an instant, at a position ---

class ReadingThen(rule_meaning.Reading):
    """What was true at an instant, by all that is known now: also what came late."""

    def has_come(self, of):
        return f'{of}.time <= {self.now}'


RELATIONS = [*rule_chance.RELATION_TYPES.values(), *(f'has {kind}' for kind in rule_chance.RELATION_TYPES)]


def has_history(tree, definitions):
    """Does it ask for nothing but what is known of earlier instants?"""
    if isinstance(tree, list):
        return all(has_history(part, definitions) for part in tree)
    if not isinstance(tree, dict) or 'events' in tree or 'steps' in tree or tree.get('words', '').startswith('has '):
        return True
    if tree.get('words') in ('segment', 'tag'):
        return has_history(definitions[tree['of'][0]], definitions)
    return 'name' not in tree and tree.get('words') != 'consents' and has_history(tree.get('of', []), definitions)


def named_by(tree):
    """Names of the tags and segments that a tree asks for."""
    if isinstance(tree, list):
        return set().union(*map(named_by, tree))
    if not isinstance(tree, dict):
        return set()
    return {tree['of'][0]} if tree.get('words') in ('segment', 'tag') else named_by(tree.get('of', []))


def asks(tree):
    """What else a tree asks for: words of calls, and names of events."""
    if isinstance(tree, list):
        return set().union(*map(asks, tree))
    if not isinstance(tree, dict):
        return set()
    return {tree.get('words')}.union(tree.get('events', []), asks(tree.get('of', [])), asks(tree.get('steps', [])))


def is_of_events(tree, definitions):
    """Of events alone: of these is known what the log had at a position."""
    asked_for = asks(tree)
    is_known = has_history(tree, definitions) and rule_meaning.ORDER not in asked_for and not any(words in asked_for for words in RELATIONS)
    return is_known and all(is_of_events(definitions[name], definitions) for name in named_by(tree))


def people_then(daemon, kind, name, cut):
    """{person: value} of those who were in it."""
    told, after = {}, ''
    while after is not None:
        page = asked(daemon, 'GET', f'/api/v1/{kind}/{name}/then?{cut}&limit=1000{after}')
        told |= {row['person']['number']: row.get('value') for row in page['people']}
        after = f'&after={page["next"]}' if page['next'] else None
    return told


def spelled(instant):
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=instant)).isoformat() + 'Z'


def was_seen(past, people, instant):
    """{person: whether anything had been seen of them}; None: an event of theirs, but none of the identifiers that they have now."""
    seen = {person['number']: min(instant_of(one['first']) for one in person['identifiers']) <= instant for person in people}
    for event in past.events:
        if event['person'] is not None and event['time'] <= instant and not seen[event['person']]:
            seen[event['person']] = None
    return seen


def says(reading, kind, tree, person):
    return (reading.condition if kind == 'segments' else reading.value)(tree, person)


def is_listed(kind, told, person, true, was_seen=True):
    """Whether who was in it is told rightly of a person. `was_seen` None: either is. Of a tag nobody is told who says what is said of the unknown."""
    if kind == 'segments':
        return was_seen is None or (person in told) == (true is True and was_seen)
    return person not in told or audience_oracle.is_told(kind, told[person], [true])


def who_was_in_it_is_what_definitions_say(audience):
    daemon, rng, now, wrong = audience.daemon, audience.rng, audience_oracle.now_us(), []
    people = people_of(daemon)
    past, named, ids = audience.past(people, audience.told(people)), audience.named(), {person['number']: person['id'] for person in people}
    instants = [now - rng.randrange(40 * DAY) for _ in range(INSTANTS)] + [event['time'] for event in rng.sample(past.events, INSTANTS)] + [now + rng.randrange(1, 40) * DAY]
    for (kind, name), tree in audience.trees.items():
        for instant in rng.sample(instants, 2) if has_history(tree, named) else []:
            reading, told, seen = ReadingThen(past, instant, named), people_then(daemon, kind, name, f'instant={spelled(instant)}'), was_seen(past, people, instant)
            what = name, rule_chance.text_of(tree), spelled(instant)
            wrong += [(*what, number, told.get(number), number in told) for number in past.people if not is_listed(kind, told, number, says(reading, kind, tree, number), seen[number])]
            for number in rng.sample(past.people, EXPLAINED):
                explained = asked(daemon, 'GET', f'/api/v1/{kind}/{name}/explain/id:{ids[number]}?instant={spelled(instant)}')['value']
                if not audience_oracle.is_told(kind, explained, [says(reading, kind, tree, number)]):
                    wrong.append((*what, number, 'explained', explained, says(reading, kind, tree, number)))
    assert not wrong, f'SEED={audience_oracle.SEED}: {len(wrong)} differences\n' + '\n'.join(map(str, wrong[:25]))


def positions_of(events):
    """{person: positions of their events}"""
    owned = collections.defaultdict(set)
    for event in events:
        owned[event['person']].add(event['position'])
    return owned


def what_was_said(audience):
    """(position, {(kind, name): {person: value}}, positions_of) of rules over events, as the definitions have it."""
    people = people_of(audience.daemon)
    past, named = audience.past(people, audience.told(people)), audience.named()
    reading = rule_meaning.Reading(past, max(instant_of(event['received_at']) for event in past.events), named)
    values = {(kind, name): {number: says(reading, kind, tree, number) for number in past.people} for (kind, name), tree in audience.trees.items() if is_of_events(tree, named)}
    return max(event['position'] for event in past.events) + 1, values, positions_of(past.events)


def kith_said_then_what_it_said(audience, before):
    """What was said at a position is told of it ever after, of whom nothing was merged or parted since."""
    position, values, owned = before
    now_owned = positions_of(event for event in truth_of(audience.daemon) if event['position'] < position)
    same = [number for number in owned if number is not None and owned[number] == now_owned[number]]
    assert len(same) > audience_oracle.CROWD // 3, len(same)
    for (kind, name), of_person in values.items():
        told = people_then(audience.daemon, kind, name, f'position={position}')
        wrong = [(number, told.get(number), of_person[number]) for number in same if not is_listed(kind, told, number, of_person[number])]
        assert not wrong, (audience_oracle.SEED, name, rule_chance.text_of(audience.trees[kind, name]), position, wrong)


def explanations_agree(audience):
    """With who is in it now; nothing is missing of whom it holds."""
    daemon, rng = audience.daemon, audience.rng
    people = people_of(daemon)
    for kind, name in audience.trees:
        for person in rng.sample(people, EXPLAINED):
            before = audience.of_person(person).get((kind, name))
            told = asked(daemon, 'GET', f'/api/v1/{kind}/{name}/explain/id:{person["id"]}')
            after = audience.of_person(person).get((kind, name))
            if before != after:
                continue
            value = told['value']
            if kind == 'segments':
                assert bool(value) == bool(before), (name, value, before, told)
                assert not value or not told['missing'], (name, told['missing'])
            else:
                assert value == before or (isinstance(value, (int, float)) and abs(value - (before or 0)) < 1e-6), (name, value, before)
            assert (told['tree']['value'] or False) == (value or False), (name, told)


def what_is_told_of_wholes_adds_up(folder):
    """Live, after late events, merges, splits, a kill, edits and erasures."""
    rng = random.Random(audience_oracle.SEED)
    daemon, history = audience_oracle.begin(folder, rng)
    audience = audience_oracle.Audience(daemon, rng, history.zone)
    asked(daemon, 'POST', '/api/v1/hooks', {'name': 'turns', 'target': 'turns.ndjson', 'facts': list(FACTS), 'causes': list(CAUSES)})
    audience_oracle.say_all_names(daemon, history)
    audience.save_all('before', RULES)
    def go_on():
        audience_oracle.send(daemon, history.events(150) + history.consents(10))
        audience_oracle.send_lines(daemon, '/api/v1/relations', history.relations(20))
        audience_oracle.send_lines(daemon, '/api/v1/orders', history.orders(20, audience_oracle.ORDERS))
    def all_agree():
        wholes_are_what_pages_say(audience)
        growth_is_what_facts_say(audience)
        explanations_agree(audience)
        who_was_in_it_is_what_definitions_say(audience)
    go_on()
    all_agree()
    before = what_was_said(audience)
    go_on()
    kith_said_then_what_it_said(audience, before)
    audience_oracle.decide_by_hand(daemon, rng)
    all_agree()
    kith_said_then_what_it_said(audience, before)
    daemon.stop(signal.SIGKILL)
    daemon.start()
    daemon.wait_ready()
    all_agree()
    for kind, name in rng.sample(sorted(audience.trees), RULES // 3):
        audience.save(kind, name)
    go_on()
    audience.settle()
    all_agree()
    for person in rng.sample(people_of(daemon), 5):
        asked(daemon, 'POST', f'/api/v1/people/id:{person["id"]}/erase', {'reason': 'asked'})
    audience.check('erased')
    all_agree()
    assert daemon.stop() == 0


STORIES = [what_is_told_of_wholes_adds_up]
