/* The cold store on RocksDB.
 *
 * <folder>/live is what RocksDB has open. It is never trusted after a start: it is made anew out of a snapshot folder,
 * whose table files are linked and whose small files are copied, so nothing is ever written into a snapshot. That is
 * why puts need no write-ahead log: what makes them durable is the snapshot. A snapshot appears under its name by one
 * rename, so one that has its name is whole.
 *
 * Puts gather in a slice, which is sorted and written as one table file that RocksDB takes in as it is: a memtable would cost
 * several times the work of it, and hold the pairs twice. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <rocksdb/c.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store/cold_folder.h"
#include "store/cold_ops.h"
#include "store/cold_slice.h"

#define LIVE "live"
#define INFO "info" /* RocksDB's own words go there */
#define HALF_MADE ".tmp"
#define NEXT_TABLE "next.sst" /* in live, until RocksDB has taken it in */
/* Small slices make many small files, which compacting must keep up with: so they get most of the memory. Reads that miss the
 * cache are served by the system's. */
#define SLICE_BYTES(memory) ((memory) / 2)
#define CACHE_BYTES(memory) ((memory) / 4)
/* A checkpoint is a burst; compacting may fall behind it, up to so many files, before the writer waits for it. */
#define NEW_FILES_COMPACTED 8
#define NEW_FILES_STOP 64
#define TABLE_BYTES (64u << 20)
/* Compacting writes what it reads a second time before it lets go of anything: all of a small store, a part of a large one. On a
 * disk without the room for it, files stay as they are. */
#define COMPACTED_BYTES_MAX (UINT64_C(4) << 30)
#define BLOCK_BYTES (8u << 10)
#define PART_BYTES (4u << 10) /* of a filter or an index, in the cache */
#define SYNC_EVERY_BYTES (1u << 20)
#define SCAN_READAHEAD_BYTES (2u << 20)
#define BLOOM_BITS 10
#define BOTTOM_LEVEL_FORCED 2 /* kForce of rocksdb/options.h */
#define JOBS 2
#define OPEN_FILES_MAX 512
#define INFO_BYTES (1u << 20)
#define INFO_FILES 2
#define INFO_LEVEL_WARN 2

struct cold_rocks {
    struct cold cold;
    char *folder;
    rocksdb_options_t *options;
    rocksdb_block_based_table_options_t *table_options;
    rocksdb_cache_t *cache;
    rocksdb_envoptions_t *table_environment;
    rocksdb_ingestexternalfileoptions_t *taking_options;
    rocksdb_readoptions_t *get_options, *scan_options;
    struct cold_slice slice; /* put, and in no file yet */
    size_t memory_bytes;
    bool read_only;
    bool broken;                       /* the next put starts again from `base` */
    bool rests;                        /* it doesn't compact, for want of room */
    _Atomic uint64_t left_free;        /* by compacting */
    char base[COLD_NAME_BYTES_MAX + 1]; /* the last snapshot that is there, "": none */
    pthread_rwlock_t lock;             /* of db: held to write only while it is opened again */
    rocksdb_t *db;                     /* NULL: that failed */
};

static struct cold_rocks *rocks_of(struct cold *c)
{
    return (struct cold_rocks *)c;
}

/* Takes the words over. */
static fallible fail_rocks(const char *what, char *words, struct err *e)
{
    struct status status;
    if (strncmp(words, "Corruption", 10) == 0)
        status = FAIL(e, CORRUPT, "cold store: %s: %s", what, words);
    else if (strstr(words, "No space left") != NULL || strstr(words, "Space limit") != NULL)
        status = FAIL(e, FULL, "cold store: %s: %s", what, words);
    else
        status = FAIL(e, IO, "cold store: %s: %s", what, words);
    rocksdb_free(words);
    return status;
}

static fallible path_of(const struct cold_rocks *k, const char *name, char out_path[COLD_PATH_BYTES_MAX], struct err *e)
{
    return cold_path(out_path, k->folder, name, e);
}

/* --- settings --- */

