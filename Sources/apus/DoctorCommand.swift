// SPDX-License-Identifier: Apache-2.0
import ApusRuntime
import ApusSupervisor
import ArgumentParser

/// `apus doctor`: what is missing on this machine.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Says what is missing on this machine, and the line that mends it.",
        discussion: """
            Changes nothing. Exit status 1 if something is missing.

            EXAMPLES
              apus doctor
            """)

    @Option(help: "The manifest.")
    var manifest = "apus.yaml"

    @Option(help: "The data folder.")
    var dataDir = ".apus"

    func run() async throws {
        let doctor = Doctor(manifest: manifest, dataDirectory: dataDir, executables: Program().executables)
        let findings = await doctor.examine()
        for finding in findings {
            let mark =
                switch finding.status {
                case .fine: "ok     "
                case .notice: "note   "
                case .missing: "MISSING"
                }
            StandardOutput.write("\(mark)  \(finding.subject): \(finding.detail)\n")
            if let remedy = finding.remedy { StandardOutput.write("         → \(remedy)\n") }
        }
        if findings.contains(where: { $0.status == .missing }) { throw ExitCode(1) }
    }
}
