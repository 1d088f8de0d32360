// SPDX-License-Identifier: Apache-2.0

/// Lists the fields of a ``Schema``.
@resultBuilder
public enum SchemaBuilder<Root: Described> {
    /// A field in the list.
    public static func buildExpression(_ field: Field<Root>) -> Field<Root> { field }
    /// The fields, in the order in which they were written.
    public static func buildBlock(_ fields: Field<Root>...) -> [Field<Root>] { fields }
}
