// Events to a tree, with the limits of scenarios.md section 8 checked as the events come: a text
// that is too deep, too large once its aliases are expanded, or full of aliases is refused before
// anything walks it. An alias costs what its anchor cost, though the tree shares the nodes.
//
// Errors that leave a tree behind (tags, duplicate keys, keys that are no scalars) are collected;
// a syntax error or a breached limit stands alone.

import HarnessCore

struct YAMLComposer {
    private struct Composed {
        var node: YAMLNode
        /// Nodes after expansion, this one included.
        var nodes = 1
        /// Levels below and with this one.
        var depth = 1
    }

    private let events: YAMLEvents
    private let file: String
    private let problems: Problems
    private var anchors: [String: Composed] = [:]
    private var aliases = 0
    /// Nodes after expansion so far.
    private var nodes = 0

    private init(text: String, file: String, problems: Problems) {
        events = YAMLEvents(text)
        self.file = file
        self.problems = problems
    }

    /// The one document of `text`.
    ///
    /// - Throws: the one error that leaves no tree; others are in `problems`.
    static func compose(
        _ text: String, file: String, bytesMax: Int = Limits.documentBytes, problems: Problems
    ) throws(ScenarioErrors) -> YAMLNode {
        let start = SourcePosition(file: file, line: 1, column: 1)
        guard text.utf8.count <= bytesMax else {
            throw ScenarioErrors("the document is larger than \(bytesMax) bytes", at: start)
        }
        var composer = YAMLComposer(text: text, file: file, problems: problems)
        return try composer.document(start: start)
    }

    private mutating func document(start: SourcePosition) throws(ScenarioErrors) -> YAMLNode {
        var event = try next()
        if case .streamStart = event.kind { event = try next() }
        guard case .documentStart = event.kind else {
            throw ScenarioErrors("the document is empty", at: start)
        }
        let root = try node(try next(), depth: 1).node
        event = try next()
        if case .documentEnd = event.kind { event = try next() }
        guard case .streamEnd = event.kind else {
            throw ScenarioErrors("a second document in one file", at: place(event))
        }
        return root
    }

    private func next() throws(ScenarioErrors) -> YAMLEvent {
        do {
            return try events.next()
        } catch {
            // libyaml has a limit of its own, far above ours, and says so before any event comes.
            let isTooDeep = error.message.contains("nesting level")
            throw ScenarioErrors(
                isTooDeep
                    ? "nested deeper than \(Limits.yamlDepth) levels"
                    : "not YAML: \(error.message)",
                at: SourcePosition(file: file, line: error.line, column: error.column))
        }
    }

    private func place(_ event: YAMLEvent) -> SourcePosition {
        SourcePosition(file: file, line: event.line, column: event.column)
    }

    private mutating func node(
        _ event: YAMLEvent, depth: Int
    ) throws(ScenarioErrors) -> Composed {
        let place = place(event)
        guard depth <= Limits.yamlDepth else {
            throw ScenarioErrors("nested deeper than \(Limits.yamlDepth) levels", at: place)
        }
        if let tag = event.tag {
            problems.error("tags are not allowed: \(tag.quoted)", at: place)
        }
        var composed: Composed
        switch event.kind {
        case .alias(let name):
            return try alias(name, at: place, depth: depth)
        case .scalar(let text, let isPlain):
            guard text.utf8.count <= Limits.textBytes else {
                throw ScenarioErrors("a text longer than \(Limits.textBytes) bytes", at: place)
            }
            try count(1, at: place)
            composed = Composed(
                node: YAMLNode(place: place, content: .scalar(text, isPlain: isPlain)))
        case .sequenceStart:
            try count(1, at: place)
            composed = try sequence(at: place, depth: depth)
        case .mappingStart:
            try count(1, at: place)
            composed = try mapping(at: place, depth: depth)
        default:
            preconditionFailure("libyaml balances its events")
        }
        // Registered once complete: an alias inside its own anchor is undefined.
        if let anchor = event.anchor { anchors[anchor] = composed }
        return composed
    }

    private mutating func count(_ more: Int, at place: SourcePosition) throws(ScenarioErrors) {
        nodes += more
        guard nodes <= Limits.yamlNodes else {
            throw ScenarioErrors(
                "more than \(Limits.yamlNodes) nodes with the aliases expanded", at: place)
        }
    }

    private mutating func alias(
        _ name: String, at place: SourcePosition, depth: Int
    ) throws(ScenarioErrors) -> Composed {
        guard let target = anchors[name] else {
            throw ScenarioErrors("no anchor \(name.quoted) before this alias", at: place)
        }
        aliases += 1
        guard aliases <= Limits.yamlAliases else {
            throw ScenarioErrors("more than \(Limits.yamlAliases) aliases", at: place)
        }
        guard depth + target.depth - 1 <= Limits.yamlDepth else {
            throw ScenarioErrors("nested deeper than \(Limits.yamlDepth) levels", at: place)
        }
        try count(target.nodes, at: place)
        return target
    }

    private mutating func sequence(
        at place: SourcePosition, depth: Int
    ) throws(ScenarioErrors) -> Composed {
        var items: [YAMLNode] = []
        var total = Composed(node: YAMLNode(place: place, content: .sequence([])))
        while true {
            let event = try next()
            if case .sequenceEnd = event.kind { break }
            let item = try node(event, depth: depth + 1)
            items.append(item.node)
            total.nodes += item.nodes
            total.depth = max(total.depth, item.depth + 1)
        }
        total.node.content = .sequence(items)
        return total
    }

    private mutating func mapping(
        at place: SourcePosition, depth: Int
    ) throws(ScenarioErrors) -> Composed {
        var entries: [YAMLNode.Entry] = []
        var merged: [YAMLNode.Entry] = []
        var keys: Set<String> = []
        var total = Composed(node: YAMLNode(place: place, content: .mapping([])))
        while true {
            let event = try next()
            if case .mappingEnd = event.kind { break }
            let key = try node(event, depth: depth + 1)
            let value = try node(try next(), depth: depth + 1)
            total.nodes += key.nodes + value.nodes
            total.depth = max(total.depth, key.depth + 1, value.depth + 1)
            guard case .scalar(let name, let isPlain) = key.node.content else {
                problems.error("a key is a text, not \(key.node.kind)", at: self.place(event))
                continue
            }
            if name == "<<", isPlain {
                merged += merge(value.node)
            } else if keys.insert(name).inserted {
                entries.append(
                    YAMLNode.Entry(key: name, keyPlace: self.place(event), value: value.node))
            } else {
                problems.error("duplicate key \(name.quoted)", at: self.place(event))
            }
        }
        // Local keys win over merged ones, earlier merged ones over later.
        for entry in merged where keys.insert(entry.key).inserted { entries.append(entry) }
        total.node.content = .mapping(entries)
        return total
    }

    private func merge(_ node: YAMLNode) -> [YAMLNode.Entry] {
        if let entries = node.entries { return entries }
        var all: [YAMLNode.Entry] = []
        for item in node.items ?? [node] {
            guard let entries = item.entries else {
                problems.error("<< takes a map or a list of maps, not \(item.kind)", at: item.place)
                continue
            }
            all += entries
        }
        return all
    }
}
