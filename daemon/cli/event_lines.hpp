#pragma once
// The reading side of server-sent events: bytes in, the `data` of whole events out.

#include <string>
#include <string_view>
#include <vector>

namespace colony::daemon::cli {

class EventLines {
 public:
  [[nodiscard]] std::vector<std::string> feed(std::string_view bytes);
  /// An event grew past the limit; nothing more comes out.
  [[nodiscard]] bool failed() const { return failed_; }

  static constexpr std::size_t max_event = std::size_t{4} << 20;

 private:
  void take_line(std::string_view line, std::vector<std::string>& out);
  std::string line_;
  std::string data_;
  bool failed_ = false;
};

}  // namespace colony::daemon::cli
