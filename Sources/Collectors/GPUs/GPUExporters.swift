import GatewayCore

extension GPUReading {
    /// Finds which exporter a scrape comes from, and reads its GPUs.
    /// - Parameter place: the URL it was scraped from, for the failure's text.
    package static func read(_ text: MetricsText, from place: String) throws(CollectionFailure)
        -> [GPUReading]
    {
        let gpus: [GPUReading]? =
            text.hasName(prefix: "DCGM_FI_") ? readDCGM(text) : speaksAMD(text) ? readAMD(text) : nil
        if let gpus {
            // A host has 16 at most, each in 7 instances.
            guard gpus.count <= 256 else {
                throw CollectionFailure(
                    "\(gpus.count) GPUs at \(place): give one host's exporter, not an aggregation of many")
            }
            return gpus
        }
        throw CollectionFailure(
            "no GPU metrics known at \(place): give the address of a DCGM exporter (port 9400) or of AMD's "
                + "device metrics exporter (port 5000)")
    }
}
