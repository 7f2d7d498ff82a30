"""A story of segments: saved, entered with the event, left by time alone, and the same after a kill."""
import datetime
import json
import signal
import time
import urllib.parse
import zoneinfo

from daemon import Daemon, kith

ROLLING_SECONDS = 4


def looked(n, user, **more):
    return {'id': f'e{n}', 'event': 'product_viewed', 'brand': 'lumi', 'channel': 'tmall',
            'ids': [{'type': 'user_id', 'value': user}], **more}


def said(daemon, *words, **variables):
    code, text = kith(*words, '--url', f'http://127.0.0.1:{daemon.port}', '--folder', daemon.folder, **variables)
    return code, text


def segments_of(daemon, user):
    status, answer = daemon.ask('GET', f'/api/v1/people/user_id:{user}/segments')
    assert status == 200, answer
    return {item['name'] for item in answer['segments']}


def hour_of(daemon, user):
    status, answer = daemon.ask('GET', f'/api/v1/people/user_id:{user}/segments')
    assert status == 200, answer
    return next((tag.get('value') for tag in answer['tags'] if tag['name'] == 'hour'), None)


def members_of(daemon, name):
    status, answer = daemon.ask('GET', f'/api/v1/segments/{urllib.parse.quote(name)}/people?limit=100')
    assert status == 200, answer
    return {person['id'] for person in answer['people']}


def turns_of(daemon):
    """What the hook was told, as it stands in its file."""
    lines = (daemon.folder / 'main' / 'out' / 'turns.ndjson').read_text().splitlines()
    told = [json.loads(line) for line in lines]
    return [{'fact': line['fact'], **line['data']} for line in told]


def until(holds, seconds=20):
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


def in_force(daemon, name):
    return daemon.ask('GET', f'/api/v1/segments/{urllib.parse.quote(name)}')[1].get('state') == 'in_force'


def segments_are_entered_left_and_kept(folder):
    """A condition that counts, one that time alone ends, one that names both; kill -9 between, and the same after it."""
    daemon = Daemon(folder)
    daemon.start()
    daemon.wait_ready()
    for name, text in (('fans', 'count(product_viewed in last 14 days)>=2'),
                       ('now', f'did(product_viewed within {ROLLING_SECONDS} seconds)'),
                       ('warm', "segment('fans') and segment('now')")):
        code, words = said(daemon, 'segment', 'save', name, text, '--label-zh', '常客', '--owner', '会员部')
        assert code == 0, words
        assert until(lambda name=name: in_force(daemon, name)), words
    code, words = said(daemon, 'segment', 'save', 'x', "segment('fan')", KITH_LANG='zh')
    assert code != 0 and '第 9 个字符' in words and '是不是“fans”' in words, words

    assert said(daemon, 'hook', 'add', 'turns', 'turns.ndjson', '--facts', 'segment_entered,segment_left')[0] == 0

    status, answer = daemon.send([looked(1, 'ann'), looked(2, 'ann'), looked(3, 'bea')])
    assert status == 200 and answer['accepted'] == 3, answer
    assert segments_of(daemon, 'ann') == {'fans', 'now', 'warm'} and segments_of(daemon, 'bea') == {'now'}
    ann = daemon.ask('GET', '/api/v1/people/user_id:ann')[1]['id']
    assert members_of(daemon, 'warm') == {ann}

    daemon.stop(signal.SIGKILL)
    daemon.start()
    daemon.wait_ready()
    assert 'fans' in segments_of(daemon, 'ann') and members_of(daemon, 'fans') == {ann}
    assert until(lambda: segments_of(daemon, 'ann') == {'fans'}), segments_of(daemon, 'ann')
    assert until(lambda: members_of(daemon, 'now') == set()), members_of(daemon, 'now')
    assert segments_of(daemon, 'bea') == set()
    left = {'fact': 'segment_left', 'segment': 'warm', 'person': ann, 'by_time': True}
    assert until(lambda: left in turns_of(daemon)), turns_of(daemon)
    assert {**left, 'fact': 'segment_entered', 'by_time': False} in turns_of(daemon)

    assert daemon.send([looked(4, 'ann')])[0] == 200
    assert segments_of(daemon, 'ann') == {'fans', 'now', 'warm'}
    code, words = said(daemon, 'segment', 'list', KITH_LANG='zh')
    assert code == 0 and '常客' in words and '生效' in words and '会员部' in words, words
    code, words = said(daemon, 'segment', 'end', 'now')
    assert code != 0 and 'warm' not in words, words  # it is named
    code, words = said(daemon, 'segment', 'people', 'fans', '--json')
    assert code == 0 and json.loads(words)['people'][0]['id'] == ann, words
    assert daemon.stop() == 0


