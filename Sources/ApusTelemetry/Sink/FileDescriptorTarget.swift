// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A log target that writes to a file descriptor, which it doesn't own and never closes.
///
/// Waits where the descriptor is non-blocking and full (`EAGAIN`), tries again after a signal (`EINTR`), and reports
/// every other error, a closed pipe (`EPIPE`) above all, as broken.
public struct FileDescriptorTarget: LogTarget {
    /// The descriptor written to.
    public let descriptor: CInt

    /// - Parameter descriptor: open for writing for as long as the sink lives.
    public init(_ descriptor: CInt) {
        self.descriptor = descriptor
    }

    /// Blocks until the system takes some of `bytes`.
    public func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        while true {
            let written = systemWrite(bytes)
            if written >= 0 { return written }
            switch errno {
            case EINTR: continue
            case EAGAIN, EWOULDBLOCK: guard waitUntilWritable() else { return 0 }
            default: return 0
            }
        }
    }

    private func systemWrite(_ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
            Musl.write(descriptor, bytes.baseAddress, bytes.count)
        #else
            Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }

    /// Blocks until a write may succeed or report its error; false if that can't be waited for.
    private func waitUntilWritable() -> Bool {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        while true {
            if poll(&wanted, 1, -1) >= 0 { return true }
            if errno != EINTR { return false }
        }
    }
}
