"""Stories of `kith pull`: real servers, each in a folder of its own, which are asked, written to and killed. Skipped, with a word, where they aren't installed."""
import atexit
import contextlib
import csv
import glob
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import time

import daemon as run
from daemon import Daemon, kith

EXIT_BUSY, EXIT_UNREACHABLE, EXIT_REFUSED = 5, 3, 1
SECONDS_MAX = 60
PORTS = range(21300, 21400)


NOBODY = {'user': 'nobody'} if os.geteuid() == 0 else {}  # PostgreSQL won't run as root


def quiet(*words, **more):
    done = subprocess.run(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, cwd='/', **NOBODY, **more)
    assert done.returncode == 0, (words, done.stdout.decode(errors='replace')[-2000:])
    return done.stdout.decode()


def free_port():
    """One that the system doesn't give away by itself meanwhile."""
    for port in random.sample(PORTS, len(PORTS)):
        with contextlib.suppress(OSError), socket.socket() as tried:
            tried.bind(('127.0.0.1', port))
            return port
    raise RuntimeError(f'no free port in {PORTS}')


class Server:
    """A database server until `stop`."""

    def __init__(self, folder):
        self.folder, self.port, self.child = pathlib.Path(folder), free_port(), None
        self.folder.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self.folder, 'nobody')
        self.folder.parent.chmod(0o755)
        self.make()
        self.start()
        atexit.register(self.stop)

    def start(self):
        with open(self.folder.parent / 'server.log', 'ab') as log:
            self.child = subprocess.Popen(list(map(str, self.command())), stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd='/', **NOBODY)
        until = time.monotonic() + SECONDS_MAX
        while not self.answers():
            assert time.monotonic() < until and self.child.poll() is None, (self.folder.parent / 'server.log').read_text(errors='replace')[-2000:]
            time.sleep(0.1)

    def stop(self):
        """At once, without a farewell to those who are connected."""
        if self.child is not None:
            self.child.send_signal(self.end)
            self.child.wait(SECONDS_MAX)
            self.child = None

    def answers(self):
        try:
            self.sql('SELECT 1')
        except AssertionError:
            return False
        return True


class MariaDB(Server):
    found = shutil.which('mariadbd') and shutil.which('mariadb-install-db') and shutil.which('mariadb')
    name, words, end = 'MariaDB', 'MySQL: ', signal.SIGKILL

    def make(self):
        quiet('mariadb-install-db', '--no-defaults', f'--datadir={self.folder}/data', '--auth-root-authentication-method=normal', '--skip-test-db')

    def command(self):
        return ['mariadbd', '--no-defaults', f'--datadir={self.folder}/data', f'--socket={self.folder}/sock', f'--port={self.port}',
                '--bind-address=127.0.0.1', '--skip-log-bin', '--sql-mode=', '--default-time-zone=+08:00', '--innodb-buffer-pool-size=32M']

    def sql(self, text, database='mysql'):
        return quiet('mariadb', '--no-defaults', f'--socket={self.folder}/sock', '--user=root', '--default-character-set=utf8mb4', database, input=text.encode())

    def url(self, user='reader'):
        return f'mysql://{user}@127.0.0.1:{self.port}/crm'

    password = {'MYSQL_PWD': 'p@ss/王'}
    setup = '''CREATE DATABASE crm CHARACTER SET utf8mb4; CREATE USER reader@'%' IDENTIFIED BY 'p@ss/王'; GRANT SELECT ON crm.* TO reader@'%';
               CREATE TABLE crm.orders (id BIGINT UNSIGNED PRIMARY KEY, phone VARCHAR(20), amount DECIMAL(12,2), made DATETIME)'''
    row = "({id}, '1380000{last:04}', {last}.50, '2026-11-11 00:05:00')"
    database = 'crm'
    query = 'SELECT id, phone, amount, made FROM orders WHERE $1 IS NULL OR id > $1 ORDER BY id'


