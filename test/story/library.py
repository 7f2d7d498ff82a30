"""A story of the ready tags: what they lack is told, they are installed, and everybody who has one is counted again in SQL over what was exported."""
import json
import math
import pathlib
import sqlite3
import statistics
import time

from daemon import Daemon, kith

PEOPLE, DAYS, SEED = 300, 400, 7
ZONE = '+8 hours'  # of a workspace that was told none

TABLES = '''
CREATE TABLE orders(person, time, day, net REAL, list REAL, discount REAL, channel, paid, items, refunds, shop, number);
CREATE TABLE events(id, person, event, time, day, hour INTEGER, channel, actor, "order", properties, items);
CREATE TABLE people(person, is_member, birthday);
'''

# Independent of the expressions: what each tag means, said of tables.
BOUGHT = "SELECT person, count(*) AS n, min(day) AS first, max(day) AS last, julianday(max(time)) AS ended FROM orders WHERE net > 0 GROUP BY person"
IN_YEAR = "SELECT person, count(*) FILTER (WHERE net > 0) AS n, sum(net) AS amount, max(day) FILTER (WHERE net > 0) AS last FROM orders WHERE day > date(:today, '-365 days') GROUP BY person"
FIXED = (90, 3, 1000)  # of the library: days, orders, money
COUPONS = f"SELECT o.person, 1.0 * (SELECT count(*) FROM events e WHERE e.person = o.person AND e.event = 'coupon_used' AND e.day > date(:today, '-365 days')) / o.n AS share FROM ({IN_YEAR}) o WHERE o.n > 0"
BETWEEN = "SELECT count(*) FROM orders o WHERE o.person = b.person AND net > 0 AND day > date(:today, '-365 days') AND day <= date(:today, '-90 days')"


def rfm(days, orders, money):
    """{tag: who has it}, by thresholds."""
    conditions = f"last > date(:today, '-{days} days')", f'n >= {orders}', f'amount >= {money}'
    highs = {'champion': (True, True, True), 'develop': (True, False, True), 'keep': (False, True, True), 'win_back': (False, False, True),
             'usual_value': (True, True, False), 'usual_develop': (True, False, False), 'usual_keep': (False, True, False), 'usual_win_back': (False, False, False)}
    return {f'rfm_{name}': f'SELECT person FROM ({IN_YEAR}) WHERE n > 0 AND ' + ' AND '.join(condition if high else f'NOT ({condition})' for condition, high in zip(conditions, those))
            for name, those in highs.items()}


CONDITIONS = {
    'stage_new': f"SELECT person FROM ({BOUGHT}) WHERE first > date(:today, '-30 days')",
    'stage_back': f"SELECT person FROM ({BOUGHT}) b WHERE last > date(:today, '-90 days') AND first <= date(:today, '-365 days') AND ({BETWEEN}) = 0",
    'stage_active': f"SELECT person FROM ({BOUGHT}) b WHERE last > date(:today, '-90 days') AND first <= date(:today, '-30 days') AND (first > date(:today, '-365 days') OR ({BETWEEN}) > 0)",
    'stage_quiet': f"SELECT person FROM ({BOUGHT}) WHERE last > date(:today, '-365 days') AND last <= date(:today, '-90 days')",
    'stage_lost': f"SELECT person FROM ({BOUGHT}) WHERE last <= date(:today, '-365 days')",
    'stage_none': f'SELECT person FROM people WHERE person NOT IN (SELECT person FROM ({BOUGHT}))',
    'first_order': f'SELECT person FROM ({BOUGHT}) WHERE n = 1',
    'member_without_order': f'SELECT person FROM people WHERE is_member AND person NOT IN (SELECT person FROM ({BOUGHT}))',
    **rfm(*FIXED),
    'high_value_at_risk': f"SELECT person FROM ({IN_YEAR}) WHERE amount >= 3000 AND (last IS NULL OR last <= date(:today, '-60 days'))",
    'price_high': f'SELECT person FROM ({COUPONS}) WHERE share >= 0.5',
    'price_middle': f'SELECT person FROM ({COUPONS}) WHERE share >= 0.2 AND share < 0.5',
    'price_low': f'SELECT person FROM ({COUPONS}) WHERE share < 0.2',
    'store_and_online': "SELECT person FROM orders WHERE net > 0 GROUP BY person HAVING max(channel = 'pos') AND max(channel != 'pos')",
    'cart_left': "SELECT DISTINCT c.person FROM events c WHERE c.event = 'cart_added' AND c.day > date(:today, '-7 days') AND julianday(c.time) + 2 / 24.0 <= julianday(:now) AND NOT EXISTS ("
                 "SELECT 1 FROM events p WHERE p.person = c.person AND p.event = 'order_paid' AND p.time > c.time AND julianday(p.time) <= julianday(c.time) + 2 / 24.0)",
    'asked_again': "SELECT person FROM (SELECT person, json_extract(properties, '$.text') AS said FROM events WHERE event = 'message_received' AND day > date(:today, '-7 days')) "
                   'GROUP BY person HAVING count(said) - count(DISTINCT said) >= 1',
    'tickets_again': "SELECT person FROM events WHERE event = 'ticket_opened' AND day > date(:today, '-30 days') GROUP BY person HAVING count(*) >= 2",
    'refunds_often': "SELECT person FROM orders WHERE day > date(:today, '-365 days') GROUP BY person HAVING sum(paid IS NOT NULL) > 0 AND 1.0 * sum(refunds > 0) / sum(paid IS NOT NULL) >= 0.3",
    'birthday_near': "SELECT person FROM (SELECT person, substr(birthday, -5) AS day FROM people) WHERE day BETWEEN strftime('%m-%d', :today) AND strftime('%m-%d', :today, '+7 days') "
                     "OR strftime('%m-%d', :today) > strftime('%m-%d', :today, '+7 days') AND (day >= strftime('%m-%d', :today) OR day <= strftime('%m-%d', :today, '+7 days'))",
}