def a_segment_of_what_happened_before_it(folder):
    """Saved over a history: its past is read, then it answers; an edit answers by the old text until the new one takes over."""
    daemon = Daemon(folder)
    daemon.start()
    daemon.wait_ready()
    assert daemon.send([looked(n, f'u{n % 7}') for n in range(40)])[0] == 200
    assert said(daemon, 'segment', 'save', 'fans', 'count(product_viewed) >= 6')[0] == 0
    assert until(lambda: in_force(daemon, 'fans'), 60), daemon.ask('GET', '/api/v1/segments/fans')
    assert len(members_of(daemon, 'fans')) == 5  # 40 over 7: five of them have six
    assert said(daemon, 'segment', 'save', 'fans', "count(product_viewed where channel = 'tmall') >= 5")[0] == 0
    assert len(members_of(daemon, 'fans')) in (5, 7)
    assert until(lambda: in_force(daemon, 'fans') and len(members_of(daemon, 'fans')) == 7, 60)
    assert daemon.stop() == 0


def a_segment_of_sums_before_it(folder):
    """What a sum and distinct values were before there was the segment, also after a kill in the midst; asked for in Chinese."""
    daemon = Daemon(folder)
    daemon.start()
    daemon.wait_ready()
    assert daemon.send([looked(n, f'u{n % 7}', properties={'price': n % 7 * 2.5, 'sku': f's{n % 3}'}) for n in range(40)])[0] == 200
    for name, text in (('大额', 'sum(product_viewed.price) >= 60'), ('多样', 'distinct(product_viewed.sku) >= 3')):
        code, words = said(daemon, 'segment', 'save', name, text, KITH_LANG='zh')
        assert code == 0 and '已完成' in words, words
    daemon.kill()
    daemon.start()
    daemon.wait_ready()
    assert until(lambda: in_force(daemon, '大额') and in_force(daemon, '多样'), 60)
    assert len(members_of(daemon, '大额')) == 3  # six times 10, five times 12.5, five times 15
    assert len(members_of(daemon, '多样')) == 7
    assert daemon.send([looked(40, 'u3', properties={'price': 15})])[0] == 200  # six times 7.5, and 15
    assert until(lambda: len(members_of(daemon, '大额')) == 4)
    assert daemon.stop() == 0


def another_zone_counts_its_own_days(folder):
    """Two views of one day in London are of two days in Shanghai: the zone changes, kith is killed on the way, and who differs is told with the cause."""
    daemon = Daemon(folder)
    daemon.start()
    daemon.wait_ready()
    day = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=2)).strftime('%Y-%m-%d')
    views = [looked(n, 'ann', time=f'{day}T{clock}:00Z') for n, clock in enumerate(('10:00', '17:00'))]
    assert daemon.send(views)[0] == 200
    assert said(daemon, 'segment', 'save', 'often', 'days(product_viewed in last 9 days) >= 2', '--label-zh', '常来')[0] == 0
    assert said(daemon, 'segment', 'save', 'seldom', "not segment('often') and did(product_viewed)")[0] == 0
    assert said(daemon, 'tag', 'save', 'hour', 'most_frequent(product_viewed.time.hour)')[0] == 0  # looks at no day, but at clocks
    assert until(lambda: in_force(daemon, 'often') and in_force(daemon, 'seldom'), 60)
    assert segments_of(daemon, 'ann') == {'often'}
    assert until(lambda: hour_of(daemon, 'ann') == 1), hour_of(daemon, 'ann')  # 18:00 and 01:00 in Shanghai
    assert said(daemon, 'hook', 'add', 'turns', 'turns.ndjson', '--facts', 'segment_entered,segment_left', '--causes', 'switch')[0] == 0
    status, answer = daemon.ask('PUT', '/api/v1/calendars', json.dumps({'of': 'workspace', 'zone': 'Europe/London'}))
    assert status == 200, answer
    daemon.stop(signal.SIGKILL)
    daemon.start()
    daemon.wait_ready()
    assert until(lambda: segments_of(daemon, 'ann') == {'seldom'}, 60), segments_of(daemon, 'ann')
    in_london = datetime.datetime.fromisoformat(f'{day}T10:00:00+00:00').astimezone(zoneinfo.ZoneInfo('Europe/London')).hour
    assert until(lambda: hour_of(daemon, 'ann') == in_london, 60), hour_of(daemon, 'ann')
    told = daemon.folder / 'main' / 'out' / 'turns.ndjson'
    assert until(lambda: told.exists() and len(turns_of(daemon)) == 2), turns_of(daemon)
    assert {(turn['fact'], turn['segment']) for turn in turns_of(daemon)} == {('segment_left', 'often'), ('segment_entered', 'seldom')}
    assert until(lambda: in_force(daemon, 'often') and in_force(daemon, 'seldom'), 60)
    code, words = said(daemon, 'segment', 'list', KITH_LANG='zh')
    assert code == 0 and '常来' in words and '生效' in words, words
    assert daemon.stop() == 0


STORIES = [segments_are_entered_left_and_kept, a_segment_of_what_happened_before_it, a_segment_of_sums_before_it, another_zone_counts_its_own_days]