class PostgreSQL(Server):
    folders = sorted(glob.glob('/usr/lib/postgresql/*/bin'))
    found = bool(folders)
    name, words, end = 'PostgreSQL', 'PostgreSQL: ', signal.SIGQUIT  # it takes its children along

    def tool(self, name):
        return f'{self.folders[-1]}/{name}'

    def make(self):
        quiet(self.tool('initdb'), '-D', f'{self.folder}/data', '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync')
        with open(self.folder / 'data' / 'pg_hba.conf', 'w') as file:
            file.write('local all postgres trust\nhost all all 127.0.0.1/32 scram-sha-256\n')

    def command(self):
        return [self.tool('postgres'), '-D', f'{self.folder}/data', '-p', self.port, '-k', self.folder, '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off',
                '-c', 'timezone=Asia/Shanghai']

    def sql(self, text, database='postgres'):
        return quiet(self.tool('psql'), '-q', '-v', 'ON_ERROR_STOP=1', '-h', self.folder, '-p', self.port, '-U', 'postgres', database, input=text.encode())

    def url(self, user='reader'):
        return f'postgresql://{user}@127.0.0.1:{self.port}/postgres'

    password = {'PGPASSWORD': 'p@ss/王'}
    setup = '''CREATE ROLE reader LOGIN PASSWORD 'p@ss/王'; CREATE TABLE orders (id numeric(20) PRIMARY KEY, phone text, amount numeric(12,2), made timestamp);
               GRANT SELECT ON orders TO reader'''
    row = MariaDB.row
    database = 'postgres'
    query = 'SELECT id, phone, amount, made FROM orders WHERE $1::numeric IS NULL OR id > $1::numeric ORDER BY id'


SERVERS = (PostgreSQL, MariaDB)


def each_server(story):
    """The story with every server that is installed."""
    def told(folder):
        for kind in SERVERS:
            if not kind.found:
                print(f'skipped: {story.__name__} with {kind.name}, which is not installed')
                continue
            own = pathlib.Path(folder) / kind.name
            own.mkdir()
            pathlib.Path(folder).chmod(0o755)
            server = kind(own / 'server')
            try:
                server.sql(kind.setup)
                story(own, server)
            finally:
                server.stop()
    told.__name__ = story.__name__
    return told


def pull(server, drop, *more, language='en', user='reader', query=None, watermark='id', name='o'):
    return kith('pull', server.url(user), '--query', query or server.query, '--watermark', watermark, '--into', drop, '--name', name, *more,
                KITH_LANG=language, **server.password)


def rows_of(drop):
    """All rows of all files, in order."""
    rows = []
    for path in sorted([*drop.glob('*.csv'), *drop.glob('done/*.csv')], key=lambda path: path.name):
        with open(path, encoding='utf-8', newline='') as file:
            rows += list(csv.DictReader(file))
    return rows


def insert(server, ids):
    values = ', '.join(server.row.format(id=n, last=n % 10000) for n in ids)
    server.sql(f'INSERT INTO orders VALUES {values}', server.database)


@each_server
def a_table_is_pulled_once_whatever_happens(folder, server):
    """Rows come while pulls are killed at random; ids go beyond what a double or a signed number holds."""
    drop, chance, ids = folder / 'drop', random.Random(int(os.environ.get('SEED', '1'))), []
    drop.mkdir()
    base = (1 << 64) - 100000
    for turn in range(14):
        more = [base + turn * 3000 + i for i in range(3000)]
        insert(server, more)
        ids += more
        child = subprocess.Popen([run.KITH, 'pull', server.url(), '--query', server.query, '--watermark', 'id', '--into', str(drop), '--name', 'o'],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **server.password})
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(chance.uniform(0.001, 0.05))
        child.kill()
        child.wait()
    code, words = pull(server, drop)
    assert code == 0, words
    rows = rows_of(drop)
    assert [int(row['id']) for row in rows] == ids, (len(rows), len(ids), rows[:2])
    assert rows[0] == {'id': str(base), 'phone': f'1380000{base % 10000:04}', 'amount': f'{base % 10000}.50', 'made': '2026-11-11 00:05:00'}, rows[0]
    code, words = pull(server, drop)
    assert (code, words) == (0, '0 new rows.\n'), (code, words)


