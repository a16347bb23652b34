// `--targets FILE` (fleet.md section 10): what the owner of some targets allows, in YAML.
//
//     allow:
//       - { host: sut.example, ports: [443], cidrs: [10.20.0.0/16] }
//     maxRate: 5000/s          # requests a second, of the whole run
//     maxAgents: 10
//     maxBytes: 50GiB          # sent and received
//     maxDuration: 1h          # the default
//
// `run` and `agent` read it, each its own.

package import HarnessCore

package struct TargetsFile: Sendable, Equatable {
    package var allowed: [AllowedTarget] = []
    package var caps = TargetCaps()

    package init() {}

    /// - Throws: every error at once, each with its place.
    package static func read(_ path: String) throws(ScenarioErrors) -> TargetsFile {
        try decode(text: DocumentFile.read(path, what: "the file"), file: path)
    }

    /// - Parameter file: what messages call it.
    package static func decode(
        text: String, file: String
    ) throws(ScenarioErrors) -> TargetsFile {
        let problems = Problems()
        let root = try YAMLComposer.compose(text, file: file, problems: problems)
        var targets = TargetsFile()
        if let map = MapReader(root, path: "", problems: problems) {
            targets.allowed = allow(map)
            targets.caps = caps(map)
            map.finish()
        }
        guard problems.isEmpty else {
            throw ScenarioErrors(errors: problems.sortedErrors(document: file))
        }
        return targets
    }

    private static func allow(_ document: MapReader) -> [AllowedTarget] {
        guard let node = document.take("allow") else {
            document.problems.error(
                "allow: is required: a list of { host, ports, cidrs }", at: document.place)
            return []
        }
        let items = document.read.items(node, "allow") ?? []
        if items.count > Limits.allowedTargets {
            document.problems.error(
                "allow: \(items.count) targets, at most \(Limits.allowedTargets)", at: node.place)
        }
        return items.prefix(Limits.allowedTargets).enumerated().compactMap { i, item in
            MapReader(item, path: "allow[\(i)]", problems: document.problems).flatMap(target)
        }
    }

    private static func target(_ map: MapReader) -> AllowedTarget? {
        defer { map.finish() }
        let ports = list(map, "ports") { map.read.int($0, $1, in: 1...65_535).map { UInt16($0) } }
        let blocks = list(map, "cidrs") { node, path in
            map.read.text(node, path).flatMap { text in
                located(map, node, path) { () throws(TargetError) in try AddressBlock(text) }
            }
        }
        guard let node = map.take("host") else {
            map.problems.error(
                "\(map.path("host")): is required: a name, an address, or \"*\" with cidrs",
                at: map.place)
            return nil
        }
        guard let text = map.read.text(node, map.path("host")) else { return nil }
        return located(map, node, map.path("host")) { () throws(TargetError) in
            guard !text.contains(":") || InternetAddress(text) != nil else {
                throw TargetError("\"\(text)\" is no host; ports have a key of their own")
            }
            var target = try AllowedTarget(text == AllowedTarget.anyHost ? "*=0.0.0.0/0" : text)
            target.ports = ports
            if !blocks.isEmpty || target.host == AllowedTarget.anyHost { target.blocks = blocks }
            try target.check(text)
            return target
        }
    }

    private static func list<T>(
        _ map: MapReader, _ key: String, _ read: (YAMLNode, String) -> T?
    ) -> [T] {
        guard let node = map.take(key) else { return [] }
        let path = map.path(key)
        let items = map.read.items(node, path) ?? []
        if items.isEmpty, node.items != nil {
            map.problems.error(
                "\(path): an empty list allows nothing; leave it out", at: node.place)
        }
        return items.enumerated().compactMap { read($1, "\(path)[\($0)]") }
    }

    private static func located<T>(
        _ map: MapReader, _ node: YAMLNode, _ path: String, _ make: () throws(TargetError) -> T
    ) -> T? {
        do throws(TargetError) {
            return try make()
        } catch {
            map.problems.error("\(path): \(error)", at: node.place)
            return nil
        }
    }

    private static func caps(_ map: MapReader) -> TargetCaps {
        var caps = TargetCaps()
        caps.maxRate = quantity(map, "maxRate", .perSecond)
        caps.maxAgents = map.int("maxAgents", in: 1...Limits.slots)
        // 2^53: whole numbers of bytes are exact up to there.
        caps.maxBytes = quantity(map, "maxBytes", .bytes).map { UInt64(min($0, 9e15)) }
        if let span = map.duration("maxDuration") { caps.maxDuration = span }
        return caps
    }

    private static func quantity(
        _ map: MapReader, _ key: String, _ quantity: CriterionLimit.Quantity
    ) -> Double? {
        guard let node = map.take(key), let text = map.read.text(node, map.path(key)) else {
            return nil
        }
        guard let limit = CriterionLimit(text, quantity), limit.value > 0 else {
            map.problems.error(
                "\(key): \(text.quoted) is no \(quantity.words), above 0", at: node.place)
            return nil
        }
        return limit.value
    }
}
