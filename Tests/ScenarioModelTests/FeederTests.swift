// `data`: CSV and JSON tables, what is refused of them and where, the rules of `unique`, and files
// that must not be reached.

import Foundation
import HarnessCore
import ScenarioModel
import TestSupport
import Testing

@Suite struct FeederTests {
    private static func folder(_ files: [String: String] = [:]) throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        try FileManager.default.createDirectory(
            at: folder.url.appendingPathComponent("d"), withIntermediateDirectories: true)
        for (name, text) in files { _ = try folder.write(text, to: name) }
        return folder
    }

    /// A document with one table `t`, read by its one scenario.
    private static func document(
        _ feeder: String, use: String = "t.a", executor: String = "constant-vus, duration: 1s"
    ) -> String {
        """
        name: t
        target: http://h
        data:
          t: { \(feeder) }
        scenarios: { s: { executor: \(executor) } }
        flows: { default: [{ order: }, { get: "/${data.\(use)}" }] }

        """
    }

    /// Cells of the one table, row by row; `*` after those with a type.
    private static func cells(_ name: String, _ text: String, _ more: String = "") throws
        -> [[String]]
    {
        let folder = try folder([name: text])
        let loaded = try ScenarioLoader.load(
            text: document("file: \(name)\(more)"), file: folder.path + "/f.yaml",
            options: LoadOptions())
        #expect(loaded.files.map(\.path) == [name])
        #expect(loaded.files.first?.sha256 == Sha256.hex(Array(text.utf8)))
        let table = try #require(loaded.scenario.feeders.first).table
        return [table.columns]
            + (0..<table.rowCount).map { row in
                table.columns.indices.map { column in
                    String(decoding: table.cell(row: row, column: column), as: UTF8.self)
                        + (table.isTyped(row: row, column: column) ? "*" : "")
                }
            }
    }

    @Test func csv() throws {
        #expect(try Self.cells("x.csv", "a,b\n1,2\n") == [["a", "b"], ["1", "2"]])
        #expect(
            try Self.cells("x.csv", "\u{FEFF}a,b\r\n\"x,\"\"y\"\"\",\"line\nend\"\r\n\r\n,\r\n3,4")
                == [["a", "b"], ["x,\"y\"", "line\nend"], ["", ""], ["3", "4"]])
        #expect(
            try Self.cells("x.csv", "a;b\n\"1;\";é\n", ", delimiter: ';'")
                == [["a", "b"], ["1;", "é"]])
        #expect(try Self.cells("x.csv", "a\n\"\"\n") == [["a"], [""]])
        #expect(try Self.cells("x.csv", "a\tb\n1\t2", ", delimiter: \"\\t\"").count == 2)
    }

    @Test func json() throws {
        let text = #"""
            [ {"a": 1.10, "b": "x\u00e9\ud83d\ude00\n", "c": null},
              {"c": [1, {"d": "}"}], "b": "", "a": true} ]
            """#
        #expect(
            try Self.cells("x.json", text) == [
                ["a", "b", "c"], ["1.10*", "xé😀\n", "null*"],
                ["true*", "", "[1, {\"d\": \"}\"}]*"],
            ])
    }

    @Test(arguments: [
        ("x.csv", "", "is empty"), ("x.csv", "a,b\n", "has no rows after its header"),
        ("x.csv", "a,b\n1\n", "line 2: 1 cells, not 2 as in the header"),
        ("x.csv", "a,b\n1,2\n\n1,2,3\n", "line 4: 3 cells, not 2"),
        ("x.csv", "a,a\n1,2\n", "has the column \"a\" twice"),
        ("x.csv", "a,\n1,2\n", "has the column \"\" twice, or unnamed"),
        ("x.csv", "a,b\n1,x\"y\n", "line 2: a quote inside a cell"),
        ("x.csv", "a,b\n1,\"y\n", "line 2: a quoted cell without end"),
        ("x.csv", "a,b\n\"1\"x,2\n", "line 2: text after a quoted cell"),
        ("x.csv", String(repeating: "a,", count: 300), "line 1: has more than 256 columns"),
        ("x.json", "", "line 1:1: the file ends in the middle"),
        ("x.json", "{}", "line 1:1: expected a list of objects"),
        ("x.json", "[]", "has no rows"), ("x.json", "[1]", "line 1:2: expected an object"),
        ("x.json", "[{}]", "is empty"), ("x.json", "[{\"a\": 1},]", "expected an object"),
        ("x.json", "[{\"a\": 1}\n {\"a\": 2}]", "line 2:2: expected \",\""),
        ("x.json", "[{\"a\": 01}]", "a malformed number"),
        (
            "x.json", "[{\"a\": 1}, {\"b\": 1}]",
            "object 2: the key \"b\" is not in the first object"
        ),
        ("x.json", "[{\"a\": 1, \"b\": 2}, {\"b\": 1}]", "object 2: the key \"a\" is missing"),
        ("x.json", "[{\"a\": 1, \"a\": 2}]", "has the column \"a\" twice"),
        ("x.json", "[{\"a\": 1}, {\"a\": 1, \"a\": 2}]", "object 2: the key \"a\" twice"),
        ("x.json", "[{\"a\": 1}] x", "text after the value"),
        ("x.json", "[{\"a\": \"\\x\"}]", "a malformed escape"),
        ("x.json", "[{\"a\": \"\\ud800\"}]", "half a surrogate pair"),
        ("x.json", "[{\"a\": \"\u{1}\"}]", "a control character"),
        ("x.json", "[{'a': 1}]", "expected a key in double quotes"),
        ("x.json", "[{\"a\": NaN}]", "expected a value"),
        ("x.txt", "a\n1\n", "is neither .csv nor .json"),
    ])
    func badTables(name: String, text: String, words: String) throws {
        let folder = try Self.folder([name: text])
        MarkedDocument.check(
            Self.document("file: »\(name)"), words, folder: folder.path)
    }

    @Test func deepAndForeignBytes() throws {
        let deep = String(repeating: "[", count: 100_000)
        let folder = try Self.folder(["x.json": "[{\"a\": \(deep)"])
        try Data([0x61, 0x0A, 0xFF]).write(to: folder.url.appendingPathComponent("x.csv"))
        MarkedDocument.check(
            Self.document("file: »x.json"), "nested deeper than 32 levels", folder: folder.path)
        MarkedDocument.check(Self.document("file: »x.csv"), "is not UTF-8", folder: folder.path)
    }

    @Test(
        arguments: [
            ("file: x.csv, pick: round-robin", nil), ("file: x.csv, by: order.account", nil),
            ("file: x.csv, by: vu", nil), ("»pick: random", nil),
            ("file: x.csv, pick: »rondom", "did you mean \"random\"?"),
            ("file: x.csv, pick: random, »by: vu", "either pick or by"),
            ("file: x.csv, by: »order.side", "is none of"),
            ("file: x.csv, by: »order.acount", "did you mean \"order.account\"?"),
            ("file: x.csv, delimiter: »ab", "one ASCII character"),
            ("file: x.csv, delimiter: »'\"'", "one ASCII character"),
            ("file: x.json, »delimiter: ';'", "only with .csv"),
            ("file: x.csv, »fil: y", "unknown key \"fil\" in data.t; did you mean \"file\"?"),
            ("file: »y.csv", "cannot be read: No such file or directory"),
            ("file: »../x.csv", "leads out of the scenario's folder"),
            ("file: »d/../../x.csv", "leads out of the scenario's folder"),
            ("file: »/etc/passwd", "is absolute"),
            ("file: »'${HOME}.csv'", "no ${...} in its path"), ("file: »''", "is not 1 to"),
            ("file: »d", "is no regular file"), ("file: »out.csv", "leads out"),
            ("file: »up/x.csv", "leads out"), ("file: »loop.csv", "leads out"),
            ("file: »fifo.csv", "is no regular file"), ("file: inside.csv", nil),
            ("file: »null.csv", "leads out"),
        ] as [(String, String?)])
    func keysAndFiles(feeder: String, words: String?) throws {
        let folder = try Self.folder(["x.csv": "a\n1\n", "x.json": "[{\"a\":1}]"])
        for (name, target) in [
            ("out.csv", "/etc/passwd"), ("up", ".."), ("loop.csv", "loop.csv"),
            ("inside.csv", "d/../x.csv"), ("null.csv", "/dev/null"),
        ] {
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/" + name, withDestinationPath: target)
        }
        #expect(mkfifo(folder.path + "/fifo.csv", 0o600) == 0)
        let text = Self.document(feeder)
        guard words == nil, feeder.contains("»") else {
            MarkedDocument.check(text, words, folder: folder.path)
            return
        }
        let errors = #expect(throws: ScenarioErrors.self) {
            try ScenarioLoader.load(
                text: text.replacing("»", with: ""), file: folder.path + "/f.yaml",
                options: LoadOptions())
        }
        #expect(errors?.errors.map(\.message) == ["data.t: file is required"])
    }

    @Test func names() throws {
        let folder = try Self.folder(["x.csv": "alpha,b\n1,2\n"])
        MarkedDocument.check(
            Self.document("file: x.csv").replacing("\"/${", with: "»\"/${"),
            "x.csv has no column \"a\"", folder: folder.path)
        MarkedDocument.check(
            Self.document("file: x.csv", use: "t.alpa").replacing("\"/${", with: "»\"/${"),
            "did you mean \"alpha\"?", folder: folder.path)
        MarkedDocument.check(
            Self.document("file: x.csv", use: "tt.b").replacing("\"/${", with: "»\"/${"),
            "data has no table \"tt\"", folder: folder.path)
        MarkedDocument.check(
            Self.document("file: x.csv, by: order.account", use: "t.b")
                .replacing("{ order: }, ", with: "").replacing("\"/${", with: "»\"/${"),
            "an order step must stand before its use", folder: folder.path)
        MarkedDocument.check(
            Self.document("file: x.csv, by: setup.q", use: "t.b").replacing(
                "  t: {", with: "  »t: {"),
            "flow setup does not capture \"q\"", folder: folder.path)
        // A table that could not be read is one mistake, however often it is used.
        MarkedDocument.check(
            Self.document("file: »no.csv", use: "t.whatever"), "cannot be read",
            folder: folder.path)
    }

    @Test(
        arguments: [
            ("constant-vus, duration: 1s", nil), ("shared-iterations, iterations: 3", nil),
            ("shared-iterations, iterations: 4", "unique with 3 rows, but scenario s has 4"),
            ("per-vu-iterations, vus: 2, iterations: 2", "has 4 iterations"),
            (
                "constant-arrival-rate, rate: 2, duration: 2s, preAllocatedVUs: 1",
                "has 4 iterations"
            ),
            ("constant-arrival-rate, rate: 1, duration: 3s, preAllocatedVUs: 1", nil),
            (
                "constant-arrival-rate, rate: 2, duration: 2s, preAllocatedVUs: 1, poisson: true",
                nil
            ),
            (
                "ramping-arrival-rate, stages: [{ duration: 4s, target: 2 }], preAllocatedVUs: 1",
                "has 4 iterations"
            ),
        ] as [(String, String?)])
    func unique(executor: String, words: String?) throws {
        let folder = try Self.folder(["x.csv": "a\n1\n2\n3\n"])
        let text = Self.document("file: x.csv, pick: unique", executor: executor)
        MarkedDocument.check(
            words == nil ? text : text.replacing("  t: {", with: "  »t: {"), words,
            folder: folder.path)
    }

    @Test func uniqueInOnePlace() throws {
        let folder = try Self.folder(["x.csv": "a\n1\n"])
        let text = Self.document("file: x.csv, pick: unique")
        let marked = text.replacing("  t: {", with: "  »t: {")
        MarkedDocument.check(
            marked.replacing("{ s: {", with: "{ r: { executor: constant-vus, duration: 1s }, s: {"),
            "unique in more than one scenario (r, s)", folder: folder.path)
        MarkedDocument.check(
            marked.replacing("flows: {", with: "flows: { setup: [{ get: '/${data.t.a}' }],"),
            "flow setup reads it", folder: folder.path)
    }

    @Test func agentsDecodeTheSame() throws {
        let folder = try TemporaryDirectory()
        let path = try EveryKeyDocument.write(to: folder)
        let loaded = try ScenarioLoader.load(path: path, options: LoadOptions())
        #expect(loaded.files.map(\.path).count == 7)
        let files = Dictionary(uniqueKeysWithValues: loaded.files.map { ($0.path, $0.bytes) })
        let again = try ScenarioLoader.decodeEffective(yaml: loaded.effectiveYAML, files: files)
        #expect(
            ShippedScenarioTests.unplaced(again) == ShippedScenarioTests.unplaced(loaded.scenario))
        #expect(again.feeders.map(\.name) == ["accounts", "symbols"])
        #expect(again.feeders[0].pick == .by(.order(.account)))
        let error = #expect(throws: ScenarioErrors.self) {
            try ScenarioLoader.decodeEffective(yaml: loaded.effectiveYAML)
        }
        #expect(error?.errors.count == 7)
    }

    @Test func bodyFiles() throws {
        let folder = try Self.folder(["d/b.bin": "x${vu}\u{0}"])
        func document(_ file: String) -> String {
            Documents.flow("[{ post: { url: /x, bodyFile: \(file) } }]")
        }
        let loaded = try ScenarioLoader.load(
            text: document("d/b.bin"), file: folder.path + "/f.yaml", options: LoadOptions())
        guard case .request(let request)? = loaded.scenario.flows["default"]?.steps.first else {
            Issue.record("\(loaded.scenario)")
            return
        }
        #expect(request.body == .bytes(Array("x${vu}\u{0}".utf8)))
        let large = folder.url.appendingPathComponent("large")
        _ = FileManager.default.createFile(atPath: large.path, contents: nil)
        try FileHandle(forWritingTo: large).truncate(atOffset: UInt64(Limits.bodyFileBytes) + 1)
        MarkedDocument.check(
            document("»large"), "is larger than 16777216 bytes", folder: folder.path)
    }

    // MARK: replay

    @Test(
        arguments: [
            ("1\n2\n2.5\n", "", [0, 1_000_000_000, 1_500_000_000]),
            ("1700000000.000000001\n1700000000.000000003\n", "", [0, 2]),
            ("10\n20\n", ", unit: ms, from: zero", [10_000_000, 20_000_000]),
            ("x,5\ny,9\n", ", column: 1, unit: us, speed: 2", [0, 2_000]),
            ("1\n2\n", ", speed: 0.5", [0, 2_000_000_000]),
            ("1\n1.0000000019\n", "", [0, 1]), (" 1 \n\n2\n", "", [0, 1_000_000_000]),
            ("1\n1\n", ", unit: ns", [0, 0]), ("1\n2\n", ", speed: 3", [0, 333_333_333]),
        ] as [(String, String, [Int64])])
    func replay(times: String, more: String, offsets: [Int64]) throws {
        let folder = try Self.folder(["t.csv": times])
        let text = Documents.scenario("executor: replay, file: t.csv, preAllocatedVUs: 1\(more)")
        let loaded = try ScenarioLoader.load(
            text: text, file: folder.path + "/f.yaml", options: LoadOptions())
        guard case .replay(let replay) = loaded.scenario.workloads[0].executor else {
            Issue.record("\(loaded.scenario.workloads)")
            return
        }
        #expect(replay.offsetsNs == offsets && replay.file == "t.csv")
    }

    @Test(arguments: [
        ("2\n3\n1\n", "", "line 3: is unsorted"), ("", "", "is empty"),
        ("t\n1\n", "", "line 1: \"t\" is no number"), ("1e9\n", "", "\"1e9\" is no number"),
        ("1\n2\n", ", column: 1", "line 1: has no column 1, only 1"),
        ("-1\n2\n", ", from: zero", "has times before 0"),
        ("0\n999999999\n", "", "past 366 days"),
        ("0\n999999999999999999\n", "", "past 366 days"),
    ])
    func badReplays(times: String, more: String, words: String) throws {
        let folder = try Self.folder(["t.csv": times])
        MarkedDocument.check(
            Documents.scenario("executor: replay, file: »t.csv, preAllocatedVUs: 1\(more)"), words,
            folder: folder.path)
    }

    @Test(arguments: [
        ("speed: »0", "speed must be more than 0"), ("speed: »-1", "speed must be more than 0"),
        ("speed: »fast", "speed takes a number"), ("unit: »min", "none of s, ms, us, ns"),
        ("from: »last", "none of first, zero"), ("column: »-1", "is not in 0...255"),
        ("»poisson: true", "unknown key \"poisson\""),
    ])
    func badReplayKeys(more: String, words: String) throws {
        let folder = try Self.folder(["t.csv": "1\n"])
        MarkedDocument.check(
            Documents.scenario("executor: replay, file: t.csv, preAllocatedVUs: 1, \(more)"), words,
            folder: folder.path)
    }
}
