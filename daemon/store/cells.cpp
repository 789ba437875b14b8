#include "daemon/store/cells.hpp"

#include <utility>

namespace colony::daemon::store {

template <class T>
T CellReader::take() {
  if (!ok_ || at_ >= cells_.size() || !std::holds_alternative<T>(cells_[at_])) {
    ok_ = false;
    return T{};
  }
  return std::get<T>(cells_[at_++]);
}

std::string CellReader::text() {
  return take<std::string>();
}

std::int64_t CellReader::integer() {
  return take<std::int64_t>();
}

std::uint64_t CellReader::ordinal() {
  const auto value = integer();
  if (value < 0) ok_ = false;
  return ok_ ? static_cast<std::uint64_t>(value) : 0;
}

bool CellReader::flag() {
  const auto value = integer();
  if (value != 0 && value != 1) ok_ = false;
  return ok_ && value == 1;
}

core::UtcTime CellReader::time() {
  // Years 1970 to 9999: what format_utc can print.
  const auto value = integer();
  if (value < 0 || value > 253'402'300'799'999) ok_ = false;
  return ok_ ? core::UtcTime(std::chrono::milliseconds(value)) : core::UtcTime{};
}

core::Bytes CellReader::blob() {
  return take<core::Bytes>();
}

}  // namespace colony::daemon::store
