/// How many bytes of a prompt a model takes for a token, learned from what its answers tell.
///
/// Models are named by the hash of their name; 0: requests without one.
struct BytesPerToken {
    /// Before anything was told: English text with most tokenizers.
    private static let usual = 4.0
    /// Models at most; others are taken for usual.
    private static let limit = 256

    private var places = PlaceTable()
    private var known: [Double] = []

    subscript(model: UInt64) -> Double { places[model].map { known[Int($0)] } ?? Self.usual }

    /// A prompt had so many bytes for each token: moves a twentieth of the way there.
    mutating func learn(_ seen: Double, model: UInt64) {
        if let place = places[model].map(Int.init) {
            known[place] += (seen - known[place]) * 0.05
        } else if known.count < Self.limit {
            places.insert(model, Int32(known.count))
            known.append(seen)
        }
    }
}
