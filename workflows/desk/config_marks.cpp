#include "workflows/desk/config_marks.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/bytes.hpp"
#include "core/secret.hpp"
#include "workflows/choice/nic_choice.hpp"

namespace colony::workflows {

namespace {

constexpr std::string_view serial_mark = "${install_disk_serial}";
constexpr std::string_view wwid_mark = "${install_disk_wwid}";
constexpr std::string_view start_of_all = "${install_";

struct Mark {
  std::string text;
  std::string value;
  std::string_view what;
};

std::vector<Mark> marks_of(const InstallParts& parts) {
  std::vector<Mark> marks;
  if (parts.disk) {
    marks.push_back({std::string(serial_mark), parts.disk->id.serial, "disk's serial"});
    marks.push_back({std::string(wwid_mark), parts.disk->id.wwn, "disk's WWN"});
  }
  for (std::size_t i = 0; i < parts.nics.size(); ++i) {
    marks.push_back({nic_mark(i), parts.nics[i].mac.to_string(), "NIC's MAC"});
  }
  return marks;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

std::unexpected<core::Error> refuse(const char* code, std::string message) {
  return core::fail(core::ErrorKind::invalid_input, code, std::move(message));
}

/// A slip is quoted no further than a mark goes: what follows may be a secret.
std::string_view mark_at(std::string_view text) {
  std::size_t end = 2;
  while (end < text.size() && is_word(text[end])) ++end;
  if (end < text.size() && text[end] == '}') ++end;
  return text.substr(0, end);
}

}  // namespace

std::string nic_mark(std::size_t position) {
  return position == 0 ? "${install_nic_mac}" : fmt::format("${{install_nic_{}_mac}}", position + 1);
}

bool is_plain(std::string_view text) {
  for (const std::string_view null : {"null", "Null", "NULL"}) {
    if (text == null) return false;
  }
  return !text.empty() && text.front() != '-' && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._:-").contains(c);
  });
}

core::Result<std::string> fill_marks(std::string_view text, const InstallParts& parts) {
  const auto marks = marks_of(parts);
  std::size_t places = 0;
  for (auto at = text.find(start_of_all); at != text.npos; at = text.find(start_of_all, at + 1)) ++places;
  std::string out;
  out.reserve(text.size() +
              places * drivers::scout::max_text);  // never moved: no piece of a secret is left behind
  while (!text.empty()) {
    const auto at = std::min(text.find(start_of_all), text.size());
    out += text.substr(0, at);
    text.remove_prefix(at);
    const auto mark =
        std::ranges::find_if(marks, [text](const Mark& one) { return text.starts_with(one.text); });
    if (mark == marks.end()) {
      const auto kept = std::min(start_of_all.size(), text.size());
      out += text.substr(0, kept);
      text.remove_prefix(kept);
      continue;
    }
    if (!is_plain(mark->value)) {
      core::wipe_text(out);
      return refuse("provision.disk_unnamed",
                    fmt::format("the {} is '{}', which cannot stand in a machine config", mark->what,
                                core::printable(mark->value)));
    }
    out += mark->value;
    text.remove_prefix(mark->text.size());
  }
  return out;
}

std::optional<core::Error> unfilled_mark(std::string_view text) {
  for (const std::string_view start : {"${install_disk_", "${install_nic_"}) {
    const auto at = text.find(start);
    if (at == std::string_view::npos) continue;
    const auto mark = mark_at(text.substr(at));
    if (mark == serial_mark || mark == wwid_mark) {
      return refuse("provision.disk_not_given",
                    fmt::format(
                        "the machine config asks for an install disk with {}; name it with the order's disk "
                        "(--disk)",
                        mark))
          .error();
    }
    for (std::size_t i = 0; i < max_chosen_nics; ++i) {
      if (mark != nic_mark(i)) continue;
      return refuse("provision.nic_not_given",
                    fmt::format(
                        "the machine config asks for NIC {} with {}; name it with the order's nics (--nic)",
                        i + 1, mark))
          .error();
    }
    return refuse("provision.mark_unknown",
                  fmt::format(
                      "'{}' in the machine config stands for nothing; known are {}, {}, {}, {} and so on",
                      mark, serial_mark, wwid_mark, nic_mark(0), nic_mark(1)))
        .error();
  }
  return std::nullopt;
}

}  // namespace colony::workflows
