// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusResilience
import ApusYAML

/// What `/faults` takes and shows.
enum FaultsDocument {
    /// How long a document may be, in bytes.
    static let sizeLimit = 64 << 10

    /// The rules of a request, and for how long they are to be armed.
    ///
    /// - Returns: nil after reports to `problems`. JSON is YAML, so one strict reader does for both.
    static func read(_ text: String, _ problems: ProblemCollector) -> (rules: [FaultRule], time: Duration)? {
        guard
            var fields = YAMLDocument.fields(
                of: text, name: "the request", expected: "faults are a JSON object with 'for' and 'rules'",
                problems: problems)
        else { return nil }
        let time = fields.required("for", "how long, such as 30s")?
            .duration(in: .milliseconds(1)...FaultPlan.maximumDuration)
        let list = fields.required("rules", "what is done to which requests")?.list("rules")
        let rules = list?.compactMap { rule($0, problems) }
        fields.finish()
        guard !problems.hasErrors, let time, let rules else { return nil }
        return (rules, time)
    }

    private static func rule(_ value: ValueReader, _ problems: ProblemCollector) -> FaultRule? {
        guard var fields = value.fields("a rule with 'name' and what it does") else { return nil }
        defer { fields.finish() }
        let name = fields.required("name", "by which it is listed")?.parsed("a name of 1 to 100 bytes") {
            (1...100).contains($0.utf8.count) ? $0 : nil
        }
        let share = fields.value("share")?.fraction()
        let match = fields.value("match").flatMap { self.match($0) }
        let values = (
            latency: fields.value("latency"), abort: fields.value("abort"), drop: fields.value("drop"),
            slow: fields.value("slowBody")
        )
        let given = [values.latency, values.abort, values.drop, values.slow].count { $0 != nil }
        guard given == 1 else {
            problems.error(
                "\(fields.path) must have one of 'latency', 'abort', 'drop' and 'slowBody', has \(given)",
                at: fields.place)
            return nil
        }
        var kind: FaultRule.Kind?
        if let value = values.latency { kind = latency(value).map { .latency($0) } }
        if let value = values.abort {
            kind = value.integer(in: 400...599).map { .abort(FaultAbort(status: $0)) }
        }
        if let value = values.drop { kind = value.parsed("true") { $0 == "true" ? .droppedConnection : nil } }
        if let value = values.slow {
            kind = value.integer(in: 1...1_000_000_000).map { .slowBody(bytesPerSecond: $0) }
        }
        guard let name, let kind else { return nil }
        return FaultRule(name, kind, share: share ?? 1, match: match ?? FaultMatch())
    }

    /// A duration, or a mapping with the shortest and the longest.
    private static func latency(_ value: ValueReader) -> ClosedRange<Duration>? {
        let range = Duration.zero...(.seconds(300))
        if value.isScalar { return value.duration(in: range).map { $0...$0 } }
        guard var fields = value.fields("a duration, or { min: …, max: … }") else { return nil }
        defer { fields.finish() }
        let least = fields.required("min", "the shortest")?.duration(in: range)
        let most = fields.required("max", "the longest")?.duration(in: range)
        guard let least, let most else { return nil }
        guard least <= most else {
            value.error("'\(value.path)' must have a 'max' of at least 'min'")
            return nil
        }
        return least...most
    }

    private static func match(_ value: ValueReader) -> FaultMatch? {
        guard var fields = value.fields("a mapping with any of 'service', 'route', 'method', 'path', 'header'") else {
            return nil
        }
        defer { fields.finish() }
        var match = FaultMatch()
        fields.set(&match.target, "service") { $0.text("a service's name").map { "client:\($0)" } }
        fields.set(&match.operation, "route") { $0.text("a route's name") }
        fields.set(&match.method, "method") { $0.text("a method") }
        let path = fields.value("path")
        match.path = path?.text("a path")
        if let path, match.path != nil, let problem = FaultMatch(path: match.path).validate().first {
            path.error("'\(path.path)' \(problem.message)")
        }
        fields.set(&match.header, "header") { header($0) }
        return match
    }

    private static func header(_ value: ValueReader) -> FaultMatch.Header? {
        guard var fields = value.fields("a mapping with 'name' and perhaps 'value'") else { return nil }
        defer { fields.finish() }
        let name = fields.required("name", "of the header")?.parsed("a header's name") { HeaderName($0)?.text }
        let text = fields.value("value")?.text()
        return name.map { FaultMatch.Header($0, text) }
    }

    /// What is armed, as JSON.
    static func json(_ armed: [ArmedFault], now: Instant) -> String {
        let rules = armed.map { fault in
            var fields = ["\"name\":\(JSONText.quoted(fault.rule.name))", "\"share\":\(fault.rule.share)"]
            fields.append(kind(fault.rule.kind))
            let match = Self.match(fault.rule.match)
            if !match.isEmpty { fields.append("\"match\":{\(match.joined(separator: ","))}") }
            fields.append("\"secondsLeft\":\(now.duration(to: fault.expires).seconds)")
            fields.append("\"matched\":\(fault.matched)")
            fields.append("\"injected\":\(fault.injected)")
            return "{\(fields.joined(separator: ","))}"
        }
        return "{\"rules\":[\(rules.joined(separator: ","))]}\n"
    }

    private static func kind(_ kind: FaultRule.Kind) -> String {
        switch kind {
        case .latency(let range):
            let (least, most) = (UnitText.duration(range.lowerBound), UnitText.duration(range.upperBound))
            return "\"latency\":{\"min\":\"\(least)\",\"max\":\"\(most)\"}"
        case .abort(let abort): return "\"abort\":\(abort.status ?? 503)"
        case .droppedConnection: return "\"drop\":true"
        case .slowBody(let bytesPerSecond): return "\"slowBody\":\(bytesPerSecond)"
        }
    }

    private static func match(_ match: FaultMatch) -> [String] {
        var fields: [String] = []
        if let target = match.target { fields.append("\"service\":\(JSONText.quoted(String(target.dropFirst(7))))") }
        if let route = match.operation { fields.append("\"route\":\(JSONText.quoted(route))") }
        if let method = match.method { fields.append("\"method\":\(JSONText.quoted(method))") }
        if let path = match.path { fields.append("\"path\":\(JSONText.quoted(path))") }
        if let header = match.header {
            let value = header.value.map { ",\"value\":\(JSONText.quoted($0))" } ?? ""
            fields.append("\"header\":{\"name\":\(JSONText.quoted(header.name))\(value)}")
        }
        return fields
    }
}
