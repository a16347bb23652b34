// A request step, compiled: bytes where they are known, rows of parts where they are not.
// Immutable, shared by all workers.

import HarnessCore
import ScenarioModel

final class CompiledRequest: Sendable {
    /// Whether the url begins with the target.
    enum Base: Sendable {
        case target, absolute
        /// Known only when the first expression is.
        case rendered
    }
    let method: HTTPMethod
    let base: Base
    let url: CompiledText
    /// The same, as it is rendered.
    let flatURL: FlatText
    let name: CompiledText
    /// `Name: value\0` lines that are the same every time, Content-Type included.
    let constantHeaders: [UInt8]
    /// The others, `Name: value` each.
    let headers: [FlatText]
    let body: FlatText
    /// Of a `bodyFile`, instead of `body`.
    let file: BodyBytes?
    let fromOrder: Bool
    /// The account of a drawn order goes into X-MBX-APIKEY, unless a header of that name is given.
    let sendsAccount: Bool
    /// A drawn order with a body says that it is JSON, unless a header says otherwise.
    let sendsContentType: Bool
    /// The name is the default one of drawn orders.
    let isNamedByOperation: Bool
    let timeout: TimeSpan
    let expect: StatusTable
    let rejects: StatusTable
    let checks: [CompiledCheck]
    let captures: [CompiledCapture]
    let continuesOnFail: Bool
    /// The step's own tags.
    let tags: [String: String]
    /// Group it stands in, a position in the program's group names; -1: none.
    let groupID: Int
    let needsBody: Bool
    let needsHeaders: Bool

    init(
        _ step: RequestStep, groupID: Int, defaults: RequestDefaults, scope: FlowScope,
        patterns: inout Patterns
    ) throws(CommandFailure) {
        guard let method = HTTPMethod(rawValue: step.method.uppercased()) else {
            throw CommandFailure(.badConfiguration, "unknown method '\(step.method)'")
        }
        self.method = method
        self.groupID = groupID
        tags = step.tags
        var url = CompiledText(step.url, scope)
        base = Self.base(of: url)
        if base == .target, !Self.startsWithSlash(url) {
            var relative = CompiledText()
            relative.append("/")
            relative.append(step.url, scope, .plain)
            url = relative
        }
        if !step.query.isEmpty {
            // A drawn order always has a query or none at all: its own code joins them.
            if !step.fromOrder { url.append(step.url.source.contains("?") ? "&" : "?") }
            if step.fromOrder { url = CompiledText() }
            url.append(pairs: step.query, scope)
        } else if step.fromOrder {
            url = CompiledText()
        }
        self.url = url
        flatURL = FlatText(url)
        scope.hidesSecrets = true
        name = CompiledText(step.name, scope)
        scope.hidesSecrets = false
        fromOrder = step.fromOrder
        isNamedByOperation = step.fromOrder && Self.isOperationName(step.name)

        var merged = defaults.headers
        for header in step.headers {
            merged.removeAll { $0.name.lowercased() == header.name.lowercased() }
            merged.append(header)
        }
        let given = Set(merged.map { $0.name.lowercased() })
        sendsAccount = step.fromOrder && !given.contains("x-mbx-apikey")
        sendsContentType = step.fromOrder && !given.contains("content-type")
        var body = CompiledText()
        var file: BodyBytes?
        var contentType: String?
        switch step.body {
        case .none: break
        case .text(let template):
            body.append(template, scope, .plain)
            // As in k6, whoever sends a text says what it is; libcurl would call it a form.
            contentType = ""
        case .bytes(let bytes):
            file = BodyBytes(bytes)
            contentType = "application/octet-stream"
        case .json(let json):
            body.append(json, scope)
            contentType = "application/json"
        case .form(let pairs):
            body.append(pairs: pairs, scope)
            contentType = "application/x-www-form-urlencoded"
        }
        self.body = FlatText(body)
        self.file = file
        if let contentType, !given.contains("content-type") {
            merged.append(
                HeaderField(name: "Content-Type", value: Template(literal: contentType)))
        }
        var constantHeaders: [UInt8] = []
        var headers: [CompiledText] = []
        for header in merged {
            var line = CompiledText()
            line.append(header.name + ": ")
            line.append(header.value, scope, .plain)
            guard let known = line.constant else {
                headers.append(line)
                continue
            }
            guard !known.contains(where: { $0 == 0x0D || $0 == 0x0A || $0 == 0 }) else {
                throw CommandFailure(
                    .badConfiguration, "header '\(header.name)' has a line break or NUL in it")
            }
            constantHeaders += known + [0]
        }
        self.constantHeaders = constantHeaders
        self.headers = headers.map(FlatText.init)

        timeout = step.timeout ?? defaults.timeout
        expect = StatusTable(step.expect)
        rejects = StatusTable(step.rejects)
        var checks: [CompiledCheck] = []
        for check in step.checks {
            checks.append(try CompiledCheck(check, scope: scope, patterns: &patterns))
        }
        var captures: [CompiledCapture] = []
        for capture in step.captures {
            captures.append(try CompiledCapture(capture, patterns: &patterns))
        }
        self.checks = checks
        self.captures = captures
        continuesOnFail = step.onFail == .continue
        needsBody =
            !step.rejects.ranges.isEmpty || checks.contains { $0.readsBody }
            || captures.contains { $0.readsBody }
        needsHeaders = checks.contains { $0.readsHeaders } || captures.contains { $0.readsHeaders }
    }

    private static func base(of url: CompiledText) -> Base {
        guard let first = url.parts.first else { return .target }
        guard case .literal(let bytes) = first else { return .rendered }
        return isAbsolute(bytes) ? .absolute : .target
    }

    static func isAbsolute(_ url: [UInt8]) -> Bool {
        ByteText.equalIgnoringCase(url.prefix(7), "http://".utf8)
            || ByteText.equalIgnoringCase(url.prefix(8), "https://".utf8)
    }

    private static func startsWithSlash(_ url: CompiledText) -> Bool {
        guard case .literal(let bytes)? = url.parts.first else { return false }
        return bytes.first == UInt8(ascii: "/")
    }

    private static func isOperationName(_ name: Template) -> Bool {
        name.parts == [.literal("order "), .expression(.name(.order(.op)))]
    }
}
