import HarnessCore
import Testing

@Suite struct FleetRecordTests {
    private let plan = PlanRecord(
        run: "r", rev: 3, startAt: 17, windowUs: 1_000_000, server: "s", weights: [1, 1],
        assignments: [
            .init(n: 1, from: 0, state: "committed", map: [.init(part: [0], slot: 0)])
        ], pauses: [[3, nil]], endWindow: 60)

    @Test func recordsRoundTrip() throws {
        #expect(try PlanRecord.decode(plan.json()) == plan)
        let sealed = SignedRecord.seal(plan.json())
        #expect(sealed.count == plan.json().count + 64)
        #expect(try PlanRecord.decode(SignedRecord.open(sealed)) == plan)
    }

    /// Where load may go, and how much of it.
    @Test func specRoundTrips() throws {
        var caps = TargetCaps()
        caps.maxRate = 5_000
        caps.maxBytes = 1 << 40
        caps.maxDuration = .seconds(90)
        for caps in [caps, nil] {
            let spec = SpecRecord(
                run: "r", proto: 1, version: "v", yaml: "y", sha256: "d", seed: 1,
                target: "http://sut", targets: ["sut:80=10.0.0.1", "[2001:db8::5]:*=2001:db8::5"],
                refused: ["127.0.0.1:6379"], caps: caps, env: [:], runTag: "abcdef",
                heartbeatMs: 1, maxOfflineMs: 2, maxUncontrolledMs: 3)
            #expect(try SpecRecord.decode(spec.json()) == spec)
        }
    }

    @Test(arguments: ["", "{}", "[]", "{\"v\":1}", "nonsense"])
    func malformedRecordsAreRefused(text: String) {
        #expect(throws: FleetRecordError.self) { try PlanRecord.decode(Array(text.utf8)) }
    }

    @Test func otherVersionsAreRefused() {
        var other = plan
        other.v = 2
        let bytes = other.json()
        #expect(throws: FleetRecordError.self) { try PlanRecord.decode(bytes) }
        #expect(throws: FleetRecordError.self) {
            try SignedRecord.open([UInt8](repeating: 0, count: 64))
        }
    }

    @Test func keys() {
        let run = RunKeys(run: "R")
        #expect(run.deltas(3) == "sl:{R}:d:3")
        #expect(run.heartbeat(0) == "sl:{R}:hb:0")
        #expect(PoolKeys(pool: "p").seat("x") == "sl:{pool:p}:seat:x")
    }

    @Test(arguments: [("local-1", true), ("", false), ("A", false), ("a_b", false)])
    func poolNames(name: String, valid: Bool) {
        #expect(PoolKeys.isValid(name: name) == valid)
        #expect(!PoolKeys.isValid(name: name + String(repeating: "x", count: 41)))
    }

    @Test func limitsAgree() {
        #expect(Limits.spoolCoalesceBytes < Limits.spoolBytes)
        #expect(Limits.deltaEntryBytes <= Limits.deltaBodyBytes)
        #expect(Limits.seriesPerAgent <= Limits.deltaSeries)
        #expect(Limits.clientOrderIdBytes <= 39)
        #expect(Limits.journalRecordBytes < Limits.journalSegmentBytes)
    }
}
