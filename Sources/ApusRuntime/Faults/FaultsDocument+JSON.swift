// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusResilience
internal import ApusYAML

extension FaultsDocument {
    /// What is armed, as JSON.
    public func json(_ armed: [ArmedFault], now: Instant) -> String {
        let rules = armed.map { fault in
            var fields = ["\"name\":\(JSONText.quoted(fault.rule.name))", "\"share\":\(fault.rule.share)"]
            fields.append(kind(fault.rule.kind))
            let match = match(fault.rule.match)
            if !match.isEmpty { fields.append("\"match\":{\(match.joined(separator: ","))}") }
            fields.append("\"secondsLeft\":\(now.duration(to: fault.expires).seconds)")
            fields.append("\"matched\":\(fault.matched)")
            fields.append("\"injected\":\(fault.injected)")
            return "{\(fields.joined(separator: ","))}"
        }
        return "{\"rules\":[\(rules.joined(separator: ","))]}\n"
    }

    private func kind(_ kind: FaultRule.Kind) -> String {
        switch kind {
        case .latency(let range):
            let (least, most) = (UnitText.duration(range.lowerBound), UnitText.duration(range.upperBound))
            return "\"latency\":{\"min\":\"\(least)\",\"max\":\"\(most)\"}"
        case .abort(let abort): return "\"abort\":\(abort.status.map { "\($0)" } ?? "true")"
        case .droppedConnection: return "\"drop\":true"
        case .slowBody(let bytesPerSecond): return "\"slowBody\":\(bytesPerSecond)"
        }
    }

    private func match(_ match: FaultMatch) -> [String] {
        var fields: [String] = []
        func add(_ name: String, _ value: String?) {
            if let value { fields.append("\"\(name)\":\(JSONText.quoted(value))") }
        }
        if let target = match.target {
            let service = FaultTarget.service(of: target)
            add(service == nil ? "target" : "service", service ?? target)
        }
        add(operationKey, match.operation)
        add("method", match.method)
        add("path", match.path)
        if let header = match.header {
            let value = header.value.map { ",\"value\":\(JSONText.quoted($0))" } ?? ""
            fields.append("\"header\":{\"name\":\(JSONText.quoted(header.name))\(value)}")
        }
        return fields
    }
}
