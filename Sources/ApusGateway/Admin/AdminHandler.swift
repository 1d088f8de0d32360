// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusRuntime
import NIOCore

/// The admin endpoint: `/routes`, `/faults`, and what every process answers (`/livez`, `/readyz`, `/health`, `/metrics`).
struct AdminHandler: HTTPHandler {
    let box: ModelBox
    let operations: OpsEndpoints
    let faults: FaultsEndpoint

    private static let json = "application/json"
    private static let text = "text/plain; charset=utf-8"

    func handle(_ head: RequestHead, on exchange: ServerExchange) {
        if head.path == FaultsEndpoint.path { return handleFaults(head.method, exchange) }
        guard head.method == .get || head.method == .head else {
            return respond(405, Self.text, Array("GET and HEAD only\n".utf8), [.allow: "GET, HEAD"], exchange)
        }
        if head.path == "/routes" {
            return respond(200, Self.json, Array(RoutesDocument.json(box.current).utf8), [:], exchange)
        }
        guard let answer = operations.answer(path: head.path, accept: head.headers[.accept]) else {
            let known = (OpsEndpoints.paths + ["/routes", FaultsEndpoint.path]).joined(separator: " ")
            return respond(404, Self.text, Array("known are \(known)\n".utf8), [:], exchange)
        }
        respond(answer, exchange)
    }

    private func handleFaults(_ method: HTTPMethod, _ exchange: ServerExchange) {
        switch method {
        case .get, .head: respond(faults.list(), exchange)
        case .delete: respond(faults.disarm(), exchange)
        case .post:
            WholeBody(of: exchange, upTo: FaultsDocument.sizeLimit) { body in
                guard let body else {
                    return respond(
                        413, Self.text, Array("at most \(FaultsDocument.sizeLimit) bytes\n".utf8), [:], exchange)
                }
                respond(faults.arm(String(buffer: body)), exchange)
            }.collect()
        default:
            let allowed = FaultsEndpoint.methods.joined(separator: ", ")
            respond(405, Self.text, Array("\(allowed) only\n".utf8), [.allow: allowed], exchange)
        }
    }

    private func respond(_ answer: OpsResponse, _ exchange: ServerExchange) {
        respond(HTTPStatus(answer.status), answer.contentType, answer.body, [:], exchange)
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
