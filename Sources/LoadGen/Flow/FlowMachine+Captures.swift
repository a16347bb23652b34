// Captures of a response into the VU's variables. Not found and no default: the variable is left
// undefined and `capture_misses` counts one.

import HarnessCore
import ScenarioModel

extension FlowMachine {
    func take(_ request: CompiledRequest, _ response: TransferResponse) {
        for capture in request.captures {
            if take(capture, response) { continue }
            if let value = capture.defaultValue {
                variables[capture.variable] = value
            } else {
                variables[capture.variable].kind = .undefined
                context.count(isWarmup) { $0.captureMisses += 1 }
            }
        }
    }

    /// False where nothing is found.
    private func take(_ capture: CompiledCapture, _ response: TransferResponse) -> Bool {
        switch capture.source {
        case .json(let path):
            let scanner = JSONScanner(bytes: response.body)
            guard let found = path.first(in: scanner) else { return false }
            set(capture.variable, Self.kind(found.kind)) { bytes in
                if found.kind == .string {
                    scanner.appendString(found.range, to: &bytes)
                } else {
                    bytes.append(contentsOf: response.body[found.range])
                }
            }
        case .header(let name):
            guard let value = HeaderLines.value(of: name, in: response.headers) else {
                return false
            }
            set(capture.variable, .text) { $0.append(contentsOf: value) }
        case .regex(let pattern, let group):
            let text = String(
                decoding: response.body.prefix(Limits.matchedBytes), as: UTF8.self)
            guard let match = text.firstMatch(of: context.patterns[pattern]),
                match.output.indices.contains(group), let part = match.output[group].substring
            else { return false }
            set(capture.variable, .text) { $0.append(contentsOf: part.utf8) }
        }
        return true
    }

    /// The number of a reject's `$.code`; -1 where its body has none.
    func code(of response: TransferResponse) -> Int {
        let scanner = JSONScanner(bytes: response.body)
        guard let found = Self.codePath.first(in: scanner) else { return -1 }
        switch found.kind {
        case .number, .literal:
            return context.rejectCode(UnsafeRawBufferPointer(rebasing: response.body[found.range]))
        case .string:
            left.removeAll(keepingCapacity: true)
            scanner.appendString(found.range, to: &left)
            return left.withUnsafeBytes { context.rejectCode($0) }
        case .null, .object, .array: return -1
        }
    }

    private static let codePath = CompiledPath(
        JSONPath(text: "$.code", segments: [.name("code")]))

    private static func kind(_ kind: JSONSlice.Kind) -> FlowText.Kind {
        switch kind {
        case .string: .text
        case .number: .number
        case .literal, .null, .object, .array: .json
        }
    }

    /// Fills a variable, in the memory it has.
    private func set(_ i: Int, _ kind: FlowText.Kind, _ fill: (inout [UInt8]) -> Void) {
        variables[i].kind = kind
        variables[i].bytes.removeAll(keepingCapacity: true)
        fill(&variables[i].bytes)
    }
}
