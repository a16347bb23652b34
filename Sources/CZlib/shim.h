// zlib: deflate for the delta format and the HdrHistogram V2 codec. The init functions are macros.
#ifndef SPOTLOAD_CZLIB_SHIM_H
#define SPOTLOAD_CZLIB_SHIM_H

#include <zlib.h>

static inline int spot_deflate_init(z_streamp s, int level) { return deflateInit(s, level); }
static inline int spot_inflate_init(z_streamp s) { return inflateInit(s); }

#endif
