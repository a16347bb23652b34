// Counts what a thread allocates. A program that links this target has its own malloc, which counts
// and passes on to glibc's; nothing else about memory changes.

#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

// Calls of malloc, calloc, realloc, aligned_alloc and posix_memalign by this thread so far.
unsigned long allocations_of_this_thread(void);

#endif
