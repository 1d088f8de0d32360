// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusResilience
import ApusRuntime
import ApusTelemetry
import NIOCore

/// What the exchanges of one event loop share. Touched on that loop only.
final class LoopContext: @unchecked Sendable {
    let loop: Loop
    let log: AccessLog?
    let allocator = ByteBufferAllocator()
    private(set) var model: GatewayModel
    private let box: ModelBox
    private var version: Int
    private var random = FastRandom()
    /// Nil if load isn't shed.
    let shedder: LoopShedder?
    let faults: FaultInjector

    /// - Throws: ``InvalidConfiguration`` for values that load shedding refuses.
    init(_ box: ModelBox, loop: Loop, log: AccessLog?, faults: FaultInjector) throws(InvalidConfiguration) {
        self.box = box
        self.loop = loop
        self.log = log
        self.faults = faults
        if let shedding = box.current.configuration.limits.shedding {
            shedder = try LoopShedder(shedding.shedder, loop: loop)
        } else {
            shedder = nil
        }
        version = box.version
        model = box.current
    }

    /// Takes a request: finds its route and begins the exchange, or answers why there is none.
    func handle(_ head: RequestHead, on client: ServerExchange) {
        if box.version != version {
            version = box.version
            model = box.current
        }
        let model = model
        model.inFlight.increment()
        var head = head
        let found = Self.find(&head, in: model)
        let info = client.info
        let sender = model.forwarded.trusted.isEmpty ? info.remoteAddress : model.forwarded.client(head.headers, info)
        RequestIdentity.apply(to: &head.headers, using: &random)
        let exchange = ProxyExchange(head, client: client, sender: sender, context: self, model: model)
        switch found {
        case .route(let index, let path):
            exchange.begin(model.routes[index], path: path, info: info)
        case .problem(let problem):
            exchange.answer(problem)
        case .gateway:
            exchange.answerOptions()
        }
    }

    func nextRandom() -> UInt64 { random.next() }

    /// Counts and logs a request that never became an exchange.
    func refused(_ request: RefusedRequest) {
        model.unmatched.refused(status: request.error.status.code)
        log?.write(request)
    }

    private enum Found {
        /// The route's number and the length of the path in the target.
        case route(Int, path: Int)
        case problem(GatewayProblem)
        /// `OPTIONS *`: asks about the gateway itself.
        case gateway
    }

    private static func find(_ head: inout RequestHead, in model: GatewayModel) -> Found {
        let method = model.table.methods.bit(of: head.method)
        var target = head.target
        let first = target.withUTF8 { target -> Found? in
            let bytes = UnsafeRawBufferPointer(target)
            switch NormalPath.shape(of: bytes) {
            case .normal(let length):
                return lookUp(UnsafeRawBufferPointer(rebasing: bytes[..<length]), method, head.headers, model)
            case .invalid:
                let asksGateway = bytes.elementsEqual(CollectionOfOne(UInt8(ascii: "*"))) && head.method == .options
                return asksGateway ? .gateway : .problem(.ambiguousPath)
            case .other: return nil
            }
        }
        if let first { return first }
        let encodedSlashes = model.configuration.limits.encodedSlashes
        let normal = target.withUTF8 {
            NormalPath.normalized(UnsafeRawBufferPointer($0), encodedSlashes: encodedSlashes)
        }
        guard let normal else { return .problem(.ambiguousPath) }
        head.target = String(decoding: normal.path, as: UTF8.self) + target.utf8.dropFirst(normal.length).text
        return normal.path.withUnsafeBytes { lookUp($0, method, head.headers, model) }
    }

    private static func lookUp(
        _ path: UnsafeRawBufferPointer, _ method: UInt32, _ headers: Headers, _ model: GatewayModel
    ) -> Found {
        let outcome =
            model.table.usesHosts
            ? headers.withValue(.host) { model.table.find(path: path, host: $0, method: method) }
            : nil
        switch outcome
            ?? model.table.find(path: path, host: UnsafeRawBufferPointer(start: nil, count: 0), method: method)
        {
        case .route(let index): return .route(index, path: path.count)
        case .notFound: return .problem(GatewayProblem(404, "not_found", "No route takes this path"))
        case .methodNotAllowed(let mask):
            var problem = GatewayProblem(405, "method_not_allowed", "No route takes this method on this path")
            problem.extra = (.allow, model.table.methods.names(in: mask).joined(separator: ", "))
            return .problem(problem)
        }
    }
}

extension GatewayProblem {
    static let ambiguousPath = GatewayProblem(
        400, "ambiguous_path", "The path can be read in more than one way",
        detail: "Paths have no '.' or '..' segments, no backslash, no encoded slash and no malformed escape.")
}

extension Substring.UTF8View {
    var text: String { String(Substring(self)) }
}
