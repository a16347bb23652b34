// The codes that business rejects gave (`$.code` of their bodies), each with a number: at most 64,
// further ones share `(other)`. Confined to a worker.

import HarnessCore

struct RejectCodes {
    private var known: [[UInt8]] = []
    /// By number.
    private(set) var names: [String] = []

    /// The number of a code. Allocates only for one not seen before.
    mutating func id(_ code: UnsafeRawBufferPointer, _ redactor: SecretRedactor) -> Int {
        let shown = UnsafeRawBufferPointer(rebasing: code.prefix(Limits.rejectCodeBytes))
        for i in known.indices where known[i].elementsEqual(shown) { return i }
        guard known.count < Limits.rejectCodes else {
            if names.count == known.count { names.append("(other)") }
            return known.count
        }
        known.append(Array(shown))
        let text = redactor.redact(String(decoding: shown, as: UTF8.self))
        names.append(ErrorSamples.clean(text))
        return known.count - 1
    }
}