static void table_options_make(struct cold_rocks *k)
{
    k->cache = rocksdb_cache_create_lru(CACHE_BYTES(k->memory_bytes));
    k->table_options = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_cache(k->table_options, k->cache);
    rocksdb_block_based_options_set_block_size(k->table_options, BLOCK_BYTES);
    rocksdb_block_based_options_set_filter_policy(k->table_options, rocksdb_filterpolicy_create_bloom_full(BLOOM_BITS));
    rocksdb_block_based_options_set_format_version(k->table_options, 5);
    /* In the cache, so that all of it stays bounded; in parts, as a cache that doesn't hold the filter of a whole file would be
     * filled with half a megabyte for each row that is read. */
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(k->table_options, 1);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(k->table_options, 1);
    rocksdb_block_based_options_set_index_type(k->table_options, rocksdb_block_based_table_index_type_two_level_index_search);
    rocksdb_block_based_options_set_partition_filters(k->table_options, 1);
    rocksdb_block_based_options_set_metadata_block_size(k->table_options, PART_BYTES);
    rocksdb_block_based_options_set_pin_top_level_index_and_filter(k->table_options, 1);
}

static void options_make(struct cold_rocks *k, const char *info)
{
    table_options_make(k);
    k->options = rocksdb_options_create();
    rocksdb_options_set_block_based_table_factory(k->options, k->table_options);
    rocksdb_options_set_level0_file_num_compaction_trigger(k->options, NEW_FILES_COMPACTED);
    rocksdb_options_set_target_file_size_base(k->options, TABLE_BYTES);
    rocksdb_options_set_level_compaction_dynamic_level_bytes(k->options, 1);
    rocksdb_options_set_compression(k->options, rocksdb_lz4_compression);
    rocksdb_options_set_optimize_filters_for_hits(k->options, 1); /* who gets a row knows that it is there */
    rocksdb_options_set_max_background_jobs(k->options, JOBS);
    rocksdb_options_set_max_open_files(k->options, OPEN_FILES_MAX);
    rocksdb_options_set_bytes_per_sync(k->options, SYNC_EVERY_BYTES);
    rocksdb_options_set_stats_dump_period_sec(k->options, 0);
    rocksdb_options_set_skip_stats_update_on_db_open(k->options, 1);
    rocksdb_options_set_info_log_level(k->options, INFO_LEVEL_WARN);
    rocksdb_options_set_max_log_file_size(k->options, INFO_BYTES);
    rocksdb_options_set_keep_log_file_num(k->options, INFO_FILES);
    rocksdb_options_set_db_log_dir(k->options, info);
    k->table_environment = rocksdb_envoptions_create();
    k->taking_options = rocksdb_ingestexternalfileoptions_create();
    rocksdb_ingestexternalfileoptions_set_move_files(k->taking_options, 1);
    k->get_options = rocksdb_readoptions_create();
    k->scan_options = rocksdb_readoptions_create();
    rocksdb_readoptions_set_fill_cache(k->scan_options, 0);
    rocksdb_readoptions_set_readahead_size(k->scan_options, SCAN_READAHEAD_BYTES);
}

static void rocks_close(struct cold *c)
{
    struct cold_rocks *k = rocks_of(c);
    if (k->db != NULL)
        rocksdb_close(k->db);
    if (k->options != NULL) {
        rocksdb_readoptions_destroy(k->scan_options);
        rocksdb_readoptions_destroy(k->get_options);
        rocksdb_ingestexternalfileoptions_destroy(k->taking_options);
        rocksdb_envoptions_destroy(k->table_environment);
        rocksdb_options_destroy(k->options);
        rocksdb_block_based_options_destroy(k->table_options);
        rocksdb_cache_destroy(k->cache);
    }
    slice_fini(&k->slice);
    (void)pthread_rwlock_destroy(&k->lock);
    free(k->folder);
    free(k);
}

/* --- opening --- */

static fallible base_path(const struct cold_rocks *k, char out_path[COLD_PATH_BYTES_MAX], struct err *e)
{
    TRY(path_of(k, k->base, out_path, e));
    if (!cold_folder_is_there(out_path))
        return FAIL(e, CORRUPT, "the cold store %s has no snapshot %s", k->folder, k->base);
    return DONE;
}

