// Asks the sources of `observe` while a run goes on: one task a source, so that a slow exporter
// holds up nobody, and what it tells goes to a callback. Structured async code; nothing of it runs
// on the collector's thread.
//
//     run time 0      interval     2 x interval
//        |---scrape-->   |--scrape->  |---      timeout 4/5 of an interval: at most one at a time

package import HarnessCore
import ScenarioModel
import Synchronization

/// One scrape and what came of it.
package struct ObservedScrape: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        case answer(MetricReader.Reading)
        /// In words.
        case failure(String)
    }
    package var source: String
    /// Run time for which the values hold: half-way between the request and its answer.
    package var at: TimeSpan
    package var outcome: Outcome
    /// Scrapes before this one that were never made, because this process stood still.
    package var skipped = 0

    package init(source: String, at: TimeSpan, outcome: Outcome, skipped: Int = 0) {
        self.source = source
        self.at = at
        self.outcome = outcome
        self.skipped = skipped
    }
}

/// Time as the observer knows it; tests have one of their own.
package protocol ObserveClock: Sendable {
    var now: Instant { get }
    /// Returns at `instant`, or earlier where the task was cancelled.
    func sleep(until instant: Instant) async
}

package struct MonotonicClock: ObserveClock {
    package init() {}
    package var now: Instant { Instant.now() }
    package func sleep(until instant: Instant) async {
        let left = instant - Instant.now()
        guard left > .zero else { return }
        // Losing the error is right: it is the cancellation, which the caller looks for.
        try? await Task.sleep(for: .nanoseconds(left.ns), tolerance: .milliseconds(1))
    }
}

package final class TargetObserver: Sendable {
    private let endpoints: [ObserveEndpoint]
    private let clock: any ObserveClock
    private let client: any ScrapeFetching
    private let record: @Sendable (ObservedScrape) -> Void
    private struct State {
        var task: Task<Void, Never>?
        var isOver = false
    }
    private let state = Mutex(State())
    private static let timeoutMax = TimeSpan.seconds(10)

    /// - Parameter record: called once a scrape, from any thread, in order for each source.
    package init(
        _ endpoints: [ObserveEndpoint], client: any ScrapeFetching,
        clock: any ObserveClock = MonotonicClock(),
        record: @escaping @Sendable (ObservedScrape) -> Void
    ) {
        self.endpoints = endpoints
        self.client = client
        self.clock = clock
        self.record = record
    }

    /// Begins at run time 0, which `start` is. A second call changes nothing.
    package func start(at start: Instant) {
        state.withLock { state in
            guard state.task == nil, !state.isOver, !endpoints.isEmpty else { return }
            state.task = Task { [endpoints, clock, client, record] in
                await withTaskGroup { group in
                    for endpoint in endpoints {
                        group.addTask {
                            var source = ScrapedSource(endpoint, client: client, clock: clock)
                            await source.run(from: start, record)
                        }
                    }
                }
            }
        }
    }

    /// The load is over: nothing is asked any more, what is under way counts for nothing.
    package func requestStop() {
        state.withLock { state in
            state.isOver = true
            state.task?.cancel()
        }
    }

    /// The same, and waits: the callback is not called after it.
    package func stop() async {
        requestStop()
        await state.withLock { $0.task }?.value
    }

    /// Long enough for a busy target, and over before the next scrape is due.
    package static func timeout(every interval: TimeSpan) -> TimeSpan {
        min(TimeSpan(ns: interval.ns / 5 * 4), timeoutMax)
    }
}

/// One source, scrape by scrape; confined to its task.
private struct ScrapedSource {
    let endpoint: ObserveEndpoint
    let client: any ScrapeFetching
    let clock: any ObserveClock
    private var reader: MetricReader
    private var schedule: ScrapeSchedule

    init(_ endpoint: ObserveEndpoint, client: any ScrapeFetching, clock: any ObserveClock) {
        self.endpoint = endpoint
        self.client = client
        self.clock = clock
        reader = MetricReader(endpoint.source)
        schedule = ScrapeSchedule(every: endpoint.source.interval)
    }

    mutating func run(from start: Instant, _ record: @Sendable (ObservedScrape) -> Void) async {
        var skipped = 0
        while !Task.isCancelled {
            await clock.sleep(until: start + schedule.due)
            let sent = clock.now
            let outcome = await scrape(from: start, sent: sent)
            // One that the end of the run cut short was never due.
            guard !Task.isCancelled else { return }
            let now = clock.now
            record(
                ObservedScrape(
                    source: endpoint.source.name, at: Self.middle(sent, now) - start,
                    outcome: outcome, skipped: skipped))
            skipped = schedule.advance(now: now - start)
        }
    }

    private static func middle(_ a: Instant, _ b: Instant) -> Instant {
        a + TimeSpan(ns: (b - a).ns / 2)
    }

    private mutating func scrape(
        from start: Instant, sent: Instant
    ) async -> ObservedScrape.Outcome {
        let timeout = TargetObserver.timeout(every: endpoint.source.interval)
        do throws(ScrapeFailure) {
            let answer = try await client.get(endpoint.url, within: timeout)
            let at = Self.middle(sent, clock.now) - start
            return .answer(try read(answer, at: at))
        } catch {
            return .failure(error.why)
        }
    }

    private mutating func read(
        _ answer: ScrapeAnswer, at time: TimeSpan
    ) throws(ScrapeFailure) -> MetricReader.Reading {
        do throws(ExpositionError) {
            let samples = try Exposition.samples(
                answer.body, ExpositionFormat(contentType: answer.contentType),
                named: reader.seriesNames)
            return reader.read(samples, at: time)
        } catch {
            throw ScrapeFailure("its answer cannot be read: \(error)")
        }
    }
}
