// The MariaDB client library (also speaks to MySQL).
#ifndef SPOTLOAD_CMARIADB_SHIM_H
#define SPOTLOAD_CMARIADB_SHIM_H

#include <mariadb/mysql.h>

#endif
