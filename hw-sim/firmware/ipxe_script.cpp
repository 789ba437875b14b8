#include "hw-sim/firmware/ipxe_script.hpp"

#include <algorithm>
#include <charconv>

#include "core/bytes.hpp"

namespace colony::hw_sim {

namespace {

constexpr std::size_t max_script_bytes = 64 << 10;
constexpr std::size_t max_line_bytes = 16 << 10;  // after expansion
constexpr std::size_t max_screen_lines = 200;
constexpr unsigned max_commands_without_waiting = 1000;

bool is_terminator(std::string_view word) {
  return word == "||" || word == "&&" || word == ";" || word == "#";
}

std::string join(const std::vector<std::string>& words, std::size_t first) {
  std::string out;
  for (std::size_t i = first; i < words.size(); ++i) {
    if (!out.empty()) out += ' ';
    out += words[i];
  }
  return out;
}

/// Percent-encodes what RFC 3986 does not call unreserved: iPXE's `:uristring`.
std::string uri_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<core::Byte>(c);
      out += '%' + core::hex({&byte, 1});
    }
  }
  return out;
}

std::string formatted(std::string value, std::string_view format) {
  if (format == "uristring") return uri_encoded(value);
  if (format == "hexhyp") std::replace(value.begin(), value.end(), ':', '-');
  if (format == "hexraw") std::erase_if(value, [](char c) { return c == ':' || c == '-'; });
  return value;
}

/// `${name}` and `${name:format}`; an unknown variable is empty. Innermost first, as iPXE does, and bounded.
std::string expand(std::string line, const IpxeScript::Variables& variables) {
  for (unsigned rounds = 0; rounds < 100 && line.size() <= max_line_bytes; ++rounds) {
    const std::size_t end_search = line.find('}');
    if (end_search == std::string::npos) break;
    std::size_t end = end_search;
    std::size_t start = line.rfind("${", end);
    while (start == std::string::npos && end != std::string::npos) {
      end = line.find('}', end + 1);
      if (end != std::string::npos) start = line.rfind("${", end);
    }
    if (start == std::string::npos || end == std::string::npos) break;
    const std::string inner = line.substr(start + 2, end - start - 2);
    const std::size_t colon = inner.find(':');
    const auto found = variables.find(inner.substr(0, colon));
    std::string value = found == variables.end() ? std::string() : found->second;
    if (colon != std::string::npos)
      value = formatted(std::move(value), std::string_view(inner).substr(colon + 1));
    line.replace(start, end - start + 1, value);
  }
  if (line.size() > max_line_bytes) line.resize(max_line_bytes);
  return line;
}

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at < line.size()) {
    const std::size_t start = line.find_first_not_of(" \t\r", at);
    if (start == std::string_view::npos) break;
    const std::size_t end = std::min(line.find_first_of(" \t\r", start), line.size());
    words.emplace_back(line.substr(start, end - start));
    at = end;
  }
  return words;
}

std::string base_name(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  return std::string(url.substr(url.rfind('/') + 1));
}

/// Splits off `--name X`, `-n X` and flags before the first operand.
struct Operands {
  std::optional<std::string> name;
  std::optional<std::string> drive;
  bool bad = false;
  std::vector<std::string> rest;
};

Operands operands(const std::vector<std::string>& words) {
  static constexpr std::string_view with_value[] = {"--name",    "-n", "--drive", "-d",
                                                    "--timeout", "-t", "-k",      "--keep"};
  Operands out;
  std::size_t i = 1;
  for (; i < words.size() && words[i].starts_with('-'); ++i) {
    std::string_view flag = words[i];
    std::string value;
    const std::size_t equals = flag.find('=');
    const bool takes = std::find(std::begin(with_value), std::end(with_value), flag.substr(0, equals)) !=
                       std::end(with_value);
    if (takes && equals != std::string_view::npos) {
      value = flag.substr(equals + 1);
      flag = flag.substr(0, equals);
    } else if (takes) {
      if (++i >= words.size()) {
        out.bad = true;
        return out;
      }
      value = words[i];
    }
    if (flag == "--name" || flag == "-n") out.name = value;
    if (flag == "--drive" || flag == "-d") out.drive = value;
  }
  out.rest.assign(words.begin() + static_cast<std::ptrdiff_t>(std::min(i, words.size())), words.end());
  return out;
}

}  // namespace

