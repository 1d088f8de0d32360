// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// `apus queue`: what waits in the queues of services, and the way back for dead messages.
struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "Shows what waits in the queues of services, and brings dead messages back.",
        discussion: """
            A service is found through the registry: that of 'apus up' in this folder, or REGISTRY_URL; or --url names one.
            Where services have a SERVICE_TOKEN, it must be in the environment, or in the file that SERVICE_TOKEN_FILE names.

            EXAMPLES
              apus queue ls                                  what waits and what is dead, in every service
              apus queue show --service orders               the dead messages of orders
              apus queue show local 17 --service orders      one of them, with its payload
              apus queue retry local 17 18 --service orders  try these again
              apus queue retry --all --type order_placed --service orders
              apus queue drop --all --reason expired --service orders
              apus queue subscribers --service orders        who wants what of the broker (BROKER_URL)
              apus queue unsubscribe mails --service orders  forgets a subscriber that is gone for good
            """,
        subcommands: [
            QueueListCommand.self, QueueShowCommand.self, QueueRetryCommand.self, QueueDropCommand.self,
            QueueSubscribersCommand.self, QueueUnsubscribeCommand.self,
        ])
}
