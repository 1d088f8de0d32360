// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusCore
    internal import ApusSQL
    internal import CPostgres
    internal import Foundation

    /// Opens connections. Looking up names, trying several hosts each with its timeout, TLS and SCRAM are libpq's blocking
    /// work, done on a thread of its own: those of Dispatch are what tasks run on. A pool opens few at a time.
    struct PostgresDialer: Sendable {
        let string: ConnectionString
        let statementCacheSize: Int

        func dial() async -> Result<PostgresConnection, DialFailure> {
            await withUnsafeContinuation { continuation in
                Thread.detachNewThread {
                    let result = Result { () throws(DialFailure) in try connect() }
                    continuation.resume(returning: result)
                }
            }
        }

        private func connect() throws(DialFailure) -> PostgresConnection {
            let began = Instant.now
            guard let raw = string.connect() else {
                throw DialFailure(DatabaseError(.cannotOpen, "out of memory"), isPermanent: false)
            }
            if PQstatus(raw) != CONNECTION_OK {
                let message = String(cString: PQerrorMessage(raw)).trimmingNewlines()
                let state = began.duration(to: .now) < .seconds(1) ? Self.tryAgainForState(raw) : nil
                if PQstatus(raw) != CONNECTION_OK {
                    PQfinish(raw)
                    throw Self.failure(message, state: state)
                }
            }
            do throws(DatabaseError) {
                guard PQsetnonblocking(raw, 1) == 0, let canceller = CancelHandle(raw) else {
                    throw DatabaseError(.cannotOpen, String(cString: PQerrorMessage(raw)).trimmingNewlines())
                }
                let slot = try ReadinessWatcher.shared().makeSlot(for: PQsocket(raw))
                return PostgresConnection(
                    raw: raw, slot: slot, canceller: canceller, statementCacheSize: statementCacheSize)
            } catch {
                PQfinish(raw)
                throw DialFailure(error, isPermanent: false)
            }
        }

        /// libpq tells the SQLSTATE of a refused connection only in its message, and only when asked to before it connects.
        /// So a refusal is provoked once more; that may also succeed.
        private static func tryAgainForState(_ raw: OpaquePointer) -> String? {
            let verbosity = PQsetErrorVerbosity(raw, PQERRORS_SQLSTATE)
            PQreset(raw)
            PQsetErrorVerbosity(raw, verbosity)
            guard PQstatus(raw) != CONNECTION_OK else { return nil }
            let word = String(cString: PQerrorMessage(raw)).split { $0.isWhitespace }.last.map(String.init)
            guard let word, word.utf8.count == 5, word.allSatisfy({ $0.isNumber || $0.isUppercase }) else { return nil }
            return word
        }

        private static func failure(_ message: String, state: String?) -> DialFailure {
            var error = DatabaseError(.cannotOpen, message, engineCode: state)
            if message.hasSuffix("certificate verify failed") {
                // libpq doesn't tell which.
                error.message += ": it isn't from the authority that sslrootcert names, or has expired"
            }
            guard let state else {
                return DialFailure(error, isPermanent: reasons(in: message).allSatisfy(isPermanent))
            }
            let code = DatabaseError.code(ofState: state)
            if code == .overloaded { error.code = .overloaded }
            // Too many connections, starting up, shutting down: these pass.
            return DialFailure(error, isPermanent: code == .cannotOpen || state.hasPrefix("42"))
        }

        /// What libpq says of each server that it tried, without the server's name.
        private static func reasons(in message: String) -> [Substring] {
            var reasons: [Substring] = []
            for line in message.split(separator: "\n") {
                let isAttempt = line.hasPrefix("connection to server ")
                // A line that doesn't begin an attempt goes on with the one before.
                if !isAttempt, !reasons.isEmpty { continue }
                let reason = isAttempt ? line.firstRange(of: " failed: ")?.upperBound : nil
                reasons.append(line[(reason ?? line.startIndex)...])
            }
            return reasons
        }

        /// Whether TLS that was asked for can't be had, or a parameter has no such value. A handshake that broke off is
        /// none of these.
        private static func isPermanent(_ reason: Substring) -> Bool {
            [
                "server does not support SSL", "certificate verify failed", "server certificate for ",
                "certificate file ", "private key file ", "could not load ", "alert ", "invalid ",
            ].contains { reason.contains($0) }
        }
    }
#endif
