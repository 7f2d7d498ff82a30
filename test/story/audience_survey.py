"""A story of whole segments: reach, overlap and portrait, counted again in SQL over what the daemon exports."""
import json
import random
import sqlite3

from audience import in_force, said, until
from daemon import Daemon

PEOPLE = 300
CITIES = ('上海', '北京', '广州', '成都')
SEGMENTS = {'buyers': 'did(order_paid)', 'keen': 'count(product_viewed) >= 3', 'web': "last(product_viewed.channel) = 'web'"}


def history(chance):
    """Random people; who buys lives in Shanghai more often."""
    lines = []
    for who in range(PEOPLE):
        buys = chance.random() < 0.3
        ids = [{'type': 'user_id', 'value': f'u{who}'}]
        if chance.random() < 0.8:
            ids.append({'type': 'phone', 'value': f'1381234{who:04}'})
        city = '上海' if buys and chance.random() < 0.6 else chance.choice(CITIES)
        first = {'ids': ids, 'traits': {'city': city}}
        if chance.random() < 0.5:
            first['consents'] = [{'purpose': 'marketing', 'given': chance.random() < 0.7}]
        for turn in range(chance.randrange(1, 6)):
            lines.append({'id': f'v{who}-{turn}', 'event': 'product_viewed', 'channel': chance.choice(('web', 'tmall')),
                          **(first if turn == 0 else {'ids': ids[:1]})})
        if buys:
            lines.append({'id': f'o{who}', 'event': 'order_paid', 'ids': ids[:1]})
    return lines


def exported(daemon, what):
    status, text = daemon.ask('GET', f'/api/v1/export/{what}')
    assert status == 200, text
    lines = text.splitlines() if isinstance(text, str) else [json.dumps(text)]
    return [json.loads(line) for line in lines if line]


def tables_of(daemon):
    """What is exported of everybody, as tables."""
    sql = sqlite3.connect(':memory:')
    sql.executescript('CREATE TABLE person (id, city); CREATE TABLE identifier (person, type); CREATE TABLE consent (person, given);'
                      'CREATE TABLE counter (person, event, times); CREATE TABLE member (segment, person)')
    for row in exported(daemon, 'people'):
        city = next((trait['value'] for trait in row['traits'] if trait['name'] == 'city'), None)
        sql.execute('INSERT INTO person VALUES (?, ?)', (row['id'], city))
        sql.executemany('INSERT INTO identifier VALUES (?, ?)', [(row['id'], one['type']) for one in row['identifiers']])
        sql.executemany('INSERT INTO consent VALUES (?, ?)', [(row['id'], one['given']) for one in row['consents'] if one['purpose'] == 'marketing'])
        sql.executemany('INSERT INTO counter VALUES (?, ?, ?)', [(row['id'], one['event'], one['count']) for one in row['counters']])
    for name in SEGMENTS:
        rows = exported(daemon, f'people?of=segment:{name}&traits=city')
        sql.executemany('INSERT INTO member VALUES (?, ?)', [(name, row['id']) for row in rows])
    return sql


def answered(daemon, method, path, body=None):
    status, answer = daemon.ask(method, path, None if body is None else json.dumps(body))
    assert status == 200, answer
    columns = [column['name'] for column in answer['columns']]
    return answer, [dict(zip(columns, row)) for row in answer['rows']]


def reach_is_what_rows_say(daemon, sql, name):
    _, rows = answered(daemon, 'GET', f'/api/v1/segments/{name}/reach?sample=0')
    sms = next(row for row in rows if row['channel'] == 'SMS')
    has_phone = "EXISTS (SELECT 1 FROM identifier i WHERE i.person = m.person AND i.type = 'phone')"
    said_so = '(SELECT c.given FROM consent c WHERE c.person = m.person)'
    counted = {'reachable': f'{has_phone} AND {said_so} = 1', 'withdrawn': f'{has_phone} AND {said_so} = 0',
               'no_consent': f'{has_phone} AND {said_so} IS NULL', 'no_address': f'NOT {has_phone}'}
    for reason, condition in counted.items():
        want = sql.execute(f'SELECT count(*) FROM member m WHERE segment = ? AND {condition}', (name,)).fetchone()[0]
        assert sms.get(reason, 0) == want, (name, reason, sms, want)


