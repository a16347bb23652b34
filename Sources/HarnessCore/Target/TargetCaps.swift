// How much load the owner of some targets lets a run put on them: the caps of `--targets FILE`
// (fleet.md section 10). They are of the whole run; an agent holds its share of them.

package struct TargetCaps: Codable, Sendable, Equatable {
    /// Requests a second; nil: no cap.
    package var maxRate: Double?
    package var maxAgents: Int?
    /// Sent and received.
    package var maxBytes: UInt64?
    package var maxDuration: TimeSpan {
        get { TimeSpan(ns: maxDurationNs) }
        set { maxDurationNs = newValue.ns }
    }
    private var maxDurationNs: Int64 = 3_600_000_000_000

    package init() {}

    /// Why a run is refused before it starts, as a sentence; nil: it is within them.
    /// - Parameters:
    ///   - peak: iterations a second at the peak, each of which sends a request.
    ///   - duration: nil: endless, and cut at `maxDuration`.
    package func objection(peak: Double, agents: Int, duration: TimeSpan?) -> String? {
        if let maxRate, peak > maxRate {
            return "its peak of \(Self.text(peak)) iterations/s is over maxRate, "
                + "\(Self.text(maxRate))/s"
        }
        if let maxAgents, agents > maxAgents {
            return "its \(agents) agents are over maxAgents, \(maxAgents)"
        }
        if let duration, duration > maxDuration {
            return "its \(duration.goText) are over maxDuration, \(maxDuration.goText)"
        }
        return nil
    }

    private static func text(_ value: Double) -> String {
        value == value.rounded() && value < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}

/// Holds a running agent to its share of the caps; fed once a second. A value.
package struct CapMeter: Sendable {
    /// The rate is looked at over so many seconds, or more.
    private static let span = 5
    private let caps: TargetCaps
    private let share: Double
    /// What had been started by the end of a window; the last one `span` or longer ago, and later.
    private var samples: [(window: Int, requests: UInt64)] = [(0, 0)]

    /// - Parameter share: of the run's load, above 0 to 1.
    package init(_ caps: TargetCaps, share: Double) {
        self.caps = caps
        self.share = share
    }

    /// - Parameters:
    ///   - windows: seconds of run time that are over; never fewer than before.
    ///   - requests: started since the start.
    ///   - bytes: sent and received since the start.
    /// - Returns: which cap is reached, in words; nil: none.
    package mutating func note(windows: Int, requests: UInt64, bytes: UInt64) -> String? {
        if let maxBytes = caps.maxBytes, Double(bytes) >= Double(maxBytes) * share {
            return "maxBytes is reached"
        }
        if TimeSpan.seconds(Int64(windows)) >= caps.maxDuration { return "maxDuration is reached" }
        guard let maxRate = caps.maxRate else { return nil }
        samples.append((windows, requests))
        guard let from = samples.lastIndex(where: { $0.window <= windows - Self.span }) else {
            return nil
        }
        samples.removeFirst(from)
        let most = maxRate * share * Double(windows - samples[0].window)
        // Random arrivals of the very rate stay below: a twentieth, five standard deviations.
        guard Double(requests - samples[0].requests) > most * 1.05 + 5 * most.squareRoot() else {
            return nil
        }
        return "maxRate is exceeded"
    }
}
