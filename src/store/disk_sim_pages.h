/* The contents of one simulated file: what readers see now, and what a power cut would leave at least. */
#pragma once

#include "base/bytes.h"
#include "base/rng.h"

#define SIM_PAGE_BYTES 4096u
#define SIM_SECTOR_BYTES 512u

struct sim_pages {
    uint8_t **now;  /* NULL is a hole; the same pointer in both: the page is durable as it is */
    uint8_t **safe;
    size_t count;   /* of both */
    uint64_t size_now;
    uint64_t size_safe;
    size_t used;    /* pages of `now` that aren't holes */
};

void sim_pages_free(struct sim_pages *p);
size_t sim_pages_read(const struct sim_pages *p, uint64_t offset, void *out_data, size_t size); /* bytes read */
/* Chance decides whether an older state of a page has reached the disk meanwhile. */
void sim_pages_write(struct sim_pages *p, uint64_t offset, struct bytes data, struct rng *chance);
size_t sim_pages_missing(const struct sim_pages *p, uint64_t from, uint64_t until); /* holes in that span, in pages */
void sim_pages_preallocate(struct sim_pages *p, uint64_t size);
void sim_pages_truncate(struct sim_pages *p, uint64_t size, struct rng *chance);
void sim_pages_sync(struct sim_pages *p);
/* Each unsynced change is kept with probability `keep`, else lost or torn. Afterwards all is durable. */
void sim_pages_crash(struct sim_pages *p, struct rng *chance, double keep);
void sim_pages_flip(struct sim_pages *p, uint64_t offset);
