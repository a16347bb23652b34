// What can be wrong with one parameter, in Binance's words (engine.md 2, "Errors").

/// Text that a parameter must match, as Binance shows it.
enum LegalRange {
    case decimal, integer, identifier
}

extension Rejection {
    static func missing(_ name: ParameterName) -> Rejection {
        Rejection(
            -1102, "Mandatory parameter '%s' was not sent, was empty/null, or malformed.",
            subject: name.text)
    }

    /// One of two must be there.
    static let missingOrderID = Rejection(
        -1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
    static let missingCancelID = Rejection(
        -1102,
        """
        Param 'cancelOrigClientOrderId' or 'cancelOrderId' must be sent, but both were empty/null!
        """)

    static func empty(_ name: ParameterName) -> Rejection {
        Rejection(-1105, "Parameter '%s' was empty.", subject: name.text)
    }

    static func notWanted(_ name: ParameterName) -> Rejection {
        Rejection(-1106, "Parameter '%s' sent when not required.", subject: name.text)
    }

    static func tooPrecise(_ name: ParameterName) -> Rejection {
        Rejection(-1111, "Parameter '%s' has too much precision.", subject: name.text)
    }

    static func notValid(_ name: ParameterName) -> Rejection {
        Rejection(-1130, "Data sent for parameter '%s' is not valid.", subject: name.text)
    }

    static func illegal(_ name: ParameterName, _ range: LegalRange) -> Rejection {
        let message: StaticString =
            switch range {
            case .decimal:
                #"""
                Illegal characters found in parameter '%s'; legal range is \#
                '^([0-9]{1,20})(\.[0-9]{1,20})?$'.
                """#
            case .integer:
                #"""
                Illegal characters found in parameter '%s'; legal range is '^[0-9]{1,20}$'.
                """#
            case .identifier:
                #"""
                Illegal characters found in parameter '%s'; legal range is \#
                '^[a-zA-Z0-9_.:/-]{1,36}$'.
                """#
            }
        return Rejection(-1100, message, subject: name.text)
    }

    /// A rejection of `DecimalText` with the parameter's name.
    func about(_ name: ParameterName) -> Rejection {
        switch code {
        case -1100: .illegal(name, .decimal)
        case -1105: .empty(name)
        case -1111: .tooPrecise(name)
        default: self
        }
    }

    static let unknownName = Rejection(-1103, "An unknown parameter was sent.")
    static let givenTwice = Rejection(-1101, "Duplicate values for a parameter detected.")
    static let badEscape = Rejection(-1100, "Illegal characters found in a parameter.")
    static let badJSON = Rejection(-1135, "Invalid JSON Request")
    static let invalidType = Rejection(-1116, "Invalid orderType.")
    static let invalidSide = Rejection(-1117, "Invalid side.")
    static let timeNotWanted = Rejection(
        -1114, "TimeInForce parameter sent when not required.")
    static let badRestrictions = Rejection(
        -1145, "`cancelRestrictions` has to be either `ONLY_NEW` or `ONLY_PARTIALLY_FILLED`.")
    static let unauthorized = Rejection(
        -1002, "You are not authorized to execute this request.")
    static let badKeyFormat = Rejection(-2014, "API-key format invalid.")
    static let badKey = notPermitted
    static let rateLimit = Rejection(-1003, "Too many requests queued.")
    static let stale = Rejection(
        -1021, "Timestamp for this request is outside of the recvWindow.")
    static let ahead = Rejection(
        -1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    static let badSignature = Rejection(
        -1022, "Signature for this request is not valid.")
    static let emptyBook = Rejection(-1112, "No orders on book for symbol.")
    static let noSuchTransfer = Rejection(-2013, "Transfer does not exist.")
}
