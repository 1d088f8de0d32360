// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The command `apus`.
struct Apus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apus",
        abstract: "Runs systems of small services: on one machine, or their gateway and registry in production.",
        discussion: """
            EXAMPLES
              apus up                             start what apus.yaml names
              apus up --port 9090 --data-dir tmp  elsewhere
              apus gateway --config gateway.yaml  the gateway alone
              apus registry --data-dir data       the registry alone
              apus check gateway.yaml             what is wrong with a gateway file
              apus health http://127.0.0.1:8500   whether a process is ready
              apus queue ls                       what waits in the queues, and what is dead
              apus doctor                         what is missing on this machine
            """,
        version: "0.1.0",
        subcommands: [
            UpCommand.self, GatewayCommand.self, RegistryCommand.self, CheckCommand.self, DoctorCommand.self,
            HealthCommand.self, QueueCommand.self,
        ])
}
