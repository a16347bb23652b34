// `${VAR}` at load, --set, and the effective document that agents get.

import HarnessCore
import ScenarioModel
import Testing

@Suite struct SubstitutionTests {
    /// What cannot take effect is told, not lost.
    @Test func setBelowScenariosWhereAShortcutDecides() {
        let text = Documents.base.replacing(
            "scenarios: { s: { executor: constant-vus, duration: 1s } }", with: "duration: 1s")
        var options = LoadOptions()
        options.sets = [("scenarios.default.duration", "2s")]
        #expect(
            Documents.errors(text, options) == [
                "--set scenarios.default.duration:1:1: scenarios.default.duration: `duration` "
                    + "makes the scenario here; give it as --set duration=..., or leave the "
                    + "shortcut out"
            ])
        options.sets = [("duration", "2s")]
        #expect(Documents.errors(text, options) == [])
    }

    @Test func byteOrderMark() {
        #expect(Documents.errors("\u{FEFF}" + Documents.base) == [])
    }

    private static var options: LoadOptions {
        var options = LoadOptions()
        options.variables = ["E": "from-e", "N": "null"]
        options.environment = [
            "E": "from-env", "V": "from-env", "LONG": String(repeating: "x", count: 70_000),
        ]
        return options
    }

    @Test(arguments: [
        ("${E}", "from-e"), ("${V}", "from-env"), ("${W:-d}", "d"), ("${W:-}", ""),
        ("a${E}b${V}", "afrom-ebfrom-env"), ("$${E}", "${E}"), ("$E $", "$E $"),
        ("${W:-a:-b}", "a:-b"), ("$$${E}", "$${E}"),
    ])
    func replaced(text: String, expected: String) throws {
        let loaded = try Documents.load(Documents.with("tags: { a: \"\(text)\" }"), Self.options)
        #expect(loaded.scenario.tags["a"] == expected)
        let again = try ScenarioLoader.decodeEffective(yaml: loaded.effectiveYAML)
        #expect(again == loaded.scenario)
    }

    @Test(arguments: [
        (
            "tags: { a: '${W}' }",
            "5:12: variable \"W\" is not defined: -e W=..., the environment, "
                + "or ${W:-default}"
        ),
        ("tags: { a: '${E' }", "5:12: \"${E\" has a ${ without }"),
        (
            "tags: { a: '${1}' }",
            "5:12: ${1}: outside flows only ${VAR} and ${VAR:-default} are "
                + "replaced; a literal ${ is $${"
        ),
        ("tags: { a: '${LONG}' }", "5:12: a text longer than 65536 bytes"),
        ("seed: ${E}", "5:7: seed: \"from-e\" is not in 0...18446744073709551615"),
    ])
    func refused(line: String, expected: String) {
        #expect(Documents.errors(Documents.with(line), Self.options) == [expected])
    }

    /// Typed as if written there: plain null is absent, a quoted one is text; keys stay.
    @Test func types() throws {
        let loaded = try Documents.load(
            Documents.with("description: ${N}\ntags: { a: '${N}', \"${E}\": b }\nx-a: ${NO}"),
            Self.options)
        #expect(loaded.scenario.description.isEmpty)
        #expect(loaded.scenario.tags == ["a": "null", "${E}": "b"])
        let again = try ScenarioLoader.decodeEffective(yaml: loaded.effectiveYAML)
        #expect(again == loaded.scenario)
    }

    @Test func anchorsAndMerges() throws {
        let text = """
            name: t
            target: http://h
            x-common: &common { executor: constant-vus, duration: 5s, vus: 3 }
            flows: { default: [{ get: /x }] }
            scenarios:
              a: { <<: *common, vus: 4 }
              b: *common
            """
        let loaded = try Documents.load(text)
        #expect(
            loaded.scenario.workloads.map(\.executor) == [
                .constantVUs(ConstantVUs(vus: 4, duration: .seconds(5))),
                .constantVUs(ConstantVUs(vus: 3, duration: .seconds(5))),
            ])
        #expect(!loaded.effectiveYAML.contains("x-common"))
        let again = try ScenarioLoader.decodeEffective(yaml: loaded.effectiveYAML)
        #expect(again == loaded.scenario)
    }

    @Test func sets() throws {
        var options = LoadOptions()
        options.sets = [
            ("scenarios.s.duration", "9s"), ("scenarios.s.vus", "7"),
            ("flows.default.0.get", "/y"), ("defaults", "{ timeout: 3s }"),
            ("tags.a", "'no'"), ("seed", ""),
        ]
        let scenario = try Documents.load(Documents.with("seed: 9"), options).scenario
        #expect(
            scenario.workloads[0].executor
                == .constantVUs(ConstantVUs(vus: 7, duration: .seconds(9))))
        #expect(scenario.defaults.timeout == .seconds(3) && scenario.tags == ["a": "no"])
        #expect(scenario.seed == 1)
    }

    @Test(arguments: [
        (
            "defaults.timout", "3s",
            "--set defaults.timout:1:1: unknown key \"timout\" in defaults; "
                + "did you mean \"timeout\"?"
        ),
        (
            "defaults.timeout", "x",
            "--set defaults.timeout:1:1: defaults.timeout: expected a "
                + "duration such as 1m30s, not \"x\""
        ),
        ("a..b", "x", "--set a..b:1:1: \"a..b\" is no path such as defaults.timeout"),
        (
            "flows.default.7", "x",
            "--set flows.default.7:1:1: the list has no item \"7\", only 0 to 0"
        ),
    ])
    func badSets(path: String, value: String, expected: String) {
        var options = LoadOptions()
        options.sets = [(path, value)]
        #expect(Documents.errors(Documents.base, options) == [expected])
    }

    @Test func targetSeedAndTagsWin() throws {
        var options = LoadOptions()
        options.target = "http://other:81"
        options.seed = 77
        options.tags = ["a": "2", "b.c": "3"]
        let scenario = try Documents.load(Documents.with("tags: { a: 1, d: 4 }"), options).scenario
        #expect(scenario.target == "http://other:81" && scenario.seed == 77)
        #expect(scenario.tags == ["a": "2", "b.c": "3", "d": "4"])
    }

    /// Texts that YAML would read as something else, or that need escapes.
    @Test(arguments: [
        "", "~", "null", "true", "1.10", "- a", "-", "a: b", "# x", "a\nb\tc", "\"'\\", "${x}",
        "$${x}", "é \u{1F600}", "\u{85}\u{A0}\u{FEFF}\u{2028}", "---", "...", "<<", "@a", "%a",
        "a #b", "*a", "&a", "!a", "[a]", "{a}", "  a  ", "a\r\nb", "?", ": ", "\u{7F}",
    ])
    func effectiveTextsAreExact(text: String) throws {
        var options = LoadOptions()
        options.tags = ["plain": text, "k" + text: "v"]
        let loaded = try Documents.load(Documents.base, options)
        #expect(loaded.scenario.tags["plain"] == text)
        let again = try ScenarioLoader.decodeEffective(yaml: loaded.effectiveYAML)
        #expect(again == loaded.scenario)
    }
}
