// Expositions as exporters write them, and as nobody should: tables of texts, and a million damaged
// bytes that must neither trap nor be read as something else.

import Collector
import HarnessCore
import Testing

@Suite struct ExpositionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        var format = ExpositionFormat.text
        var names: Set<String> = ["a"]
        let expected: [ExpositionSample]
        var testDescription: String { text.debugDescription }
    }

    private static func a(
        _ value: Double, _ labels: [String: String] = [:]
    ) -> ExpositionSample {
        ExpositionSample(name: "a", labels: labels, value: value)
    }

    static let readable: [Case] = [
        Case(text: "", expected: []),
        Case(text: "a 1\n", expected: [a(1)]),
        Case(text: "\n\n  a\t \t1.5e3  \n", expected: [a(1_500)]),
        Case(text: "a{} 1\n", expected: [a(1)]),
        Case(text: "a{x=\"1\"} +2\n", expected: [a(2, ["x": "1"])]),
        Case(text: "a { x = \"1\" , y=\"2\" , } -2\n", expected: [a(-2, ["x": "1", "y": "2"])]),
        Case(
            text: #"a{x="C:\\dir\n\"q\"\w{},="} 1"# + "\n",
            expected: [a(1, ["x": "C:\\dir\n\"q\"\\w{},="])]),
        Case(text: "a{x=\"é\u{1F600}\"} 1\n", expected: [a(1, ["x": "é\u{1F600}"])]),
        Case(text: "a 1 1395066363000\n", expected: [a(1)]),
        Case(text: "a 1 -3982045\n", expected: [a(1)]),
        Case(text: "a +Inf\n", expected: [a(.infinity)]),
        Case(text: "a -Inf\n", expected: [a(-.infinity)]),
        Case(text: "a inf\n", expected: [a(.infinity)]),
        Case(text: "a .5\n", expected: [a(0.5)]),
        Case(text: "b 1\na 2\nb 3\n", expected: [a(2)]),
        Case(
            text: "a{x=\"1\"} 1\na{x=\"2\"} 2\na 3\n",
            expected: [a(1, ["x": "1"]), a(2, ["x": "2"]), a(3)]),
        Case(
            text: "# a comment\n#\n#nonsense {{\n# HELP a b \\ c\n# TYPE a gauge\na 1\n",
            expected: [a(1)]),
        Case(
            text: "a:b_total{le=\"+Inf\"} 7\n", names: ["a:b_total"],
            expected: [ExpositionSample(name: "a:b_total", labels: ["le": "+Inf"], value: 7)]),
        Case(text: "a 1\n# EOF\n", expected: [a(1)]),
        Case(text: "# EOF", format: .openMetrics, expected: []),
        Case(
            text: "# TYPE a unknown\n# UNIT a \na 1\n# EOF\n", format: .openMetrics,
            expected: [a(1)]),
        Case(text: "a 1 1520879607.789\n# EOF\n", format: .openMetrics, expected: [a(1)]),
        Case(
            text: "a{le=\"1\"} 8 # {trace=\"x # y\"} 0.054 1520879607.7\n# EOF",
            format: .openMetrics, expected: [a(8, ["le": "1"])]),
        Case(text: "a 8 1 # {} 0.05\n# EOF", format: .openMetrics, expected: [a(8)]),
    ]

    @Test(arguments: readable) func reads(_ item: Case) throws {
        let samples = try Exposition.samples(
            Array(item.text.utf8), item.format, named: item.names)
        #expect(samples == item.expected)
    }

    @Test func notANumberIsRead() throws {
        let samples = try Exposition.samples(Array("a NaN\n".utf8), .text, named: ["a"])
        #expect(samples.count == 1 && samples[0].value.isNaN)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let text: String
        var format = ExpositionFormat.text
        let says: String
        var testDescription: String { text.prefix(60).debugDescription }
    }

    static let unreadable: [Refusal] = [
        Refusal(text: "a 1", says: "line 1: cut short"),
        Refusal(text: "a 1\na{x=\"1\"} 2\na 3\n", says: "line 3: a comes twice"),
        Refusal(text: "a\n", says: "is no number"),
        Refusal(text: "a 1 2 3\n", says: "expected the end of the line"),
        Refusal(text: "a 1 1.5\n", says: "no timestamp in ms"),
        Refusal(text: "a 1 # {} 1\n", says: "expected the end"),
        Refusal(text: "a 0x10\n", says: "is no number"),
        Refusal(text: "a 1e999\n", says: "is no number"),
        Refusal(text: "a 1_000\n", says: "is no number"),
        Refusal(text: "a nan(1)\n", says: "is no number"),
        Refusal(text: "a 1\r\n", says: "is no number"),
        Refusal(text: "a{x=\"1\" 1\n", says: "expected , or }"),
        Refusal(text: "a{x=\"1} 1\n", says: "no closing quote"),
        Refusal(text: "a{x=\"1\\", says: "cut short"),
        Refusal(text: "a{x=\"1\\\n", says: "nothing behind it"),
        Refusal(text: "a{x=1} 1\n", says: "expected a quote"),
        Refusal(text: "a{x} 1\n", says: "expected ="),
        Refusal(text: "a{,} 1\n", says: "expected a name"),
        Refusal(text: "a{x=\"1\",x=\"2\"} 1\n", says: "x comes twice"),
        Refusal(text: "a{x:y=\"1\"} 1\n", says: "expected ="),
        Refusal(text: "{\"a.b\"} 1\n", says: "expected a name"),
        Refusal(text: "1a 1\n", says: "expected a name"),
        Refusal(text: "b{x=\"1\"} x\n", says: "is no number"),
        Refusal(text: "<html>\n", says: "line 1: expected a name at \"<html>\""),
        Refusal(text: "# TYPE a blue\na 1\n", says: "\"blue\" is no type"),
        Refusal(text: "# HELP a-b c\n", says: "no such character"),
        Refusal(text: "a 1\n", format: .openMetrics, says: "does not end with # EOF"),
        Refusal(text: "", format: .openMetrics, says: "does not end with # EOF"),
        Refusal(text: "# EOF\na 1\n", format: .openMetrics, says: "line 2: something after"),
        Refusal(text: "# EOF x\n", format: .openMetrics, says: "nothing after # EOF"),
        Refusal(text: "\n# EOF\n", format: .openMetrics, says: "an empty line"),
        Refusal(text: "a 1 # x\n# EOF\n", format: .openMetrics, says: "exemplar's {"),
        Refusal(text: "# TYPE a untyped\n# EOF\n", format: .openMetrics, says: "no type"),
        Refusal(text: "a{x=\"" + String(repeating: "y", count: 70_000) + "\"} 1\n", says: "64 KiB"),
        Refusal(
            text: "a{" + (0..<129).map { "l\($0)=\"\"" }.joined(separator: ",") + "} 1\n",
            says: "more than 128 labels"),
        Refusal(
            text: (0...10_000).map { "a{x=\"\($0)\"} 1\n" }.joined(), says: "more than 10000 series"
        ),
    ]

    @Test(arguments: unreadable) func refuses(_ item: Refusal) {
        let error = #expect(throws: ExpositionError.self) {
            try Exposition.samples(Array(item.text.utf8), item.format, named: ["a"])
        }
        #expect(error?.description.contains(item.says) ?? false, "\(error?.description ?? "-")")
    }

    @Test func refusesWhatIsTooLong() {
        let bytes = [UInt8](repeating: 10, count: Limits.observedBytes + 1)
        let error = #expect(throws: ExpositionError.self) {
            try Exposition.samples(bytes, .text, named: [])
        }
        #expect(error?.description == "more than 8 MiB")
    }

    @Test func refusesWhatIsNoText() {
        let bytes = Array("a{x=\"".utf8) + [0xC3, 0x28] + Array("\"} 1\n".utf8)
        let error = #expect(throws: ExpositionError.self) {
            try Exposition.samples(bytes, .text, named: ["a"])
        }
        #expect(error?.description.contains("not UTF-8") ?? false)
    }

    @Test func formats() {
        let open = "application/OpenMetrics-text; version=1.0.0; charset=utf-8"
        #expect(ExpositionFormat(contentType: open) == .openMetrics)
        #expect(ExpositionFormat(contentType: "text/plain; version=0.0.4") == .text)
        #expect(ExpositionFormat(contentType: nil) == .text)
    }

    /// What is read from damaged bytes is bounded, and never a surprise of another kind.
    @Test(arguments: [ExpositionFormat.text, .openMetrics]) func damage(
        _ format: ExpositionFormat
    ) {
        let text = """
            # HELP a The number of things.
            # TYPE a counter
            a{method="post",code="200",path="C:\\\\x\\n\\"y\\""} 1027 1395066363000
            a{method="get"} +Inf
            a_bucket{le="0.1"} 8 # {trace_id="KOO5S4vxi0o"} 0.67
            b 1.5e-7
            # EOF

            """
        var random = SplitMix64(state: 20_270_102)
        let original = Array(text.utf8)
        var readable = 0
        for _ in 0..<20_000 {
            var bytes = original
            for _ in 0..<(1 + random.next() % 4) {
                let at = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 4 {
                case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.remove(at: at)
                case 2:
                    bytes.insert(
                        Array("\"\\{}#,=\n\0 ".utf8).randomElement(using: &random)!, at: at)
                default: bytes.removeLast(bytes.count - max(1, at))
                }
            }
            guard
                let samples = try? Exposition.samples(bytes, format, named: ["a", "a_bucket", "b"])
            else { continue }
            readable += 1
            #expect(samples.count <= 5)
        }
        #expect(readable > 0, "some damage is in a comment or a value")
    }
}
