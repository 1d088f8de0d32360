// SPDX-License-Identifier: Apache-2.0
import ApusGateway
import ApusRuntime
import ArgumentParser

/// `apus check`: what is wrong with a gateway file.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Says what is wrong with a gateway file, without starting anything.",
        discussion: """
            Every problem with its place, file:line:column. Exit status 2 if the file can't be used.

            EXAMPLES
              apus check gateway.yaml
            """)

    @Argument(help: "The gateway's file.")
    var file: String

    func run() throws {
        do throws(GatewayFileProblems) {
            let read = try GatewayFile.read(path: file)
            for problem in read.problems { StandardOutput.writeError("\(problem)\n") }
            guard let configuration = read.configuration else { throw GatewayFileProblems([]) }
            let counts = "\(configuration.routes.count) routes to \(configuration.services.count) services"
            StandardOutput.write("\(file) is fine: \(counts)\n")
        } catch {
            if !error.problems.isEmpty { StandardOutput.writeError("\(error)\n") }
            throw ExitCode(2)
        }
    }
}
