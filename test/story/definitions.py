"""A story of definitions as files: they are applied, exported, and make another workspace the same."""
import json
import pathlib

from daemon import Daemon, kith

SECRET = '知己-signs-what-goes-out'
DEFINED = {
    'settings': [{'name': 'identity.hub_days', 'value': 14}],
    'names': [{'kind': 'brand', 'name': '甲', 'attributes': {'label_zh': '甲品牌', 'label_en': 'Alpha 🌸', 'entity': '甲公司', 'rank': 1.50}},
              {'kind': 'brand', 'name': '乙', 'attributes': {'entity': '乙公司'}},
              {'kind': 'channel', 'name': '網店', 'attributes': {'label_zh': '網店'}},
              {'kind': 'event', 'name': 'test_drive', 'alias_of': '试驾'},
              {'kind': 'event', 'name': '试驾', 'attributes': {'label_en': 'Test drive'}}],
    'types': [{'name': 'club_card', 'parent': 'z_member', 'over': 'move', 'limit': 1}, {'name': 'z_member', 'priority': 9}],
    'kinds': [{'name': 'boat', 'label_zh': '游艇', 'parents': ['marina'], 'attributes': [{'name': 'length', 'type': 'number', 'indexed': True}]},
              {'name': 'marina', 'parents': ['berth']}, {'name': 'berth', 'parents': ['marina', 'berth']},
              {'name': 'store', 'attributes': [{'name': 'area', 'type': 'number', 'indexed': True}]}],
    'shares': [{'from': '乙公司', 'to': '甲公司', 'purposes': ['service', 'marketing'], 'until': '2030-01-01', 'policy': '2026-01'},
               {'from': None, 'to': '甲公司'}],
    'order_shops': [{'shop': '官网', 'derives_events': False}],
    'rates': [{'from': 'USD', 'to': 'CNY', 'day': '2026-11-11', 'rate': 7.1230}, {'from': 'USD', 'to': 'CNY', 'day': '1969-12-30', 'rate': 2}],
    'sources': [{'source': 'CRM 系统', 'priority': 10, 'first': True}],
    'hooks': [{'name': 'crm', 'target': 'https://crm.example/in', 'causes': ['import', 'live'], 'facts': ['person_merged'], 'secret_env': 'CRM_KEY'},
              {'name': 'log', 'target': 'log.ndjson'}],
    'tags': [{'name': 'likes', 'text': 'count(favourite_added)'}, {'name': 'all', 'text': "tag('likes')>2"}],
    'segments': [{'name': 'a', 'label_zh': '🌸', 'text': "segment('b') and did( login )"}, {'name': 'b', 'owner': '会员部', 'text': "tag('likes')=1"}],
}


def apply(daemon, *words, **variables):
    return kith('apply', '--url', f'http://127.0.0.1:{daemon.port}', '--folder', daemon.folder, *words, **variables)


def report_of(daemon, *words, **variables):
    code, words = apply(daemon, '--json', *words, **variables)
    assert code == 0, words
    return json.loads(words)


def position_of(daemon):
    return daemon.ask('GET', '/api/v1/stats')[1]['position']


def files_of(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def definitions_make_another_workspace_the_same(folder):
    """Applied in one file out of order, exported, applied to an empty workspace, exported again: the same bytes."""
    folder = pathlib.Path(folder)
    first, copy = Daemon(folder / 'first'), Daemon(folder / 'copy')
    (folder / 'all.json').write_text(json.dumps(DEFINED, ensure_ascii=False, indent=1))
    first.start()
    said = sum(map(len, DEFINED.values()))
    count = said + 1  # and the name of a source that nobody has heard of

    untouched = position_of(first)
    code, words = apply(first, '-f', folder / 'all.json', '--dry-run')
    assert code == 1 and 'CRM_KEY is empty' in words and SECRET not in words, words
    report = report_of(first, '-f', folder / 'all.json', '--dry-run', CRM_KEY=SECRET)
    assert len([c for c in report['changes'] if c['change'] in ('new', 'changed')]) == count and report['applied'] == 0, report
    code, words = apply(first, '-f', folder / 'all.json', CRM_KEY=SECRET)
    assert code == 1 and '--yes' in words, words
    assert position_of(first) == untouched

    assert report_of(first, '-f', folder / 'all.json', '--yes', CRM_KEY=SECRET)['applied'] == count + 1  # kinds in a circle take a call more
    again = report_of(first, '-f', folder / 'all.json', '--yes')
    assert again['applied'] == 0 and again['equal'] == said, again

    code, words = apply(first, '--export', folder / 'one')
    assert code == 0, words
    copy.start()
    code, words = apply(copy, '-f', folder / 'one', '--yes', KITH_SECRET_CRM=SECRET)
    assert code == 0 and SECRET not in words, words
    code, words = apply(copy, '--export', folder / 'two')
    assert code == 0, words
    assert files_of(folder / 'one') == files_of(folder / 'two')
    assert SECRET not in ''.join(files_of(folder / 'one').values())
    assert first.stop() == 0 and copy.stop() == 0


def a_faulty_file_changes_nothing_and_prune_takes_away(folder):
    """A fault in the last of two files is said with its place; with --prune what no file has goes, of the lists that files have."""
    folder = pathlib.Path(folder)
    daemon, files = Daemon(folder / 'data'), folder / 'files'
    files.mkdir()
    daemon.start()
    daemon.ask('POST', '/api/v1/hooks', json.dumps({'name': 'old', 'target': 'old.ndjson'}))
    daemon.ask('PUT', '/api/v1/settings', json.dumps({'name': 'identity.hub_days', 'value': 9}))
    (files / 'a.json').write_text(json.dumps({'hooks': [{'name': 'new', 'target': 'new.ndjson'}]}))
    (files / 'b.json').write_text('{"settings": [\n  {"name": "identity.hub_dais", "value": 9}\n]}')

    before = position_of(daemon)
    code, words = apply(daemon, '-f', files, '--yes')
    assert code == 1 and "b.json:2" in words and "'identity.hub_days'" in words, words
    assert position_of(daemon) == before

    (files / 'b.json').unlink()
    report = report_of(daemon, '-f', files, '--yes', '--prune')
    assert {(c['key'], c['change']) for c in report['changes'] if c['list'] == 'hooks'} == {('new', 'new'), ('old', 'removed')}, report
    assert [hook['name'] for hook in daemon.ask('GET', '/api/v1/hooks')[1]['hooks']] == ['new']
    settings = {s['name']: s['value'] for s in daemon.ask('GET', '/api/v1/settings')[1]['settings']}
    assert settings['identity.hub_days'] == 9
    (files / 'c.json').write_text('{"settings": []}')
    assert report_of(daemon, '-f', files, '--yes', '--prune')['applied'] == 1
    settings = {s['name']: s['value'] for s in daemon.ask('GET', '/api/v1/settings')[1]['settings']}
    assert settings['identity.hub_days'] == 30
    assert daemon.stop() == 0


STORIES = [definitions_make_another_workspace_the_same, a_faulty_file_changes_nothing_and_prune_takes_away]
