// SPDX-License-Identifier: Apache-2.0

/// What other instances have changed, for whoever keeps copies of entries in memory.
public enum RedisInvalidation: Sendable, Hashable {
    /// The entry under this key (without the namespace) is another or gone.
    case key(String)
    /// Any entry may be another or gone: all were removed, or messages are missing.
    case everything
    /// The connection is lost: nothing is heard until the next ``everything``.
    case interrupted
}

/// The stream of ``RedisCache/invalidations()``, for one task to read. What this instance changed itself isn't in it.
public struct RedisInvalidations: AsyncSequence, Sendable {
    public typealias Element = RedisInvalidation

    let subscription: RedisSubscription
    let instance: String

    /// Ends the stream.
    public func cancel() {
        subscription.cancel()
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(stream: self)
    }

    public struct Iterator: AsyncIteratorProtocol {
        let stream: RedisInvalidations

        /// The next change; nil at the end and when the task is cancelled.
        public mutating func next() async -> RedisInvalidation? {
            while let event = await stream.subscription.next() {
                switch event {
                case .gap(.disconnected): return .interrupted
                case .gap: return .everything
                case .message(let message):
                    guard let change = InvalidationMessage(message.payload) else { return .everything }
                    if change.instance == stream.instance { continue }
                    return change.key.map { .key($0) } ?? .everything
                }
            }
            return nil
        }
    }
}

/// The text of such a message: who, and which key; no key means all.
struct InvalidationMessage: Equatable {
    var instance: String
    var key: String?

    init(instance: String, key: String?) {
        self.instance = instance
        self.key = key
    }

    init?(_ payload: [UInt8]) {
        guard let text = String(validating: payload, as: UTF8.self), let space = text.firstIndex(of: " ") else {
            return nil
        }
        instance = String(text[..<space])
        let rest = text[text.index(after: space)...]
        guard let kind = rest.first, kind == "K" || kind == "A" else { return nil }
        key = kind == "K" ? String(rest.dropFirst()) : nil
    }

    var text: String { "\(instance) \(key.map { "K\($0)" } ?? "A")" }
}
