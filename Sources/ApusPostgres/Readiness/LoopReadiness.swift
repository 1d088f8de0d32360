// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import CPostgres
    internal import NIOCore
    internal import NIOPosix

    /// Watches sockets for the tasks of one event loop, on that loop: who waits is resumed without a change of threads.
    ///
    /// An event loop of SwiftNIO can't watch a descriptor without reading from it. So the kernel polls the sockets
    /// (`IOCB_CMD_POLL`) and tells an eventfd, which is a channel of the loop. Each wait asks for one event, in one system call;
    /// the events are read from memory that the kernel shares. Where the kernel can't, or isn't allowed to,
    /// ``ReadinessWatcher`` does the same with a thread.
    final class LoopReadiness: ChannelInboundHandler, @unchecked Sendable {
        // Sendable because it is reached on its loop only.
        typealias InboundIn = ByteBuffer

        private static let local = ThreadSpecificVariable<LoopReadiness>()
        /// Waits that are watched at once on a loop; those beyond are left to the thread.
        private static let capacity = 256

        private let context: UInt64
        private let signal: Int32
        private var isActive = false
        private var tokens = [UInt64](repeating: 0, count: 64)

        /// That of the loop that the caller runs on; nil elsewhere, and while there is none.
        static var current: LoopReadiness? {
            if let known = local.currentValue { return known.isActive ? known : nil }
            guard let loop = MultiThreadedEventLoopGroup.currentEventLoop else { return nil }
            let new = LoopReadiness()
            local.currentValue = new
            new.start(on: loop)
            return nil
        }

        private init() {
            var signal: Int32 = -1
            context = apus_polls_make(Int32(Self.capacity), &signal)
            self.signal = signal
        }

        private func start(on loop: any EventLoop) {
            guard context != 0 else { return }
            NIOPipeBootstrap(group: loop)
                .channelOption(.autoRead, value: true)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(self) }
                }
                .takingOwnershipOfDescriptor(input: signal)
                .whenFailure { _ in
                    // It stays inactive. NIO has closed the descriptor.
                    apus_polls_destroy(self.context)
                }
        }

        /// Asks for one event of a slot's socket.
        ///
        /// - Returns: whether it will be told.
        func watch(_ slot: ReadinessSlot, wantsWrite: Bool) -> Bool {
            // Each event that was asked for comes once, so each gives the reference back.
            let reference = Unmanaged.passRetained(slot)
            let token = UInt64(UInt(bitPattern: reference.toOpaque()))
            if apus_polls_watch(context, signal, slot.descriptor, wantsWrite ? 1 : 0, token) == 1 { return true }
            reference.release()
            return false
        }

        func channelActive(context: ChannelHandlerContext) {
            isActive = true
            context.fireChannelActive()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            take()
        }

        func channelInactive(context: ChannelHandlerContext) {
            if isActive {
                isActive = false
                // Waits for what it cancels, and tells of it.
                apus_polls_destroy(self.context)
            }
            context.fireChannelInactive()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        private func take() {
            var count: Int
            repeat {
                count = Int(apus_polls_take(context, &tokens, Int32(tokens.count)))
                for token in tokens[..<count] {
                    guard let pointer = UnsafeRawPointer(bitPattern: UInt(token)) else { continue }
                    Unmanaged<ReadinessSlot>.fromOpaque(pointer).takeRetainedValue().wake(.ready)
                }
            } while count == tokens.count
        }
    }
#endif
