// libcurl for Swift: the header, and one typed function for each shape of a variadic call we make.
// Swift cannot call C variadics; nothing else belongs here.
#ifndef SPOTLOAD_CCURL_SHIM_H
#define SPOTLOAD_CCURL_SHIM_H

#include <curl/curl.h>
#include <openssl/ssl.h>

static inline CURLcode spot_easy_set_long(CURL *h, CURLoption o, long v) {
    return curl_easy_setopt(h, o, v);
}
static inline CURLcode spot_easy_set_off(CURL *h, CURLoption o, curl_off_t v) {
    return curl_easy_setopt(h, o, v);
}
static inline CURLcode spot_easy_set_ptr(CURL *h, CURLoption o, const void *v) {
    return curl_easy_setopt(h, o, v);
}
static inline CURLcode spot_easy_set_slist(CURL *h, CURLoption o, struct curl_slist *v) {
    return curl_easy_setopt(h, o, v);
}
static inline CURLcode spot_easy_set_write(CURL *h, CURLoption o, curl_write_callback f) {
    return curl_easy_setopt(h, o, f);
}
static inline CURLcode spot_easy_set_opensocket(CURL *h, curl_opensocket_callback f) {
    return curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, f);
}
static inline CURLcode spot_easy_set_closesocket(CURL *h, curl_closesocket_callback f) {
    return curl_easy_setopt(h, CURLOPT_CLOSESOCKETFUNCTION, f);
}
static inline CURLcode spot_easy_set_prereq(CURL *h, curl_prereq_callback f) {
    return curl_easy_setopt(h, CURLOPT_PREREQFUNCTION, f);
}
static inline CURLcode spot_easy_set_header(CURL *h, curl_write_callback f) {
    return curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, f);
}
static inline CURLSHcode spot_share_set_long(CURLSH *s, CURLSHoption o, curl_lock_data v) {
    return curl_share_setopt(s, o, v);
}
static inline CURLcode spot_easy_get_long(CURL *h, CURLINFO i, long *v) {
    return curl_easy_getinfo(h, i, v);
}
static inline CURLcode spot_easy_get_off(CURL *h, CURLINFO i, curl_off_t *v) {
    return curl_easy_getinfo(h, i, v);
}
static inline CURLcode spot_easy_get_ptr(CURL *h, CURLINFO i, char **v) {
    return curl_easy_getinfo(h, i, v);
}
static inline CURLcode spot_easy_get_socket(CURL *h, CURLINFO i, curl_socket_t *v) {
    return curl_easy_getinfo(h, i, v);
}
static inline CURLMcode spot_multi_set_long(CURLM *m, CURLMoption o, long v) {
    return curl_multi_setopt(m, o, v);
}
static inline CURLMcode spot_multi_set_ptr(CURLM *m, CURLMoption o, void *v) {
    return curl_multi_setopt(m, o, v);
}
static inline CURLMcode spot_multi_set_socket(CURLM *m, curl_socket_callback f) {
    return curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, f);
}
static inline CURLMcode spot_multi_set_timer(CURLM *m, curl_multi_timer_callback f) {
    return curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, f);
}

/// The version number of the connection's TLS (0x0303 is 1.2); 0 without TLS, and where libcurl has
/// another library than OpenSSL for it.
static inline int spot_easy_tls_version(CURL *h) {
    struct curl_tlssessioninfo *info = NULL;
    if (curl_easy_getinfo(h, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || info == NULL) return 0;
    if (info->backend != CURLSSLBACKEND_OPENSSL || info->internals == NULL) return 0;
    return SSL_version((const SSL *)info->internals);
}

/// The `result` of a finished transfer: a union member Swift does not import by name.
static inline CURLcode spot_msg_result(const CURLMsg *m) { return m->data.result; }

#endif
