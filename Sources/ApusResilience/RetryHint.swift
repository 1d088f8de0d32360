// SPDX-License-Identifier: Apache-2.0

/// When to come back, for those who are refused.
enum RetryHint {
    /// A wait, brought into 1 ms to 30 s and made up to a half longer by chance, so that those who are refused at once
    /// don't come back at once; rounded up to a millisecond.
    static func spread(nanoseconds: Double, using random: inout some RandomNumberGenerator) -> Duration {
        let wait = min(max(nanoseconds, 1e6), 30e9)
        let spread = wait * (1 + Double(random.next() >> 11) * 0x1p-54)
        return .milliseconds(Int64((spread / 1e6).rounded(.up)))
    }
}
