import GatewayCore

extension GPUReading {
    /// Finds which exporter a scrape comes from, and reads its GPUs.
    /// - Parameter place: the URL it was scraped from, for the failure's text.
    package static func read(_ text: MetricsText, from place: String) throws(CollectionFailure)
        -> [GPUReading]
    {
        if text.hasName(prefix: "DCGM_FI_") { return readDCGM(text) }
        if speaksAMD(text) { return readAMD(text) }
        throw CollectionFailure(
            "no GPU metrics known at \(place): give the address of a DCGM exporter (port 9400) or of AMD's "
                + "device metrics exporter (port 5000)")
    }
}
