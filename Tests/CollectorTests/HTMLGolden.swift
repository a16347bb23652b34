enum HTMLGolden {
    static let failing = ""
    static let line = ""
    static let heat = ""
    static let small = ""
}
