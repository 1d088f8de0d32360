// SPDX-License-Identifier: Apache-2.0
/// What a conformance check found: which promise of a protocol a backend doesn't keep.
public struct ConformanceFailure: Error, CustomStringConvertible {
    /// A sentence: what was expected, and what was there instead.
    public let message: String
    /// Where in the suite.
    public let location: String

    /// A failure at the place of the call.
    public init(_ message: String, file: String = #fileID, line: Int = #line) {
        self.message = message
        location = "\(file):\(line)"
    }

    public var description: String { "\(message) (\(location))" }
}

/// Throws a ``ConformanceFailure`` unless `condition` holds.
func require(
    _ condition: Bool, _ message: @autoclosure () -> String, file: String = #fileID, line: Int = #line
) throws {
    guard condition else { throw ConformanceFailure(message(), file: file, line: line) }
}

/// Throws a ``ConformanceFailure`` unless both are equal.
func require<Value: Equatable>(
    _ actual: Value, is expected: Value, _ what: String, file: String = #fileID, line: Int = #line
) throws {
    guard actual == expected else {
        throw ConformanceFailure("\(what): expected \(expected), got \(actual)", file: file, line: line)
    }
}
