// What `observe` sources told: one value per metric and scrape, by run time. A value; memory is 16
// bytes a metric and scrape.

package import HarnessCore
package import ScenarioModel

/// One metric of one scrape.
package struct ObservedSample: Sendable, Equatable {
    /// Run time, half-way between the request and its answer.
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
    /// Answers that lacked a metric, and the latest of these in words.
    package var incomplete = 0
    package var missing: String?
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

    /// One scrape, and those before it that were never made.
    package mutating func note(_ scrape: ObservedScrape) {
        for _ in 0..<scrape.skipped {
            noteFailure("not asked: the collector stood still", from: scrape.source)
        }
        switch scrape.outcome {
        case .failure(let why): noteFailure(why, from: scrape.source)
        case .answer(let reading):
            let values = reading.values.sorted { $0.key < $1.key }
            note(
                values.map { (name: $0.key, value: $0.value) }, from: scrape.source, at: scrape.at)
            guard !reading.missing.isEmpty else { return }
            sources[scrape.source]?.incomplete += 1
            sources[scrape.source]?.missing = reading.missing.joined(separator: "; ")
        }
    }
}
