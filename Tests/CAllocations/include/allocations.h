// Counts what a thread allocates. A program that links this target has its own malloc, which counts
// and passes on to glibc's; nothing else about memory changes. As a shared library it does the same
// for a program it is preloaded into.

#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

// Calls of malloc, calloc, realloc, aligned_alloc and posix_memalign by this thread so far.
unsigned long allocations_of_this_thread(void);

// Those of them that were made by libraries other than the Swift runtime: by libcurl, say, or TLS.
unsigned long library_allocations_of_this_thread(void);

// Of all other threads: by our code, and by such libraries.
void allocations_of_other_threads(unsigned long *ours, unsigned long *libraries);

#endif
