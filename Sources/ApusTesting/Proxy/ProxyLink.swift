// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import Foundation

/// One connection through a ``FaultProxy``, and what is to happen to it. Belongs to the proxy's thread.
struct ProxyLink {
    enum Ending {
        case ended
        case cut
    }

    private let client: Int32
    private let server: Int32
    private let delay: ClosedRange<Duration>?
    private let cutAt: Int
    private let stallAt: Int
    private let corruptAt: Int
    private let corruption: Double
    private let isCutInOrder: Bool
    private var random: FastRandom
    private var toServer = ProxyPipe()
    private var toClient = ProxyPipe()
    /// Bytes read, both directions together, and of the server's.
    private var passed = 0
    private var ofServer = 0
    /// Whether it has come to where it is to be cut.
    private var isCut = false
    private(set) var isStalled = false
    private(set) var corrupted = 0

    /// Takes both sockets, which don't block, for its own.
    init(client: Int32, server: Int32, faults: ProxyFaults, random: FastRandom) {
        var random = random
        func draw(_ range: ClosedRange<Int>?) -> Int { range.map { Int.random(in: $0, using: &random) } ?? .max }
        self.client = client
        self.server = server
        delay = faults.delay
        cutAt = draw(faults.cutAfter)
        stallAt = draw(faults.stallAfter)
        corruptAt = draw(faults.corruptFrom)
        corruption = faults.corruption
        isCutInOrder = Bool.random(using: &random)
        self.random = random
    }

    /// What to wait for, client first. A stalled one only notices that the client goes.
    func interests(isPaused: Bool, at now: Instant) -> (client: pollfd, server: pollfd) {
        if isPaused || isStalled { return (pollfd(client, Self.peerGone), pollfd(-1, 0)) }
        return (
            pollfd(client, Self.interest(reading: toServer, writing: toClient, at: now, !isCut)),
            pollfd(server, Self.interest(reading: toClient, writing: toServer, at: now, !isCut))
        )
    }

    /// When something that is held back is to be written.
    var nextDue: Instant? {
        if isStalled { return nil }
        return [toServer.nextDue, toClient.nextDue].compactMap { $0 }.min()
    }

    /// Moves what can be moved.
    ///
    /// - Returns: how the connection has ended, if it has.
    mutating func move(_ client: Int16, _ server: Int16, isPaused: Bool, at now: Instant) -> Ending? {
        if isPaused || isStalled { return client == 0 ? nil : .ended }
        if client != 0, toServer.hasRoom, !isCut, !read(self.client, isServer: false, at: now) { return .ended }
        if server != 0, toClient.hasRoom, !isCut, !isStalled, !read(self.server, isServer: true, at: now) {
            return .ended
        }
        guard toServer.flush(at: now, { Self.write($0, to: self.server) }),
            toClient.flush(at: now, { Self.write($0, to: self.client) })
        else { return .ended }
        if isCut, toServer.isEmpty, toClient.isEmpty { return .cut }
        shut(&toServer, self.server)
        shut(&toClient, self.client)
        return toServer.isShut && toClient.isShut ? .ended : nil
    }

    /// Closes both sides.
    ///
    /// - Parameter isCut: half of the time as if the machine had died.
    func close(isCut: Bool) {
        for socket in [client, server] {
            if isCut, !isCutInOrder {
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
            }
            Foundation.close(socket)
        }
    }

    /// - Returns: whether the connection goes on.
    private mutating func read(_ socket: Int32, isServer: Bool, at now: Instant) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(socket, &bytes, bytes.count, 0)
        if count < 0 { return errno == EAGAIN || errno == EINTR }
        if count == 0 {
            if isServer { toClient.hasEnded = true } else { toServer.hasEnded = true }
            return true
        }
        let taken = min(count, cutAt - passed, stallAt - passed)
        passed += taken
        isCut = passed >= cutAt
        isStalled = passed >= stallAt
        var pause = Duration.zero
        if let delay {
            let bounds = delay.lowerBound.nanoseconds...delay.upperBound.nanoseconds
            pause = .nanoseconds(Int64.random(in: bounds, using: &random))
        }
        if isServer {
            corrupt(&bytes, count: taken)
            toClient.append(bytes[..<taken], due: now.advanced(by: pause))
        } else {
            toServer.append(bytes[..<taken], due: now.advanced(by: pause))
        }
        return true
    }

    private mutating func corrupt(_ bytes: inout [UInt8], count: Int) {
        defer { ofServer += count }
        guard ofServer + count > corruptAt else { return }
        for index in max(0, corruptAt - ofServer)..<count {
            guard ofServer + index == corruptAt || Double.random(in: 0..<1, using: &random) < corruption else {
                continue
            }
            bytes[index] ^= UInt8.random(in: 1...255, using: &random)
            corrupted += 1
        }
    }

    private func shut(_ pipe: inout ProxyPipe, _ socket: Int32) {
        guard pipe.hasEnded, pipe.isEmpty, !pipe.isShut else { return }
        pipe.isShut = true
        shutdown(socket, Int32(SHUT_WR))
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to socket: Int32) -> Int {
        let count = bytes.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        return count < 0 ? (errno == EAGAIN || errno == EINTR ? 0 : -1) : count
    }

    /// `POLLRDHUP`, which Swift doesn't import.
    private static let peerGone: Int16 = 0x2000

    private static func interest(
        reading: ProxyPipe, writing: ProxyPipe, at now: Instant, _ mayRead: Bool
    ) -> Int16 {
        let wantsRead = mayRead && reading.hasRoom
        let wantsWrite = writing.nextDue.map { $0 <= now } ?? false
        return (wantsRead ? Int16(POLLIN) : 0) | (wantsWrite ? Int16(POLLOUT) : 0)
    }
}

extension pollfd {
    /// An entry that is left out if nothing is of interest.
    init(_ descriptor: Int32, _ events: Int16) {
        self.init(fd: events == 0 ? -1 : descriptor, events: events, revents: 0)
    }
}
