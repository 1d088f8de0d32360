// SPDX-License-Identifier: Apache-2.0
public import ApusCore
internal import ApusSQL
public import Foundation

/// One message: what happened, with the payload as bytes. On the wire it is a CloudEvents 1.0 JSON document.
///
/// Source and id together name it for ever: a second message with the same two is the same message.
public struct Message: Sendable, Hashable {
    /// Unique among the messages of its source. Not empty.
    public var id: String
    /// What kind of message it is, in snake case: `order_placed`. Handlers and subscriptions are chosen by it.
    public var type: String
    /// Who published it: a URI reference such as `/services/orders`.
    public var source: String
    /// When it was published, by the publisher's clock, kept with milliseconds.
    public var created: Date
    /// The payload.
    public var data: [UInt8]
    /// What the payload is. Anything but `application/json` travels as base64.
    public var contentType: String
    /// The version of the payload's form, from 1. A handler reads those that its ``MessageType`` knows.
    public var version: Int
    /// Messages of a higher one are handled before those of a lower one.
    public var priority: MessagePriority
    /// Messages of one key are handled one after the other, in the order in which they were published; others don't wait
    /// for them. Not empty, at most 256 bytes.
    public var orderingKey: String?
    /// After this it is of no more use, and is kept as dead instead of being handled.
    public var expires: Date?
    /// The trace and the request that it was published in.
    public var trace: TraceContext?
    public var requestID: RequestID?
    /// Further CloudEvents attributes: names of 1 to 20 `a–z 0–9`. Unknown ones of a received message are kept here.
    public var extensions: [String: String]

    public init(
        id: String, type: String, source: String, created: Date, data: [UInt8],
        contentType: String = "application/json", version: Int = 1, priority: MessagePriority = .normal,
        orderingKey: String? = nil, expires: Date? = nil, trace: TraceContext? = nil,
        requestID: RequestID? = nil, extensions: [String: String] = [:]
    ) {
        self.id = id
        self.type = type
        self.source = source
        self.created = created
        self.data = data
        self.contentType = contentType
        self.version = version
        self.priority = priority
        self.orderingKey = orderingKey
        self.expires = expires
        self.trace = trace
        self.requestID = requestID
        self.extensions = extensions
    }

    /// A message of `type` with the payload encoded; trace and request id are those of `CallContext.current`.
    ///
    /// - Throws: `invalid` if the payload can't be encoded.
    public init<Payload>(
        _ payload: Payload, as type: MessageType<Payload>, source: String, id: String, created: Date,
        expires: Date? = nil
    ) throws(MessagingError) {
        let context = CallContext.current
        self.init(
            id: id, type: type.name, source: source, created: created, data: try type.encode(payload),
            version: type.version, expires: expires, trace: context?.trace, requestID: context?.requestID)
    }

    /// 128 random bits as 32 hexadecimal digits.
    public static func newID(using random: inout some RandomNumberGenerator) -> String {
        Hex.string(random.next(), random.next())
    }

    /// 48 bits of time in milliseconds and 80 random ones, as 32 hexadecimal digits. Ids made one after the other lie
    /// side by side in the indexes of a store, which costs it far less than ids that lie all over them.
    public static func newID(at date: Date, using random: inout some RandomNumberGenerator) -> String {
        let milliseconds = UInt64(clamping: date.microsecondsSince1970 / 1000)
        let chance: UInt64 = random.next()
        return Hex.string(milliseconds << 16 | chance >> 48, random.next())
    }

    /// Whether the payload is JSON: `application/json` or a type that ends in `+json`.
    public var isJSON: Bool {
        let type = contentType.prefix { $0 != ";" }
        return type == "application/json" || type.hasSuffix("+json")
    }
}
