/// How many bytes of a prompt a model takes for a token, learned from what its answers tell.
///
/// Models are named by the hash of their name; 0: requests without one.
struct BytesPerToken {
    /// Before anything was told: English text with most tokenizers.
    private static let usual = 4.0
    /// Models at most; others are taken for usual.
    private static let limit = 256

    private var places = PlaceTable()
    private var known: [(model: UInt64, bytes: Double)] = []

    subscript(model: UInt64) -> Double { place(of: model).map { known[$0].bytes } ?? Self.usual }

    private func place(of model: UInt64) -> Int? {
        places.place(of: model) { known[Int($0)].model == model }.map(Int.init)
    }

    /// A prompt had so many bytes for each token: moves a twentieth of the way there.
    mutating func learn(_ seen: Double, model: UInt64) {
        if let place = place(of: model) {
            known[place].bytes += (seen - known[place].bytes) * 0.05
        } else if known.count < Self.limit {
            places.insert(model, Int32(known.count))
            known.append((model, seen))
        }
    }
}
