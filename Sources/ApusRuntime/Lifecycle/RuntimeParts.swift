// SPDX-License-Identifier: Apache-2.0
internal import ApusHTTP
internal import ServiceLifecycle

/// What a ``ServiceRuntime`` was given to run, in the order in which it was given.
struct RuntimeParts: Sendable {
    struct Resource: Sendable {
        let name: String
        let open: @Sendable () async throws -> Void
        let close: @Sendable () async throws -> Void
    }

    struct Server: Sendable {
        let name: String
        let server: HTTPServer
    }

    struct Background: Sendable {
        let name: String
        let service: any Service
    }

    struct ReadyHook: Sendable {
        let name: String
        let run: @Sendable ([ServerAddress]) async throws -> Void
    }

    struct DrainHook: Sendable {
        let name: String
        let run: @Sendable () async throws -> Void
    }

    var resources: [Resource] = []
    var servers: [Server] = []
    var background: [Background] = []
    var readyHooks: [ReadyHook] = []
    var drainHooks: [DrainHook] = []
}
