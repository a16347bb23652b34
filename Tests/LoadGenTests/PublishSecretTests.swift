// Secrets: where they are found, and that none stays in a tag.

import Foundation
import HarnessCore
import LoadGen
import Telemetry
import TestSupport
import Testing

@Suite struct PublishSecretTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        var text: String?
        var mode = 0o600
        var variable: String?
        /// The value, or words of the refusal after `!`.
        let comes: String
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "a file", text: "s3cret-1", comes: "s3cret-1"),
        Case(name: "its line feed", text: "s3cret-1\n", comes: "s3cret-1"),
        Case(name: "from Windows", text: "s3cret-1\r\n", comes: "s3cret-1"),
        Case(name: "only one line feed", text: "s3cret-1\n\n", comes: "s3cret-1\n"),
        Case(name: "read-only", text: "s3cret-1", mode: 0o400, comes: "s3cret-1"),
        Case(name: "the variable", variable: "from-env", comes: "from-env"),
        Case(name: "the file first", text: "s3cret-1", variable: "from-env", comes: "s3cret-1"),
        Case(name: "neither", comes: "!secret \"KEY\" is missing: looked in "),
        Case(
            name: "others may read it", text: "s3cret-1", mode: 0o644, variable: "from-env",
            comes: "!may be read by others: chmod 600 it"),
        Case(name: "the group may", text: "s3cret-1", mode: 0o640, comes: "!may be read by others"),
        Case(name: "too short", text: "12345", comes: "!is shorter than 6 characters"),
        Case(name: "empty", variable: "", comes: "!is shorter than 6 characters"),
        Case(
            name: "too large", text: String(repeating: "x", count: 65_537),
            comes: "!is larger than 65536 bytes"),
    ]

    @Test(arguments: cases)
    func found(_ c: Case) throws {
        let folder = try TemporaryDirectory()
        if let text = c.text {
            let path = try folder.write(text, to: "KEY")
            try FileManager.default.setAttributes(
                [.posixPermissions: c.mode], ofItemAtPath: path)
        }
        let environment = c.variable.map { ["SPOTLOAD_SECRET_KEY": $0] } ?? [:]
        let store = SecretStore(folder: folder.path, environment: environment)
        if c.comes.hasPrefix("!") {
            let failure = #expect(throws: CommandFailure.self) { try store.read(["KEY"]) }
            #expect(failure?.code == .unavailable)
            #expect(
                failure?.message.contains(c.comes.dropFirst()) == true, "\(failure?.message ?? "")")
            #expect(failure?.message.contains("s3cret") == false)
        } else {
            #expect(try store.read(["KEY"]) == ["KEY": c.comes])
        }
    }

    @Test func namesDoNotLeadOutOfTheFolder() throws {
        let outer = try TemporaryDirectory()
        let path = try outer.write("s3cret-1", to: "KEY")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        let store = SecretStore(folder: outer.path + "/secrets", environment: [:])
        #expect(throws: CommandFailure.self) { try store.read(["../KEY"]) }
    }

    @Test func seriesThatBecomeOneAreJoined() {
        let blotter = SecretBlotter(["A": "first-one", "B": "other-one"])
        func counter(_ name: String, _ n: UInt64) -> SeriesDelta {
            SeriesDelta(
                key: SeriesKey("http_reqs", ["name": name]), value: .counter(delta: n, cum: 0))
        }
        for _ in 0..<2 {
            let clean = blotter.blotted([
                counter("a first-one", 2), counter("b", 5), counter("a other-one", 3),
            ])
            #expect(clean == [counter("a ***", 5), counter("b", 5)])
        }
    }
}
