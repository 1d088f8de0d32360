// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import ApusTelemetry
internal import Foundation

/// The JSON of the health endpoints.
struct HealthDocument: Encodable {
    struct Check: Encodable {
        var status: HealthStatus
        var critical: Bool
        var since: String
        var checkedAt: String?
        var durationMs: Double?
        var lastError: String?
        var lastErrorAt: String?
    }

    var status: String
    var service: String?
    var phase: ServicePhase?
    var checks: [String: Check]?
    var failing: [String]?
    var blockedEventLoops: [Int]?

    static func live(_ report: HealthReport) -> OpsResponse {
        let document = HealthDocument(
            status: report.isLive ? "up" : "down", blockedEventLoops: report.isLive ? nil : report.blockedLoops)
        return document.response(isGood: report.isLive)
    }

    static func ready(_ report: HealthReport) -> OpsResponse {
        let status = report.phase == .ready && !report.isReady ? "not ready" : report.phase.rawValue
        let document = HealthDocument(status: status, failing: report.failing.isEmpty ? nil : report.failing)
        return document.response(isGood: report.isReady)
    }

    /// `wallTime` is the time of day at the report.
    static func health(_ report: HealthReport, wallTime: WallTime) -> OpsResponse {
        let wall = Date(timeIntervalSince1970: Double(wallTime.nanoseconds) / 1e9)
        func text(_ instant: Instant) -> String {
            (wall - instant.duration(to: report.at).seconds).formatted(
                Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        }
        let checks = report.checks.map { check in
            let result = check.result
            return (
                check.name,
                Check(
                    status: result.status, critical: result.isCritical, since: text(result.since),
                    checkedAt: result.checkedAt.map(text),
                    durationMs: result.duration.map { ($0.milliseconds * 1000).rounded() / 1000 },
                    lastError: result.lastError, lastErrorAt: result.lastErrorAt.map(text))
            )
        }
        let document = HealthDocument(
            status: report.status.rawValue, service: report.service, phase: report.phase,
            checks: Dictionary(checks) { first, _ in first })
        return document.response(isGood: report.status == .up)
    }

    private func response(isGood: Bool) -> OpsResponse {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            let body = try [UInt8](encoder.encode(self))
            return OpsResponse(status: isGood ? 200 : 503, contentType: "application/json", body: body)
        } catch {
            // Only a number that JSON doesn't know could bring us here.
            return OpsResponse(status: 500, contentType: "text/plain", body: Array("health can't be encoded".utf8))
        }
    }
}