def most_frequent(pairs):
    """Of as frequent ones that of the later day, then the smaller."""
    return ('SELECT person, value FROM (SELECT person, value, row_number() OVER (PARTITION BY person ORDER BY count(*) DESC, max(day) DESC, value) AS place '
            f'FROM ({pairs}) WHERE value IS NOT NULL GROUP BY person, value) WHERE place = 1')


GAPS = 'SELECT person, julianday(day) - julianday(lag(day) OVER (PARTITION BY person ORDER BY day)) AS gap FROM (SELECT DISTINCT person, day FROM orders WHERE net > 0)'
PLACED = f'SELECT person, gap, row_number() OVER (PARTITION BY person ORDER BY gap) AS place, count(*) OVER (PARTITION BY person) AS n FROM ({GAPS}) WHERE gap IS NOT NULL'
MEDIAN = f'SELECT person, avg(gap) AS gap FROM ({PLACED}) WHERE place IN ((n + 1) / 2, (n + 2) / 2) GROUP BY person'
NEXT = f'SELECT person, ended + gap AS next FROM ({BOUGHT}) JOIN ({MEDIAN}) USING (person)'
CONDITIONS['purchase_due'] = f"SELECT person FROM ({NEXT}) WHERE julianday(date(next, '{ZONE}')) - julianday(:today) BETWEEN 0 AND 7"
CONDITIONS['low_score'] = ("SELECT person FROM (SELECT person, json_extract(properties, '$.score') AS score, row_number() OVER (PARTITION BY person ORDER BY time DESC, id DESC) AS place "
                           "FROM events WHERE event = 'survey_answered') WHERE place = 1 AND score <= 6")
VALUES = {
    'discount_share': "SELECT person, sum(discount) / sum(list) FROM orders WHERE day > date(:today, '-365 days') GROUP BY person HAVING sum(list) != 0",
    'next_purchase': NEXT,
    'category_interest': most_frequent("SELECT person, day, json_extract(value, '$.category') AS value FROM events, json_each(items) WHERE event = 'product_viewed' AND day > date(:today, '-90 days')"),
    'channel_preference': most_frequent("SELECT person, day, channel AS value FROM events WHERE day > date(:today, '-90 days')"),
    'active_hour': most_frequent("SELECT person, day, hour AS value FROM events WHERE actor IS NULL AND day > date(:today, '-90 days')"),
    'buying_channel': most_frequent("SELECT person, day, channel AS value FROM orders WHERE day > date(:today, '-365 days')"),
}
GROUPS = {'life_stage': 'stage_', 'rfm': 'rfm_', 'price_sensitivity': 'price_'}


def run(daemon, *words):
    code, said = kith(*words, '--url', f'http://127.0.0.1:{daemon.port}', '--folder', daemon.folder)
    assert code == 0, said
    return said


def rows_of(daemon, query):
    return [json.loads(line) for line in run(daemon, 'sql', query, '--json').splitlines() if line]


def trait_of(person, name):
    said = [trait for trait in json.loads(person['traits'] or '[]') if trait['name'] == name]
    return max(said, key=lambda trait: trait['time'])['value'] if said else None