/* Makes live out of the base and opens it. */
static fallible live_open(struct cold_rocks *k, struct err *e)
{
    char live[COLD_PATH_BYTES_MAX], base[COLD_PATH_BYTES_MAX];
    TRY(path_of(k, LIVE, live, e));
    if (k->base[0] != 0)
        TRY(base_path(k, base, e));
    TRY(cold_folder_remove(live, e));
    if (k->base[0] != 0)
        TRY(cold_folder_link(base, live, e));
    char *words = NULL;
    rocksdb_options_set_create_if_missing(k->options, k->base[0] == 0);
    k->db = rocksdb_open(k->options, live, &words);
    if (words != NULL)
        return fail_rocks("open", words, e);
    k->broken = k->rests = false;
    return DONE;
}

static struct status half_made_remove(void *context, const char *name, struct err *e)
{
    const struct cold_rocks *k = context;
    size_t size = strlen(name), suffix = strlen(HALF_MADE);
    if (size < suffix || strcmp(name + size - suffix, HALF_MADE) != 0)
        return DONE;
    char path[COLD_PATH_BYTES_MAX];
    TRY(path_of(k, name, path, e));
    return cold_folder_remove(path, e);
}

/* RocksDB names its words by the whole path of its folder, and lets go of old ones by the path that it was given. */
static fallible folder_make(struct cold_rocks *k, struct err *e)
{
    TRY(cold_folder_make(k->folder, e));
    char *whole = realpath(k->folder, NULL);
    if (whole == NULL)
        return FAIL(e, IO, "%s: %s", k->folder, strerror(errno));
    free(k->folder);
    k->folder = whole;
    return DONE;
}

static fallible rocks_fill(struct cold_rocks *k, struct err *e)
{
    char info[COLD_PATH_BYTES_MAX], base[COLD_PATH_BYTES_MAX];
    TRY(folder_make(k, e));
    TRY(path_of(k, INFO, info, e));
    options_make(k, info);
    if (!k->read_only) {
        TRY(cold_folder_list(k->folder, half_made_remove, k, e));
        return live_open(k, e);
    }
    TRY(base_path(k, base, e));
    char *words = NULL;
    k->db = rocksdb_open_for_read_only(k->options, base, 0, &words);
    return words == NULL ? DONE : fail_rocks("open", words, e);
}

static const struct cold_ops rocks_ops;

static fallible rocks_create(const char *folder, const char *snapshot, size_t memory_bytes, bool read_only, struct cold **out_cold, struct err *e)
{
    assert(snapshot == NULL || cold_name_is_good(snapshot));
    struct cold_rocks *k = calloc(1, sizeof *k);
    if (k == NULL || (k->folder = strdup(folder)) == NULL)
        abort();
    k->cold.ops = &rocks_ops;
    k->read_only = read_only;
    k->memory_bytes = memory_bytes < COLD_MEMORY_BYTES_MIN ? COLD_MEMORY_BYTES_MIN : memory_bytes < COLD_MEMORY_BYTES_MAX ? memory_bytes : COLD_MEMORY_BYTES_MAX;
    (void)snprintf(k->base, sizeof k->base, "%s", snapshot == NULL ? "" : snapshot);
    (void)pthread_rwlock_init(&k->lock, NULL);
    slice_init(&k->slice);
    struct status status = rocks_fill(k, e);
    if (failed(status)) {
        rocks_close(&k->cold);
        return status;
    }
    *out_cold = &k->cold;
    return DONE;
}

fallible cold_open(const char *folder, const char *snapshot, size_t memory_bytes, struct cold **out_cold, struct err *e)
{
    return rocks_create(folder, snapshot, memory_bytes, false, out_cold, e);
}

fallible cold_open_read(const char *folder, const char *snapshot, size_t memory_bytes, struct cold **out_cold, struct err *e)
{
    assert(snapshot != NULL);
    return rocks_create(folder, snapshot, memory_bytes, true, out_cold, e);
}

