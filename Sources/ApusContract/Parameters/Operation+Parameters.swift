// SPDX-License-Identifier: Apache-2.0

extension Operation {
    /// The parameters of a request, with all their rules checked.
    ///
    /// - Parameters:
    ///   - path: what stands in the path for each of the template's parameters, in their order, still percent-encoded.
    ///   - query: what follows the `?`, still encoded. Names that are not declared are ignored.
    ///   - header: the value of a header by its name.
    /// - Throws: a ``Problem`` 422 `invalid` that names each parameter that is missing or wrong.
    public func decodeParameters(
        path: [Substring], query: Substring?, header: (String) -> String?
    ) throws(Problem) -> Parameters {
        try decode(path, query, header)
    }

    /// The target of a request with these parameters: path and query.
    public func target(for parameters: Parameters) -> String {
        layout.target(texts(parameters))
    }

    /// The headers of a request with these parameters.
    public func headers(for parameters: Parameters) -> [(name: String, value: String)] {
        layout.headers(texts(parameters))
    }
}
