// `data`: tables of rows that flows read as `${data.NAME.COLUMN}` (scenarios.md section 1).
//
// `by` names what is the same in every flow and is a number; a captured variable is neither.

import HarnessCore

/// The tables of a document, and the names of those that could not be read: what names them is no
/// further mistake.
struct FeederCatalog {
    /// In name order.
    var feeders: [Feeder] = []
    var places: [SourcePosition] = []
    var failed: Set<String> = []

    /// `by: env.X`.
    var usedEnvironment: Set<String> {
        Set(
            feeders.compactMap {
                if case .by(.env(let name)) = $0.pick { name } else { nil }
            })
    }

    func position(of name: String) -> Int? { feeders.firstIndex { $0.name == name } }
}

struct FeederDecoder {
    let problems: Problems
    let files: ScenarioFiles
    /// What `by: env.X` may name; nil: anything.
    let environment: Set<String>?

    func feeders(_ document: MapReader) -> FeederCatalog {
        var catalog = FeederCatalog()
        guard let node = document.take("data"),
            let all = document.read.entries(node, "data")
        else { return catalog }
        let entries = all.filter { !$0.key.hasPrefix("x-") && !$0.value.isNull }
        if entries.count > Limits.feeders {
            problems.error("data: more than \(Limits.feeders)", at: node.place)
            catalog.failed = Set(entries.map(\.key))
            return catalog
        }
        for entry in entries.sorted(by: { $0.key < $1.key }) {
            if let feeder = feeder(entry) {
                catalog.feeders.append(feeder)
                catalog.places.append(entry.keyPlace)
            } else {
                catalog.failed.insert(entry.key)
            }
        }
        return catalog
    }

    private func feeder(_ entry: YAMLNode.Entry) -> Feeder? {
        let path = "data.\(entry.key)"
        if !Names.isVariable(entry.key) {
            problems.error(
                "data: \(entry.key.quoted) is not 1 to 64 letters, digits, \"_\", no digit first",
                at: entry.keyPlace)
        }
        guard let map = MapReader(entry.value, path: path, problems: problems) else { return nil }
        let delimiter = delimiter(map)
        let pick = pick(map)
        defer { map.finish() }
        guard let node = map.take("file") else {
            problems.error("\(path): file is required", at: entry.keyPlace)
            return nil
        }
        if let (file, outline) = files.outline(node, map.path("file")),
            let columns = outline.columns, !columns.isEmpty
        {
            // Rules on the number of rows were checked before the run; here there are none.
            return Feeder(
                name: entry.key, file: file, pick: .sequential,
                table: FeederTable(columns: columns, bytes: [], ends: []))
        }
        guard
            let (file, bytes) = files.bytes(
                node, map.path("file"), bytesMax: Limits.scenarioFileBytes)
        else { return nil }
        do throws(FeederTableError) {
            let table: FeederTable
            if file.hasSuffix(".csv") {
                table = try FeederTableReader.csv(bytes, delimiter: delimiter ?? comma)
            } else if file.hasSuffix(".json") {
                if delimiter != nil {
                    problems.error(
                        "\(map.path("delimiter")): only with .csv", at: map.place(of: "delimiter"))
                }
                table = try FeederTableReader.json(bytes)
            } else {
                throw FeederTableError(message: "is neither .csv nor .json")
            }
            return Feeder(name: entry.key, file: file, pick: pick ?? .sequential, table: table)
        } catch {
            problems.error("\(map.path("file")): \(file.quoted) \(error.message)", at: node.place)
            return nil
        }
    }

    private let comma = UInt8(ascii: ",")

    private func delimiter(_ map: MapReader) -> UInt8? {
        guard let node = map.take("delimiter"), let text = map.text("delimiter") else { return nil }
        guard text.utf8.count == 1, let byte = text.utf8.first, byte < 0x80,
            !"\"\r\n".utf8.contains(byte)
        else {
            problems.error(
                "\(map.path("delimiter")): one ASCII character, no quote and no line end",
                at: node.place)
            return nil
        }
        return byte
    }

    private enum Order: String, CaseIterable {
        case sequential, roundRobin = "round-robin", random, unique
    }

    private func pick(_ map: MapReader) -> Feeder.Pick? {
        let order = map.choice("pick", Order.self)
        if let node = map.take("by") {
            if map.take("pick") != nil {
                problems.error("\(map.path): either pick or by", at: map.place(of: "by"))
            }
            return map.text("by").flatMap { by($0, map.path("by"), at: node.place) }
        }
        switch order {
        case .sequential: return .sequential
        case .roundRobin: return .roundRobin
        case .random: return .random
        case .unique: return .unique
        case nil: return nil
        }
    }

    private static let numbers: [String: Expression.Name] = [
        "order.account": .order(.account), "order.priceTicks": .order(.priceTicks),
        "order.qtyLots": .order(.qtyLots), "vu": .vu, "iteration": .iteration,
        "iterationInTest": .iterationInTest,
    ]

    private func by(_ name: String, _ path: String, at place: SourcePosition) -> Feeder.Pick? {
        if let known = Self.numbers[name] { return .by(known) }
        for (root, make) in [
            ("env.", Expression.Name.env), ("setup.", Expression.Name.setup),
        ] where name.hasPrefix(root) && Names.isVariable(String(name.dropFirst(root.count))) {
            let inner = String(name.dropFirst(root.count))
            if root == "env.", let environment, !environment.contains(inner) {
                problems.error(
                    "\(path): no scenario's env, no -e and no environment variable defines "
                        + inner.quoted + NearestName.hint(inner, in: environment), at: place)
            }
            return .by(make(inner))
        }
        let known = Self.numbers.keys.sorted().joined(separator: ", ")
        problems.error(
            "\(path): \(name.quoted) is none of \(known), env.X, setup.X"
                + NearestName.hint(name, in: Self.numbers.keys), at: place)
        return nil
    }
}
