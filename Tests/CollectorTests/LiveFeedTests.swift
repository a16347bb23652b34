// The feed between collector and watchers: what is replayed, who is cut off, how it ends.

import Foundation
import HarnessCore
import Synchronization
import TestSupport
import Testing

@testable import Collector

@Suite struct LiveFeedTests {
    /// Windows of a replay, by their ids.
    private static func ids(_ events: [String]) -> [Int] {
        events.compactMap { event in
            event.split(separator: "\n").first { $0.hasPrefix("id: ") }
                .flatMap { Int($0.dropFirst(4)) }
        }
    }

    @Test(
        arguments: [
            (5, nil, Array(0..<5)), (5, 2, [3, 4]), (5, 4, []), (5, 90, []),
            (650, nil, Array(50..<650)), (650, 10, Array(50..<650)), (650, 648, [649]),
        ] as [(Int, UInt32?, [Int])])
    func replay(windows: Int, last: UInt32?, expected: [Int]) throws {
        let feed = LiveFixture.feed(windows: windows)
        let subscription = try #require(feed.subscribe(after: last) {})
        #expect(Self.ids(subscription.replay) == expected)
        #expect(subscription.replay.first?.hasPrefix("event: phase\n") == true)
    }

    @Test func anEventIsOneObjectOfOneLine() throws {
        let feed = LiveFixture.feed(windows: 2)
        let replay = try #require(feed.subscribe(after: 0) {}).replay
        let lines = try #require(replay.last).split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 5 && lines[0] == "id: 1" && lines[1] == "event: window")
        #expect(lines[3] == "" && lines[4] == "")
        let json = try JSONSerialization.jsonObject(with: Data(lines[2].dropFirst(6).utf8))
        let window = try #require(json as? [String: Any])
        #expect(window["window"] as? Int == 1 && window["phase"] as? String == "measured")
        let scenario = try #require((window["scenarios"] as? [[String: Any]])?.first)
        #expect(scenario["planned"] as? Int == 100 && scenario["completed"] as? Int == 100)
        #expect((scenario["response"] as? [String: Any])?["p50"] as? Double == 20.005)
        let criteria = try #require(window["criteria"] as? [[String: Any]])
        #expect(criteria.map { $0["verdict"] as? String } == ["PASS", "PASS", "PASS"])
    }

    @Test func eightClientsAtMost() throws {
        let feed = LiveFixture.feed(windows: 1)
        let first = try #require(feed.subscribe(after: nil) {})
        for _ in 1..<8 { #expect(feed.subscribe(after: nil) {} != nil) }
        #expect(!feed.hasRoom && feed.subscribe(after: nil) {} == nil)
        feed.unsubscribe(first.id)
        #expect(feed.subscribe(after: nil) {} != nil)
    }

    /// Nobody reads: the 65th window cuts the client off, the collector goes on.
    @Test func aSlowClientIsCutOff() async throws {
        let scenario = Synthetic.scenario(ReportFixture.pass, seconds: 3_600)
        for (windows, cuts) in [(64, 0), (65, 1), (200, 1)] {
            let feed = LiveFeed(LiveFixture.run(scenario))
            let count = Mutex(0)
            let subscription = try #require(
                feed.subscribe(after: nil) { count.withLock { $0 += 1 } })
            LiveFixture.push(windows, to: feed, scenario: scenario)
            #expect(count.withLock { $0 } == cuts, "\(windows) windows")
            #expect(feed.clientCount == 1 - cuts)
            feed.end()
            var received = 0
            for await _ in subscription.queue { received += 1 }
            #expect(received == 64)
        }
    }

    @Test func theVerdictComesLast() async throws {
        let finished = ReportFixture.run(ReportFixture.fail)
        let feed = LiveFeed(LiveFixture.run(finished.aggregate.scenario))
        let early = try #require(feed.subscribe(after: nil) {})
        feed.finish(finished)
        var events: [String] = []
        for await event in early.queue { events.append(event) }
        #expect(Self.ids(events) == Array(0..<10))
        #expect(events.last?.hasPrefix("event: verdict\ndata: {") == true)
        #expect(events.last?.hasSuffix("\"verdict\":\"FAIL\"}\n\n") == true)
        #expect(events.last?.contains(#""exitCode":99"#) == true)
        let late = try #require(feed.subscribe(after: nil) {})
        #expect(late.replay.last == events.last)
        for await event in late.queue { Issue.record("after the end: \(event)") }
    }

    /// Thresholds and rows without samples have none.
    @Test func intervals() {
        let shown = HTMLFixture.rows(hostile: nil).map { LiveCriterion($0).interval }
        #expect(shown.prefix(2) == ["997.1 .. 1,001.2", "29.80 .. 34.40"])
        #expect(shown.suffix(2) == [nil, nil])
    }

    @Test func withoutSamplesNothingStands() {
        let scenario = Synthetic.scenario(ReportFixture.pass)
        let rows = Judge(scenario: scenario).standing(
            RunAggregate(scenario: scenario), runTime: .zero)
        #expect(rows.map(\.verdict) == [.inconclusive, .inconclusive, .inconclusive])
        #expect(rows.allSatisfy { $0.observedText == "no samples" })
    }
}
