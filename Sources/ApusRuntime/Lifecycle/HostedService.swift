// SPDX-License-Identifier: Apache-2.0
internal import Logging
internal import ServiceLifecycle

/// A background service that runs, in a group of its own, so that services can be stopped one by one.
final class HostedService: Sendable {
    let name: String
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    /// Starts `service`. `ended` is called once when it ends, however it does.
    init(
        name: String, _ service: any Service, logger: Logger,
        ended: @escaping @Sendable (_ name: String, _ error: (any Error)?) -> Void
    ) {
        self.name = name
        var quiet = logger
        // The runtime says what happens to its services; the group would say it again.
        quiet.logLevel = .critical
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(
                        service: service, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .cancelGroup)
                ], logger: quiet))
        self.group = group
        task = Task {
            do {
                try await group.run()
                ended(name, nil)
            } catch {
                ended(name, error)
                throw error
            }
        }
    }

    /// Asks the service to end gracefully, cancels it after `limit`, and gives it half a second more.
    func stop(within limit: Duration) async -> BoundedWait.Outcome {
        await group.triggerGracefulShutdown()
        let outcome = await BoundedWait.wait(for: task, within: limit)
        guard case .timedOut = outcome else { return outcome }
        _ = await BoundedWait.wait(for: task, within: .milliseconds(500))
        return outcome
    }
}