/* After an error RocksDB takes no more writes, and some of what was put may not be there. */
static fallible rocks_mend(struct cold_rocks *k, struct err *e)
{
    if (!k->broken)
        return DONE;
    slice_clear(&k->slice);
    (void)pthread_rwlock_wrlock(&k->lock);
    if (k->db != NULL)
        rocksdb_close(k->db);
    k->db = NULL;
    struct status status = live_open(k, e);
    (void)pthread_rwlock_unlock(&k->lock);
    return status;
}

/* --- table files --- */

/* A table file being written. Its pages are sent to the disk on the way: left to the sync at the end, they would be a burst that
 * the log has to wait behind. */
struct table {
    rocksdb_sstfilewriter_t *writer;
    int file;           /* the same file again; RocksDB doesn't lend its own */
    uint64_t sent;      /* bytes from its start */
    size_t put_bytes;   /* since then, before compression */
};

static void table_send(struct table *t)
{
    uint64_t size = 0;
    t->put_bytes = 0;
    rocksdb_sstfilewriter_file_size(t->writer, &size);
    if (t->file < 0 || size <= t->sent)
        return;
    (void)sync_file_range(t->file, (off_t)t->sent, (off_t)(size - t->sent), SYNC_FILE_RANGE_WRITE); /* a wish */
    t->sent = size;
}

static char *pair_write(struct table *t, const struct cold_pair *pair)
{
    char *words = NULL;
    const char *key = (const char *)pair->key.data;
    if (pair->value.data == NULL)
        rocksdb_sstfilewriter_delete(t->writer, key, pair->key.size, &words);
    else
        rocksdb_sstfilewriter_put(t->writer, key, pair->key.size, (const char *)pair->value.data, pair->value.size, &words);
    t->put_bytes += pair->key.size + pair->value.size;
    if (t->put_bytes >= SYNC_EVERY_BYTES)
        table_send(t);
    return words;
}

static fallible table_write(struct cold_rocks *k, const char *path, struct err *e)
{
    char *words = NULL;
    struct table t = {.writer = rocksdb_sstfilewriter_create(k->table_environment, k->options)};
    rocksdb_sstfilewriter_open(t.writer, path, &words);
    t.file = open(path, O_WRONLY | O_CLOEXEC);
    for (size_t i = 0; i < k->slice.count && words == NULL; i++) {
        struct cold_pair pair = slice_pair(&k->slice, i);
        words = pair_write(&t, &pair);
    }
    if (words == NULL)
        rocksdb_sstfilewriter_finish(t.writer, &words);
    rocksdb_sstfilewriter_destroy(t.writer);
    if (t.file >= 0)
        (void)close(t.file);
    return words == NULL ? DONE : fail_rocks("write", words, e);
}

static size_t new_files(const struct cold_rocks *k)
{
    char *count = rocksdb_property_value(k->db, "rocksdb.num-files-at-level0");
    size_t files = count == NULL ? 0 : strtoul(count, NULL, 10);
    rocksdb_free(count);
    return files;
}

static uint64_t live_bytes(const struct cold_rocks *k)
{
    uint64_t bytes = 0;
    (void)rocksdb_property_int(k->db, "rocksdb.live-sst-files-size", &bytes);
    return bytes;
}

/* What can't be found out has room: RocksDB says itself when it has none. */
static bool compacting_has_room(const struct cold_rocks *k)
{
    struct statvfs at;
    uint64_t bytes = live_bytes(k);
    if (statvfs(k->folder, &at) != 0)
        return true;
    uint64_t wanted = (bytes < COMPACTED_BYTES_MAX ? bytes : COMPACTED_BYTES_MAX) + atomic_load(&k->left_free);
    return (uint64_t)at.f_bavail * at.f_frsize >= wanted;
}

static void compacting_mind(struct cold_rocks *k)
{
    bool rests = !compacting_has_room(k);
    if (rests == k->rests)
        return;
    const char *const names[] = {"disable_auto_compactions"}, *const values[] = {rests ? "true" : "false"};
    char *words = NULL;
    rocksdb_set_options(k->db, 1, names, values, &words);
    rocksdb_free(words); /* in vain: then it goes on as it did */
    k->rests = rests;
}

