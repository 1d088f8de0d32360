// SPDX-License-Identifier: Apache-2.0
public import ApusContract
public import ApusHTTP
public import ApusResilience
import ApusRuntime
import ApusTelemetry
import Logging

/// One route of a service with everything that its requests need, made once.
public final class ServiceRoute: Sendable {
    /// Answers a request or throws: a ``ApusContract/Problem`` is answered as it is, anything else becomes a 500.
    public typealias Handler = @Sendable (ServiceRequest) async throws -> HTTPResponse

    /// The method and path that it was declared with.
    public let method: HTTPMethod
    public let path: PathTemplate
    /// The contract's operation; nil for a route beside the contract.
    public let operation: AnyOperation?
    /// How much its requests matter when not all can be served; nil if they are served in any case.
    public let priority: CallPriority?

    let handler: Handler
    let metrics: HTTPRouteMetrics
    /// What the watchdog calls it.
    let operationName: OperationName
    /// What the access log calls it.
    let logPath: Logger.MetadataValue
    /// Method and path are rendered once and for all.
    let accessLog: AccessLog

    init(
        _ method: HTTPMethod, _ path: PathTemplate, operation: AnyOperation?, priority: CallPriority?,
        metrics: HTTPRouteMetrics, logger: Logger, accessLevel: Logger.Level = .info, handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.operation = operation
        self.priority = priority
        self.metrics = metrics
        self.handler = handler
        operationName = OperationName("\(method) \(path)")
        logPath = .string(path.description)
        var accessLogger = logger
        accessLogger[metadataKey: "method"] = .string(method.name)
        accessLogger[metadataKey: "route"] = logPath
        accessLog = AccessLog(accessLogger, level: accessLevel)
    }
}
