// SPDX-License-Identifier: Apache-2.0
#if NATS
    internal import CNATS

    /// What a connection of libnats tells, from threads of libnats.
    final class SessionEvents: Sendable {
        private let received: @Sendable (NATSMessage, UInt64?) -> Void
        private let ended: @Sendable () -> Void
        private let refused: @Sendable (String) -> Void

        /// - Parameters:
        ///   - received: a message came for an inbox, nil being that of all requests that have none of their own.
        ///   - ended: the connection is gone; called once, or never if it was closed before it was made.
        ///   - refused: the server refused something, and says what.
        init(
            received: @escaping @Sendable (NATSMessage, UInt64?) -> Void, ended: @escaping @Sendable () -> Void,
            refused: @escaping @Sendable (String) -> Void
        ) {
            self.received = received
            self.ended = ended
            self.refused = refused
        }

        func message(_ message: NATSMessage, inbox: UInt64?) {
            received(message, inbox)
        }

        static func ended(_ closure: UnsafeMutableRawPointer?) {
            guard let closure else { return }
            Unmanaged<SessionEvents>.fromOpaque(closure).takeRetainedValue().ended()
        }

        static func refused(_ raw: OpaquePointer?, _ closure: UnsafeMutableRawPointer?) {
            guard let closure else { return }
            var text: UnsafePointer<CChar>?
            guard natsConnection_GetLastError(raw, &text) != NATS_OK, let text else { return }
            Unmanaged<SessionEvents>.fromOpaque(closure).takeUnretainedValue().refused(String(cString: text))
        }
    }
#endif
