"""A PostgreSQL cluster of its own in a temporary folder, for the peers that benchmarks compare themselves with."""
import contextlib
import glob
import os
import shutil
import subprocess
import tempfile

FOLDERS = sorted(glob.glob('/usr/lib/postgresql/*/bin'))  # none: there is no PostgreSQL here


def as_postgres(folder, *words, check=True, **more):
    """PostgreSQL refuses to run as root."""
    before = ['runuser', '-u', 'postgres', '--'] if os.geteuid() == 0 else []
    return subprocess.run([*before, *words], check=check, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=folder, **more)


@contextlib.contextmanager
def cluster():
    """(its folder, what runs SQL there and waits); both are gone afterwards."""
    folder = tempfile.mkdtemp(prefix='kith-peer-')
    os.chmod(folder, 0o755)
    data, socket = os.path.join(folder, 'data'), os.path.join(folder, 'socket')
    for path in (data, socket):
        os.mkdir(path)
        if os.geteuid() == 0:
            shutil.chown(path, 'postgres', 'postgres')
    tool = FOLDERS[-1]
    psql = [os.path.join(tool, 'psql'), '-q', '-h', socket, '-d', 'postgres', '-v', 'ON_ERROR_STOP=1']
    try:
        as_postgres(folder, os.path.join(tool, 'initdb'), '-D', data, '-A', 'trust')
        options = f"-k {socket} -c listen_addresses='' -c shared_buffers=4GB -c max_wal_size=16GB -c work_mem=256MB -c jit=off"
        as_postgres(folder, os.path.join(tool, 'pg_ctl'), '-D', data, '-w', '-l', os.path.join(socket, 'log'), '-o', options, 'start')
        yield folder, lambda sql: as_postgres(folder, *psql, input=sql.encode())
    finally:
        as_postgres(folder, os.path.join(tool, 'pg_ctl'), '-D', data, '-m', 'immediate', 'stop', check=False)
        shutil.rmtree(folder, ignore_errors=True)
