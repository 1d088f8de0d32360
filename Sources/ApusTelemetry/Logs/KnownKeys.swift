// SPDX-License-Identifier: Apache-2.0

/// Which of the keys with a meaning of their own a line already has from its metadata.
struct KnownKeys: OptionSet {
    let rawValue: UInt8

    static let requestID = KnownKeys(rawValue: 1)
    static let traceID = KnownKeys(rawValue: 2)
    static let spanID = KnownKeys(rawValue: 4)
    static let error = KnownKeys(rawValue: 8)

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    init(key: String) {
        switch key {
        case "request_id": self = .requestID
        case "trace_id": self = .traceID
        case "span_id": self = .spanID
        case "error": self = .error
        default: self = []
        }
    }
}
