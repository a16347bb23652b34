// OpenSSL, for TLS to Redis.
#ifndef SPOTLOAD_COPENSSL_SHIM_H
#define SPOTLOAD_COPENSSL_SHIM_H

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#endif
