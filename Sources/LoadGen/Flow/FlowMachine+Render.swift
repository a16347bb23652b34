// Fills the VU's `PreparedRequest`: a templated one part by part, a drawn order straight from its
// integers. Buffers keep their memory from request to request.

import HarnessCore
import ScenarioModel

extension FlowMachine {
    func prepare(
        _ position: Int, into request: PreparedRequest
    ) throws(FlowFailure) {
        let step = code.requests[position]
        request.url.removeAll(keepingCapacity: true)
        request.headers.removeAll(keepingCapacity: true)
        request.body.removeAll(keepingCapacity: true)
        request.file = step.file
        request.headers.append(contentsOf: step.constantHeaders)
        request.timeout = step.timeout
        request.needsBody = step.needsBody
        request.needsHeaders = step.needsHeaders
        request.stepID = position
        request.groupID = step.groupID
        if step.fromOrder {
            try prepareOrder(step, request)
        } else {
            request.method = step.method
            try renderURL(step, into: &request.url)
            try render(step.body, into: &request.body)
        }
        for i in step.headers.indices { try renderHeader(step.headers[i], into: &request.headers) }
        request.nameID = try nameID(step, position)
    }

    private func prepareOrder(
        _ step: CompiledRequest, _ request: PreparedRequest
    ) throws(FlowFailure) {
        guard let order = code.order, let command else { throw .undefinedName }
        request.method = OrderText.method(command.operation)
        order.text.appendURL(command, to: &request.url)
        if !step.url.parts.isEmpty {
            let hasQuery = !OrderText.hasBody(command.operation)
            request.url.append(hasQuery ? UInt8(ascii: "&") : UInt8(ascii: "?"))
            try renderChecked(step.flatURL, into: &request.url)
        }
        if step.sendsAccount { order.text.appendAccountHeader(command, to: &request.headers) }
        if OrderText.hasBody(command.operation) {
            if step.sendsContentType {
                request.headers.append(contentsOf: Self.jsonContentType)
            }
            order.text.appendBody(command, to: &request.body)
        }
    }

    private static let jsonContentType = Array("Content-Type: application/json\0".utf8)

    private func renderURL(_ step: CompiledRequest, into url: inout [UInt8]) throws(FlowFailure) {
        if step.base == .target { url.append(contentsOf: code.target) }
        try renderChecked(step.flatURL, into: &url)
        if step.base == .rendered, !CompiledRequest.isAbsolute(url) {
            if url.first != UInt8(ascii: "/") { url.insert(UInt8(ascii: "/"), at: 0) }
            url.insert(contentsOf: code.target, at: 0)
        }
    }

    private func renderHeader(
        _ header: FlatText, into out: inout [UInt8]
    ) throws(FlowFailure) {
        try renderChecked(header, into: &out)
        out.append(0)
    }

    /// Renders a text that must stay one line: a CR, LF or NUL in it could start another header or
    /// request.
    private func renderChecked(
        _ text: FlatText, into out: inout [UInt8]
    ) throws(FlowFailure) {
        let start = out.count
        try render(text, into: &out)
        if text.isOneLine { return }
        for i in start..<out.count where out[i] == 0x0D || out[i] == 0x0A || out[i] == 0 {
            throw .badValue
        }
    }

    private func nameID(_ step: CompiledRequest, _ position: Int) throws(FlowFailure) -> Int {
        if step.isNamedByOperation, let command {
            return context.orderNameIDs[command.operation.rawValue]
        }
        let known = context.nameIDs[position]
        if known >= 0 { return known }
        operand.removeAll(keepingCapacity: true)
        try render(step.name, into: &operand)
        return context.nameID(rendered: operand)
    }
}
