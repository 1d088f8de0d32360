// SPDX-License-Identifier: Apache-2.0
#if NATS
    import ApusMessaging
    import ApusNATS
    import ApusTesting
    import Foundation

    extension QueueEntry {
        /// A message whose id and payload are a number.
        static func numbered(
            _ number: Int, _ channel: Channel, delay: Duration = .zero, isRemembered: Bool = true
        ) -> QueueEntry {
            named("\(number)", channel, delay: delay, isRemembered: isRemembered)
        }

        static func named(
            _ id: String, _ channel: Channel, delay: Duration = .zero, isRemembered: Bool = true
        ) -> QueueEntry {
            let message = Message(
                id: id, type: "job", source: "/services/test", created: Date(timeIntervalSince1970: 1_800_000_000),
                data: Array("\(Int(id) ?? 0)".utf8))
            return QueueEntry(
                channel: channel, message: message, document: message.cloudEvent, delay: delay,
                isRemembered: isRemembered)
        }
    }

    extension Delivery {
        /// The number that ``QueueEntry/numbered(_:_:delay:isRemembered:)`` put in.
        var number: Int { Int(String(decoding: message.data, as: UTF8.self)) ?? -1 }
    }

    extension JetStreamQueue {
        /// The next message of a channel, as soon as there is one.
        func claimed(from channel: Channel, lease: Duration = .seconds(10)) async throws -> Delivery {
            var claimed: [Delivery] = []
            try await eventually("a message") {
                claimed = try await claim(1, from: channel, lease: lease)
                return !claimed.isEmpty
            }
            return claimed[0]
        }
    }

    /// The error that `body` throws.
    func rejection<Value>(_ body: () async throws(MessagingError) -> Value) async throws -> MessagingError {
        do throws(MessagingError) {
            _ = try await body()
        } catch {
            return error
        }
        throw ConformanceFailure("no error was thrown")
    }
#endif
