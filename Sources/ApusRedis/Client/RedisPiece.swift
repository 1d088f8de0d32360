// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// What is sent with no other command in between.
enum RedisPiece: Sendable {
    case command(RedisCommand)
    /// At least two.
    case commands([RedisCommand])
    case frame(RedisFrame)

    /// About how many bytes it has on the wire.
    var size: Int {
        switch self {
        case .command(let command): command.size
        case .commands(let commands): commands.reduce(0) { $0 + $1.size }
        case .frame(let frame): frame.bytes.count
        }
    }

    /// How many replies come.
    var replies: Int {
        switch self {
        case .command: 1
        case .commands(let commands): commands.count
        case .frame(let frame): frame.commands
        }
    }

    func write(to buffer: inout ByteBuffer) {
        switch self {
        case .command(let command): command.write(to: &buffer)
        case .commands(let commands): for command in commands { command.write(to: &buffer) }
        case .frame(let frame): buffer.writeBytes(frame.bytes)
        }
    }
}
