"""A story of data that goes out and comes back: what an empty workspace makes of an export."""
import json
import pathlib

from daemon import Daemon, kith

PEOPLE, DAYS = 400, 40
BATCH = 5000


def people_of(daemon):
    """Each person as the set of identifiers in force: what identity is about, whatever the numbers."""
    status, text = daemon.ask('GET', '/api/v1/export/people')
    assert status == 200, text
    return sorted(sorted((i['type'], i.get('ns') or '', i['value']) for i in json.loads(line)['identifiers'] if i['state'] == 'in_force')
                  for line in text.splitlines())


def lines_of(daemon, what):
    status, text = daemon.ask('GET', f'/api/v1/export/{what}')
    assert status == 200, text
    return text.splitlines()


def without(line, *members):
    return {name: value for name, value in json.loads(line).items() if name not in members}


def asking(daemon):
    return '--url', f'http://127.0.0.1:{daemon.port}', '--folder', daemon.folder


def what_goes_out_comes_back_as_the_same_people(folder):
    """The synthetic brand, a bind and a never-merge by hand; the copy takes the export by HTTP and by the command line."""
    folder = pathlib.Path(folder)
    code, words = kith('sim', folder / 'brand', '--people', PEOPLE, '--days', DAYS)
    assert code == 0, words
    first = Daemon(folder / 'first')
    first.start()
    code, words = kith('import', folder / 'brand' / 'events.ndjson', *asking(first))
    assert code == 0, words
    for act, ids in (('bind', ['user_id:手工甲', 'anonymous_id:手工乙']), ('never-merge', ['user_id:手工甲', 'user_id:手工丙'])):
        first.send([{'id': f'{act}-{one}', 'event': 'page_viewed', 'ids': [dict(zip(('type', 'value'), one.split(':')))]} for one in ids])
        code, words = kith(act, *ids, '--reason', '=工单 42', *asking(first))
        assert code == 0, words
    for what in ('events', 'acts'):
        code, words = kith('export', what, '--out', folder / f'{what}.ndjson', *asking(first))
        assert code == 0, words
    events = lines_of(first, 'events')
    assert (folder / 'events.ndjson').read_text().splitlines() == events

    copy = Daemon(folder / 'copy')
    copy.start()
    for at in range(0, len(events), BATCH):
        status, answer = copy.ask('POST', '/api/v1/events?import=1', '\n'.join(events[at:at + BATCH]).encode())
        assert status == 200 and answer['accepted'] == len(events[at:at + BATCH]), answer
    code, words = kith('redo', folder / 'acts.ndjson', *asking(copy))
    assert code == 0, words
    assert people_of(copy) == people_of(first)
    assert [without(line, 'position') for line in lines_of(copy, 'events')] == [without(line, 'position') for line in events]
    code, words = kith('import', folder / 'events.ndjson', *asking(copy))  # the same again, another way
    assert code == 0 and '0 are faulty' in words, words
    assert len(lines_of(copy, 'events')) == len(events)
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


STORIES = [what_goes_out_comes_back_as_the_same_people, an_export_that_is_killed_goes_on]
