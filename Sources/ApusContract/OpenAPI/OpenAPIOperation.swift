// SPDX-License-Identifier: Apache-2.0

/// One operation as an Operation Object of OpenAPI.
struct OpenAPIOperation {
    private let operation: AnyOperation

    init(_ operation: AnyOperation) {
        self.operation = operation
    }

    var json: JSONValue {
        var members: [JSONValue.Member] = [.init("operationId", .string(operation.name))]
        if !operation.summary.isEmpty { members.append(.init("summary", .string(operation.summary))) }
        let parameters = operation.parameters.map(parameter) + keyParameter
        if !parameters.isEmpty { members.append(.init("parameters", .array(parameters))) }
        if let body = operation.body {
            members.append(
                .init("requestBody", ["required": true, "content": content("application/json", body.keywords)]))
        }
        members.append(.init("responses", .object(responses)))
        return .object(members)
    }

    private func parameter(_ parameter: AnyOperation.Parameter) -> JSONValue {
        [
            "name": .string(parameter.name), "in": .string(parameter.place.rawValue),
            "required": .boolean(parameter.isRequired), "schema": .object(parameter.shape.keywords),
        ]
    }

    /// The idempotency key, unless the operation's own parameters have it.
    private var keyParameter: [JSONValue] {
        guard case .key(let required) = operation.idempotency,
            !operation.parameters.contains(where: { $0.name == Idempotency.keyHeader })
        else { return [] }
        return [
            [
                "name": .string(Idempotency.keyHeader), "in": "header", "required": .boolean(required),
                "description":
                    "Names the request, so that it may be sent again. With the same key it has its effect once.",
                "schema": ["type": "string", "minLength": 1, "maxLength": 255],
            ]
        ]
    }

    private var responses: [JSONValue.Member] {
        var success: [JSONValue.Member] = [.init("description", "Success.")]
        if let output = operation.output {
            success.append(.init("content", content("application/json", output.keywords)))
        }
        var responses: [JSONValue.Member] = [.init("\(operation.status)", .object(success))]
        for (status, errors) in Dictionary(grouping: operation.declaredErrors, by: \.status).sorted(by: {
            $0.key < $1.key
        }) {
            let text = errors.map { "\($0.title) (`\($0.code)`)." }.joined(separator: " ")
            responses.append(.init("\(status)", problem(text)))
        }
        responses.append(.init("default", problem("Any other failure.")))
        return responses
    }

    private func problem(_ description: String) -> JSONValue {
        [
            "description": .string(description), "content": content(Problem.mediaType, Problem.shape.keywords),
        ]
    }

    private func content(_ mediaType: String, _ schema: [JSONValue.Member]) -> JSONValue {
        .object([.init(mediaType, ["schema": .object(schema)])])
    }
}
