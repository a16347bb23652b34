// A bare libcurl-multi loop: the yardstick of the generator's lanes. What a competent C program does
// with libcurl and nothing else: epoll and curl_multi_socket_action, one easy handle per connection,
// set up once and added again after each transfer. No schedule, no histogram, no check.
//
//     cc -O2 -o curl-loop curl-loop.c -lcurl
//     curl-loop URL CONNECTIONS SECONDS [MULTIS]
//
// MULTIS multi handles share the connections; 0 is one for each connection. Prints one line:
//
//     RESULT requests failed wall-us cpu-us

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

typedef struct {
    CURLM *multi;
    // Monotonic ms at which libcurl wants to be called; -1: not at all.
    long long due;
} Multi;

static int epoll_fd;
static Multi *multis;
static int multi_count;
// By descriptor: which multi's it is, and whether the kernel has it.
static struct {
    int multi;
    int is_added;
} sockets[1 << 20];
static long long requests, failed, bytes;
static int is_over;

static long long now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void check(int is_good, const char *what) {
    if (is_good) return;
    fprintf(stderr, "curl-loop: %s failed\n", what);
    exit(1);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *unused) {
    (void)easy, (void)unused;
    struct epoll_event event = {.data.fd = fd};
    if (fd >= (int)(sizeof sockets / sizeof *sockets)) check(0, "a descriptor this large");
    if (what == CURL_POLL_REMOVE) {
        // A kept connection stays in the kernel's set; its end, or a new mask, takes it out.
        return 0;
    }
    if (what & CURL_POLL_IN) event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
    int number = (int)((Multi *)context - multis);
    if (sockets[fd].is_added && sockets[fd].multi == number + 1 &&
        sockets[fd].is_added == (int)event.events)
        return 0;
    int op = sockets[fd].is_added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(epoll_fd, op, fd, &event) != 0)
        check(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
    sockets[fd].multi = number + 1;
    sockets[fd].is_added = (int)event.events;
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *context) {
    (void)multi;
    ((Multi *)context)->due = ms < 0 ? -1 : now_us() / 1000 + ms;
    return 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *context) {
    (void)data, (void)context;
    bytes += (long long)(size * count);
    return size * count;
}

static int on_close(void *context, curl_socket_t fd) {
    (void)context;
    sockets[fd].is_added = 0;
    extern int close(int);
    return close(fd);
}

static void collect(Multi *m) {
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(m->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) continue;
        CURL *easy = message->easy_handle;
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        requests++;
        if (message->data.result != CURLE_OK || status != 200) failed++;
        curl_multi_remove_handle(m->multi, easy);
        if (!is_over) check(curl_multi_add_handle(m->multi, easy) == CURLM_OK, "add_handle");
    }
}

// Calls every multi whose timer is due; returns how long epoll may wait, in ms.
static int expire(void) {
    int running;
    long long now = now_us() / 1000, next = now + 100;
    for (int i = 0; i < multi_count; i++) {
        Multi *m = &multis[i];
        for (int turn = 0; m->due >= 0 && m->due <= now && turn < 4; turn++) {
            m->due = -1;
            curl_multi_socket_action(m->multi, CURL_SOCKET_TIMEOUT, 0, &running);
            collect(m);
        }
        if (m->due >= 0 && m->due < next) next = m->due;
    }
    return next > now ? (int)(next - now) : 0;
}

static CURL *make_easy(const char *url, struct curl_slist *headers) {
    CURL *easy = curl_easy_init();
    check(easy != NULL, "curl_easy_init");
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 60000L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    return easy;
}

int main(int argc, char **argv) {
    int connections = argc > 2 ? atoi(argv[2]) : 0;
    double seconds = argc > 3 ? atof(argv[3]) : 0;
    multi_count = argc > 4 ? atoi(argv[4]) : 1;
    if (connections < 1 || seconds <= 0 || multi_count < 0) {
        fprintf(stderr, "usage: curl-loop URL CONNECTIONS SECONDS [MULTIS]\n");
        return 64;
    }
    if (multi_count == 0 || multi_count > connections) multi_count = connections;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    check(curl_global_init(CURL_GLOBAL_DEFAULT) == 0, "curl_global_init");
    epoll_fd = epoll_create1(0);
    multis = calloc((size_t)multi_count, sizeof *multis);
    check(epoll_fd >= 0 && multis != NULL, "setup");
    for (int i = 0; i < multi_count; i++) {
        multis[i] = (Multi){curl_multi_init(), -1};
        curl_multi_setopt(multis[i].multi, CURLMOPT_SOCKETFUNCTION, on_socket);
        curl_multi_setopt(multis[i].multi, CURLMOPT_SOCKETDATA, &multis[i]);
        curl_multi_setopt(multis[i].multi, CURLMOPT_TIMERFUNCTION, on_timer);
        curl_multi_setopt(multis[i].multi, CURLMOPT_TIMERDATA, &multis[i]);
        curl_multi_setopt(multis[i].multi, CURLMOPT_MAXCONNECTS, (long)connections);
    }
    // The headers of the generator's own requests, as long as theirs.
    struct curl_slist *headers = NULL;
    headers = curl_slist_append(headers, "User-Agent: curlloop/0.1.0");
    headers = curl_slist_append(headers, "X-Spotload-Run: 20270102T001500Z-7c1e");
    headers = curl_slist_append(headers, "X-Spotload-Agent: 0.1");
    headers = curl_slist_append(headers, "X-Trace: t-32-1000");
    for (int i = 0; i < connections; i++)
        curl_multi_add_handle(multis[i % multi_count].multi, make_easy(argv[1], headers));

    struct epoll_event events[256];
    long long begin = now_us(), end = begin + (long long)(seconds * 1e6);
    int running;
    while (now_us() < end) {
        int wait = expire();
        int count = epoll_wait(epoll_fd, events, 256, wait);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd, mask = 0;
            if (events[i].events & EPOLLIN) mask |= CURL_CSELECT_IN;
            if (events[i].events & EPOLLOUT) mask |= CURL_CSELECT_OUT;
            if (events[i].events & (EPOLLERR | EPOLLHUP)) mask |= CURL_CSELECT_ERR;
            Multi *m = &multis[sockets[fd].multi - 1];
            curl_multi_socket_action(m->multi, fd, mask, &running);
            collect(m);
        }
    }
    is_over = 1;
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    long long cpu = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000LL +
                    used.ru_utime.tv_usec + used.ru_stime.tv_usec;
    printf("RESULT %lld %lld %lld %lld\n", requests, failed, now_us() - begin, cpu);
    return requests == 0 || failed > 0;
}
