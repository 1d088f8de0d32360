// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
public import ApusResilience
internal import ApusYAML
public import Logging

/// Answers `/faults`, the same in a gateway's admin and in a service: what is armed, arming, and taking all back.
///
/// It knows no HTTP types, as ``OpsEndpoints``, and asks nobody who may arm: whoever carries it must.
public struct FaultsEndpoint: Sendable {
    /// Where it is.
    public static let path = "/faults"
    /// The methods that are known there.
    public static let methods = ["GET", "HEAD", "POST", "DELETE"]

    private let injector: FaultInjector
    private let document: FaultsDocument
    private let logger: Logger

    /// - Parameters:
    ///   - injector: what is armed.
    ///   - document: what rules may say.
    ///   - logger: is told who arms what, as a warning.
    public init(_ injector: FaultInjector, _ document: FaultsDocument, logger: Logger) {
        self.injector = injector
        self.document = document
        self.logger = logger
    }

    /// What is armed, with whom it has hit.
    public func list() -> OpsResponse {
        OpsResponse(
            status: 200, contentType: "application/json", body: Array(document.json(injector.armed, now: .now).utf8))
    }

    /// Takes all back.
    public func disarm() -> OpsResponse {
        injector.disarmAll()
        logger.notice("faults are disarmed")
        return list()
    }

    /// Arms all rules of a request, or none and says why with 400.
    public func arm(_ text: String) -> OpsResponse {
        let problems = ProblemCollector(file: "faults")
        if let (rules, time) = document.read(text, problems) {
            do throws(InvalidConfiguration) {
                for rule in rules { try injector.arm(rule, for: time) }
                logger.warning(
                    "faults are armed",
                    metadata: ["for": "\(time)", "rules": "\(rules.map(\.name).joined(separator: ", "))"])
                return list()
            } catch {
                // The rules are valid by themselves: there are too many.
                problems.error("\(error)", at: nil)
            }
        }
        let lines = problems.sorted.map { "\($0)\n" }.joined()
        return OpsResponse(status: 400, contentType: "text/plain; charset=utf-8", body: Array(lines.utf8))
    }
}
