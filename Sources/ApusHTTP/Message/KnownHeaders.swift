// SPDX-License-Identifier: Apache-2.0

/// Numbers for the header names that Apus itself reads or writes: a small open-addressed table over length, first and
/// last letter, filled once.
struct KnownHeaders: Sendable {
    static let shared = KnownHeaders()

    // The order is free, the numbers are not stored anywhere. Number 0 means "not known".
    private static let names: [String] = [
        "accept", "accept-encoding", "allow", "authorization", "cache-control", "connection", "content-encoding",
        "content-length", "content-type", "cookie", "date", "etag", "expect", "forwarded", "host", "idempotency-key",
        "if-match", "if-none-match", "keep-alive", "location", "proxy-authenticate", "proxy-authorization",
        "proxy-connection", "x-request-id", "retry-after", "server", "set-cookie", "te", "traceparent", "tracestate",
        "trailer", "transfer-encoding", "upgrade", "user-agent", "www-authenticate", "x-forwarded-for",
        "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-prefix", "x-forwarded-ssl",
        "x-real-ip", "apus-timeout-ms",
    ]

    private let slots: [UInt8]
    private let lowercased: [[UInt8]]

    private init() {
        var slots = [UInt8](repeating: 0, count: 256)
        let lowercased = [[]] + Self.names.map { Array($0.utf8) }
        for (token, name) in lowercased.enumerated().dropFirst() {
            var slot = Self.slot(length: name.count, first: name[0], last: name[name.count - 1])
            while slots[slot] != 0 { slot = (slot + 1) & 255 }
            slots[slot] = UInt8(token)
        }
        self.slots = slots
        self.lowercased = lowercased
    }

    /// The number of the name, or 0.
    func token(of name: UnsafeRawBufferPointer) -> UInt8 {
        guard let first = name.first, let last = name.last else { return 0 }
        var slot = Self.slot(length: name.count, first: first | 0x20, last: last | 0x20)
        while case let token = slots[slot], token != 0 {
            if CharacterClass.equal(name, lowercased: lowercased[Int(token)]) { return token }
            slot = (slot + 1) & 255
        }
        return 0
    }

    private static func slot(length: Int, first: UInt8, last: UInt8) -> Int {
        (length &* 37 &+ Int(first) &* 11 &+ Int(last) &* 5) & 255
    }
}
