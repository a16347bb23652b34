// Versions of the libraries behind this module, for `spotload doctor`.

import CHiredis
import COpenSSL

package enum HiredisVersion {
    package static var text: String {
        "\(HIREDIS_MAJOR).\(HIREDIS_MINOR).\(HIREDIS_PATCH)"
    }
}

package enum OpenSSLVersion {
    package static var text: String { String(cString: OpenSSL_version(OPENSSL_VERSION)) }
}
