// SPDX-License-Identifier: Apache-2.0
/// One promise of a protocol as code: runs against a fresh backend and throws if the backend breaks it.
///
/// Suites are lists of these, so that a test target can run them one by one:
/// ```swift
/// @Test("keeps the promises of Database", arguments: DatabaseConformance.checks)
/// func conformance(check: ConformanceCheck<any Database>) async throws {
///     try await check.run(SQLiteDatabase.open(url: "sqlite::memory:"))
/// }
/// ```
public struct ConformanceCheck<Subject: Sendable>: Sendable, CustomStringConvertible {
    /// A sentence that says the promise.
    public let name: String
    private let body: @Sendable (Subject) async throws -> Void

    /// A check that throws when `body` finds the promise broken.
    public init(_ name: String, _ body: @escaping @Sendable (Subject) async throws -> Void) {
        self.name = name
        self.body = body
    }

    /// Runs against `subject`, which nothing else uses.
    ///
    /// - Throws: ``ConformanceFailure``, or an error of the backend that the check didn't expect.
    public func run(_ subject: Subject) async throws {
        try await body(subject)
    }

    public var description: String { name }
}
