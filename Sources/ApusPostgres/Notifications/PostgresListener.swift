// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusCore
    internal import ApusSQL
    internal import CPostgres
    internal import Foundation
    internal import Synchronization

    /// Waits for the notifications of one topic, on a connection and a thread of its own.
    ///
    /// The thread sleeps in the kernel until the server sends something, the connection breaks, or ``stop()`` writes into
    /// the pipe.
    final class PostgresListener: DatabaseListening {
        private let string: ConnectionString
        private let topic: String
        private let handler: @Sendable (String?) -> Void
        /// What ``stop()`` writes into, and the thread waits for beside the connection.
        private let reading: Int32
        private let writing: Int32
        private let isStopped = Atomic(false)

        init(
            _ string: ConnectionString, _ topic: String, _ handler: @escaping @Sendable (String?) -> Void
        ) throws(DatabaseError) {
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else {
                throw DatabaseError(.cannotOpen, "no pipe for a listener: errno \(errno)")
            }
            reading = ends[0]
            writing = ends[1]
            self.string = string
            self.topic = topic
            self.handler = handler
        }

        deinit {
            close(reading)
            close(writing)
        }

        func start() {
            Thread.detachNewThread { self.run() }
        }

        func stop() {
            guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
            var byte: UInt8 = 1
            _ = write(writing, &byte, 1)
        }

        private var goesOn: Bool { !isStopped.load(ordering: .acquiring) }

        private func run() {
            var pause: Int32 = 100
            while goesOn {
                if let connection = open() {
                    pause = 100
                    handler(nil)
                    listen(connection)
                    PQfinish(connection)
                }
                // 0.1 s, doubled up to 5 s, or until it is stopped.
                var stop = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
                _ = poll(&stop, 1, pause)
                pause = min(pause * 2, 5_000)
            }
        }

        private func open() -> OpaquePointer? {
            guard let connection = string.connect() else { return nil }
            guard PQstatus(connection) == CONNECTION_OK else {
                PQfinish(connection)
                return nil
            }
            let result = PQexec(connection, "LISTEN \(topic)")
            defer { PQclear(result) }
            guard PQresultStatus(result) == PGRES_COMMAND_OK else {
                PQfinish(connection)
                return nil
            }
            return connection
        }

        /// Hands on what comes, until the connection is lost or this is stopped.
        private func listen(_ connection: OpaquePointer) {
            while goesOn {
                while let notification = PQnotifies(connection) {
                    let payload = notification.pointee.extra.map { String(cString: $0) } ?? ""
                    PQfreemem(notification)
                    handler(payload)
                }
                var sources = [
                    pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0),
                    pollfd(fd: reading, events: Int16(POLLIN), revents: 0),
                ]
                guard poll(&sources, 2, -1) >= 0 || errno == EINTR else { return }
                guard PQconsumeInput(connection) == 1 else { return }
            }
        }
    }
#endif
