/* What the compiler should know about a declaration. Nothing here changes what code means. */
#pragma once

#define NODISCARD __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define UNUSED __attribute__((unused))

/* A cache line is on its way then. The statement of nothing is for gcc: it takes a function that only prefetches for one that does nothing, and leaves out whoever calls it. */
static inline void prefetch(const void *address)
{
    __builtin_prefetch(address);
    __asm__ volatile("");
}
