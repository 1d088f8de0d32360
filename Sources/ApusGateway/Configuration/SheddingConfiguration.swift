// SPDX-License-Identifier: Apache-2.0
import ApusResilience

/// When the gateway sheds load: refuses requests, the least important first, because its event loops are late.
public struct SheddingConfiguration: Equatable, Sendable {
    /// How long a request may be ready before its event loop gets to it. Default 20 ms, 1 ms to 10 s.
    public var targetDelay = LoadShedderConfiguration().targetDelay
    /// Requests at once on one event loop, whatever the delay. Default 10,000,000, which is none; from 1.
    public var maxInFlight = 10_000_000

    public init() {}

    /// The same in the words of ApusResilience.
    var shedder: LoadShedderConfiguration {
        var configuration = LoadShedderConfiguration()
        configuration.targetDelay = targetDelay
        configuration.maximumInFlight = maxInFlight
        return configuration
    }
}
