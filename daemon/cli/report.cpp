#include "daemon/cli/report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace colony::daemon::cli {

using core::Json;

ExitCode report_error(Session& session, const core::Error& error) {
  session.console.err(
      fmt::format("colony: {} [{}]\n", terminal_text(error.message), terminal_text(error.code)));
  if (session.output == Output::json) {
    print_json(session, Json{{"error", error.message}, {"code", error.code}, {"kind", name(error.kind)}});
  }
  return exit_code_of(error);
}

void print_json(Session& session, const Json& value) {
  session.console.out(value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Colour colour_of(const Session& session) {
  // https://no-color.org
  const bool off = session.console.environment("NO_COLOR").value_or("") != "";
  return session.console.out_is_terminal() && !off ? Colour::on : Colour::off;
}

TableStyle style_of(const Session& session) {
  return {colour_of(session), session.console.out_is_terminal() ? Fit::terminal : Fit::whole};
}

std::string time_text(std::string_view time) {
  constexpr std::string_view to_seconds = "2026-11-20T18:00:00";
  const bool fraction = time.size() > to_seconds.size() && time[to_seconds.size()] == '.';
  return fraction ? std::string(time.substr(0, to_seconds.size())) + "Z" : std::string(time);
}

std::string text_of(const Json& object, std::string_view key) {
  const Json* member = core::json_member(object, key);
  if (member == nullptr || member->is_null()) return {};
  if (member->is_string()) return member->get<std::string>();
  return core::dump_json(*member);
}

std::uint64_t number_of(const Json& object, std::string_view key) {
  return core::json_uint(object, key).value_or(0);
}

std::string age_of(const Session& session, std::string_view time) {
  const auto since = core::parse_utc(time);
  if (!since) return {};
  const auto age = session.timers.utc_now() - *since;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age);
  if (seconds.count() <= 0) return "0s";
  return core::format_duration(seconds);
}

bool confirm(Session& session, bool yes, std::string_view name, std::string_view deed) {
  if (yes) return true;
  if (!session.console.in_is_terminal()) {
    session.console.err(fmt::format("colony: not confirmed; add --yes to {}\n", deed));
    return false;
  }
  session.console.err(fmt::format("Type {} to {}: ", terminal_text(name), deed));
  if (session.console.read_line() == name) return true;
  session.console.err("colony: that is another name; nothing was done\n");
  return false;
}

}  // namespace colony::daemon::cli
