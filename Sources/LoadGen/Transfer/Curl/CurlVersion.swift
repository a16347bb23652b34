// libcurl's own words about itself, for `spotload doctor`.

import CCurl

package enum CurlVersion {
    package static var text: String { String(cString: curl_version()) }
}
