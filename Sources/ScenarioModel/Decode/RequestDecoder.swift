// A request step: `request: {...}`, or a method's shorthand with a url or the same map. With
// `from: order` method, url, body and account are those of the drawn command.

import HarnessCore

struct RequestDecoder {
    let templates: TemplateCompiler
    let files: ScenarioFiles
    let path: String

    private var problems: Problems { templates.problems }
    private var read: NodeReader { NodeReader(problems: problems) }

    func request(_ entry: YAMLNode.Entry, method shorthand: String?, id: Int) -> RequestStep? {
        if entry.value.scalar != nil {
            guard let text = read.text(entry.value, path) else { return nil }
            let method = shorthand ?? "GET"
            let url = url(text, path, at: entry.value.place)
            return RequestStep(id: id, method: method, url: url, name: named(method, url))
        }
        if entry.value.isNull {
            problems.error("\(path): takes a url or a map", at: entry.keyPlace)
            return nil
        }
        guard let map = MapReader(entry.value, path: path, problems: problems) else { return nil }
        var request = head(map, shorthand, id)
        request.body = body(map)
        if request.fromOrder { refuseBesideOrder(map) }
        if let node = map.take("query") { request.query = pairs(node, map.path("query")) }
        if let node = map.take("headers") {
            request.headers = HeaderText.fields(
                node, map.path("headers"), read, template: templates.compile)
        }
        answers(map, &request)
        request.tags = TagRules.constants(map, "tags", templates)
        if let onFail = map.choice("onFail", RequestStep.OnFail.self) { request.onFail = onFail }
        map.finish()
        return request
    }

    private func head(_ map: MapReader, _ shorthand: String?, _ id: Int) -> RequestStep {
        let method = method(map, shorthand)
        let fromOrder = shorthand == nil && fromOrder(map)
        if shorthand != nil, map.has("from") {
            problems.error(
                "\(path): from: order brings its own method; use request", at: map.place)
            map.tolerate("from")
        }
        var url = Template(literal: "")
        if let node = map.take("url") {
            if let text = read.text(node, map.path("url")) {
                url = self.url(text, map.path("url"), at: node.place)
            }
        } else if !fromOrder {
            problems.error("\(path): url is required", at: map.place)
        }
        var name: Template
        if fromOrder {
            name = Template(
                source: "order ${order.op}",
                parts: [.literal("order "), .expression(.name(.order(.op)))])
        } else {
            name = named(method, url)
        }
        if let node = map.take("name"), let text = read.text(node, map.path("name")) {
            name = templates.compile(text, map.path("name"), at: node.place)
            if text.isEmpty {
                problems.error("\(map.path("name")): a name is not empty", at: node.place)
            }
        }
        var request = RequestStep(id: id, method: method, url: url, name: name)
        request.fromOrder = fromOrder
        if let timeout = map.duration("timeout") {
            if timeout == .zero {
                problems.error(
                    "\(map.path("timeout")): must be more than 0", at: map.place(of: "timeout"))
            }
            request.timeout = timeout
        }
        return request
    }

    private func method(_ map: MapReader, _ shorthand: String?) -> String {
        guard let node = shorthand == nil ? map.take("method") : nil else {
            return shorthand ?? "GET"
        }
        let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
        guard let text = read.text(node, map.path("method")) else { return "GET" }
        let method = text.uppercased()
        if !known.contains(method) {
            problems.error(
                "\(map.path("method")): \(text.quoted) is none of "
                    + known.joined(separator: ", "), at: node.place)
        }
        return method
    }

    private func fromOrder(_ map: MapReader) -> Bool {
        guard let node = map.take("from"), let text = read.text(node, map.path("from")) else {
            return false
        }
        guard text == "order" else {
            problems.error("\(map.path("from")): takes order, not \(text.quoted)", at: node.place)
            return false
        }
        if !templates.scope.hasOrder {
            problems.error(
                "\(map.path("from")): order without an order step before it in this flow",
                at: node.place)
        }
        return true
    }

    private func refuseBesideOrder(_ map: MapReader) {
        for key in ["method", "url", "json", "form", "body", "bodyFile", "query"]
        where map.take(key) != nil {
            problems.error(
                "\(map.path(key)): from: order brings its own method, url and body",
                at: map.place(of: key))
        }
    }

    /// Relative to the target or absolute; blanks and controls cannot stand in a request line.
    private func url(_ text: String, _ path: String, at place: SourcePosition) -> Template {
        let template = templates.compile(text, path, at: place)
        for case .literal(let literal) in template.parts
        where literal.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7F }) {
            problems.error(
                "\(path): \(text.quoted) has blanks; percent-encode them", at: place)
            break
        }
        if text.isEmpty { problems.error("\(path): a url is not empty", at: place) }
        return template
    }

    /// METHOD and the url as written: one series for all values of its templates.
    private func named(_ method: String, _ url: Template) -> Template {
        Template(literal: method + " " + url.source)
    }

    private func body(_ map: MapReader) -> RequestStep.Body {
        let given = ["json", "form", "body", "bodyFile"].filter { map.take($0) != nil }
        if given.count > 1 {
            problems.error(
                "\(path): one of json, form, body, bodyFile, not "
                    + given.joined(separator: " and "),
                at: map.place(of: given[1]))
        }
        if let node = map.take("json") {
            return .json(JSONTemplateDecoder(templates: templates).json(node, map.path("json")))
        }
        if let node = map.take("form") { return .form(pairs(node, map.path("form"))) }
        if let node = map.take("body"), let text = read.text(node, map.path("body")) {
            return .text(templates.compile(text, map.path("body"), at: node.place))
        }
        if let node = map.take("bodyFile"),
            let (_, bytes) = files.bytes(
                node, map.path("bodyFile"), bytesMax: Limits.bodyFileBytes)
        {
            return .bytes(bytes)
        }
        return .none
    }

    private func pairs(_ node: YAMLNode, _ path: String) -> [(name: String, value: Template)] {
        (read.entries(node, path) ?? []).compactMap { entry in
            if entry.value.isNull { return nil }
            let inner = "\(path).\(entry.key)"
            guard let text = read.text(entry.value, inner) else { return nil }
            return (entry.key, templates.compile(text, inner, at: entry.value.place))
        }
    }

    /// What is made of the response; captures last: a check sees only what stood before.
    private func answers(_ map: MapReader, _ request: inout RequestStep) {
        let statuses = StatusSetDecoder(read: read)
        if let node = map.take("expect") {
            if let set = statuses.statuses(node, map.path("expect")) { request.expect = set }
        }
        if let node = map.take("rejects") {
            if let set = statuses.statuses(node, map.path("rejects")) { request.rejects = set }
        }
        if let node = map.take("check") {
            request.checks = CheckDecoder(templates: templates).checks(node, map.path("check"))
        }
        if let node = map.take("capture") {
            request.captures = CaptureDecoder(templates: templates)
                .captures(node, map.path("capture"))
        }
    }
}
