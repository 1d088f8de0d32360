// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// How many messages each channel holds, as far as this process knows: counted now and then, and kept up to date in
/// between by what is published and settled here.
struct DepthEstimate: Sendable {
    private var depths: [Channel: Int] = [:]
    private var counted: Instant?

    /// Whether a channel near `capacity`, or a long time, calls for counting again.
    func needsCount(_ channels: some Sequence<Channel>, capacity: Int, now: Instant) -> Bool {
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

    /// Makes room for what is wanted in each channel; or for nothing, and gives a channel that has no room.
    mutating func admit(_ wanted: [Channel: Int], capacity: Int) -> Channel? {
        if let full = wanted.first(where: { depths[$0.key, default: 0] + $0.value > capacity }) { return full.key }
        for (channel, number) in wanted { depths[channel, default: 0] += number }
        return nil
    }
}
