// The file of ceilings: round trip, merging, damage, and which entry speaks for whom.

import Foundation
import HarnessCore
import LoadGen
import ScenarioModel
import TestSupport
import Testing

@Suite struct CalibrationFileTests {
    static func entry(
        _ requests: Double, shape: String = "a", at time: String = "2027-01-02T00:15:00Z",
        perArrival: Double = 1, bytes: Double = 600,
        key change: (inout CalibrationKey) -> Void = { _ in }
    ) -> CalibrationEntry {
        var key = CalibrationKey(
            machine: machine, transport: transport, agents: 1, workers: 1,
            bodyClass: .init(bytes: bytes))
        change(&key)
        return CalibrationEntry(
            key: key,
            shape: .init(
                name: "shape \(shape)", sha256: shape, requestsPerArrival: perArrival,
                bytesPerRequest: bytes),
            measuredAt: time, arrivalsPerSecond: requests / perArrival,
            requestsPerSecond: requests, requestsPerSecondPerCore: requests, isBounded: true,
            gaveWay: ["threadCpu"], cpuUsPerRequest: 12.5,
            floor: .init(p50Ms: 0.04, p99Ms: 0.1), notes: ["a note"],
            steps: [
                .init(
                    arrivalsPerSecond: 1_000, lengthS: 3, requestsPerSecond: 1_000,
                    delivered: 1, lagP99Ms: 0.05, threadCpu: 0.1, serviceP50Ms: 0.04,
                    serviceP99Ms: 0.1, nullServerCpu: nil, gaveWay: [])
            ])
    }

    static let machine = MachineIdentity(
        cpu: "CPU X", cores: 4, version: "0.1.0", build: "release")
    static let transport = CalibratedTransport(
        Scenario(
            name: "s",
            workloads: [
                Workload(
                    name: "w", exec: "f",
                    executor: .constantArrivalRate(
                        ConstantArrivalRate(
                            rate: 1, duration: .seconds(1), preAllocatedVUs: 1, maxVUs: 1)))
            ], flows: [:]), target: "http://127.0.0.1")

    private static func query(
        shape: String = "a", bytes: Double? = nil,
        _ change: (inout CalibrationQuery) -> Void = { _ in }
    ) -> CalibrationQuery {
        var query = CalibrationQuery(
            machine: machine, transport: transport, agents: 1, workers: 1, shapeSha256: shape,
            bytesPerRequest: bytes)
        change(&query)
        return query
    }

    @Test func roundTrip() throws {
        let file = CalibrationFile(entries: [
            Self.entry(1_000), Self.entry(2_000, shape: "b"),
            Self.entry(3_000) { $0.cores = 8 },
        ])
        #expect(file.entries.count == 3)
        #expect(try CalibrationFile.decode(file.json(), path: "x") == file)
    }

