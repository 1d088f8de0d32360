// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusResilience
import ApusRuntime
import ApusYAML
import Logging
import NIOCore

/// The admin endpoint: `/routes`, `/faults`, and what every process answers (`/livez`, `/readyz`, `/health`, `/metrics`).
struct AdminHandler: HTTPHandler {
    let box: ModelBox
    let operations: OpsEndpoints
    let faults: FaultInjector
    let logger: Logger

    private static let json = "application/json"
    private static let text = "text/plain; charset=utf-8"

    func handle(_ head: RequestHead, on exchange: ServerExchange) {
        if head.path == "/faults" { return handleFaults(head.method, exchange) }
        guard head.method == .get || head.method == .head else {
            return respond(405, Self.text, Array("GET and HEAD only\n".utf8), [.allow: "GET, HEAD"], exchange)
        }
        if head.path == "/routes" {
            return respond(200, Self.json, Array(RoutesDocument.json(box.current).utf8), [:], exchange)
        }
        guard let answer = operations.answer(path: head.path, accept: head.headers[.accept]) else {
            let known = (OpsEndpoints.paths + ["/routes", "/faults"]).joined(separator: " ")
            return respond(404, Self.text, Array("known are \(known)\n".utf8), [:], exchange)
        }
        respond(HTTPStatus(answer.status), answer.contentType, answer.body, [:], exchange)
    }

    private func handleFaults(_ method: HTTPMethod, _ exchange: ServerExchange) {
        switch method {
        case .get, .head: respondArmed(exchange)
        case .delete:
            faults.disarmAll()
            logger.notice("faults are disarmed")
            respondArmed(exchange)
        case .post:
            WholeBody(of: exchange, upTo: FaultsDocument.sizeLimit) { body in
                guard let body else {
                    return respond(
                        413, Self.text, Array("at most \(FaultsDocument.sizeLimit) bytes\n".utf8), [:], exchange)
                }
                arm(String(buffer: body), exchange)
            }.collect()
        default:
            let allowed: Headers = [.allow: "GET, HEAD, POST, DELETE"]
            respond(405, Self.text, Array("GET, HEAD, POST and DELETE only\n".utf8), allowed, exchange)
        }
    }

    /// Arms all rules of a request, or none and says why.
    private func arm(_ text: String, _ exchange: ServerExchange) {
        let problems = ProblemCollector(file: "faults")
        if let (rules, time) = FaultsDocument.read(text, problems) {
            do throws(InvalidConfiguration) {
                for rule in rules { try faults.arm(rule, for: time) }
                logger.warning(
                    "faults are armed",
                    metadata: ["for": "\(time)", "rules": "\(rules.map(\.name).joined(separator: ", "))"])
                return respondArmed(exchange)
            } catch {
                // The rules are valid by themselves: there are too many.
                problems.error("\(error)", at: nil)
            }
        }
        let lines = problems.sorted.map { "\($0)\n" }.joined()
        respond(400, Self.text, Array(lines.utf8), [:], exchange)
    }

    private func respondArmed(_ exchange: ServerExchange) {
        respond(200, Self.json, Array(FaultsDocument.json(faults.armed, now: .now).utf8), [:], exchange)
    }

    private func respond(
        _ status: HTTPStatus, _ type: String, _ bytes: [UInt8], _ extra: Headers, _ exchange: ServerExchange
    ) {
        var headers = extra
        headers.append(.contentType, type)
        headers.append(.cacheControl, "no-store")
        exchange.respond(ResponseHead(status: status, headers: headers), body: ByteBuffer(bytes: bytes))
    }
}
