// SPDX-License-Identifier: Apache-2.0

/// Whether this build has libnats.
enum NATSLibrary {
    #if NATS
        static let isAvailable = true
    #else
        static let isAvailable = false
    #endif
}

#if NATS
    internal import ApusCore
    internal import CNATS
    internal import Foundation

    /// One connection of libnats, which never comes back when it is lost. All methods belong to one thread and may block.
    final class NATSSession: @unchecked Sendable {
        // Only the thread of its link touches what is here.
        private let raw: OpaquePointer
        private let dialer: NATSDialer
        private let events: SessionEvents
        private var subscriptions: [UInt64?: OpaquePointer] = [:]

        /// Takes over a connection that is made.
        init(_ raw: OpaquePointer, dialer: NATSDialer, events: SessionEvents) {
            self.raw = raw
            self.dialer = dialer
            self.events = events
        }

        /// Ends the connection.
        func close() {
            for subscription in subscriptions.values { end(subscription) }
            subscriptions = [:]
            natsConnection_Close(raw)
            natsConnection_Destroy(raw)
        }

        /// Listens to an inbox; nil for that of all requests that need none of their own.
        func listen(_ inbox: UInt64?) -> NATSError? {
            var subscription: OpaquePointer?
            let subject = inbox.map { dialer.subject(ofInbox: $0) } ?? "\(dialer.inbox).r.*"
            let closure = Unmanaged.passRetained(SessionInbox(inbox, events))
            let status = natsConnection_Subscribe(
                &subscription, raw, subject, { SessionInbox.message($2, $3) }, closure.toOpaque())
            guard status == NATS_OK, let subscription else {
                closure.release()
                return Self.error(status)
            }
            // Their number is bounded by the requests.
            natsSubscription_SetPendingLimits(subscription, -1, -1)
            // Refused if the connection has ended meanwhile: then nobody will say when the last callback has returned, and
            // these few bytes are left.
            natsSubscription_SetOnCompleteCB(subscription, { SessionInbox.release($0) }, closure.toOpaque())
            subscriptions[inbox] = subscription
            return nil
        }

        func stopListening(_ id: UInt64) {
            if let subscription = subscriptions.removeValue(forKey: id) { end(subscription) }
        }

        private func end(_ subscription: OpaquePointer) {
            natsSubscription_Unsubscribe(subscription)
            natsSubscription_Destroy(subscription)
        }

        /// Hands a message to the server.
        func send(_ publication: Publication) -> NATSError? {
            if publication.headers.isEmpty {
                return check(
                    publication.data.withUnsafeBytes { data in
                        publication.reply == nil
                            ? natsConnection_Publish(
                                raw, publication.subject, data.baseAddress, Int32(data.count))
                            : natsConnection_PublishRequest(
                                raw, publication.subject, publication.reply, data.baseAddress, Int32(data.count))
                    })
            }
            var message: OpaquePointer?
            var status = publication.data.withUnsafeBytes { data in
                natsMsg_Create(
                    &message, publication.subject, publication.reply,
                    data.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(data.count))
            }
            for header in publication.headers where status == NATS_OK {
                status = natsMsgHeader_Add(message, header.name, header.value)
            }
            if status == NATS_OK { status = natsConnection_PublishMsg(raw, message) }
            natsMsg_Destroy(message)
            return check(status)
        }

        private func check(_ status: natsStatus) -> NATSError? {
            status == NATS_OK ? nil : Self.error(status)
        }

        private static func error(_ status: natsStatus) -> NATSError {
            switch status {
            case NATS_MAX_PAYLOAD:
                NATSError(.tooLarge, "the message is larger than the server takes", mayHaveRun: false)
            case NATS_INVALID_SUBJECT, NATS_INVALID_ARG:
                NATSError(.invalid, "NATS doesn't allow the subject or a header", mayHaveRun: false)
            default:
                NATSError(
                    .connectionLost, "the connection to NATS failed: \(String(cString: natsStatus_GetText(status)))",
                    mayHaveRun: status != NATS_CONNECTION_CLOSED)
            }
        }
    }
#endif
