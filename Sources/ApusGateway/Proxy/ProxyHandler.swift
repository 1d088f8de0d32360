// SPDX-License-Identifier: Apache-2.0
import ApusHTTP

/// Where the engine hands requests over: each to the context of its event loop.
struct ProxyHandler: HTTPHandler {
    let contexts: [LoopContext]

    func handle(_ head: RequestHead, on exchange: ServerExchange) {
        contexts[exchange.loop.index].handle(head, on: exchange)
    }

    func refused(_ request: RefusedRequest, on loop: Loop) {
        contexts[loop.index].refused(request)
    }
}
