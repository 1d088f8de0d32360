// SPDX-License-Identifier: Apache-2.0
import ApusRuntime
import ArgumentParser
import Foundation

/// Exit statuses as every Apus program has them: 0 done, 1 the work failed, 2 the arguments or the configuration are wrong.
@main
enum Main {
    static func main() async {
        do {
            var command = try Apus.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            let code = Apus.exitCode(for: error)
            let message = Apus.fullMessage(for: error)
            if !message.isEmpty {
                code.isSuccess ? StandardOutput.write(message + "\n") : StandardOutput.writeError(message + "\n")
            }
            exit(code == .validationFailure ? 2 : code.rawValue)
        }
    }
}
