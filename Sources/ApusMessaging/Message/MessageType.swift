// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// A type of message: its name, and how its payload becomes bytes and comes back.
///
/// Events of a contract have theirs by `MessageType(OrderPlaced.self)`; any `Codable` payload gets one by a name:
/// ```swift
/// let resize = MessageType<ResizeImage>("resize_image")
/// ```
public struct MessageType<Payload: Sendable>: Sendable {
    /// In snake case: `order_placed`.
    public let name: String
    private let encoding: @Sendable (Payload) throws -> [UInt8]
    private let decoding: @Sendable ([UInt8]) throws -> Payload

    /// Encodes the payload.
    ///
    /// - Throws: `invalid` naming the type.
    public func encode(_ payload: Payload) throws(MessagingError) -> [UInt8] {
        do {
            return try encoding(payload)
        } catch {
            throw MessagingError(.invalid, "the payload of \(name) can't be encoded: \(error)")
        }
    }

    /// Decodes the payload; for an event with its rules checked.
    ///
    /// - Throws: `undecodable` naming the type and what is wrong.
    public func decode(_ data: [UInt8]) throws(MessagingError) -> Payload {
        do {
            return try decoding(data)
        } catch let problem as Problem {
            let fields = (problem.errors ?? []).map { "\($0.field): \($0.message)" }.joined(separator: "; ")
            throw MessagingError(.undecodable, "the payload of \(name): \(problem.detail ?? problem.title) \(fields)")
        } catch {
            throw MessagingError(.undecodable, "the payload of \(name): \(error)")
        }
    }
}

extension MessageType where Payload: Event {
    /// The type of a contract's event.
    public init(_ event: Payload.Type) {
        name = Payload.type
        encoding = { ContractJSON.encode($0) }
        decoding = { try ContractJSON.decode(from: $0) }
    }
}

extension MessageType where Payload: Codable {
    /// A type whose payload is encoded as JSON by its `Codable` conformance, dates by RFC 3339.
    public init(_ name: String) {
        self.name = name
        let codec = JSONCodec(dates: .rfc3339)
        encoding = { try codec.encode($0) }
        decoding = { try codec.decode(from: $0) }
    }
}
