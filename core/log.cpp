#include "core/log.hpp"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "core/bytes.hpp"
#include "core/line_sink.hpp"

namespace colony::core {

namespace {

constexpr std::size_t max_value_length = 512;

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warn: return "warn";
    case LogLevel::error: return "error";
  }
  return "error";
}

/// sd-daemon(3) priorities.
char journal_priority(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return '7';
    case LogLevel::info: return '6';
    case LogLevel::warn: return '4';
    case LogLevel::error: return '3';
  }
  return '3';
}

std::string text_line(LogLevel level, std::string_view id, std::string_view message, Log::Fields fields) {
  std::string line = fmt::format("{:5} {} {}", level_name(level), id, message);
  for (const auto& field : fields) {
    const std::string value = printable(field.value, max_value_length);
    const bool quote = value.empty() || value.find(' ') != std::string::npos;
    line += quote ? fmt::format(" {}=\"{}\"", field.key, value) : fmt::format(" {}={}", field.key, value);
  }
  return line;
}

std::string json_line(LogLevel level, std::string_view id, std::string_view message, Log::Fields fields) {
  nlohmann::ordered_json line;
  line["time"] = format_utc(system_utc_time());
  line["level"] = level_name(level);
  line["event"] = id;
  line["message"] = message;
  for (const auto& field : fields) line[std::string(field.key)] = field.value.substr(0, max_value_length);
  return line.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

/// As it stands in the file.
std::string finished(LogFormat format, LogLevel level, std::string_view line) {
  std::string out;
  if (format == LogFormat::journal) out = fmt::format("<{}>", journal_priority(level));
  if (format == LogFormat::text) out = format_utc(system_utc_time()) + " ";
  out += line;
  out += '\n';
  return out;
}

}  // namespace

Log Log::to_stderr(LogLevel level, LogFormat format) {
  const auto sink = std::make_shared<LineSink>(STDERR_FILENO, [format](std::uint64_t dropped) {
    std::string told;
    const Log log(LogLevel::warn, format,
                  [format, &told](LogLevel at, std::string_view line) { told = finished(format, at, line); });
    log.warn("log.dropped", "the log was not read fast enough: lines are missing here", {{"count", dropped}});
    return told;
  });
  return Log(level, format,
             [format, sink](LogLevel at, std::string_view line) { sink->write(finished(format, at, line)); });
}

Log Log::silent() {
  return Log(LogLevel::error, LogFormat::text, [](LogLevel, std::string_view) {});
}

void Log::debug(std::string_view id, std::string_view message, Fields fields) const {
  write(LogLevel::debug, id, message, fields);
}
void Log::info(std::string_view id, std::string_view message, Fields fields) const {
  write(LogLevel::info, id, message, fields);
}
void Log::warn(std::string_view id, std::string_view message, Fields fields) const {
  write(LogLevel::warn, id, message, fields);
}
void Log::error(std::string_view id, std::string_view message, Fields fields) const {
  write(LogLevel::error, id, message, fields);
}

void Log::write(LogLevel level, std::string_view id, std::string_view message, Fields fields) const {
  if (level < level_) return;
  sink_(level, format_ == LogFormat::json ? json_line(level, id, message, fields)
                                          : text_line(level, id, message, fields));
}

}  // namespace colony::core
