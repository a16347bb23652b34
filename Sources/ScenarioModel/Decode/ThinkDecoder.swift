// `think`: a duration, `{uniform: [a, b]}` or `{exponential: mean, max}` (max: 10 x mean).

import HarnessCore

struct ThinkDecoder {
    let read: NodeReader

    func think(_ node: YAMLNode, _ path: String) -> Think? {
        if node.entries == nil { return read.duration(node, path).map(Think.fixed) }
        guard let map = MapReader(node, path: path, problems: read.problems) else { return nil }
        defer { map.finish() }
        let uniform = map.take("uniform")
        let mean = map.duration("exponential")
        let most = map.duration("max")
        if let uniform {
            if map.take("exponential") != nil || map.take("max") != nil {
                read.problems.error("\(path): either uniform or exponential", at: node.place)
            }
            return self.uniform(uniform, map.path("uniform"))
        }
        guard let mean else {
            if map.take("exponential") == nil {
                read.problems.error(
                    "\(path): a duration, {uniform: [a, b]} or {exponential: mean}",
                    at: node.place)
            }
            return nil
        }
        let tenfold = TimeSpan(ns: min(mean.ns * 10, Limits.durationNs))
        return .exponential(mean: mean, max: most ?? tenfold)
    }

    private func uniform(_ node: YAMLNode, _ path: String) -> Think? {
        guard let items = read.items(node, path) else { return nil }
        guard items.count == 2 else {
            read.problems.error("\(path): takes two durations", at: node.place)
            return nil
        }
        guard let low = read.duration(items[0], "\(path)[0]"),
            let high = read.duration(items[1], "\(path)[1]")
        else { return nil }
        guard low <= high else {
            read.problems.error("\(path): the first is longer than the second", at: node.place)
            return nil
        }
        return .uniform(low, high)
    }
}
