// `engine`: true, or a map of the bundled engine's flags in camelCase (engine.md sections 1 and 7);
// their values go to `spotload engine` as texts.

enum EngineFlagsDecoder {
    /// Every flag of `spotload engine`; the engine itself checks the values.
    private static let flags: Set<String> = [
        "bind", "dataDir", "log", "store", "processes", "shards", "symbols", "accounts", "fund",
        "keys", "maxInflight", "maxLag", "rateLimit", "replyTimeout", "profile", "apiWorkers",
        "poll", "storeWriters", "storeBatch", "storeMin", "storeWait", "commitFloor", "ack",
        "dbPool", "roles", "own", "clientIdReuse", "requireDurable", "allowFaults",
    ]

    /// Nil where no engine is to be started.
    static func flags(_ map: MapReader) -> [String: String]? {
        guard let node = map.take("engine") else { return nil }
        if node.scalar != nil { return map.read.boolean(node, "engine") == true ? [:] : nil }
        guard let entries = map.read.entries(node, "engine") else { return nil }
        map.problems.knows(flags, at: "engine")
        var result: [String: String] = [:]
        for entry in entries where !entry.value.isNull && !entry.key.hasPrefix("x-") {
            guard flags.contains(entry.key) else {
                map.problems.error(
                    "unknown key \(entry.key.quoted) in engine"
                        + NearestName.hint(entry.key, in: flags), at: entry.keyPlace)
                continue
            }
            result[entry.key] = map.read.text(entry.value, "engine.\(entry.key)")
        }
        return result
    }
}