    @Test func followsItsSchema() throws {
        let schema = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../docs/schema/calibration.schema.json")
        let schemaData = try Data(contentsOf: schema)
        let root = try #require(
            try JSONSerialization.jsonObject(with: schemaData) as? [String: Any])
        let json = Data(try CalibrationFile(entries: [Self.entry(1_000)]).json())
        let value = try JSONSerialization.jsonObject(with: json)
        #expect(SchemaValidator(root: root).violations(value, root) == [])
    }

    @Test func theNewerOfOneIdentityStands() {
        var file = CalibrationFile(entries: [Self.entry(1_000)])
        var isTaken = file.add(Self.entry(900, at: "2026-01-02T00:15:00Z"))
        #expect(!isTaken)
        #expect(file.entries.map(\.requestsPerSecond) == [1_000])
        isTaken = file.add(Self.entry(1_100, at: "2027-01-02T00:15:01Z"))
        #expect(isTaken)
        #expect(file.entries.map(\.requestsPerSecond) == [1_100])
        let other = CalibrationFile(entries: [
            Self.entry(5_000, at: "2027-01-01T00:00:00Z"), Self.entry(700) { $0.cpu = "CPU Y" },
        ])
        let taken = file.merge(other)
        #expect(taken == 1)
        #expect(file.entries.map(\.requestsPerSecond) == [1_100, 700])
    }

    @Test func aFileHasABound() {
        var file = CalibrationFile()
        for i in 0...CalibrationFile.entriesMax {
            let second = String(format: "%02d:%02d", i / 60 % 60, i % 60)
            file.add(Self.entry(1, shape: "\(i)", at: "2027-01-02T00:\(second)Z"))
        }
        #expect(file.entries.count == CalibrationFile.entriesMax)
        #expect(!file.entries.contains { $0.shape.sha256 == "0" })
    }

    @Test func damageIsNamed() throws {
        let good = String(
            decoding: try CalibrationFile(entries: [Self.entry(1_000)]).json(), as: UTF8.self)
        let cases: [(text: String, word: String)] = [
            ("", "it is no JSON"), ("{", "it is no JSON"), ("[]", "the document"),
            ("{}", "the document has no \"version\""),
            (#"{"version":2,"entries":[]}"#, "it has version 2"),
            (#"{"version":1}"#, "the document has no \"entries\""),
            (good.replacingOccurrences(of: "\"cores\" : 4", with: "\"cores\" : 0"), "entries[0]"),
            (
                good.replacingOccurrences(of: "\"cores\" : 4", with: "\"cores\" : \"4\""),
                "entries[0].key.cores"
            ),
            (
                good.replacingOccurrences(
                    of: "\"requestsPerSecond\" : 1000,\n      \"requestsPer",
                    with: "\"requestsPerSecond\" : -1,\n      \"requestsPer"), "entries[0]"
            ),
            (good.replacingOccurrences(of: "2027-01-02T", with: "2027-01-02 "), "measuredAt"),
            (good.replacingOccurrences(of: "<=2KiB", with: "huge"), "entries[0].key.bodyClass"),
            (String(good.dropLast(good.count / 2)), "it is no JSON"),
        ]
        for (text, word) in cases {
            do {
                _ = try CalibrationFile.decode(Array(text.utf8), path: "dir/calibration.json")
                Issue.record("taken: \(text.prefix(200))")
            } catch {
                let failure = error
                #expect(failure.code == .badConfiguration)
                #expect(failure.message.hasPrefix("dir/calibration.json is not what"))
                #expect(failure.message.contains(word), "\(failure.message)")
            }
        }
    }

    @Test func writesWholeFilesAndKeepsDamagedOnes() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/" + CalibrationFile.name
        #expect(try CalibrationFile.read(path) == nil)
        let file = CalibrationFile(entries: [Self.entry(1_000)])
        try file.write(to: path)
        #expect(try CalibrationFile.read(path) == file)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.path)
                == [CalibrationFile.name])
        _ = try directory.write("{ broken", to: CalibrationFile.name)
        #expect(throws: CommandFailure.self) { try CalibrationFile.read(path) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "{ broken")
        #expect(throws: CommandFailure.self) { try file.write(to: directory.path + "/no/x.json") }
    }

    @Test func theOwnShapeSpeaksFirstAndInArrivals() throws {
        let file = CalibrationFile(entries: [
            Self.entry(1_000, shape: "b"), Self.entry(9_000, shape: "a", perArrival: 3),
        ])
        let own = try #require(file.match(Self.query()))
        #expect(own.basis == .arrivals && own.capacityPerAgent == 3_000)
        let other = try #require(file.match(Self.query(shape: "c")))
        #expect(other.basis == .requests && other.capacityPerAgent == 1_000)
    }

    @Test func severalAgentsOfAMachineShare() throws {
        let file = CalibrationFile(entries: [Self.entry(8_000) { $0.agents = 2 }])
        #expect(file.match(Self.query()) == nil)
        let match = try #require(file.match(Self.query { $0.agents = 2 }))
        #expect(match.capacityPerAgent == 4_000)
    }

    @Test func everyCircumstanceCounts() {
        let file = CalibrationFile(entries: [Self.entry(1_000)])
        #expect(file.match(Self.query()) != nil)
        let changes: [(inout CalibrationQuery) -> Void] = [
            { $0.machine.cpu = "CPU Y" }, { $0.machine.cores = 8 },
            { $0.machine.version = "0.2.0" }, { $0.machine.build = "debug" },
            { $0.transport.lane = "multi" }, { $0.transport.tls = true },
            { $0.transport.reuse = false }, { $0.transport.socket = "unix" },
            { $0.agents = 2 }, { $0.workers = 2 }, { $0.bytesPerRequest = 50_000 },
        ]
        for (i, change) in changes.enumerated() {
            #expect(file.match(Self.query(change)) == nil, "change \(i)")
        }
        // The edge of a class is no edge of the cost.
        let near = CalibrationFile(entries: [Self.entry(1_000, bytes: 2_000)])
        #expect(near.match(Self.query(bytes: 2_100)) != nil)
        #expect(near.match(Self.query(bytes: 4_100)) == nil)
    }
}
