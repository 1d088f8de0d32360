// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// How many messages each channel holds, as far as this process knows: counted now and then, and kept up to date in
/// between by what is published and settled here.
struct DepthEstimate: Sendable {
    private var depths: [Channel: Int] = [:]
    private var counted: Instant?

    /// Whether a channel near `capacity`, or a long time, calls for counting again.
    func needsCount(_ channels: [Channel], capacity: Int, now: Instant) -> Bool {
        guard let counted else { return true }
        let age = counted.duration(to: now)
        let isNear = channels.contains { depths[$0, default: 0] >= capacity - capacity / 5 }
        return age >= (isNear ? .seconds(1) : .seconds(30))
    }

    mutating func set(_ depths: [Channel: Int], now: Instant) {
        self.depths = depths
        counted = now
    }

    mutating func add(_ number: Int, to channel: Channel) {
        depths[channel, default: 0] += number
    }

    /// The first channel that has no room for `number` more.
    func full(_ channels: [Channel], adding number: Int, capacity: Int) -> Channel? {
        channels.first { depths[$0, default: 0] + number > capacity }
    }
}