static fallible table_take(struct cold_rocks *k, const char *path, struct err *e)
{
    compacting_mind(k);
    char *words = NULL;
    rocksdb_ingest_external_file(k->db, &path, 1, k->taking_options, &words);
    if (words != NULL)
        return fail_rocks("take", words, e);
    if (new_files(k) >= NEW_FILES_STOP && !k->rests)
        rocksdb_compact_range(k->db, NULL, 0, NULL, 0);
    return DONE;
}

/* What waits in the slice becomes a table file. */
static fallible slice_write(struct cold_rocks *k, struct err *e)
{
    char live[COLD_PATH_BYTES_MAX], path[COLD_PATH_BYTES_MAX];
    if (k->slice.count == 0)
        return DONE;
    TRY(path_of(k, LIVE, live, e));
    TRY(cold_path(path, live, NEXT_TABLE, e));
    slice_sort(&k->slice);
    TRY(table_write(k, path, e));
    slice_clear(&k->slice);
    return table_take(k, path, e);
}

/* --- the calls --- */

static struct status rocks_put(struct cold *c, const struct cold_pair *pairs, size_t count, struct err *e)
{
    struct cold_rocks *k = rocks_of(c);
    if (k->read_only)
        return FAIL(e, DENIED, "this cold store is open to be read only");
    TRY(rocks_mend(k, e));
    for (size_t i = 0; i < count; i++)
        slice_add(&k->slice, &pairs[i]);
    if (slice_bytes(&k->slice) < SLICE_BYTES(k->memory_bytes))
        return DONE;
    struct status status = slice_write(k, e);
    k->broken = failed(status);
    return status;
}

static struct status rocks_get(struct cold *c, struct bytes key, struct buf *out_value, bool *out_found, struct err *e)
{
    struct cold_rocks *k = rocks_of(c);
    (void)pthread_rwlock_rdlock(&k->lock);
    char *words = NULL;
    rocksdb_pinnableslice_t *value = NULL;
    if (k->db != NULL)
        value = rocksdb_get_pinned(k->db, k->get_options, (const char *)key.data, key.size, &words);
    bool is_open = k->db != NULL, found = value != NULL;
    if (found) {
        size_t size = 0;
        const char *data = rocksdb_pinnableslice_value(value, &size);
        buf_push(out_value, bytes_of(data, size));
        rocksdb_pinnableslice_destroy(value);
    }
    (void)pthread_rwlock_unlock(&k->lock);
    if (!is_open)
        return FAIL(e, IO, "the cold store could not be opened again");
    if (words != NULL)
        return fail_rocks("get", words, e);
    if (out_value->overflowed)
        return FAIL(e, LIMIT, "a cold page is too long for its reader");
    *out_found = found;
    return DONE;
}

static fallible scan_with(rocksdb_iterator_t *iterator, struct bytes prefix, cold_each each, void *context, struct err *e)
{
    struct status status = DONE;
    for (rocksdb_iter_seek(iterator, (const char *)prefix.data, prefix.size); rocksdb_iter_valid(iterator); rocksdb_iter_next(iterator)) {
        size_t key_size = 0, value_size = 0;
        const char *key = rocksdb_iter_key(iterator, &key_size), *value = rocksdb_iter_value(iterator, &value_size);
        if (!bytes_starts_with(bytes_of(key, key_size), prefix))
            break;
        status = each(context, bytes_of(key, key_size), bytes_of(value, value_size), e);
        if (failed(status))
            return status;
    }
    char *words = NULL;
    rocksdb_iter_get_error(iterator, &words);
    return words == NULL ? DONE : fail_rocks("scan", words, e);
}

static struct status rocks_scan(struct cold *c, struct bytes prefix, cold_each each, void *context, struct err *e)
{
    struct cold_rocks *k = rocks_of(c);
    (void)pthread_rwlock_rdlock(&k->lock);
    struct status status;
    if (k->db == NULL) {
        status = FAIL(e, IO, "the cold store could not be opened again");
    } else {
        rocksdb_iterator_t *iterator = rocksdb_create_iterator(k->db, k->scan_options);
        status = scan_with(iterator, prefix.size == 0 ? BYTES_LIT("") : prefix, each, context, e);
        rocksdb_iter_destroy(iterator);
    }
    (void)pthread_rwlock_unlock(&k->lock);
    return status;
}

