// The MariaDB client library. The MySQL store is not there yet; `spotload doctor` reports the
// library.

import CMariaDB

package enum MariaDBClient {
    package static var libraryVersion: String { String(cString: mysql_get_client_info()) }
}
