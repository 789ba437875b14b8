#include "ramdisk/machine/tree.hpp"

#include <algorithm>
#include <charconv>

#include <fcntl.h>
#include <unistd.h>

#include "core/net/file_descriptor.hpp"

namespace colony::ramdisk {

namespace {
constexpr std::size_t max_line = 256;
constexpr std::size_t max_names = 4096;
}  // namespace

std::string clean(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool visible = c > 0x20 && c < 0x7f;
    if (visible) {
      out.push_back(c);
    } else if (!out.empty() && out.back() != ' ') {
      out.push_back(' ');
    }
    if (out.size() == max_line) break;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

core::Bytes Tree::bytes(const std::string& path, std::size_t limit) const {
  const core::FileDescriptor file(open(at(path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  core::Bytes out;
  if (!file.valid()) return out;
  out.resize(limit);
  std::size_t size = 0;
  while (size < limit) {
    const ssize_t count = read(file.get(), out.data() + size, limit - size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    size += static_cast<std::size_t>(count);
  }
  out.resize(size);
  return out;
}

std::string Tree::text(const std::string& path, std::size_t limit) const {
  return std::string(core::as_text(bytes(path, limit)));
}

std::string Tree::line(const std::string& path) const {
  const auto all = text(path, max_line);
  return clean(std::string_view(all).substr(0, all.find('\n')));
}

std::optional<std::uint64_t> Tree::number(const std::string& path) const {
  const auto text = line(path);
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool Tree::exists(const std::string& path) const {
  std::error_code fault;
  return std::filesystem::exists(at(path), fault);
}

std::vector<std::string> Tree::names(const std::string& path) const {
  std::vector<std::string> names;
  std::error_code fault;
  std::filesystem::directory_iterator entry(at(path), fault);
  while (!fault && entry != std::filesystem::directory_iterator() && names.size() < max_names) {
    names.push_back(entry->path().filename());
    entry.increment(fault);
  }
  std::ranges::sort(names);
  return names;
}

std::string Tree::resolved(const std::string& path) const {
  std::error_code fault;
  const auto target = std::filesystem::canonical(at(path), fault);
  return fault ? std::string() : target.string();
}

}  // namespace colony::ramdisk
