// Selectors of thresholds and criteria that no ordinary series can answer, in an order that agents
// and collector both derive from the document. For each an agent records one more series of the
// metric, with the samples that have all its tags, under the tag `sel="<position>"`; no one but
// thresholds and criteria with that selector read it.
//
// A selector needs no series of its own where its tags are on the ordinary series of its metric,
// or follow from the scenario: those of the document and of the scenario, as long as no request
// overrides them.

import HarnessCore

package struct SelectedSeries: Sendable, Equatable {
    /// The reserved tag.
    package static let tag = "sel"

    /// Each once, sorted by metric, then by tags.
    package let selectors: [MetricSelector]
    /// Some criterion counts the warm-up's samples too: they have twins (`phase="warmup"`).
    package let hasWarmup: Bool

    /// Of a document that needs none.
    package static let none = SelectedSeries(selectors: [])

    private init(selectors: [MetricSelector]) {
        self.selectors = selectors
        hasWarmup = false
    }

    package init(_ scenario: Scenario) {
        let requestTags = Set(
            scenario.workloads.compactMap { scenario.flows[$0.exec] }
                .flatMap(\.allRequests).flatMap(\.tags.keys))
        var found: [Identity: MetricSelector] = [:]
        let read = scenario.thresholds.map(\.selector) + scenario.criteria.compactMap(\.selector)
        for selector in read.flatMap(Self.withTwin) {
            guard let entry = scenario.tags(of: selector.metric), entry.level == .request,
                Self.needsOwn(selector, entry, requestTags)
            else { continue }
            found[Identity(selector)] = selector
        }
        selectors = found.sorted { $0.key < $1.key }.map(\.value)
        hasWarmup = !found.isEmpty && scenario.criteria.contains { !$0.excludesWarmup }
    }

    /// Where the selector's series stands; nil where it reads ordinary ones.
    package func position(of selector: MetricSelector) -> Int? {
        selectors.firstIndex { $0.metric == selector.metric && $0.tags == selector.tags }
    }

    private static func needsOwn(
        _ selector: MetricSelector, _ entry: MetricTags.Entry, _ requestTags: Set<String>
    ) -> Bool {
        selector.tags.contains { key, value in
            if entry.series.contains(key) {
                // The series holds a longer value cut: only the sample knows it whole.
                return TagText.bounded(value) != value
            }
            return entry.samples.contains(key) || requestTags.contains(key)
        }
    }

    /// Whether a failed response time is the target's doing is also asked of the service time.
    private static func withTwin(_ selector: MetricSelector) -> [MetricSelector] {
        guard selector.metric == "http_req_response_time" else { return [selector] }
        var twin = selector
        twin.metric = "http_req_duration"
        return [selector, twin]
    }

    private struct Identity: Hashable, Comparable {
        let parts: [String]

        init(_ selector: MetricSelector) {
            let tags = selector.tags.sorted { $0.key < $1.key }
            parts = [selector.metric] + tags.flatMap { [$0.key, $0.value] }
        }

        static func < (a: Self, b: Self) -> Bool { a.parts.lexicographicallyPrecedes(b.parts) }
    }
}

extension Flow {
    /// Its requests, those inside other steps too.
    package var allRequests: [RequestStep] {
        allSteps.compactMap { step in
            if case .request(let request) = step { request } else { nil }
        }
    }
}
