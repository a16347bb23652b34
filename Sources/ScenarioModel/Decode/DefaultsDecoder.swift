// `defaults`: what a request has unless it says otherwise, and the time setup and teardown may
// take.

import HarnessCore

enum DefaultsDecoder {
    static func decode(
        _ document: MapReader, _ scenario: inout Scenario, files: ScenarioFiles
    ) {
        guard let node = document.take("defaults"),
            let map = MapReader(node, path: "defaults", problems: document.problems)
        else { return }
        var defaults = RequestDefaults()
        times(map, &defaults, &scenario)
        connection(map, &defaults)
        tls(map, &defaults, files)
        if let node = map.take("headers") { defaults.headers = headers(node, map) }
        if let redirects = map.int("redirects", in: 0...100) { defaults.redirects = redirects }
        if let bytes = map.int("maxBody", in: 0...(1 << 30)) { defaults.maxBody = bytes }
        if let agent = map.take("userAgent"), let text = map.text("userAgent") {
            if HeaderText.isClean(text) {
                defaults.userAgent = text
            } else {
                map.problems.error(
                    "defaults.userAgent: a header has no CR, LF or NUL", at: agent.place)
            }
        }
        map.finish()
        scenario.defaults = defaults
    }

    private static func times(
        _ map: MapReader, _ defaults: inout RequestDefaults, _ scenario: inout Scenario
    ) {
        if let timeout = positive("timeout", map) { defaults.timeout = timeout }
        defaults.connectTimeout = positive("connectTimeout", map)
        if let wait = map.duration("maxWait") { defaults.maxWait = wait }
        if let minimum = map.duration("minIterationDuration") {
            defaults.minIterationDuration = minimum
        }
        if let timeout = positive("setupTimeout", map) { scenario.setupTimeout = timeout }
        if let timeout = positive("teardownTimeout", map) { scenario.teardownTimeout = timeout }
    }

    private static func positive(_ key: String, _ map: MapReader) -> TimeSpan? {
        guard let span = map.duration(key) else { return nil }
        if span == .zero {
            map.problems.error(
                "\(map.path(key)): must be more than 0", at: map.place(of: key))
        }
        return span
    }

    private static func connection(_ map: MapReader, _ defaults: inout RequestDefaults) {
        if let node = map.take("http"), let text = map.read.text(node, "defaults.http") {
            if let version = RequestDefaults.HTTPVersion(rawValue: text) {
                defaults.http = version
            } else {
                map.problems.error(
                    "defaults.http: \(text.quoted) is none of 1.1, 2, auto", at: node.place)
            }
        }
        if let reuse = map.boolean("reuse") { defaults.reuse = reuse }
        if let node = map.take("unixSocket"),
            let path = map.read.text(node, "defaults.unixSocket")
        {
            // sun_path has 108 bytes, the NUL included.
            if (1...107).contains(path.utf8.count) {
                defaults.unixSocket = path
            } else {
                map.problems.error(
                    "defaults.unixSocket: a path of 1 to 107 bytes", at: node.place)
            }
        }
        if let node = map.take("localAddress"), let text = map.text("localAddress") {
            if (1...64).contains(text.utf8.count),
                text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
            {
                defaults.localAddress = text
            } else {
                map.problems.error(
                    "defaults.localAddress: \(text.quoted) is no address and no interface",
                    at: node.place)
            }
        }
        if let ttl = map.duration("dnsTtl") { defaults.dnsTtl = ttl }
        if let compression = map.boolean("compression") { defaults.compression = compression }
    }

    private static func tls(
        _ map: MapReader, _ defaults: inout RequestDefaults, _ files: ScenarioFiles
    ) {
        guard let node = map.take("tls"),
            let tls = MapReader(node, path: "defaults.tls", problems: map.problems)
        else { return }
        if let verify = tls.boolean("verify") { defaults.verifyTLS = verify }
        func file(_ key: String) -> (file: String, bytes: [UInt8])? {
            tls.take(key).flatMap { files.bytes($0, tls.path(key), bytesMax: Limits.tlsFileBytes) }
        }
        let ca = file("ca")
        let certificate = file("cert")
        let key = file("key")
        defaults.tlsCA = ca?.file
        defaults.tlsCertificate = certificate?.file
        defaults.tlsKey = key?.file
        defaults.tlsFiles.ca = ca?.bytes
        defaults.tlsFiles.certificate = certificate?.bytes
        defaults.tlsFiles.key = key?.bytes
        // A certificate's file may hold its key; a key without a certificate is of no use.
        if tls.take("key") != nil, tls.take("cert") == nil {
            tls.problems.error("defaults.tls.key: without cert", at: tls.place(of: "key"))
        }
        tls.finish()
    }

    private static func headers(_ node: YAMLNode, _ map: MapReader) -> [HeaderField] {
        HeaderText.fields(node, "defaults.headers", map.read) { text, _, _ in
            Template(literal: text)
        }
    }
}

/// Header maps, of defaults and of requests.
enum HeaderText {
    /// CR, LF and NUL would end the field.
    static func isClean(_ text: String) -> Bool {
        !text.unicodeScalars.contains { $0 == "\r" || $0 == "\n" || $0 == "\0" }
    }

    static func fields(
        _ node: YAMLNode, _ path: String, _ read: NodeReader,
        template: (String, String, SourcePosition) -> Template
    ) -> [HeaderField] {
        var fields: [HeaderField] = []
        if let entries = node.entries, entries.count > Limits.requestHeaders {
            read.problems.error(
                "\(path): more than \(Limits.requestHeaders) headers", at: node.place)
            return []
        }
        for entry in read.entries(node, path) ?? [] where !entry.value.isNull {
            let place = "\(path).\(entry.key)"
            guard Names.isHeader(entry.key) else {
                read.problems.error(
                    "\(path): \(entry.key.quoted) is no name of a header", at: entry.keyPlace)
                continue
            }
            guard let text = read.text(entry.value, place) else { continue }
            guard isClean(text) else {
                read.problems.error(
                    "\(place): a header has no CR, LF or NUL", at: entry.value.place)
                continue
            }
            let value = template(text, place, entry.value.place)
            fields.append(HeaderField(name: entry.key, value: value))
        }
        return fields
    }
}
