#include "daemon/cli/hosted_key.hpp"

#include <fmt/format.h>

#include "core/bytes.hpp"

namespace colony::daemon::cli {

namespace {

constexpr std::size_t max_key_file = 4096;

core::Secret taken(std::string& text, std::size_t length) {
  core::Secret key(std::string_view(text).substr(0, length));
  core::wipe_text(text);
  return key;
}

}  // namespace

void HostedKeyArguments::declare_file(Arguments& arguments) {
  arguments.option("--api-key-file", "FILE", file, "Its first line is the key; - is standard input");
}

core::Result<Instance> chosen_instance(const Session& session) {
  const auto text = session.console.environment(instance_variable).value_or("");
  if (text.empty()) return Instance();
  if (const auto instance = Instance::parse(text)) return *instance;
  return core::fail(
      core::ErrorKind::invalid_input, "cli.instance",
      fmt::format("{}='{}' is no name of an instance; accepted: lower-case letters, digits, hyphens",
                  instance_variable, core::printable(text, 40)));
}

core::Result<core::Secret> hosted_key_of(Session& session, HostedKeyArguments& given) {
  if (!given.file.empty()) {
    auto text = read_text_file(given.file, max_key_file);
    if (!text) return std::unexpected(text.error());
    return taken(*text, text->find_first_of("\r\n"));
  }
  if (!given.flag.empty()) {
    session.console.err(
        "note: a key on the command line can be seen by others of this machine; safer: COLONY_API_KEY\n");
    return taken(given.flag, std::string::npos);
  }
  auto text = session.console.environment("COLONY_API_KEY").value_or("");
  return taken(text, std::string::npos);
}

}  // namespace colony::daemon::cli
