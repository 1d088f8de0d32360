// SPDX-License-Identifier: Apache-2.0
import NIOCore

#if Redis
    import CHiredis
#endif

/// Bytes in, replies out: hiredis' parser, with bounds for the size of a reply and of an array.
///
/// The only file that knows hiredis. Used on one thread at a time.
final class ReplyReader {
    /// What came is no reply, or a larger one than allowed. Nothing after it can be understood.
    struct Broken: Error {
        var message: String
    }

    private let maximumBytes: Int
    /// Bytes that came since the last complete reply.
    private var pending = 0

    #if Redis
        /// Whether this build has the package trait `Redis`.
        static let isAvailable = true

        private let reader: UnsafeMutablePointer<redisReader>?

        init(maximumBytes: Int, maximumElements: Int) {
            self.maximumBytes = maximumBytes
            reader = apus_reader_create(maximumElements)
        }

        deinit {
            if let reader { apus_reader_free(reader) }
        }

        /// Takes bytes from the wire.
        func feed(_ buffer: ByteBuffer) throws(Broken) {
            guard let reader else { throw Broken(message: "no memory for a parser") }
            pending += buffer.readableBytes
            let status = buffer.withUnsafeReadableBytes { bytes -> Int32 in
                guard let start = bytes.baseAddress, !bytes.isEmpty else { return REDIS_OK }
                return redisReaderFeed(reader, start.assumingMemoryBound(to: CChar.self), bytes.count)
            }
            guard status == REDIS_OK else { throw failure(of: reader) }
        }

        /// The next complete reply; nil if more bytes are needed.
        func next() throws(Broken) -> RedisValue? {
            guard let reader else { throw Broken(message: "no memory for a parser") }
            var reply: UnsafeMutableRawPointer?
            guard redisReaderGetReply(reader, &reply) == REDIS_OK else { throw failure(of: reader) }
            guard let reply else {
                if pending > maximumBytes {
                    throw Broken(message: "a reply is larger than \(maximumBytes) bytes")
                }
                return nil
            }
            defer { freeReplyObject(reply) }
            pending = reader.pointee.len - reader.pointee.pos
            return try Self.value(reply.assumingMemoryBound(to: redisReply.self))
        }

        private static func value(_ reply: UnsafeMutablePointer<redisReply>) throws(Broken) -> RedisValue {
            switch reply.pointee.type {
            case REDIS_REPLY_STRING: return .bytes(Array(bytes(of: reply)))
            case REDIS_REPLY_STATUS: return .status(String(decoding: bytes(of: reply), as: UTF8.self))
            case REDIS_REPLY_INTEGER: return .integer(reply.pointee.integer)
            case REDIS_REPLY_NIL: return .null
            case REDIS_REPLY_ERROR:
                return .error(RedisServerError(reply: String(decoding: bytes(of: reply), as: UTF8.self)))
            case REDIS_REPLY_ARRAY:
                var elements: [RedisValue] = []
                elements.reserveCapacity(Int(reply.pointee.elements))
                for index in 0..<Int(reply.pointee.elements) {
                    guard let element = reply.pointee.element[index] else {
                        throw Broken(message: "an array lacks an element")
                    }
                    elements.append(try value(element))
                }
                return .array(elements)
            case let other: throw Broken(message: "a reply of a kind (\(other)) that RESP2 doesn't have")
            }
        }

        private static func bytes(of reply: UnsafeMutablePointer<redisReply>) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(start: reply.pointee.str, count: Int(reply.pointee.len))
        }

        private func failure(of reader: UnsafeMutablePointer<redisReader>) -> Broken {
            switch reader.pointee.err {
            case REDIS_ERR_OOM: Broken(message: "a reply doesn't fit into memory or has too many elements")
            default: Broken(message: "what came is not the Redis protocol")
            }
        }
    #else
        static let isAvailable = false

        init(maximumBytes: Int, maximumElements: Int) {
            self.maximumBytes = maximumBytes
        }

        func feed(_ buffer: ByteBuffer) throws(Broken) {
            pending += buffer.readableBytes
            throw Broken(message: "this build is without the package trait Redis")
        }

        func next() throws(Broken) -> RedisValue? { nil }
    #endif
}
