#pragma once
// An event as one line that a person reads; the whole of it is in --output json.

#include <map>
#include <string>

#include "core/json.hpp"

namespace colony::daemon::cli {

class EventText {
 public:
  /// `assets` as the local API lists them; names of later events are learnt from take().
  explicit EventText(const core::Json& assets);

  struct Line {
    std::string subject;  // the server's name, else the whole id
    std::string what;
  };
  [[nodiscard]] Line take(const core::Json& event);
  /// The asset's name, else its whole id.
  [[nodiscard]] std::string name_of(const std::string& asset_id) const;

 private:
  std::map<std::string, std::string> names_;
};

}  // namespace colony::daemon::cli
