// Whether bytes are well-formed XML, which elements they have, and what their attributes say.

import Foundation
import FoundationXML

final class XMLCheck: NSObject, XMLParserDelegate {
    private(set) var elements: Set<String> = []
    /// Of each `testcase`, in order.
    private(set) var cases: [[String: String]] = []
    /// Of the suite.
    private(set) var suite: [String: String] = [:]
    /// Names of the elements within test cases, in order.
    private(set) var outcomes: [String] = []
    private(set) var error: String?

    init(_ bytes: [UInt8]) {
        super.init()
        let parser = XMLParser(data: Data(bytes))
        parser.delegate = self
        if !parser.parse() { error = parser.parserError.map { "\($0)" } ?? "malformed" }
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String]
    ) {
        elements.insert(name)
        switch name {
        case "testcase": cases.append(attributes)
        case "testsuite": suite = attributes
        case "failure", "error", "skipped": outcomes.append(name)
        default: break
        }
    }
}
