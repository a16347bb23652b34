// Linux system calls that Glibc's Swift overlay does not carry, or carries as variadics.
#ifndef SPOTLOAD_CLINUX_SHIM_H
#define SPOTLOAD_CLINUX_SHIM_H

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/// Sends `signal` to this process when the thread that spawned it ends (prctl(2)).
static inline int spot_set_parent_death_signal(int signal) {
    return prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0, 0, 0);
}
/// openat2(2): opens `path` beneath `directory` under the rules of `resolve`; -1 and errno on failure.
static inline int spot_openat2(int directory, const char *path, uint64_t flags, uint64_t resolve) {
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = flags;
    how.resolve = resolve;
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}
/// Registers `fd` in an epoll set with a 64-bit token in place of the pointer union.
static inline int spot_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = events;
    event.data.u64 = token;
    return epoll_ctl(epoll, operation, fd, &event);
}
/// epoll_pwait2(2): waits `nanoseconds` at most; -1 and ENOSYS before Linux 5.11.
static inline int spot_epoll_wait_ns(
    int epoll, struct epoll_event *events, int count, int64_t nanoseconds) {
    struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    return (int)syscall(SYS_epoll_pwait2, epoll, events, count, &limit, NULL, (size_t)8);
}
static inline uint64_t spot_epoll_token(const struct epoll_event *event) { return event->data.u64; }
static inline uint32_t spot_epoll_events(const struct epoll_event *event) { return event->events; }
/// Timers of the calling thread fire without slack (prctl(2): the default is 50 us).
static inline void spot_set_timer_slack(unsigned long nanoseconds) {
    prctl(PR_SET_TIMERSLACK, nanoseconds, 0, 0, 0);
}
/// Scheduling priority of the calling thread alone; fails without the right to raise it.
static inline int spot_set_thread_nice(int nice) {
    return setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), nice);
}
/// Cores the calling thread may run on (taskset, cpusets); -1 where the kernel does not tell.
static inline int spot_usable_cores(void) {
    unsigned long mask[1024 / (8 * sizeof(unsigned long))];
    long bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
    int cores = bytes > 0 ? 0 : -1;
    for (long i = 0; i < bytes / (long)sizeof *mask; i++) cores += __builtin_popcountl(mask[i]);
    return cores;
}

/// The calling thread alone goes to SCHED_RR; threads it starts do not inherit that (sched(7)).
static inline int spot_set_thread_realtime(int priority) {
    struct sched_param parameters;
    memset(&parameters, 0, sizeof parameters);
    parameters.sched_priority = priority;
    return sched_setscheduler(0, SCHED_RR | 0x40000000 /* SCHED_RESET_ON_FORK */, &parameters);
}
/// accept4(2): the next connection of `listener`, non-blocking and close-on-exec; -1 and errno.
static inline int spot_accept_nonblocking(int listener) {
    return (int)syscall(SYS_accept4, listener, NULL, NULL, O_NONBLOCK | O_CLOEXEC);
}
/// The kernel's id of the calling thread.
static inline int spot_thread_id(void) { return (int)syscall(SYS_gettid); }
/// Names the calling thread; 15 bytes of it count.
static inline void spot_set_thread_name(const char *name) {
    prctl(PR_SET_NAME, (unsigned long)name, 0, 0, 0);
}

#endif
