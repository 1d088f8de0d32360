// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// A number for everything that has happened, in its order.
struct TraceHash: Sendable {
    private(set) var value: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func add(_ number: UInt64) {
        value = (value ^ number) &* 0xBF58_476D_1CE4_E5B9
        value ^= value >> 29
    }

    mutating func add(_ text: String) {
        add(XXHash64.hash(text))
    }
}
