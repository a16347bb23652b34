// A failing list of commands, made shorter for as long as it still fails.

/// The shortest list found by leaving out halves, quarters, ... single elements of `all`.
///
/// - Parameter fails: whether a list still shows the fault. Called some `all.count x log` times.
func shrunk<Element>(_ all: [Element], most: Int = 4_000, fails: ([Element]) -> Bool) -> [Element] {
    var list = all
    var piece = max(1, list.count / 2)
    var tries = 0
    while true {
        var at = 0
        var isShorter = false
        while at < list.count, tries < most {
            tries += 1
            let without = Array(list[..<at] + list[min(list.count, at + piece)...])
            if fails(without) {
                list = without
                isShorter = true
            } else {
                at += piece
            }
        }
        if piece == 1, !isShorter || tries >= most { return list }
        piece = max(1, piece / 2)
    }
}
