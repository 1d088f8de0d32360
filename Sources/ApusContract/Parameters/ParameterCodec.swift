// SPDX-License-Identifier: Apache-2.0

/// Turns requests into parameters and back, compiled for the parameters' type in the module of the contract.
@usableFromInline
struct ParameterCodec<Parameters: Described>: Sendable {
    @usableFromInline let layout: ParameterLayout

    @inlinable
    init(_ path: PathTemplate, headers: [String]) {
        layout = ParameterLayout(path, fields: Parameters.schema.fields.map(\.name), headers: headers)
    }

    @inlinable
    func decode(
        _ path: [Substring], _ query: Substring?, _ header: (String) -> String?
    ) throws(Problem) -> Parameters {
        let decoder = try layout.decoder(path, query, header)
        let parameters: Parameters
        do {
            parameters = try Parameters(from: decoder)
        } catch {
            throw explanation(of: error, decoder)
        }
        var inspection = Inspection(ofBody: false)
        parameters.check(&inspection)
        guard inspection.violations.isEmpty else { throw .invalid(inspection.violations) }
        return parameters
    }

    @inlinable
    func texts(of parameters: Parameters) -> [String?] {
        Parameters.schema.fields.map { $0.text(parameters) }
    }

    @usableFromInline
    func explanation(of error: any Error, _ decoder: ParameterDecoder) -> Problem {
        var inspection = Inspection(ofBody: false)
        for (field, entry) in zip(Parameters.schema.fields, decoder.entries) {
            if let text = entry.text {
                field.inspectText(text, &inspection)
            } else if field.isRequired {
                inspection.report(in: field.name, "required", "is missing")
            }
        }
        if inspection.violations.isEmpty { inspection.report(error) }
        return .invalid(inspection.violations)
    }
}
