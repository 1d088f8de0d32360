// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import Synchronization

/// Says that it is PostgreSQL, stores nothing, and holds statements until its gate is open.
final class GatedDatabase: Database {
    /// Types of messages that it doesn't take: alone, or with everything beside it.
    static let bad = "bad"
    static let lost = "lost"

    private struct State {
        var rows: [Int] = []
        var batches: [[String]] = []
        var isOpen = false
        var held: [CheckedContinuation<Void, Never>] = []
        var awaited: (count: Int, continuation: CheckedContinuation<Void, Never>)?
    }

    private let state = Mutex(State())

    var dialect: Dialect { .postgres }

    /// How many rows each insert had that was begun.
    var rows: [Int] { state.withLock { $0.rows } }

    /// What each batch did, in short.
    var batches: [[String]] { state.withLock { $0.batches } }

    func open() {
        let held = state.withLock { state in
            state.isOpen = true
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    /// Returns when so many statements are held.
    func waitForStatements(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.held.count < count { state.awaited = (count, continuation) }
                return state.held.count >= count
            }
            if isThere { continuation.resume() }
        }
    }

    func execute(_ sql: SQL) async throws(DatabaseError) -> Int {
        let values = sql.values
        let types = values.filter { [.text("first"), .text("later"), .text("good")].contains($0) }.count
        let bad = values.filter { $0 == .text(Self.bad) }.count
        let lost = values.filter { $0 == .text(Self.lost) }.count
        let rows = types + bad + lost
        await pass(rows)
        if lost > 0 { throw DatabaseError(.connectionLost, "gone", mayHaveRun: true) }
        if bad > 0 { throw DatabaseError(.invalidValue, "not taken") }
        return rows
    }

    /// Only the count of what is there is asked for, and nothing is.
    func query(_ sql: SQL) async throws(DatabaseError) -> [Row] { [] }

    func batch(_ statements: [SQL]) async throws(DatabaseError) -> [Int] {
        let batch = statements.map { statement in
            guard statement.text(for: .postgres).contains("pg_advisory_xact_lock") else { return "row" }
            if case .text(let name)? = statement.values.first { return "lock \(name)" }
            return "lock"
        }
        state.withLock { $0.batches.append(batch) }
        return statements.map { _ in 1 }
    }

    func stream(_ sql: SQL, piece: Int, _ body: ([Row]) async throws -> Void) async throws { throw Self.unused }

    func transaction<Value: Sendable>(
        isolation: Isolation, at place: CallSite, _ body: (any Transaction) async throws -> Value
    ) async throws -> Value { throw Self.unused }

    func close() async {}

    private static let unused = DatabaseError(.misuse, "not for this")

    private func pass(_ rows: Int) async {
        await withCheckedContinuation { continuation in
            let (isOpen, awaited) = state.withLock { state in
                state.rows.append(rows)
                if state.isOpen { return (true, nil as CheckedContinuation<Void, Never>?) }
                state.held.append(continuation)
                guard let awaited = state.awaited, awaited.count == state.held.count else { return (false, nil) }
                state.awaited = nil
                return (false, awaited.continuation)
            }
            awaited?.resume()
            if isOpen { continuation.resume() }
        }
    }
}
