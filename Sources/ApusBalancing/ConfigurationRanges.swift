// SPDX-License-Identifier: Apache-2.0
import ApusCore

extension [ConfigurationProblem] {
    mutating func requireInteger(_ key: String, _ value: Int, in range: ClosedRange<Int>) {
        require(range.contains(value), key, "must be from \(range.lowerBound) to \(range.upperBound), is \(value)")
    }

    mutating func requireNumber(_ key: String, _ value: Double, in range: ClosedRange<Double>) {
        require(range.contains(value), key, "must be from \(range.lowerBound) to \(range.upperBound), is \(value)")
    }

    mutating func requireDuration(_ key: String, _ value: Duration, in range: ClosedRange<Duration>) {
        require(range.contains(value), key, "must be from \(range.lowerBound) to \(range.upperBound), is \(value)")
    }

    /// Takes over the problems of a part of the configuration, under its key.
    mutating func append(_ problems: [ConfigurationProblem], of key: String) {
        append(contentsOf: problems.map { ConfigurationProblem("\(key).\($0.key)", $0.message) })
    }
}
