// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusRuntime
import NIOCore

/// The admin endpoint: `/routes`, and what every process answers (`/livez`, `/readyz`, `/health`, `/metrics`).
struct AdminHandler: HTTPHandler {
    let box: ModelBox
    let operations: OpsEndpoints

    func handle(_ head: RequestHead, on exchange: ServerExchange) {
        guard head.method == .get || head.method == .head else {
            return respond(
                405, "text/plain; charset=utf-8", Array("GET and HEAD only\n".utf8), [.allow: "GET, HEAD"], exchange)
        }
        if head.path == "/routes" {
            return respond(200, "application/json", Array(RoutesDocument.json(box.current).utf8), [:], exchange)
        }
        guard let answer = operations.answer(path: head.path, accept: head.headers[.accept]) else {
            let known = (OpsEndpoints.paths + ["/routes"]).joined(separator: " ")
            return respond(404, "text/plain; charset=utf-8", Array("known are \(known)\n".utf8), [:], exchange)
        }
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
