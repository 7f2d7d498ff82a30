#!/usr/bin/env python3
"""PostgreSQL's answers to the questions of bench/analytics.c, and their times, in a cluster of its own: one table with an index by person and time that has all
columns, vacuumed, so that a scan of the index alone answers. Exit 3: there is no PostgreSQL here.

    peer_postgres_questions.py ROWS.csv FOLDER THREADS"""
import csv
import os
import shutil
import sys

sys.dont_write_bytecode = True
import peer  # noqa: E402
import peer_questions as q  # noqa: E402

SCHEMA = '''
CREATE UNLOGGED TABLE event (person int4, time int4, name int2, category int2, amount int4);
COPY event FROM '{path}' (FORMAT csv);
CREATE INDEX by_person ON event (person, time) INCLUDE (name, category, amount);
CREATE INDEX by_time ON event (time) INCLUDE (person, name, category, amount);
VACUUM ANALYZE event;
ALTER SYSTEM SET max_parallel_workers_per_gather = {others};
SELECT pg_reload_conf();
'''
FUNNEL = f'''
WITH a AS (SELECT person, time, name, max(CASE WHEN name = {q.VIEWED} THEN time END) OVER w AS first
           FROM event WHERE name IN ({q.VIEWED}, {q.CART}, {q.PAID}) WINDOW w AS (PARTITION BY person ORDER BY time)),
b AS (SELECT *, max(CASE WHEN name = {q.CART} AND time - first <= {q.WEEK} THEN first END) OVER w AS second
      FROM a WINDOW w AS (PARTITION BY person ORDER BY time)),
c AS (SELECT person, max(CASE WHEN name = {q.PAID} AND time - second <= {q.WEEK} THEN 3 WHEN name = {q.CART} AND time - first <= {q.WEEK} THEN 2
      WHEN name = {q.VIEWED} THEN 1 ELSE 0 END) AS depth FROM b GROUP BY person)
SELECT depth, count(*) FROM c GROUP BY depth'''
RETENTION_BITS = f'''
WITH p AS (SELECT person, bit_or(1::int8 << ((time - {q.FIRST_MONDAY}) / {q.WEEK})) AS weeks FROM event WHERE name = {q.VIEWED} GROUP BY person),
s AS (SELECT weeks, count(*) AS n, bit_count((weeks # (weeks - 1))::bit(64)) - 1 AS cohort FROM p GROUP BY weeks)
SELECT cohort, period, sum(n) FROM s, generate_series(0, 52) AS period WHERE (weeks >> (cohort + period)::int) & 1 = 1 GROUP BY cohort, period'''
RETENTION_DISTINCT = f'''
WITH w AS (SELECT DISTINCT person, (time - {q.FIRST_MONDAY}) / {q.WEEK} AS week FROM event WHERE name = {q.VIEWED}),
f AS (SELECT person, min(week) AS cohort FROM w GROUP BY person)
SELECT cohort, week - cohort, count(*) FROM w JOIN f USING (person) GROUP BY 1, 2'''
CATEGORY = f'''
SELECT count(*), count(*) FILTER (WHERE n >= 3) FROM (SELECT count(*) AS n FROM event
WHERE time >= {q.UNTIL - q.RECENT} AND name = {q.VIEWED} AND category = {q.CATEGORY} GROUP BY person) AS p'''
RFM = f'''
WITH b AS (SELECT person, {(q.UNTIL - 1) // 86400} - max(time) / 86400 AS r, count(*) AS f, sum(amount) AS m FROM event WHERE name = {q.PAID} GROUP BY person),
t AS (SELECT 6 - ntile(5) OVER (ORDER BY r, person) AS r, ntile(5) OVER (ORDER BY f, person) AS f, ntile(5) OVER (ORDER BY m, person) AS m FROM b)
SELECT r, f, m, count(*) FROM t GROUP BY r, f, m'''
TOUCH = f'''
WITH a AS (SELECT name, time, amount, max(CASE WHEN name = {q.CLICKED} THEN time::int8 * 64 + category END) OVER (PARTITION BY person ORDER BY time) AS last
           FROM event WHERE name IN ({q.PAID}, {q.CLICKED}))
SELECT last % 64, count(*), sum(amount) FROM a WHERE name = {q.PAID} AND time - last / 64 <= {q.LOOK_BACK} GROUP BY 1'''


def main():
    path, threads = sys.argv[1], int(sys.argv[3])
    if not peer.FOLDERS:
        return 3
    with peer.cluster() as (folder, run):
        rows, answer = os.path.join(folder, 'rows.csv'), os.path.join(folder, 'socket', 'answer')
        shutil.copy(path, rows)
        os.chmod(rows, 0o644)
        run(SCHEMA.format(path=rows, others=threads - 1))

        def ask(text):
            run(f"COPY ({text}) TO '{answer}' (FORMAT csv)")
            with open(answer, newline='') as file:
                return [[int(cell) for cell in row] for row in csv.reader(file)]

        def ways(**queries):
            return {way: lambda text=text: ask(text) for way, text in queries.items()}

        q.best('funnel', ways(windows=FUNNEL), q.funnel_words)
        q.best('retention', ways(bits=RETENTION_BITS, distinct=RETENTION_DISTINCT), q.retention_words)
        q.best('category', ways(plain=CATEGORY), q.category_words)
        q.best('rfm', ways(ntile=RFM), q.words_of)
        q.best('last_touch', ways(window=TOUCH), q.attribution_words)
    return 0


sys.exit(main())
