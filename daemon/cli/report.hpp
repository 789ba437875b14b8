#pragma once
// How commands end: a result shown, or an error that names cause and next step.

#include <string>

#include "daemon/cli/command.hpp"
#include "daemon/cli/table.hpp"

namespace colony::daemon::cli {

/// "colony: MESSAGE [CODE]" on standard error, with JSON output also as an object on standard output.
ExitCode report_error(Session& session, const core::Error& error);

/// Pretty JSON on standard output.
void print_json(Session& session, const core::Json& value);

[[nodiscard]] Colour colour_of(const Session& session);
/// Of a table on standard output: coloured and cut for a terminal; whole for a file or a program.
[[nodiscard]] TableStyle style_of(const Session& session);

/// A time of the API to the second, as tables show it.
[[nodiscard]] std::string time_text(std::string_view time);

/// Text of a member, "" when it is absent or null; numbers and flags as words.
[[nodiscard]] std::string text_of(const core::Json& object, std::string_view key);
[[nodiscard]] std::uint64_t number_of(const core::Json& object, std::string_view key);

/// "3m12s" since a time in RFC 3339; "" when it is none.
[[nodiscard]] std::string age_of(const Session& session, std::string_view time);

/// Lets an operator confirm what cannot be undone: --yes, or the asset's name typed on a terminal.
/// `deed` finishes "Type NAME to ...".
[[nodiscard]] bool confirm(Session& session, bool yes, std::string_view name, std::string_view deed);

}  // namespace colony::daemon::cli
