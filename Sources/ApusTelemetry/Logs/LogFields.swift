// SPDX-License-Identifier: Apache-2.0
import Logging

/// The metadata of one line, from three places that may name the same key: what the event says wins over what the
/// provider says, and that over what the logger carries.
struct LogFields {
    let logger: Logger.Metadata
    let provided: Logger.Metadata?
    let event: Logger.Metadata?

    init(logger: Logger.Metadata, provider: Logger.MetadataProvider?, event: Logger.Metadata?) {
        self.logger = logger
        let provided = provider?.get()
        self.provided = provided?.isEmpty == false ? provided : nil
        self.event = event?.isEmpty == false ? event : nil
    }

    /// Whether a key of the logger's is named again.
    var overridesLogger: Bool {
        if logger.isEmpty { return false }
        return Self.meet(logger, event) || Self.meet(logger, provided)
    }

    /// Whether event or provider name a key of the logger's.
    func overridesLogger(_ key: String) -> Bool {
        overridesProvided(key) || provided?.index(forKey: key) != nil
    }

    /// Whether the event names a key of the provider's.
    func overridesProvided(_ key: String) -> Bool {
        event?.index(forKey: key) != nil
    }

    private static func meet(_ left: Logger.Metadata, _ right: Logger.Metadata?) -> Bool {
        guard let right else { return false }
        return right.keys.contains { left.index(forKey: $0) != nil }
    }
}
