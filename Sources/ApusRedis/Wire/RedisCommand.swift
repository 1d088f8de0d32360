// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// A command and its arguments.
///
/// Its frame is written straight into the connection's buffer, byte for byte what hiredis' formatter makes of the same
/// words (the tests compare them), without a copy in C memory.
public struct RedisCommand: Sendable, Hashable {
    /// The name, in upper case as in Redis' documentation.
    public var name: String
    public var arguments: [RedisArgument]

    public init(_ name: String, _ arguments: [RedisArgument] = []) {
        self.name = name
        self.arguments = arguments
    }

    public init(_ name: String, _ arguments: RedisArgument...) {
        self.init(name, arguments)
    }

    /// An upper bound of its bytes on the wire.
    var size: Int {
        arguments.reduce(32 + name.utf8.count) { $0 + $1.length + 16 }
    }

    /// Writes its frame.
    func write(to buffer: inout ByteBuffer) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { space in
            var frame = FrameWriter(space)
            frame.byte("*")
            frame.decimal(Int64(arguments.count + 1))
            frame.lineEnd()
            frame.word(name)
            for argument in arguments { argument.write(to: &frame) }
            return frame.count
        }
    }
}
