// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import ApusRuntime
import ApusYAML
import Testing

@Suite("What a service may be told of faults")
struct FaultsDocumentTests {
    private func read(_ rules: String) -> (rules: [FaultRule]?, problems: [String]) {
        let problems = ProblemCollector(file: "faults")
        let rules = FaultsDocument.service.read(#"{"for": "30s", "rules": [\#(rules)]}"#, problems)?.rules
        return (rules, problems.sorted.map(\.description))
    }

    @Test("a rule is for incoming requests, a service that is called, or what else is used")
    func targets() {
        let result = read(
            """
            {"name": "a", "latency": "5ms", "match": {"operation": "getUser", "path": "/v1/users/{id}"}},
            {"name": "b", "slowBody": 100},
            {"name": "c", "abort": 503, "match": {"service": "users"}},
            {"name": "d", "abort": true, "match": {"target": "database", "operation": "SELECT"}},
            {"name": "e", "drop": true, "match": {"target": "broker"}}
            """)
        #expect(result.problems.isEmpty, "\(result.problems)")
        #expect(result.rules?.map(\.match.target) == ["server", "server", "client:users", "database", "broker"])
        #expect(result.rules?.map(\.match.operation) == ["getUser", nil, nil, "SELECT", nil])
        guard case .abort(let abort)? = result.rules?[3].kind else {
            Issue.record("no abort")
            return
        }
        #expect(abort.status == nil && abort.code == .connectFailed)
    }

    @Test(
        "what can never happen is refused",
        arguments: [
            (#"{"name": "a", "drop": true, "match": {"target": "databse"}}"#, "did you mean 'database'?"),
            (
                #"{"name": "a", "drop": true, "match": {"target": "cache", "path": "/x"}}"#,
                "is for requests, which 'cache' doesn't get"
            ),
            (
                #"{"name": "a", "drop": true, "match": {"target": "cache", "service": "users"}}"#,
                "'rules[0].match.service' and 'target' exclude each other"
            ),
            (#"{"name": "a", "slowBody": 1, "match": {"target": "cache"}}"#, "is for incoming requests only"),
            (#"{"name": "a", "slowBody": 1, "match": {"service": "users"}}"#, "is for incoming requests only"),
            (#"{"name": "a", "abort": 503, "match": {"target": "broker"}}"#, "must be true"),
            (#"{"name": "a", "abort": true}"#, "from 400 to 599"),
            (#"{"name": "a", "drop": true, "match": {"route": "r"}}"#, "'route'"),
        ])
    func problems(rule: String, expected: String) {
        let result = read(rule)
        #expect(result.rules == nil)
        #expect(result.problems.contains { $0.contains(expected) }, "\(result.problems)")
    }

    @Test("what is armed is shown as it was given")
    func shown() throws {
        let plan = FaultInjector()
        let result = read(
            """
            {"name": "a", "abort": true, "match": {"target": "database", "operation": "SELECT"}},
            {"name": "b", "abort": 503, "match": {"service": "users"}}
            """)
        for rule in try #require(result.rules) { try plan.arm(rule, for: .seconds(30)) }
        let text = FaultsDocument.service.json(plan.armed, now: .now)
        #expect(text.contains(#""abort":true,"match":{"target":"database","operation":"SELECT"},"#), "\(text)")
        #expect(text.contains(#""abort":503,"match":{"service":"users"},"#), "\(text)")
    }
}
