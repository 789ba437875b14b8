#pragma once
// What is wrong with the appliance now and needs a person, in words with the next step. Each by a key, so
// that the same thing found again is one finding and what is mended goes away.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace colony::daemon {

class Findings {
 public:
  void set(std::string key, std::string text) { found_.insert_or_assign(std::move(key), std::move(text)); }
  void clear(std::string_view key) {
    if (const auto found = found_.find(key); found != found_.end()) found_.erase(found);
  }
  /// Sorted by key.
  [[nodiscard]] std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    texts.reserve(found_.size());
    for (const auto& [key, text] : found_) texts.push_back(text);
    return texts;
  }

 private:
  std::map<std::string, std::string, std::less<>> found_;
};

}  // namespace colony::daemon
