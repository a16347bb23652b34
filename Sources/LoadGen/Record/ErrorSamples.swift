// Examples of what went wrong, for the error table: at most 8 a window and 200 a run (per worker),
// 200 bytes each, controls replaced, secrets and what looks like credentials masked. Foreign text:
// reports escape it again.

import HarnessCore
import Telemetry

struct ErrorSamples {
    /// A target may echo the secrets it was sent.
    var redactor = SecretRedactor.none
    private var pending: [SeriesDelta] = []
    private var total = 0
    /// Of this window's examples as they came: looking for secrets in a text costs more than the
    /// failure it belongs to, and most failures are alike.
    private var seen: [Int] = []

    /// Keeps an example if there is room for one.
    mutating func add(
        scenario: String, name: String, errorClass: String, code: Int?, isWarmup: Bool,
        text: @autoclosure () -> String
    ) {
        guard !isWarmup, pending.count < Limits.errorSamplesPerWindow,
            total < Limits.errorSamplesPerRun
        else { return }
        let raw = text()
        var hasher = Hasher()
        hasher.combine(raw)
        hasher.combine(scenario)
        hasher.combine(name)
        hasher.combine(errorClass)
        hasher.combine(code)
        let hash = hasher.finalize()
        guard !seen.contains(hash), seen.count < Self.seenMax else { return }
        seen.append(hash)
        // The same tags as the count's, so that the example finds it.
        var tags = [
            "scenario": scenario, "name": TagText.bounded(name), "error": errorClass, "text": "",
        ]
        if let code { tags["error_code"] = String(code) }
        let room = Limits.deltaKeyBytes - SeriesKey("error_sample", tags).text.utf8.count
        let masked = CredentialMask.masked(redactor.redact(raw, isCut: true))
        let example = TagText.bounded(Self.clean(masked), max(0, room))
        guard !example.isEmpty else { return }
        tags["text"] = example
        let key = SeriesKey("error_sample", tags)
        guard !pending.contains(where: { $0.key == key }) else { return }
        pending.append(SeriesDelta(key: key, value: .counter(delta: 1, cum: 0)))
        total += 1
    }

    mutating func drain(into series: inout [SeriesDelta]) {
        series.append(contentsOf: pending)
        pending.removeAll(keepingCapacity: true)
        seen.removeAll(keepingCapacity: true)
    }

    /// Different texts looked at in a window.
    private static let seenMax = 64

    /// One line of at most 200 bytes in a series key.
    static func clean(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(Limits.errorSampleBytes) {
            scalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
        }
        return TagText.bounded(String(scalars), Limits.errorSampleBytes)
    }
}
