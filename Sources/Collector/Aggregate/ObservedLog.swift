// What `observe` sources told: one value per metric and scrape, by run time. A value; memory is 16
// bytes a metric and scrape.

package import HarnessCore
package import ScenarioModel

/// One metric of one scrape.
package struct ObservedSample: Sendable, Equatable {
    /// Run time of the answer.
    package var at: TimeSpan
    package var value: Double
    package init(at: TimeSpan, value: Double) {
        self.at = at
        self.value = value
    }
}

/// One source: how often it was asked, and what came of it.
package struct ObservedSource: Sendable, Equatable, Codable {
    /// Scrapes that were due.
    package var expected = 0
    package var answered = 0
    /// The latest failure, in words.
    package var failure: String?
    package init() {}
}

package struct ObservedLog: Sendable, Equatable {
    /// Ascending by time.
    package private(set) var samples: [ObservedName: [ObservedSample]] = [:]
    package private(set) var sources: [String: ObservedSource] = [:]

    package init() {}

    /// One that was kept.
    package init(
        samples: [ObservedName: [ObservedSample]], sources: [String: ObservedSource]
    ) {
        self.samples = samples
        self.sources = sources
    }

    /// An answer: the values it had; a metric that is not among them has no sample.
    package mutating func note(
        _ values: [(name: ObservedName, value: Double)], from source: String, at time: TimeSpan
    ) {
        sources[source, default: ObservedSource()].expected += 1
        sources[source, default: ObservedSource()].answered += 1
        for (name, value) in values {
            samples[name, default: []].append(ObservedSample(at: time, value: value))
        }
    }

    /// A scrape that brought nothing.
    package mutating func noteFailure(_ why: String, from source: String) {
        sources[source, default: ObservedSource()].expected += 1
        sources[source, default: ObservedSource()].failure = why
    }
}
