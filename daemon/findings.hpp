#pragma once
// What is wrong with the appliance now and needs a person, in words with the next step. Each by a key, so
// that the same thing found again is one finding and what is mended goes away.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace colony::daemon {

enum class Severity : std::uint8_t {
  warn,  // works, or may be meant so: somebody should look
  fail,
};
[[nodiscard]] constexpr std::string_view name(Severity severity) {
  return severity == Severity::fail ? "fail" : "warn";
}

struct Finding {
  std::string text;       // the cause, and what it was seen by
  std::string cure = {};  // empty: the text says it
  Severity severity = Severity::fail;

  [[nodiscard]] std::string sentence() const { return cure.empty() ? text : text + "; " + cure; }
  friend bool operator==(const Finding&, const Finding&) = default;
};

/// By key. Keys are codes of docs/common-errors.md where they have an entry there.
using FindingMap = std::map<std::string, Finding, std::less<>>;

class Findings {
 public:
  void set(std::string key, Finding finding) { found_.insert_or_assign(std::move(key), std::move(finding)); }
  void set(std::string key, std::string text) {
    set(std::move(key), Finding{.text = std::move(text), .cure = {}, .severity = Severity::fail});
  }
  void clear(std::string_view key) {
    if (const auto found = found_.find(key); found != found_.end()) found_.erase(found);
  }
  [[nodiscard]] const FindingMap& all() const { return found_; }
  /// Sorted by key.
  [[nodiscard]] std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    texts.reserve(found_.size());
    for (const auto& [key, finding] : found_) texts.push_back(finding.sentence());
    return texts;
  }

 private:
  FindingMap found_;
};

}  // namespace colony::daemon
