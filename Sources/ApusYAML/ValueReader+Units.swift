// SPDX-License-Identifier: Apache-2.0
import ApusCore

extension ValueReader {
    /// A positive duration with its unit: `500ms`, `30s`, `5m`, `1h`.
    public func duration(in range: ClosedRange<Duration> = .milliseconds(1)...(.seconds(86_400))) -> Duration? {
        parsed(
            "a duration from \(UnitText.duration(range.lowerBound)) to \(UnitText.duration(range.upperBound)), such as 500ms, 30s or 5m"
        ) {
            UnitText.duration($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A number of bytes: `8192`, `64KiB`, `10MB`.
    public func bytes(in range: ClosedRange<Int>) -> Int? {
        parsed("a size from \(range.lowerBound) to \(range.upperBound) bytes, such as 64KiB or 10MB") {
            UnitText.bytes($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}
