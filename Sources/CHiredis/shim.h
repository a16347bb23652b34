// hiredis as a codec: formatting and parsing of RESP. Sockets are ours.
#ifndef SPOTLOAD_CHIREDIS_SHIM_H
#define SPOTLOAD_CHIREDIS_SHIM_H

#include <hiredis/hiredis.h>

#endif
