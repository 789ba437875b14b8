// Any file as the list of add-ipmis; any bytes as server-sent events; any text for the terminal.
#include <algorithm>
#include <cstdlib>

#include "daemon/cli/csv.hpp"
#include "daemon/cli/event_lines.hpp"
#include "daemon/cli/ipmi_list.hpp"
#include "daemon/cli/table.hpp"

using namespace colony::daemon::cli;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto rows = parse_csv(text); !rows && name(rows.error().error).empty()) std::abort();
  if (const auto list = parse_ipmi_list(text)) {
    for (const auto& row : *list) {
      if (row.fault.empty() && (row.username.size() > 16 || row.password.reveal().size() > 20)) std::abort();
    }
  }
  EventLines whole, bytes;
  std::vector<std::string> expected = whole.feed(text), got;
  for (const char c : text) {
    for (auto& event : bytes.feed({&c, 1})) got.push_back(std::move(event));
  }
  if (expected != got) std::abort();
  const std::string shown = terminal_text(text);
  for (const char c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
  }
  if (text_width(fit_text(shown, 10)) > 10) std::abort();
  const std::string table = render_table({{"A"}, {"B"}}, {{shown, shown}});
  std::string_view lines = table;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    if (text_width(line) > table_width) std::abort();
    lines.remove_prefix(line.size() + 1);
  }
  return 0;
}
