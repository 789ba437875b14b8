#pragma once
// Structured log. Every event has a stable id that docs/log-events.md explains; fields are key=value. Values
// are escaped, so bytes from the wire cannot forge a line. There is no overload for Secret: it does not
// compile.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/clock.hpp"

namespace colony::core {

enum class LogLevel : std::uint8_t {
  debug,  // for us, off by default
  info,   // an operator would want to read it once
  warn,   // something is wrong and we go on
  error,  // a promise is broken: a person is needed
};

enum class LogFormat : std::uint8_t { text, json, journal };

struct LogField {
  std::string_view key;
  std::string value;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, std::string&& v) : key(k), value(std::move(v)) {}
  template <class Number>
    requires std::is_arithmetic_v<Number>
  LogField(std::string_view k, Number v) : key(k), value(std::to_string(v)) {}
  template <class Printable>
    requires requires(const Printable& p) {
      { p.to_string() } -> std::same_as<std::string>;
    }
  LogField(std::string_view k, const Printable& v) : key(k), value(v.to_string()) {}
};

class Log {
 public:
  /// Receives one finished line without newline and its level.
  using Sink = std::function<void(LogLevel, std::string_view line)>;

  Log(LogLevel level, LogFormat format, Sink sink) : level_(level), format_(format), sink_(std::move(sink)) {}

  /// Lines to standard error; `journal` prefixes the sd-daemon(3) priority.
  [[nodiscard]] static Log to_stderr(LogLevel level, LogFormat format);
  [[nodiscard]] static Log silent();

  using Fields = std::initializer_list<LogField>;
  /// `id` such as "dhcp.offer"; `message` one plain sentence.
  void debug(std::string_view id, std::string_view message, Fields fields = {}) const;
  void info(std::string_view id, std::string_view message, Fields fields = {}) const;
  void warn(std::string_view id, std::string_view message, Fields fields = {}) const;
  void error(std::string_view id, std::string_view message, Fields fields = {}) const;

  void set_level(LogLevel level) { level_ = level; }

 private:
  void write(LogLevel level, std::string_view id, std::string_view message, Fields fields) const;

  LogLevel level_;
  LogFormat format_;
  Sink sink_;
};

}  // namespace colony::core
