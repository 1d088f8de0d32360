// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import NIOCore

/// The body of a message: nothing, bytes at hand, bytes that are arriving, or bytes that will be produced.
///
/// A body that is arriving can be read once. Reading slowly slows the sender down.
public struct HTTPBody: Sendable {
    enum Storage: Sendable {
        case empty
        case whole(ByteBuffer)
        case arriving(InboundBody.Handle)
        case produced(length: Int?, @Sendable (HTTPBodyWriter) async throws -> Void)
    }

    let storage: Storage

    init(_ storage: Storage) {
        self.storage = storage
    }

    /// No body.
    public static let empty = HTTPBody(.empty)

    /// The readable bytes of a buffer.
    public init(_ bytes: ByteBuffer) {
        self.init(bytes.readableBytes == 0 ? .empty : .whole(bytes))
    }

    /// Text, as UTF-8.
    public init(_ text: String) {
        self.init(ByteBuffer(string: text))
    }

    /// Bytes at hand.
    public init(_ bytes: some Sequence<UInt8>) {
        self.init(ByteBuffer(bytes: bytes))
    }

    /// A body that `produce` writes piece by piece while it is sent; `write` suspends while the peer is slow.
    ///
    /// - Parameters:
    ///   - length: The number of bytes, if it is known; a body that turns out to have another breaks the connection.
    ///   - produce: Throwing breaks the connection, so that the peer sees that something is missing.
    public init(length: Int? = nil, produce: @escaping @Sendable (HTTPBodyWriter) async throws -> Void) {
        self.init(.produced(length: length, produce))
    }

    /// The same body, of which so many bytes a second are sent: a response that is slow on purpose.
    ///
    /// - Parameter bytesPerSecond: at least 1.
    public func slowed(to bytesPerSecond: Int) -> HTTPBody {
        let rate = Swift.max(1, bytesPerSecond)
        switch storage {
        case .empty: return self
        case .whole(let bytes):
            return HTTPBody(length: bytes.readableBytes) { try await $0.slowed(to: rate).write(bytes) }
        case .arriving(let handle):
            return HTTPBody(length: handle.body.announcedLength) { writer in
                let slow = writer.slowed(to: rate)
                while let chunk = try await handle.body.next() { try await slow.write(chunk) }
            }
        case .produced(let length, let produce):
            return HTTPBody(length: length) { try await produce($0.slowed(to: rate)) }
        }
    }

    /// The whole body if it is at hand, empty included; nil if it is arriving or to be produced.
    public var buffered: ByteBuffer? {
        switch storage {
        case .empty: ByteBuffer()
        case .whole(let bytes): bytes
        case .arriving, .produced: nil
        }
    }

    /// The whole body.
    ///
    /// - Parameter limit: Bytes.
    /// - Throws: ``ApusCore/CallFailure`` with code `body_too_large` beyond the limit, or why the body broke off.
    public func collect(upTo limit: Int) async throws(CallFailure) -> ByteBuffer {
        switch storage {
        case .empty: return ByteBuffer()
        case .whole(let bytes):
            guard bytes.readableBytes <= limit else { throw .bodyTooLarge(limit) }
            return bytes
        case .arriving(let handle):
            if let announced = handle.body.announcedLength, announced > limit { throw .bodyTooLarge(limit) }
            var collected = ByteBuffer()
            while var chunk = try await handle.body.next() {
                guard collected.readableBytes + chunk.readableBytes <= limit else { throw .bodyTooLarge(limit) }
                if collected.readableBytes == 0 { collected = chunk } else { collected.writeBuffer(&chunk) }
            }
            return collected
        case .produced:
            throw CallFailure(
                .bodyNotReadable, "a body that is to be produced can't be read", stage: .admission,
                mayHaveReachedPeer: false)
        }
    }
}

extension HTTPBody: AsyncSequence {
    /// The pieces of the body as they arrive. A body that is to be produced has none.
    public struct AsyncIterator: AsyncIteratorProtocol {
        var whole: ByteBuffer?
        let arriving: InboundBody.Handle?

        public mutating func next() async throws(CallFailure) -> ByteBuffer? {
            if let bytes = whole {
                whole = nil
                return bytes
            }
            return try await arriving?.body.next()
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(CallFailure) -> ByteBuffer? {
            try await next()
        }
    }

    public func makeAsyncIterator() -> AsyncIterator {
        switch storage {
        case .empty, .produced: AsyncIterator(whole: nil, arriving: nil)
        case .whole(let bytes): AsyncIterator(whole: bytes, arriving: nil)
        case .arriving(let handle): AsyncIterator(whole: nil, arriving: handle)
        }
    }
}

extension CallFailure.Code {
    /// A body is larger than its reader allows.
    public static let bodyTooLarge = CallFailure.Code("body_too_large")
    static let bodyNotReadable = CallFailure.Code("body_not_readable")
}

extension CallFailure {
    /// A request's body was refused by the engine.
    static func refused(_ error: ProtocolError) -> CallFailure {
        CallFailure(.init(error.code), error.detail, stage: .request, mayHaveReachedPeer: true)
    }

    static func bodyTooLarge(_ limit: Int) -> CallFailure {
        CallFailure(
            .bodyTooLarge, "the body is larger than \(limit) bytes", stage: .response, mayHaveReachedPeer: true)
    }
}
