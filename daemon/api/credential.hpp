#pragma once
// Where a request carries its key: `Authorization: Bearer KEY`, the bare `Authorization: KEY`, or
// `apiKey: KEY`. Two that differ are refused: it would be open which of them counts.

#include <expected>
#include <optional>
#include <string_view>

#include "core/http/message.hpp"

namespace colony::daemon::api {

/// Nothing: the request carries none. The error says what is wrong, without the key.
[[nodiscard]] std::expected<std::optional<std::string_view>, std::string_view> credential_of(
    const core::http::Headers& headers);

/// What a client may call its request: 1 to 64 letters, digits, '.', '_', '-'.
[[nodiscard]] bool is_request_id(std::string_view text);

}  // namespace colony::daemon::api
