// The JSON Schema: it knows exactly the keys the decoders know, takes what they take, refuses what
// an editor should mark, and says what every key is.

import Foundation
import ScenarioModel
import TestSupport
import Testing
import Yams

@Suite struct SchemaTests {
    private static func schema() throws -> [String: Any] {
        try #require(
            JSONSerialization.jsonObject(with: Data(ScenarioSchema.text.utf8)) as? [String: Any])
    }

    /// A document as JSON values.
    private static func value(_ yaml: String) throws -> Any {
        let loaded = try Yams.load(yaml: yaml, Resolver.default.removing(.timestamp))
        let plain = plain(loaded ?? NSNull())
        let data = try JSONSerialization.data(withJSONObject: plain, options: .fragmentsAllowed)
        return try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
    }

    private static func plain(_ value: Any) -> Any {
        switch value {
        case let map as [AnyHashable: Any]:
            Dictionary(map.map { (String(describing: $0.base), plain($1)) }) { $1 }
        case let list as [Any]: list.map(plain)
        default: value
        }
    }

    private static func violations(_ yaml: String) throws -> [String] {
        let schema = try schema()
        return SchemaValidator(root: schema).violations(try value(yaml), schema)
    }

    @Test func golden() throws {
        let file = ShippedScenarioTests.folder.deletingLastPathComponent()
            .appendingPathComponent("docs/schema/scenario.schema.json")
        let written = try String(contentsOf: file, encoding: .utf8)
        #expect(
            written == ScenarioSchema.text,
            "spotload schema --out docs/schema/scenario.schema.json writes it anew")
    }

    @Test(arguments: ShippedScenarioTests.names)
    func shippedScenarios(name: String) throws {
        let file = ShippedScenarioTests.folder.appendingPathComponent("\(name).yaml")
        #expect(try Self.violations(String(contentsOf: file, encoding: .utf8)) == [])
    }

    @Test(arguments: StarterScenario.all.map(\.name))
    func starters(name: String) throws {
        let starter = try #require(StarterScenario.named(name))
        #expect(try Self.violations(starter.text) == [])
        let loaded = try ScenarioLoader.load(
            text: starter.text, file: "\(name).yaml", options: LoadOptions())
        #expect(loaded.warnings.isEmpty)
    }

    @Test func everyKey() throws {
        #expect(try Self.violations(EveryKeyDocument.text) == [])
    }

    @Test(arguments: [
        ("seed: 1\nsed: 2", "sed is not in the schema"), ("seed: -1", "is below 0"),
        ("seed: x", "does not match"), ("warmup: soon", "does not match"),
        ("defaults: { timout: 1s }", "timout is not in the schema"),
        ("defaults: { redirects: 101 }", "is above 100"),
        ("defaults: { reuse: 3 }", "is no boolean"),
        ("defaults: { http: 3 }", "fits none"), ("onAgentLoss: x", "fits none"),
        ("data: { a: { pick: random } }", "file is missing"),
        ("data: { a: { file: x.txt } }", "does not match"), ("tags: [a]", "is no object"),
        ("thresholds: { http_reqs: [{ abortOnFail: true }] }", "fits none"),
        ("engine: { profil: x }", "fits none"), ("summaryTrendStats: [mean]", "does not match"),
    ])
    func badSettings(line: String, words: String) throws {
        let found = try Self.violations(Documents.with(line))
        #expect(found.contains { $0.contains(words) }, "\(found)")
    }

    @Test(arguments: [
        "executor: constant-vu, duration: 1s", "duration: 1s", "executor: constant-vus",
        "executor: constant-vus, duration: 1s, rate: 3",
        "executor: constant-vus, duration: 1s, vus: 0",
        "executor: ramping-vus, stages: []", "executor: ramping-vus, stages: [{ target: 1 }]",
        "executor: replay, preAllocatedVUs: 1",
    ])
    func badScenarios(options: String) throws {
        #expect(try !Self.violations(Documents.scenario(options)).isEmpty)
    }

    @Test(arguments: [
        "[{ gett: /x }]", "[{ get: /x, post: /y }]", "[{ get: { ulr: /x } }]", "[{ if: a }]",
        "[{ choose: [] }]", "[{ group: { steps: [] } }]", "[{ metric: { name: a } }]",
        "[{ order: { profile: stedy } }]", "[{ get: { url: /x, check: { sttus: 200 } } }]",
        "[{ get: { url: /x, expect: 2x } }]", "[{ think: soon }]", "{}",
    ])
    func badFlows(steps: String) throws {
        #expect(try !Self.violations(Documents.flow(steps)).isEmpty)
    }

    @Test func everyKeyIsDescribed() throws {
        for object in Self.objects(try Self.schema()) {
            for (key, value) in Self.properties(object) {
                let line = value["description"] as? String ?? ""
                #expect(!line.isEmpty && !line.contains("\n") && line.hasSuffix("."), "\(key)")
            }
        }
    }

    // MARK: Keys of the decoders

    /// Both ways: what decoders know at a place the schema has there, and every map of the schema
    /// is one that a decoder reads.
    @Test func keysAreThoseOfTheDecoders() throws {
        let folder = try TemporaryDirectory()
        let path = try EveryKeyDocument.write(to: folder)
        let known = try ScenarioLoader.knownKeys(
            text: String(contentsOfFile: path, encoding: .utf8), file: path)
        let schema = try Self.schema()
        let validator = SchemaValidator(root: schema)
        var met: Set<Set<String>> = []
        for (path, keys) in known {
            let candidates = Self.maps(at: path, schema, validator)
                .map { Set(Self.properties($0).keys) }
            #expect(
                candidates.contains(keys),
                "\(path): decoders know \(keys.sorted()), the schema \(candidates)")
            met.insert(keys)
        }
        for object in Self.objects(schema) {
            let keys = Set(Self.properties(object).keys)
            #expect(met.contains(keys), "no decoder reads a map of \(keys.sorted())")
        }
    }

    private static func properties(_ object: [String: Any]) -> [String: [String: Any]] {
        object["properties"] as? [String: [String: Any]] ?? [:]
    }

    /// Every schema with properties, wherever it stands.
    private static func objects(_ value: Any) -> [[String: Any]] {
        if let list = value as? [Any] { return list.flatMap(objects) }
        guard let map = value as? [String: Any] else { return [] }
        let inner = map.flatMap { key, value -> [[String: Any]] in
            // A property may itself be called `properties`; none of ours is.
            key == "enum" || key == "required" ? [] : objects(value)
        }
        return map["properties"] is [String: Any] && map["type"] as? String == "object"
            ? [map] + inner : inner
    }

    /// Schemas of the map at a path such as `flows.read[0].get`.
    private static func maps(
        at path: String, _ schema: [String: Any], _ validator: SchemaValidator
    ) -> [[String: Any]] {
        var places = closure([schema], validator)
        let keys = path.replacing(/\[[0-9]+\]/, with: "").split(separator: ".")
        for key in keys {
            let next = places.flatMap { place -> [[String: Any]] in
                if let inner = properties(place)[String(key)] { return [inner] }
                return (place["additionalProperties"] as? [String: Any]).map { [$0] } ?? []
            }
            places = closure(next, validator)
        }
        return places.filter { $0["properties"] != nil }
    }

    /// With what `$ref`, `anyOf` and lists lead to.
    private static func closure(
        _ schemas: [[String: Any]], _ validator: SchemaValidator
    ) -> [[String: Any]] {
        schemas.flatMap { schema -> [[String: Any]] in
            var inner: [[String: Any]] = []
            if let reference = schema["$ref"] as? String {
                inner += validator.definition(reference).map { [$0] } ?? []
            }
            inner += schema["anyOf"] as? [[String: Any]] ?? []
            if let items = schema["items"] as? [String: Any] { inner.append(items) }
            return [schema] + closure(inner, validator)
        }
    }
}
