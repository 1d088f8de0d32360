// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// A type of message: its name, the version of its payload's form, and how payloads become bytes and come back.
///
/// Events of a contract have theirs by `MessageType(OrderPlaced.self)`; any `Codable` payload gets one by a name:
/// ```swift
/// let resize = MessageType<ResizeImage>("resize_image", version: 2)
///     .reading(1, as: ResizeImageV1.self) { ResizeImage(path: $0.file, width: $0.width) }
/// ```
/// A message of a version that isn't known here, newer than this process or too old, is undecodable: kept as dead until
/// somebody who knows it redrives it.
public struct MessageType<Payload: Sendable>: Sendable {
    /// In snake case: `order_placed`.
    public let name: String
    /// What this process writes. At least 1.
    public let version: Int
    private let encoding: @Sendable (Payload) throws -> [UInt8]
    private var decoding: [Int: @Sendable ([UInt8]) throws -> Payload]

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

    /// Decodes a payload of a version; for an event with its rules checked.
    ///
    /// - Throws: `undecodable` naming the type and what is wrong.
    public func decode(_ data: [UInt8], version: Int = 1) throws(MessagingError) -> Payload {
        guard let decode = decoding[version] else {
            let known = decoding.keys.sorted().map(String.init).joined(separator: ", ")
            throw MessagingError(.undecodable, "version \(version) of \(name) isn't known here, only \(known)")
        }
        do {
            return try decode(data)
        } catch let problem as Problem {
            let fields = (problem.errors ?? []).map { "\($0.field): \($0.message)" }.joined(separator: "; ")
            throw MessagingError(.undecodable, "the payload of \(name): \(problem.detail ?? problem.title) \(fields)")
        } catch {
            throw MessagingError(.undecodable, "the payload of \(name): \(error)")
        }
    }

    /// This type, which also reads payloads of another version, as they were written then.
    ///
    /// - Parameter convert: makes today's payload of it; what it throws makes the message undecodable.
    public func reading<Other: Codable & SendableMetatype>(
        _ version: Int, as other: Other.Type, _ convert: @escaping @Sendable (Other) throws -> Payload
    ) -> MessageType {
        var copy = self
        copy.decoding[version] = { try convert(try JSONCodec(dates: .rfc3339).decode(from: $0)) }
        return copy
    }
}

extension MessageType where Payload: Event {
    /// The type of a contract's event.
    public init(_ event: Payload.Type) {
        name = Payload.type
        version = Payload.version
        encoding = { ContractJSON.encode($0) }
        decoding = [Payload.version: { try ContractJSON.decode(from: $0) }]
    }
}

extension MessageType where Payload: Codable {
    /// A type whose payload is encoded as JSON by its `Codable` conformance, dates by RFC 3339.
    ///
    /// - Parameter version: of the payload's form, at least 1. Default: 1.
    public init(_ name: String, version: Int = 1) {
        self.name = name
        self.version = version
        let codec = JSONCodec(dates: .rfc3339)
        encoding = { try codec.encode($0) }
        decoding = [version: { try codec.decode(from: $0) }]
    }
}
