// SPDX-License-Identifier: Apache-2.0

extension Settings {
    /// Every key that was asked for, with the value in force, where it came from, and its help: what `--print-config`
    /// prints. Secrets and passwords in URLs are masked.
    public func configurationTable() -> String {
        TextTable.text(
            header: ["KEY", "VALUE", "ORIGIN", "HELP"],
            rows: entries.map { entry in
                [entry.key, shown(entry.shown), SettingText.escaped(entry.origin.description), entry.help]
            })
    }

    /// How to use the program: every key that was asked for, as an argument and as a variable, with default and help.
    public func usage(program: String) -> String {
        let rows = entries.map { entry in
            [
                "  " + SettingsEntry.option(entry.key), entry.key,
                entry.isRequired ? "(required)" : shown(entry.shownDefault), entry.help,
            ]
        }
        let flags = [
            ["  --print-config", "", "", "print every value in force and where it came from"],
            ["  --help", "", "", "print this"],
        ]
        return """
            usage: \(program)\(commands.isEmpty ? "" : " [command]") [--name value]...

            \(commandHelp)\(TextTable.text(header: ["  OPTION", "VARIABLE", "DEFAULT", "HELP"], rows: rows + flags))
            The first of these counts: argument, environment variable, .env in the working directory, default.
            NAME_FILE=path stands for NAME with the content of a file.

            """
    }

    /// What a program does at once instead of running, or nil if it should run: print its usage (`--help`), print the
    /// values in force (`--print-config`), or print its problems.
    ///
    /// Call it after the last key was read. A program that gets an answer writes `output` to standard output and `errors`
    /// to standard error, and exits with `status`.
    public func exit(program: String) -> SettingsExit? {
        if isHelpRequested { return SettingsExit(output: usage(program: program), errors: "", status: 0) }
        let problems = self.problems
        let errors = problems.isEmpty ? "" : "\(program): \(SettingsError(problems: problems))\n"
        if isPrintConfigRequested {
            return SettingsExit(
                output: configurationTable(), errors: errors, status: problems.isEmpty ? 0 : SettingsError.exitStatus)
        }
        return problems.isEmpty ? nil : SettingsExit(output: "", errors: errors, status: SettingsError.exitStatus)
    }

    private var commandHelp: String {
        if commands.isEmpty { return "" }
        return TextTable.text(header: ["  COMMAND", "HELP"], rows: commands.map { ["  " + $0.name, $0.help] }) + "\n"
    }

    private func shown(_ text: String?) -> String {
        guard let text, !text.isEmpty else { return "-" }
        return SettingText.escaped(text)
    }
}
