// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// `apus queue`: what waits in the queues of services, and the way back for dead messages.
struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "Shows what waits in the queues of services, and brings dead messages back.",
        discussion: """
            A service is found through the registry: that of 'apus up' in this folder, or REGISTRY_URL; or --url names one.
            Where services have a SERVICE_TOKEN, it must be in the environment.

            EXAMPLES
              apus queue ls                                  what waits and what is dead, in every service
              apus queue show --service orders               the dead messages of orders
              apus queue show local 17 --service orders      one of them, with its payload
              apus queue retry local 17 18 --service orders  try these again
              apus queue retry --all --type order_placed --service orders
              apus queue drop --all --reason expired --service orders
            """,
        subcommands: [
            QueueListCommand.self, QueueShowCommand.self, QueueRetryCommand.self, QueueDropCommand.self,
        ])
}
