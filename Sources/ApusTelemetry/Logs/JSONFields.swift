// SPDX-License-Identifier: Apache-2.0
import Logging

/// A logger's own metadata as JSON fields, rendered when it changes instead of for every line.
struct JSONFields {
    private(set) var bytes: [UInt8] = []
    private(set) var known: KnownKeys = []
    /// False if a value's text may change between lines; then there are no bytes.
    private(set) var isFixed = true

    init() {}

    init(_ metadata: Logger.Metadata) {
        for (key, value) in metadata { add(key, value) }
    }

    /// Adds a field that isn't there yet.
    mutating func add(_ key: String, _ value: Logger.MetadataValue) {
        isFixed = isFixed && Self.isFixed(value)
        guard isFixed else { return bytes.removeAll() }
        withUnsafeTemporaryAllocation(byteCount: LineBuffer.stackBytes, alignment: 8) { storage in
            var line = LineBuffer(borrowing: storage, limit: LineBuffer.standardLimit / 2 - bytes.count)
            known.formUnion(line.append(field: key, value, eventHasError: false))
            line.withBytes { bytes.append(contentsOf: $0) }
        }
    }

    private static func isFixed(_ value: Logger.MetadataValue) -> Bool {
        switch value {
        case .string: true
        case .stringConvertible: false
        case .array(let values): values.allSatisfy(isFixed)
        case .dictionary(let values): values.values.allSatisfy(isFixed)
        }
    }
}