def exported(daemon):
    """What there is, in tables of another database."""
    tables = sqlite3.connect(':memory:')
    tables.executescript(TABLES)
    for o in rows_of(daemon, 'SELECT owner, created, net, list, discount, channel, paid, items, refunds, shop, number FROM orders WHERE owner IS NOT NULL AND NOT void'):
        done = [refund for refund in json.loads(o['refunds']) if refund.get('states', {}).get('done') or refund.get('done')]
        tables.execute("INSERT INTO orders VALUES(?,?,date(?,?),?,?,?,?,?,?,?,?,?)", (o['owner'], o['created'], o['created'], ZONE, o['net'], o['list'], o['discount'], o['channel'], o['paid'], o['items'], len(done), o['shop'], o['number']))
    for e in rows_of(daemon, "SELECT id, person, event, time, channel, actor, \"order\", properties, items FROM events WHERE person IS NOT NULL"):
        tables.execute("INSERT INTO events VALUES(?,?,?,?,date(?,?),strftime('%H',?,?),?,?,?,?,?)", (e['id'], e['person'], e['event'], e['time'], e['time'], ZONE, e['time'], ZONE, e['channel'], e['actor'], e['order'], e['properties'], e['items']))
    for p in rows_of(daemon, 'SELECT id, identifiers, traits FROM people'):
        member = any(i['type'] == 'member_no' for i in json.loads(p['identifiers'] or '[]'))
        tables.execute('INSERT INTO people VALUES(?,?,?)', (p['id'], member, trait_of(p, 'birthday')))
    tables.execute('CREATE INDEX by_order ON orders(person)')
    tables.execute('CREATE INDEX by_event ON events(person, event, time)')
    return tables


def had(daemon):
    """{tag: {person: value}} as the daemon tells it."""
    tags = {}
    for row in rows_of(daemon, 'SELECT tag, person, value FROM tag_values'):
        tags.setdefault(row['tag'], {})[row['person']] = row['value']
    return tags


def same(tables, got, want):
    """Instants to the second: here they are days in floating point, there microseconds."""
    if isinstance(want, float) and isinstance(got, str):
        return abs(tables.execute('SELECT julianday(?)', (got,)).fetchone()[0] - want) * 86400 < 1
    return abs(got - want) < 2e-6 if isinstance(want, float) else got == want


def moment_of(tables):
    now, today = tables.execute("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), date('now', ?)", (ZONE,)).fetchone()
    return {'now': now, 'today': today}


def counted_again(daemon, conditions=CONDITIONS):
    """How many have each tag; fails where SQL says otherwise."""
    tables, tags = exported(daemon), had(daemon)
    moment = moment_of(tables)
    for name, query in conditions.items():
        want, got = {row[0] for row in tables.execute(query, moment)}, set(tags.get(name, {}))
        assert got == want, (name, len(got), len(want), sorted(got - want)[:2], sorted(want - got)[:2])
    for name, query in VALUES.items():
        want, got = dict(tables.execute(query, moment)), tags.get(name, {})
        wrong = [person for person in got.keys() | want.keys() if person not in got or person not in want or not same(tables, got[person], want[person])]
        assert not wrong, (name, len(got), len(want), [(person, got.get(person), want.get(person)) for person in wrong[:2]])
    for group, prefix in GROUPS.items():
        want = {person: name for name in CONDITIONS if name.startswith(prefix) for person in tags.get(name, {})}
        assert tags[group] == want and len(want) == sum(len(tags.get(name, {})) for name in CONDITIONS if name.startswith(prefix)), group
    return {name: len(people) for name, people in tags.items()}


def own_thresholds(daemon):
    """Two fifths of those who bought within a year are above each, counted over their events: days, orders, money."""
    tables = exported(daemon)
    paid = "SELECT person, julianday(:today) - julianday(max(day)) AS ago, count(DISTINCT \"order\") AS orders, sum(json_extract(properties, '$.amount')) AS money FROM events WHERE event = 'order_paid' AND day > date(:today, '-365 days') GROUP BY person"
    back = "(SELECT coalesce(sum(json_extract(properties, '$.amount')), 0) FROM events r WHERE r.person = p.person AND event = 'refund_done' AND day > date(:today, '-365 days'))"
    rows = tables.execute(f'SELECT ago, orders, money - {back} FROM ({paid}) p', moment_of(tables)).fetchall()
    ago, orders, money = (statistics.quantiles(values, n=5, method='inclusive') for values in zip(*rows))
    return int(ago[1]) + 1, int(orders[2]) + 1, (math.floor(round(money[2] * 100, 6)) + 1) / 100