/* Into the last level, whose files are written anew too: a deletion is dropped there alone. */
static struct status rocks_compact(struct cold *c, struct err *e)
{
    struct cold_rocks *k = rocks_of(c);
    if (k->read_only || k->broken)
        return FAIL(e, DENIED, "this cold store can't be compacted now");
    struct status status = slice_write(k, e);
    k->broken = failed(status);
    TRY(status);
    rocksdb_compactoptions_t *options = rocksdb_compactoptions_create();
    rocksdb_compactoptions_set_bottommost_level_compaction(options, BOTTOM_LEVEL_FORCED);
    rocksdb_compact_range_opt(k->db, options, NULL, 0, NULL, 0);
    rocksdb_compactoptions_destroy(options);
    return DONE;
}

static fallible snapshot_make(struct cold_rocks *k, const char *path, struct err *e)
{
    char *words = NULL;
    TRY(slice_write(k, e));
    rocksdb_checkpoint_t *checkpoint = rocksdb_checkpoint_object_create(k->db, &words);
    if (words != NULL)
        return fail_rocks("snapshot", words, e);
    rocksdb_checkpoint_create(checkpoint, path, 0, &words);
    rocksdb_checkpoint_object_destroy(checkpoint);
    if (words != NULL)
        return fail_rocks("snapshot", words, e);
    return cold_folder_sync(k->folder, e);
}

static struct status rocks_snapshot(struct cold *c, const char *name, struct err *e)
{
    struct cold_rocks *k = rocks_of(c);
    char path[COLD_PATH_BYTES_MAX];
    TRY(path_of(k, name, path, e));
    if (k->read_only || k->broken)
        return FAIL(e, DENIED, "this cold store takes no snapshot now");
    if (cold_folder_is_there(path))
        return FAIL(e, EXISTS, "there is a snapshot %s already", name);
    struct status status = snapshot_make(k, path, e);
    k->broken = failed(status);
    if (done(status))
        (void)snprintf(k->base, sizeof k->base, "%s", name);
    return status;
}

static struct status rocks_snapshot_remove(struct cold *c, const char *name, struct err *e)
{
    struct cold_rocks *k = rocks_of(c);
    char path[COLD_PATH_BYTES_MAX];
    TRY(path_of(k, name, path, e));
    return cold_folder_remove(path, e);
}

struct keeping {
    struct cold_rocks *k;
    const char *const *names;
    size_t count;
};

static struct status unkept_remove(void *context, const char *name, struct err *e)
{
    const struct keeping *keeping = context;
    if (!cold_name_is_good(name) || cold_name_is_in(name, keeping->names, keeping->count))
        return DONE;
    return rocks_snapshot_remove(&keeping->k->cold, name, e);
}

static struct status rocks_snapshot_keep(struct cold *c, const char *const *names, size_t count, struct err *e)
{
    struct keeping keeping = {rocks_of(c), names, count};
    cold_base_keep(keeping.k->base, names, count);
    return cold_folder_list(keeping.k->folder, unkept_remove, &keeping, e);
}

static void rocks_leave_free(struct cold *c, uint64_t bytes)
{
    atomic_store(&rocks_of(c)->left_free, bytes);
}

static uint64_t rocks_bytes(struct cold *c)
{
    struct cold_rocks *k = rocks_of(c);
    (void)pthread_rwlock_rdlock(&k->lock);
    uint64_t bytes = k->db == NULL ? 0 : live_bytes(k);
    (void)pthread_rwlock_unlock(&k->lock);
    return bytes;
}

static size_t rocks_memory_bytes(const struct cold *c)
{
    return ((const struct cold_rocks *)c)->memory_bytes;
}

static const struct cold_ops rocks_ops = {
    .close = rocks_close,
    .put = rocks_put,
    .get = rocks_get,
    .scan = rocks_scan,
    .compact = rocks_compact,
    .snapshot = rocks_snapshot,
    .snapshot_keep = rocks_snapshot_keep,
    .snapshot_remove = rocks_snapshot_remove,
    .leave_free = rocks_leave_free,
    .bytes = rocks_bytes,
    .memory_bytes = rocks_memory_bytes,
};
