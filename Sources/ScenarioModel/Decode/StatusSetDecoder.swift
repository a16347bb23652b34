// `expect`, `rejects` and the check `status`: a status, a range, `2xx`, or a list of these.

struct StatusSetDecoder {
    let read: NodeReader

    func statuses(_ node: YAMLNode, _ path: String) -> StatusSet? {
        let items = node.items ?? [node]
        if items.isEmpty {
            read.problems.error("\(path): at least one status", at: node.place)
            return nil
        }
        var ranges: [ClosedRange<Int>] = []
        for item in items {
            guard let text = read.text(item, path) else { return nil }
            guard let range = StatusSet.parse(text) else {
                read.problems.error(
                    "\(path): \(text.quoted) is no status: 200, 2xx or 200-299", at: item.place)
                return nil
            }
            ranges.append(range)
        }
        return StatusSet(ranges)
    }
}
