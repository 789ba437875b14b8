#pragma once
// What an API key looks like, and what usually went wrong when one does not work: blanks and newlines from
// copying, and an end that was cut off. A form that we do not know is accepted: the hosted side decides.

#include <string>
#include <string_view>

#include "core/error.hpp"

namespace colony::daemon {

/// A note for the operator, "" when the key has the usual form (cd-<12 hex>_<40 hex>). Never quotes the key.
/// Errors: key.empty, key.blanks, key.newline, key.characters, key.truncated, key.too_long.
[[nodiscard]] core::Result<std::string> check_api_key_form(std::string_view key);

}  // namespace colony::daemon
