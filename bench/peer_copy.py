#!/usr/bin/env python3
"""Rows a second of COPY of a CSV file into a typed table of PostgreSQL 15, durable: the median of three. Exit 3: there is no PostgreSQL here.

    peer_copy.py FILE ROWS"""
import os
import shutil
import statistics
import sys
import time

sys.dont_write_bytecode = True
import peer  # noqa: E402

SCHEMA = '''
CREATE TABLE line (no text, store text, phone text, member text, at timestamptz, line int4, sku text, name text,
                   quantity int4, price numeric(12, 2), paid numeric(12, 2));
'''


def main():
    path, rows = sys.argv[1], int(sys.argv[2])
    if not peer.FOLDERS:
        return 3
    with peer.cluster() as (folder, run):
        copy = os.path.join(folder, 'rows.csv')
        shutil.copy(path, copy)
        os.chmod(copy, 0o644)
        run(SCHEMA)
        rates = []
        for _ in range(3):
            run('TRUNCATE line; CHECKPOINT;')
            start = time.monotonic()
            run(f"COPY line FROM '{copy}' (FORMAT csv, HEADER);")
            rates.append(rows / (time.monotonic() - start))
        print(statistics.median(rates))
    return 0


sys.exit(main())
