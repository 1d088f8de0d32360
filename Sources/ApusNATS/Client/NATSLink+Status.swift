// SPDX-License-Identifier: Apache-2.0
#if NATS
    internal import ApusCore
    internal import Synchronization

    extension NATSLink {
        /// Degraded while the connection that was needed is missing, or the server has refused something on it.
        var health: NATSHealth {
            state.withLock { state in
                if let refusal = state.refusal { return .degraded("the server said: \(refusal)") }
                switch state.reconnect.phase {
                case .idle, .ready: return .ok
                case .closed: return .degraded(NATSError.closed.message)
                case .dialing, .waiting:
                    return .degraded(state.reconnect.failure?.message ?? "the connection is being made")
                }
            }
        }

        /// What was counted so far.
        var statistics: NATSStatistics {
            var statistics = state.withLock { state in
                var statistics = NATSStatistics()
                if case .ready = state.reconnect.phase { statistics.isConnected = true }
                statistics.pending = state.requests.entries.count
                statistics.pendingBytes = state.requests.bytes
                return statistics
            }
            statistics.dials = counters.dials.load(ordering: .relaxed)
            statistics.failedDials = counters.failedDials.load(ordering: .relaxed)
            statistics.lostConnections = counters.lostConnections.load(ordering: .relaxed)
            statistics.requests = counters.requests.load(ordering: .relaxed)
            statistics.timeouts = counters.timeouts.load(ordering: .relaxed)
            statistics.overloaded = counters.overloaded.load(ordering: .relaxed)
            statistics.lateMessages = counters.lateMessages.load(ordering: .relaxed)
            return statistics
        }
    }
#endif
