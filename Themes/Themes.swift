/// The theme files carried inside the binary, in the order in which `T` goes through them.
package enum EmbeddedThemes {
    package static let files: [(name: String, bytes: [UInt8])] = [
        ("dark", PackageResources.dark_json5),
        ("light", PackageResources.light_json5),
        ("high-contrast", PackageResources.high_contrast_json5),
        ("high-contrast-light", PackageResources.high_contrast_light_json5),
        ("color-blind", PackageResources.color_blind_json5),
        ("color-blind-light", PackageResources.color_blind_light_json5),
        ("production", PackageResources.production_json5),
        ("slate", PackageResources.slate_json5),
        ("earth", PackageResources.earth_json5),
        ("paper", PackageResources.paper_json5),
        ("amber", PackageResources.amber_json5),
        ("monochrome", PackageResources.monochrome_json5),
    ]
}
