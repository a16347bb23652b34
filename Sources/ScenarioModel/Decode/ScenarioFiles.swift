// Files a document names.

import HarnessCore

/// A file the document names, as it was read.
package struct ScenarioFile: Sendable, Equatable {
    /// As the document names it, relative to its folder.
    package var path: String
    /// Lowercase hexadecimal.
    package var sha256: String
    package var bytes: [UInt8]
    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
        sha256 = Sha256.hex(bytes)
    }
}
