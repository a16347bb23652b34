// The file of a series: `<metric>.<scenario>.<name>.<outcome>.hlog`. Parts that a series lacks are
// left out; a series of a group and no name has its group there. Characters outside [A-Za-z0-9_-]
// become `_`; of series that would share a name the later ones, by canonical text, get -2, -3.

import HarnessCore
import Telemetry

enum HlogNames {
    /// Of the part before `.hlog`: file systems end at 255 bytes, and a part file has more.
    private static let charactersMax = 200

    /// - Parameter series: without warm-up twins.
    static func names(_ series: some Sequence<SeriesKey>) -> [SeriesKey: String] {
        var taken = Set<String>()
        var names: [SeriesKey: String] = [:]
        for (key, _) in series.map({ ($0, $0.text) }).sorted(by: { $0.1 < $1.1 }) {
            let base = base(key)
            var name = base
            var number = 1
            while !taken.insert(name).inserted {
                number += 1
                name = "\(base)-\(number)"
            }
            names[key] = name + ".hlog"
        }
        return names
    }

    private static func base(_ key: SeriesKey) -> String {
        let outcome = key["expected_response"].map { $0 == "true" ? "ok" : "failed" }
        let parts = [key.metric, key["scenario"], key["name"] ?? key["group"], outcome]
        let joined = parts.compactMap { $0 }.filter { !$0.isEmpty }.map(plain)
        return String(joined.joined(separator: ".").prefix(charactersMax))
    }

    private static func plain(_ text: String) -> String {
        String(
            text.map { character in
                let isPlain =
                    character.isASCII
                    && (character.isLetter || character.isNumber || "_-".contains(character))
                return isPlain ? character : "_"
            })
    }
}
