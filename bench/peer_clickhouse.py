#!/usr/bin/env python3
"""ClickHouse's answers (embedded: chDB) to the questions of bench/analytics.c, and their times. `pip install --target FOLDER chdb`, and FOLDER in PYTHONPATH.
Exit 3: it isn't here.

    peer_clickhouse.py ROWS.csv FOLDER THREADS"""
import sys

sys.dont_write_bytecode = True
import peer_questions as q  # noqa: E402

LAYOUTS = {'person-sorted': 'by_person', 'time-sorted': 'by_time'}
COLUMNS = 'person UInt32, time UInt32, name UInt8, category UInt8, amount UInt32'
CODECS = 'person UInt32 CODEC(Delta, ZSTD), time UInt32 CODEC(Delta, ZSTD), name UInt8 CODEC(ZSTD), category UInt8 CODEC(ZSTD), amount UInt32 CODEC(ZSTD)'

FUNNEL = f'''
SELECT level, count() FROM (SELECT windowFunnel({q.WEEK})(time, name = {q.VIEWED}, name = {q.CART}, name = {q.PAID}) AS level FROM {{table}}
WHERE name IN ({q.VIEWED}, {q.CART}, {q.PAID}) GROUP BY person) GROUP BY level'''
IN_ORDER = ' SETTINGS optimize_aggregation_in_order = 1'
RETENTION_BITS = f'''
SELECT cohort, period, sum(n) FROM (SELECT weeks, count() AS n, bitCount(bitXor(weeks, weeks - 1)) - 1 AS cohort FROM
(SELECT groupBitOr(bitShiftLeft(1::UInt64, intDiv(time - {q.FIRST_MONDAY}, {q.WEEK}))) AS weeks FROM {{table}} WHERE name = {q.VIEWED} GROUP BY person) GROUP BY weeks)
ARRAY JOIN range(53) AS period WHERE bitTest(weeks, least(cohort + period, 63)) GROUP BY cohort, period'''
RETENTION_ARRAYS = f'''
SELECT cohort, week - cohort, count() FROM (SELECT groupUniqArray(intDiv(time - {q.FIRST_MONDAY}, {q.WEEK})) AS weeks, arrayMin(weeks) AS cohort FROM {{table}}
WHERE name = {q.VIEWED} GROUP BY person) ARRAY JOIN weeks AS week GROUP BY 1, 2'''
CATEGORY = f'''
SELECT count(), countIf(n >= 3) FROM (SELECT count() AS n FROM {{table}}
WHERE time >= {q.UNTIL - q.RECENT} AND name = {q.VIEWED} AND category = {q.CATEGORY} GROUP BY person)'''
RFM = f'''
SELECT 6 - x, y, z, count() FROM (SELECT ntile(5) OVER (ORDER BY r, person) AS x, ntile(5) OVER (ORDER BY f, person) AS y, ntile(5) OVER (ORDER BY m, person) AS z FROM
(SELECT person, {(q.UNTIL - 1) // 86400} - intDiv(max(time), 86400) AS r, count() AS f, sum(amount) AS m FROM {{table}} WHERE name = {q.PAID} GROUP BY person)) GROUP BY x, y, z'''
TOUCH_ASOF = f'''
SELECT t.category, count(), sum(o.amount) FROM (SELECT person, time, amount FROM {{table}} WHERE name = {q.PAID}) AS o
ASOF JOIN (SELECT person, time, category FROM {{table}} WHERE name = {q.CLICKED}) AS t ON o.person = t.person AND o.time >= t.time
WHERE o.time - t.time <= {q.LOOK_BACK} GROUP BY t.category'''
TOUCH_WINDOW = f'''
SELECT last % 64, count(), sum(amount) FROM (SELECT name, time, amount,
max(if(name = {q.CLICKED}, time::UInt64 * 64 + category, 0)) OVER (PARTITION BY person ORDER BY time ROWS UNBOUNDED PRECEDING) AS last
FROM {{table}} WHERE name IN ({q.PAID}, {q.CLICKED})) WHERE name = {q.PAID} AND last > 0 AND time - intDiv(last, 64) <= {q.LOOK_BACK} GROUP BY 1'''


def main():
    path, folder, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    try:
        from chdb import session
    except ImportError:
        return 3
    db = session.Session(folder)
    db.query(f'SET max_threads = {threads}')
    sizes = []
    for layout, table in LAYOUTS.items():
        order = 'person, time' if table == 'by_person' else 'time'
        db.query(f'CREATE TABLE {table} ({CODECS}) ENGINE = MergeTree ORDER BY ({order})')
        db.query(f"INSERT INTO {table} SELECT * FROM file('{path}', 'CSV', '{COLUMNS}')")
        db.query(f'OPTIMIZE TABLE {table} FINAL')
        sizes.append(int(bytes(db.query(f"SELECT sum(bytes_on_disk) FROM system.parts WHERE table = '{table}' AND active", 'TSV').bytes())))
        print(f'ClickHouse: {layout}: {sizes[-1]} bytes', file=sys.stderr)
    print('disk', min(sizes), flush=True)

    def ask(text):
        lines = bytes(db.query(text, 'TSV').bytes()).decode().splitlines()
        return [line.split('\t') for line in lines]

    def ways(**queries):
        return {f'{way}, {layout}': lambda text=text, table=table: ask(text.format(table=table))
                for way, text in queries.items() for layout, table in LAYOUTS.items()}

    q.best('funnel', ways(hashed=FUNNEL, in_order=FUNNEL + IN_ORDER), q.funnel_words)
    q.best('retention', ways(bits=RETENTION_BITS, bits_in_order=RETENTION_BITS + IN_ORDER, arrays=RETENTION_ARRAYS), q.retention_words)
    q.best('category', ways(plain=CATEGORY), q.category_words)
    q.best('rfm', ways(ntile=RFM), q.words_of)
    q.best('last_touch', ways(asof=TOUCH_ASOF, window=TOUCH_WINDOW), q.attribution_words)
    return 0


sys.exit(main())