def told(daemon, *words):
    return {tag['name']: tag for tag in json.loads(run(daemon, 'tag', 'library', 'list', *words, '--json'))['tags']}


def wait_in_force(daemon, seconds=60):
    until = time.monotonic() + seconds
    while any(tag['state'] != 'in_force' for tag in daemon.ask('GET', '/api/v1/tags')[1]['tags']):
        assert time.monotonic() < until, 'tags are still gathered'
        time.sleep(0.1)


def ready_tags_are_installed_and_hold_of_whom_sql_says(folder):
    """Nothing is ready in an empty workspace; with the synthetic brand all but one is, and each has the people, and the values, that SQL finds."""
    folder = pathlib.Path(folder)
    code, words = kith('sim', folder / 'brand', '--people', PEOPLE, '--days', DAYS, '--seed', SEED)
    assert code == 0, words
    daemon = Daemon(folder / 'data')
    daemon.start()
    asking = ('--url', f'http://127.0.0.1:{daemon.port}', '--folder', daemon.folder)

    tags = told(daemon)
    assert tags['price_sensitivity']['missing'] == 'coupon_used, order' and 'birthday' in tags['birthday_near']['missing'], tags
    code, words = kith('tag', 'library', 'install', 'rfm', '--yes', *asking)
    assert code == 1 and 'rfm_champion: missing: order' in words, words
    code, words = kith('tag', 'library', 'install', 'rfm', 'rfm_order=4', *asking)
    assert code == 2 and 'rfm_orders' in words, words
    code, words = kith('tag', 'library', 'install', 'rfn', *asking)
    assert code == 2 and 'did you mean "rfm"' in words, words

    run(daemon, 'import', folder / 'brand' / 'things.ndjson', '--things')
    run(daemon, 'order', 'put', folder / 'brand' / 'orders.ndjson', '--import')
    run(daemon, 'import', folder / 'brand' / 'events.ndjson')
    assert {name for name, tag in told(daemon).items() if tag['missing']} == {'mileage_due'}
    words = run(daemon, 'tag', 'library', 'install', '--all', '--dry-run')
    assert 'Left out: mileage_due (missing: odometer_read)' in words and daemon.ask('GET', '/api/v1/tags')[1]['tags'] == [], words
    run(daemon, 'tag', 'library', 'install', '--all', '--yes')
    wait_in_force(daemon)
    sizes = counted_again(daemon)
    assert sum(sizes.get(name, 0) > 0 for name in CONDITIONS) >= len(CONDITIONS) - 6, sizes

    # Thresholds that are the brand's own, with the day they were taken on: of events, and then exact of orders.
    own = own_thresholds(daemon)
    run(daemon, 'tag', 'library', 'install', 'rfm', '--from-own-data', '--yes')
    wait_in_force(daemon)
    champion = daemon.ask('GET', '/api/v1/tags/rfm_champion')[1]
    assert f'in last {own[0]} days' in champion['text'] and f'>= {own[1]}' in champion['text'] and f'{own[2]:.2f}'.rstrip('0') in champion['text'], (own, champion['text'])
    assert f'own data of {moment_of(sqlite3.connect(":memory:"))["today"]}' in champion['description'], champion['description']
    counted_again(daemon, {**CONDITIONS, **rfm(*own)})
    run(daemon, 'tag', 'library', 'install', 'rfm', '--yes')
    wait_in_force(daemon)

    # A threshold is another one, and stays when all are installed again; a printed file is what stands.
    run(daemon, 'tag', 'library', 'install', 'stage_new', 'new_days=400', '--yes')
    wait_in_force(daemon)
    assert 'There is nothing to do.' in run(daemon, 'tag', 'library', 'install', '--all', '--yes')
    tag = daemon.ask('GET', '/api/v1/tags/stage_new')[1]
    assert 'in last 400 days' in tag['text'] and '400 days ago' in tag['description'] and tag['size'] >= sizes.get('stage_new', 0), tag
    (folder / 'tags.json').write_text(run(daemon, 'tag', 'library', 'print', 'life_stage', 'new_days=400'))
    words = run(daemon, 'apply', '-f', folder / 'tags.json', '--dry-run')
    assert '0 new, 0 changed' in words, words
    assert daemon.stop() == 0


STORIES = [ready_tags_are_installed_and_hold_of_whom_sql_says]
