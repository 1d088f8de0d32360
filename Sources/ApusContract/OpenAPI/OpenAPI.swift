// SPDX-License-Identifier: Apache-2.0

/// Writes contracts as OpenAPI 3.1 documents.
///
/// Source: OpenAPI Specification 3.1.1; the schemas are JSON Schema 2020-12.
public enum OpenAPI {
    /// The document of `contract` as JSON text.
    public static func document(for contract: any Contract.Type) -> [UInt8] {
        json(for: contract).bytes
    }

    /// The document of `contract` as a tree.
    public static func json(for contract: any Contract.Type) -> JSONValue {
        let operations = contract.operations
        var info: [JSONValue.Member] = [
            .init("title", .string(contract.name)), .init("version", .string(contract.version)),
        ]
        if !contract.summary.isEmpty { info.append(.init("summary", .string(contract.summary))) }
        return [
            "openapi": "3.1.1",
            "info": .object(info),
            "paths": paths(operations),
            "components": ["schemas": .object(components(operations))],
        ]
    }

    private static func paths(_ operations: [AnyOperation]) -> JSONValue {
        var paths: [(path: String, items: [JSONValue.Member])] = []
        for operation in operations {
            let item = JSONValue.Member(operation.method.name.lowercased(), OpenAPIOperation(operation).json)
            if let index = paths.firstIndex(where: { $0.path == operation.path.description }) {
                paths[index].items.append(item)
            } else {
                paths.append((operation.path.description, [item]))
            }
        }
        return .object(paths.map { .init($0.path, .object($0.items)) })
    }

    /// Every described type that the operations refer to, directly or through others, once each and sorted by name.
    private static func components(_ operations: [AnyOperation]) -> [JSONValue.Member] {
        var found: [String: JSONValue] = [:]
        var waiting = Problem.shape.references
        for operation in operations {
            waiting += operation.body?.references ?? []
            waiting += operation.output?.references ?? []
            waiting += operation.parameters.flatMap(\.shape.references)
        }
        while let reference = waiting.popLast() {
            guard found[reference.name] == nil else { continue }
            let shape = reference.shape()
            found[reference.name] = .object(shape.keywords)
            waiting += shape.references
        }
        return found.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) }
    }
}
