// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import ApusHTTP
public import ApusResilience
public import ApusYAML

/// What `/faults` takes, in a gateway and in a service. JSON is YAML, so one strict reader does for both.
public struct FaultsDocument: Sendable {
    /// How long a document may be, in bytes.
    public static let sizeLimit = 64 << 10

    /// Of a gateway: rules are for its calls to services, of which `route` and `service` may name some.
    public static let gateway = FaultsDocument(operationKey: "route", targets: [])
    /// Of a service: a rule is for incoming requests, unless `service` names a service that is called, or `target` what
    /// else is used.
    public static let service = FaultsDocument(
        operationKey: "operation", targets: [FaultTarget.server] + FaultTarget.stores)

    /// What the name of an operation or route is called.
    let operationKey: String
    /// What `target` may say; empty if it isn't known. A rule that names none is for the first.
    private let targets: [String]

    /// The rules of a request, and for how long they are to be armed.
    ///
    /// - Returns: nil after reports to `problems`.
    public func read(_ text: String, _ problems: ProblemCollector) -> (rules: [FaultRule], time: Duration)? {
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

    private func rule(_ value: ValueReader, _ problems: ProblemCollector) -> FaultRule? {
        guard var fields = value.fields("a rule with 'name' and what it does") else { return nil }
        defer { fields.finish() }
        let name = fields.required("name", "by which it is listed")?.parsed("a name of 1 to 100 bytes") {
            (1...100).contains($0.utf8.count) ? $0 : nil
        }
        let share = fields.value("share")?.fraction()
        var match = FaultMatch(target: targets.first)
        if let value = fields.value("match") { match = self.match(value) ?? match }
        let isStore = FaultTarget.stores.contains(match.target ?? "")
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
        if let value = values.abort { kind = abort(value, isStore: isStore).map { .abort($0) } }
        if let value = values.drop { kind = value.parsed("true") { $0 == "true" ? .droppedConnection : nil } }
        if let value = values.slow { kind = slowBody(value, match) }
        guard let name, let kind else { return nil }
        return FaultRule(name, kind, share: share ?? 1, match: match)
    }

    /// A duration, or a mapping with the shortest and the longest.
    private func latency(_ value: ValueReader) -> ClosedRange<Duration>? {
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

    /// The status that is answered; what isn't asked over HTTP has none.
    private func abort(_ value: ValueReader, isStore: Bool) -> FaultAbort? {
        guard isStore else { return value.integer(in: 400...599).map { FaultAbort(status: $0) } }
        return value.parsed("true") { $0 == "true" ? FaultAbort(code: .connectFailed, status: nil) : nil }
    }

    /// In a service only its own answers can be slow.
    private func slowBody(_ value: ValueReader, _ match: FaultMatch) -> FaultRule.Kind? {
        guard targets.isEmpty || match.target == FaultTarget.server else {
            value.error("'\(value.path)' is for incoming requests only")
            return nil
        }
        return value.integer(in: 1...1_000_000_000).map { .slowBody(bytesPerSecond: $0) }
    }

    private func match(_ value: ValueReader) -> FaultMatch? {
        let keys = (targets.isEmpty ? [] : ["target"]) + ["service", operationKey, "method", "path", "header"]
        let expected = keys.map { "'\($0)'" }.joined(separator: ", ")
        guard var fields = value.fields("a mapping with any of \(expected)") else { return nil }
        defer { fields.finish() }
        var match = FaultMatch(target: targets.first)
        let target = targets.isEmpty ? nil : fields.value("target")
        if let target { match.target = target.choice(targets) ?? match.target }
        if let service = fields.value("service") {
            if target != nil { service.error("'\(service.path)' and 'target' exclude each other") }
            match.target = service.text("a service's name").map { FaultTarget.client(of: $0) }
        }
        fields.set(&match.operation, operationKey) { $0.text("a name") }
        let request = (method: fields.value("method"), path: fields.value("path"), header: fields.value("header"))
        if let target = match.target, FaultTarget.stores.contains(target) {
            for field in [request.method, request.path, request.header] {
                if let field { field.error("'\(field.path)' is for requests, which '\(target)' doesn't get") }
            }
            return match
        }
        match.method = request.method?.text("a method")
        match.path = request.path?.text("a path")
        if let path = request.path, match.path != nil, let problem = FaultMatch(path: match.path).validate().first {
            path.error("'\(path.path)' \(problem.message)")
        }
        match.header = request.header.flatMap { header($0) }
        return match
    }

    private func header(_ value: ValueReader) -> FaultMatch.Header? {
        guard var fields = value.fields("a mapping with 'name' and perhaps 'value'") else { return nil }
        defer { fields.finish() }
        let name = fields.required("name", "of the header")?.parsed("a header's name") { HeaderName($0)?.text }
        let text = fields.value("value")?.text()
        return name.map { FaultMatch.Header($0, text) }
    }
}
