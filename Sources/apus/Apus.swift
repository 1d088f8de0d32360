// SPDX-License-Identifier: Apache-2.0
@main struct Apus { static func main() {} }
