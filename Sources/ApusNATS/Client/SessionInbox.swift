// SPDX-License-Identifier: Apache-2.0
#if NATS
    internal import CNATS

    /// What a subscription of libnats holds of its session.
    final class SessionInbox: Sendable {
        private let id: UInt64?
        private let events: SessionEvents

        init(_ id: UInt64?, _ events: SessionEvents) {
            self.id = id
            self.events = events
        }

        static func message(_ raw: OpaquePointer?, _ closure: UnsafeMutableRawPointer?) {
            defer { natsMsg_Destroy(raw) }
            guard let raw, let closure, let subject = natsMsg_GetSubject(raw) else { return }
            let inbox = Unmanaged<SessionInbox>.fromOpaque(closure).takeUnretainedValue()
            let data = UnsafeRawBufferPointer(start: natsMsg_GetData(raw), count: Int(natsMsg_GetDataLength(raw)))
            inbox.events.message(
                NATSMessage(
                    subject: String(cString: subject), reply: natsMsg_GetReply(raw).map { String(cString: $0) },
                    headers: headers(of: raw), data: Array(data)),
                inbox: inbox.id)
        }

        static func release(_ closure: UnsafeMutableRawPointer?) {
            if let closure { Unmanaged<SessionInbox>.fromOpaque(closure).release() }
        }

        private static func headers(of raw: OpaquePointer) -> [NATSHeader] {
            var names: UnsafeMutablePointer<UnsafePointer<CChar>?>?
            var count: Int32 = 0
            guard natsMsgHeader_Keys(raw, &names, &count) == NATS_OK, let names else { return [] }
            defer { free(names) }
            return (0..<Int(count)).compactMap { index in
                var value: UnsafePointer<CChar>?
                guard let name = names[index], natsMsgHeader_Get(raw, name, &value) == NATS_OK, let value else {
                    return nil
                }
                return NATSHeader(String(cString: name), String(cString: value))
            }
        }
    }
#endif
