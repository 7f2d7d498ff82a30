"""A story of what people decide: lists, tags set by hand, a group, files, a snapshot; merged, parted, killed, exported and taken in elsewhere. Told in Chinese."""
import json
import pathlib
import signal

from audience import in_force, members_of, said, segments_of, until
from daemon import Daemon, kith

ZH = {'KITH_LANG': 'zh'}


def met(n, *ids):
    return {'id': f'm{n}', 'event': 'login', 'ids': [{'type': kind, 'value': value} for kind, value in (i.split(':') for i in ids)]}


def tags_of(daemon, who):
    status, answer = daemon.ask('GET', f'/api/v1/people/{who}/segments')
    assert status == 200, answer
    return {item['name']: item['value'] for item in answer['tags']}


def done(daemon, *words):
    code, text = said(daemon, *words, **ZH)
    assert code == 0, (words, text)
    return text


def definitions(daemon):
    """The shop's own: a list, a tag with values, and a group of three of which somebody has one."""
    done(daemon, 'segment', 'save', 'invited', '--list', '--label-zh', '邀请名单', '--category', '活动/双十一')
    done(daemon, 'tag', 'save', 'skin', '--list', '--value', 'text', '--values', 'dry:干性:Dry,oily:油性:Oily', '--label-zh', '肤质',
         '--lasts-days', '180', '--category', '顾客/皮肤')
    for name, label in (('gold', '金'), ('silver', '银')):
        done(daemon, 'tag', 'save', name, '--list', '--label-zh', label)
    done(daemon, 'tag', 'save', 'seen', 'did(login)', '--label-zh', '来过')
    done(daemon, 'tag', 'save', 'tier', '--tags', 'gold,silver,seen', '--label-zh', '等级')
    done(daemon, 'segment', 'save', 'dry_vip', "segment('invited') and tag('skin') = 'dry' and tag('tier') in ('gold', 'silver')")


def listings_of(daemon, who):
    """What was said of somebody, but for when they came to be asked."""
    status, answer = daemon.ask('GET', f'/api/v1/people/{who}/listings')
    assert status == 200, answer
    return sorted(json.dumps(listing, sort_keys=True) for listing in answer['listings'])


