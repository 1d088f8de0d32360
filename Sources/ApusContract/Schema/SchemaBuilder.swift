// SPDX-License-Identifier: Apache-2.0

/// Lists the fields of a ``Schema``.
@resultBuilder
public enum SchemaBuilder<Root: Described> {
    public static func buildExpression(_ field: Field<Root>) -> Field<Root> { field }
    public static func buildBlock(_ fields: Field<Root>...) -> [Field<Root>] { fields }
}
