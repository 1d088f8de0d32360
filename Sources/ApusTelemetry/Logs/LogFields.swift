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

    /// The logger's own fields that nobody overrides.
    func forEachOfLogger(_ body: (String, Logger.MetadataValue) -> Void) {
        for (key, value) in logger where !Self.has(event, key) && !Self.has(provided, key) {
            body(key, value)
        }
    }

    /// The fields of provider and event, each key once.
    func forEachOfEvent(_ body: (String, Logger.MetadataValue) -> Void) {
        if let provided {
            for (key, value) in provided where !Self.has(event, key) { body(key, value) }
        }
        if let event {
            for (key, value) in event { body(key, value) }
        }
    }

    private static func has(_ metadata: Logger.Metadata?, _ key: String) -> Bool {
        metadata?.index(forKey: key) != nil
    }

    private static func meet(_ left: Logger.Metadata, _ right: Logger.Metadata?) -> Bool {
        guard let right else { return false }
        return right.keys.contains { left.index(forKey: $0) != nil }
    }
}
