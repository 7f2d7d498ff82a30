#!/usr/bin/env python3
"""PostgreSQL 15's best set-based ingest of events that are parsed already, in a cluster of its own in a temporary folder.

Prints events a second as one number. The same work as ingest-core's but for parsing: three identifiers each are joined to
their person, and one row a person keeps counters by event; 10,000 events a transaction by COPY, synchronous_commit on.
Exit 3: there is no PostgreSQL here. PEER_PEOPLE (1 M), PEER_EVENTS (400 k)."""
import os
import random
import sys
import time

sys.dont_write_bytecode = True
import peer  # noqa: E402

PEOPLE, EVENTS, BATCH = int(os.environ.get('PEER_PEOPLE', 1_000_000)), int(os.environ.get('PEER_EVENTS', 400_000)), 10_000

SCHEMA = '''
CREATE TABLE identifier (type int2, value text, person int4);
CREATE TABLE person (id int4 PRIMARY KEY, c0 int8 DEFAULT 0, c1 int8 DEFAULT 0, c2 int8 DEFAULT 0, c3 int8 DEFAULT 0, c4 int8 DEFAULT 0, last timestamptz);
CREATE UNLOGGED TABLE arrived (message text, event int2, at timestamptz, a text, u text, p text, body text);
CREATE TABLE event (message text, person int4, event int2, at timestamptz, body text);
INSERT INTO person (id) SELECT g FROM generate_series(1, {people}) g;
INSERT INTO identifier SELECT t, t || '-' || g, g FROM generate_series(1, {people}) g, generate_series(1, 3) t;
CREATE INDEX ON identifier (type, value) INCLUDE (person);
ANALYZE;
'''
STEP = '''
BEGIN;
TRUNCATE arrived;
COPY arrived FROM '{file}';
WITH resolved AS (
  SELECT r.message, coalesce(u.person, p.person, a.person) AS person, r.event, r.at, r.body
  FROM arrived r
  LEFT JOIN identifier a ON a.type = 1 AND a.value = r.a
  LEFT JOIN identifier u ON u.type = 2 AND u.value = r.u
  LEFT JOIN identifier p ON p.type = 3 AND p.value = r.p),
kept AS (INSERT INTO event SELECT message, person, event, at, body FROM resolved RETURNING person, event, at),
sums AS (
  SELECT person, count(*) FILTER (WHERE event = 0) c0, count(*) FILTER (WHERE event = 1) c1, count(*) FILTER (WHERE event = 2) c2,
         count(*) FILTER (WHERE event = 3) c3, count(*) FILTER (WHERE event = 4) c4, max(at) AS last FROM kept GROUP BY person)
UPDATE person SET c0 = person.c0 + s.c0, c1 = person.c1 + s.c1, c2 = person.c2 + s.c2, c3 = person.c3 + s.c3, c4 = person.c4 + s.c4, last = s.last
FROM sums s WHERE person.id = s.person;
COMMIT;
'''


def batches(folder):
    chance = random.Random(7)
    files = []
    for start in range(0, EVENTS, BATCH):
        path = os.path.join(folder, f'batch-{start}')
        with open(path, 'w') as file:
            for n in range(start, start + BATCH):
                who = chance.randint(1, PEOPLE)
                file.write(f'm-{n}\t{n % 5}\t2026-11-22 00:00:00+00\t1-{who}\t2-{who}\t3-{who}\t{{"sku":"SKU-{n % 40000:05}","category":"skirt","price":{n % 900}.90}}\n')
        os.chmod(path, 0o644)
        files.append(path)
    return files


def main():
    if not peer.FOLDERS:
        return 3
    with peer.cluster() as (folder, run):
        files = batches(folder)
        run(SCHEMA.format(people=PEOPLE))
        run(''.join(STEP.format(file=path) for path in files[:4]))  # warm
        start = time.monotonic()
        run(''.join(STEP.format(file=path) for path in files))
        print(EVENTS / (time.monotonic() - start))
    return 0


sys.exit(main())
