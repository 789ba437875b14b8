#include "daemon/cli/event_lines.hpp"

namespace colony::daemon::cli {

std::vector<std::string> EventLines::feed(std::string_view bytes) {
  std::vector<std::string> out;
  for (const char c : bytes) {
    if (failed_) return out;
    if (c != '\n') {
      line_ += c;
      failed_ = line_.size() + data_.size() > max_event;
      continue;
    }
    if (line_.ends_with('\r')) line_.pop_back();
    take_line(line_, out);
    line_.clear();
  }
  return out;
}

void EventLines::take_line(std::string_view line, std::vector<std::string>& out) {
  if (line.empty()) {  // the end of an event
    if (!data_.empty()) out.push_back(std::move(data_));
    data_.clear();
    return;
  }
  constexpr std::string_view field = "data:";
  if (!line.starts_with(field)) return;  // a comment, an id, a name: the data holds them all
  line.remove_prefix(field.size());
  if (line.starts_with(' ')) line.remove_prefix(1);
  if (!data_.empty()) data_ += '\n';
  data_ += line;
}

}  // namespace colony::daemon::cli
