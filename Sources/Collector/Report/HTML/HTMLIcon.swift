// Small drawings and styles beside words: verdicts, line samples. A picture never says more than
// the word it stands by, so all are hidden from screen readers.

enum HTMLIcon {
    static func verdict(_ verdict: Verdict) -> String {
        let shape =
            switch verdict {
            case .pass: #"<circle cx="12" cy="12" r="9.5"/><path d="M7.5 12.5l3 3 6-6.5"/>"#
            case .warn: #"<path d="M12 3L22 20.5H2zM12 9.5v5M12 17.4v.1"/>"#
            case .fail: #"<circle cx="12" cy="12" r="9.5"/><path d="M8.5 8.5l7 7M15.5 8.5l-7 7"/>"#
            case .inconclusive:
                #"<circle cx="12" cy="12" r="9.5"/>"#
                    + #"<path d="M9.4 9.6a2.7 2.7 0 1 1 3.9 2.4c-.9.5-1.3 1-1.3 2M12 17v.1"/>"#
            case .invalid: #"<circle cx="12" cy="12" r="9.5"/><path d="M5.5 5.5l13 13"/>"#
            }
        return #"<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">\#(shape)</svg>"#
    }

    /// Class suffix of a verdict's colour.
    static func style(_ verdict: Verdict) -> String { verdict.rawValue.lowercased() }

    /// A piece of the line as it is drawn.
    static func swatch(_ style: String, dash: String?, width: Double = 2) -> String {
        let dashes = dash.map { " stroke-dasharray=\"\($0)\"" } ?? ""
        return "<svg class=\"swatch\" aria-hidden=\"true\"><line class=\"line \(style)\" x1=\"1\""
            + " y1=\"5\" x2=\"29\" y2=\"5\" stroke-width=\"\(ChartPath.number(width))\"\(dashes)/>"
            + "</svg>"
    }

    /// A filled field: `style` is a class with a fill.
    static func field(_ style: String, fill: String? = nil) -> String {
        let paint = fill.map { " fill=\"\($0)\"" } ?? ""
        return "<svg class=\"key\" aria-hidden=\"true\"><rect class=\"\(style)\" width=\"14\""
            + " height=\"12\" rx=\"2\"\(paint)/></svg>"
    }

    static let limit =
        "<svg class=\"swatch\" aria-hidden=\"true\"><line class=\"limit\" x2=\"30\" y1=\"5\""
        + " y2=\"5\"/></svg>"
}

/// The looks of lines: colour, dash and, for solid ones, width tell them apart.
enum HTMLLine {
    static let dashes: [String?] = [nil, "7 3", "2 3", "10 3 2 3", "4 2", "1 4"]

    static func style(_ i: Int) -> String { "c\(i % 6 + 1)" }
    static func dash(_ i: Int) -> String? { dashes[i % dashes.count] }
}

extension HTMLIcon {
    static let interval =
        "<svg class=\"swatch\" aria-hidden=\"true\"><line class=\"interval\" x1=\"3\" x2=\"27\""
        + " y1=\"5\" y2=\"5\"/><circle class=\"interval\" cx=\"3\" cy=\"5\" r=\"2\"/>"
        + "<circle class=\"interval\" cx=\"27\" cy=\"5\" r=\"2\"/></svg>"
}