@each_server
def what_a_database_refuses_is_said(folder, server):
    drop = folder / 'drop'
    drop.mkdir()
    insert(server, [1, 2])
    cases = [
        ({'query': 'SELECT id FROM nothing'}, EXIT_REFUSED, 'nothing', 'nothing'),
        ({'watermark': 'updated'}, EXIT_REFUSED, 'the rows have no column "updated"', '查询结果没有列「updated」'),
        ({'user': 'nobody'}, EXIT_UNREACHABLE, 'nobody', 'nobody'),
    ]
    for how, want, english, chinese in cases:
        for language, said in (('en', english), ('zh', chinese)):
            code, words = pull(server, drop, language=language, **how)
            assert code == want and said in words and 'p@ss' not in words, (how, code, words)
    assert not list(drop.glob('*.csv'))
    server.stop()
    code, words = pull(server, drop)
    assert code == EXIT_UNREACHABLE and words.startswith(f'kith: {server.words}'), (code, words)
    server.start()
    code, words = pull(server, drop)
    assert (code, words) == (0, '2 new rows.\n'), (code, words)
    code, words = kith('pull', 'oracle://scott:tiger@db/crm', '--query', 'x', '--watermark', 'id', '--into', drop, KITH_LANG='zh')
    assert code == EXIT_REFUSED and '无法识别这个数据库 URL' in words and 'tiger' not in words, (code, words)


@each_server
def a_pull_by_schedule_goes_on_while_the_server_is_away(folder, server):
    drop = folder / 'drop'
    drop.mkdir()
    insert(server, [1, 2])
    command = [run.KITH, 'pull', server.url(), '--query', server.query, '--watermark', 'id', '--into', str(drop), '--name', 'o', '--every', '1s']
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, 'KITH_LANG': 'en', **server.password})

    def has(count):
        until = time.monotonic() + SECONDS_MAX
        while len(rows_of(drop)) < count:
            assert time.monotonic() < until and child.poll() is None, (rows_of(drop), child.poll())
            time.sleep(0.1)

    has(2)
    code, words = pull(server, drop)
    assert code in (0, EXIT_BUSY), (code, words)  # it is turned away only while the other one is at work
    server.stop()
    time.sleep(2.5)
    server.start()
    insert(server, [3])
    has(3)
    child.send_signal(signal.SIGTERM)
    _, trouble = child.communicate(timeout=20)
    assert child.returncode == 0, child.returncode
    assert server.words in trouble.decode(), trouble
    assert [row['id'] for row in rows_of(drop)] == ['1', '2', '3']


KINDS = '''
CREATE TABLE kinds (id INT PRIMARY KEY, name VARCHAR(50) CHARACTER SET gbk, note VARCHAR(50) CHARACTER SET utf8mb4, none DATETIME NOT NULL, half DATE NOT NULL, made DATETIME(3),
  updated TIMESTAMP(6) NULL, amount DECIMAL(20,6), big BIGINT UNSIGNED, flag BIT(1), raw VARBINARY(4), day DATE, empty VARCHAR(5)) CHARACTER SET gbk;
SET time_zone = '+08:00';
INSERT INTO kinds VALUES
  (1, '王小明', '🌸 𠮷, "x"', '0000-00-00 00:00:00', '2026-00-00', '2026-11-11 00:05:00.250', '2026-11-11 00:05:00.000001', -1234567.891200, 18446744073709551615, b'1', 0x00ff10, '2026-11-11', NULL),
  (2, '李,四', '一\\n二', '0000-00-00 00:00:00', '2026-00-00', NULL, '2026-11-11 08:05:00', 0, 9007199254740993, b'0', '', '0000-00-00', '');
'''
KINDS_MAP = '''{"zone": "Asia/Shanghai", "source": "crm", "event": {"event": "seen", "time": "@{updated}", "ids": [{"type": "user_id", "value": "${id}"}],
  "traits": {"name": "${name}"}, "properties": {"made": "@{made}", "none": "@{none}", "amount": "#{amount}", "big": "${big}", "flag": "${flag}", "raw": "${raw}", "note": "${note}"}}}'''