def overlaps_are_what_joins_say(daemon, sql):
    names = [f'segment:{name}' for name in SEGMENTS]
    answer, rows = answered(daemon, 'POST', '/api/v1/segments/overlap', {'of': names, 'top': 100})
    for row in rows:
        a, b = row['set'].split(':')[1], row['with'].split(':')[1]
        both = sql.execute('SELECT count(*) FROM member a JOIN member b USING (person) WHERE a.segment = ? AND b.segment = ?', (a, b)).fetchone()[0]
        assert row['both'] == both, (row, both)
    for one in answer['combinations']:
        inside = [name.split(':')[1] for name in one['sets']]
        conditions = ' AND '.join(f"{'' if name in inside else 'NOT '}EXISTS (SELECT 1 FROM member m WHERE m.person = p.id AND m.segment = '{name}')"
                                  for name in SEGMENTS)
        want = sql.execute(f'SELECT count(*) FROM person p WHERE {conditions}').fetchone()[0]
        assert one['people'] == want, (one, want)
    total = sql.execute('SELECT count(DISTINCT person) FROM member').fetchone()[0]
    assert answer['people'] == total == sum(one['people'] for one in answer['combinations']), (answer['people'], total)


def portraits_are_what_groups_say(daemon, sql, name):
    answer, rows = answered(daemon, 'GET', f'/api/v1/segments/{name}/portrait?limit=500')
    inside = 'p.id IN (SELECT person FROM member WHERE segment = ?)'
    for row in rows:
        if row['what'] == 'trait':
            holds, what = 'p.city = ?', row['value']
        elif row['what'] == 'event':
            holds = f"(SELECT sum(times) FROM counter c WHERE c.person = p.id AND c.event = ?) >= {row['value'].split()[1]}"
            what = row['name']
        else:
            continue
        have, of = sql.execute(f'SELECT sum({holds}), count(*) FROM person p WHERE {inside}', (what, name)).fetchone()
        others, of_others = sql.execute(f'SELECT sum({holds}), count(*) FROM person p WHERE NOT {inside}', (what, name)).fetchone()
        assert row['people'] == have and abs(row['rate'] - have / of) < 1e-9 and abs(row['rate_others'] - (others or 0) / of_others) < 1e-9, (row, have, of, others)
    return rows


def whole_segments_are_what_sql_counts(folder):
    """Reach by reason, overlaps and combinations, and what stands out: each equals a query over exported rows, also after a merge."""
    daemon = Daemon(folder)
    daemon.start()
    daemon.wait_ready()
    for name, text in SEGMENTS.items():
        assert said(daemon, 'segment', 'save', name, text)[0] == 0
        assert until(lambda name=name: in_force(daemon, name)), name
    assert daemon.send(history(random.Random(7)))[0] == 200
    code, words = said(daemon, 'merge', 'user_id:u1', 'user_id:u2', '--reason', 'the same')
    assert code == 0, words
    sql = tables_of(daemon)
    people = sql.execute('SELECT count(*) FROM person').fetchone()[0]
    assert people == PEOPLE - 1, people
    for name in SEGMENTS:
        reach_is_what_rows_say(daemon, sql, name)
        portraits_are_what_groups_say(daemon, sql, name)
    overlaps_are_what_joins_say(daemon, sql)
    told = portraits_are_what_groups_say(daemon, sql, 'buyers')
    shanghai = next(row for row in told if row['value'] == '上海')
    assert shanghai['lift_low'] > 1 and shanghai['q'] <= 0.05, shanghai

    code, words = said(daemon, 'segment', 'reach', 'buyers', KITH_LANG='zh')
    assert code == 0 and '任一渠道' in words and '无同意授权' in words and '抽样成员' in words, words
    code, words = said(daemon, 'segment', 'health', KITH_LANG='zh')
    assert code == 0 and '没有负责人' in words and '导出' in words, words
    grown = daemon.ask('GET', '/api/v1/segments/buyers/growth')[1]
    assert daemon.stop() == 0
    daemon.start()
    daemon.wait_ready()
    again = daemon.ask('GET', '/api/v1/segments/buyers/growth')[1]
    assert grown['rows'] == again['rows'] and grown['people'] == again['people'], (grown, again)
    assert daemon.stop() == 0


STORIES = [whole_segments_are_what_sql_counts]
