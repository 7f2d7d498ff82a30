#!/usr/bin/env python3
"""DuckDB's answers to the questions of bench/analytics.c, and their times. `pip install --target FOLDER duckdb`, and FOLDER in PYTHONPATH. Exit 3: it isn't here.

    peer_duckdb.py ROWS.csv FOLDER THREADS"""
import os
import sys

sys.dont_write_bytecode = True
import peer_questions as q  # noqa: E402

LAYOUTS = {'person-sorted': 'by_person', 'time-sorted': 'by_time'}
COLUMNS = "{'person': 'UINTEGER', 'time': 'UINTEGER', 'name': 'UTINYINT', 'category': 'UTINYINT', 'amount': 'UINTEGER'}"

FUNNEL_WINDOWS = f'''
WITH a AS (SELECT person, time, name, max(CASE WHEN name = {q.VIEWED} THEN time END) OVER w AS first
           FROM {{table}} WHERE name IN ({q.VIEWED}, {q.CART}, {q.PAID}) WINDOW w AS (PARTITION BY person ORDER BY time)),
b AS (SELECT *, max(CASE WHEN name = {q.CART} AND time - first <= {q.WEEK} THEN first END) OVER w AS second
      FROM a WINDOW w AS (PARTITION BY person ORDER BY time)),
c AS (SELECT person, max(CASE WHEN name = {q.PAID} AND time - second <= {q.WEEK} THEN 3 WHEN name = {q.CART} AND time - first <= {q.WEEK} THEN 2
      WHEN name = {q.VIEWED} THEN 1 ELSE 0 END) AS depth FROM b GROUP BY person)
SELECT depth, count(*) FROM c GROUP BY depth'''
FUNNEL_ASOF = f'''
WITH s1 AS (SELECT person, time FROM {{table}} WHERE name = {q.VIEWED}),
s2 AS (SELECT x.person, x.time, s1.time AS entry FROM {{table}} x ASOF JOIN s1 ON x.person = s1.person AND x.time >= s1.time
       WHERE x.name = {q.CART} AND x.time - s1.time <= {q.WEEK}),
s3 AS (SELECT x.person FROM {{table}} x ASOF JOIN s2 ON x.person = s2.person AND x.time >= s2.time
       WHERE x.name = {q.PAID} AND x.time - s2.entry <= {q.WEEK}),
n AS (SELECT (SELECT count(DISTINCT person) FROM s1) AS n1, (SELECT count(DISTINCT person) FROM s2) AS n2, (SELECT count(DISTINCT person) FROM s3) AS n3)
SELECT unnest([1, 2, 3]), unnest([n1 - n2, n2 - n3, n3]) FROM n'''
RETENTION_BITS = f'''
WITH p AS (SELECT person, bit_or(1::BIGINT << ((time - {q.FIRST_MONDAY}) // {q.WEEK})) AS weeks FROM {{table}} WHERE name = {q.VIEWED} GROUP BY person),
s AS (SELECT weeks, count(*) AS n, bit_count(xor(weeks, weeks - 1)) - 1 AS cohort FROM p GROUP BY weeks),
k AS (SELECT unnest(range(53)) AS period)
SELECT cohort, period, sum(n)::BIGINT FROM s, k WHERE (weeks >> (cohort + period)::INTEGER) & 1 = 1 GROUP BY cohort, period'''
RETENTION_DISTINCT = f'''
WITH w AS (SELECT DISTINCT person, (time - {q.FIRST_MONDAY}) // {q.WEEK} AS week FROM {{table}} WHERE name = {q.VIEWED}),
f AS (SELECT person, min(week) AS cohort FROM w GROUP BY person)
SELECT cohort, week - cohort, count(*) FROM w JOIN f USING (person) GROUP BY 1, 2'''
CATEGORY = f'''
SELECT count(*), count(*) FILTER (n >= 3) FROM (SELECT count(*) AS n FROM {{table}}
WHERE time >= {q.UNTIL - q.RECENT} AND name = {q.VIEWED} AND category = {q.CATEGORY} GROUP BY person)'''
RFM = f'''
WITH b AS (SELECT person, {(q.UNTIL - 1) // 86400} - max(time) // 86400 AS r, count(*) AS f, sum(amount) AS m FROM {{table}} WHERE name = {q.PAID} GROUP BY person),
t AS (SELECT 6 - ntile(5) OVER (ORDER BY r, person) AS r, ntile(5) OVER (ORDER BY f, person) AS f, ntile(5) OVER (ORDER BY m, person) AS m FROM b)
SELECT r, f, m, count(*) FROM t GROUP BY r, f, m'''
TOUCH_ASOF = f'''
SELECT t.category, count(*), sum(o.amount) FROM {{table}} o ASOF JOIN (SELECT person, time, category FROM {{table}} WHERE name = {q.CLICKED}) t
ON o.person = t.person AND o.time >= t.time WHERE o.name = {q.PAID} AND o.time - t.time <= {q.LOOK_BACK} GROUP BY t.category'''
TOUCH_WINDOW = f'''
WITH a AS (SELECT name, time, amount, max(CASE WHEN name = {q.CLICKED} THEN time::BIGINT * 64 + category END) OVER (PARTITION BY person ORDER BY time) AS last
           FROM {{table}} WHERE name IN ({q.PAID}, {q.CLICKED}))
SELECT last % 64, count(*), sum(amount) FROM a WHERE name = {q.PAID} AND time - last // 64 <= {q.LOOK_BACK} GROUP BY 1'''


def main():
    path, folder, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    try:
        import duckdb
    except ImportError:
        return 3
    os.makedirs(folder, exist_ok=True)
    sizes = []
    for layout, table in LAYOUTS.items():  # each in a database of its own: so each has its size
        file = os.path.join(folder, table + '.duckdb')
        with duckdb.connect(file, config={'threads': threads}) as db:
            order = 'person, time' if table == 'by_person' else 'time'
            db.execute(f"CREATE TABLE {table} AS SELECT * FROM read_csv('{path}', header = false, columns = {COLUMNS}) ORDER BY {order}; CHECKPOINT")
        sizes.append(os.path.getsize(file))
        print(f'DuckDB: {layout}: {sizes[-1]} bytes', file=sys.stderr)
    print('disk', min(sizes), flush=True)
    db = duckdb.connect(config={'threads': threads})
    for table in LAYOUTS.values():
        db.execute(f"ATTACH '{os.path.join(folder, table)}.duckdb' AS in_{table} (READ_ONLY)")

    def ways(**queries):
        return {f'{way}, {layout}': lambda text=text, table=table: db.execute(text.format(table=f'in_{table}.{table}')).fetchall()
                for way, text in queries.items() for layout, table in LAYOUTS.items()}

    q.best('funnel', ways(windows=FUNNEL_WINDOWS, asof=FUNNEL_ASOF), q.funnel_words)
    q.best('retention', ways(bits=RETENTION_BITS, distinct=RETENTION_DISTINCT), q.retention_words)
    q.best('category', ways(plain=CATEGORY), q.category_words)
    q.best('rfm', ways(ntile=RFM), q.words_of)
    q.best('last_touch', ways(asof=TOUCH_ASOF, window=TOUCH_WINDOW), q.attribution_words)
    return 0


sys.exit(main())
