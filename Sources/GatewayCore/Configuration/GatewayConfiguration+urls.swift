/// Every argument that is no usable URL, with its reason and remedy.
package struct UnusableURLs: Error, Sendable, Equatable {
    package var messages: [String]
}

extension GatewayConfiguration {
    /// Everything by default, with a node for each URL, named by host and port: "10.0.0.1:8000".
    ///
    /// Two nodes on one host and port, with different paths, get the path into the name.
    package init(urls: [String]) throws(UnusableURLs) {
        var messages: [String] = []
        var found: [EngineURL] = []
        for text in urls {
            do throws(InputProblem) {
                let url = try ConfigurationReader.engineRoot(text)
                if found.contains(url) {
                    throw InputProblem("\(url) is given twice", remedy: "give every node once")
                }
                found.append(url)
            } catch {
                messages.append("\(error)")
            }
        }
        if urls.isEmpty { messages.append("no node is given; write http://HOST:PORT") }
        guard messages.isEmpty else { throw UnusableURLs(messages: messages) }
        self.init(
            nodes: found.map { url in
                let isAlone = found.count { $0.authority == url.authority } == 1
                return NodeConfiguration(name: isAlone ? url.authority : url.authority + url.path, url: url)
            })
    }
}
