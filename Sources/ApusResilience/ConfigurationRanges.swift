// SPDX-License-Identifier: Apache-2.0
import ApusCore

extension [ConfigurationProblem] {
    mutating func requireInteger(_ key: String, _ value: Int, in range: ClosedRange<Int>) {
        require(range.contains(value), key, "must be from \(range.lowerBound) to \(range.upperBound), is \(value)")
    }

    mutating func requireDuration(_ key: String, _ value: Duration, in range: ClosedRange<Duration>) {
        require(range.contains(value), key, "must be from \(range.lowerBound) to \(range.upperBound), is \(value)")
    }
}
