enum ReportGolden {
    static let passing = ""
    static let failing = ""
    static let invalid = ""
    static let interrupted = ""
    static let closed = ""
    static let empty = ""
    static let quietFailing = ""
    static let quietPassing = ""
}
