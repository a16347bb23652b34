// What a run was made with, for environment.json.

import HarnessCore
import LoadGen
import RedisClient
import Telemetry

enum Versions {
    static var all: [String: String] {
        [
            "spotload": Limits.version, "libcurl": CurlVersion.text,
            "hiredis": HiredisVersion.text, "OpenSSL": OpenSSLVersion.text,
            "zlib": ZlibVersion.text,
        ]
    }
}
