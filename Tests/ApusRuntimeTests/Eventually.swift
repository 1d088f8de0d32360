// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

/// Waits until `condition` holds, for at most `limit`, and records an issue if it doesn't.
func eventually(
    _ what: Comment, within limit: Duration = .seconds(10), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async rethrows {
    let deadline = Instant.now.advanced(by: limit)
    while Instant.now < deadline {
        if try await condition() { return }
        await Task.yield()
    }
    Issue.record("not within \(limit): \(what)", sourceLocation: sourceLocation)
}
