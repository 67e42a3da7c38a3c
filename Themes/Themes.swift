// The themes carried inside the binary.
