// `observe`: Prometheus endpoints that `run` scrapes, and what their series are called in criteria.

import HarnessCore

struct ObserveDecoder {
    let problems: Problems

    func sources(_ document: MapReader) -> [ObserveSource] {
        guard let node = document.take("observe"),
            let items = document.read.items(node, "observe")
        else { return [] }
        if items.count > Limits.observeSources {
            problems.error("observe: more than \(Limits.observeSources) sources", at: node.place)
        }
        var names: Set<String> = []
        return items.prefix(Limits.observeSources).enumerated().compactMap { i, item in
            guard let map = MapReader(item, path: "observe[\(i)]", problems: problems) else {
                return nil
            }
            defer { map.finish() }
            return source(map, &names)
        }
    }

    private func source(_ map: MapReader, _ names: inout Set<String>) -> ObserveSource? {
        let name = name(map, &names)
        let url = url(map)
        let interval = map.duration("interval")
        if let interval, interval < .milliseconds(250) || interval > .seconds(60) {
            problems.error(
                "\(map.path("interval")): must be 250ms to 60s", at: map.place(of: "interval"))
        }
        let metrics = metrics(map)
        guard let name, let url else { return nil }
        var source = ObserveSource(name: name, url: url, metrics: metrics, source: map.place)
        if let interval { source.interval = interval }
        return source
    }

    private func name(_ map: MapReader, _ names: inout Set<String>) -> String? {
        guard let node = required("name", map), let name = map.text("name") else { return nil }
        guard isName(name, map.path("name"), node.place) else { return nil }
        guard names.insert(name).inserted else {
            problems.error(
                "\(map.path("name")): another source is called \(name.quoted)", at: node.place)
            return nil
        }
        return name
    }

    /// Names stand in `observe.SOURCE.METRIC`.
    private func isName(_ name: String, _ path: String, _ place: SourcePosition) -> Bool {
        if (1...64).contains(name.utf8.count), name.utf8.allSatisfy(Names.isScenarioNameByte) {
            return true
        }
        problems.error(
            "\(path): \(name.quoted) is not 1 to 64 letters, digits, \"_\", \"-\"", at: place)
        return false
    }

    private func required(_ key: String, _ map: MapReader) -> YAMLNode? {
        if let node = map.take(key) { return node }
        problems.error("\(map.path): \(key) is required", at: map.place)
        return nil
    }

    private func url(_ map: MapReader) -> String? {
        guard let node = required("url", map), let url = map.text("url") else { return nil }
        guard let problem = Self.problem(url) else { return url }
        problems.error("\(map.path("url")): \(url.quoted) \(problem)", at: node.place)
        return nil
    }

    /// What is wrong with an endpoint; nil where nothing is.
    private static func problem(_ url: String) -> String? {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), url.utf8.count <= 2_000 else {
            return "has characters that must be percent-encoded, or more than 2,000"
        }
        if url.contains("#") { return "has a fragment" }
        if url.hasPrefix("/"), !url.hasPrefix("//") { return nil }
        guard let scheme = ["http://", "https://"].first(where: { url.hasPrefix($0) }) else {
            return "is neither a path of the target (/metrics) nor http(s)://host[:port]/path"
        }
        let authority = url.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
        return TargetDecoder.problem(scheme + authority)
    }

    // MARK: - Metrics

    private func metrics(_ map: MapReader) -> [ObserveSource.Metric] {
        guard let node = required("metrics", map) else { return [] }
        guard let entries = map.read.entries(node, map.path("metrics")) else { return [] }
        let known = entries.filter { !$0.value.isNull && !$0.key.hasPrefix("x-") }
        if known.isEmpty {
            problems.error("\(map.path("metrics")): at least one metric", at: node.place)
        }
        if known.count > Limits.observeMetrics {
            problems.error(
                "\(map.path("metrics")): more than \(Limits.observeMetrics)", at: node.place)
        }
        return known.compactMap { entry -> ObserveSource.Metric? in
            let path = "\(map.path("metrics")).\(entry.key)"
            let isNamed = isName(entry.key, path, entry.keyPlace)
            guard let inner = MapReader(entry.value, path: path, problems: problems) else {
                return nil
            }
            defer { inner.finish() }
            let metric = metric(inner, entry.key)
            return isNamed ? metric : nil
        }.sorted { $0.name < $1.name }
    }

    private func metric(_ map: MapReader, _ name: String) -> ObserveSource.Metric? {
        let reading = map.choice("as", ObserveSource.Metric.Reading.self)
        let scale = map.number("scale", in: -1e18...1e18)
        if scale == 0 {
            problems.error("\(map.path("scale")): must not be 0", at: map.place(of: "scale"))
        }
        guard let node = required("series", map), let text = map.text("series") else { return nil }
        guard let (series, labels) = SeriesPattern.parse(text) else {
            problems.error(
                "\(map.path("series")): \(text.quoted) is not a name, or name{label=\"value\"}",
                at: node.place)
            return nil
        }
        var metric = ObserveSource.Metric(name: name, series: series, labels: labels)
        if let reading { metric.reading = reading }
        if let scale { metric.scale = scale }
        return metric
    }
}

/// `name` or `name{label="value",other="v"}` as Prometheus writes it; blanks around are allowed.
enum SeriesPattern {
    static func parse(_ text: String) -> (name: String, labels: [String: String])? {
        var rest = text[...]
        let name = String(rest.prefix { $0 != "{" }).trimmed
        rest = rest.drop { $0 != "{" }
        guard isIdentifier(name, allowsColon: true) else { return nil }
        guard !rest.isEmpty else { return (name, [:]) }
        rest.removeFirst()
        var labels: [String: String] = [:]
        skip(&rest)
        while rest.first != "}" {
            let label = String(rest.prefix { $0 != "=" }).trimmed
            rest = rest.drop { $0 != "=" }.dropFirst()
            skip(&rest)
            guard isIdentifier(label, allowsColon: false), labels[label] == nil,
                let value = quoted(&rest)
            else { return nil }
            labels[label] = value
            skip(&rest)
            if rest.first == "," {
                rest.removeFirst()
                skip(&rest)
            } else if rest.first != "}" {
                return nil
            }
        }
        rest.removeFirst()
        skip(&rest)
        return rest.isEmpty ? (name, labels) : nil
    }

    private static func skip(_ rest: inout Substring) { rest = rest.drop { $0 == " " } }

    private static func isIdentifier(_ text: String, allowsColon: Bool) -> Bool {
        guard let first = text.first, !first.isASCIIDigit, text.utf8.count <= 200 else {
            return false
        }
        return text.utf8.allSatisfy {
            Names.isWordByte($0) || (allowsColon && $0 == UInt8(ascii: ":"))
        }
    }

    /// A text in double quotes, `\` before `"`, `\` and `n`.
    private static func quoted(_ rest: inout Substring) -> String? {
        guard rest.first == "\"" else { return nil }
        rest.removeFirst()
        var value = ""
        while let c = rest.popFirst() {
            switch c {
            case "\"": return value
            case "\\":
                guard let escaped = rest.popFirst(), "\"\\n".contains(escaped) else { return nil }
                value.append(escaped == "n" ? "\n" : escaped)
            default: value.append(c)
            }
        }
        return nil
    }
}

extension String {
    fileprivate var trimmed: String {
        var rest = self[...]
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return String(rest)
    }
}
