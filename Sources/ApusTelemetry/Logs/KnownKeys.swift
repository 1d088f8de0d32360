// SPDX-License-Identifier: Apache-2.0

/// What is special about the keys of a line's metadata. Told apart by bytes, for every key of every line passes here.
struct KnownKeys: OptionSet {
    let rawValue: UInt8

    static let requestID = KnownKeys(rawValue: 1)
    static let traceID = KnownKeys(rawValue: 2)
    static let spanID = KnownKeys(rawValue: 4)
    static let error = KnownKeys(rawValue: 8)
    /// A key that the line uses itself, or such a key behind any number of `fields.`: one more `fields.` keeps keys
    /// unique.
    static let reserved = KnownKeys(rawValue: 16)
    /// The same for `error`, which the line uses only if its event carries one.
    static let reservedWithError = KnownKeys(rawValue: 32)

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    init(key: String) {
        let known = key.utf8.withContiguousStorageIfAvailable { Self(bytes: UnsafeRawBufferPointer($0)) }
        self = known ?? Self(bytes: Array(key.utf8))
    }

    private init(bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { Self(bytes: $0) }
    }

    private init(bytes: UnsafeRawBufferPointer) {
        switch bytes.count {
        case 4 where Self.match(bytes, "time"): self = .reserved
        case 5 where Self.match(bytes, "level"): self = .reserved
        case 5 where Self.match(bytes, "error"): self = [.error, .reservedWithError]
        case 6 where Self.match(bytes, "logger"): self = .reserved
        case 7 where Self.match(bytes, "message") || Self.match(bytes, "service"): self = .reserved
        case 7 where Self.match(bytes, "span_id"): self = .spanID
        case 8 where Self.match(bytes, "trace_id"): self = .traceID
        case 8 where Self.match(bytes, "resource"): self = .reserved
        case 9 where Self.match(bytes, "truncated"): self = .reserved
        case 10 where Self.match(bytes, "request_id"): self = .requestID
        case 11... where Self.match(bytes, "fields."):
            let rest = Self(bytes: UnsafeRawBufferPointer(rebasing: bytes.dropFirst(7)))
            self = rest.intersection([.reserved, .reservedWithError])
        default: self = []
        }
    }

    /// Whether the key must give way.
    func mustGiveWay(eventHasError: Bool) -> Bool {
        contains(.reserved) || (eventHasError && contains(.reservedWithError))
    }

    /// Whether `bytes`, at least as many as `word`, begin with it.
    @inline(__always)
    private static func match(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        let start = word.utf8Start
        for index in 0..<word.utf8CodeUnitCount where bytes[index] != start[index] { return false }
        return true
    }
}
