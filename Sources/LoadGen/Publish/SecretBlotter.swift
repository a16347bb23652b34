// Blots secrets out of what leaves an agent beside its requests: log lines, heartbeats' reasons,
// answers of hooks, tags of series. What a secret looks like in a text is `SecretRedactor`'s.

import HarnessCore
import Synchronization
package import Telemetry

package final class SecretBlotter: Sendable {
    private static let cachedKeys = 10_000
    private let redactor: SecretRedactor
    /// Keys seen before and what became of them: a series comes once a second.
    private let keys = Mutex<[SeriesKey: SeriesKey]>([:])

    package init(_ secrets: [String: String]) { redactor = SecretRedactor(Array(secrets.values)) }

    package func blotted(_ text: String) -> String { redactor.redact(text) }

    package func holdsSecret(_ text: String) -> Bool {
        !redactor.isEmpty && redactor.redact(text) != text
    }

    /// The same for tags; series that become one are joined.
    package func blotted(_ series: [SeriesDelta]) -> [SeriesDelta] {
        guard !redactor.isEmpty else { return series }
        var isChanged = false
        let out = series.map { item in
            let key = blotted(item.key)
            isChanged = isChanged || key != item.key
            return SeriesDelta(key: key, value: item.value)
        }
        return isChanged ? SeriesMerge.join([out]) : series
    }

    private func blotted(_ key: SeriesKey) -> SeriesKey {
        if let known = keys.withLock({ $0[key] }) { return known }
        let tags = key.tags.map { ($0.name, blotted($0.value)) }
        let clean = SeriesKey(key.metric, Dictionary(uniqueKeysWithValues: tags))
        keys.withLock { keys in
            if keys.count >= Self.cachedKeys { keys.removeAll() }
            keys[key] = clean
        }
        return clean
    }
}
