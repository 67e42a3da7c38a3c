/// The theme files carried inside the binary, in the order in which `T` goes through them.
package enum EmbeddedThemes {
    package static let files: [(name: String, bytes: [UInt8])] = [
        ("dark", PackageResources.dark_json5),
        ("light", PackageResources.light_json5),
        ("color-blind", PackageResources.color_blind_json5),
        ("monochrome", PackageResources.monochrome_json5),
    ]
}
