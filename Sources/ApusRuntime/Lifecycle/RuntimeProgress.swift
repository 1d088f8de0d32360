// SPDX-License-Identifier: Apache-2.0
internal import ApusHTTP

/// How far a start came, so that exactly that is undone.
struct RuntimeProgress: Sendable {
    var hasRun = false
    var opened: [RuntimeParts.Resource] = []
    var running: [HostedService] = []
    var listening: [RuntimeParts.Server] = []
    var addresses: [ServerAddress] = []
    var reachedReadyHooks = false
    /// Whether the end has begun: what is finished only now is to be undone at once.
    var isEnding = false
}
