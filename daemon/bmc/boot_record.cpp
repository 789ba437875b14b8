#include "daemon/bmc/boot_record.hpp"

namespace colony::daemon {

void BootRecord::begin(core::UtcTime at) {
  finish();
  boot_ = at;
  written_ = 0;
  cut_ = false;
}

void BootRecord::add(std::string_view bytes, core::BootTime now) {
  for (const auto& line : text_.feed(bytes)) add_line(line);
  if (!open_.empty() && !due_) due_ = now + quiet;
}

void BootRecord::add_line(const std::string& line) {
  if (written_ < head) {
    open_ += line + "\n";
    written_ += line.size() + 1;
    if (open_.size() >= piece || written_ >= head) flush();
    return;
  }
  last_ += line + "\n";
  if (last_.size() <= tail) return;
  last_.erase(0, last_.find('\n', last_.size() - tail) + 1);
  cut_ = true;
}

void BootRecord::flush() {
  due_.reset();
  if (open_.empty()) return;
  ready_.push_back({boot_, std::exchange(open_, {}), std::exchange(cut_, false)});
}

void BootRecord::finish() {
  if (const auto rest = text_.take_rest(); !rest.empty()) add_line(rest);
  flush();
  if (!last_.empty()) ready_.push_back({boot_, std::exchange(last_, {}), std::exchange(cut_, false)});
}

std::vector<RecordPiece> BootRecord::take(core::BootTime now) {
  if (due_ && now >= *due_) flush();
  return std::exchange(ready_, {});
}

}  // namespace colony::daemon
