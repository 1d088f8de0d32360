// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusYAML

extension UnitText {
    /// The requests per time that `text` spells, or nil.
    static func rate(_ text: String) -> RateConfiguration? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int(parts[0]), (1...1_000_000_000).contains(number) else { return nil }
        switch parts[1] {
        case "s": return RateConfiguration(requests: number, per: .seconds(1))
        case "m": return RateConfiguration(requests: number, per: .seconds(60))
        case "h": return RateConfiguration(requests: number, per: .seconds(3600))
        default: return nil
        }
    }
}

extension ValueReader {
    /// Requests per time: `100/s`, `30/m`, `1000/h`.
    func rate() -> RateConfiguration? {
        parsed("a rate such as 100/s, 30/m or 1000/h", UnitText.rate)
    }
}
