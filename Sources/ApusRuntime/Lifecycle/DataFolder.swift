// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The folder in which embedded storage lives.
public enum DataFolder {
    /// Makes the folder and those above it, and tries that files can be written in it.
    ///
    /// - Throws: ``StartError`` with exit status 2 that names the folder and the reason.
    public static func prepare(_ path: String) throws(StartError) {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += made.isEmpty || made.hasSuffix("/") ? part : "/" + part
            if mkdir(made, 0o777) != 0, errno != EEXIST {
                // A folder above may be there without being ours to make.
                let reason = errno
                if access(made, F_OK) != 0 { throw failure(path, "cannot make \(SettingText.quoted(made))", reason) }
            }
        }
        // `access` knows neither read-only mounts of every kind nor quotas: write something.
        var probe = Array("\(path)/.apus-probe-XXXXXX".utf8CString)
        let descriptor = mkstemp(&probe)
        guard descriptor >= 0 else { throw failure(path, "cannot write in it", errno) }
        close(descriptor)
        if unlink(probe) != 0 { throw failure(path, "cannot delete in it", errno) }
    }

    private static func failure(_ path: String, _ what: String, _ reason: Int32) -> StartError {
        StartError(
            "data folder \(SettingText.quoted(path)): \(what): \(String(cString: strerror(reason))); "
                + "set DATA_DIR to a folder that this user may write to",
            exitStatus: 2)
    }
}