def mysql_kinds_of_columns_are_what_people_read(folder):
    """Tables in GBK, zero dates, unsigned numbers, bits, bytes, and two kinds of times: pulled by the time of change, and imported."""
    if not MariaDB.found:
        print('skipped: MySQL\'s kinds of columns: MariaDB is not installed')
        return
    folder = pathlib.Path(folder)
    folder.chmod(0o755)
    drop = folder / 'drop'
    drop.mkdir()
    server = MariaDB(folder / 'server')
    try:
        server.sql(MariaDB.setup)
        server.sql(KINDS, 'crm')
        query = 'SELECT * FROM kinds WHERE $1 IS NULL OR updated > $1 ORDER BY updated'
        code, words = pull(server, drop, query=query, watermark='updated')
        assert (code, words) == (0, '2 new rows.\n'), words
        first, second = rows_of(drop)
        assert first == {'id': '1', 'name': '王小明', 'note': '🌸 𠮷, "x"', 'none': '', 'half': '2026-00-00', 'made': '2026-11-11 00:05:00.250',
                         'updated': '2026-11-10 16:05:00.000001Z', 'amount': '-1234567.891200', 'big': '18446744073709551615', 'flag': '1', 'raw': '00ff10',
                         'day': '2026-11-11', 'empty': ''}, first
        assert (second['name'], second['note'], second['updated'], second['flag'], second['day'], second['raw']) == (
            '李,四', '一\n二', '2026-11-11 00:05:00.000000Z', '0', '', ''), second
        for turn, count in ((3, 1), (3, 0)):  # the mark is the server's own text, not what people read
            if count:
                server.sql(f"SET time_zone = '+08:00'; INSERT INTO kinds (id, name, updated) VALUES ({turn}, '赵', '2026-11-11 08:05:00.000001')", 'crm')
            code, words = pull(server, drop, query=query, watermark='updated')
            assert (code, words) == (0, f'{count} new rows.\n'), words
        for count in (3, 0):  # a mark in Chinese, in a column of GBK
            code, words = pull(server, drop, query='SELECT id, name FROM kinds WHERE $1 IS NULL OR name > $1 ORDER BY name', watermark='name', name='n')
            assert (code, words) == (0, f'{count} new rows.\n'), words
        for option, want in ((f'socket={server.folder}/sock', 0), ('sslmode=require', EXIT_UNREACHABLE)):  # it has no certificate: never in the open then
            code, words = kith('pull', f'{server.url()}?{option}', '--query', 'SELECT 1 AS id', '--watermark', 'id', '--into', drop, '--name', 'x', **server.password)
            assert code == want and ('1 new rows' if want == 0 else "the server doesn't encrypt") in words, (option, code, words)
        (folder / 'map.json').write_text(KINDS_MAP)
        daemon = Daemon(folder / 'data')
        daemon.start()
        daemon.wait_ready()
        for path in [*drop.glob('n-*.csv'), *drop.glob('x-*.csv')]:
            path.unlink()
        code, words = kith('watch', drop, '--map', folder / 'map.json', '--once', '--settle', '0', '--url', f'http://127.0.0.1:{daemon.port}', '--folder', daemon.folder)
        assert code == 0, words
        status, line = daemon.ask('GET', '/api/v1/people/user_id:1/timeline?limit=5')
        event = line['events'][0]
        assert status == 200 and event['time'].startswith('2026-11-10T16:05:00.000'), event
        properties = event['properties']
        assert properties['made'].startswith('2026-11-10T16:05:00.25') and properties['raw'] == '00ff10' and 'none' not in properties, properties
        assert daemon.stop() == 0
    finally:
        server.stop()


STORIES = [a_table_is_pulled_once_whatever_happens, what_a_database_refuses_is_said, a_pull_by_schedule_goes_on_while_the_server_is_away,
           mysql_kinds_of_columns_are_what_people_read]
