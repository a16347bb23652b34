// "Replacing malloc" in the glibc manual: a definition in the executable, or in a preloaded library,
// takes the place of the one in libc for every library of the process. The real ones stay reachable
// under __libc_ names, so free needs no counterpart here.
//
// A call belongs to the object its return address lies in: the executable and the Swift runtime are
// ours, every other library (libcurl, TLS, the C library itself, for strdup) is not.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "allocations.h"

#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

// Of a thread. Written by it alone; others read it, so the accesses are atomic (and relaxed).
typedef struct {
    unsigned long all;
    unsigned long by_libraries;
} Counts;

enum { threads_max = 512, ranges_max = 64 };
static Counts counts[threads_max];
static unsigned long threads;

// Initial-exec: reading it allocates nothing, which a malloc must not.
static __thread unsigned long place __attribute__((tls_model("initial-exec")));

// Text of the libraries that are not ours, found once before main.
static struct {
    uintptr_t from, to;
} ranges[ranges_max];
static int range_count;

static int look_at(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size, (void)unused;
    const char *name = info->dlpi_name;
    // The executable has no name; the preloaded library of benchmarks passes calls on.
    if (name == NULL || *name == 0 || strstr(name, "swift") || strstr(name, "Foundation"))
        return 0;
    for (int i = 0; i < info->dlpi_phnum && range_count < ranges_max; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
        ranges[range_count].from = info->dlpi_addr + part->p_vaddr;
        ranges[range_count].to = info->dlpi_addr + part->p_vaddr + part->p_memsz;
        range_count++;
    }
    return 0;
}

__attribute__((constructor)) static void find_libraries(void) {
    dl_iterate_phdr(look_at, NULL);
}

static inline void count(const void *caller) {
    if (place == 0) {
        unsigned long next = __atomic_add_fetch(&threads, 1, __ATOMIC_RELAXED);
        // Threads beyond the table share its last place.
        place = next < threads_max ? next : threads_max - 1;
    }
    Counts *mine = &counts[place];
    __atomic_store_n(&mine->all, mine->all + 1, __ATOMIC_RELAXED);
    for (int i = 0; i < range_count; i++) {
        if ((uintptr_t)caller < ranges[i].from || (uintptr_t)caller >= ranges[i].to) continue;
        __atomic_store_n(&mine->by_libraries, mine->by_libraries + 1, __ATOMIC_RELAXED);
        return;
    }
}

unsigned long allocations_of_this_thread(void) { return counts[place].all; }

unsigned long library_allocations_of_this_thread(void) { return counts[place].by_libraries; }

void allocations_of_other_threads(unsigned long *ours, unsigned long *libraries) {
    *ours = 0;
    *libraries = 0;
    for (unsigned long i = 1; i < threads_max; i++) {
        if (i == place) continue;
        unsigned long by_libraries = __atomic_load_n(&counts[i].by_libraries, __ATOMIC_RELAXED);
        *ours += __atomic_load_n(&counts[i].all, __ATOMIC_RELAXED) - by_libraries;
        *libraries += by_libraries;
    }
}

void *malloc(size_t size) {
    count(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count(__builtin_return_address(0));
    return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
    count(__builtin_return_address(0));
    return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    void *memory = __libc_memalign(alignment, size);
    if (memory == NULL) return ENOMEM;
    *out = memory;
    return 0;
}
