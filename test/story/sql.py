"""Stories of `kith sql`: what it answers, and how many rows it has the daemon send for that."""
import http.client
import http.server
import json
import threading
import time
import urllib.parse

from daemon import Daemon, kith

PEOPLE = 90
FANS = PEOPLE // 9  # whoever looked three times


class Counter(http.server.BaseHTTPRequestHandler):
    """Stands between the verb and the daemon, and notes what passes."""
    port = None
    passed = []

    def do_GET(self):
        link = http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)
        link.request('GET', self.path, headers={'Authorization': self.headers['Authorization'], 'Accept-Language': self.headers.get('Accept-Language', 'en')})
        answer = link.getresponse()
        text = answer.read()
        link.close()
        address = urllib.parse.urlsplit(self.path)
        self.passed.append((address.path.rsplit('/', 1)[1], urllib.parse.parse_qs(address.query).get('of'), text.count(b'\n')))
        self.send_response(answer.status)
        self.send_header('Content-Type', answer.getheader('Content-Type'))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *words):
        pass


def looks_of(person):
    return 3 if person % 9 == 0 else 2 if person % 3 == 0 else 1


def open_brand(folder):
    daemon = Daemon(folder)
    daemon.start()
    daemon.wait_ready()
    events = [{'id': f'e{person}-{look}', 'event': 'product_viewed', 'brand': 'lumi' if person % 2 else 'nuo', 'channel': 'app' if look == 0 else 'web',
               'ids': [{'type': 'user_id', 'value': f'u{person}'}]} for person in range(PEOPLE) for look in range(looks_of(person))]
    status, answer = daemon.send(events)
    assert status == 200 and answer['accepted'] == len(events), answer
    for words in (('segment', 'save', 'fans', 'count(product_viewed) >= 3'), ('segment', 'save', 'lookers', 'count(product_viewed) >= 2'),
                  ('tag', 'save', 'looks', 'count(product_viewed)')):
        code, said = kith(*words, '--url', f'http://127.0.0.1:{daemon.port}', '--folder', daemon.folder)
        assert code == 0, said
    until = time.monotonic() + 20
    while time.monotonic() < until and any(daemon.ask('GET', f'/api/v1/{path}')[1].get('state') != 'in_force' for path in ('segments/fans', 'segments/lookers', 'tags/looks')):
        time.sleep(0.05)
    return daemon, events


class Asker:
    def __init__(self, daemon):
        Counter.port = daemon.port
        self.folder = daemon.folder
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Counter)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def ask(self, query, **variables):
        """(exit code, rows or what was said, what passed)."""
        Counter.passed.clear()
        code, said = kith('sql', query, '--json', '--url', f'http://127.0.0.1:{self.server.server_port}', '--folder', self.folder, **variables)
        rows = [tuple(json.loads(line).values()) for line in said.splitlines()] if code == 0 else said
        return code, rows, sorted(Counter.passed)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def sql_reads_only_whom_a_segment_or_a_tag_has(folder):
    """The same answers as over all rows, of which only those of the segment or tag are sent."""
    daemon, _ = open_brand(folder)
    asker = Asker(daemon)
    lookers = PEOPLE // 3
    for query, rows, passed in (
            ("SELECT count(*) FROM segment_members WHERE segment = 'fans'", [(FANS,)], [('segment_members', ['segment:fans'], FANS)]),
            ("SELECT count(*) FROM segment_members WHERE +segment = 'fans'", [(FANS,)], [('segment_members', None, FANS + lookers)]),
            ("SELECT count(*) FROM segment_members WHERE segment LIKE 'fans'", [(FANS,)], [('segment_members', None, FANS + lookers)]),
            ("SELECT count(*), min(segment), max(segment) FROM people WHERE segment = 'fans'", [(FANS, 'fans', 'fans')], [('people', ['segment:fans'], FANS)]),
            ("SELECT count(*) FROM people WHERE tag = 'looks=2'", [(lookers - FANS,)], [('people', ['tag:looks=2'], lookers - FANS)]),
            ("SELECT value, count(*) FROM tag_values WHERE tag = 'looks' GROUP BY 1 ORDER BY 1", [(1, PEOPLE - lookers), (2, lookers - FANS), (3, FANS)], [('tag_values', ['tag:looks'], PEOPLE)]),
            ("SELECT count(*) FROM people p JOIN tag_values t ON t.person = p.id WHERE p.segment = 'fans' AND t.tag = 'looks' AND t.value = 3", [(FANS,)],
             [('people', ['segment:fans'], FANS), ('tag_values', ['tag:looks'], PEOPLE)]),
            ("SELECT count(*) FROM segment_members a JOIN segment_members b ON b.person = a.person WHERE a.segment = 'fans' AND b.segment = 'lookers'", [(FANS,)],
             [('segment_members', ['segment:fans'], FANS), ('segment_members', ['segment:lookers'], lookers)])):
        assert asker.ask(query) == (0, rows, sorted(passed)), (query, asker.ask(query))
    for query in ("SELECT * FROM people WHERE segment IN ('fans', 'lookers')", "SELECT * FROM people WHERE segment = 'fans' AND tag = 'looks'",
                  "SELECT * FROM people WHERE segment = 'fans' OR number < 5", 'SELECT segment FROM people'):
        code, said, _ = asker.ask(query, KITH_LANG='zh')
        assert code != 0 and "segment = 'vip'" in said, (query, said)
    code, said, _ = asker.ask("SELECT * FROM people WHERE segment = 'nobody'", KITH_LANG='zh')
    assert code != 0 and '没有这个标签或人群' in said, said
    asker.close()
    assert daemon.stop() == 0


def sql_loses_no_row_to_how_it_is_asked(folder):
    """Conditions of which either may hold, and letters that compare alike, against the same said so that SQLite alone looks."""
    daemon, events = open_brand(folder)
    asker = Asker(daemon)
    either = sum(event['channel'] == 'web' or event['brand'] == 'lumi' for event in events)
    for query, count in (("SELECT count(*) FROM events WHERE brand = 'lumi' OR event = 'product_viewed'", len(events)),
                         ("SELECT count(*) FROM events WHERE brand = 'lumi' OR (event = 'product_viewed' AND channel = 'web')", either),
                         ("SELECT count(*) FROM events WHERE brand = 'LUMI' COLLATE nocase", sum(event['brand'] == 'lumi' for event in events)),
                         ("SELECT count(*) FROM segment_members WHERE segment = 'FANS' COLLATE nocase", FANS)):
        code, rows, _ = asker.ask(query)
        assert code == 0 and rows == [(count,)], (query, rows, count)
    asker.close()
    assert daemon.stop() == 0


STORIES = [sql_reads_only_whom_a_segment_or_a_tag_has, sql_loses_no_row_to_how_it_is_asked]