def people_decide(folder):
    folder = pathlib.Path(folder)
    daemon = Daemon(folder / 'shop')
    daemon.start()
    daemon.wait_ready()
    definitions(daemon)
    assert daemon.send([met(1, 'phone:13812345678'), met(2, 'user_id:ann')])[0] == 200

    # One by one: who did it, why, and at once everywhere.
    done(daemon, 'tag', 'set', 'skin', 'phone:13812345678', 'dry', '--reason', '柜台咨询', '--by', 'G17')
    done(daemon, 'tag', 'set', 'silver', 'phone:13812345678')
    done(daemon, 'segment', 'add', 'invited', 'phone:13812345678')
    assert segments_of(daemon, 'ann') == set()
    assert tags_of(daemon, 'phone:13812345678') == {'skin': 'dry', 'silver': True, 'tier': 'silver'}
    done(daemon, 'tag', 'set', 'gold', 'phone:13812345678')  # the newest of a group stays alone
    assert tags_of(daemon, 'phone:13812345678') == {'skin': 'dry', 'gold': True, 'tier': 'gold'}
    text = done(daemon, 'tag', 'acts', 'phone:13812345678')
    assert '柜台咨询' in text and '员工 G17' in text and '移除' in text, text
    code, text = said(daemon, 'tag', 'set', 'skin', 'phone:13812345678', 'wet', **ZH)
    assert code != 0 and '取值' in text, text
    code, text = said(daemon, 'tag', 'set', 'skinn', 'phone:13812345678', 'dry', **ZH)
    assert code != 0 and "是否指 'skin'" in text, text

    # A file, in GB18030; somebody in it isn't known yet.
    file, rejects = folder / '肤质.csv', folder / 'rejects.csv'
    file.write_bytes('手机号,肤质\n13900000001,干性\n13900000002,dry\n138,dry\n'.encode('gb18030'))
    code, text = said(daemon, 'tag', 'import', 'skin', str(file), '--id', 'phone:手机号', '--value', '肤质', '--reason', '问卷',
                      '--rejects', str(rejects), **ZH)
    assert code != 0 and '接收 1' in text and '有误 2' in text, text
    assert '肤质.csv,2' in rejects.read_text() and '肤质.csv,4' in rejects.read_text(), rejects.read_text()
    plain = folder / 'ids.txt'
    plain.write_text('13900000002\n13900000003\n')
    done(daemon, 'segment', 'import', 'invited', str(plain))
    assert len(members_of(daemon, 'invited')) == 1
    assert daemon.send([met(3, 'phone:13900000002')])[0] == 200  # here they are
    assert tags_of(daemon, 'phone:13900000002') == {'skin': 'dry', 'tier': 'seen', 'seen': True}
    assert len(members_of(daemon, 'invited')) == 2

    # A snapshot keeps who was in it, whatever becomes of the segment.
    assert '1 人' in done(daemon, 'segment', 'freeze', 'dry_vip', 'dry_1111', '--label-zh', '双十一')
    assert until(lambda: in_force(daemon, 'dry_1111') and len(members_of(daemon, 'dry_1111')) == 1, 60)
    done(daemon, 'segment', 'remove', 'invited', 'phone:13812345678', '--reason', '退订')
    assert members_of(daemon, 'dry_vip') == set() and len(members_of(daemon, 'dry_1111')) == 1

    # Killed, it is as it was; found to be one and parted again, each act goes with its identifier.
    before = listings_of(daemon, 'phone:13812345678')
    daemon.stop(signal.SIGKILL)
    daemon.start()
    daemon.wait_ready()
    assert listings_of(daemon, 'phone:13812345678') == before
    done(daemon, 'merge', 'phone:13812345678', 'user_id:ann')
    assert listings_of(daemon, 'user_id:ann') == before
    assert tags_of(daemon, 'user_id:ann')['tier'] == 'gold'
    done(daemon, 'never-merge', 'phone:13812345678', 'user_id:ann')
    assert listings_of(daemon, 'phone:13812345678') == before and listings_of(daemon, 'user_id:ann') == []
    assert until(lambda: tags_of(daemon, 'phone:13812345678').get('tier') == 'gold', 60)
    assert 'gold' not in tags_of(daemon, 'user_id:ann')

    elsewhere(daemon, folder)

    # Who leaves takes it along.
    status, person = daemon.ask('GET', '/api/v1/people/phone:13812345678')
    assert status == 200
    code, text = said(daemon, 'erase', f'id:{person["id"]}', '--yes', '--reason', '来信', **ZH)
    assert code == 0, text
    assert until(lambda: members_of(daemon, 'dry_1111') == set(), 20)
    assert daemon.stop() == 0


def elsewhere(daemon, folder):
    """What an export says of lists makes the same lists in another workspace."""
    exported = folder / 'listings.ndjson'
    code, text = kith('export', 'listings', '--out', str(exported), '--url', f'http://127.0.0.1:{daemon.port}', '--folder', daemon.folder)
    assert code == 0, text
    other = Daemon(folder / 'other')
    other.start()
    other.wait_ready()
    definitions(other)
    done(other, 'segment', 'save', 'dry_1111', '--list', '--label-zh', '双十一')
    assert other.send([met(1, 'phone:13812345678'), met(2, 'user_id:ann'), met(3, 'phone:13900000002')])[0] == 200
    done(other, 'segment', 'put', str(exported), '--import')
    for who in ('phone:13812345678', 'phone:13900000002', 'user_id:ann'):
        assert listings_of(daemon, who) == listings_of(other, who), who
    assert other.stop() == 0


STORIES = [people_decide]
