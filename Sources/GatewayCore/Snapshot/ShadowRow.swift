/// What one policy would have done with the requests of the last minutes, on the same nodes in virtual time.
///
/// The live policy has a row too: compare with that, not with what was measured, since both are of the same model.
package struct ShadowRow: Codable, Sendable, Equatable {
    /// Whose requests they are: the busiest model.
    package var model = ""
    /// A policy's name; with a parameter where that is not at its standard: "foresight hold=0".
    package var policy = ""
    package var isLive = false
    /// Requests that ended within the window.
    package var requests = 0
    /// Cached share of all prompt tokens, 0...1; nil, as below: no request ended.
    package var hitRate: Double?
    /// Seconds, predicted.
    package var ttftMean: Double?
    package var ttftP99: Double?
    /// Share of requests with their first token within `ShadowWindow.targetSeconds`, 0...1.
    package var withinTarget: Double?
    /// Prefill seconds of the busiest node over the mean of those that took requests, 1 and up.
    package var balance: Double?
    /// Of GPU time for one request; nil: a node that was used has no price.
    package var dollarsPerRequest: Double?
    /// Share of requests that it sends to the same node as the live policy, 0...1.
    package var agreement: Double?
    /// Why there are no numbers, or fewer than there should be.
    package var problem: String?

    package init() {}
}
