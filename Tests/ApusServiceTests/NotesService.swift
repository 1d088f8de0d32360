// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusHTTP
import ApusRuntime
import ApusService
import ApusTelemetry
import Logging
import Synchronization

/// The contract's implementation, in memory.
final class NotesService: Sendable {
    struct Secret: Error, CustomStringConvertible {
        var description: String { "the password is swordfish" }
    }

    let metrics = MetricsRegistry()
    let target = MemoryLogTarget()
    let health = HealthChecks(service: "notes")
    let output: LogOutput
    let seen = Mutex<[CallContext]>([])

    init() {
        output = LogOutput(target: target, service: "notes", level: .debug)
    }

    /// A builder with everything implemented.
    func builder(_ configuration: ServiceConfiguration = .init()) -> ServiceBuilder {
        let metrics = metrics
        let operations = OpsEndpoints(health: health) { accept in
            let format = PrometheusText.format(forAccept: accept)
            return (format.contentType, PrometheusText.write(metrics, format))
        }
        var service = ServiceBuilder(
            NotesAPI.self, configuration: configuration, logger: output.logger(label: "notes"), metrics: metrics,
            operations: operations)
        implement(&service)
        return service
    }

    /// Implements the whole contract.
    func implement(_ service: inout ServiceBuilder) {
        service.implement(NotesAPI.writeNote) { call in
            guard call.body.title != "taken" else { throw Problem(NotesAPI.taken, "There is one.") }
            return .created(Note(id: 1, title: call.body.title), location: "/v1/notes/1", etag: EntityTag(version: 1))
        }
        service.implement(NotesAPI.readNote) { call in
            self.seen.withLock { $0.append(CallContext.current ?? CallContext()) }
            guard call.parameters.id < 100 else { throw Problem(.notFound, "No note \(call.parameters.id).") }
            call.logger.info("reading")
            return Note(id: call.parameters.id, title: "note")
        }
        service.implement(NotesAPI.listNotes) { call in
            (0..<(call.parameters.limit ?? 3)).map { Note(id: $0, title: "note") }
        }
        service.implement(NotesAPI.changeNote) { call in
            guard EntityTag(version: 1).fulfils(ifMatch: call.parameters.ifMatch) else {
                throw Problem(.preconditionFailed)
            }
            return .ok(Note(id: call.parameters.id, title: call.body.title), etag: EntityTag(version: 2))
        }
        service.implement(NotesAPI.removeNote) { call in
            guard call.parameters.id < 100 else { throw Problem(.notFound) }
        }
        service.implement(NotesAPI.fail) { call in
            switch call.parameters.id {
            case 1:
                throw CallFailure(
                    .breakerOpen, "suspended", stage: .admission, service: "other", retryAfter: .seconds(3),
                    mayHaveReachedPeer: false)
            case 2: throw ServiceError.problem(Problem(.notFound, "inner matter"))
            default: throw Secret()
            }
        }
        service.implement(NotesAPI.publish) { call in Note(id: 1, title: call.idempotencyKey ?? "none") }
    }

    /// The log's lines once `count` of them hold `text`.
    func lines(with text: String) -> [String] {
        output.flush()
        return target.lines.filter { $0.contains(text) }
    }
}
