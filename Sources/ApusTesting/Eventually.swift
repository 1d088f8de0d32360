// SPDX-License-Identifier: Apache-2.0
/// Waits until `condition` holds, asking again whenever other tasks had a turn.
///
/// - Parameter limit: real time after which it gives up. Default: 10 s.
/// - Throws: ``ConformanceFailure`` with `what` when the limit passes.
public func eventually(
    _ what: String, within limit: Duration = .seconds(10), file: String = #fileID, line: Int = #line,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < end else {
            throw ConformanceFailure("\(what) didn't come true within \(limit)", file: file, line: line)
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}
