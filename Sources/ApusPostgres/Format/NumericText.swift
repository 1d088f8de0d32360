// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusSQL

    /// NUMERIC in binary form: digits of base 10,000, the weight of the first, a sign, and how many decimals are shown.
    enum NumericText {
        /// An integer if there are no decimals and it fits, so that `SUM` of a BIGINT column is one; otherwise the exact
        /// decimal number as text.
        static func decode(_ bytes: UnsafeBufferPointer<UInt8>) -> SQLValue? {
            guard bytes.count >= 8, bytes.count % 2 == 0 else { return nil }
            func half(_ index: Int) -> Int { Int(bytes[2 * index]) << 8 | Int(bytes[2 * index + 1]) }
            let count = half(0)
            let weight = Int(Int16(truncatingIfNeeded: half(1)))
            let scale = half(3)
            guard bytes.count == 8 + 2 * count else { return nil }
            switch half(2) {
            case 0xC000: return .text("NaN")
            case 0xD000: return .text("Infinity")
            case 0xF000: return .text("-Infinity")
            default: break
            }
            func digits(at position: Int) -> String {
                let index = weight - position
                let value = index >= 0 && index < count ? half(4 + index) : 0
                let text = String(value)
                return String(repeating: "0", count: max(0, 4 - text.count)) + text
            }
            var whole = ""
            for position in stride(from: max(weight, 0), through: 0, by: -1) { whole += digits(at: position) }
            let trimmed = whole.drop { $0 == "0" }
            var text = (half(2) == 0x4000 ? "-" : "") + (trimmed.isEmpty ? "0" : String(trimmed))
            guard scale > 0 else { return Int64(text).map { .integer($0) } ?? .text(text) }
            var decimals = ""
            var position = -1
            while decimals.count < scale {
                decimals += digits(at: position)
                position -= 1
            }
            text += "." + decimals.prefix(scale)
            return .text(text)
        }
    }
#endif
