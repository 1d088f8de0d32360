// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusCore
    internal import ApusSQL
    internal import CPostgres

    /// One connection to a server: libpq without blocking, and the statements prepared on it.
    ///
    /// All of it runs on the thread of the task that has the connection's lease; only waiting for the socket is left to
    /// ``ReadinessWatcher``. So a statement of a task on an event loop is written and read on that loop. The lease, whose
    /// hand-over goes through the pool's lock, makes it safe: there is one user at a time.
    final class PostgresConnection: PooledConnection, @unchecked Sendable {
        let raw: OpaquePointer
        let slot: ReadinessSlot
        let canceller: CancelHandle
        var statements: StatementCache
        var encoder = ParameterEncoder()
        /// Whether something was sent whose results aren't all read.
        var isBusy = false
        /// Whether a cancellation was asked for that may not have reached the server yet.
        var isCancelling = false
        /// Whether it is of no use any more.
        var isLost = false
        /// Whether so much went through it that its buffers are better freed.
        var isWorn = false
        private var isClosed = false
        /// Set by libpq when the server ends the connection between statements.
        private let saidGoodbye: UnsafeMutablePointer<Int32>

        /// A connection that is established.
        init(raw: OpaquePointer, slot: ReadinessSlot, canceller: CancelHandle, statementCacheSize: Int) {
            self.raw = raw
            saidGoodbye = .allocate(capacity: 1)
            saidGoodbye.initialize(to: 0)
            apus_take_notices(raw, saidGoodbye)
            self.slot = slot
            self.canceller = canceller
            statements = StatementCache(capacity: statementCacheSize)
        }

        deinit {
            close()
        }

        var condition: ReleaseCondition {
            if isLost || PQstatus(raw) != CONNECTION_OK { return .broken }
            if isBusy || isCancelling || PQtransactionStatus(raw) != PQTRANS_IDLE { return .dirty }
            return isWorn ? .broken : .clean
        }

        /// An idle connection has nothing to read, unless the server said goodbye or sent a notice.
        var looksAlive: Bool {
            guard !isLost, PQstatus(raw) == CONNECTION_OK else { return false }
            guard apus_is_readable(PQsocket(raw)) != 0 else { return true }
            guard PQconsumeInput(raw) == 1, PQisBusy(raw) == 0 else { return false }
            guard saidGoodbye.pointee == 0, PQstatus(raw) == CONNECTION_OK else { return false }
            return apus_is_readable(PQsocket(raw)) == 0 || PQconsumeInput(raw) == 1
        }

        func validate(until deadline: Instant) async -> Bool {
            do throws(DatabaseError) {
                try await command("", until: deadline)
                return true
            } catch {
                return false
            }
        }

        func reset(until deadline: Instant) async -> Bool {
            slot.begin()
            while isBusy || isCancelling {
                if isBusy { drain() }
                if isCancelling, !canceller.isBusy { isCancelling = false }
                if isLost { return false }
                guard isBusy || isCancelling else { break }
                if case .deadline = await slot.wait(wantsWrite: PQflush(raw) == 1, until: deadline) { return false }
            }
            if PQtransactionStatus(raw) != PQTRANS_IDLE {
                do throws(DatabaseError) {
                    try await command("ROLLBACK", until: deadline)
                } catch {
                    return false
                }
            }
            return condition == .clean
        }

        func close() {
            guard !isClosed else { return }
            isClosed = true
            slot.watcher.remove(slot)
            apus_finish(raw)
            saidGoodbye.deallocate()
        }

        /// Whether the server takes no writes: a standby, or set so.
        var refusesWrites: Bool {
            isOn("in_hot_standby") || isOn("default_transaction_read_only")
        }

        private func isOn(_ parameter: String) -> Bool {
            PQparameterStatus(raw, parameter).map { String(cString: $0) } == "on"
        }

        /// Whether the server takes nothing but a rollback.
        var hasFailedTransaction: Bool { PQtransactionStatus(raw) == PQTRANS_INERROR }

        /// Asks the server to stop what it does, and leaves the connection to be reset, or closed if it can't be asked.
        func cancel() {
            isCancelling = true
            let slot = slot
            if !canceller.request(finished: { slot.poke() }) { isLost = true }
        }

        /// Throws away what has come of the results of a statement that was given up.
        private func drain() {
            guard PQflush(raw) >= 0, PQconsumeInput(raw) == 1 else {
                isLost = true
                return
            }
            while PQisBusy(raw) == 0 {
                guard let result = PQgetResult(raw) else {
                    if PQpipelineStatus(raw) != PQ_PIPELINE_OFF { continue }
                    isBusy = false
                    return
                }
                let status = PQresultStatus(result)
                PQclear(result)
                if status == PGRES_PIPELINE_SYNC {
                    isLost = PQexitPipelineMode(raw) == 0
                    isBusy = false
                    return
                }
                if PQstatus(raw) != CONNECTION_OK || status.isCopy {
                    isLost = true
                    return
                }
            }
        }
    }

    extension ExecStatusType {
        var isCopy: Bool { self == PGRES_COPY_IN || self == PGRES_COPY_OUT || self == PGRES_COPY_BOTH }
    }
#endif
