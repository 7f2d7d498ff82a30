#!/usr/bin/env python3
"""DuckDB's answer to a question of bench/bitmaps.c over boolean columns, one a tag, and its time on one thread: the median of five after one to warm up.
`pip install --target FOLDER duckdb`, and FOLDER in PYTHONPATH. Exit 3: it isn't here.

    peer_tags.py ROWS.csv CONDITION     a number for each person, whose bit i is the column ti; prints "COUNT SECONDS" """
import statistics
import sys
import time

TAGS = 10


def main():
    try:
        import duckdb
    except ImportError:
        return 3
    db = duckdb.connect(config={'threads': 2})
    columns = ', '.join(f'(bits & {1 << i}) <> 0 AS t{i}' for i in range(TAGS))
    db.execute(f"CREATE TABLE person AS SELECT {columns} FROM read_csv('{sys.argv[1]}', header = false, columns = {{'bits': 'USMALLINT'}})")
    db.execute('SET threads = 1')
    seconds = []
    for _ in range(6):
        start = time.monotonic()
        count = db.execute(f'SELECT count(*) FROM person WHERE {sys.argv[2]}').fetchone()[0]
        seconds.append(time.monotonic() - start)
    print(count, statistics.median(seconds[1:]))
    return 0


sys.exit(main())
