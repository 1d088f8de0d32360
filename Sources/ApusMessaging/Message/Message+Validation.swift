// SPDX-License-Identifier: Apache-2.0
internal import ApusContract

extension Message {
    /// - Throws: `invalid` naming the empty or ill-formed attribute, or saying where the payload stops being JSON.
    func validate() throws(MessagingError) {
        for (name, value) in [("id", id), ("type", type), ("source", source)] {
            if value.isEmpty { throw MessagingError(.invalid, "attribute \(name) of the message is empty") }
            // CloudEvents forbids them, and stores use them between names.
            guard !value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
                throw MessagingError(.invalid, "attribute \(name) of the message has control characters")
            }
        }
        for name in extensions.keys where !CloudEventAttributes.isName(name) {
            throw MessagingError(.invalid, "attribute name \(name.prefix(40)) isn't 1 to 20 of a-z and 0-9")
        }
        if let orderingKey, !(1...256).contains(orderingKey.utf8.count) {
            throw MessagingError(.invalid, "an ordering key has 1 to 256 bytes, this one \(orderingKey.utf8.count)")
        }
        guard version >= 1 else { throw MessagingError(.invalid, "the version is at least 1, is \(version)") }
        guard isJSON else { return }
        do {
            _ = try JSONParser.parse(data)
        } catch {
            throw MessagingError(.invalid, "the payload of \(type) is no JSON: \(error)")
        }
    }

    /// The message with what `options` say.
    func with(_ options: PublishOptions) -> Message {
        var message = self
        if let priority = options.priority { message.priority = priority }
        if let orderingKey = options.orderingKey { message.orderingKey = orderingKey }
        if let expires = options.expires { message.expires = expires }
        return message
    }
}