std::string resolve_url(std::string_view base, std::string_view reference) {
  if (reference.find("://") != std::string_view::npos) return std::string(reference);
  const std::size_t scheme = base.find("://");
  if (scheme == std::string_view::npos) return std::string(reference);
  base = base.substr(0, base.find_first_of("?#"));
  const std::size_t path = std::min(base.find('/', scheme + 3), base.size());
  if (reference.starts_with('/')) return std::string(base.substr(0, path)) + std::string(reference);
  const std::size_t last = base.rfind('/');
  if (last == std::string_view::npos || last < path) return std::string(base) + '/' + std::string(reference);
  return std::string(base.substr(0, last + 1)) + std::string(reference);
}

core::Result<IpxeScript> IpxeScript::parse(std::string_view text, std::string url, Variables variables) {
  if (text.size() > max_script_bytes) {
    return core::fail(core::ErrorKind::invalid_input, "ipxe.too_large", "iPXE script larger than 64 KiB");
  }
  if (!text.starts_with("#!ipxe") && !text.starts_with("#!gpxe")) {
    return core::fail(core::ErrorKind::invalid_input, "ipxe.not_a_script",
                      "not an iPXE script: the first line is not #!ipxe");
  }
  IpxeScript script;
  script.url_ = std::move(url);
  script.variables_ = std::move(variables);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    script.lines_.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  script.line_ = 1;  // past "#!ipxe"
  return script;
}

/// The words up to the next terminator of the current line; starts the next line when it is used up.
IpxeScript::Words IpxeScript::next_command(std::string& terminator) {
  Words command;
  terminator.clear();
  while (word_ < words_.size()) {
    std::string word = words_[word_++];
    if (is_terminator(word)) {
      terminator = word == "#" ? "" : word;
      if (word == "#") word_ = words_.size();
      break;
    }
    command.push_back(std::move(word));
  }
  return command;
}

IpxeNeed IpxeScript::run() {
  for (unsigned commands = 0; commands < max_commands_without_waiting; ++commands) {
    // iPXE's rule is not C's: `a || b && c` stops at `||` when a succeeded.
    const bool line_over = word_ >= words_.size() || (terminator_ == "||" && verdict_ == Verdict::success) ||
                           (terminator_ == "&&" && verdict_ == Verdict::failure);
    if (line_over) {
      if (verdict_ == Verdict::failure) return ipxe_need::Exit{false};
      if (line_ >= lines_.size()) return ipxe_need::Exit{true};
      const std::string& line = lines_[line_++];
      words_.clear();
      word_ = 0;
      terminator_.clear();
      if (line.starts_with(':')) continue;  // a label
      words_ = split_words(expand(line, variables_));
      continue;
    }
    const Words command = next_command(terminator_);
    if (command.empty()) continue;
    verdict_ = Verdict::success;
    if (auto need = run_command(command)) return *need;
  }
  return ipxe_need::Stuck{"loops without waiting"};
}

std::optional<IpxeNeed> IpxeScript::run_command(const Words& words) {
  const std::string& command = words[0];
  const auto fail_if = [this](bool failed) {
    verdict_ = failed ? Verdict::failure : Verdict::success;
    return std::optional<IpxeNeed>();
  };
  if (command == "echo") {
    print(join(words, words.size() > 1 && words[1] == "-n" ? 2 : 1));
    return std::nullopt;
  }
  if (command == "kernel" || command == "imgselect" || command == "imgload") return fetch(words, true);
  if (command == "initrd" || command == "module" || command == "imgfetch") return fetch(words, false);
  if (command == "imgargs") {
    if (words.size() < 2) return fail_if(true);
    arguments_[words[1]] = join(words, 2);
    selected_ = words[1];
    return std::nullopt;
  }
  if (command == "imgfree") {
    images_.clear();
    arguments_.clear();
    selected_.reset();
    return std::nullopt;
  }
  if (command == "boot" || command == "imgexec") return boot(words);
  if (command == "chain") {
    const Operands ops = operands(words);
    if (ops.rest.empty()) return fail_if(true);
    verdict_ = Verdict::failure;  // a chain that comes back has failed
    return ipxe_need::Chain{resolve_url(url_, ops.rest[0])};
  }
  if (command == "exit") return ipxe_need::Exit{words.size() < 2 || words[1] == "0"};
  if (command == "sanboot") return ipxe_need::LocalDisk{};
  if (command == "reboot") return ipxe_need::Reboot{};
  if (command == "poweroff") return ipxe_need::PowerOff{};
  if (command == "shell" || command == "prompt" || command == "choose") {
    return ipxe_need::Stuck{"waits for a person: " + command};
  }
  if (command == "sleep") {
    unsigned seconds = 0;
    const std::string_view text = words.size() > 1 ? words[1] : std::string_view();
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (problem != std::errc() || end != text.data() + text.size() || seconds > 86400) return fail_if(true);
    return ipxe_need::Sleep{std::chrono::seconds(seconds)};
  }
  if (command == "goto") {
    if (words.size() != 2) return fail_if(true);
    go_to(words[1]);
    return std::nullopt;
  }
  if (command == "set") {
    if (words.size() < 2 || variables_.size() > 500) return fail_if(true);
    variables_[words[1]] = join(words, 2);
    return std::nullopt;
  }
  if (command == "clear") {
    if (words.size() == 2) variables_.erase(words[1]);
    return std::nullopt;
  }
  if (command == "inc") {
    if (words.size() < 2) return fail_if(true);
    unsigned value = 0;
    const std::string& text = variables_[words[1]];
    (void)std::from_chars(text.data(), text.data() + text.size(), value);
    variables_[words[1]] = std::to_string(value + 1);
    return std::nullopt;
  }
  if (command == "isset") return fail_if(words.size() < 2);
  if (command == "iseq") return fail_if(words.size() != 3 || words[1] != words[2]);
  // The network is up already; colours and consoles do nothing here.
  static constexpr std::string_view without_effect[] = {"dhcp",    "ifopen", "ifconf",  "ifstat", "route",
                                                        "console", "colour", "cpair",   "login",  "imgstat",
                                                        "config",  "sync",   "nslookup"};
  const bool known =
      std::find(std::begin(without_effect), std::end(without_effect), command) != std::end(without_effect);
  if (!known) print(command + ": command not found");
  return fail_if(!known);
}

std::optional<IpxeNeed> IpxeScript::fetch(const Words& words, bool kernel) {
  const Operands ops = operands(words);
  if (ops.bad || ops.rest.empty()) {
    verdict_ = Verdict::failure;
    return std::nullopt;
  }
  PendingImage image;
  image.url = resolve_url(url_, ops.rest[0]);
  image.name = ops.name.value_or(base_name(image.url));
  image.arguments = join(ops.rest, 1);
  image.kernel = kernel;
  pending_ = std::move(image);
  verdict_ = Verdict::failure;  // until on_image
  return ipxe_need::Fetch{pending_->url};
}

void IpxeScript::on_image(std::uint64_t bytes, const core::Sha256Digest& digest) {
  if (!pending_) return;
  images_.push_back(IpxeImage{pending_->name, pending_->url, digest, bytes});
  if (!pending_->arguments.empty()) arguments_[pending_->name] = pending_->arguments;
  if (pending_->kernel) selected_ = pending_->name;
  pending_.reset();
  verdict_ = Verdict::success;
}

void IpxeScript::on_failure() {
  pending_.reset();
  verdict_ = Verdict::failure;
}

std::optional<IpxeNeed> IpxeScript::boot(const Words& words) {
  const Operands ops = operands(words);
  if (!ops.rest.empty()) selected_ = ops.rest[0];
  const auto kernel = std::find_if(images_.begin(), images_.end(),
                                   [this](const IpxeImage& i) { return selected_ && i.name == *selected_; });
  if (kernel == images_.end()) {
    print("boot: no bootable image");
    verdict_ = Verdict::failure;
    return std::nullopt;
  }
  ipxe_need::BootKernel out;
  out.kernel = *kernel;
  for (auto image = images_.begin(); image != images_.end(); ++image) {
    if (image != kernel) out.initrds.push_back(*image);
  }
  out.command_line = arguments_[kernel->name];
  return out;
}

void IpxeScript::go_to(std::string_view label) {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (!lines_[i].starts_with(':')) continue;
    const Words words = split_words(std::string_view(lines_[i]).substr(1));
    if (!words.empty() && words[0] == label) {
      line_ = i + 1;
      words_.clear();
      word_ = 0;
      return;
    }
  }
  verdict_ = Verdict::failure;  // iPXE: no such label
}

void IpxeScript::print(std::string_view line) {
  if (screen_.size() >= max_screen_lines) screen_.erase(screen_.begin());
  screen_.push_back(core::printable(line, 200));
}

}  // namespace colony::hw_sim
